"""GET IDENTITY with the null scheme and both profiles (TS 31.102, 7.5; TS 33.501, annex C)."""

from dataclasses import replace

import pytest

from rspcore import tlv
from rspsim.euicc.profile_content.model import File, FileKind

NAME = "TS48v5_SAIP2.3_BERTLV_SUCI.der"
USIM = "00A4040C0CA0000000871002FF49FF0589"
GET = "8078000100"
INFO = (0x7FD0, 0x5FD0, 0x4F01)
IMSI = bytes.fromhex("083901510010000268")  # 310150001002086: MSIN 001002086, 00012080F6 in BCD
AD = {(0x7FD0, 0x6FAD): bytes.fromhex("80000003")}
VECTORS = {
    1: (
        "5a8d38864820197c3394b92613b20b91633cbd897119273bf8e4a6f4eec0a650",
        "c80949f13ebe61af4ebdbd293ea4f942696b9e815d7e8f0096bbf6ed7de62256",
        "b2e92f836055a255837debf850b528997ce0201cb82adfe4be1f587d07d8457d",
        "cb02352410cddd9e730ef3fa87",
    ),
    2: (
        "0272da71976234ce833a6907425867b82e074d44ef907dfb4b3e21c1c2256ebcd1",
        "99798858a1dc6a2c68637149a4b1dbfd1fdff5addd62a2142f06699ed7602529",
        "039aab8376597021e855679a9778ea0b67396e68c66df32c0f41e9acca2da9b9d1",
        "46a33fc2716ac7dae96aa30a4d",
    ),
}


class FixedRng:
    """A source that draws the ephemeral key of a published vector."""

    def __init__(self, octets):
        self.drawn = octets

    def octets(self, count):
        assert count == len(self.drawn)
        return self.drawn


@pytest.fixture
def card_with(kit):
    """Makes terminals on a card whose EF.SUCI_Calc_Info and EF.IMSI are these."""

    def make(info, imsi=IMSI):
        def change(content):
            for path, body in {INFO: info, (0x7FD0, 0x6F07): imsi, **AD}.items():
                one = content.files.get(path)
                content = content.with_file(replace(one, body=body))
            return content

        return kit.changed(NAME, change)

    return make


def calc_info(pairs, *keys):
    listed = b"".join(
        tlv.encode(0x80, bytes((n,))) + tlv.encode(0x81, bytes.fromhex(key)) for n, key in keys
    )
    return tlv.encode(0xA0, bytes(pairs)) + tlv.encode(0xA1, listed)


def identity(card, rng=b""):
    if rng:
        card.card._rng = FixedRng(rng)
    card.sw(USIM)
    return card(GET)


def test_null_scheme_shows_the_msin(card_with):
    card = card_with(bytes.fromhex("A0020000"))
    routing = card_routing(card)
    assert identity(card).data.hex() == f"a10d01130051{routing}000000012080f6"


def card_routing(card):
    content = card.card.state.profiles[0].content
    return content.files.get((0x7FD0, 0x5FC0, 0x4F0A)).body[:2].hex()


@pytest.mark.parametrize("scheme", [1, 2])
def test_published_vectors_are_reproduced(card_with, scheme):
    public, ephemeral, shown, output = VECTORS[scheme]
    card = card_with(calc_info((scheme, 1), (27, public)))
    answer = identity(card, bytes.fromhex(ephemeral))
    body = tlv.parse(answer.data).value.hex()
    assert body[12:16] == f"{scheme:02x}1b"
    assert body[16:] == shown + output


def test_first_scheme_of_the_list_is_taken(card_with):
    a, b = (VECTORS[n][0] for n in (1, 2))
    info = calc_info((2, 2, 1, 1), (1, a), (9, b))
    answer = identity(card_with(info), bytes(31) + b"\x05").data
    assert tlv.parse(answer).value[6:8] == b"\x02\x09"
    assert len(tlv.parse(answer).value) == 8 + 33 + 5 + 8


@pytest.mark.parametrize(
    ("info", "imsi"),
    [
        (bytes.fromhex("FFFFFFFF"), IMSI),
        (bytes.fromhex("A0020101"), IMSI),  # the key is not there
        (calc_info((1, 2), (1, VECTORS[1][0])), IMSI),
        (calc_info((2, 1), (1, "02" + "FF" * 32)), IMSI),  # no point of the curve
        (bytes.fromhex("A0020301"), IMSI),  # an unknown scheme
        (bytes.fromhex("A0020101A103800101"), IMSI),  # a key without its value
        (bytes.fromhex("A0020000"), b"\xff" * 9),  # no IMSI
        (b"", IMSI),
    ],
)
def test_what_cannot_be_computed_is_refused(card_with, info, imsi):
    card = card_with(info, imsi)
    card.sw(USIM)
    assert card.sw(GET) == "6985"


@pytest.mark.parametrize(("p2", "sw"), [("02", "6A81"), ("00", "6A86"), ("03", "6A86")])
def test_other_identities_are_not_offered(card_with, p2, sw):
    card = card_with(bytes.fromhex("A0020000"))
    card.sw(USIM)
    assert card.sw(f"807800{p2}00") == sw


def test_services_124_and_125_are_needed(card_with, kit):
    def change(content):
        one = content.files.get((0x7FD0, 0x6F38))
        return content.with_file(replace(one, body=one.body[:15]))

    card = kit.changed(NAME, change)
    card.sw(USIM)
    assert card.sw(GET) == "6A81"


def test_user_has_to_verify(card_with):
    card = card_with(bytes.fromhex("A0020000"))
    assert card.sw("002800010830303030FFFFFFFF") == "9000"
    card.card.reset()
    card.sw(USIM)
    assert card.sw(GET) == "6982"


def test_identity_without_usim_is_refused(terminal):
    card = terminal(NAME)
    assert card.sw(GET) == "6985"


def test_file_kind_is_what_the_test_assumes(card_with):
    content = card_with(bytes.fromhex("A0020000")).card.state.profiles[0].content
    assert isinstance(content.files.get(INFO), File)
    assert content.files.get(INFO).kind is FileKind.TRANSPARENT
