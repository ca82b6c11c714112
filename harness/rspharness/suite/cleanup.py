"""Deletion of what prevents initial conditions, as far as the run allows it.

On a real card only Profiles of these suites and their Notifications are touched, unless the command
line says --erase-foreign. Foreign test and provisioning Profiles are never deleted, as they
cannot be loaded again. What the card was before is in its journal (`rspharness.run.journal`).

Policy rules of the suites' Profiles are lifted over the air, with the keys the suites gave them
(ES6.UpdateMetadata over SCP80), so that whatever a case leaves can be removed at its own level.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from rspcore.ids import Aid, Iccid
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest, SetDefaultDpAddressRequest
from rspcore.messages.es10b import NotificationSentRequest
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DisableProfileRequest,
    EnableProfileRequest,
    EuiccMemoryResetRequest,
    ProfileIdentifier,
    ProfileState,
    ResetOption,
)
from rspcore.messages.metadata import ProfileClass
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.card.listed import ListedNotification, ListedProfile
from rspharness.lpa.proactive import settle_refresh
from rspharness.record.testcase import Level
from rspharness.record.verdicts import ExpectationError, Inconclusive
from rspharness.run.recovery import OWN_DOMAIN
from rspharness.run.run import Run
from rspharness.servers.policy_rules import lift_rules
from rspharness.suite.as_before import require_as_before

__all__ = ["clear", "disable", "drop_notifications", "enable", "remove_own", "settle"]

_Naming = EnableProfileRequest | DisableProfileRequest | DeleteProfileRequest
"""Requests that name a Profile."""

_IRREPLACEABLE: Final = (ProfileClass.test, ProfileClass.provisioning)


def clear(card: Card, run: Run) -> None:
    """Deletes every Profile that is not somebody else's, and the default SM-DP+ address.

    With --erase-foreign, those of somebody else too; on a simulated card none is anybody else's.

    Raises:
        Inconclusive: with that option, there are Profiles that nobody can load again. Nothing was
            deleted.
        ExpectationError: the card refuses.
    """
    present = card.listed_profiles()
    if run.target.simulated or _erases(run):
        _require_replaceable(present, run)
        _delete(card, present, run, reset=run.level is Level.DESTRUCTIVE)
    else:
        own = tuple(one for one in present if run.owns(one.iccid, one.isdp_aid))
        _delete(card, own, run, reset=_may_reset(run))
    address = card.send(EuiccConfiguredAddressesRequest()).default_dp_address
    if address:  # of a real card, the journal has it, and it is set again when the run ends
        expect.ok(card.send(SetDefaultDpAddressRequest(default_dp_address="")))


def remove_own(card: Card, run: Run) -> None:
    """Removes what a case of these suites left: Profiles, Notifications and default address.

    What is not of these suites stays as it is, and a Profile that was Enabled before the run is
    Enabled again. The default address is none, or the one before the run.

    Raises:
        ExpectationError: the card refuses, or what is somebody else's is not as before.
    """
    present = card.listed_profiles()
    own = tuple(one for one in present if run.owns(one.iccid, one.isdp_aid))
    _delete(card, own, run, reset=_may_reset(run) and own == present)
    profiles = _enable_again(card, run)
    # Some cards do not list all they keep, so they are retrieved when the listed ones are gone.
    numbers: set[int | None] = set()
    for waiting in (card.listed_notifications, card.retrieved_notifications):
        for one in waiting():
            numbers.add(one.seq_number)
            if one.seq_number is not None and _own_notification(one, run):
                expect.ok(card.send(NotificationSentRequest(seq_number=one.seq_number)))
    before = None if run.options.erase_foreign else run.before
    address = card.send(EuiccConfiguredAddressesRequest()).default_dp_address or ""
    others = {"", None if before is None else before.address}
    known = None not in others
    if address.endswith(OWN_DOMAIN) or (known and address not in others):
        expect.ok(card.send(SetDefaultDpAddressRequest(default_dp_address="")))
    if before is not None:
        require_as_before(before, profiles, numbers)


def _enable_again(card: Card, run: Run) -> tuple[ListedProfile, ...]:
    """Enables the Profile of somebody else that was Enabled before the run, if no other is.

    Returns:
        The Profiles as they were listed before that.
    """
    iccid = run.aboard.enabled
    listed = card.listed_profiles()
    states = {one.iccid: one.profile_state for one in listed}
    if iccid is not None and iccid in states and ProfileState.enabled not in states.values():
        enable(card, iccid)
    return listed


def drop_notifications(card: Card, run: Run) -> None:
    """Removes every pending Notification that is not somebody else's.

    Raises:
        ExpectationError: the card refuses.
    """
    erases = run.target.simulated or _erases(run)
    for one in card.listed_notifications():
        if one.seq_number is not None and (erases or _own_notification(one, run)):
            expect.ok(card.send(NotificationSentRequest(seq_number=one.seq_number)))


def enable(card: Card, iccid: Iccid | None, aid: Aid | None = None) -> None:
    """Enables a Profile without REFRESH, then carries out what the card announces anyway.

    Args:
        card: The card.
        iccid: The Profile; None for one whose ICCID cannot be read.
        aid: AID of its ISD-P, by which it is named where the card refuses the ICCID; or None.

    Raises:
        ExpectationError: the card refuses.
    """
    _named(
        card,
        lambda one: EnableProfileRequest(profile_identifier=one, refresh_flag=False),
        iccid,
        aid,
    )
    settle(card)
    if card.aboard.profiles:  # only the list says then that the Enabled one is of the suites
        card.listed_profiles()
        card.reset()


def disable(card: Card, iccid: Iccid | None, aid: Aid | None = None) -> None:
    """Disables a Profile without REFRESH, then carries out what the card announces anyway.

    Arguments and errors are those of `enable`.
    """
    _named(
        card,
        lambda one: DisableProfileRequest(profile_identifier=one, refresh_flag=False),
        iccid,
        aid,
    )
    settle(card)


def _named(
    card: Card,
    request: Callable[[ProfileIdentifier], _Naming],
    iccid: Iccid | None,
    aid: Aid | None,
) -> None:
    """Sends a request that names a Profile by its ICCID, and by its AID where that is refused.

    Raises:
        ExpectationError: the card refuses the one, and the other too if there is an AID; or it
            lists the Profile with neither.
    """
    if iccid is not None:
        try:
            expect.ok(card.send(request(ProfileIdentifier(iccid=iccid))))
        except ExpectationError:
            if aid is None:
                raise
        else:
            return
    if aid is None:
        raise ExpectationError("a Profile listed with its ICCID or AID", "neither of them")
    expect.ok(card.send(request(ProfileIdentifier(isdp_aid=aid))))


def settle(card: Card) -> None:
    """Carries out the REFRESH a card announces; resets one that announces none."""
    if settle_refresh(card) is None:
        card.reset()


def _erases(run: Run) -> bool:
    """Returns whether this run may delete what is not of the suites."""
    return run.options.erase_foreign and run.level is Level.DESTRUCTIVE


def _may_reset(run: Run) -> bool:
    """Returns whether a memory reset erases nothing but what is of the suites."""
    return run.level is Level.DESTRUCTIVE and not run.aboard.profiles


def _require_replaceable(present: tuple[ListedProfile, ...], run: Run) -> None:
    foreign = [one for one in present if not run.owns(one.iccid, one.isdp_aid)]
    kept = [one for one in foreign if one.profile_class in _IRREPLACEABLE]
    if kept:
        raise Inconclusive(
            "the card holds test or provisioning Profiles that are not of these suites "
            f"({_listed(kept)}); they cannot be loaded again, so they are not deleted"
        )


def _delete(card: Card, present: tuple[ListedProfile, ...], run: Run, *, reset: bool) -> None:
    """Deletes these Profiles, the Enabled one first: while it is Enabled, no other can be.

    Args:
        card: The card.
        present: The Profiles.
        run: The run.
        reset: True to end with eUICCMemoryReset what cannot be deleted; it deletes all others too.

    Raises:
        ExpectationError: the card refuses, or still lists what it says it deleted.
    """
    try:
        for one in sorted(present, key=lambda one: one.profile_state != ProfileState.enabled):
            _delete_one(card, run, one)
        _require_gone(card, present)
    except ExpectationError:
        # Policy rules forbid it; only the memory reset overrides them (5.7.19).
        if not reset:
            raise
        everything = frozenset(
            {ResetOption.deleteOperationalProfiles, ResetOption.deleteFieldLoadedTestProfiles}
        )
        card.send(EuiccMemoryResetRequest(reset_options=everything))
        settle(card)
        _require_gone(card, present)


def _require_gone(card: Card, deleted: tuple[ListedProfile, ...]) -> None:
    """Requires that the card lists none of these Profiles any more: an answer of ok is not enough.

    Raises:
        ExpectationError: it does.
    """
    if not deleted:
        return
    gone = {(one.iccid, one.isdp_aid) for one in deleted}
    left = [one for one in card.listed_profiles() if (one.iccid, one.isdp_aid) in gone]
    expect.that(
        holds=not left,
        expected=f"no Profile {_listed(left)} after DeleteProfile was answered ok(0)",
        actual="still listed",
    )


def _delete_one(card: Card, run: Run, one: ListedProfile) -> None:
    iccid = one.iccid
    if _is_enabled(card, one):  # a test Profile disabled before may have enabled it again
        try:
            disable(card, iccid, one.isdp_aid)
        except ExpectationError:
            if iccid is None:
                raise
            try:
                lift_rules(card, iccid, next(run.rising()))
                disable(card, iccid, one.isdp_aid)
            except ExpectationError:
                if not _deleted(card, one, iccid):  # it may be listed as Enabled and be Disabled
                    raise
                return
    if _deleted(card, one, iccid):
        return
    if iccid is None:
        _named(card, _deletion, iccid, one.isdp_aid)  # its rules cannot be lifted without an ICCID
        return
    # It may be Enabled although it is not listed so, or rules of it forbid its deletion.
    with suppress(ExpectationError):
        disable(card, iccid, one.isdp_aid)
        if _deleted(card, one, iccid):
            return
    enable(card, iccid, one.isdp_aid)
    lift_rules(card, iccid, next(run.rising()))
    disable(card, iccid, one.isdp_aid)
    _named(card, _deletion, iccid, one.isdp_aid)


def _deleted(card: Card, one: ListedProfile, iccid: Iccid | None) -> bool:
    """Deletes a Profile that is Disabled; returns whether the card did it."""
    try:
        _named(card, _deletion, iccid, one.isdp_aid)
    except ExpectationError:
        return False
    return True


def _is_enabled(card: Card, wanted: ListedProfile) -> bool:
    """Returns whether the card lists a Profile as Enabled now."""
    return any(
        one.profile_state == ProfileState.enabled
        and (one.iccid, one.isdp_aid) == (wanted.iccid, wanted.isdp_aid)
        for one in card.listed_profiles()
    )


def _deletion(one: ProfileIdentifier) -> DeleteProfileRequest:
    return DeleteProfileRequest(iccid=one.iccid, isdp_aid=one.isdp_aid)


def _listed(profiles: list[ListedProfile]) -> str:
    return ", ".join(str(one.iccid or one.isdp_aid) for one in profiles)


def _own_notification(one: ListedNotification, run: Run) -> bool:
    """Returns whether a Notification is of the suites, or of what a case did to other Profiles.

    The suites' are those of their Profiles, and of a load that had none. When a case enabled one
    of its own, the Profile that was Enabled has Notifications that nobody else asked for. One that
    waited before the run is nobody's to remove, whatever it is of. Where it is not known what
    waited, only those of the suites' Profiles are certainly theirs.
    """
    aboard = run.aboard
    if one.seq_number in aboard.notifications:
        return False
    if run.owns(one.iccid):
        return True
    if not aboard.notifications_known:
        return False
    if one.iccid is None:
        return one.notification_address.endswith(OWN_DOMAIN)
    return one.iccid in aboard.profiles
