"""The desk of a fleet: hands cards and orders out to phones, and keeps what they say.

There is one, at the master; messages between it and the workers are JSON values. A card is with
one phone at a time, and stays with the shelf where it was made. A card whose phone never said how a
visit ended, because its process died, is visited first in the next run, if only to be read.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from rspharness.fleet.orders import Orders
from rspharness.fleet.phone import Offer
from rspharness.fleet.reckoning import CardRecord, Given, Heard, Reckoning, reckon
from rspharness.fleet.shelf import CardShelf
from rspharness.lpa.activation_code import ActivationCode

__all__ = ["Desk", "Visit"]

_GIVEN: Final = "given:"
_CARD: Final = "card:"
_HOME: Final = "home:"
_HEARD: Final = "heard:"


@dataclass(slots=True)
class Visit:
    """What one phone was given.

    Attributes:
        number: Number of its card.
        offers: Its orders.
    """

    number: int
    offers: list[Offer]

    def message(self) -> dict[str, Any]:
        """Returns it as a JSON value."""
        return {"number": self.number, "offers": [asdict(one) for one in self.offers]}

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> "Visit":
        """Reads a JSON value that `message` made."""
        return cls(message["number"], [Offer(**one) for one in message["offers"]])


@dataclass(slots=True)
class _Out:
    """Visits that are with a worker, by the number of their card."""

    visits: dict[int, Visit] = field(default_factory=dict)


class Desk:
    """Gives out, takes back and counts."""

    def __init__(self, orders: Orders, shelf: CardShelf, *, cards: int, visit: int) -> None:
        """Takes up what an earlier run has left.

        Args:
            orders: Where orders come from.
            shelf: Keeps what is said here.
            cards: How many cards the fleet has.
            visit: Most orders for a card at a time.
        """
        self._orders, self._shelf, self._visit = orders, shelf, visit
        self._free = deque(range(cards))
        self._homes: dict[int, str] = {
            int(name.removeprefix(_HOME)): str(home) for name, home in shelf.kept(_HOME).items()
        }
        self._out: dict[str, _Out] = {}
        self._given = {given.matching_id: given for given in _read_given(shelf)}
        self._cards = {card.eid: card for card in _read_cards(shelf)}
        self._heard = list(_read_heard(shelf))
        self._bound: dict[str, list[Offer]] = {}
        self._unbound: deque[Offer] = deque()
        numbers = {str(shelf.eid(number)): number for number in range(cards)}
        for eid, offer in orders.waiting():
            if eid in numbers:
                self._bound.setdefault(eid, []).append(offer)
            else:
                self._unbound.append(offer)
        self._unsettled = {
            one.eid for one in self._given.values() if one.outcome is None and one.eid in numbers
        }
        for eid in self._bound.keys() | self._unsettled:  # they come first
            self._free.remove(numbers[eid])
            self._free.appendleft(numbers[eid])
        self._exhausted = False

    @property
    def over(self) -> bool:
        """Returns whether there are no more orders and nobody has any."""
        return self._exhausted and not any(out.visits for out in self._out.values())

    @property
    def workers(self) -> frozenset[str]:
        """Returns who has visits."""
        return frozenset(worker for worker, out in self._out.items() if out.visits)

    def give(self, worker: str, shelf: str) -> Visit | None:
        """Returns what a phone is to do next; None when there is nothing for it at the moment.

        Args:
            worker: Who asks, to know what is lost with it.
            shelf: Which shelf the worker has.
        """
        for _ in range(len(self._free)):
            number = self._free.popleft()
            if self._homes.get(number, shelf) == shelf:
                break
            self._free.append(number)
        else:
            return None
        eid = str(self._shelf.eid(number))
        visit = Visit(number, self._next_orders(eid))
        if not visit.offers and eid not in self._unsettled:
            self._free.appendleft(number)
            self._exhausted = True
            return None
        self._unsettled.discard(eid)
        self._homes[number] = shelf
        given = [Given(matching_id=_matching_id(one), eid=eid) for one in visit.offers]
        self._keep(given, {f"{_HOME}{number}": shelf})
        self._out.setdefault(worker, _Out()).visits[number] = visit
        return visit

    def _next_orders(self, eid: str) -> list[Offer]:
        offers = self._bound.pop(eid, [])
        while self._unbound and len(offers) < self._visit:
            offers.append(self._unbound.popleft())
        return [*offers, *self._orders.new(self._visit - len(offers))]

    def _keep(self, given: Iterable[Given], more: Mapping[str, object]) -> None:
        values = dict(more)
        for one in given:
            self._given[one.matching_id] = one
            values[_GIVEN + one.matching_id] = one.message
        self._shelf.keep_all(values)

    def take(self, worker: str, message: Mapping[str, Any]) -> None:
        """Takes back what a phone says at the end of its visit, in JSON values.

        Args:
            worker: Who says it.
            message: `number` of the card, the orders `given` with their outcomes, the orders `left`
                that were not begun, and the `card` as it says itself, None when it cannot be read.
        """
        more: dict[str, object] = {}
        if message["card"] is not None:
            record = CardRecord.of(message["card"])
            self._cards[record.eid] = record
            more[_CARD + record.eid] = record.message
        self._keep([Given.of(one) for one in message["given"]], more)
        left = [Offer(**one) for one in message["left"]]
        self._shelf.forget(_GIVEN + _matching_id(one) for one in left)
        for one in left:
            self._given.pop(_matching_id(one), None)
            self._unbound.append(one)
        out = self._out.get(worker)
        if out is not None and out.visits.pop(message["number"], None) is not None:
            self._free.append(message["number"])

    def lose(self, worker: str) -> None:
        """Gives up what a worker had that is gone; its orders stay without an outcome."""
        self._out.pop(worker, None)

    def listen(self) -> None:
        """Takes the Notifications that the server has received since the last time."""
        for one in self._orders.heard() or ():
            self._heard.append(one)
            self._shelf.keep(f"{_HEARD}{len(self._heard)}", asdict(one))

    def reckoning(self) -> Reckoning:
        """Compares the accounts of phones, cards and server, those of earlier runs included."""
        self.listen()
        states = self._orders.states()
        heard = None if states is None else self._heard
        return reckon(self._given.values(), tuple(self._cards.values()), states, heard)


def _matching_id(offer: Offer) -> str:
    return ActivationCode.parse(offer.code).matching_id


def _read_given(shelf: CardShelf) -> Iterable[Given]:
    return (Given.of(value) for value in shelf.kept(_GIVEN).values())


def _read_cards(shelf: CardShelf) -> Iterable[CardRecord]:
    return (CardRecord.of(value) for value in shelf.kept(_CARD).values())


def _read_heard(shelf: CardShelf) -> Iterable[Heard]:
    return (Heard(**value) for value in shelf.kept(_HEARD).values())
