"""PINs, ADM keys and PUKs (SAIP, 8.4)."""

import pytest

from rspcore.profile_maker.editing import (
    edited,
    element,
    inserted,
    removed,
    replaced,
    with_component,
    with_fcp,
)
from rspcore.profile_maker.files import template_oid

USIM = (0x7FD0,)
BAD, WRONG, MISSING = "bad_values", "invalid_parameter", "pin_code_missing"


def pin(reference, value=b"0000\xff\xff\xff\xff", **parts):
    return {"keyReference": reference, "pinValue": value} | parts


def pins(*listed, number=80):
    return element("pinCodes", number, pinCodes=("pinconfig", list(listed)))


def shared(octets, number=80):
    return element("pinCodes", number, pinCodes=("filePath", octets))


def of_mf(path, value):
    return lambda upp: edited(upp, "pinCodes", with_component(f"pinCodes/1/{path}", value))


def of_usim(*listed):
    return lambda upp: replaced(upp, "pinCodes", pins(*listed), number=1)


def puk(path, value):
    return lambda upp: edited(upp, "pukCodes", with_component(f"pukCodes/{path}", value))


def more_puks(*listed):
    return lambda upp: edited(upp, "pukCodes", with_component("pukCodes", list(listed)))


def status_of(component, octets):
    return lambda upp: edited(
        upp, "usim", with_fcp(component, pinStatusTemplateDO=bytes.fromhex(octets))
    )


def telecom(status="01", more=b""):
    df = {"pinStatusTemplateDO": bytes.fromhex(status)}
    made = element(
        "telecom", 81, templateID=template_oid("2.3"), df_telecom=[("fileDescriptor", df)]
    )
    return lambda upp: inserted(upp, made + more, before="usim")


SOUND = {
    "PIN without a PUK": of_usim(pin(0x81)),
    "ADM key of any octets": of_usim(pin(0x81), pin(0x8A, bytes(range(8)))),
    "every local reference": of_usim(*map(pin, (*range(0x81, 0x89), *range(0x8A, 0x8F)))),
    "eight digits": of_usim(pin(0x81, b"12345678")),
    "no tries left": of_usim(pin(0x81) | {"maxNumOfAttemps-retryNumLeft": 0x30}),
    "PIN of the directory above": telecom("0181", pins(pin(0x81), number=82)),
    "ADF that reports nothing": status_of("adf-usim", ""),
}
REFUSED = {
    "local reference in the MF": (of_mf("0/keyReference", 0x81), "pinCodes", WRONG),
    "global reference in an ADF": (of_usim(pin(0x01)), "pinCodes", WRONG),
    "reference 0": (of_mf("0/keyReference", 0), "pinCodes", BAD),
    "reference 09": (of_mf("0/keyReference", 9), "pinCodes", BAD),
    "reference 89": (of_usim(pin(0x81), pin(0x89)), "pinCodes", BAD),
    "reference twice": (of_usim(pin(0x81), pin(0x81)), "pinCodes", WRONG),
    "PUK that is not there": (of_usim(pin(0x81, unblockingPINReference=2)), "pinCodes", WRONG),
    "no PUKs at all": (lambda upp: removed(upp, "pukCodes"), "pinCodes", WRONG),
    "value of 7 octets": (of_usim(pin(0x81, b"1234567")), "pinCodes", BAD),
    "value of no digits": (of_usim(pin(0x81, b"abcd\xff\xff\xff\xff")), "pinCodes", BAD),
    "value of three digits": (of_usim(pin(0x81, b"123" + b"\xff" * 5)), "pinCodes", BAD),
    "value with a gap": (of_usim(pin(0x81, b"12\xff34\xff\xff\xff")), "pinCodes", BAD),
    "more tries left than allowed": (
        of_usim(pin(0x81) | {"maxNumOfAttemps-retryNumLeft": 0x34}),
        "pinCodes",
        BAD,
    ),
    "no tries ever": (of_usim(pin(0x81) | {"maxNumOfAttemps-retryNumLeft": 0x00}), "pinCodes", BAD),
    "second PINs of a directory": (
        lambda upp: inserted(upp, pins(pin(0x81)), before="akaParameter"),
        "pinCodes",
        WRONG,
    ),
    "second PINs of a directory, shared": (
        lambda upp: inserted(upp, shared(b"\x7f\x10"), before="akaParameter"),
        "pinCodes",
        WRONG,
    ),
    "PINs of a directory that is not there": (
        lambda upp: replaced(upp, "pinCodes", shared(b"\x7f\x20"), number=1),
        "pinCodes",
        WRONG,
    ),
    "PINs of a file": (
        lambda upp: replaced(upp, "pinCodes", shared(b"\x2f\x05"), number=1),
        "pinCodes",
        WRONG,
    ),
    "PINs of the directory itself": (
        lambda upp: replaced(upp, "pinCodes", shared(b"\x7f\xd0"), number=1),
        "pinCodes",
        WRONG,
    ),
    "PINs of an odd path": (
        lambda upp: replaced(upp, "pinCodes", shared(b"\x7f\xd0\x01"), number=1),
        "pinCodes",
        BAD,
    ),
    "PUK reference 09": (puk("1/keyReference", 9), "pukCodes", BAD),
    "PUK reference of an ADM key": (puk("1/keyReference", 10), "pukCodes", BAD),
    "PUK twice": (puk("1/keyReference", 1), "pukCodes", WRONG),
    "PUK of 9 octets": (puk("0/pukValue", b"111111111"), "pukCodes", BAD),
    "PUK of no digits": (puk("0/pukValue", bytes(8)), "pukCodes", BAD),
    "PUK with more tries left than allowed": (
        puk("0/maxNumOfAttemps-retryNumLeft", 0xAB),
        "pukCodes",
        BAD,
    ),
    "more than 16 PUKs": (
        more_puks(*({"keyReference": 1, "pukValue": b"11111111"},) * 17),
        "pukCodes",
        BAD,
    ),
    "global PIN missing": (of_mf("0/keyReference", 2), "end", MISSING),
    "local PIN missing": (lambda upp: removed(upp, "pinCodes", number=1), "end", MISSING),
    "ADM key missing": (of_mf("1/keyReference", 12), "end", MISSING),
    "local PIN only elsewhere": (telecom("0181"), "end", MISSING),
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
def test_valid_codes_are_accepted(judged, upp, change):
    assert judged(change(upp)) == ("end", "ok")


@pytest.mark.parametrize(("change", "name", "status"), REFUSED.values(), ids=REFUSED)
def test_invalid_codes_are_refused(judged, upp, change, name, status):
    assert judged(change(upp)) == (name, status)


def test_absent_counters_and_attributes_have_their_defaults(built, upp):
    content = built(of_usim(pin(0x81))(upp)).content
    (one,) = (p for p in content.pins if p.context == USIM)
    assert (one.maximum, one.remaining, one.attributes, one.enabled, one.puk) == (
        3,
        3,
        7,
        True,
        None,
    )
    assert {(p.maximum, p.remaining) for p in content.puks} == {(10, 10)}


def test_pin_may_come_disabled(built, upp):
    first = built(upp).content.pins[0]
    assert (first.reference, first.enabled, first.puk) == (1, False, 1)


def test_same_local_reference_is_another_pin_elsewhere(built, upp):
    changed = telecom("0181", pins(pin(0x81, b"1111\xff\xff\xff\xff"), number=82))(upp)
    values = {p.context: p.value[:4] for p in built(changed).content.pins if p.reference == 0x81}
    assert values == {(0x7F10,): b"1111", USIM: b"9999"}


def test_pins_of_another_directory_are_shared(built, upp):
    changed = telecom("0181", pins(pin(0x81), number=82))(upp)
    changed = replaced(changed, "pinCodes", shared(b"\x7f\x10"), number=2)
    assert built(changed).content.shared_pins == ((USIM, (0x7F10,)),)


def test_pins_belong_to_the_first_directory_of_an_element(built, upp):
    made = element(
        "telecom",
        81,
        templateID=template_oid("2.3"),
        df_telecom=[("fileDescriptor", {"pinStatusTemplateDO": b"\x01\x81"})],
        df_graphics=[("fileDescriptor", {"pinStatusTemplateDO": b"\x01\x81"})],
    )
    changed = inserted(upp, made + pins(pin(0x81), number=82), before="usim")
    assert {p.context for p in built(changed).content.pins} == {(), (0x7F10,), USIM}


def test_unknown_alternative_is_refused(judged, upp):
    octets = bytes.fromhex("A20B A003810150 A104 A5028000")
    assert judged(replaced(upp, "pinCodes", octets, number=1)) == ("pinCodes", WRONG)
