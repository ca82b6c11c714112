"""The fault matrix: every card fault against every case it can reach.

A case runs once on a sound card that records what it decides, then on a card with each fault that
can reach it (`fault_reach`). What changes is the effect of the fault.

A simulated target keeps the state that initial conditions lead to. So a case is recorded from that
state on, and the way to each kept state is recorded once. A fault that acts only on the way changes
a case when it leads to another state; that is determined once for each state and fault.
"""

from collections.abc import Hashable, Iterator
from dataclasses import field
from functools import cached_property, partial
from typing import Final

import pytest

from rspcore.frozen import dataclass
from rspharness.mutation.case_copies import CaseCopies, run_quietly
from rspharness.mutation.fault_reach import reaching
from rspharness.mutation.matrix_file import Matrix
from rspharness.mutation.replay_card import Player, Script
from rspharness.record.verdicts import Verdict
from rspharness.run.collection import Collected
from rspharness.run.run import Run
from rspharness.run.stash import case_of
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.simulated.recording_card import Log, Recorder
from rspsim.faults.card.card_fault import CardFault
from rspsim.faults.registry import card_fault, card_faults

__all__ = ["FaultMatrix"]

_SOUND: Final = frozenset({Verdict.PASS, Verdict.PROBE})
_FROM_THE_BEGINNING: Final = "way"
_FROM_A_KEPT_STATE: Final = "here"

Seen = tuple[Verdict | None, str]
"""The result of a case: its verdict, and what it expected and did not get."""


class _KeptStates(dict[Hashable, object]):
    """The kept states of a card, with a record of which of them a case asked for.

    Attributes:
        asked: Those the running case asked for.
        ways: Names of the faults that can change the way to each.
        same: Whether a faulty card reaches the same state, by state and fault.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[Hashable] = set()
        self.ways: dict[Hashable, frozenset[str]] = {}
        self.same: dict[tuple[Hashable, str], bool] = {}

    def __contains__(self, key: object) -> bool:
        self.asked.add(key)
        return super().__contains__(key)


class _Record:
    """What the sound card did in a case, and where each fault first changes it."""

    def __init__(self, log: Log) -> None:
        self._log = log

    @cached_property
    def changes(self) -> dict[str, int]:
        return reaching(self._log)

    def script(self, fault: CardFault) -> Script:
        return Script(self._log, fault, self.changes.get(fault.name, len(self._log)))


@dataclass(frozen=True, slots=True)
class _Records:
    """The records of a case: with the way to its initial conditions, and from a kept state on."""

    way: _Record
    here: _Record


@dataclass(frozen=True, slots=True)
class _Trial:
    """A fault to try on a case.

    Attributes:
        fault: The fault.
        on_the_way: Kept states of the case whose way the fault can change.
    """

    fault: CardFault
    on_the_way: frozenset[Hashable]


@dataclass(slots=True)
class FaultMatrix:
    """Runs cases on faulty cards and keeps what changed.

    Attributes:
        collected: The cases of the run; their runs get cards that record.
        copies: Makes the copies of a case that run on other cards.
        matrix: The requirements that changed, by fault.
        tried: The requirements whose case passed on the sound card, so a fault can change them.
    """

    collected: Collected
    copies: CaseCopies
    matrix: Matrix = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)
    _recorder: Recorder = field(default_factory=Recorder)
    _players: dict[tuple[int, str], Player] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Makes cases run on cards that record, and their copies on cards that follow a record."""
        opens = partial(InProcessTarget, make=self._recorder)
        self.collected.runs = [run.recorded(opens) for run in self.collected.runs]
        self.collected.faulty_run = self._faulty_run

    def _faulty_run(self, sound: Run, name: str) -> Run:
        player = self._player(sound, card_fault(name))
        return sound.with_fault(name, partial(InProcessTarget, make=player))

    def _player(self, sound: Run, fault: CardFault) -> Player:
        """Returns the player that makes the cards of a run with a fault."""
        key = self.collected.runs.index(sound), fault.name
        if key not in self._players:
            self._players[key] = Player(fault)
        return self._players[key]

    def run_copies(self, item: pytest.Function) -> None:
        """Runs copies of a case: on the sound card, then on every faulty card that can change it.

        Nothing is reported. The case itself has to run next.
        """
        kept = self._kept(item)
        way, here = self.copies.of(item, (_FROM_THE_BEGINNING, _FROM_A_KEPT_STATE))
        records = _Records(self._record_way(item, way, kept), self._record(item, here, kept))
        sound = _seen(here)
        if sound is not None and sound[0] in _SOUND:
            ids = _applicable(here)
            self.tried.extend(ids)
            for name in self._changed_by(item, records, sound, kept):
                self.matrix.setdefault(name, []).extend(ids)

    def _kept(self, item: pytest.Function) -> _KeptStates:
        """Returns the kept states of the card a case runs on."""
        run = self.collected.sound_run_of(item.nodeid)
        if not isinstance(run.kept, _KeptStates):
            run.kept = _KeptStates()
        return run.kept

    def _record_way(
        self, item: pytest.Function, way: pytest.Function, kept: _KeptStates
    ) -> _Record:
        """Runs the case once from the beginning; returns what the card did."""
        before = set(kept)
        record = self._record(item, way, kept)
        if new := set(kept) - before:
            kept.ways.update(dict.fromkeys(new, frozenset(record.changes)))
        return record

    def _record(self, item: pytest.Function, one: pytest.Function, kept: _KeptStates) -> _Record:
        """Runs a copy on the sound card; returns what the card did."""
        kept.asked.clear()
        log = self._recorder.started()
        self.collected.adopt(one, item.nodeid, "")
        run_quietly(one, item)
        return _Record(log)

    def _changed_by(
        self, item: pytest.Function, records: _Records, sound: Seen, kept: _KeptStates
    ) -> Iterator[str]:
        """Runs the case on faulty cards; yields the names of the faults that change it."""
        asked = kept.asked & set(kept.ways)
        trials = list(_trials(records.here, kept, asked))
        copies = self.copies.of(item, [trial.fault.name for trial in trials])
        for trial, one in zip(trials, copies, strict=True):
            name = trial.fault.name
            self.collected.adopt(one, item.nodeid, name)
            run = self.collected.run_of(one.nodeid)
            run.kept.update({key: kept[key] for key in asked - trial.on_the_way})
            lacking = any(key not in run.kept for key in asked)
            record = records.way if lacking else records.here
            player = self._player(self.collected.sound_run_of(item.nodeid), trial.fault)
            with player.following(record.script(trial.fault)):
                run_quietly(one, item)
            for key in trial.on_the_way:
                same = kept.same[key, name] = run.kept.get(key) == kept[key]
                if same:
                    run.kept[key] = kept[key]
            if _seen(one) != sound:
                yield name


def _trials(here: _Record, kept: _KeptStates, asked: set[Hashable]) -> Iterator[_Trial]:
    """Yields the faults that can change a case: from a kept state on, or on the way to it."""
    for fault in card_faults():
        on_the_way = frozenset(key for key in asked if fault.name in kept.ways[key])
        unsure = any(kept.same.get((key, fault.name)) is not True for key in on_the_way)
        if fault.name in here.changes or unsure:
            yield _Trial(fault, on_the_way)


def _seen(item: pytest.Item) -> Seen | None:
    case = case_of(item)
    return None if case is None else (case.verdict, case.expected)


def _applicable(item: pytest.Item) -> list[str]:
    """Returns the requirements of a case that apply to its card."""
    case = case_of(item)
    return [] if case is None else [name for name in case.ids if name not in case.excused]
