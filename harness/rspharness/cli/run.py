"""`rsplab run`: runs the conformance suites on a card, with pytest and its plugin.

This module chooses the target, finds the suites and builds the pytest command; it runs no case and
writes no report itself.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from rspcore.errors import ConfigError, LocalError
from rspharness.cli.command_options import EPILOG, add_options

__all__ = [
    "add_parser",
    "default_target",
    "find_suites",
    "keep_pcscd_running",
    "pytest_arguments",
    "require_usable",
    "run",
]

CHECKOUT = Path(__file__).parents[3]  # where an editable installation has the suites
PACKAGED = Path(__file__).parents[1] / "packaged"  # where an installed wheel has them
CATALOGUE = Path("fixtures", "requirements")
EXIT_CODES = {0: 0, 1: 1, 2: 130, 3: 1, 4: 2, 5: 2, 30: 3}  # exit code of pytest: that of rsplab

CONFIGURATION: Final = Path(__file__).parents[1] / "plugin" / "conformance.ini"
PLUGINS: Final = ("rspharness.plugin.hooks", "xdist.plugin")
"""The plugins of pytest that a run uses; others that are installed are not loaded."""
ALLURE: Final = "allure_pytest.plugin"
"""One more, of the extra `allure`, for runs that write its results."""

_PASSED_ON: Final = ("shuffle", "record", "baseline", "keep", "shard")
"""Options with one value that change no verdict."""

_FOREIGN: Final = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
"""Environment variables that are meant for the user's own tests."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `run` to the program."""
    parser = subparsers.add_parser(
        "run",
        help="run the conformance suites on a card and write a report",
        description="Run the conformance suites on a card and write a report.",
        epilog=EPILOG,
    )
    add_options(parser)
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Runs the suites with these options and returns the program's exit code.

    Raises:
        ConfigError: No suites, no such target, no PC/SC daemon, or no place for reports. Nothing
            was sent to a card.
        LocalError: Wrong use, as `require_usable` says.
    """
    suites = find_suites(options.suites)
    require_writable(report_folder(options, suites))
    if options.allure:
        require_writable(options.allure, "--allure")
    named = options.target or os.environ.get("RSPLAB_TARGET")
    require_usable(options, named)
    with ExitStack() as held:
        if server_of(options):
            named = named or "server"
        listed = "inprocess" if options.list else None  # it is not reached
        target = named or listed or default_target(held, options.workers)
        if named == "vpcd":
            keep_pcscd_running(held, options.workers)
        arguments = pytest_arguments(options, target, suites)

        import pytest  # noqa: PLC0415  slow, and `--help` does not need it

        from rspharness.plugin.interruption import caught  # noqa: PLC0415  only for a run
        from rspharness.plugin.options import unread  # noqa: PLC0415  likewise

        for line in unread(os.environ):
            print(f"rsplab: {line}", file=sys.stderr)

        held.enter_context(own_plugins())
        held.enter_context(caught())
        return EXIT_CODES[int(pytest.main(arguments))]


def server_of(options: argparse.Namespace) -> str:
    """Returns the server under test; empty when a card is the product.

    Raises:
        LocalError: two are named.
    """
    smdpp = options.smdpp or os.environ.get("RSPLAB_SMDPP", "")
    smds = options.smds or os.environ.get("RSPLAB_SMDS", "")
    if smdpp and smds:
        raise LocalError("--smdpp and --smds are two products: name one of them")
    return str(smdpp or smds)


def require_usable(options: argparse.Namespace, target: str | None) -> None:
    """Requires options that name what there is, before pytest starts.

    Args:
        options: What the parser of `run` read.
        target: The target named; None for the default.

    Raises:
        LocalError: No such folder or personality, or several workers for one card.
    """
    folder = options.pki or os.environ.get("RSPLAB_PKI")
    if folder and not Path(folder).is_dir():
        raise LocalError(
            f"--pki {folder}: no such folder; name one with keys and certificates, or leave it out "
            "for generated ones"
        )
    baseline = options.baseline or os.environ.get("RSPLAB_BASELINE")
    if baseline and not (Path(baseline) / "run.json").is_file():
        raise LocalError(f"--baseline {baseline}: no folder of a run, such as reports/latest")
    if name := options.personality or os.environ.get("RSPLAB_PERSONALITY"):
        from rspsim.euicc.personality import personality_named  # noqa: PLC0415  where it is named

        try:
            personality_named(name)
        except ConfigError as error:
            raise LocalError(f"--personality: {error}") from error
    if target and options.workers > 1 and not server_of(options):
        from rspharness.run.card_runs import ONE_CARD  # noqa: PLC0415  only with several workers
        from rspharness.run.opening import load_settings  # noqa: PLC0415  likewise

        try:
            kind = load_settings(target).kind
        except ConfigError as error:
            raise LocalError(str(error)) from error
        named_too = options.with_card or os.environ.get("RSPLAB_WITH_CARD", "").split("\n")
        cards = 1 + len([one for one in named_too if one]) if kind == "pcsc" else 1
        if kind in ONE_CARD and options.workers > cards:
            many = "one card in one reader" if cards == 1 else f"{cards} cards"
            fitting = "run without -n" if cards == 1 else f"run with -n {cards}"
            more = ", or name further cards by --with-card EID@READER" if kind == "pcsc" else ""
            raise LocalError(f"-n {options.workers}: --target {target} is {many}; {fitting}{more}")
    if options.workers > 1 and (options.list or getattr(options, "plan", False)):
        raise LocalError(f"-n {options.workers}: nothing runs; leave it out")
    if options.workers > 1 and (options.record or os.environ.get("RSPLAB_RECORD")):
        raise LocalError(f"-n {options.workers}: --record writes one file; run without -n")


@contextmanager
def own_plugins() -> Iterator[None]:
    """Keeps pytest and its workers from loading plugins that the run did not name.

    The environment is as before afterwards.
    """
    kept = {name: os.environ.get(name) for name in (*_FOREIGN, "PYTEST_DISABLE_PLUGIN_AUTOLOAD")}
    for name in _FOREIGN:
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def report_folder(options: argparse.Namespace, suites: Path) -> Path:
    """Returns the folder for reports: the one named, or `reports` beside the suites.

    Suites of an installed wheel have theirs in the current folder.
    """
    usual = Path.cwd() if suites.parent == PACKAGED.resolve() else suites.parent
    return Path(options.report or os.environ.get("RSPLAB_REPORT") or usual / "reports")


def require_writable(folder: Path, option: str = "--report") -> None:
    """Makes the folder for reports if it is missing.

    Args:
        folder: The folder.
        option: The option that names another one.

    Raises:
        ConfigError: This user cannot write there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            f"reports cannot be written to {folder}: {error.strerror}; name another folder with "
            f"{option}"
        ) from error


def default_target(held: ExitStack, workers: int) -> str:
    """Returns vpcd where a PC/SC daemon is available, else inprocess; prints which and why.

    Args:
        held: Keeps a PC/SC daemon that was started here until the run is over.
        workers: Slots that the run needs.
    """
    if find_spec("smartcard") is None:
        reason = "pyscard is not installed"
    else:
        try:
            keep_pcscd_running(held, workers)
        except ConfigError as problem:
            reason = str(problem)
        else:
            return "vpcd"
    print(f"rsplab: the in-process card, without PC/SC: {reason}", file=sys.stderr)
    return "inprocess"


def keep_pcscd_running(held: ExitStack, workers: int) -> None:
    """Keeps a PC/SC daemon with enough virtual readers running until the run is over.

    Raises:
        ConfigError: Not installed, or may not be started or reached by this user.
    """
    from rspsim.transports.shared_daemon import (  # noqa: PLC0415  only for this target
        shared_pcscd,
    )

    daemon = held.enter_context(shared_pcscd(slots=max(workers, 2)))
    how = "started for this run" if daemon.kept else "already running"
    print(f"rsplab: the simulated card behind the PC/SC daemon ({how})", file=sys.stderr)


def find_suites(named: Path | None) -> Path:
    """Returns the folder of the suites: the one named, or the first of those that may be there.

    These are in the current folder, in the checkout, and in an installed wheel.

    Raises:
        ConfigError: No such folder.
    """
    usual = (folder / "suites" for folder in (Path.cwd(), CHECKOUT, PACKAGED))
    places = [named] if named else list(dict.fromkeys(usual))
    for place in places:
        own = place / "conftest.py"  # a folder of that name may be anybody's
        if own.is_file() and "rspharness" in own.read_text("utf-8", errors="replace"):
            return place.resolve()
    raise ConfigError(
        f"no suites in {' or '.join(map(str, places))}: they are part of the checkout and of "
        "the wheel; install the wheel, run in a checkout, or name its folder with --suites"
    )


def find_catalogue(suites: Path) -> Path | None:
    """Returns the catalogue for suites that have none beside them, and None for those that do."""
    places = (place / CATALOGUE for place in (suites.parent, CHECKOUT, PACKAGED))
    found = next((place for place in places if place.is_dir()), None)
    return None if found == suites.parent / CATALOGUE else found


def pytest_arguments(options: argparse.Namespace, target: str, suites: Path) -> list[str]:
    """Returns the arguments of pytest for a run.

    The configuration is that of the package, so that neither the settings of the checkout nor those
    of the user change a verdict.

    Args:
        options: What the parser of `run` read.
        target: The target chosen.
        suites: Folder of the suites; pytest's root is the folder above it.

    Raises:
        ConfigError: Allure results are asked for, and allure-pytest is not installed.
    """
    from rspharness.run.run_options import REPEATED, SWITCHES  # noqa: PLC0415  slow for `--help`

    arguments = [str(suites), f"--rootdir={suites.parent}", f"--confcutdir={suites}"]
    arguments += [f"--config-file={CONFIGURATION}", "--no-header"]
    if options.allure and find_spec("allure_pytest") is None:
        raise ConfigError("--allure needs allure-pytest: pip install 'rsplab[allure]'")
    for plugin in (*PLUGINS, *([ALLURE] if options.allure else [])):
        arguments += ["-p", plugin]
    given = {
        "target": packaged(target),
        "report": report_folder(options, suites),
        **{
            name: getattr(options, name)
            for name in (*REPEATED, "shuffle", "record", "baseline", "keep", "shard")
        },
    }
    if baseline := options.baseline or os.environ.get("RSPLAB_BASELINE"):
        given["baseline"] = Path(baseline).resolve()  # `latest` is another one soon
    arguments += [f"{_long(name)}={value}" for name, value in given.items() if value]
    arguments += [f"{_long('case')}={case}" for case in options.case or ()]
    arguments += [f"{_long('also')}={packaged(path)}" for path in options.also or ()]
    arguments += [f"{_long('with_card')}={card}" for card in options.with_card or ()]
    if (catalogue := find_catalogue(suites)) is not None:
        arguments.append(f"{_long('requirements')}={catalogue}")
    switches = (*SWITCHES, "no_redact", "session_keys", "kills", "matrix")
    arguments += [_long(name) for name in switches if getattr(options, name)]
    if show := "plan" if getattr(options, "plan", False) else "list" if options.list else "":
        arguments.append(f"{_long('show')}={show}")
    if options.allure:
        arguments.append(f"--alluredir={options.allure}")
    if options.workers > 1:
        arguments.append(f"--numprocesses={options.workers}")
    return [*arguments, *options.pytest]


def packaged(path: str) -> str:
    """Returns a path that is there, or else its place in an installed wheel, where it may be."""
    inside = PACKAGED / path
    return str(inside) if not Path(path).exists() and inside.exists() else path


def _long(name: str) -> str:
    """Returns the option of pytest behind one of `rsplab run`."""
    return f"--rsp-{name.replace('_', '-')}"
