"""`rsplab lpa-check`: runs the suites for LPAs on somebody's LPA.

This module reads the command line and builds that of pytest; it runs no case itself.
"""

import argparse
import shlex
from pathlib import Path
from typing import Final

from rspharness.cli.run import (
    EXIT_CODES,
    find_suites,
    own_plugins,
    packaged,
    pytest_arguments,
    report_folder,
    require_writable,
)

__all__ = ["add_parser", "run"]

_USUAL: Final = "fixtures/lpas/rsplab.toml"
_OFF: Final = (
    *("target", "also", "reader", "state", "eid", "isdr_aid", "pki", "personality", "card_fault"),
    *("server_fault", "level", "erase_foreign", "shard", "list", "kills", "matrix", "curve"),
    *("seed", "shuffle", "change_limit", "baseline", "record", "no_redact", "smdpp", "provision"),
    *(
        "es2plus",
        "es2plus_client",
        "es2plus_other",
        "smds",
        "es12_client",
        "session_keys",
        "with_card",
    ),
)
"""Options of a run that an LPA does not need."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `lpa-check` to the program."""
    parser = subparsers.add_parser(
        "lpa-check",
        help="run the suites for LPAs on an LPA of yours",
        description="Run the suites for LPAs: for each case a card, behind a modem, in a PC/SC "
        "reader or by the LPA's own stdio driver, and an SM-DP+ over TLS; the LPA is called as its "
        "configuration says.",
        epilog="Exit code: 0 every applicable case passes; 1 a case failed; 2 wrong use; 3 the LPA "
        "cannot be called or cannot list an empty card; 130 interrupted.",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="TOML",
        default=_USUAL,
        help="how the LPA reaches its card, and is called to download, enable, list ... (default: "
        "as rsplab lpa behind a modem)",
    )
    parser.add_argument("--case", action="append", metavar="ID", help="run only this case; * works")
    parser.add_argument(
        "-n", dest="workers", type=int, default=1, metavar="N", help="run cases in N processes"
    )
    parser.add_argument("--report", type=Path, metavar="DIR", help="folder for reports")
    parser.add_argument("--keep", metavar="N", help="keep the latest N runs in that folder")
    parser.add_argument("--allure", type=Path, metavar="DIR", help="folder for Allure results")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="JUnit file to write as well")
    parser.add_argument("--suites", type=Path, metavar="DIR", help="folder of the suites")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="the LPA, after --")
    parser.set_defaults(func=run, **dict.fromkeys(_OFF))


def run(options: argparse.Namespace) -> int:
    """Runs the suites on the LPA and returns the program's exit code.

    Raises:
        ConfigError: No suites, or no place for reports. Nothing was called.
    """
    import pytest  # noqa: PLC0415  slow, and `--help` does not need it

    suites = find_suites(options.suites)
    require_writable(report_folder(options, suites))
    options.pytest = [f"--junitxml={options.junit}"] if options.junit else []
    arguments = pytest_arguments(options, "lpa", suites)
    arguments += [
        f"--rsp-lpa={shlex.join(options.command)}",
        f"--rsp-lpa-config={packaged(str(options.config))}",
    ]
    with own_plugins():
        return EXIT_CODES[int(pytest.main(arguments))]
