"""Collection: which cases exist, whether their ids are known, and which of them are to run."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import field
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass, replace
from rspharness.record.catalogue import Catalogue, Requirement
from rspharness.record.testcase import Level
from rspharness.record.verdicts import Inconclusive
from rspharness.run.applicability import excuses
from rspharness.run.declaration.declared_names import require_known_cases
from rspharness.run.option_values import value
from rspharness.run.run import NoCardError, Run

__all__ = [
    "CaseIds",
    "Collected",
    "catalogue_path",
    "choose",
    "collect",
    "ordered",
    "shard",
]

CATALOGUES: Final = {"smdpp": "smdpp.csv", "smds": "smds.csv", "lpa": "lpa.csv"}
"""The catalogue of each product that is no card, by its option."""


@dataclass(frozen=True, slots=True)
class CaseIds:
    """What the markers of one test function declare.

    Attributes:
        requirements: Rows of the catalogue.
        level: What the case may do to a card.
        fault: Fault of the simulated card that the case has to find, or empty.
    """

    requirements: tuple[Requirement, ...]
    level: Level
    fault: str = ""


@dataclass(slots=True)
class Collected:
    """Every case of a run by node id, whether chosen or not.

    Attributes:
        catalogue: The requirements.
        cases: Cases by node id.
        runs: The requested run, then one for each card of --also.
        further: The runs of further cards in readers, for cases that need more than one.
        kind: Kind of the requested target.
        faulty_run: Makes the run of the same card with a fault, by its name.
        left_out: Ids of the cases in files that were not collected, because none was asked for.
        elsewhere: Ids of the cases for other products, which the catalogue may have as well.
    """

    catalogue: Catalogue
    cases: dict[str, CaseIds] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    further: list[Run] = field(default_factory=list)
    kind: str = ""
    faulty_run: Callable[[Run, str], Run] = Run.with_fault
    left_out: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    _places: dict[tuple[Requirement, ...], int] = field(default_factory=dict)
    _faulty: dict[tuple[int, str], Run] = field(default_factory=dict)

    def adopt(self, copy: pytest.Function, model: str, fault: str) -> None:
        """Adds a copy of a case, to run on a card with a fault or on the sound one."""
        _guard(copy)
        self.cases[copy.nodeid] = replace(self.cases[model], fault=fault)

    def run_of(self, nodeid: str) -> Run:
        """Returns the run a case belongs to; makes it on first use."""
        case = self.cases[nodeid]
        place = self._place(case.requirements)
        if not case.fault:
            return self.runs[place]
        if (place, case.fault) not in self._faulty:
            self._faulty[place, case.fault] = self.faulty_run(self.runs[place], case.fault)
        return self._faulty[place, case.fault]

    def sound_run_of(self, nodeid: str) -> Run:
        """Returns the run of a case on the card without its fault."""
        return self.runs[self._place(self.cases[nodeid].requirements)]

    def put_back(self) -> None:
        """Puts every real card back to what it was before the run."""
        for run in (*self.runs, *self.further):
            run.put_back()

    def close(self) -> None:
        """Closes every target."""
        for run in (*self.runs, *self.further, *self._faulty.values()):
            run.close()

    def _place(self, requirements: tuple[Requirement, ...]) -> int:
        """Returns the place of the first card to which most of these requirements apply."""
        if len(self.runs) == 1:
            return 0
        if requirements not in self._places:
            self._places[requirements] = self._best_place(requirements)
        return self._places[requirements]

    def _best_place(self, requirements: tuple[Requirement, ...]) -> int:
        try:
            excused = [len(excuses(run, requirements)) for run in self.runs]
        except (Inconclusive, NoCardError):
            return 0  # the card cannot be read; the case itself reports that
        return excused.index(min(excused))

    @property
    def ids(self) -> list[str]:
        """Returns the ids that have a case, each once, in the order of the catalogue."""
        have = {row.id for case in self.cases.values() for row in case.requirements}
        have |= self.left_out | self.elsewhere
        return [row.id for row in self.catalogue if row.id in have]


def collect(
    config: pytest.Config, items: list[pytest.Item], left_out: frozenset[str] = frozenset()
) -> Collected:
    """Reads the markers of all cases.

    Args:
        config: The run.
        items: What was collected.
        left_out: Ids of cases in files that were not.

    Raises:
        pytest.UsageError: an unknown id, the same id in two test functions, or a test that uses
            a card and has no id; each is named.
    """
    try:
        collected = Collected(Catalogue.load(catalogue_path(config)), left_out=left_out)
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from error
    mistakes: list[str] = []
    owners: dict[str, set[str]] = defaultdict(set)
    for item in items:
        marks = list(item.iter_markers("testcase"))
        if not marks:
            if "card" in getattr(item, "fixturenames", ()):
                mistakes.append(f"{item.nodeid}: uses a card, but has no @testcase id")
            continue
        ids = [name for mark in reversed(marks) for name in mark.args]
        for name in ids:
            if name not in collected.catalogue:
                mistakes.append(f"{item.nodeid}: {name} is not in the catalogue of requirements")
            owners[name].add(item.nodeid.partition("[")[0])
        rows = tuple(collected.catalogue[name] for name in ids if name in collected.catalogue)
        level = Level(marks[0].kwargs.get("level", Level.PROFILES))
        if isinstance(item, pytest.Function):
            _guard(item)
        collected.cases[item.nodeid] = CaseIds(rows, level)
    mistakes += [
        f"{name}: claimed by {' and by '.join(sorted(nodes))}"
        for name, nodes in owners.items()
        if len(nodes) > 1
    ]
    if mistakes:
        raise pytest.UsageError("\n".join(mistakes))
    return collected


def _guard(item: pytest.Function) -> None:
    """Adds the fixture that skips a case before the others, so that nothing is sent for it."""
    if "case_state" not in item.fixturenames:
        item.fixturenames.insert(0, "case_state")


def catalogue_path(config: pytest.Config) -> Path:
    """Returns the path of the catalogue: the option, or the project's own."""
    given = value(config, "requirements")
    path = Path(given) if given else config.rootpath / "fixtures" / "requirements"
    file = next((file for name, file in CATALOGUES.items() if value(config, name)), "")
    return path / file if path.is_dir() else path


def ordered(items: list[pytest.Item], collected: Collected, seed: str = "") -> list[pytest.Item]:
    """Returns the items in the order to run them, what leaves what nothing can undo at the end.

    Args:
        items: The items in the order of the files.
        collected: What is known of them.
        seed: Seed of another order, empty for that of the files. The same items and the same seed
            give the same order.
    """
    if seed:
        items = sorted(items, key=lambda item: sha256(f"{seed} {item.nodeid}".encode()).digest())
    last = {name for name, case in collected.cases.items() if case.level is Level.IRREVERSIBLE}
    return sorted(items, key=lambda item: item.nodeid in last)


def choose(
    items: list[pytest.Item], wanted: list[str], left_out: frozenset[str] = frozenset()
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Splits the items into those that --case selects and the rest; without --case all run.

    Raises:
        pytest.UsageError: --case names something that is no case; what comes near is named.
    """
    if not wanted:
        return items, []
    known = {name for item in items for mark in item.iter_markers("testcase") for name in mark.args}
    known |= left_out
    try:
        require_known_cases(wanted, known)
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from error
    chosen: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        ids = [name for mark in item.iter_markers("testcase") for name in mark.args]
        match = any(fnmatchcase(name, pattern) for name in ids for pattern in wanted)
        (chosen if match else left).append(item)
    return chosen, left


def shard(items: list[pytest.Item], part: str) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Returns the cases of one part and those of the others, each in their order.

    A case is in the part that the hash of its node id falls into, so that new cases move no other.

    Args:
        items: The cases.
        part: Such as `1/4`; empty for all.

    Raises:
        pytest.UsageError: it is no part of a number.
    """
    if not part:
        return items, []
    number, _, parts = part.partition("/")
    if not (number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts)):
        raise pytest.UsageError(f"--shard {part!r}: expected a part of so many, such as 1/4")
    here: list[pytest.Item] = []
    elsewhere: list[pytest.Item] = []
    for item in items:
        hashed = int.from_bytes(sha256(item.nodeid.encode()).digest()[:8], "big")
        (here if hashed % int(parts) == int(number) - 1 else elsewhere).append(item)
    return here, elsewhere
