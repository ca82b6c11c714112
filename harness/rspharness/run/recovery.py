"""Putting a card back to what it was before a run, as its journal says, verified by reading.

Only what the run itself can have done is undone, by its journal: Profiles that were about to be
installed and were not there are deleted, after their policy rules were lifted where these forbid
it, and their Notifications removed. A Profile or Notification of somebody else is never deleted,
whatever its ICCID.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from rspcore.errors import RemoteError, RspError
from rspcore.ids import Aid, Iccid
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import NotificationSentRequest
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import NotificationEvent
from rspharness.card import expect
from rspharness.card.aboard import Aboard
from rspharness.card.card_under_test import Card
from rspharness.card.listed import ListedNotification, ListedProfile
from rspharness.card.waiting import events_of, waiting_notifications
from rspharness.lpa import local_management
from rspharness.record.verdicts import ExpectationError, TargetLost
from rspharness.run.journal import Before, Journal, ProfileBefore
from rspharness.servers.policy_rules import lift_rules

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
        gone: What is not as before and stays so: gone for good, never known, or not of the run.
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
    profiles: list[ListedProfile] = []
    waiting: dict[int, ListedNotification] = {}
    has_address = problems.attempt(
        "the default SM-DP+ address", lambda: address.append(_address(card))
    )
    has_profiles = problems.attempt("the Profiles", lambda: profiles.extend(card.listed_profiles()))
    has_waiting = problems.attempt(
        "the Notifications", lambda: waiting.update(waiting_notifications(card))
    )
    return Before(
        address=address[0] if has_address else None,
        profiles=tuple(_before(one) for one in profiles if one.iccid) if has_profiles else None,
        notifications=(
            {number: _octets(one.iccid) for number, one in waiting.items()} if has_waiting else None
        ),
        unread=tuple(problems.left),
        aids=(
            frozenset(str(one.isdp_aid) for one in profiles if one.isdp_aid)
            if has_profiles
            else None
        ),
    )


def aboard_of(before: Before) -> Aboard:
    """Returns what was on a card before a run: all of it is somebody else's."""
    profiles = [(Iccid(bytes.fromhex(one.iccid)), one.enabled) for one in before.profiles or ()]
    return Aboard(
        profiles=frozenset(iccid for iccid, _ in profiles),
        enabled=next((iccid for iccid, enabled in profiles if enabled), None),
        notifications=frozenset(before.notifications or ()),
        notifications_known=before.notifications is not None,
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
        done.attempt("reading the card again", lambda: _verify(card, journal, done))
    return done


def _profiles(card: Card, journal: Journal, rising: Iterator[int], done: PutBack) -> None:
    before = {one.iccid: one for one in journal.before.profiles or ()}
    known = journal.before.profiles is not None
    for one in card.listed_profiles():
        if journal.owns(one.iccid, one.isdp_aid):
            done.act(
                f"Profile {one.iccid or one.isdp_aid} of the suites deleted",
                _deletion(card, one, journal, rising),
            )
    if known:
        _states(card, before, done)


def _deletion(
    card: Card, one: ListedProfile, journal: Journal, rising: Iterator[int]
) -> Callable[[], None]:
    """Returns the deletion of a Profile of the suites, by ICCID, or by AID where that is refused.

    Its policy rules are lifted if need be; that needs an ICCID.
    """
    iccid, names = one.iccid, [name for name in (one.iccid, one.isdp_aid) if name is not None]

    def by_name(act: Callable[[Card, Iccid | Aid], object]) -> None:
        for name in names[:-1]:
            with suppress(RemoteError):
                act(card, name)
                return
        act(card, names[-1])

    def disable() -> None:
        try:
            by_name(local_management.disable_profile)
        except RemoteError:
            if iccid is None:
                raise
            lift_rules(card, iccid, next(rising))
            by_name(local_management.disable_profile)

    def delete() -> None:
        if one.profile_state == ProfileState.enabled:
            disable()
        try:
            by_name(local_management.delete_profile)
        except RemoteError:
            if iccid is None:
                raise
            journal.will_switch()  # the Notifications of what this disables are the run's too
            by_name(local_management.enable_profile)
            lift_rules(card, iccid, next(rising))
            by_name(local_management.disable_profile)
            by_name(local_management.delete_profile)

    return delete


def _states(card: Card, before: dict[str, ProfileBefore], done: PutBack) -> None:
    """Disables what was not Enabled before it enables what was, and sets the nicknames."""
    present = {_octets(one.iccid): one for one in card.listed_profiles() if one.iccid}
    for octets in before.keys() - present.keys():
        done.gone.append(f"Profile {Iccid(bytes.fromhex(octets))} was there and is gone for good")
    common = [(before[octets], one) for octets, one in present.items() if octets in before]
    for was, one in sorted(common, key=lambda pair: pair[0].enabled):
        iccid = Iccid(bytes.fromhex(was.iccid))
        if was.enabled != (one.profile_state == ProfileState.enabled):
            done.act(f"Profile {iccid} {_STATES[was.enabled]}", _switch(card, iccid, was))
        if was.nickname != one.nickname:
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
    present = waiting_notifications(card)
    removed = 0
    for number, one in present.items():
        if number not in before and _made_by_run(one, journal):
            removed += done.attempt(f"Notification {number} of the run", _removal(card, number))
    if removed:
        done.restored.append(f"{removed} Notification{'s'[: removed - 1]} of the run removed")
    done.gone += [
        f"Notification {number} was waiting and is gone for good"
        for number in sorted(before.keys() - present.keys())
    ]


def _removal(card: Card, number: int) -> Callable[[], None]:
    """Returns the removal of a Notification, by the number below 0 that its octets may mean too.

    A number is read without a sign, as cards write 128 in one octet; one below 0 is then read as a
    large one, under which the card has nothing.
    """
    size = number.bit_length()
    below = number - (1 << size) if size and not size % 8 else None

    def remove() -> None:
        try:
            expect.ok(card.send(NotificationSentRequest(seq_number=number)))
        except ExpectationError:
            if below is None:
                raise
            expect.ok(card.send(NotificationSentRequest(seq_number=below)))

    return remove


def _made_by_run(one: ListedNotification, journal: Journal) -> bool:
    """Returns whether a Notification that is new comes from what the run did.

    It is of a Profile of the run, or of a load that the run tried, or of what its switches did to
    a Profile that was there.
    """
    of_suites = one.notification_address.endswith(OWN_DOMAIN)
    if one.iccid is None:
        return of_suites
    if journal.owns(one.iccid) or (of_suites and _octets(one.iccid) in journal.installs):
        return True
    switched = bool(_SWITCHED & events_of(one))
    return journal.switches and switched and _octets(one.iccid) in journal.before.iccids


def _verify(card: Card, journal: Journal, done: PutBack) -> None:
    before = journal.before
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
        if journal.owns(iccid):
            done.left.append(f"Profile {iccid} of the suites is still listed")
        elif one.iccid not in was and before.profiles is not None:
            done.gone.append(
                f"Profile {iccid} was not there, and nothing says that the run installed it: it "
                "stays"
            )
    if before.notifications is not None and now.notifications is not None:
        done.left += [
            f"Notification {number} of the run is listed again after a reset"
            for number, one in waiting_notifications(card).items()
            if number not in before.notifications and _made_by_run(one, journal)
        ]
    done.left += [one for one in now.unread if one not in before.unread]


def _address(card: Card) -> str:
    return card.send(EuiccConfiguredAddressesRequest()).default_dp_address or ""


def _before(one: ListedProfile) -> ProfileBefore:
    return ProfileBefore(
        iccid=_octets(one.iccid),
        enabled=one.profile_state == ProfileState.enabled,
        nickname=one.nickname,
    )


def _octets(iccid: Iccid | None) -> str:
    return "" if iccid is None else iccid.octets.hex()
