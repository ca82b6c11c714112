"""Profiles that came over either curve are managed alike."""

from dataclasses import replace

from rspcore.messages.es10b import NotificationSentRequest
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DisableProfileRequest,
    EnableProfileRequest,
    ProfileInfoListRequest,
    ProfileState,
    SearchCriteria,
    SetNicknameRequest,
)
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.card_signatures import verify_notification
from rspharness.suite import file_access
from rspharness.suite.preconditions import require_no_other_notifications

ADDRESS = "curves.example.com"
EVENTS = (
    NotificationEvent.notificationEnable,
    NotificationEvent.notificationDisable,
    NotificationEvent.notificationDelete,
)
NOTIFYING = replace(
    preset("PROFILE_OPERATIONAL1"),
    notification_configuration=(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset(EVENTS), notification_address=ADDRESS
        ),
    ),
)


@testcase("procedure.Download#12")
@testcase.both_curves
def test_profile_of_either_curve_is_managed(card, given, server, step):
    """A Profile is listed, named, enabled, disabled and deleted, whatever curve it came over."""
    require_no_other_notifications(card)
    (one,) = given.profiles(NOTIFYING)
    with step("S_LPAd -> eUICC: SetNickname; GetProfilesInfo by ICCID; expected: the nickname"):
        expect.ok(card.send(SetNicknameRequest(iccid=one.iccid, profile_nickname="Curve")))
        criteria = SearchCriteria(iccid=one.iccid)
        listed = card.send(ProfileInfoListRequest(search_criteria=criteria)).profile_info_list_ok
        expect.equal([info.profile_nickname for info in listed], ["Curve"], "nicknames")
    with step("S_LPAd -> eUICC: EnableProfile; expected: Enabled, with its files"):
        switch = {"profile_identifier": one.by_iccid, "refresh_flag": False}
        expect.ok(card.send(EnableProfileRequest(**switch)))
        expect.equal(card.enabled(), (one.iccid,), "Enabled")
        expect.equal(file_access.ef_iccid(card), one.iccid, "EF.ICCID")
    with step("S_LPAd -> eUICC: DisableProfile, DeleteProfile; expected: no such Profile"):
        expect.ok(card.send(DisableProfileRequest(**switch)))
        states = {info.iccid: info.profile_state for info in card.profiles()}
        expect.equal(states[one.iccid], ProfileState.disabled, "state")
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
        left = [info.iccid for info in card.profiles()]
        expect.that(holds=one.iccid not in left, expected="no such Profile", actual=str(left))
    with step("Expected: a Notification of each event, soundly signed, and each is removed"):
        waiting = card.notifications()
        expect.notifications(waiting, *((event, one.iccid, ADDRESS) for event in EVENTS))
        for octets in card.pending_notifications():
            verify_notification(card, server, octets)
        for about in waiting:
            expect.ok(card.send(NotificationSentRequest(seq_number=about.seq_number)))
        expect.notifications(card.notifications())
