"""What UICC commands did: seen on another channel, after a reset, after another Profile."""

import pytest

from rspcore.profile_maker import make_profile, preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.codes import code
from rspharness.suite.logical_channels import opened

TRANSPARENT, LINEAR, CYCLIC, OBJECTS, OUT_OF_USE = 0x2F20, 0x2F21, 0x2F22, 0x2F23, 0x2F29
ADM = code("adm1")
TWO = make_profile(preset("PROFILE_OPERATIONAL2"))


class OnChannel:
    """File commands on a further channel, written as on the basic one."""

    def __init__(self, own, number):
        self.own, self.number, self.content = own, number, own.content

    def __call__(self, text):
        """Sends a command with the channel in its class."""
        digits = text.replace(" ", "")
        return self.own(f"{int(digits[:2], 16) | self.number:02X}{digits[2:]}")


def select(send, fid):
    """Selects a file below the MF, which has to succeed."""
    expect.success(send("00A40004023F00"), "SELECT 3F00")
    expect.sw(send(f"00A4000402{fid:04X}"), 0x9000, 0x6283, about=f"SELECT {fid:04X}")


def change(send):
    """Makes one change by each command that makes one; a card may have no BER-TLV files."""
    select(send, TRANSPARENT)
    expect.success(send("00D6000102AABB"), "UPDATE BINARY")
    select(send, LINEAR)
    expect.success(send("00DC02040499999999"), "UPDATE RECORD")
    select(send, CYCLIC)
    expect.success(send("8032000003000005 00"), "INCREASE")
    if OBJECTS in send.content:
        select(send, OBJECTS)
        expect.success(send("80DB0080048102AABB"), "SET DATA")
    expect.success(send(f"0020000A08{ADM}"), "VERIFY PIN")
    select(send, OUT_OF_USE)
    expect.success(send("00040000"), "DEACTIVATE FILE")


def require_changed(send):
    """Requires each of these changes, and that nothing beside them changed."""
    select(send, TRANSPARENT)
    expect.equal(send("00B0000004").data.hex(), "00aabb03", "2F20")
    select(send, LINEAR)
    got = b"".join(send(f"00B2{n:02X}0404").data for n in range(1, 5))
    expect.equal(got.hex(), "11111111999999993333333322222222", "records of 2F21")
    select(send, CYCLIC)
    got = b"".join(send(f"00B2{n:02X}0403").data for n in range(1, 4))
    expect.equal(got.hex(), "000008000003000002", "records of 2F22")
    if OBJECTS in send.content:
        select(send, OBJECTS)
        expect.equal(send("80CB00800181 00").data.hex(), "8102aabb", "data object 81")
        expect.equal(send("80CB00800180 00").data.hex(), "8003010203", "data object 80")
    select(send, OUT_OF_USE)
    expect.refused(send("00B0000001"), 0x6984, 0x6985)


@testcase("UICC.KeptContent#01")
def test_changes_on_a_further_channel(own, step):
    """Files changed on a further channel are so on the basic one, command by command."""
    with step("Terminal -> UICC, further channel: each command that changes a file"):
        change(OnChannel(own, opened(own.card)))
    with step("Expected on the basic channel: each change, and nothing else"):
        require_changed(own)


@testcase("UICC.KeptContent#02")
def test_changes_stay_over_a_reset(own, step):
    """Files changed are so after a reset and after a power cycle."""
    with step("Terminal -> UICC: each command that changes a file"):
        change(own)
    for name, act in (("reset", own.card.reset), ("power cycle", own.card.power_cycle)):
        with step(f"Expected after a {name}: each change, and nothing else"):
            act()
            require_changed(own)


@testcase("UICC.KeptContent#03")
def test_changes_stay_while_another_profile_is_enabled(own, given, step, server):
    """Files changed are so after another Profile was Enabled; that one has none of them."""
    with step("Terminal -> UICC: each command that changes a file"):
        change(own)
    (iccid,) = own.card.enabled()
    with step("Initial conditions: another Profile installed and Enabled"):
        server.install(own.card, TWO)
        given.enable(TWO.metadata.iccid)
    with step("Expected: 2F20 of that Profile does not exist"):
        own("00A40004023F00")
        own.refused("00A40004022F2000", 0x6A82)
    with step("S_LPAd -> eUICC: EnableProfile of the first; expected: each change"):
        given.enable(iccid)
        require_changed(own)


@testcase("UICC.KeptContent#04")
@testcase.both_curves
@pytest.mark.usefixtures("server")
def test_changes_in_a_profile_of_either_curve(own, step):
    """Files of a Profile are changed and kept, whatever curve the Profile came over."""
    with step("Terminal -> UICC: each command that changes a file"):
        change(own)
    with step("Expected after a reset: each change, and nothing else"):
        own.card.reset()
        require_changed(own)
