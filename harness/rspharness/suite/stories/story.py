"""A user's story: its phones and servers, its steps in the user's words, and how every one ends.

A case takes the fixture `story`, asks it for servers and phones, and wraps what the user does in
`with story("I scan the code"):`. What has to be true afterwards is required on three sides: card,
server and Notifications. `ends()` requires what is true at the end of every story, and notes the
story with the time of each step.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Unpack

from rspcore.crypto.curves import Curve
from rspcore.messages.es10c import ProfileState
from rspcore.pki.bundle import Pki
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.record.steps import Step
from rspharness.run.applicability import require_trust
from rspharness.run.case_state import CaseState
from rspharness.run.run import Run
from rspharness.servers.secrets_of_session import remember_keys
from rspharness.simulated.direct_smdpp import DirectSmdpp
from rspharness.simulated.direct_smds import DirectSmds
from rspharness.simulated.fixture_cards import CardWords
from rspharness.suite.cards import Cards
from rspharness.suite.initial_conditions import Conditions
from rspharness.suite.stories.line import Line, sold
from rspharness.suite.stories.network import Network
from rspharness.suite.stories.phone import Person, Phone

__all__ = ["Story"]

_IDENTITY: Final = re.compile(r"\d{18,}")
"""What may be an EID or an ICCID."""
_ACCEPTED: Final = "ACCEPTED"


@dataclass(slots=True)
class _Others:
    """What a story has beside the card under test."""

    phones: list[Phone] = field(default_factory=list)
    servers: list[DirectSmdpp] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


class Story:
    """A story.

    Attributes:
        network: The network of its phones.
    """

    def __init__(self, cards: Cards, given: Conditions, case: CaseState, run: Run) -> None:
        self.network = Network(case.trace)
        self._cards = cards
        self._given = given
        self._case = case
        self._run = run
        self._others = _Others()
        self._phone: Phone | None = None

    @contextmanager
    def __call__(self, words: str) -> Iterator[Step]:
        """Records the block as a step of the story, in the words of the user."""
        with self._case.steps(f"“{words}”") as step:
            self._others.steps.append(step)
            yield step

    def note(self, text: str) -> None:
        """Keeps an observation for the report."""
        self._case.steps.note(text)

    def server(  # noqa: PLR0913  what tells servers of stories apart
        self,
        number: int = 1,
        *,
        curve: Curve | None = None,
        pki: Pki | None = None,
        back_to_stock: bool = False,
        one_copy: bool = False,
        moves: int | None = None,
        careless: Collection[str] = (),
        lowest_svn: str = "",
        version: str = "",
        signing: str = "",
    ) -> DirectSmdpp:
        """Returns an SM-DP+ with its operator: 1 is at home, 2 abroad, another owner.

        Args:
            number: Which one.
            curve: Curve of its certificates; that of the run by default.
            pki: Credentials of a CI that the card does not know; those of the run by default.
            back_to_stock: Whether a Profile is in stock again when a card has deleted it.
            one_copy: Whether the operator orders no Profile that a card still has.
            moves: How often the operator moves a Profile in 30 days, None for no limit.
            careless: Names of checks that the server leaves out.
            lowest_svn: Lowest version of a card that it serves, as "2.6.0"; empty for the usual.
            version: Highest version that it speaks, as "3.1.0"; empty for the usual.
            signing: Name of the declared value that says whether the card wants its signatures
                over those of the card, too; empty where it makes none of that kind.

        Raises:
            NotApplicable: the card has no CI of such a server.
        """
        require_trust(self._run, curve)
        options = self._run.options
        made = DirectSmdpp(
            pki or self._run.pki,
            curve or options.curve,
            options.started,
            number=number,
            seed=options.seed + self._case.seed,
            fault=options.server_fault,
            back_to_stock=back_to_stock,
            one_copy=one_copy,
            moves=moves,
            careless=careless,
            lowest_svn=lowest_svn,
            version=version,
            signatures_alone=self._run.target.settings.values.get(signing) == "no",
        )
        self._others.servers.append(made)
        self.network.join(made)
        return made

    def smds(self, number: int = 0) -> DirectSmds:
        """Returns an SM-DS: 0 is the root, another number a further one.

        Raises:
            NotApplicable: the card has no CI of such a server.
        """
        require_trust(self._run)
        options = self._run.options
        seed = options.seed + self._case.seed
        made = DirectSmds(self._run.pki, options.started, number=number, seed=seed)
        self.network.join(made)
        return made

    @property
    def servers(self) -> tuple[DirectSmdpp, ...]:
        """Returns the SM-DP+ that the story has so far, in the order in which they came."""
        return tuple(self._others.servers)

    @property
    def phone(self) -> Phone:
        """Returns the phone with the card under test, which begins without Profile."""
        if self._phone is None:
            self._given.none()
            self._phone = Phone("P", self._cards.first, self.network)
            self._others.phones.append(self._phone)
        return self._phone

    def other_phone(
        self, name: str, preset: str = "spec", *, number: int = 0, **words: Unpack[CardWords]
    ) -> Phone:
        """Returns another phone, with a further card of the run, or else a new simulated one.

        Args:
            name: Its letter in the story.
            preset: Kind of card; one that is named is simulated (`Cards.another`).
            number: Makes EID, keys and random octets of a simulated card.
            words: What is added to the preset.

        Raises:
            NotApplicable: there is no further card, and none can be issued.
        """
        made = Phone(name, self._cards.another(preset, number=number, **words), self.network)
        self._others.phones.append(made)
        return made

    def plastic_sim(self, profile: str) -> Card:
        """Returns the card of a phone of old: a simulated SIM that is no eUICC.

        Args:
            profile: The Profile that it is, by its name in the catalogue.

        Raises:
            NotApplicable: no card can be issued.
        """
        return self._cards.another(personality="plain-sim", enabled=profile)

    @staticmethod
    def person(**words: Any) -> Person:
        """Returns who holds a phone (`Person`): code, refusal, and what happens meanwhile."""
        return Person(**words)

    def forget(self, phone: Phone) -> None:
        """Leaves a phone out of what is required at the end: it is a stranger's, or lost."""
        self._others.phones.remove(phone)

    def line(self, number: int, *servers: DirectSmdpp, **changed: Any) -> Line:
        """Returns a line that an operator sells; the servers hear of each event of its Profile.

        Raises:
            NotApplicable: its Profile has policy rules that the card does not allow, or that
                nothing could lift again; or the card has no memory for it.
        """
        self._given.rules_allowed(frozenset(changed.get("ppr") or ()))
        profile = sold(number, *(one.address for one in servers), **changed)
        self._given.owner_allowed(profile)
        self._given.room_for(profile)
        return Line(profile)

    def ends(self, *, unreported: tuple[str, ...] = ()) -> None:
        """Requires what is true at the end of every story, and notes its steps with their times.

        At most one Profile is Enabled on each card; no Notification waits that its server could
        have had, and each one was accepted; card and server agree on what is installed; and no
        EID or ICCID stands in the words of the story.

        Args:
            unreported: Verdicts of the servers on Notifications, beside ACCEPTED, that the story
                is about.

        Raises:
            ExpectationError: one of them is not so.
        """
        with self._case.steps("Afterwards: what is true at the end of every story"):
            for phone in self._others.phones:
                self._require_delivered(phone)
                listed = [one.profile_state for one in phone.listed]
                at_most = listed.count(ProfileState.enabled) <= 1
                expect.that(
                    holds=at_most,
                    expected=f"at most one Profile Enabled on the card of {phone.name}",
                    actual=f"{listed.count(ProfileState.enabled)}",
                )
            verdicts = {one.verdict for server in self._others.servers for one in server.receipts}
            expect.equal(sorted(verdicts - {_ACCEPTED, *unreported}), [], "other verdicts")
            self._require_agreement()
            words = " ".join((*(one.title for one in self._case.steps.steps),))
            found = _IDENTITY.findall(" ".join(_IDENTITY.findall(words)))
            expect.equal(found, [], "EIDs and ICCIDs in the words of the story")
        self._note()

    def remember_secrets(self) -> None:
        """Adds the session keys of its servers to what the answers of the card are searched for."""
        for server in self._others.servers:
            for keys in server.session_keys:
                remember_keys(self._cards.first.secrets, keys)

    def _require_delivered(self, phone: Phone) -> None:
        failed = [one.error for one in phone.deliver() if one.error is not None]
        expect.equal(failed, [], f"Notifications of {phone.name} that were not delivered")
        left = [one.metadata.seq_number for one in phone.waiting]
        expect.equal(left, [], f"Notifications of {phone.name} that wait")

    def _require_agreement(self) -> None:
        """Requires the servers to have as installed what is on the cards, and nothing else."""
        own = {phone.eid for phone in self._others.phones}
        booked = {
            (one.bound_to, one.iccid)
            for server in self._others.servers
            for one in server.orders
            if one.state == "Installed" and one.bound_to in own
        }
        there = {(phone.eid, str(iccid)) for phone in self._others.phones for iccid in phone.iccids}
        expect.equal(_short(booked), _short(there), "installed at the servers and on the cards")

    def _note(self) -> None:
        steps = [one for one in self._others.steps if not one.depth]
        parts = [f"{one.title} {one.elapsed_ms:.0f} ms" for one in steps]
        total = sum(one.elapsed_ms for one in steps)
        self._case.steps.note(f"{self._case.title} {'; '.join(parts)}; in all {total:.0f} ms")


def _short(pairs: set[tuple[str, str]]) -> list[str]:
    """Returns EID and ICCID of each by their last digits, for a message."""
    return sorted(f"…{eid[-4:]} …{iccid[-6:]}" for eid, iccid in pairs)
