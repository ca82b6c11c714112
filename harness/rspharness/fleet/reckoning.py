"""What became of the orders of a fleet: lost, doubled or stuck, by cards, server and Notifications.

Three accounts are compared: what the cards list and have handed over, what the server says of its
orders, and the Notifications it received. A pure function, so that a planted loss can be tried.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any, Final

from rspcore.frozen import dataclass

__all__ = ["CardRecord", "Given", "Heard", "Outcome", "Reckoning", "ServerOrder", "reckon"]


class Outcome(StrEnum):
    """What a phone says of an order that it was given."""

    INSTALLED = "installed"
    REJECTED = "rejected by its user"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An order that a phone was given.

    Attributes:
        matching_id: Its MatchingID.
        eid: EID of the card of the phone, digits.
        outcome: What the phone says of it, None while it has said nothing.
        iccid: ICCID of what was installed, digits; empty without it.
        reason: Why it failed, in words; empty when it did not.
    """

    matching_id: str
    eid: str
    outcome: Outcome | None = None
    iccid: str = ""
    reason: str = ""

    @property
    def message(self) -> dict[str, Any]:
        """Returns it as a JSON value."""
        return {**asdict(self), "outcome": None if self.outcome is None else self.outcome.value}

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> "Given":
        """Reads a JSON value that `message` made."""
        outcome = message["outcome"]
        return cls(**{**message, "outcome": None if outcome is None else Outcome(outcome)})


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """A card, as it said itself when its phone was done with it.

    Attributes:
        eid: Its EID, digits.
        listed: ICCIDs of its Profiles, digits, as listed.
        deleted: ICCIDs of Profiles that were deleted from it.
        first: Number of its first Notification.
        next: Number that its next Notification has.
        waiting: Numbers of Notifications on it.
        delivered: Numbers of Notifications that a server has answered 204.
    """

    eid: str
    listed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    first: int = 1
    next: int = 1
    waiting: tuple[int, ...] = ()
    delivered: tuple[int, ...] = ()

    @property
    def message(self) -> dict[str, Any]:
        """Returns it as a JSON value."""
        return asdict(self)

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> "CardRecord":
        """Reads a JSON value that `message` made."""
        values: dict[str, Any] = dict(message)
        for name in ("listed", "deleted", "waiting", "delivered"):
            values[name] = tuple(values[name])
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOrder:
    """An order, as the server says.

    Attributes:
        matching_id: Its MatchingID.
        iccid: ICCID of its Profile, digits.
        state: State of the Profile, such as "Installed".
        bound_to: EID of the card a package was bound to, empty for none.
    """

    matching_id: str
    iccid: str
    state: str
    bound_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A Notification, as the server received it.

    Attributes:
        eid: EID of the card, digits; empty where it is not known.
        seq_number: Its number, None where it cannot be read.
        verdict: What the server made of it, such as "ACCEPTED" or "DUPLICATE".
    """

    eid: str
    seq_number: int | None
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """What the three accounts come to.

    Attributes:
        counts: How many of each thing, by its name in words.
        lost: What one account has and another should have, one line each.
        doubled: What there is twice and may be once.
        stuck: Orders and Notifications that are neither done nor refused.
    """

    counts: Mapping[str, int]
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Returns whether nothing is lost, doubled or stuck."""
        return not (self.lost or self.doubled or self.stuck)


_INSTALLED: Final = "Installed"
_AFTER_DELETION: Final = frozenset((_INSTALLED, "Available", "Unavailable"))
_OVER: Final = frozenset((*_AFTER_DELETION, "Error"))
_TAKEN: Final = frozenset(("ACCEPTED", "NO_EFFECT"))


def reckon(
    given: Iterable[Given],
    cards: Sequence[CardRecord],
    orders: Sequence[ServerOrder] | None = None,
    heard: Sequence[Heard] | None = None,
) -> Reckoning:
    """Compares the accounts.

    Args:
        given: The orders that phones were given, with what they say of them.
        cards: The cards, each once.
        orders: All orders of the server; None where it cannot be asked.
        heard: All Notifications the server received, in their order; None where it cannot be asked.
    """
    given = tuple(given)
    lost = [*_not_on_cards(given, cards), *_numbers_gone(cards, heard or ())]
    doubled = list(_twice_on_cards(cards))
    stuck = [*_without_outcome(given, cards, orders or ()), *_waiting(cards)]
    if orders is not None:
        lost += _unknown_to_server(cards, orders)
        lost += _known_to_server_alone(cards, orders)
        doubled += _installed_twice(orders)
        stuck += _not_over(given, orders)
    if heard is not None:
        lost += _unheard(cards, heard)
        doubled += _taken_twice(heard)
    counts = _counts(given, cards, orders, heard)
    return Reckoning(counts=counts, lost=tuple(lost), doubled=tuple(doubled), stuck=tuple(stuck))


def _counts(
    given: Sequence[Given],
    cards: Sequence[CardRecord],
    orders: Sequence[ServerOrder] | None,
    heard: Sequence[Heard] | None,
) -> dict[str, int]:
    counts = {"orders given to phones": len(given)}
    counts |= {one.value: sum(g.outcome is one for g in given) for one in Outcome}
    counts["cards"] = len(cards)
    counts["Profiles on cards"] = sum(len(card.listed) for card in cards)
    counts["Profiles deleted"] = sum(len(card.deleted) for card in cards)
    counts["Notifications of cards"] = sum(card.next - card.first for card in cards)
    if orders is not None:
        states = Counter(order.state for order in orders)
        counts |= {f"orders {state}": states[state] for state in sorted(states)}
    if heard is not None:
        verdicts = Counter(one.verdict for one in heard)
        counts |= {f"Notifications {name}": verdicts[name] for name in sorted(verdicts)}
    return counts


def _had(card: CardRecord) -> set[str]:
    return {*card.listed, *card.deleted}


def _not_on_cards(given: Iterable[Given], cards: Iterable[CardRecord]) -> Iterator[str]:
    had = {card.eid: _had(card) for card in cards}
    for one in given:
        if one.outcome is Outcome.INSTALLED and one.iccid not in had.get(one.eid, ()):
            yield (
                f"order {one.matching_id}: its phone installed {one.iccid}, "
                f"but card {one.eid} neither lists nor deleted it"
            )


def _numbers_gone(cards: Iterable[CardRecord], heard: Iterable[Heard]) -> Iterator[str]:
    came = {(one.eid, one.seq_number) for one in heard}
    for card in cards:
        known = {*card.waiting, *card.delivered}
        for number in range(card.first, card.next):
            if number not in known and (card.eid, number) not in came:
                yield (f"card {card.eid}: Notification {number} neither waits nor was delivered")


def _twice_on_cards(cards: Iterable[CardRecord]) -> Iterator[str]:
    holders: dict[str, list[str]] = defaultdict(list)
    for card in cards:
        for iccid, times in Counter(card.listed).items():
            if times > 1:
                yield f"card {card.eid}: lists {iccid} {times} times"
        for iccid in sorted(_had(card)):
            holders[iccid].append(card.eid)
    for iccid, eids in holders.items():
        if len(eids) > 1:
            yield f"Profile {iccid}: on {len(eids)} cards: {', '.join(eids)}"


def _without_outcome(
    given: Iterable[Given], cards: Iterable[CardRecord], orders: Iterable[ServerOrder]
) -> Iterator[str]:
    """Yields what has no outcome, unless card and server agree on one that the phone never said."""
    had = {card.eid: _had(card) for card in cards}
    at_server = {order.matching_id: order for order in orders}
    for one in given:
        order = at_server.get(one.matching_id)
        if one.outcome is None and order is not None and order.state in _OVER:
            installed = order.iccid in had.get(order.bound_to or one.eid, ())
            if installed is (order.state != "Error"):
                continue
        if one.outcome is None:
            yield f"order {one.matching_id}: given to card {one.eid}, which has not ended it"
        elif one.outcome is Outcome.FAILED:
            yield f"order {one.matching_id}: failed on card {one.eid}: {one.reason}"


def _waiting(cards: Iterable[CardRecord]) -> Iterator[str]:
    for card in cards:
        for number in card.waiting:
            yield f"card {card.eid}: Notification {number} waits"


def _unknown_to_server(cards: Iterable[CardRecord], orders: Iterable[ServerOrder]) -> Iterator[str]:
    states: dict[tuple[str, str], set[str]] = defaultdict(set)
    for order in orders:
        states[order.bound_to, order.iccid].add(order.state)
    unbound: dict[str, set[str]] = defaultdict(set)
    for (_, iccid), found in states.items():
        unbound[iccid] |= found
    for card in cards:
        for iccid in card.listed:
            if _INSTALLED not in states[card.eid, iccid]:
                said = ", ".join(sorted(unbound[iccid])) or "nothing"
                yield f"Profile {iccid}: on card {card.eid}, but the server says {said}"
        for iccid in card.deleted:
            if not unbound[iccid] & _AFTER_DELETION:
                said = ", ".join(sorted(unbound[iccid])) or "nothing"
                yield f"Profile {iccid}: deleted on card {card.eid}, but the server says {said}"


def _known_to_server_alone(
    cards: Iterable[CardRecord], orders: Iterable[ServerOrder]
) -> Iterator[str]:
    had = {card.eid: _had(card) for card in cards}
    for order in orders:
        if order.state == _INSTALLED and order.iccid not in had.get(order.bound_to, ()):
            yield (
                f"order {order.matching_id}: Installed at the server, but card "
                f"{order.bound_to or '(none)'} never had {order.iccid}"
            )


def _installed_twice(orders: Iterable[ServerOrder]) -> Iterator[str]:
    installed = Counter(order.iccid for order in orders if order.state == _INSTALLED)
    for iccid, times in installed.items():
        if times > 1:
            yield f"Profile {iccid}: Installed in {times} orders of the server"


def _not_over(given: Iterable[Given], orders: Iterable[ServerOrder]) -> Iterator[str]:
    ours = {one.matching_id for one in given}
    for order in orders:
        if order.matching_id in ours and order.state not in _OVER:
            yield f"order {order.matching_id}: still {order.state} at the server"


def _unheard(cards: Iterable[CardRecord], heard: Iterable[Heard]) -> Iterator[str]:
    came = {(one.eid, one.seq_number) for one in heard}
    for card in cards:
        for number in card.delivered:
            if (card.eid, number) not in came:
                yield f"card {card.eid}: Notification {number} was answered and is not kept"


def _taken_twice(heard: Iterable[Heard]) -> Iterator[str]:
    taken = Counter((one.eid, one.seq_number) for one in heard if one.verdict in _TAKEN)
    for (eid, number), times in taken.items():
        if times > 1:
            yield f"card {eid}: Notification {number} was taken {times} times by the server"
