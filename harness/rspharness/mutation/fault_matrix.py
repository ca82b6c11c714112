"""The mutation matrix: every fault of the simulated card against every case it can reach.

A case runs once on a sound card that records what it decides, then on a card with each fault that
can reach it (`reach`). What changes is the fault's neighbourhood. It is held against what is
declared in `fixtures/mutants/neighbourhoods.json`: a fault that no case notices is a missing test,
a requirement that changes outside the declared neighbourhood is a surprise, and the requirements a
fault names in its own `breaks` have to be among those that change.

The matrix of a run is written to its report folder, as `mutants.html` to read and as `mutants.json`
in the form of the declared one (`neighbourhoods`): copied over it, it declares what was found.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import pytest
from _pytest.runner import runtestprotocol

from rspcore.errors import ConfigError
from rspharness.mutation.fault_kills import copied
from rspharness.mutation.fault_reach import reaching
from rspharness.mutation.matrix_file import Matrix, read, write
from rspharness.mutation.replay_card import ReplayingEuicc, Script, following
from rspharness.record.verdicts import Verdict
from rspharness.report.fault_page import FaultRow, write_faults
from rspharness.run.case_state import CaseState
from rspharness.run.collection import Collected
from rspharness.simulated.inprocess import SimulatedCards
from rspharness.simulated.recording_card import Log, started
from rspsim.faults.card import FAULTS
from rspsim.faults.card.card_fault import CardFault

__all__ = [
    "DECLARED",
    "Neighbourhoods",
    "differences",
    "merged",
    "require_declared",
    "write_matrix",
]

DECLARED: Final = "fixtures/mutants/neighbourhoods.json"

_SOUND: Final = frozenset({Verdict.PASS, Verdict.PROBE})


Seen = tuple[Verdict | None, str]
"""What a case came to: its verdict, and what it expected and did not get."""


class _Watched(dict[Hashable, object]):
    """Kept states of a card that remember which of them a case asked for.

    Attributes:
        asked: Those the running case asked for.
        ways: Names of the faults that can change the way to each.
        same: Whether a faulty card comes to the same state, by state and fault.
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
    """Hold the records of a case.

    Attributes:
        way: With the way to its initial conditions.
        here: From a kept state on.
    """

    way: _Record
    here: _Record


@dataclass(slots=True)
class Neighbourhoods:
    """Run cases with their mutants, and remember what was learned about initial conditions.

    A simulated target keeps the state that initial conditions lead to. So a case is recorded from
    there on, and the way to each kept state once. A fault met only on the way matters to a case
    when it leads to another state: that is found out once for each state and fault.

    Attributes:
        collected: The cases of the run.
        state_of: Gives the state of a case that ran.
        matrix: The requirements that changed, by fault.
        tried: The requirements whose case was sound, and so could change.
    """

    collected: Collected
    state_of: Callable[[pytest.Item], CaseState | None]
    matrix: Matrix = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let faulty cards take over what they would do the same."""
        SimulatedCards.kind = ReplayingEuicc

    def surround(self, item: pytest.Function, following: pytest.Item | None) -> None:
        """Run a case on the recording card, then on every faulty card that can change it."""
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        sibling = copied(item, "next")
        kept = self._kept(item)
        way = self._learn_the_way(item, sibling, kept)
        kept.asked.clear()
        record = started()
        runtestprotocol(item, log=True, nextitem=sibling)
        sound = _seen(self.state_of(item))
        if sound is not None and sound[0] in _SOUND:
            self.tried.extend(self._ids(item))
            self._try_faults(item, sibling, _Records(way, _Record(record)), sound, kept)
        item.session._setupstate.teardown_exact(following)  # noqa: SLF001  as pytest's runner ends
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def _kept(self, item: pytest.Function) -> _Watched:
        """Return the kept states of the card a case runs on."""
        run = self.collected.sound_run_of(item.nodeid)
        if not isinstance(run.kept, _Watched):
            run.kept = _Watched()
        return run.kept

    def _learn_the_way(
        self, item: pytest.Function, sibling: pytest.Function, kept: _Watched
    ) -> _Record:
        """Run the case once from the beginning; returns what the card did."""
        before = set(kept)
        record = started()
        first = copied(item, "first")
        self.collected.adopt(first.nodeid, item.nodeid, "")
        runtestprotocol(first, log=False, nextitem=sibling)
        way = _Record(record)
        if new := set(kept) - before:
            kept.ways.update(dict.fromkeys(new, frozenset(way.changes)))
        return way

    def _try_faults(
        self,
        item: pytest.Function,
        sibling: pytest.Function,
        records: _Records,
        sound: Seen,
        kept: _Watched,
    ) -> None:
        asked = kept.asked & set(kept.ways)
        here = records.here.changes
        for fault in FAULTS:
            on_the_way = {key for key in asked if fault.name in kept.ways[key]}
            unsure = {key for key in on_the_way if kept.same.get((key, fault.name)) is not True}
            if fault.name not in here and not unsure:
                continue
            mutant = copied(item, fault.name)
            self.collected.adopt(mutant.nodeid, item.nodeid, fault.name)
            run = self.collected.run_of(mutant.nodeid)
            run.kept.update({key: kept[key] for key in asked - on_the_way})
            lacking = any(key not in run.kept for key in asked)
            record = records.way if lacking else records.here
            with following(record.script(fault)):
                runtestprotocol(mutant, log=False, nextitem=sibling)
            for key in on_the_way:
                same = kept.same[key, fault.name] = run.kept.get(key) == kept[key]
                if same:
                    run.kept[key] = kept[key]
            if _seen(self.state_of(mutant)) != sound:
                self.matrix.setdefault(fault.name, []).extend(self._ids(item))

    def _ids(self, item: pytest.Function) -> list[str]:
        """Return the requirements of a case that apply to its card."""
        case = self.state_of(item)
        return [] if case is None else [name for name in case.ids if name not in case.excused]


def _seen(case: CaseState | None) -> Seen | None:
    return None if case is None else (case.verdict, case.expected)


def merged(matrices: list[Matrix]) -> Matrix:
    """Return the matrix of all processes together, in order."""
    joined: dict[str, set[str]] = {}
    for matrix in matrices:
        for fault, ids in matrix.items():
            joined.setdefault(fault, set()).update(ids)
    return {fault.name: sorted(joined.get(fault.name, ())) for fault in FAULTS}


def write_matrix(folder: Path, matrix: Mapping[str, list[str]]) -> None:
    """Write the matrix of a run into its report folder: mutants.json, and mutants.html to read."""
    write(folder / "mutants.json", matrix)
    rows = [
        FaultRow(
            name=fault.name,
            summary=fault.summary,
            breaks=fault.breaks,
            changed=tuple(matrix[fault.name]),
        )
        for fault in FAULTS
    ]
    write_faults(rows, folder / "mutants.html")


def require_declared(root: Path) -> None:
    """Require the declared neighbourhoods, before a run of minutes.

    Raises:
        pytest.UsageError: they are not there, or cannot be read.
    """
    try:
        read(root / DECLARED)
    except ConfigError as error:
        raise pytest.UsageError(f"{error}; {{}} declares nothing") from error


def differences(
    root: Path, matrix: Mapping[str, list[str]], tried: Collection[str]
) -> Iterator[str]:
    """Yield what is not as declared, in words; nothing when all is well.

    Args:
        root: Folder of the fixtures' folder.
        matrix: What changed in the run.
        tried: Requirements that could change in it; others ask for another target.

    Raises:
        ConfigError: what is declared is not there, or cannot be read.
    """
    declared = read(root / DECLARED)
    for fault in FAULTS:
        found = set(matrix[fault.name])
        named = set(fault.breaks) & set(tried)
        if not found and named:
            yield f"{fault.name} survives every case"
            continue
        missing = sorted(named - found)
        if missing:
            yield f"{fault.name} does not break {', '.join(missing)}"
        surprising = sorted(found - set(declared.get(fault.name, ())))
        if surprising:
            yield (
                f"{fault.name} changes, outside its neighbourhood, {', '.join(surprising)}; "
                f"when that is meant, copy mutants.json of a whole run over {DECLARED}"
            )
