"""`rsplab report`: makes the reports of a run from what it wrote down, also when it did not end."""

import argparse
from pathlib import Path

from rspcore.errors import ConfigError, LocalError

__all__ = ["add_parser", "make"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `report` to the program."""
    parser = subparsers.add_parser(
        "report",
        help="make the reports of a run that was killed or hangs",
        description="Make results.json, junit.xml and index.html from what a run wrote down after "
        "each case, also when it was killed, hangs, or still goes on. Nothing is sent to a card.",
        epilog="Exit code: 0 the reports are written; 3 there is no such run, or the copy is there "
        "already.",
    )
    parser.add_argument(
        "run",
        nargs="?",
        type=Path,
        default=Path("reports/latest"),
        metavar="RUN",
        help="folder of the run (default: reports/latest)",
    )
    parser.add_argument(
        "--redact",
        action="store_true",
        help="make a copy to send away: pseudonyms of equal length for EID, ICCIDs and IMSIs, 00 "
        "for PINs, PUKs, keys and OTA data; signatures in it no longer verify",
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="folder of the copy (default: that of the run with -redacted added)",
    )
    parser.set_defaults(func=make)


def make(options: argparse.Namespace) -> int:
    """Writes the reports and prints the summary.

    Raises:
        ConfigError: There is no such run, it is of another version, the copy is there already, or
            the reports cannot be written.
        LocalError: --to without --redact.
    """
    from rspharness.report import writing  # noqa: PLC0415  only when used
    from rspharness.report.run_folder import RunFolder  # noqa: PLC0415  only when used

    if options.to is not None and not options.redact:
        raise LocalError("--to names the folder of the copy of --redact; give both, or none")
    folder = RunFolder(options.run)
    if options.redact:
        from rspharness.report.redacted_copy import NOTE, redacted_copy  # noqa: PLC0415  likewise

        run = options.run.resolve()
        copy = redacted_copy(folder, options.to or run.with_name(f"{run.name}-redacted"))
        print(NOTE)
        print(f"reports: {copy.path}/index.html")
        return 0
    results, _ = writing.not_ended(folder)
    try:
        masked = writing.write_reports(results, folder.path)
    except OSError as error:
        raise ConfigError(
            f"reports cannot be written to {folder.path}: {error.strerror}; make room there, or "
            "copy the folder; the cases in it are as before"
        ) from error
    for line in writing.summary(results):
        print(masked.masked(line) if masked else line)
    print(f"reports: {folder.path}/index.html")
    return 0
