"""UICC.Access: rules that join conditions, and what is verified on which channel."""

import pytest

from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.codes import code
from rspharness.suite.logical_channels import close, opened

PIN, WRONG, ADM = code("pin1"), "39393939FFFFFFFF", code("adm1")
EITHER, BOTH = 0x2F2C, 0x2F2D


def enabled(own):
    """Enables PIN1, which comes disabled, and resets."""
    expect.success(own(f"0028000108{PIN}"), "ENABLE PIN")
    own.card.reset()


def refuses(own, fid):
    """Requires that a file cannot be read now."""
    own.select(fid)
    own.refused("00B0000001", 0x6982)


def reads(own, fid):
    """Requires that a file can be read now."""
    expect.equal(own.read(fid, 4), own.content[fid], f"content of {fid:04X}")


@testcase("UICC.Access#05")
def test_one_of_two_keys(own, step):
    """A rule with OR is open with the one key, with the other, and with none it is not."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Expected: refused with neither key; read with PIN1"):
        refuses(own, EITHER)
        own.verify()
        reads(own, EITHER)
    with step("Expected: after a reset read with ADM1 alone"):
        own.card.reset()
        refuses(own, EITHER)
        own.verify(0x0A, ADM)
        reads(own, EITHER)


@testcase("UICC.Access#06")
def test_both_of_two_keys(own, step):
    """A rule with AND is open with both keys, and with one of them it is not."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Expected: refused with PIN1 alone"):
        own.verify()
        refuses(own, BOTH)
    with step("Expected: after a reset refused with ADM1 alone, read with both"):
        own.card.reset()
        own.verify(0x0A, ADM)
        refuses(own, BOTH)
        own.verify()
        reads(own, BOTH)


@testcase("UICC.Access#07")
def test_one_administrator_is_not_the_other(own, step):
    """A key with another reference opens nothing that this one guards."""
    with step("Terminal -> UICC: VERIFY PIN of ADM2; READ BINARY of a file of ADM1"):
        own.verify(0x0B, code("adm2"))
    with step("Expected: refused"):
        refuses(own, 0x2F26)


@testcase("UICC.Access#08")
@testcase.both_curves
@pytest.mark.usefixtures("server")
def test_verified_on_another_channel(own, step):
    """PIN1 verified on one channel opens files on another, also when the first is closed."""
    with step("Initial conditions: PIN1 enabled, another channel open"):
        enabled(own)
        channel = opened(own.card)
        refuses(own, 0x2F20)
    with step("Terminal -> UICC: VERIFY PIN on the other channel"):
        expect.success(own(f"{channel:02X}20000108{PIN}"), "VERIFY PIN")
    with step("Expected: read on channel 0, and after the other is closed"):
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20], "content")
        expect.success(close(own.card, channel), "MANAGE CHANNEL, close")
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20], "content")


@testcase("UICC.Access#09")
def test_wrong_value_verifies_nothing(own, step):
    """After a wrong value of an enabled PIN, its files stay closed."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Terminal -> UICC: VERIFY PIN, wrong value"):
        expect.sw(own(f"0020000108{WRONG}"), 0x63C2)
    with step("Expected: refused"):
        refuses(own, 0x2F20)
