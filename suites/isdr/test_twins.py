"""ES10 functions in their other forms: on a further channel, after a reset, fetched elsewhere."""

from rspcore.messages.es10a import (
    EuiccConfiguredAddressesRequest,
    SetDefaultDpAddressRequest,
)
from rspcore.messages.es10b import (
    CancelSessionReason,
    DownloadErrorCode,
    NotificationSentRequest,
)
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DisableProfileRequest,
    EnableProfileRequest,
    EuiccMemoryResetRequest,
    ResetOption,
    SetNicknameRequest,
)
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.card_signatures import verify_authentication, verify_preparation
from rspharness.suite import logical_channels, store_data_blocks
from rspharness.suite.read_answers import READING, answers, unchanged

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
ADDRESS = "further.example.com"


def further(card):
    """Opens one more channel with the ISD-R; from then on ES10 commands go there."""
    number = logical_channels.opened(card)
    logical_channels.use_isdr_on_open_channel(card, number)
    return number


@testcase("Transport.StoreData#50", level="read-only")
def test_reading_functions_on_a_further_channel(card, step):
    """Every function that reads answers the same on a further channel, and on one reopened."""
    with step("S_LPAd -> eUICC: functions that read, on the first channel"):
        first = answers(card)
    with step("S_LPAd -> eUICC: the same on a further channel; expected: the same answers"):
        number = further(card)
        unchanged(first, answers(card))
    with step("S_LPAd -> eUICC: the channel closed and opened again; expected: the same answers"):
        expect.success(logical_channels.close(card, number), "MANAGE CHANNEL, close")
        card.reopen()
        unchanged(first, answers(card))


@testcase("Transport.StoreData#51")
def test_changes_on_a_further_channel(card, given, step):
    """What is changed on one channel is so on the other, for every function that changes."""
    one, two = given.profiles(ONE, TWO, enabled=ONE)
    card.eid()
    first, second = card.number, further(card)
    with step("S_LPAd -> eUICC, further channel: SetDefaultDpAddress, SetNickname"):
        expect.ok(card.send(SetDefaultDpAddressRequest(default_dp_address=ADDRESS)))
        expect.ok(card.send(SetNicknameRequest(iccid=two.iccid, profile_nickname="Further")))
    with step("Expected on the first channel: both"):
        card.number = first
        addresses = card.send(EuiccConfiguredAddressesRequest())
        expect.equal(addresses.default_dp_address, ADDRESS, "default SM-DP+ address")
        names = {info.iccid: info.profile_nickname for info in card.profiles()}
        expect.equal(names[two.iccid], "Further", "nickname")
    with step("S_LPAd -> eUICC, further channel: DisableProfile, EnableProfile, DeleteProfile"):
        card.number = second
        switched = {"refresh_flag": False}
        expect.ok(card.send(DisableProfileRequest(profile_identifier=one.by_iccid, **switched)))
        expect.ok(card.send(EnableProfileRequest(profile_identifier=two.by_aid, **switched)))
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
    with step("Expected on the first channel: the second Profile alone, Enabled"):
        card.number = first
        expect.equal([info.iccid for info in card.profiles()], [two.iccid], "Profiles")
        expect.equal(list(card.enabled()), [two.iccid], "Enabled")
    with step("S_LPAd -> eUICC, further channel: RemoveNotificationFromList"):
        waiting = [about.seq_number for about in card.notifications()]
        card.number = second
        expect.ok(card.send(NotificationSentRequest(seq_number=waiting[0])))
    with step("Expected on the first channel: the others wait"):
        card.number = first
        left = [about.seq_number for about in card.notifications()]
        expect.equal(left, waiting[1:], "numbers of Notifications")


@testcase("Transport.StoreData#52")
def test_session_on_a_further_channel(card, server, step):
    """Sessions on a further channel: one is cancelled and over then, one is prepared."""
    with step("Initial conditions: the ISD-R on a further channel"):
        card.eid()
        further(card)
    with step(
        "S_LPAd -> eUICC: AuthenticateServer, CancelSession; expected: no session afterwards"
    ):
        session = server.open(card)
        verify_authentication(session, session.authenticate())
        expect.ok(session.cancel(CancelSessionReason.endUserRejection))
        expect.error(session.prepare(), DownloadErrorCode.noSessionContext)
    with step("S_LPAd -> eUICC: AuthenticateServer, PrepareDownload; expected: valid signatures"):
        session = server.authenticated(card)
        verify_preparation(session, session.prepare())


@testcase("Transport.StoreData#53", level="read-only")
def test_reading_functions_after_reset(card, step):
    """Every function that reads answers the same after a reset and after a power cycle."""
    with step("S_LPAd -> eUICC: functions that read"):
        first = answers(card)
    for name, act in (("reset", card.reset), ("power cycle", card.power_cycle)):
        with step(f"S_LPAd -> eUICC: the same after a {name}; expected: the same answers"):
            act()
            unchanged(first, answers(card))


@testcase("Transport.StoreData#54", level="read-only")
def test_response_is_not_fetched_on_another_channel(card, step):
    """GET RESPONSE on a channel where nothing waits gives nothing of another channel."""
    with step("Initial conditions: the ISD-R on two channels; an answer waits on the first"):
        card.eid()
        first, second = card.number, further(card)
        card.number = first
        card.transmit_raw(store_data_blocks.block(card, READING["GetEUICCInfo1"]))
    with step("S_LPAd -> eUICC: GET RESPONSE on the further channel"):
        card.number = second
        response = card.transmit_raw(store_data_blocks.get_response(card, 256))
    with step("Expected: refused, no data"):
        expect.refused(response)


@testcase("ES10c.eUICCMemoryReset#32", level="destructive")
def test_memory_reset_on_a_further_channel(card, given, step):
    """A memory reset asked for on a further channel deletes, and stays over a reset."""
    given.profiles(ONE, TWO)
    card.eid()
    with step("S_LPAd -> eUICC, further channel: eUICCMemoryReset, deleteOperationalProfiles"):
        further(card)
        options = frozenset({ResetOption.deleteOperationalProfiles})
        expect.ok(card.send(EuiccMemoryResetRequest(reset_options=options)))
    with step("Expected: no Profile, after a reset either"):
        expect.equal(list(card.profiles()), [], "Profiles")
        card.reset()
        expect.equal(list(card.profiles()), [], "Profiles after a reset")
