"""`rsplab coverage`: what the last run covered of the catalogue, and what is open.

Reads the results of a run, or the table of axes; judges no case itself.
"""

import argparse
from collections.abc import Sequence
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
    parser.add_argument(
        "--axes",
        action="store_true",
        help="show in which forms each function is tried (addressing, channel, curve, reset ...); "
        "no run is needed; exit code 1 with a hole, or with reasons in 15 %% of the cells",
    )
    parser.add_argument(
        "--requirements",
        type=Path,
        default=Path("fixtures/requirements"),
        metavar="FOLDER",
        help="folder of the catalogue, with axes.csv; for --axes (default: %(default)s)",
    )
    parser.set_defaults(func=show)


def show(options: argparse.Namespace) -> int:
    """Prints the matrix of a run, its open requirements, or the table of axes.

    Raises:
        ConfigError: There is no such run, or its results are of another version; the table of axes
            cannot be read or names a row that the catalogue lacks.
    """
    if options.axes:
        return _show_axes(options.requirements)
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


def _show_axes(folder: Path) -> int:
    from rspharness.record.axes import AXES, FILE, MOST_REASONS, Axes, State  # noqa: PLC0415  likewise
    from rspharness.record.catalogue import Catalogue  # noqa: PLC0415  likewise

    table = Axes.load(folder / FILE, Catalogue.load(folder))
    widths = [max(len(axis.name), 6) for axis in AXES]
    names = max(map(len, table.cells))
    print(_line("", [axis.name for axis in AXES], names, widths))
    for function, cells in table.cells.items():
        words = [str(len(one.ids)) if one.state is State.WALKED else one.state for one in cells]
        print(_line(function, ["-" if one == State.NONE else one for one in words], names, widths))
    print("\nnumber: rows that walk it; -: the function has nothing that the axis varies")
    for one in table.reasons:
        print(f"{one.state}: {one.function}, {one.axis.name}: {one.reason}")
    for one in table.holes:
        probes = f", only the probes {' '.join(one.ids)}" if one.ids else ""
        print(f"hole: {one.function}, {one.axis.name} ({one.axis.varies}){probes}")
    walked = len(table.all) - len(table.holes) - len(table.reasons)
    whole = len(table.cells) * len(AXES)
    print(
        f"{len(table.cells)} functions, {len(AXES)} axes, {whole} cells, "
        f"{whole - len(table.all)} of them without what the axis varies; of the other "
        f"{len(table.all)} walked {walked}, reasons {len(table.reasons)} ({table.share:.0%}, less "
        f"than {MOST_REASONS:.0%} allowed), holes {len(table.holes)}"
    )
    return 0 if table.complete else 1


def _line(name: str, words: Sequence[str], first: int, widths: Sequence[int]) -> str:
    rest = " ".join(f"{word:>{width}}" for word, width in zip(words, widths, strict=True))
    return f"{name:<{first}} {rest}"
