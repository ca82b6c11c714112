"""The cards of a case that needs more than one, each with an EID of its own.

Beside a card in a reader these are the further cards that the run names, each put into a state
without Profiles of the suites before; where it names none, and beside simulated cards, they are
simulated and new. A case that wants a card of a certain kind gets a simulated one.
"""

from collections.abc import Callable, Sequence
from typing import Unpack

from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import NotApplicable
from rspharness.run.case_state import CaseState
from rspharness.run.run import Run
from rspharness.simulated.direct_card import further_card
from rspharness.simulated.fixture_cards import CardWords
from rspharness.simulated.hostile import is_hostile
from rspharness.targets.transport import TracedLink

__all__ = ["Cards"]

_USUAL = "spec"


class Cards:
    """The cards of a case.

    Attributes:
        first: The card under test.
    """

    def __init__(
        self, first: Card, case: CaseState, run: Run, real: Sequence[Callable[[], Card]] = ()
    ) -> None:
        """Makes it.

        Args:
            first: The card under test.
            case: The case.
            run: Its run.
            real: What opens the further cards in readers.
        """
        self.first = first
        self._case = case
        self._run = run
        self._real = list(real)
        self._made = 0

    def __call__(self, number: int) -> tuple[Card, ...]:
        """Returns so many cards, the card under test first.

        Raises:
            NotApplicable: there are not so many.
        """
        return (self.first, *(self.another() for _ in range(1, number)))

    def another(self, preset: str = _USUAL, *, number: int = 0, **words: Unpack[CardWords]) -> Card:
        """Returns a further card, just reset.

        With `--card-fault` a simulated one has the fault too.

        Args:
            preset: Kind of card; one that is named is a simulated card.
            number: Makes EID, keys and random octets of a simulated card; another one for each by
                default.
            words: What is added to the preset, likewise.

        Raises:
            NotApplicable: there is no further card in a reader, and none can be issued, because the
                run has credentials of its own.
        """
        self._made += 1
        if self._real and preset == _USUAL and not number and not words:
            return self._real.pop(0)()
        options = self._run.options
        if options.pki is not None:
            raise NotApplicable(
                "the case needs a further card: name one by --with-card EID@READER; a simulated "
                "one is issued under the generated credentials alone, and the run has --pki"
            )
        if options.card_fault and not is_hostile(options.card_fault):
            words["faults"] = (*words.get("faults", ()), options.card_fault)
        link = further_card(number or 100 + self._made, preset, **words)
        card = Card(TracedLink(link, self._case.trace, f"card {self._made + 1}"))
        card.reset()
        return card
