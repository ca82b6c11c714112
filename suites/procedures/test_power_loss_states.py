"""Power loss while a Profile is enabled, disabled or deleted: done completely, or not at all."""

from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DisableProfileRequest,
    EnableProfileRequest,
    EuiccMemoryResetRequest,
    ProfileState,
    ResetOption,
)
from rspcore.messages.metadata import NotificationEvent
from rspcore.profile_maker.presets import NOTIFICATION_ADDRESS
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.free_memory import free_memory
from rspharness.lpa.proactive import settle_refresh
from rspharness.servers.card_signatures import verify_notification
from rspharness.suite import file_access

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
ENABLE = NotificationEvent.notificationEnable
DISABLE = NotificationEvent.notificationDisable
DELETE = NotificationEvent.notificationDelete

CUTS = ((False, 1), (False, 2), (True, 1), (True, 2), (True, 3), (True, 4))
"""refreshFlag, and after how many commands the power is lost: STORE DATA, GET RESPONSE, FETCH."""


def notification_of(event, one):
    """Returns the Notification of an event that the configuration of a Profile asks for."""
    return event, one.iccid, NOTIFICATION_ADDRESS


def enable(card, one, *, flag):
    """Enables a Profile and carries out the REFRESH that is announced."""
    card.send(EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=flag))
    settle_refresh(card)


def disable(card, one, *, flag):
    """Disables a Profile and carries out the REFRESH that is announced."""
    card.send(DisableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=flag))
    settle_refresh(card)


def undisturbed(card, given, other):
    """Requires a Profile to be Disabled, and usable when it is enabled."""
    states = {one.iccid: one.profile_state for one in card.listed_profiles()}
    expect.equal(states.get(other.iccid), ProfileState.disabled, "state of the Profile")
    given.enable(other.iccid)
    expect.equal(card.enabled(), (other.iccid,), "Profiles Enabled")
    expect.equal(file_access.ef_iccid(card), other.iccid, "EF.ICCID of the Profile")


@testcase("procedure.PowerLoss#06")
def test_during_enabling(card, given, step):
    """One Profile is Enabled, the former or the target, with its files and its Notifications."""
    for flag, commands in CUTS:
        one, two, former = given.profiles(ONE, TWO, THREE, enabled=THREE)
        with step(f"S_LPAd -> eUICC: EnableProfile, refreshFlag {flag}; cut after {commands}"):
            with card.power_lost_after(commands):
                enable(card, one, flag=flag)
            enabled = card.enabled()
        with step("Expected: exactly one Enabled, its files, Notifications of what took effect"):
            expect.one_of(enabled, ((one.iccid,), (former.iccid,)), "Profiles Enabled")
            expect.equal((file_access.ef_iccid(card),), enabled, "EF.ICCID")
            happened = {
                (one.iccid,): (notification_of(DISABLE, former), notification_of(ENABLE, one))
            }
            expect.notifications(card.notifications(), *happened.get(enabled, ()))
        with step("Expected: the Profile beside unchanged and usable"):
            undisturbed(card, given, two)


@testcase("procedure.PowerLoss#07")
def test_during_disabling(card, given, step):
    """The Profile is Enabled or Disabled, with files to match, and lists only what happened."""
    for flag, commands in CUTS:
        one, two = given.profiles(ONE, TWO, enabled=ONE)
        with step(f"S_LPAd -> eUICC: DisableProfile, refreshFlag {flag}; cut after {commands}"):
            with card.power_lost_after(commands):
                disable(card, one, flag=flag)
            enabled = card.enabled()
        with step("Expected: Enabled or Disabled, files to match, Notification only if Disabled"):
            seen = (enabled, file_access.ef_iccid(card))
            expect.one_of(seen, (((one.iccid,), one.iccid), ((), None)), "Enabled and EF.ICCID")
            expect.notifications(
                card.notifications(), *{(): (notification_of(DISABLE, one),)}.get(enabled, ())
            )
        with step("Expected: the Profile beside unchanged and usable"):
            undisturbed(card, given, two)


@testcase("procedure.PowerLoss#08")
def test_during_deletion(card, given, note, step):
    """The Profile is usable, or deleted with its memory free and its Notification listed."""
    for commands in (1, 2):
        one, two = given.profiles(ONE, TWO)
        room = free_memory(card)
        with step(f"S_LPAd -> eUICC: DeleteProfile; power off after {commands} commands"):
            with card.power_lost_after(commands):
                card.send(DeleteProfileRequest(iccid=one.iccid))
            left = [listed for listed in (one, two) if listed.iccid in iccids(card)]
            note(f"cut after {commands}: {len(left)} of 2 Profiles listed")
        with step(
            "Expected: listed, no Notification; or not listed, one Notification, memory free"
        ):
            freed = free_memory(card) > room
            expect.one_of((left, freed), (([one, two], False), ([two], True)), "listed, freed")
            expect.notifications(card.notifications(), *[notification_of(DELETE, one)] * freed)
        with step("Expected: every Profile listed unchanged and usable"):
            for listed in left:
                undisturbed(card, given, listed)


def iccids(card):
    """Returns the ICCIDs of the Profiles listed."""
    return [one.iccid for one in card.listed_profiles()]


@testcase("procedure.PowerLoss#09", level="destructive")
def test_during_memory_reset(card, given, note, step):
    """The list is as before, or the reset is complete, each deletion listed."""
    chosen = frozenset({ResetOption.deleteOperationalProfiles})
    for commands in (1, 2, 3):
        one, two = given.profiles(ONE, TWO, enabled=ONE)
        before = [one.iccid, two.iccid]
        with step(f"S_LPAd -> eUICC: eUICCMemoryReset; power off after {commands} commands"):
            with card.power_lost_after(commands):
                card.send(EuiccMemoryResetRequest(reset_options=chosen))
                settle_refresh(card)
            left = iccids(card)
            note(f"cut after {commands}: {len(left)} of 2 Profiles listed")
        with step("Expected: as before and no Notification, or none left and one of each"):
            expect.one_of(left, (before, []), "Profiles listed")
            gone = [
                notification_of(DELETE, profile)
                for profile in (one, two)
                if profile.iccid not in left
            ]
            expect.notifications(card.notifications(), *gone)


@testcase("procedure.PowerLoss#10")
def test_while_a_notification_is_stored(card, given, server, step):
    """A Notification is there, signed, with the change it is about, or neither; numbers rise."""
    for commands in (1, 2):
        one, two = given.profiles(ONE, TWO, notifications=True)
        earlier = {listed.seq_number for listed in card.notifications()}
        with step(f"S_LPAd -> eUICC: EnableProfile; power off after {commands} commands"):
            with card.power_lost_after(commands):
                enable(card, one, flag=False)
            changed = card.enabled() == (one.iccid,)
        with step("Expected: Profile Enabled and one signed Notification, or neither"):
            new = [n for n in card.notifications() if n.seq_number not in earlier]
            expect.notifications(new, *[notification_of(ENABLE, one)] * changed)
            for octets in signed(card):
                verify_notification(card, server, octets)
        with step("S_LPAd -> eUICC: EnableProfile, the Profile beside; expected: new numbers"):
            known = {listed.seq_number for listed in card.notifications()}
            undisturbed(card, given, two)
            latest = [n.seq_number for n in card.notifications() if n.seq_number not in known]
            expect.that(
                holds=bool(latest) and min(latest) > max(known) and len(set(latest)) == len(latest),
                expected=f"numbers larger than {max(known)}, none twice",
                actual=f"{latest}",
            )


def signed(card):
    """Returns the Notifications pending that are no ProfileInstallationResult."""
    tag = int(Tag.ProfileInstallationResult).to_bytes(2, "big")
    return [one for one in card.pending_notifications() if not one.startswith(tag)]
