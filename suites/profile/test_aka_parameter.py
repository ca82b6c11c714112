"""Profile package, PE-AKAParameter: key, constants and sequence numbers of an NAA."""

from rspcore.crypto.aka.algorithm import xor
from rspcore.crypto.aka.milenage import Milenage
from rspcore.messages.euicc_response import PeStatusCode
from rspcore.profile_maker import preset
from rspcore.profile_maker.editing import edited, element, inserted, removed, with_component
from rspcore.profile_maker.elements import ISIM_AID
from rspcore.profile_reader import split
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import file_access
from rspharness.suite.profile_packages import ICCID, UPP, ends_with_processing_error, is_installed

BAD, WRONG = PeStatusCode.bad_values, PeStatusCode.invalid_parameter
FEATURE = PeStatusCode.feature_not_supported
NAME = "akaParameter"
RAND = bytes.fromhex("23553CBE9637A89D218AE64DAE47BF35")
AMF = bytes.fromhex("8000")
SEQ = 0x64
"""Number every IND of the card begins with."""


def algorithm(number, *, key=16, opc=16):
    """Returns the package with an algorithm, and key and OPc of so many octets."""
    given = {
        "algorithmID": number,
        "algorithmOptions": b"\x01",
        "key": b"\x11" * key,
        "opc": b"\x22" * opc,
    }
    return edited(UPP, NAME, with_component("algoConfiguration/1", given))


def moved(before):
    """Returns the package with PE-AKAParameter somewhere else."""
    octets = next(one.raw for one in split(UPP) if one.name == NAME)
    return inserted(removed(UPP, NAME), octets, before=before)


def mapped_to(aid):
    """Returns the package whose USIM takes the parameters of another NAA."""
    mapping = {"mappingOptions": b"\x06", "mappingSource": aid}
    made = element(NAME, 77, algoConfiguration=("mappingParameter", mapping))
    return inserted(UPP, made, before="securityDomain")


def answered(card, network, seq, index=0):
    """Returns the first octet of the answer to a challenge with this number and index."""
    sqn = (seq << 5 | index).to_bytes(6, "big")
    autn = xor(sqn, network.vector(RAND).ak) + AMF + network.mac_a(RAND, sqn, AMF)
    answer = card.apdu(f"0088008122 10{RAND.hex()} 10{autn.hex()} 00".replace(" ", ""))
    expect.success(answer, "AUTHENTICATE")
    return answer.data[:1]


@testcase("Profile.AKA#01")
def test_sequence_numbers_begin_at_the_one_loaded(card, given, server, step):
    """A sequence number not above the one loaded is answered with AUTS, the next one accepted."""
    given.none()
    held = [SEQ.to_bytes(6, "big")] * 32
    is_installed(card, server, step, edited(UPP, NAME, with_component("sqnInit", held)))
    keys = preset("PROFILE_OPERATIONAL1")
    network = Milenage(keys.ki, keys.operator_constant)
    with step("S_LPAd -> eUICC: EnableProfile; Terminal -> eUICC: SELECT USIM"):
        given.enable(ICCID)
        expect.success(file_access.select_application(card), "SELECT USIM")
    with step("Terminal -> eUICC: AUTHENTICATE with the number loaded; expected: DC"):
        expect.equal(answered(card, network, SEQ), b"\xdc", "tag of the answer")
    with step("Terminal -> eUICC: AUTHENTICATE with the next number; expected: DB"):
        expect.equal(answered(card, network, SEQ + 1), b"\xdb", "tag of the answer")


@testcase.each(
    "upp, codes",
    {
        "Profile.AKA#02": (moved("usim"), ()),
        "Profile.AKA#03": (algorithm(4), (BAD, WRONG, FEATURE)),
        "Profile.AKA#04": (algorithm(1, key=15), (BAD, WRONG)),
        "Profile.AKA#05": (algorithm(1, opc=32), (BAD, WRONG)),
        "Profile.AKA#06": (algorithm(2, opc=16), (BAD, WRONG)),
    },
)
def test_invalid_parameters_end_the_load(card, given, server, step, upp, codes):
    """Parameters without an NAA, of no algorithm, or of a wrong length end the load."""
    given.none()
    ends_with_processing_error(card, server, step, upp, *codes)


@testcase.each(
    "upp, codes",
    {
        "Profile.AKA#07": (
            edited(UPP, NAME, with_component("sqnDelta", bytes.fromhex("080000000000"))),
            (BAD, WRONG),
        ),
        "Profile.AKA#08": (mapped_to(ISIM_AID), ()),
        "Profile.AKA#09": (moved("end"), ()),
    },
)
def test_parameters_the_format_leaves_open(card, given, server, step, upp, codes):
    """A delta out of bounds, a source that is not there, and a late element; recorded."""
    given.none()
    ends_with_processing_error(card, server, step, upp, *codes)


@testcase("Profile.AKA#10")
def test_numbers_of_the_last_indices(card, given, server, step):
    """Each of the 32 indices begins with the number that the package has for it."""
    given.none()
    held = [(SEQ + index).to_bytes(6, "big") for index in range(32)]
    is_installed(card, server, step, edited(UPP, NAME, with_component("sqnInit", held)))
    keys = preset("PROFILE_OPERATIONAL1")
    network = Milenage(keys.ki, keys.operator_constant)
    with step("S_LPAd -> eUICC: EnableProfile; Terminal -> eUICC: SELECT USIM"):
        given.enable(ICCID)
        expect.success(file_access.select_application(card), "SELECT USIM")
    for index in (0, 15, 16, 31):
        with step(f"Terminal -> eUICC: AUTHENTICATE, index {index}; expected: DC, then DB"):
            loaded = SEQ + index
            expect.equal(answered(card, network, loaded, index), b"\xdc", "tag, number loaded")
            expect.equal(answered(card, network, loaded + 1, index), b"\xdb", "tag, next number")
