"""Collection: which cases there are, whether their ids are known, and which ones are wanted."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, RspError
from rspcore.ids import Eid
from rspharness.cases import Level
from rspharness.requirements import Catalogue, Requirement
from rspharness.run import Run, RunOptions
from rspharness.targets.opening import load_settings
from rspharness.targets.target import RECORDED

__all__ = ["CaseIds", "Collected", "choose", "collect", "make_run"]


@dataclass(frozen=True, slots=True)
class CaseIds:
    """Hold what the markers of one test function say.

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
    """Hold the cases of a run by node id, chosen or not.

    Attributes:
        catalogue: The requirements.
        cases: Cases by node id.
        runs: The run by the fault of its card; the one asked for under the empty name.
        unasked: Faults that no case looks for, in words; filled when mutants are run.
        matrix: Requirements that change under a fault; filled when the matrix is run.
        tried: Requirements that could change; likewise.
    """

    catalogue: Catalogue
    cases: dict[str, CaseIds] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    unasked: list[str] = field(default_factory=list)
    matrix: dict[str, list[str]] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)

    def adopt(self, nodeid: str, model: str, fault: str) -> None:
        """Take in a copy of a case that runs on a card with a fault."""
        self.cases[nodeid] = replace(self.cases[model], fault=fault)

    def run_of(self, nodeid: str) -> Run | None:
        """Return the run a case belongs to, made when first asked for; None for other tests."""
        case = self.cases.get(nodeid)
        if case is None:
            return None
        if case.fault not in self.runs:
            options = replace(self.runs[""].options, card_fault=case.fault)
            self.runs[case.fault] = Run(options)
        return self.runs[case.fault]

    @property
    def ids(self) -> list[str]:
        """Return the ids that have a case, each once, in the order of the catalogue."""
        have = {row.id for case in self.cases.values() for row in case.requirements}
        return [row.id for row in self.catalogue if row.id in have]


def collect(config: pytest.Config, items: list[pytest.Item]) -> Collected:
    """Read the markers of all cases.

    Raises:
        pytest.UsageError: an unknown id, the same id in two test functions, or a test that asks for
            a card and has no id; each is named.
    """
    try:
        collected = Collected(Catalogue.load(catalogue_path(config)))
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from error
    faults: list[str] = []
    owners: dict[str, set[str]] = defaultdict(set)
    for item in items:
        marks = list(item.iter_markers("testcase"))
        if not marks:
            if "card" in getattr(item, "fixturenames", ()):
                faults.append(f"{item.nodeid}: uses a card, but has no @testcase id")
            continue
        ids = [name for mark in reversed(marks) for name in mark.args]
        for name in ids:
            if name not in collected.catalogue:
                faults.append(f"{item.nodeid}: {name} is not in the catalogue of requirements")
            owners[name].add(item.nodeid.partition("[")[0])
        rows = tuple(collected.catalogue[name] for name in ids if name in collected.catalogue)
        level = Level(marks[0].kwargs.get("level", Level.PROFILES))
        if isinstance(item, pytest.Function):
            item.fixturenames.insert(0, "case_state")
        collected.cases[item.nodeid] = CaseIds(rows, level)
    faults += [
        f"{name}: claimed by {' and by '.join(sorted(nodes))}"
        for name, nodes in owners.items()
        if len(nodes) > 1
    ]
    if faults:
        raise pytest.UsageError("\n".join(faults))
    return collected


def catalogue_path(config: pytest.Config) -> Path:
    """Return the path of the catalogue: the option, or the project's own."""
    given = config.getoption("--requirements")
    return Path(given) if given else config.rootpath / "fixtures" / "requirements" / "euicc.csv"


def choose(
    items: list[pytest.Item], wanted: list[str]
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Split the items into those that --case asks for and the rest; no --case asks for all."""
    if not wanted:
        return items, []
    chosen: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        ids = [name for mark in item.iter_markers("testcase") for name in mark.args]
        match = any(fnmatchcase(name, pattern) for name in ids for pattern in wanted)
        (chosen if match else left).append(item)
    return chosen, left


def make_run(config: pytest.Config) -> Run:
    """Turn the command line into a run; the card is not touched yet.

    Raises:
        pytest.UsageError: an option does not fit.
    """
    try:
        options = _options(config)
        settings = load_settings(options.target, options.reader)
    except (RspError, ValueError) as error:
        raise pytest.UsageError(str(error)) from error
    if settings.kind == "pcsc":
        if options.level not in ("", Level.READ_ONLY) and options.eid is None:
            raise pytest.UsageError(
                f"--level {options.level} on a card in a reader needs --eid, so that no other card "
                "is changed by mistake"
            )
        if hasattr(config, "workerinput"):
            raise pytest.UsageError("one card in one reader: run without -n")
    return Run(options)


def _options(config: pytest.Config) -> RunOptions:
    eid, pki, level = (config.getoption(name) for name in ("--eid", "--pki", "--level"))
    worker: str = getattr(config, "workerinput", {}).get("workerid", "gw0")
    matrix = config.getoption("--mutant-matrix")
    return RunOptions(
        target=config.getoption("--target"),
        reader=config.getoption("--reader"),
        eid=Eid.from_digits(eid) if eid else None,
        level=str(Level(level)) if level else "",
        pki=Path(pki) if pki else None,
        personality=config.getoption("--personality"),
        card_fault=RECORDED if matrix else config.getoption("--card-fault"),
        curve=Curve(config.getoption("--curve")),
        seed=config.getoption("--seed"),
        slot=int(worker.removeprefix("gw")),
        parallel=hasattr(config, "workerinput"),
        started=datetime.now(tz=UTC),  # noqa: TID251  certificates are checked at the real time
    )
