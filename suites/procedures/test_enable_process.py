"""Enable process: request, REFRESH, the terminal's part, and the card of the new Profile."""

from dataclasses import replace

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.messages.es10c import (
    EnableProfileRequest,
    EnableResult,
    ProfileInfoListRequest,
    ProfileInfoListResponse,
    ProfileState,
)
from rspcore.messages.metadata import NotificationEvent
from rspcore.profile_maker import preset
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.card_under_test import TERMINAL_PROFILE
from rspharness.lpa.proactive import Refresh, terminal_response
from rspharness.suite import file_access, logical_channels, refresh
from rspharness.suite.preconditions import require_no_other_profiles

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
OTHER_USIM = bytes.fromhex("A0000000871002FF49FF058A")
TWO_WITH_OTHER_USIM = replace(preset(TWO), usim_aid=OTHER_USIM)
EVENT_DOWNLOAD = "80C2000009D60799010382028281"
"""ENVELOPE of an event that the card did not ask for (location status)."""
GET_STATES = ProfileInfoListRequest(tag_list=bytes.fromhex("5A9F70"))


def enable(card, one, *, flag=True):
    """Sends EnableProfile by ICCID and returns the response."""
    request = EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=flag)
    return card.send(request)


def terminal_profile(card):
    """Sends TERMINAL PROFILE as after a reset, and returns the answer."""
    return card.transmit(CommandApdu(0x80, Ins.TERMINAL_PROFILE, 0, 0, TERMINAL_PROFILE))


def open_channel(card):
    """Opens one more logical channel and returns its number."""
    answer = card.apdu("0070000001")
    expect.success(answer, "MANAGE CHANNEL")
    return answer.data[0]


def current_directory(card):
    """Returns the file identifier STATUS returns of the current directory of the basic channel."""
    status = card.apdu("80F2000000")
    expect.success(status, "STATUS")
    identifier = tlv.parse(status.data).find(0x83)
    return b"" if identifier is None else bytes(identifier.value)


@testcase("procedure.EnableProcess#01")
def test_full_procedure(card, given, step):
    """Request, REFRESH, TERMINAL PROFILE: then the Profile is Enabled and its files are there."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: ok(0), SW 91XX"):
        expect.ok(enable(card, one))
        command = refresh.required(card)
    with step("Terminal: carry the REFRESH out; TERMINAL PROFILE; expected: SW 9000 or 91XX"):
        refresh.carry_out(card, command)
        expect.success(terminal_profile(card), "TERMINAL PROFILE")
    with step("Expected: the Profile Enabled, its EF.ICCID readable"):
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")
        expect.equal(file_access.ef_iccid(card), one.iccid, "EF.ICCID")


@testcase("procedure.EnableProcess#02")
def test_reset_by_the_device(card, given, step):
    """Without REFRESH the Device resets the card, and the Profile is Enabled."""
    _, one = given.profiles(TWO, ONE, enabled=TWO)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag FALSE; expected: ok(0); reset"):
        expect.ok(enable(card, one, flag=False))
        card.reset()
    with step("Expected: the Profile Enabled, its EF.ICCID readable"):
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")
        expect.equal(file_access.ef_iccid(card), one.iccid, "EF.ICCID")


@testcase("procedure.EnableProcess#03")
def test_terminal_response_ends_refresh(card, given, step):
    """REFRESH is announced by 91XX, fetched, and ended by TERMINAL RESPONSE."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: 91XX, FETCH: REFRESH"):
        expect.ok(enable(card, one))
        command = refresh.required(card)
    with step("Terminal -> eUICC: TERMINAL RESPONSE, performed(00)"):
        terminal_response(card, command, refresh.PERFORMED)
    with step("Expected: nothing more announced, nothing to fetch, the Profile Enabled"):
        refresh.none_announced(card)
        expect.refused(card.apdu("801200000B"), about="FETCH")
        card.reopen()
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("procedure.EnableProcess#04")
def test_reset_in_place_of_refresh(card, given, note, step):
    """REFRESH not answered, then a reset: one Profile is Enabled, the target or the former."""
    one, two = given.profiles(ONE, TWO, enabled=TWO)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; REFRESH fetched; reset"):
        expect.ok(enable(card, one))
        command = refresh.required(card)
        card.reset()
        enabled = card.enabled()
        which = "target" if enabled == (one.iccid,) else "other"
        note(f"qualifier {command.qualifier:02X}, not answered, reset: {which} Profile Enabled")
    with step("Expected: exactly one Enabled, the target or the former; EF.ICCID is its own"):
        expect.one_of(enabled, ((one.iccid,), (two.iccid,)), "Profiles Enabled")
        expect.equal((file_access.ef_iccid(card),), enabled, "EF.ICCID")


@testcase("procedure.EnableProcess#05")
def test_envelope_before_refresh(card, given, note, step):
    """An ENVELOPE while REFRESH waits is answered, and REFRESH is still offered."""
    require_no_other_profiles(card, "before REFRESH an ENVELOPE may reach the Profile before")
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: ok(0), SW 91XX"):
        expect.ok(enable(card, one))
    with step("Terminal -> eUICC: ENVELOPE, event download; expected: 9000, 91XX or 9300"):
        answer = card.apdu(EVENT_DOWNLOAD)
        note(f"ENVELOPE while REFRESH waits: SW {answer.sw:04X}")
        busy = (StatusWord.OK, StatusWord.TOOLKIT_BUSY)
        expect.sw(answer, *busy, *range(0x9100, 0x9200), about="ENVELOPE")
    with step("Expected: REFRESH still there, and the Profile Enabled after it"):
        refresh.carry_out(card, refresh.required(card))
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("procedure.EnableProcess#06")
def test_list_before_refresh(card, given, note, step):
    """Before the REFRESH the list shows the states of before the command, or is refused."""
    one, two = given.profiles(ONE, TWO, enabled=TWO)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: ok(0)"):
        expect.ok(enable(card, one))
    with step("S_LPAd -> eUICC: GetProfilesInfo; expected: the states of before, or SW 6985"):
        answer = card.store(GET_STATES.encode())
        note(f"GetProfilesInfo while REFRESH waits: SW {answer.sw:04X}")
        expect.one_of(
            states(answer),
            ({one.iccid: ProfileState.disabled, two.iccid: ProfileState.enabled}, 0x6985),
            "profileState of each, or SW",
        )


def states(answer):
    """Returns profileState by ICCID, or the status word of a refusal."""
    if not answer.data:
        return answer.sw
    listed = ProfileInfoListResponse.decode(answer.data).profile_info_list_ok or ()
    return {one.iccid: one.profile_state for one in listed}


@testcase("procedure.EnableProcess#07")
def test_second_request_before_refresh(card, given, note, step):
    """A second EnableProfile before the REFRESH of the first is refused; the first takes effect."""
    one, two = given.profiles(ONE, TWO)
    with step("S_LPAd -> eUICC: EnableProfile, the first Profile, refreshFlag TRUE"):
        expect.ok(enable(card, one))
    with step("S_LPAd -> eUICC: EnableProfile, the second; expected: catBusy(5) or SW 6985"):
        request = EnableProfileRequest(profile_identifier=two.by_iccid, refresh_flag=True)
        answer = card.store(request.encode())
        note(f"second EnableProfile: SW {answer.sw:04X}, {answer.data.hex(' ').upper()}")
        busy = bytes.fromhex("BF31038001") + bytes((EnableResult.catBusy,))
        expect.one_of(answer.data or answer.sw, (busy, 0x6985), "answer to the second request")
    with step("Terminal: carry the REFRESH out; expected: the first Profile Enabled"):
        refresh.carry_out(card, refresh.required(card))
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("procedure.EnableProcess#08")
def test_open_proactive_session_is_ended(card, given, make_ota, step):
    """A proactive session that the card can end makes way for REFRESH."""
    one, two = given.profiles(ONE, TWO, enabled=TWO)
    with step("Initial conditions: SEND SHORT MESSAGE fetched and not answered"):
        make_ota(two.profile.parameters).open_proactive_session(card)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; expected: ok(0), REFRESH"):
        expect.ok(enable(card, one))
        command = refresh.required(card)
    with step("Terminal: carry the REFRESH out; expected: the Profile Enabled"):
        refresh.carry_out(card, command)
        expect.equal(card.enabled(), (one.iccid,), "Profiles Enabled")


@testcase("procedure.EnableProcess#09")
def test_former_applications_are_gone(card, given, note, step):
    """After the change the former USIM is on no channel, and the basic channel shows the new MF."""
    _, two = given.profiles(ONE, TWO_WITH_OTHER_USIM, enabled=ONE)
    with step("Terminal -> eUICC: SELECT USIM on the basic channel and on another"):
        card.eid()
        second = open_channel(card)
        for number in (0, second):
            expect.success(file_access.select_application(card, channel=number), "SELECT USIM")
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag FALSE"):
        expect.ok(enable(card, two, flag=False))
    with step("Expected: SELECT of the former USIM SW 6A82 on every channel that is open"):
        third = open_channel(card)
        words = [file_access.select_application(card, channel=n).sw for n in (0, second, third)]
        note(f"SELECT of the former USIM: {', '.join(f'{sw:04X}' for sw in words)}")
        gone, closed = StatusWord.FILE_NOT_FOUND, StatusWord.LOGICAL_CHANNEL_NOT_SUPPORTED
        expect.one_of(words, ([gone] * 3, [gone, closed, gone]), "SW on each channel")
    with step("Expected: the MF of the new Profile on the basic channel"):
        expect.equal(current_directory(card), b"\x3f\x00", "directory")
        expect.equal(file_access.ef_iccid(card), two.iccid, "EF.ICCID")


@testcase("procedure.EnableProcess#10")
def test_notifications_of_the_change(card, given, note, step):
    """The disable Notification of the former Profile comes before the enable one of the new."""
    one, two = given.profiles(ONE, TWO, enabled=ONE)
    with step("S_LPAd -> eUICC: EnableProfile, the second; REFRESH carried out"):
        expect.ok(enable(card, two))
        refresh.carry_out(card, refresh.required(card))
        listed = sorted(card.notifications(), key=lambda entry: entry.seq_number)
        note(f"Notifications {', '.join(str(entry.seq_number) for entry in listed)}")
    with step("Expected: one disable and one enable Notification, in this order"):
        disable, enabled = (
            NotificationEvent.notificationDisable,
            NotificationEvent.notificationEnable,
        )
        expect.equal(
            [(entry.iccid, entry.profile_management_operation) for entry in listed],
            [(one.iccid, frozenset({disable})), (two.iccid, frozenset({enabled}))],
            "Notifications by seqNumber",
        )


@testcase("procedure.EnableProcess#11")
def test_card_after_the_refresh(card, given, note, step):
    """After REFRESH no other channel is open, the MF is the new one, and no PIN is verified."""
    card.terminal_profile = refresh.STATE_CHANGE_PROFILE
    one, two = given.profiles(ONE, TWO, enabled=TWO)
    with step("Initial conditions: PIN1 of both enabled, that of the first verified, a channel"):
        file_access.enable_pin(card)
        given.enable(one.iccid)
        file_access.enable_pin(card)
        card.eid()
        second = open_channel(card)
        expect.success(file_access.select_application(card, channel=second), "SELECT USIM")
        expect.success(file_access.select_application(card), "SELECT USIM")
        expect.success(file_access.verify_pin(card, file_access.pin1()), "VERIFY PIN")
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; TERMINAL RESPONSE 00 for 09"):
        expect.ok(enable(card, two))
        command = refresh.required(card)
        note(f"qualifier of REFRESH: {Refresh(command.qualifier):02X}")
        refresh.carry_out(card, command)
    with step("Expected: channel closed(6881), MF of the new Profile, PIN1 not verified"):
        logical_channels.require_closed(card, second)
        expect.equal(current_directory(card), b"\x3f\x00", "directory")
        file_access.tries_left(card)
        expect.equal(file_access.ef_iccid(card), two.iccid, "EF.ICCID")


@testcase("procedure.EnableProcess#12")
def test_notifications_wait_for_the_refresh(card, given, note, step):
    """Before the REFRESH is done no Notification of the change is listed, after it all are."""
    one, two = given.profiles(ONE, TWO, enabled=ONE)
    with step("S_LPAd -> eUICC: EnableProfile, refreshFlag TRUE; ListNotification"):
        expect.ok(enable(card, two))
        early = card.notifications()
        note(f"{len(early)} Notifications before the REFRESH")
    with step("Terminal: carry the REFRESH out; ListNotification"):
        refresh.carry_out(card, refresh.required(card))
        late = card.notifications()
    with step("Expected: none before, one of each Profile after"):
        expect.notifications(early)
        address = "testsmdpplus1.example.com"
        expect.notifications(
            late,
            (NotificationEvent.notificationDisable, one.iccid, address),
            (NotificationEvent.notificationEnable, two.iccid, address),
        )
