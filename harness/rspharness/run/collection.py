"""Collection: which cases exist, whether their ids are known, and which of them are to run."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, LocalError, RspError
from rspcore.ids import Eid
from rspharness.record.catalogue import Catalogue, Requirement
from rspharness.record.testcase import Level
from rspharness.record.verdicts import Inconclusive
from rspharness.run.applicability import excuses
from rspharness.run.declared_names import require_known_cases, require_known_names
from rspharness.run.opening import load_settings
from rspharness.run.option_values import ini_key, long_option, value, values, variable
from rspharness.run.recorded_run import as_recorded
from rspharness.run.run import NoCardError, Run, RunOptions
from rspharness.targets.isdr_aids import parse_aid
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions

__all__ = [
    "ONE_CARD",
    "CaseIds",
    "Collected",
    "catalogue_path",
    "choose",
    "collect",
    "given_options",
    "make_runs",
    "ordered",
    "shard",
]

CATALOGUES: Final = {"smdpp": "smdpp.csv", "smds": "smds.csv", "lpa": "lpa.csv"}
"""The catalogue of each product that is no card, by its option."""
ONE_CARD: Final = ("kept", "pcsc", "at", "replay")
"""Kinds of targets with the same card for every case."""
REAL: Final = ("pcsc", "at")
"""Kinds of targets with a card that nobody can make anew."""


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
        kind: Kind of the requested target.
        faulty_run: Makes the run of the same card with a fault, by its name.
        left_out: Ids of the cases in files that were not collected, because none was asked for.
    """

    catalogue: Catalogue
    cases: dict[str, CaseIds] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    kind: str = ""
    faulty_run: Callable[[Run, str], Run] = Run.with_fault
    left_out: frozenset[str] = frozenset()
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
        for run in self.runs:
            run.put_back()

    def close(self) -> None:
        """Closes every target."""
        for run in (*self.runs, *self._faulty.values()):
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
        have |= self.left_out
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


def make_runs(config: pytest.Config, collected: Collected) -> None:
    """Makes the run that the command line asks for, and one for each card of --also.

    Nothing is sent to a card yet.

    Raises:
        pytest.UsageError: an option does not fit.
    """
    try:
        options, settings = _options(config)
        others = [_other(path) for path in _target_files(values(config, "also"))]
        hostile = False
        for file in (options.target, *others):
            declared = load_settings(file)
            require_known_names(declared, collected.catalogue, file)
            _require_card(declared, file)
        if options.card_fault:
            hostile = _require_fault(options.card_fault, settings.kind)
    except (RspError, ValueError) as error:
        raise pytest.UsageError(str(error)) from error
    if (settings.kind == "kept") is (options.state is None):
        raise pytest.UsageError("--target kept and --state FILE go together")
    if settings.kind in ONE_CARD or hostile:
        if others:
            raise pytest.UsageError("--also adds simulated cards, to a simulated one")
        if any(config.getoption(long_option(name)) for name in ("kills", "matrix")):
            raise pytest.UsageError("--kills and --matrix need a new simulated card for each case")
        if hasattr(config, "workerinput"):
            raise pytest.UsageError("one card for all cases: run without -n")
    changing = options.level not in ("", Level.READ_ONLY)
    if settings.kind in REAL and changing and options.eid is None:
        raise pytest.UsageError(
            f"--level {options.level} on a card in a reader needs --eid, so that no other card "
            "is changed by mistake"
        )
    _require_recordable(config, options, settings)
    further = (Run(replace(options, target=path, reader="", record=None)) for path in others)
    collected.runs = [Run(options), *further]
    collected.kind = settings.kind


def _require_recordable(
    config: pytest.Config, options: RunOptions, settings: TargetSettings
) -> None:
    """Requires a run whose recording can be replayed.

    Raises:
        pytest.UsageError: several processes, faulty cards, or changes of a card that is kept.
    """
    if options.record is None:
        return
    if any(config.getoption(long_option(name)) for name in ("kills", "matrix")):
        raise pytest.UsageError("--record: not with --kills or --matrix")
    if options.parallel:
        raise pytest.UsageError("--record: one file is written by one process; run without -n")
    if settings.kind in ONE_CARD and options.level not in ("", Level.READ_ONLY):
        raise pytest.UsageError(
            "--record: of a card that is kept, what only reads is recorded; leave --level out"
        )


def _require_card(settings: TargetSettings, file: str) -> None:
    """Requires the table [card] of a target file to describe a card that can be made.

    Raises:
        ConfigError: a word of it is unknown, or there is one for a card that is not simulated.
    """
    if not settings.card:
        return
    if settings.kind in REAL:
        raise ConfigError(
            f"target file {file}: [card] is for simulated cards, and kind is {settings.kind}"
        )
    from rspcore.pki.generate import make_pki  # noqa: PLC0415  only for such a file
    from rspharness.simulated.inprocess import first_state  # noqa: PLC0415  likewise
    from rspharness.simulated.used_card import used_state  # noqa: PLC0415  likewise

    made = used_state if settings.kind == "kept" else first_state
    try:
        made(TargetOptions(settings=settings, pki=make_pki()))
    except RspError as error:
        raise ConfigError(f"target file {file}: {error}") from error


def _require_fault(name: str, kind: str) -> bool:
    """Requires a card fault to be known; returns whether it is a hostile card.

    Raises:
        ConfigError: a hostile card, and the target is neither `inprocess` nor `kept`.
        LocalError: there is none of this name; the message names those that come near.
    """
    from rspharness.simulated.hostile import is_hostile, require_hostile  # noqa: PLC0415  as below
    from rspharness.simulated.inprocess import maker_with  # noqa: PLC0415  only where it is named

    if is_hostile(name):
        require_hostile(name)
        if kind not in ("inprocess", "kept"):
            raise ConfigError(
                f"--card-fault {name}: a hostile card needs --target inprocess or kept"
            )
        return True
    maker_with(name)
    return False


def _server_fault(name: str) -> str:
    """Returns the name of a server fault for users' stories, or an empty one.

    Raises:
        LocalError: there is none of this name, or it acts on a connection, which a story has not.
    """
    if not name:
        return ""
    from rspharness.simulated.direct_smdpp import story_fault  # noqa: PLC0415  where it is named

    return story_fault(name).name


def _target_files(named: list[str]) -> Iterator[Path]:
    """Yields each named target file, and those in each named folder.

    Raises:
        ConfigError: a folder has none.
    """
    for text in named:
        path = Path(text)
        if path.is_dir():
            files = sorted(path.glob("*.toml"))
            if not files:
                raise ConfigError(f"--also {path}: no target file (*.toml) in this folder")
            yield from files
        else:
            yield path


def _other(path: Path) -> str:
    """Returns the path of a target file for --also.

    Raises:
        ConfigError: not readable, or not a simulated card called directly.
    """
    kind = load_settings(str(path)).kind
    if kind != "inprocess":
        raise ConfigError(f'--also {path}: expected a card of kind "inprocess", not {kind!r}')
    return str(path)


def _number(text: str) -> int | None:
    """Returns the number of --change-limit, None without it.

    Raises:
        LocalError: no number.
    """
    if not text:
        return None
    if not text.isdecimal():
        raise LocalError(f"--change-limit {text!r}: expected a number of commands")
    return int(text)


def _options(config: pytest.Config) -> tuple[RunOptions, TargetSettings]:
    """Returns the options of the run, those of a replay as it was recorded, and its target."""
    options = given_options(config)
    settings = load_settings(options.target, options.reader)
    if settings.pki and options.pki is None:
        options = replace(options, pki=Path(settings.pki))
    return (as_recorded(options, settings) if settings.kind == "replay" else options), settings


def given_options(config: pytest.Config) -> RunOptions:
    """Returns the options of a run as they were given.

    Raises:
        RspError: one cannot be read; the message says where it may come from.
    """
    eid, pki, state, record = (value(config, name) for name in ("eid", "pki", "state", "record"))
    worker: str = getattr(config, "workerinput", {}).get("workerid", "gw0")
    return RunOptions(
        target=value(config, "target"),
        reader=value(config, "reader"),
        eid=Eid.from_digits(eid) if eid else None,
        isdr_aid=parse_aid(value(config, "isdr-aid")),
        level=_one_of(Level, "level", value(config, "level")),
        pki=Path(pki) if pki else None,
        personality=value(config, "personality"),
        card_fault=value(config, "card-fault"),
        server_fault=_server_fault(value(config, "server-fault")),
        curve=Curve(_one_of(Curve, "curve", value(config, "curve"))),
        seed=value(config, "seed"),
        state=Path(state) if state else None,
        slot=int(worker.removeprefix("gw")),
        parallel=hasattr(config, "workerinput"),
        record=Path(record) if record else None,
        session_keys=bool(config.getoption(long_option("session-keys"))),
        no_redact=bool(config.getoption(long_option("no-redact"))),
        erase_foreign=bool(config.getoption(long_option("erase-foreign"))),
        change_limit=_number(value(config, "change-limit")),
        started=datetime.now(tz=UTC),  # noqa: TID251  certificates are checked at the real time
        smdpp=value(config, "smdpp"),
        smds=value(config, "smds"),
        es12_client=value(config, "es12-client"),
        provision=value(config, "provision"),
        es2plus=value(config, "es2plus"),
        es2plus_client=value(config, "es2plus-client"),
        lpa=value(config, "lpa"),
        lpa_config=value(config, "lpa-config"),
    )


def _one_of(kind: type[StrEnum], name: str, given: str) -> str:
    """Returns the value if it is empty or one of these.

    Raises:
        ConfigError: it is another one; the message says where it may come from.
    """
    known = [str(one) for one in kind]
    if given and given not in known:
        raise ConfigError(
            f"{name}: expected {' or '.join(known)}, got {given!r} "
            f"(from {long_option(name)}, {variable(name)} or {ini_key(name)})"
        )
    return given
