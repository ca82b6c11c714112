"""ES10c.DeleteProfile: the Profile is removed with all its data, its Notifications stay."""

from dataclasses import replace

from rspcore.ids import Aid, Iccid
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DeleteResult,
    DisableProfileRequest,
    EnableProfileRequest,
    EnableResult,
    ProfileInfoListRequest,
    SearchCriteria,
    SetNicknameRequest,
)
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    PprId,
    UpdateMetadataRequest,
)
from rspcore.profile_maker import preset
from rspcore.tags import ISDP_PREFIX
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.free_memory import free_memory
from rspharness.card.signed_content import same_content
from rspharness.servers.card_signatures import verify_notification

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
PPR2 = "PROFILE_OPERATIONAL1.1"
TEST, PROVISIONING = "PROFILE_TEST1", "PROFILE_PROVISIONING1"

UNKNOWN_ICCID = Iccid.from_digits("8929909999999999999")
NEAR_ICCID = Iccid.from_digits(f"{str(preset(ONE).iccid)[:-1]}0")
"""The ICCID of the Profile but for its last digit."""
UNKNOWN_AID = Aid(ISDP_PREFIX + bytes.fromhex("FFFE00"))


def notifying(name, event, *addresses):
    """Returns parameters of a Profile with Notifications of one event alone, to some addresses."""
    entries = tuple(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset({event}), notification_address=address
        )
        for address in addresses
    )
    return replace(preset(name), notification_configuration=entries)


DELETE = NotificationEvent.notificationDelete
NOTIFIES_ONE = notifying(ONE, DELETE, "dp1.example.com")
NOTIFIES_TWO = notifying(ONE, DELETE, "dp1.example.com", "dp2.example.com")


def delete(card, iccid):
    """Sends DeleteProfile by ICCID and returns the response."""
    return card.send(DeleteProfileRequest(iccid=iccid))


@testcase("ES10c.DeleteProfile#01")
def test_deleted_by_iccid(card, given, step):
    """By ICCID the Disabled Profile is deleted and no longer listed; others stay."""
    one, two = given.profiles(ONE, TWO)
    with step("S_LPAd -> eUICC: DeleteProfile, ICCID"):
        response = delete(card, one.iccid)
    with step("Expected: ok(0), the Profile no longer listed"):
        expect.ok(response)
        expect.equal(
            [left.iccid for left in card.listed_profiles()], [two.iccid], "Profiles listed"
        )


@testcase("ES10c.DeleteProfile#02")
def test_deleted_by_aid(card, given, step):
    """By ISD-P AID the Disabled Profile is deleted and no longer listed; others stay."""
    one, two = given.profiles(ONE, TWO)
    with step("S_LPAd -> eUICC: DeleteProfile, ISD-P AID"):
        response = card.send(DeleteProfileRequest(isdp_aid=one.aid))
    with step("Expected: ok(0), the Profile no longer listed"):
        expect.ok(response)
        expect.equal(
            [left.iccid for left in card.listed_profiles()], [two.iccid], "Profiles listed"
        )


@testcase("ES10c.DeleteProfile#03")
def test_enabled_profile_is_kept(card, given, step):
    """The Enabled Profile cannot be deleted."""
    (one,) = given.profiles(ONE, enabled=ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: DeleteProfile, the Enabled Profile"):
        response = delete(card, one.iccid)
    with step("Expected: profileNotInDisabledState(2)"):
        expect.error(response, DeleteResult.profileNotInDisabledState)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase.each(
    "request_",
    {
        "ES10c.DeleteProfile#04": DeleteProfileRequest(iccid=UNKNOWN_ICCID),
        "ES10c.DeleteProfile#05": DeleteProfileRequest(isdp_aid=UNKNOWN_AID),
        "ES10c.DeleteProfile#24": DeleteProfileRequest(iccid=NEAR_ICCID),
    },
)
def test_unknown_profile_is_refused(card, given, step, request_):
    """An ICCID or AID of no Profile is not found."""
    given.profiles(ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: DeleteProfile, identifier of no Profile"):
        response = card.send(request_)
    with step("Expected: iccidOrAidNotFound(1)"):
        expect.error(response, DeleteResult.iccidOrAidNotFound)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.DeleteProfile#06")
def test_ppr2_keeps_the_profile(card, given, step):
    """A Profile with PPR2 cannot be deleted."""
    (one,) = given.profiles(PPR2)
    before = card.observe()
    with step("S_LPAd -> eUICC: DeleteProfile, the Profile with PPR2"):
        response = delete(card, one.iccid)
    with step("Expected: disallowedByPolicy(3)"):
        expect.error(response, DeleteResult.disallowedByPolicy)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.DeleteProfile#07")
def test_profile_can_be_deleted_once_ppr2_is_unset(card, given, make_ota, step):
    """When the operator has unset PPR2 over ES6, the Profile can be deleted."""
    (one,) = given.profiles(PPR2, enabled=PPR2)
    with step("Initial conditions: PPR2 unset by UpdateMetadata, the Profile Disabled"):
        ota = make_ota(one.profile.parameters)
        unset = UpdateMetadataRequest(profile_policy_rules=frozenset())
        receipt = ota.update_metadata(card, unset)
        expect.that(holds=receipt.accepted, expected="PoR 9000", actual=receipt.describe())
        given.disable(one.iccid)
    with step("S_LPAd -> eUICC: DeleteProfile"):
        response = delete(card, one.iccid)
    with step("Expected: ok(0), the Profile no longer listed"):
        expect.ok(response)
        expect.equal(card.listed_profiles(), (), "Profiles listed")


@testcase("ES10c.DeleteProfile#10")
def test_test_profile_is_deleted(card, given, step):
    """A Disabled test Profile can be deleted when no Profile is Enabled."""
    (test,) = given.profiles(TEST)
    with step("S_LPAd -> eUICC: DeleteProfile, the test Profile"):
        response = delete(card, test.iccid)
    with step("Expected: ok(0), the Profile no longer listed"):
        expect.ok(response)
        expect.equal(card.listed_profiles(), (), "Profiles listed")


@testcase("ES10c.DeleteProfile#11")
def test_provisioning_profile(card, given, note, step):
    """A provisioning Profile is deleted, or kept as not deletable by the user."""
    (other,) = given.profiles(PROVISIONING)
    with step("S_LPAd -> eUICC: DeleteProfile, the provisioning Profile"):
        response = delete(card, other.iccid)
        note(f"DeleteProfile of a provisioning Profile: {expect.names((response.delete_result,))}")
    with step("Expected: ok(0) or disallowedByPolicy(3)"):
        allowed = (DeleteResult.ok, DeleteResult.disallowedByPolicy)
        expect.one_of(response.delete_result, allowed, "deleteResult")


@testcase("ES10c.DeleteProfile#12")
def test_delete_notification_is_signed(card, given, server, step):
    """A Profile that names an address for it leaves one signed delete Notification."""
    _, one = given.profiles(TWO, NOTIFIES_ONE)
    with step("S_LPAd -> eUICC: DeleteProfile; RetrieveNotificationsList"):
        expect.ok(delete(card, one.iccid))
        pending = card.pending_notifications()
    with step("Expected: one delete Notification with that ICCID and address, signature and chain"):
        expect.equal(len(pending), 1, "pending Notifications")
        notification = verify_notification(card, server, pending[0]).tbs_other_notification
        expect.notifications((notification,), (DELETE, one.iccid, "dp1.example.com"))


@testcase("ES10c.DeleteProfile#13")
def test_each_address_gets_a_notification(card, given, step):
    """Two addresses for the event give two delete Notifications."""
    (one,) = given.profiles(NOTIFIES_TWO)
    with step("S_LPAd -> eUICC: DeleteProfile"):
        expect.ok(delete(card, one.iccid))
    with step("Expected: one delete Notification for each address"):
        expect.notifications(
            card.notifications(),
            (DELETE, one.iccid, "dp1.example.com"),
            (DELETE, one.iccid, "dp2.example.com"),
        )


@testcase("ES10c.DeleteProfile#14")
def test_notifications_of_the_profile_stay(card, given, step):
    """Notifications of the Profile from before its deletion stay in the list."""
    enable = NotificationEvent.notificationEnable
    notifying_enable = notifying(ONE, enable, "dp1.example.com")
    (one,) = given.profiles(notifying_enable)
    with step("Initial conditions: an enable Notification of the Profile pending"):
        given.enable(one.iccid)
        given.disable(one.iccid)
        before = card.pending_notifications()
        expect.equal(len(before), 1, "pending Notifications")
    with step("S_LPAd -> eUICC: DeleteProfile"):
        expect.ok(delete(card, one.iccid))
    with step("Expected: that Notification as before"):
        same_content(card.pending_notifications(), before, "pending Notifications")


@testcase("ES10c.DeleteProfile#15")
def test_memory_is_freed(card, given, step):
    """More non-volatile memory is free after the deletion than before."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: GetEUICCInfo2, DeleteProfile, GetEUICCInfo2"):
        before = free_memory(card)
        expect.ok(delete(card, one.iccid))
        after = free_memory(card)
    with step("Expected: more free memory"):
        expect.that(holds=after > before, expected=f"more than {before}", actual=f"{after}")


@testcase("ES10c.DeleteProfile#16")
def test_iccid_is_free_again(card, given, server, step):
    """A Profile with the ICCID of a deleted one can be installed."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: DeleteProfile"):
        expect.ok(delete(card, one.iccid))
    with step("S_LPAd -> eUICC: the same Profile installed again; expected: PIR successResult"):
        loaded = server.prepared(card).install(one.profile)
        expect.pir_success(loaded.pir)
        expect.equal([new.iccid for new in card.listed_profiles()], [one.iccid], "Profiles listed")


@testcase("ES10c.DeleteProfile#17")
def test_new_aid_is_not_used_by_another_profile(card, given, server, step):
    """A Profile installed after a deletion gets an AID no other Profile has."""
    one, _, _ = given.profiles(ONE, TWO, THREE)
    with step("S_LPAd -> eUICC: DeleteProfile, the first; the same Profile installed again"):
        expect.ok(delete(card, one.iccid))
        expect.pir_success(server.prepared(card).install(one.profile).pir)
    with step("Expected: three different ISD-P AIDs"):
        aids = {listed.isdp_aid for listed in card.listed_profiles()}
        expect.equal(len(aids), 3, "different ISD-P AIDs")


@testcase("ES10c.DeleteProfile#18")
def test_nothing_of_the_profile_is_found(card, given, step):
    """Entry, nickname, AID and ICCID of a deleted Profile are not found."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: a nickname for the Profile"):
        expect.ok(card.send(SetNicknameRequest(iccid=one.iccid, profile_nickname="Work")))
    with step("S_LPAd -> eUICC: DeleteProfile"):
        expect.ok(delete(card, one.iccid))
    with step("Expected: no entry by ICCID or AID"):
        for criteria in (SearchCriteria(iccid=one.iccid), SearchCriteria(isdp_aid=one.aid)):
            response = card.send(ProfileInfoListRequest(search_criteria=criteria))
            expect.equal(response.profile_info_list_ok, (), "Profiles listed")
    with step("Expected: EnableProfile by ICCID or AID gives iccidOrAidNotFound(1)"):
        for identifier in (one.by_iccid, one.by_aid):
            request = EnableProfileRequest(profile_identifier=identifier, refresh_flag=False)
            expect.error(card.send(request), EnableResult.iccidOrAidNotFound)


@testcase("ES10c.DeleteProfile#19")
def test_deleted_profile_cannot_be_deleted_again(card, given, step):
    """The second deletion of a Profile finds none."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: DeleteProfile; expected: ok(0)"):
        expect.ok(delete(card, one.iccid))
        before = card.observe()
    with step("S_LPAd -> eUICC: DeleteProfile again; expected: iccidOrAidNotFound(1)"):
        expect.error(delete(card, one.iccid), DeleteResult.iccidOrAidNotFound)
    with step("Expected: Profiles, Notifications and addresses as after the first"):
        expect.unchanged(before, card.observe())


@testcase("ES10c.DeleteProfile#20")
def test_default_address_gets_no_notification(card, given, step):
    """The delete Notification goes to the configured SM-DP+, not to the default SM-DP+ address."""
    (one,) = given.profiles(NOTIFIES_ONE)
    given.default_address("default.example.com")
    with step("S_LPAd -> eUICC: DeleteProfile"):
        expect.ok(delete(card, one.iccid))
    with step("Expected: one delete Notification, to the configured address"):
        expect.notifications(card.notifications(), (DELETE, one.iccid, "dp1.example.com"))


@testcase("ES10c.DeleteProfile#21")
def test_power_loss_deletes_wholly_or_not_at_all(card, given, step):
    """Wherever the power is lost, the Profile is usable, or deleted with its memory free."""
    given.none()
    empty = free_memory(card)
    for commands in (1, 2):
        (one,) = given.profiles(ONE)
        with (
            step(f"S_LPAd -> eUICC: DeleteProfile; power off after {commands} commands, power on"),
            card.power_lost_after(commands),
        ):
            delete(card, one.iccid)
        with step("Expected: listed and usable; or not listed, and its memory free"):
            listed = [left.iccid for left in card.listed_profiles()]
            expect.one_of(listed, ([one.iccid], []), "Profiles listed")
            if listed:
                request = EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False)
                expect.ok(card.send(request))
            else:
                expect.equal(free_memory(card), empty, "free memory, in octets")


@testcase("ES10c.DeleteProfile#22")
def test_profile_behind_a_test_profile_is_deleted(card, given, step):
    """The operational Profile behind an Enabled test Profile can be deleted; nothing returns."""
    one, test = given.profiles(ONE, TEST, enabled=ONE)
    with step("Initial conditions: the test Profile Enabled over the operational one"):
        given.enable(test.iccid)
    with step("S_LPAd -> eUICC: DeleteProfile, the operational Profile; expected: ok(0)"):
        expect.ok(delete(card, one.iccid))
    with step("S_LPAd -> eUICC: DisableProfile, the test Profile; expected: none Enabled"):
        request = DisableProfileRequest(profile_identifier=test.by_iccid, refresh_flag=False)
        expect.ok(card.send(request))
        expect.equal(card.enabled(), (), "Profiles Enabled")


@testcase("ES10c.DeleteProfile#23")
def test_refusal_changes_nothing(card, given, step):
    """A deletion refused for PPR2 leaves Profile and metadata, and no Notification."""
    protected = replace(NOTIFIES_TWO, ppr=frozenset({PprId.ppr2}))
    (one,) = given.profiles(protected)
    before = card.observe()
    with step("S_LPAd -> eUICC: DeleteProfile, by ISD-P AID"):
        response = card.send(DeleteProfileRequest(isdp_aid=one.aid))
    with step("Expected: disallowedByPolicy(3)"):
        expect.error(response, DeleteResult.disallowedByPolicy)
    with step("Expected: Profiles, Notifications and addresses as before, also after a reset"):
        expect.unchanged(before, card.observe())
        card.reset()
        expect.unchanged(before, card.observe())
