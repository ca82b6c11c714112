"""UICC.Terminate and UICC.Management: what nobody may do without having proved who he is.

A card that carried one of these out would be spoilt for good, so that no case here runs on a card
that is kept: the level would not send the command (`rspharness.targets.guard_tables`).
"""

import pytest

from rspcore.messages.es10c import ProfileState
from rspcore.tags import ECASD_AID, ISDR_AID
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.isdr_channel import LPAD_CAPABILITY
from rspharness.record.verdicts import NotApplicable
from rspharness.servers.scp03_host import MNO_SD
from rspharness.suite.codes import code
from rspharness.suite.file_access import ef_iccid

ADM = code("adm1")
KEY_SET = "30 8810 {0} 00 8810 {0} 00 8810 {0} 00".format("5A" * 16)


def lv(octets):
    """Returns octets behind their length, in hexadecimal digits."""
    return f"{len(octets):02X}{octets.hex()}"


def command(header, data=""):
    """Returns a command of GlobalPlatform."""
    digits = data.replace(" ", "")
    return f"80{header}{len(digits) // 2:02X}{digits}00"


def management_of(aid):
    """Returns each management command by its name; those that name something name this AID."""
    named = lv(aid)
    return {
        "DELETE": command("E40000", f"4F{named}"),
        "DELETE with what is related": command("E40080", f"4F{named}"),
        "DELETE of a key set": command("E40000", "D20101"),
        "INSTALL [for load]": command("E60200", f"{lv(MNO_SD[:-1])} 00 00 00 00"),
        "INSTALL [for make selectable]": command("E60800", f"00 00 {named} 01DE 00 00"),
        "INSTALL [for registry update]": command("E64000", f"00 00 {named} 0118 00 00"),
        "LOAD": command("E88000", "C40401020304"),
        "PUT KEY": command("D80081", KEY_SET),
        "SET STATUS, locked": command("F04083", aid.hex()),
        "SET STATUS, card locked": command("F0807F", aid.hex()),
        "SET STATUS, card terminated": command("F080FF", aid.hex()),
    }


@pytest.fixture
def expendable(own, run_state):
    """Returns the file system of `own` on a card that may be lost."""
    if not run_state.target.simulated:
        raise NotApplicable("a card that is kept is not sent what would spoil it")
    return own


def still_there(own, given_iccid):
    """Requires the Profile and its files as they were, before and after a reset."""
    for when in ("now", "after a reset"):
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20], f"content of 2F20, {when}")
        own.select_usim()
        expect.equal(ef_iccid(own.card), given_iccid, f"EF.ICCID, {when}")
        own.card.reset()
    expect.equal(own.card.enabled(), (given_iccid,), "Profiles Enabled")


@testcase.each(
    "header, select",
    {
        "UICC.Terminate#01": ("00E80000", "00A4000C022F20"),
        "UICC.Terminate#02": ("00E60000", "00A4000C023F00"),
        "UICC.Terminate#03": ("00FE0000", "00A4000C023F00"),
    },
)
def test_nobody_terminates(expendable, own_iccid, step, header, select):
    """TERMINATE EF, DF and CARD USAGE are refused, with and without data, and leave all as is."""
    with step("Terminal -> UICC: TERMINATE, nothing verified; expected: refused"):
        expect.success(expendable(select), "SELECT")
        expendable.refused(header)
        expendable.refused(header + "02" + select[-4:])
    with step("Expected: the files and the Profile as before"):
        still_there(expendable, own_iccid)


@testcase("UICC.Terminate#04")
def test_right_to_terminate_is_one_of_its_own(expendable, own_iccid, step):
    """ADM1 may delete and deactivate a file; TERMINATE EF, which its rule does not name, is not."""
    with step("Initial conditions: ADM1 verified, 2F30 is the current file"):
        expendable.verify(0x0A, ADM)
        expendable.select(0x2F30)
    with step("Terminal -> UICC: TERMINATE EF; expected: refused"):
        expendable.refused("00E80000")
    with step("Expected: the file as before, and updated by ADM1 still"):
        expect.equal(expendable.read(0x2F30, 4), expendable.content[0x2F30], "content")
        expect.success(expendable("00D6000001AA"), "UPDATE BINARY")
        still_there(expendable, own_iccid)


def listed_aid(card, iccid):
    """Returns the AID of the ISD-P of the Profile that is Enabled, as the card lists it."""
    found = [
        one.isdp_aid.octets
        for one in card.listed_profiles()
        if one.iccid == iccid and one.profile_state == ProfileState.enabled and one.isdp_aid
    ]
    expect.equal(len(found), 1, "entries of the Profile, Enabled and with an AID")
    return found[0]


@testcase.each(
    "where",
    {
        "UICC.Management#01": None,
        "UICC.Management#02": ISDR_AID.octets,
        "UICC.Management#03": ECASD_AID.octets,
        "UICC.Management#04": MNO_SD,
    },
)
def test_nobody_manages(expendable, own_iccid, step, where):
    """Without a session no management command is carried out, whatever is selected."""
    card = expendable.card
    before = card.observe()
    isdp = listed_aid(card, own_iccid)
    card.reset()
    card.apdu(f"80AA0000{lv(LPAD_CAPABILITY)}")  # some have no ISD-R for a device that says nothing
    for what, named in (("its ISD-P", isdp), ("the MNO-SD", MNO_SD)):
        with step(f"Terminal -> UICC: management of {what}; expected: each refused"):
            for name, text in management_of(named).items():
                if where is not None:
                    expect.success(card.apdu(f"00A4040C{lv(where)}"), "SELECT")
                expect.refused(card.apdu(text), about=name)
    with step("Expected: the Profile and the lists as before, the MNO-SD selectable"):
        expect.success(card.apdu(f"00A4040C{lv(MNO_SD)}"), "SELECT of the MNO-SD")
        still_there(expendable, own_iccid)
        expect.unchanged(before, card.observe())
