"""The runs of cards that a command line asks for: its options are read, and have to fit."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, LocalError, RspError
from rspharness.record.testcase import Level
from rspharness.run.collection import Collected
from rspharness.run.declaration.declared_names import require_known_names
from rspharness.run.further_cards import shared_out
from rspharness.run.identification import named_eid
from rspharness.run.opening import load_settings
from rspharness.run.option_values import ini_key, long_option, value, values, variable
from rspharness.run.recorded_run import as_recorded
from rspharness.run.run import Run, RunOptions
from rspharness.targets.isdr_aids import parse_aid
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions

__all__ = ["ONE_CARD", "given_options", "make_runs"]

ONE_CARD: Final = ("kept", "pcsc", "at", "replay")
"""Kinds of targets with the same card for every case."""
REAL: Final = ("pcsc", "at")
"""Kinds of targets with a card that nobody can make anew."""


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
        if hasattr(config, "workerinput") and settings.kind != "pcsc":
            raise pytest.UsageError("one card for all cases: run without -n")
    changing = options.level not in ("", Level.READ_ONLY)
    if settings.kind in REAL and changing and options.eid is None:
        raise pytest.UsageError(
            f"--level {options.level} on a card in a reader needs --eid, so that no other card "
            "is changed by mistake"
        )
    _require_recordable(config, options)
    options, collected.further = _with_cards(config, options, settings)
    further = (Run(replace(options, target=path, reader="", record=None)) for path in others)
    collected.runs = [Run(options), *further]
    collected.kind = settings.kind


def _with_cards(
    config: pytest.Config, options: RunOptions, settings: TargetSettings
) -> tuple[RunOptions, list[Run]]:
    """Returns the options with the card of this process, and the runs of further cards.

    Raises:
        pytest.UsageError: cards are named beside a target that is no card in a reader, or cannot
            be shared out.
    """
    if options.with_card and settings.kind not in REAL:
        raise pytest.UsageError(
            f"--with-card names cards in readers, and --target {options.target} is none: name "
            "--target pcsc; simulated cards are made where a case needs more than one"
        )
    if settings.kind not in REAL:
        return options, []
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    try:
        return shared_out(replace(options, reader=options.reader or settings.reader), workers)
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from error


def _require_recordable(config: pytest.Config, options: RunOptions) -> None:
    """Requires a run whose recording can be replayed.

    Raises:
        pytest.UsageError: several processes, or faulty cards.
    """
    if options.record is None:
        return
    if any(config.getoption(long_option(name)) for name in ("kills", "matrix")):
        raise pytest.UsageError("--record: not with --kills or --matrix")
    if options.parallel:
        raise pytest.UsageError("--record: one file is written by one process; run without -n")


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
        with_card=tuple(values(config, "with-card")),
        eid=named_eid(eid),
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
        es2plus_other=value(config, "es2plus-other"),
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
