"""UICC.GetIdentity: the card conceals the subscriber's identity for the home network."""

from dataclasses import replace

import pytest

from rspcore import tlv
from rspcore.crypto.suci import ProtectionScheme, SchemeOutput, reveal
from rspcore.profile_maker import make_profile, preset
from rspcore.profile_maker.editing import inserted
from rspcore.profile_maker.elements import df_5gs, df_saip
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.codes import code

PIN = code("pin1")
NULL, A, B = ProtectionScheme.NULL, ProtectionScheme.PROFILE_A, ProtectionScheme.PROFILE_B
HOME_KEYS = {
    # scheme: private key and public key of the home network (TS 33.501, C.4)
    A: (
        "c53c22208b61860b06c62e5406a7b330c2b577aa5558981510d128247d38bd1d",
        "5a8d38864820197c3394b92613b20b91633cbd897119273bf8e4a6f4eec0a650",
    ),
    B: (
        "f1ab1074477ebcc7f554ea1c5fc368b1616730155e0041ac447d6301975fecda",
        "0272da71976234ce833a6907425867b82e074d44ef907dfb4b3e21c1c2256ebcd1",
    ),
}
POINT_OCTETS = {A: 32, B: 33}
KEY_ID = 0x1B
ROUTING = bytes.fromhex("1032")
IMSI = "310150001002086"
"""MCC 310, MNC 150 and the MSIN of the published vectors."""
PLMN = bytes.fromhex("130051")
MSIN = bytes.fromhex("00012080F6")
GET_IDENTITY = "8078000100"


def calc_info(scheme):
    """Returns EF.SUCI_Calc_Info with one scheme, and its key."""
    if scheme is NULL:
        return tlv.encode(0xA0, bytes((NULL, 0)))
    key = tlv.encode(0x80, bytes((KEY_ID,))), tlv.encode(0x81, bytes.fromhex(HOME_KEYS[scheme][1]))
    return tlv.encode(0xA0, bytes((scheme, 1))) + tlv.encode(0xA1, *key)


def calc_info_of(listed, *keys):
    """Returns EF.SUCI_Calc_Info with schemes and their key numbers, and keys by their scheme."""
    octets = b"".join(bytes(one) for one in listed)
    held = b"".join(
        tlv.encode(0x80, bytes((KEY_ID,))) + tlv.encode(0x81, bytes.fromhex(HOME_KEYS[one][1]))
        for one in keys
    )
    return tlv.encode(0xA0, octets) + tlv.encode(0xA1, held)


def profile_with(scheme, services=(124, 125), info=None):
    """Returns a Profile whose card-side SUCI is made by a scheme, or has this list of them."""
    parameters = replace(
        preset("PROFILE_OPERATIONAL1"), imsi=IMSI, mnc_digits=3, services=frozenset(services)
    )
    made = make_profile(parameters)
    upp = inserted(made.upp, df_5gs(routing=ROUTING + b"\xff\xff"), before="securityDomain")
    upp = inserted(upp, df_saip(calc_info=info or calc_info(scheme)), before="securityDomain")
    return replace(made, upp=upp)


@pytest.fixture
def usim_with(card, given, step):
    """Returns a function that enables a Profile and selects its USIM."""

    def enabled(scheme, **changed):
        made = profile_with(scheme, **changed)
        given.profiles(made, enabled=made)
        with step("Terminal -> UICC: SELECT ADF.USIM"):
            select_usim(card)
        return card

    return enabled


def select_usim(card):
    """Selects ADF.USIM by its AID."""
    expect.success(card.apdu("00A4040C0CA0000000871002FF49FF0589"), "SELECT ADF.USIM")


def identity(card):
    """Sends GET IDENTITY and returns the SUCI, without its data object."""
    answer = card.apdu(GET_IDENTITY)
    expect.success(answer, "GET IDENTITY")
    template = tlv.parse(answer.data)
    expect.equal(template.tag, 0xA1, "tag")
    return bytes(template.value)


def revealed(scheme, suci):
    """Takes a SUCI apart; returns the ephemeral key and the MSIN it conceals."""
    head = bytes((1,)) + PLMN + ROUTING + bytes((scheme, KEY_ID))
    expect.equal(suci[:8], head, "SUPI type, PLMN, routing indicator, scheme, key identifier")
    point, output = suci[8 : 8 + POINT_OCTETS[scheme]], suci[8 + POINT_OCTETS[scheme] :]
    expect.equal(len(output), len(MSIN) + 8, "octets of ciphertext and MAC")
    parts = SchemeOutput(point, output[:-8], output[-8:])
    return point, reveal(scheme, bytes.fromhex(HOME_KEYS[scheme][0]), parts)


@testcase.each("scheme", {"UICC.GetIdentity#01": A, "UICC.GetIdentity#02": B})
def test_home_network_reveals_the_identity(usim_with, step, scheme):
    """The home network finds the MSIN in the output of profile A and B."""
    card = usim_with(scheme)
    with step("Terminal -> UICC: GET IDENTITY"):
        suci = identity(card)
    with step("Expected: the SUCI, and the MSIN under the private key"):
        expect.equal(revealed(scheme, suci)[1], MSIN, "MSIN")


@testcase("UICC.GetIdentity#03")
def test_null_scheme(usim_with, step):
    """The null scheme conceals nothing."""
    card = usim_with(NULL)
    with step("Terminal -> UICC: GET IDENTITY"):
        suci = identity(card)
    with step("Expected: scheme 0, key 0, MSIN in clear"):
        head = bytes((1,)) + PLMN + ROUTING + bytes((0, 0))
        expect.equal(suci, head + MSIN, "SUCI")


@testcase("UICC.GetIdentity#04")
def test_two_identities_differ(usim_with, step):
    """Two identities in a row cannot be linked to one subscriber."""
    card = usim_with(A)
    with step("Terminal -> UICC: GET IDENTITY, twice"):
        first, second = (revealed(A, identity(card)) for _ in range(2))
    with step("Expected: other ephemeral keys, the same MSIN"):
        expect.that(
            holds=first[0] != second[0],
            expected="two ephemeral keys",
            actual=f"{first[0].hex()} twice",
        )
        expect.equal((first[1], second[1]), (MSIN, MSIN), "MSIN")


@testcase("UICC.GetIdentity#05")
def test_user_has_to_verify(usim_with, step):
    """With PIN1 enabled, GET IDENTITY waits for it."""
    card = usim_with(A)
    with step("Initial conditions: PIN1 enabled, reset"):
        card.apdu(f"0028000108{PIN}")
        card.reset()
        select_usim(card)
    with step("Terminal -> UICC: GET IDENTITY"):
        expect.refused(card.apdu(GET_IDENTITY), 0x6982)
    with step("Terminal -> UICC: VERIFY PIN, GET IDENTITY; expected: answered"):
        expect.success(card.apdu(f"0020000108{PIN}"), "VERIFY PIN")
        expect.equal(revealed(A, identity(card))[1], MSIN, "MSIN")


@testcase("UICC.GetIdentity#06")
def test_service_is_needed(usim_with, step):
    """Without service 125 the terminal computes the SUCI, not the card."""
    card = usim_with(A, services=(124,))
    with step("Terminal -> UICC: GET IDENTITY"):
        expect.refused(card.apdu(GET_IDENTITY), 0x6A81, 0x6985)


@testcase.each(
    "scheme, listed, keys",
    {
        # the schemes in order, each with the number of its key, and the keys
        "UICC.GetIdentity#08": (A, ((0x0F, 1), (A, 1)), (A,)),
        "UICC.GetIdentity#09": (B, ((A, 3), (B, 2)), (A, B)),
        "UICC.GetIdentity#10": (B, ((B, 2), (A, 1)), (A, B)),
        "UICC.GetIdentity#11": (A, ((A, 2), (NULL, 0)), (B, A)),
    },
)
def test_first_scheme_that_can_be_used(usim_with, step, scheme, listed, keys):
    """Of the schemes listed, the card takes the first that it knows and has the key of."""
    card = usim_with(scheme, info=calc_info_of(listed, *keys))
    with step("Terminal -> UICC: GET IDENTITY"):
        suci = identity(card)
    with step("Expected: the SUCI of that scheme, and the MSIN under its private key"):
        expect.equal(revealed(scheme, suci)[1], MSIN, "MSIN")


@testcase.each(
    "listed, keys",
    {
        "UICC.GetIdentity#12": (((NULL, 0), (A, 1)), (A,)),
        "UICC.GetIdentity#13": (((A, 2), (NULL, 0)), (A,)),
    },
)
def test_null_scheme_in_its_place(usim_with, step, listed, keys):
    """The null scheme is taken where it is the first that can be used, and only there."""
    card = usim_with(NULL, info=calc_info_of(listed, *keys))
    with step("Terminal -> UICC: GET IDENTITY"):
        suci = identity(card)
    with step("Expected: scheme 0, key 0, MSIN in clear"):
        head = bytes((1,)) + PLMN + ROUTING + bytes((0, 0))
        expect.equal(suci, head + MSIN, "SUCI")


@testcase("UICC.GetIdentity#07")
def test_no_application(own, step):
    """Without an application there is no subscriber to identify."""
    with step("Terminal -> UICC: GET IDENTITY after a reset"):
        own.card.reset()
        own.refused(GET_IDENTITY, 0x6985, 0x6982, 0x6A81, 0x6A88, 0x6D00, 0x6E00)
