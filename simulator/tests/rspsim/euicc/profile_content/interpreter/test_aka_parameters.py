"""Parameters of authentication (SAIP, 8.5)."""

import pytest

from rspcore.messages.euicc_info import UiccCapability
from rspcore.profile_maker.editing import edited, element, inserted, with_component
from rspcore.profile_maker.files import USIM_AID

BAD, WRONG, FEATURE = "bad_values", "invalid_parameter", "feature_not_supported"
ALGORITHM = "algoConfiguration/1"
LARGEST, TOO_LARGE = bytes.fromhex("07FFFFFFFFFF"), bytes.fromhex("080000000000")


def algorithm(**parts):
    given = {"algorithmOptions": b"\x01", "key": bytes(16), "opc": bytes(16)} | parts
    return lambda upp: edited(upp, "akaParameter", with_component(ALGORITHM, given))


def aka(path, value):
    return lambda upp: edited(upp, "akaParameter", with_component(path, value))


def mapped(aid, number=80):
    made = element(
        "akaParameter",
        number,
        algoConfiguration=("mappingParameter", {"mappingOptions": b"\x06", "mappingSource": aid}),
    )
    return lambda upp: inserted(upp, made, before="securityDomain")


def milenage(**parts):
    return algorithm(algorithmID=1, **parts)


def tuak(**parts):
    return algorithm(algorithmID=2, **{"opc": bytes(32)} | parts)


def test_algorithm(**parts):
    return algorithm(algorithmID=3, **parts)


test_algorithm.__test__ = False

SOUND = {
    "Milenage": milenage(),
    "TUAK with a key of 128 bits": tuak(),
    "TUAK with a key of 256 bits": tuak(key=bytes(32)),
    "test algorithm": test_algorithm(),
    "test algorithm with an empty OPc": test_algorithm(opc=b""),
    "constants of its own": milenage(rotationConstants=bytes(5), xoringConstants=bytes(80)),
    "limit of authentications": milenage(authCounterMax=b"\x00\x01\x00"),
    "largest delta": aka("sqnDelta", LARGEST),
    "largest age limit": aka("sqnAgeLimit", LARGEST),
    "numbers to begin with": aka("sqnInit", [LARGEST] * 32),
    "parameters of another NAA": mapped(USIM_AID),
}
REFUSED = {
    "algorithm that does not exist": (algorithm(algorithmID=4), BAD),
    "algorithm 0": (algorithm(algorithmID=0), BAD),
    "Milenage with a key of 15 octets": (milenage(key=bytes(15)), BAD),
    "Milenage with a key of 32 octets": (milenage(key=bytes(32)), BAD),
    "Milenage with an OPc of 32 octets": (milenage(opc=bytes(32)), BAD),
    "Milenage without OPc": (milenage(opc=b""), BAD),
    "TUAK with a key of 24 octets": (tuak(key=bytes(24)), BAD),
    "TUAK with a TOPc of 16 octets": (tuak(opc=bytes(16)), BAD),
    "TUAK without permutations": (tuak(numberOfKeccak=0), BAD),
    "test algorithm with a key of 32 octets": (test_algorithm(key=bytes(32)), BAD),
    "four rotation constants": (milenage(rotationConstants=bytes(4)), BAD),
    "constants of 79 octets": (milenage(xoringConstants=bytes(79)), BAD),
    "limit of two octets": (milenage(authCounterMax=b"\x01\x00"), BAD),
    "options of two octets": (milenage(algorithmOptions=b"\x01\x00"), BAD),
    "delta beyond the largest": (aka("sqnDelta", TOO_LARGE), BAD),
    "delta of five octets": (aka("sqnDelta", bytes(5)), BAD),
    "age limit beyond the largest": (aka("sqnAgeLimit", TOO_LARGE), BAD),
    "31 numbers to begin with": (aka("sqnInit", [bytes(6)] * 31), BAD),
    "number beyond the largest": (aka("sqnInit", [TOO_LARGE, *[bytes(6)] * 31]), BAD),
    "parameters of an NAA that is not there": (mapped(USIM_AID[:-1] + b"\x77"), WRONG),
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
def test_valid_parameters_are_accepted(judged, upp, change):
    assert judged(change(upp)) == ("end", "ok")


@pytest.mark.parametrize(("change", "status"), REFUSED.values(), ids=REFUSED)
def test_invalid_parameters_are_refused(judged, upp, change, status):
    assert judged(change(upp)) == ("akaParameter", status)


@pytest.mark.parametrize(
    ("change", "bit"),
    [
        (milenage(), UiccCapability.akaMilenage),
        (tuak(), UiccCapability.akaTuak128),
        (tuak(key=bytes(32)), UiccCapability.akaTuak256),
        (test_algorithm(), UiccCapability.usimTestAlgorithm),
    ],
)
def test_algorithm_needs_its_capability(judged, upp, change, bit):
    plain = edited(upp, "header", with_component("eUICC-Mandatory-services", {"usim": None}))
    assert judged(change(plain), bit) == ("akaParameter", FEATURE)


def test_absent_values_have_their_defaults(built, upp):
    (one,) = built(upp).content.aka
    assert one.rotation == bytes.fromhex("4000204060")
    assert [one.xoring[n : n + 16][-1] for n in range(0, 80, 16)] == [0, 1, 2, 4, 8]
    assert (one.sqn_options, one.sqn_delta, one.sqn_age_limit) == (2, 0x10000000, 0x10000000)
    assert (one.seq, one.keccak_iterations, one.counter_max) == ((0,) * 32, 1, None)
