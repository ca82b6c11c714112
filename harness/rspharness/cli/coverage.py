"""`rsplab coverage`: what the last run covered of the catalogue, and what is open.

Reads the results of a run; counts nothing itself.
"""

import argparse
from pathlib import Path

from rspcore.errors import ConfigError

__all__ = ["add_parser", "show"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `coverage` to the program."""
    parser = subparsers.add_parser(
        "coverage",
        help="show which requirements the last run covered",
        description="Show how many requirements of the catalogue apply to the card of a run, have "
        "a case, and with what verdict; below that, how many of the rows of one version of SGP.22 "
        "have a case.",
    )
    parser.add_argument(
        "results",
        nargs="?",
        type=Path,
        default=Path("reports/latest"),
        metavar="RUN",
        help="folder of a run, or its results.json (default: reports/latest)",
    )
    parser.add_argument("--functions", action="store_true", help="show each function, not areas")
    parser.add_argument(
        "--open",
        action="store_true",
        help="list the applicable requirements that have no case yet",
    )
    parser.set_defaults(func=show)


def show(options: argparse.Namespace) -> int:
    """Prints the matrix of a run, or its open requirements.

    Raises:
        ConfigError: There is no such run, or its results are of another version.
    """
    from rspharness.report.requirement_matrix import (  # noqa: PLC0415  only when used
        of_one_version,
        text,
    )
    from rspharness.report.results import Results  # noqa: PLC0415  only when used

    file: Path = options.results
    if file.is_dir():
        file /= "results.json"
    try:
        results = Results.from_json(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigError(
            f"{file}: {problem.strerror}; `rsplab run` writes one at its end, and `rsplab report` "
            "makes it of a run that did not end"
        ) from problem
    if options.open:
        for row in results.rows:
            if row["applicable"] and not row["automated"]:
                print(f"{row['id']:<40} {row['spec_ref']:<14} {row['title']}")
    else:
        print(text(results.coverage(), functions=options.functions))
        print("\n".join(of_one_version(results.rows)))
    return 0
