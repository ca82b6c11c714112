"""Access rules at the card: OR, AND, NOT, disabled keys, rules that cannot be read."""

import pytest

from rspsim.euicc.profile_content.model import File, FileKind
from rspsim.euicc.uicc.access import AccessMode, rule_allows

PIN, ADM = "002000010830303030FFFFFFFF", "0020000A083535353535353535"
OFF = "002600010830303030FFFFFFFF"


@pytest.mark.parametrize(
    ("record", "before", "allowed"),
    [
        (1, [], True),
        (2, [], False),
        (2, [PIN], True),
        (2, [ADM], False),
        (2, [OFF], True),
        (4, [], False),
        (4, [PIN], True),
        (4, [ADM], True),
        (5, [PIN], False),
        (5, [ADM], False),
        (5, [PIN, ADM], True),
        (6, [], True),
        (6, [PIN], False),
        (7, [PIN, ADM], False),
        (10, [PIN, ADM], False),
        (11, [PIN], False),
        (11, [PIN, ADM], True),
        (13, [PIN, ADM], False),  # a record the EF.ARR does not have
    ],
)
def test_read_is_allowed_as_the_rule_says(kit, record, before, allowed):
    one = File(
        path=(0x2F01,), kind=FileKind.TRANSPARENT, body=b"\0", sfi=1, access=kit.rule(record)
    )
    card = kit.terminal(one)
    for command in before:
        assert card.sw(command) == "9000"
    assert card.sw("00B0810001") == ("9000" if allowed else "6982")


@pytest.mark.parametrize(
    ("record", "mode", "instruction", "allowed"),
    [
        ("8001019000", AccessMode.READ, None, True),
        ("8001019000", AccessMode.UPDATE, None, False),
        ("8001039000", AccessMode.UPDATE, None, True),
        ("8001019700 8001019000", AccessMode.READ, None, False),  # the first that names it counts
        ("8001019000", AccessMode.READ, 0x32, False),
        ("8402 32D4 9000", AccessMode.READ, 0xD4, True),
        ("800101", AccessMode.READ, None, False),  # no condition
        ("80019000", AccessMode.READ, None, False),  # cut short
        ("800101A403830A01", AccessMode.READ, None, False),  # not to be read
        ("FFFFFF", AccessMode.READ, None, False),
        ("", AccessMode.READ, None, False),
        ("800101A402 8300", AccessMode.READ, None, False),
        ("800101A700", AccessMode.READ, None, True),  # NOT of an empty list
    ],
)
def test_record_is_read_as_iso_7816_4_has_it(record, mode, instruction, allowed):
    octets = bytes.fromhex(record)
    assert rule_allows(octets, mode, lambda _: True, instruction=instruction) is allowed


def test_rules_come_from_the_nearest_file_that_has_the_identifier(kit):
    near = File(
        path=(0x7F01, 0x2F06),
        kind=FileKind.LINEAR_FIXED,
        body=bytes.fromhex("8001019700"),
        record_length=5,
        access=kit.rule(1),
    )
    df = File(path=(0x7F01,), kind=FileKind.DF, access=kit.rule(1))
    inside = File(
        path=(0x7F01, 0x6F01), kind=FileKind.TRANSPARENT, body=b"\0", sfi=1, access=kit.rule(1)
    )
    card = kit.terminal(df, near, inside)
    card.sw("00A4000C027F01")
    assert card.sw("00B0810001") == "6982"
