"""Notifications: which events go to which address, their numbers and signatures."""

from dataclasses import replace

from rspcore.crypto.curves import Curve
from rspcore.messages.es10a import SetDefaultDpAddressRequest
from rspcore.messages.es10b import (
    CancelSessionReason,
    GetEuiccInfo1Request,
    NotificationSentRequest,
)
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DeleteResult,
    DisableProfileRequest,
    DisableResult,
    EnableProfileRequest,
    EnableResult,
    EuiccMemoryResetRequest,
    ProfileIdentifier,
    ResetOption,
    SetNicknameRequest,
)
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspcore.messages.notifications import OtherSignedNotification
from rspcore.pki.certificate import Certificate
from rspcore.profile_maker import preset
from rspcore.profile_maker.presets import NOTIFICATION_ADDRESS
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.card_signatures import verify_notification
from rspharness.servers.load_result import installed
from rspharness.servers.rsp_server import profile
from rspharness.suite.preconditions import require_no_other_notifications

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
TEST = "PROFILE_TEST1"
NIST, BRP = Curve.NIST_P256, Curve.BRAINPOOL_P256R1
EVERY = frozenset(NotificationEvent)
INSTALL = NotificationEvent.notificationInstall
ENABLE = NotificationEvent.notificationEnable
DISABLE = NotificationEvent.notificationDisable
DELETE = NotificationEvent.notificationDelete


def notifying(name, events, *addresses):
    """Returns parameters of a Profile with one configuration entry for each address."""
    entries = tuple(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset(events), notification_address=address
        )
        for address in addresses
    )
    return replace(preset(name), notification_configuration=entries)


def enable(card, iccid):
    """Sends EnableProfile without REFRESH and returns the response."""
    identifier = ProfileIdentifier(iccid=iccid)
    return card.send(EnableProfileRequest(profile_identifier=identifier, refresh_flag=False))


def disable(card, iccid):
    """Sends DisableProfile without REFRESH and returns the response."""
    identifier = ProfileIdentifier(iccid=iccid)
    return card.send(DisableProfileRequest(profile_identifier=identifier, refresh_flag=False))


def delete(card, iccid):
    """Sends DeleteProfile and returns the response."""
    return card.send(DeleteProfileRequest(iccid=iccid))


def used_and_deleted(card, iccid):
    """Enables, disables and deletes a Profile."""
    expect.ok(enable(card, iccid))
    expect.ok(disable(card, iccid))
    expect.ok(delete(card, iccid))


def numbers(card):
    """Returns the seqNumbers of the list, ascending."""
    return sorted(one.seq_number for one in card.notifications())


@testcase("procedure.Notifications#01")
def test_each_install_address_gets_a_notification(card, given, server, step):
    """Each of three install addresses has its Notification, and the SM-DP+ its PIR."""
    addresses = ("dp1.example.com", "dp2.example.com", "dp3.example.com")
    asked = profile(notifying(ONE, {INSTALL}, *addresses))
    given.none()
    with step("S_SM-DP+ -> eUICC: the Profile; expected: PIR successResult"):
        session = server.prepared(card)
        iccid = installed(session, session.install(asked)).iccid
    with step("Expected: the PIR for the SM-DP+ and one Notification per address"):
        expected = [(INSTALL, iccid, address) for address in (server.address, *addresses)]
        expect.notifications(card.notifications(), *expected)


@testcase("procedure.Notifications#02")
def test_each_event_notifies_each_address(card, given, step):
    """Every address configured for enable, disable or delete gets its Notification."""
    addresses = ("dp1.example.com", "dp2.example.com")
    (one,) = given.profiles(notifying(ONE, EVERY, *addresses))
    with step("S_LPAd -> eUICC: EnableProfile, DisableProfile, DeleteProfile"):
        used_and_deleted(card, one.iccid)
    with step("Expected: one Notification per event and address"):
        expected = [
            (event, one.iccid, to) for event in (ENABLE, DISABLE, DELETE) for to in addresses
        ]
        expect.notifications(card.notifications(), *expected)


@testcase("procedure.Notifications#03")
def test_no_notification_without_configuration(card, given, step):
    """A Profile without notificationConfigurationInfo leaves no Notification."""
    (one,) = given.profiles(notifying(ONE, ()))
    with step("S_LPAd -> eUICC: EnableProfile, DisableProfile, DeleteProfile"):
        used_and_deleted(card, one.iccid)
    with step("Expected: no Notification"):
        expect.notifications(card.notifications())


@testcase("procedure.Notifications#04")
def test_content_and_signature(card, given, server, step):
    """A Notification holds number, event, address and ICCID as listed, and is signed."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: EnableProfile; ListNotification, RetrieveNotificationsList"):
        expect.ok(enable(card, one.iccid))
        listed = card.notifications()
        pending = card.pending_notifications()
    with step("Expected: one Notification, signed, with the metadata that are listed"):
        expect.notifications(listed, (ENABLE, one.iccid, NOTIFICATION_ADDRESS))
        signed = [
            verify_notification(card, server, octets).tbs_other_notification for octets in pending
        ]
        expect.equal(
            [metadata.encode().hex() for metadata in signed],
            [metadata.encode().hex() for metadata in listed],
            "NotificationMetadata",
        )


@testcase("procedure.Notifications#05")
def test_numbers_rise_over_all_profiles(card, given, step):
    """Each new Notification of any Profile has a larger number than all before."""
    one, two = given.profiles(ONE, TWO, notifications=True)
    seen = numbers(card)
    changes = (
        (enable, one), (enable, two), (delete, one), (disable, two), (enable, two),
        (disable, two), (delete, two),
    )  # fmt: skip
    for change, installation in changes:
        with step(f"S_LPAd -> eUICC: {change.__name__} {installation.iccid}"):
            expect.ok(change(card, installation.iccid))
            now = numbers(card)
        with step("Expected: the list of before, then larger numbers, none twice"):
            expect.equal(now[: len(seen)], seen, "seqNumbers of before")
            expect.that(
                holds=len(set(now)) == len(now) > len(seen),
                expected="more Notifications, each with its own number",
                actual=f"numbers {now}",
            )
            seen = now


@testcase("procedure.Notifications#06", level="destructive")
def test_numbers_go_on_after_a_memory_reset(card, given, server, step):
    """After a memory reset and with an empty list the next number is larger than any before."""
    given.profiles(ONE, notifications=True)
    with step("Initial conditions: memory reset; Notifications read, then removed"):
        chosen = frozenset({ResetOption.deleteOperationalProfiles})
        expect.ok(card.send(EuiccMemoryResetRequest(reset_options=chosen)))
        largest = max(numbers(card))
        given.no_notifications()
    with step("S_SM-DP+ -> eUICC: another Profile; expected: PIR with a larger number"):
        session = server.prepared(card)
        loaded = session.install(profile(TWO))
        installed(session, loaded)
        number = loaded.pir.data.notification_metadata.seq_number
        larger(number, largest)


def larger(number, before):
    """Requires a number to be larger than another."""
    expect.that(holds=number > before, expected=f"larger than {before}", actual=str(number))


@testcase("procedure.Notifications#07")
def test_oldest_are_dropped_when_full(card, given, note, step):
    """A full list drops its lowest numbers, never the new ones; the numbers keep rising."""
    require_no_other_notifications(card, "a full list drops the oldest")
    addresses = tuple(f"dp{number}.example.com" for number in range(16))
    (one,) = given.profiles(notifying(ONE, {ENABLE, DISABLE}, *addresses))
    kept: list[int] = []
    before = numbers(card)
    for change in (enable, disable) * 50:
        with step(f"S_LPAd -> eUICC: {change.__name__}; expected: every new Notification listed"):
            expect.ok(change(card, one.iccid))
            kept = numbers(card)
            new = [number for number in kept if number not in before]
            expect.equal(len(new), len(addresses), "new Notifications listed")
            larger(new[0], max(before, default=-1))
        old = [number for number in kept if number not in new]
        dropped = len(before) - len(old)
        with step("Expected: of the earlier ones none is gone, or the lowest"):
            expect.equal(old, before[dropped:], "earlier Notifications still listed")
        if dropped:
            break
        before = kept
    note(f"{len(kept)} Notifications kept, {dropped} dropped")
    with step("Initial conditions: the list was full"):
        expect.that(holds=dropped > 0, expected="some dropped", actual="none")


@testcase("procedure.Notifications#08")
def test_signed_under_the_ci_of_the_profile(card, given, make_server, note, step):
    """Each Profile's Notification is signed under the CI it came under."""
    servers = {NIST: make_server(curve=NIST), BRP: make_server(number=2, curve=BRP)}
    given.none()
    with step("Initial conditions: a Profile under each CI"):
        servers[NIST].install(card, ONE)
        servers[BRP].install(card, TWO)
        given.no_notifications()
    for name, curve in ((ONE, NIST), (TWO, BRP)):
        iccid = preset(name).iccid
        with step(f"S_LPAd -> eUICC: EnableProfile, the Profile under {curve}"):
            expect.ok(enable(card, iccid))
            pending = [one for one in card.pending_notifications() if about(one) == (ENABLE, iccid)]
        with step(f"Expected: its Notification under the CI of {curve}"):
            expect.equal(len(pending), 1, "enable Notifications")
            one = verify_notification(card, servers[curve], pending[0])
            issuer = Certificate.from_der(one.eum_certificate).authority_key_identifier
            note(f"Profile under {curve}: Notification under {issuer.hex()[:8]}")
            expect.equal(issuer, servers[curve].ci_pkid, "CI of the Notification")


def about(octets):
    """Returns event and ICCID of an OtherSignedNotification."""
    metadata = OtherSignedNotification.decode(octets).tbs_other_notification
    (event,) = metadata.profile_management_operation
    return event, metadata.iccid


@testcase("procedure.Notifications#09")
def test_test_profile_leaves_no_notification(card, given, server, step):
    """A test Profile leaves the PIR of its installation alone, whatever its metadata asks for."""
    given.none()
    with step("S_SM-DP+ -> eUICC: the Test Profile; expected: PIR successResult"):
        session = server.prepared(card)
        asked = profile(notifying(TEST, EVERY, "dp1.example.com"))
        iccid = installed(session, session.install(asked)).iccid
    with step("S_LPAd -> eUICC: EnableProfile, DisableProfile, DeleteProfile"):
        used_and_deleted(card, iccid)
    with step("Expected: the PIR alone"):
        expect.notifications(card.notifications(), (INSTALL, iccid, server.address))


@testcase("procedure.Notifications#12")
def test_refused_operations_leave_no_notification(card, given, step):
    """Enable, disable and delete in the wrong state leave no Notification."""
    one, two = given.profiles(ONE, TWO, enabled=ONE)
    before = card.observe()
    with step("S_LPAd -> eUICC: EnableProfile, the Enabled Profile; expected: code 2"):
        expect.error(enable(card, one.iccid), EnableResult.profileNotInDisabledState)
    with step("S_LPAd -> eUICC: DisableProfile, a Disabled Profile; expected: code 2"):
        expect.error(disable(card, two.iccid), DisableResult.profileNotInEnabledState)
    with step("S_LPAd -> eUICC: DeleteProfile, the Enabled Profile; expected: code 2"):
        expect.error(delete(card, one.iccid), DeleteResult.profileNotInDisabledState)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("procedure.Notifications#13")
def test_numbers_go_on_after_power_off(card, given, step):
    """With an empty list and after a power cycle the next number is larger than any before."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: a Notification, then removed; power off, power on"):
        expect.ok(enable(card, one.iccid))
        (largest,) = numbers(card)
        expect.ok(card.send(NotificationSentRequest(seq_number=largest)))
        card.power_cycle()
    with step("S_LPAd -> eUICC: DisableProfile; expected: a larger number"):
        expect.ok(disable(card, one.iccid))
        (number,) = numbers(card)
        larger(number, largest)


@testcase("procedure.Notifications#14")
def test_one_entry_for_four_events(card, given, server, step):
    """A configuration entry of four events makes four Notifications of one event each."""
    given.none()
    with step("S_SM-DP+ -> eUICC: the Profile; expected: PIR successResult"):
        session = server.prepared(card)
        asked = profile(notifying(ONE, EVERY, "dp1.example.com"))
        iccid = installed(session, session.install(asked)).iccid
    with step("S_LPAd -> eUICC: EnableProfile, DisableProfile, DeleteProfile"):
        used_and_deleted(card, iccid)
    with step("Expected: the PIR and one Notification per event, each with one event bit"):
        expected = [
            (event, iccid, "dp1.example.com") for event in (INSTALL, ENABLE, DISABLE, DELETE)
        ]
        expect.notifications(card.notifications(), (INSTALL, iccid, server.address), *expected)


SWITCHES = 140
"""Pairs of a disable and an enable Notification, so that numbers pass 255 whatever the first is."""


@testcase("procedure.Notifications#15")
def test_numbers_rise_beyond_255(card, given, step):
    """Numbers of Notifications rise beyond 255 as before."""
    require_no_other_notifications(card)
    (one,) = given.profiles(notifying(ONE, {ENABLE, DISABLE}, NOTIFICATION_ADDRESS))
    largest = -1
    with step(f"S_LPAd -> eUICC: enabled and disabled {SWITCHES} times; expected: larger numbers"):
        for turn in range(SWITCHES):
            expect.ok(enable(card, one.iccid))
            expect.ok(disable(card, one.iccid))
            if turn % 10 == 9:
                now = max(numbers(card), default=-1)
                larger(now, largest)
                largest = now
                given.no_notifications()
    with step("Expected: the last one above 255"):
        larger(largest, 255)


@testcase("procedure.Notifications#16")
def test_entries_of_one_address(card, given, step):
    """Two configuration entries with one address and different events both count."""
    entries = tuple(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset({event}), notification_address="dp1.example.com"
        )
        for event in (ENABLE, DISABLE)
    )
    (one,) = given.profiles(replace(preset(ONE), notification_configuration=entries))
    with step("S_LPAd -> eUICC: EnableProfile, DisableProfile"):
        expect.ok(enable(card, one.iccid))
        expect.ok(disable(card, one.iccid))
    with step("Expected: a Notification of each event"):
        expected = [(event, one.iccid, "dp1.example.com") for event in (ENABLE, DISABLE)]
        expect.notifications(card.notifications(), *expected)


@testcase("procedure.Notifications#17")
def test_result_goes_to_the_server_of_the_session(card, given, server, step):
    """The result and its Notifications keep their addresses though a default SM-DP+ is set."""
    given.none()
    given.default_address("default.example.com")
    with step("S_SM-DP+ -> eUICC: the Profile; expected: PIR successResult"):
        session = server.prepared(card)
        asked = profile(notifying(ONE, {INSTALL}, "dp1.example.com"))
        iccid = installed(session, session.install(asked)).iccid
    with step("Expected: the result for the SM-DP+ of the session, the other as configured"):
        expected = [(INSTALL, iccid, to) for to in (server.address, "dp1.example.com")]
        expect.notifications(card.notifications(), *expected)


LONG_ADDRESS = ("notifications-of-the-operator" + ".") * 4 + "example.com"


@testcase("procedure.Notifications#18")
def test_long_address_is_kept_whole(card, given, step):
    """An address of 131 characters is that of the Notification, to the last one."""
    (one,) = given.profiles(notifying(ONE, {ENABLE}, LONG_ADDRESS))
    with step("S_LPAd -> eUICC: EnableProfile"):
        expect.ok(enable(card, one.iccid))
    with step("Expected: one Notification to that address"):
        expect.notifications(card.notifications(), (ENABLE, one.iccid, LONG_ADDRESS))


@testcase("procedure.Notifications#19")
def test_counter_is_not_set_back(card, given, server, step):
    """Functions that make no Notification do not set the counter of numbers back."""
    require_no_other_notifications(card)
    (one,) = given.profiles(notifying(ONE, {ENABLE}, "dp1.example.com"))
    with step("S_LPAd -> eUICC: EnableProfile, DisableProfile; expected: one Notification"):
        expect.ok(enable(card, one.iccid))
        expect.ok(disable(card, one.iccid))
        (first,) = numbers(card)
    with step("S_LPAd -> eUICC: functions that read and set, a session, refused requests"):
        card.observe()
        card.send(GetEuiccInfo1Request())
        card.eid()
        expect.ok(card.send(SetDefaultDpAddressRequest(default_dp_address="dp2.example.com")))
        expect.ok(card.send(SetNicknameRequest(iccid=one.iccid, profile_nickname="Number")))
        session = server.authenticated(card)
        expect.ok(session.prepare())
        expect.ok(session.cancel(CancelSessionReason.timeout))
        expect.error(disable(card, one.iccid), DisableResult.profileNotInEnabledState)
    with step("S_LPAd -> eUICC: EnableProfile; expected: a larger number, however much"):
        expect.ok(enable(card, one.iccid))
        now = numbers(card)
        expect.that(
            holds=len(now) == 2 and now[0] == first < now[1],
            expected=f"{first}, and a number above it",
            actual=", ".join(map(str, now)),
        )


@testcase("procedure.Notifications#20")
def test_every_entry_of_a_long_configuration(card, given, step):
    """Six entries of a configuration lead to six Notifications of an event."""
    require_no_other_notifications(card)
    addresses = [f"dp{number}.example.com" for number in range(1, 7)]
    (one,) = given.profiles(notifying(ONE, {ENABLE}, *addresses))
    with step("S_LPAd -> eUICC: EnableProfile; expected: a Notification to each address"):
        expect.ok(enable(card, one.iccid))
        expected = [(ENABLE, one.iccid, address) for address in addresses]
        expect.notifications(card.notifications(), *expected)
