"""Commands to an LPAe by ENVELOPE (E4E): what they do, and which code they end with (v3.1, 5.7)."""

from dataclasses import replace

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.ids import Iccid
from rspcore.messages.v3.lpae_commands import (
    ConfirmDownload,
    DeletedProfile,
    E4ERequest,
    E4EResponse,
    E4EResultCode,
    NamedProfile,
    PinCode,
    PollRpmPackage,
    StartDownload,
)
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.proactive import fetch, settle_refresh
from rspharness.record.verdicts import NotApplicable
from rspharness.suite import file_access, refresh

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
E4E_DEVICE = bytes.fromhex("A903830147")
"""TERMINAL CAPABILITY: LUId, LPDd, LDSd, and b7, LUIe by E4 ENVELOPE."""
SUCCESS = E4EResultCode.success
WRONG_PIN = "98765"
NEW_PIN = "24680"
UNREACHABLE = "1$nowhere.invalid$MATCHING-ID"
NOT_BEGUN = "the LPAe of this card begins no download without a way to a server"


def with_e4e(card):
    """Makes the terminal one that has the user interface of the LPAe by E4 ENVELOPE."""
    card.options = replace(card.options, terminal_capability=E4E_DEVICE)
    card.open()


def sent(card, note, **command):
    """Sends a command to the LPAe; returns its answer, of the ENVELOPE or fetched."""
    data = E4ERequest(**command).encode()
    response = card.transmit(CommandApdu(0x80, Ins.ENVELOPE, 0, 0, data, 256))
    expect.success(response, "ENVELOPE")
    octets = response.data
    if not octets and card.pending_proactive is not None:
        octets = fetched_answer(card)
    note(octets.hex(" ").upper() or "no answer")
    return expect.message(E4EResponse, octets)


def fetched_answer(card):
    """Returns the object E4 in a proactive command, nothing without one."""
    try:
        objects = tlv.parse(fetch(card).raw).children()
    except DecodeError:
        return b""
    return next((bytes(one.raw) for one in objects if one.tag == 0xE4), b"")


def require(answer, *codes):
    """Requires one of these result codes."""
    expect.one_of(answer.result_code, codes, "resultCode")


def pin_of(declared):
    """Returns the PIN of the LPAe.

    Raises:
        NotApplicable: it is not declared.
    """
    pin = declared.get("lpae_pin")
    if pin is None or pin == "absent":
        raise NotApplicable("the PIN of the LPAe is not declared (lpae_pin)")
    return str(pin)


@testcase("procedure.LpaeE4E#01")
def test_list(card, given, note, step):
    """The Profiles are listed with ICCID, state and names."""
    with step("Initial conditions: two Profiles"):
        one, two = given.profiles(ONE, TWO)
        with_e4e(card)
    with step("Terminal -> eUICC: listProfiles; expected: success(0) and both Profiles"):
        answer = sent(card, note, list_profiles=True)
        require(answer, SUCCESS)
        listed = answer.result_data.list_profiles_response if answer.result_data else ()
        found = {info.iccid for info in listed or ()} - card.aboard.profiles
        expect.equal(found, {one.iccid, two.iccid}, "ICCIDs")


@testcase("procedure.LpaeE4E#02")
def test_enable(card, given, note, step):
    """A Disabled Profile is enabled."""
    with step("Initial conditions: a Profile Disabled"):
        (one,) = given.profiles(ONE)
        with_e4e(card)
    with step("Terminal -> eUICC: enableProfile; expected: success(0)"):
        require(sent(card, note, enable_profile=NamedProfile(iccid=one.iccid)), SUCCESS)
    with step("Expected: after the REFRESH the Profile is Enabled"):
        settle_refresh(card)
        expect.equal(file_access.ef_iccid(card), one.iccid, "EF.ICCID")


@testcase("procedure.LpaeE4E#03")
def test_enable_what_is_enabled(card, given, note, step):
    """The Enabled Profile cannot be enabled."""
    with step("Initial conditions: a Profile Enabled"):
        (one,) = given.profiles(ONE, enabled=ONE)
        with_e4e(card)
    with step("Terminal -> eUICC: enableProfile; expected: errorAlreadyEnabled(9)"):
        answer = sent(card, note, enable_profile=NamedProfile(iccid=one.iccid))
        require(answer, E4EResultCode.errorAlreadyEnabled)


@testcase("procedure.LpaeE4E#04")
def test_disable(card, given, note, step):
    """The Enabled Profile is disabled."""
    with step("Initial conditions: a Profile Enabled"):
        (one,) = given.profiles(ONE, enabled=ONE)
        with_e4e(card)
    with step("Terminal -> eUICC: disableProfile; expected: success(0)"):
        require(sent(card, note, disable_profile=NamedProfile(iccid=one.iccid)), SUCCESS)
        settle_refresh(card)


@testcase("procedure.LpaeE4E#05")
def test_disable_what_is_disabled(card, given, note, step):
    """A Disabled Profile cannot be disabled."""
    with step("Initial conditions: a Profile Disabled"):
        (one,) = given.profiles(ONE)
        with_e4e(card)
    with step("Terminal -> eUICC: disableProfile; expected: errorAlreadyDisabled(10)"):
        answer = sent(card, note, disable_profile=NamedProfile(iccid=one.iccid))
        require(answer, E4EResultCode.errorAlreadyDisabled)


@testcase("procedure.LpaeE4E#06")
def test_delete(card, given, declared, note, step):
    """A Disabled Profile is deleted with the right PIN."""
    pin = pin_of(declared)
    with step("Initial conditions: a Profile Disabled"):
        (one,) = given.profiles(ONE)
        with_e4e(card)
    with step("Terminal -> eUICC: deleteProfile with the PIN; expected: success(0)"):
        command = DeletedProfile(iccid=one.iccid, pin_code=pin)
        require(sent(card, note, delete_profile=command), SUCCESS)
    with step("Expected: no Profile"):
        expect.equal(card.listed_profiles(), (), "Profiles")


@testcase("procedure.LpaeE4E#07")
def test_delete_with_another_pin(card, given, declared, note, step):
    """Another PIN deletes nothing."""
    pin_of(declared)
    with step("Initial conditions: a Profile Disabled"):
        (one,) = given.profiles(ONE)
        with_e4e(card)
    with step("Terminal -> eUICC: deleteProfile with another PIN; expected: errorPin(7)"):
        command = DeletedProfile(iccid=one.iccid, pin_code=WRONG_PIN)
        answer = sent(card, note, delete_profile=command)
    with step("Expected: the Profile is there"), expect.settled():
        expect.equal([info.iccid for info in card.listed_profiles()], [one.iccid], "Profiles")
    require(answer, E4EResultCode.errorPin)


@testcase("procedure.LpaeE4E#08")
def test_unknown_profile(card, given, note, step):
    """An ICCID of no Profile is refused."""
    with step("Initial conditions: a Profile Disabled, another deleted"):
        given.profiles(ONE)
        with_e4e(card)
    with step("Terminal -> eUICC: enableProfile, an unknown ICCID; expected: 8 or 13"):
        unknown = NamedProfile(iccid=unknown_iccid())
        answer = sent(card, note, enable_profile=unknown)
        require(answer, E4EResultCode.errorProfileRef, E4EResultCode.errorProfileDoesNotExist)


def unknown_iccid():
    """Returns an ICCID of the suites that no Profile has."""
    return Iccid.from_digits("892990555550000099")


@testcase("procedure.LpaeE4E#09", level="destructive")
def test_memory_reset(card, given, declared, note, step):
    """A memory reset with the right PIN deletes the Profiles."""
    pin = pin_of(declared)
    with step("Initial conditions: two Profiles"):
        given.profiles(ONE, TWO)
        with_e4e(card)
    with step("Terminal -> eUICC: euiccMemReset with the PIN; expected: success(0)"):
        require(sent(card, note, euicc_mem_reset=PinCode(pin_code=pin)), SUCCESS)
        settle_refresh(card)
    with step("Expected: no Profile"):
        expect.equal(card.listed_profiles(), (), "Profiles")


@testcase("procedure.LpaeE4E#10", level="irreversible")
def test_new_pin(card, given, declared, note, step):
    """The PIN is changed, and the new one is valid; then it is changed back."""
    pin = pin_of(declared)
    with step("Initial conditions: a Profile Disabled"):
        (one,) = given.profiles(ONE)
        with_e4e(card)
    with step("Terminal -> eUICC: changeConfirmationPin; expected: success(0)"):
        require(sent(card, note, change_confirmation_pin=f"{pin} {NEW_PIN}"), SUCCESS)
    with step("Terminal -> eUICC: deleteProfile with the new PIN; expected: success(0)"):
        command = DeletedProfile(iccid=one.iccid, pin_code=NEW_PIN)
        answer = sent(card, note, delete_profile=command)
        back = sent(card, note, change_confirmation_pin=f"{NEW_PIN} {pin}")
        require(answer, SUCCESS)
        require(back, SUCCESS)


@testcase("procedure.LpaeE4E#11")
def test_start_download(card, given, make_server, note, step):
    """A valid activation code starts a download."""
    with step("Initial conditions: no Profile"):
        given.none()
        with_e4e(card)
    with step("Terminal -> eUICC: startDownload; expected: success(0) with names; recorded"):
        code = f"1${make_server().address}$MATCHING-ID"
        answer = sent(card, note, start_download=StartDownload(activation_code=code))
        require(answer, SUCCESS)


def begun(card, note):
    """Begins a download; not applicable where the LPAe cannot.

    Raises:
        NotApplicable: it ended with errorComm(2).
    """
    answer = sent(card, note, start_download=StartDownload(activation_code=UNREACHABLE))
    if answer.result_code == E4EResultCode.errorComm:
        raise NotApplicable(NOT_BEGUN)


@testcase("procedure.LpaeE4E#12")
def test_wrong_confirmation_code(card, given, note, step):
    """A wrong Confirmation Code is refused."""
    with step("Initial conditions: a download begun, a code required"):
        given.none()
        with_e4e(card)
        begun(card, note)
    with step("Terminal -> eUICC: confirmDownload; expected: errorConfirmationCode(11)"):
        answer = sent(card, note, confirm_download=ConfirmDownload(confirmation_code="00000000"))
        require(answer, E4EResultCode.errorConfirmationCode)


@testcase("procedure.LpaeE4E#13")
def test_no_connection(card, given, note, step):
    """Without a way to the server a download ends with errorComm(2)."""
    with step("Initial conditions: no Profile"):
        given.none()
        with_e4e(card)
    with step("Terminal -> eUICC: startDownload; expected: errorComm(2)"):
        answer = sent(card, note, start_download=StartDownload(activation_code=UNREACHABLE))
        require(answer, E4EResultCode.errorComm)


@testcase("procedure.LpaeE4E#14")
def test_cancel(card, given, note, step):
    """A download that was begun is cancelled."""
    with step("Initial conditions: a download begun"):
        given.none()
        with_e4e(card)
        begun(card, note)
    with step("Terminal -> eUICC: cancelSession; expected: success(0)"):
        require(sent(card, note, cancel_session=True), SUCCESS)


@testcase("procedure.LpaeE4E#15")
def test_rpm_switched_off(card, given, note, step):
    """While RPM is switched off no package is polled."""
    with step("Initial conditions: setRpmAllow FALSE"):
        given.none()
        with_e4e(card)
        require(sent(card, note, set_rpm_allow=False), SUCCESS)
    with step("Terminal -> eUICC: pollRpmPackage; expected: errorRpmDisabled(12)"):
        answer = sent(card, note, poll_rpm_package=PollRpmPackage())
        sent(card, note, set_rpm_allow=True)
        require(answer, E4EResultCode.errorRpmDisabled)


@testcase("procedure.LpaeE4E#16")
def test_toolkit_occupied(card, given, note, step):
    """While a proactive command is carried out the LPAe is busy."""
    with step("Initial conditions: REFRESH of enableProfile fetched, not answered"):
        (one,) = given.profiles(ONE)
        with_e4e(card)
        require(sent(card, note, enable_profile=NamedProfile(iccid=one.iccid)), SUCCESS)
        refresh.required(card)
    with step("Terminal -> eUICC: listProfiles; expected: errorBusy(1)"):
        require(sent(card, note, list_profiles=True), E4EResultCode.errorBusy)
