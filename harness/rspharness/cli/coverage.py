"""`rsplab coverage`: what the last run covered of the catalogue, and what is open.

Reads the results of a run, or the table of axes; judges no case itself.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rspcore.errors import ConfigError

if TYPE_CHECKING:
    from rspharness.record.axes import Cell

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
        "--product",
        choices=("smdpp", "smds"),
        default="",
        help="with --axes: the functions of this server in place of those of a card",
    )
    parser.add_argument(
        "--faults",
        action="store_true",
        help="count rows, faults and probes, and list the rows that no narrow fault names (one "
        "that changes at most ten rows); no run is needed; exit code 1 with one not excused",
    )
    parser.add_argument(
        "--mark",
        action="store_true",
        help="with --faults: mark in fixtures/faults/broad.json the faults that are broad by "
        "expected_effects.json, before they are counted",
    )
    parser.add_argument(
        "--requirements",
        type=Path,
        default=Path("fixtures/requirements"),
        metavar="FOLDER",
        help="folder of the catalogue, for --axes and --faults (default: %(default)s)",
    )
    parser.set_defaults(func=show)


def show(options: argparse.Namespace) -> int:
    """Prints the matrix of a run, its open requirements, the table of axes, or what faults name.

    Raises:
        ConfigError: There is no such run, or its results are of another version; the table of axes
            cannot be read or names a row that the catalogue lacks.
    """
    if options.axes:
        return _show_axes(options.requirements, options.product)
    if options.faults:
        return _show_faults(options.requirements, mark=options.mark)
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


def _show_axes(folder: Path, product: str) -> int:
    from rspharness.record.axes import FILES, MOST_REASONS, Axes, State, axes_of  # noqa: PLC0415  likewise
    from rspharness.record.catalogue import Catalogue  # noqa: PLC0415  likewise

    rows = Catalogue.load(folder / f"{product}.csv" if product else folder)
    axes = axes_of(product)
    table = Axes.load(folder / FILES[product], rows, axes)
    widths = [max(len(axis.name), 6) for axis in axes]
    names = max(map(len, table.cells))
    print(_line("", [axis.name for axis in axes], names, widths))
    for function, cells in table.cells.items():
        words = [str(len(one.ids)) if one.state is State.WALKED else one.state for one in cells]
        print(_line(function, ["-" if one == State.NONE else one for one in words], names, widths))
    print("\nnumber: rows that walk it; -: the function has nothing that the axis varies")
    for one in table.reasons:
        print(f"{one.state}: {one.function}, {one.axis.name}: {one.reason}")
    for one in table.holes:
        probes = f", only the probes {' '.join(one.ids)}" if one.ids else ""
        print(f"hole: {one.function}, {one.axis.name} ({one.axis.varies}){probes}")
    for axis in axes:
        absent = [name for name, cells in table.cells.items() if _absent(cells, axis.name)]
        if absent:
            print(f"-: {axis.name}: {len(absent)} functions have no {axis.absent}")
    walked = len(table.all) - len(table.holes) - len(table.reasons)
    whole = len(table.cells) * len(axes)
    print(
        f"{len(table.cells)} functions, {len(axes)} axes, {whole} cells, "
        f"{whole - len(table.all)} of them ({1 - len(table.all) / whole:.0%}) without what the "
        f"axis varies; of the other "
        f"{len(table.all)} walked {walked}, reasons {len(table.reasons)} ({table.share:.0%}, less "
        f"than {MOST_REASONS:.0%} allowed), not walked {table.unwalked:.1%} of all, "
        f"holes {len(table.holes)}"
    )
    return 0 if table.complete else 1


def _absent(cells: "tuple[Cell, ...]", axis: str) -> bool:
    return any(one.axis.name == axis and one.state == "none" for one in cells)


def _line(name: str, words: Sequence[str], first: int, widths: Sequence[int]) -> str:
    rest = " ".join(f"{word:>{width}}" for word, width in zip(words, widths, strict=True))
    return f"{name:<{first}} {rest}"


def _show_faults(folder: Path, *, mark: bool) -> int:
    from rspharness.mutation import narrow_faults  # noqa: PLC0415  imports every card fault
    from rspharness.record.catalogue import Catalogue  # noqa: PLC0415  likewise

    catalogue = Catalogue.load(folder)
    found = narrow_faults.load(catalogue, folder.parent / "faults", Path("suites"))
    if mark:
        narrow_faults.mark(found, folder.parent / "faults")
        found = narrow_faults.load(catalogue, folder.parent / "faults", Path("suites"))
    for row in found.without:
        print(f"no narrow fault: {row} {catalogue[row].title}")
    for row in found.needless:
        print(f"excused and named by a narrow fault, or without a case: {row}")
    for name in found.mismarked:
        marked = "marked broad and is not" if name in found.marked else "broad and not marked"
        print(f"{marked}: {name}")
    for reason in dict.fromkeys(found.excused.values()):
        rows = [row for row, why in found.excused.items() if why == reason]
        print(f"excused, {reason}: {len(rows)} rows")
    print(
        f"{len(catalogue)} rows in the catalogue; {len(found.rows)} rows with a case that are no "
        f"probes, {len(found.probes)} probes; {len(found.faults)} card faults, {len(found.broad)} "
        f"of them broad, which name rows {found.claims} times; named by a narrow fault "
        f"{len(found.named & set(found.rows))} rows, excused {len(found.excused)}, "
        f"neither {len(found.without)}"
    )
    return 0 if found.complete else 1
