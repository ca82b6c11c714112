"""Putting a card back to what it was before a run, as its journal says, verified by reading.

Only what the run itself can have done is undone: Profiles of the suites that were not there or
were about to be installed are deleted, after their policy rules were lifted where these forbid it,
and their Notifications removed. A Profile or Notification of
somebody else is never deleted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from rspcore.errors import RemoteError, RspError
from rspcore.ids import Iccid
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import NotificationSentRequest
from rspcore.messages.es10c import ProfileInfo, ProfileState
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import NotificationMetadata
from rspharness.card import expect
from rspharness.card.aboard import Aboard
from rspharness.card.card_under_test import Card
from rspharness.lpa import local_management
from rspharness.record.verdicts import TargetLost
from rspharness.run.journal import Before, Journal, ProfileBefore
from rspharness.servers.policy_rules import lift_rules
from rspharness.targets.own_profile import OWN_ICCIDS

__all__ = ["OWN_DOMAIN", "PutBack", "aboard_of", "put_back", "read_before"]

OWN_DOMAIN: Final = ".example.com"
"""End of the addresses of the suites' servers; a reserved domain (RFC 2606)."""

_STATES: Final = ("Disabled", "Enabled")
_SWITCHED: Final = {NotificationEvent.notificationEnable, NotificationEvent.notificationDisable}


@dataclass(slots=True)
class PutBack:
    """What became of a card.

    Attributes:
        restored: What was put back.
        left: What is not as before and may be tried again, each with the reason.
        gone: What is gone for good, or was never known.
    """

    restored: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Returns whether all is as before."""
        return not self.left and not self.gone

    def __str__(self) -> str:
        """Returns it in one line."""
        restored = ", ".join(self.restored) or "nothing to do"
        return f"restored: {restored}; left: {', '.join((*self.left, *self.gone)) or 'nothing'}"

    def attempt(self, what: str, act: Callable[[], object]) -> bool:
        """Carries out one act; a refusal is what is left.

        Raises:
            TargetLost: the card does not answer any more.
        """
        try:
            act()
        except TargetLost:
            raise
        except RspError as error:
            self.left.append(f"{what}: {error}")
            return False
        return True

    def act(self, what: str, act: Callable[[], object]) -> None:
        """Carries out one act, after which something is restored or left.

        Raises:
            TargetLost: the card does not answer any more.
        """
        if self.attempt(what, act):
            self.restored.append(what)


def read_before(card: Card) -> Before:
    """Reads what is to be put back after a run; what cannot be read is None, with the reason.

    Raises:
        TargetLost: the card does not answer.
    """
    problems = PutBack()
    address: list[str] = []
    profiles: list[ProfileInfo] = []
    waiting: list[NotificationMetadata] = []
    has_address = problems.attempt(
        "the default SM-DP+ address", lambda: address.append(_address(card))
    )
    has_profiles = problems.attempt("the Profiles", lambda: profiles.extend(card.profiles()))
    has_waiting = problems.attempt(
        "the Notifications", lambda: waiting.extend(card.notifications())
    )
    return Before(
        address=address[0] if has_address else None,
        profiles=tuple(_before(one) for one in profiles if one.iccid) if has_profiles else None,
        notifications=(
            {one.seq_number: _octets(one.iccid) for one in waiting} if has_waiting else None
        ),
        unread=tuple(problems.left),
    )


def aboard_of(before: Before) -> Aboard:
    """Returns what of a card before a run is somebody else's."""
    foreign = [
        (iccid, one.enabled)
        for one in before.profiles or ()
        if not _own(iccid := Iccid(bytes.fromhex(one.iccid)))
    ]
    waiting = (before.notifications or {}).items()
    return Aboard(
        profiles=frozenset(iccid for iccid, _ in foreign),
        enabled=next((iccid for iccid, enabled in foreign if enabled), None),
        notifications=frozenset(
            number for number, iccid in waiting if iccid and not _own(Iccid(bytes.fromhex(iccid)))
        ),
    )


def put_back(card: Card, journal: Journal, rising: Iterator[int]) -> PutBack:
    """Puts the card back as its journal says, and reads it again to verify that.

    Args:
        card: The card.
        journal: What it was, and what was done to it.
        rising: Numbers above all that the card has seen, for secured packets to it.

    Raises:
        TargetLost: the card stopped answering; the journal still holds.
    """
    done = PutBack()
    before = journal.before
    done.gone += [f"{one} (not known before the run, so not put back)" for one in before.unread]
    card.reset()
    done.attempt("the Profiles", lambda: _profiles(card, journal, rising, done))
    if before.address is not None:
        done.attempt(
            f"default SM-DP+ address {before.address or '(none)'}",
            lambda: _put_address(card, before.address or "", done),
        )
    if before.notifications is not None:
        done.attempt("the Notifications", lambda: _notifications(card, journal, done))
    if not done.left:
        done.attempt("reading the card again", lambda: _verify(card, before, done))
    return done


def _profiles(card: Card, journal: Journal, rising: Iterator[int], done: PutBack) -> None:
    before = {one.iccid: one for one in journal.before.profiles or ()}
    known = journal.before.profiles is not None
    for one in card.profiles():
        octets = _octets(one.iccid)
        new = known and octets not in before
        if one.iccid and _own(one.iccid) and (new or octets in journal.installs):
            enabled = one.profile_state == ProfileState.enabled
            done.act(
                f"Profile {one.iccid} of the suites deleted",
                _deletion(card, one.iccid, journal, rising, enabled=enabled),
            )
    if known:
        _states(card, before, done)


def _deletion(
    card: Card, iccid: Iccid, journal: Journal, rising: Iterator[int], *, enabled: bool
) -> Callable[[], None]:
    """Returns the deletion of a Profile of the suites; its policy rules are lifted if need be."""

    def disable() -> None:
        try:
            local_management.disable_profile(card, iccid)
        except RemoteError:
            lift_rules(card, iccid, next(rising))
            local_management.disable_profile(card, iccid)

    def delete() -> None:
        if enabled:
            disable()
        try:
            local_management.delete_profile(card, iccid)
        except RemoteError:
            journal.will_switch()  # the Notifications of what this disables are the run's too
            local_management.enable_profile(card, iccid)
            lift_rules(card, iccid, next(rising))
            local_management.disable_profile(card, iccid)
            local_management.delete_profile(card, iccid)

    return delete


def _states(card: Card, before: dict[str, ProfileBefore], done: PutBack) -> None:
    """Disables what was not Enabled before it enables what was, and sets the nicknames."""
    present = {_octets(one.iccid): one for one in card.profiles() if one.iccid}
    for octets in before.keys() - present.keys():
        done.gone.append(f"Profile {Iccid(bytes.fromhex(octets))} was there and is gone for good")
    common = [(before[octets], one) for octets, one in present.items() if octets in before]
    for was, one in sorted(common, key=lambda pair: pair[0].enabled):
        iccid = Iccid(bytes.fromhex(was.iccid))
        if was.enabled != (one.profile_state == ProfileState.enabled):
            done.act(f"Profile {iccid} {_STATES[was.enabled]}", _switch(card, iccid, was))
        if was.nickname != (one.profile_nickname or ""):
            done.act(f"nickname of Profile {iccid}", _naming(card, iccid, was))


def _switch(card: Card, iccid: Iccid, was: ProfileBefore) -> Callable[[], object]:
    switch = local_management.enable_profile if was.enabled else local_management.disable_profile
    return lambda: switch(card, iccid)


def _naming(card: Card, iccid: Iccid, was: ProfileBefore) -> Callable[[], object]:
    return lambda: local_management.set_nickname(card, iccid, was.nickname)


def _put_address(card: Card, address: str, done: PutBack) -> None:
    if _address(card) == address:
        return
    local_management.set_default_address(card, address)
    done.restored.append(f"default SM-DP+ address {address or '(none)'}")


def _notifications(card: Card, journal: Journal, done: PutBack) -> None:
    before = journal.before.notifications or {}
    present = card.notifications()
    removed = 0
    for one in present:
        if one.seq_number not in before and _made_by_run(one, journal):
            expect.ok(card.send(NotificationSentRequest(seq_number=one.seq_number)))
            removed += 1
    if removed:
        done.restored.append(f"{removed} Notification{'s'[: removed - 1]} of the run removed")
    for number in before.keys() - {one.seq_number for one in present}:
        iccid = before[number]
        if not iccid or not _own(Iccid(bytes.fromhex(iccid))):
            done.gone.append(f"Notification {number} was waiting and is gone for good")


def _made_by_run(one: NotificationMetadata, journal: Journal) -> bool:
    """Returns whether a Notification that is new comes from what the run did."""
    if one.iccid is None:
        return one.notification_address.endswith(OWN_DOMAIN)
    if _own(one.iccid):
        return True
    switched = bool(_SWITCHED & one.profile_management_operation)
    profiles = {known.iccid for known in journal.before.profiles or ()}
    return journal.switches and switched and _octets(one.iccid) in profiles


def _verify(card: Card, before: Before, done: PutBack) -> None:
    card.reset()
    now = read_before(card)
    if before.address is not None and now.address != before.address:
        done.left.append(
            f"default SM-DP+ address: expected {before.address or 'none'}, read {now.address}"
        )
    was = {one.iccid: one for one in before.profiles or ()}
    for one in now.profiles or ():
        iccid = Iccid(bytes.fromhex(one.iccid))
        if one.iccid in was and one != was[one.iccid]:
            done.left.append(f"Profile {iccid}: expected {was[one.iccid]}, read {one}")
        if one.iccid not in was and before.profiles is not None and _own(iccid):
            done.left.append(f"Profile {iccid} of the suites is still listed")
    done.left += [one for one in now.unread if one not in before.unread]


def _address(card: Card) -> str:
    return card.send(EuiccConfiguredAddressesRequest()).default_dp_address or ""


def _before(one: ProfileInfo) -> ProfileBefore:
    return ProfileBefore(
        iccid=_octets(one.iccid),
        enabled=one.profile_state == ProfileState.enabled,
        nickname=one.profile_nickname or "",
    )


def _octets(iccid: Iccid | None) -> str:
    return "" if iccid is None else iccid.octets.hex()


def _own(iccid: Iccid) -> bool:
    return str(iccid).startswith(OWN_ICCIDS)
