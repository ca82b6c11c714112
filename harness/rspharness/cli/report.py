"""`rsplab report`: makes the reports of a run from what it wrote down, also when it did not end."""

import argparse
from pathlib import Path

__all__ = ["add_parser", "make"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `report` to the program."""
    parser = subparsers.add_parser(
        "report",
        help="make the reports of a run that was killed or hangs",
        description="Make results.json, junit.xml and index.html from what a run wrote down after "
        "each case, also when it was killed, hangs, or still goes on. Nothing is sent to a card.",
        epilog="Exit code: 0 the reports are written; 3 there is no such run.",
    )
    parser.add_argument(
        "run",
        nargs="?",
        type=Path,
        default=Path("reports/latest"),
        metavar="RUN",
        help="folder of the run (default: reports/latest)",
    )
    parser.set_defaults(func=make)


def make(options: argparse.Namespace) -> int:
    """Writes the reports and prints the summary.

    Raises:
        ConfigError: There is no such run, or it is of another version.
    """
    from rspharness.report import writing  # noqa: PLC0415  only when used
    from rspharness.report.run_folder import RunFolder  # noqa: PLC0415  only when used

    folder = RunFolder(options.run)
    results, _ = writing.not_ended(folder)
    writing.write_reports(results, folder.path)
    for line in writing.summary(results):
        print(line)
    print(f"reports: {folder.path}/index.html")
    return 0
