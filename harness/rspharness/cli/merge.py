"""`rsplab merge`: the reports of the parts of a run as one."""

import argparse
from pathlib import Path

__all__ = ["add_parser", "merge"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `merge` to the program."""
    parser = subparsers.add_parser(
        "merge",
        help="make one report of the parts of a run",
        description="Put the runs of one card, such as those of --shard, together in a new folder, "
        "with its reports. A case that several have is taken from the last one named. Where each "
        "run has a fault matrix (--matrix), so has the new one: the effects of all. Without one of "
        "the parts it is not green. A run on a faulty card is no part of one on a sound card.",
        epilog="Exit code: that of a run: 0 green; 1 not green; 2 wrong use; 3 a run cannot be "
        "read, they are of different cards, or nothing applied.",
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folder of a run")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="new folder")
    parser.set_defaults(func=merge)


def merge(options: argparse.Namespace) -> int:
    """Makes one report and prints its summary; returns the exit code of a run.

    Raises:
        ConfigError: a run cannot be read, or they are of different cards.
    """
    from rspharness.report import writing  # noqa: PLC0415  only when used
    from rspharness.report.merging import merged  # noqa: PLC0415  likewise

    results = merged(options.runs, options.to)
    _merge_matrices(options.runs, options.to)
    masked = writing.identities_of(results, options.to)
    for line in writing.summary(results):
        print(masked.masked(line) if masked else line)
    print(f"reports: {options.to}/index.html")
    if not results.ran or results.lost:
        return 3
    return 0 if results.green else 1


def _merge_matrices(runs: list[Path], to: Path) -> None:
    """Puts the fault matrices of runs together, if each has one."""
    files = [run / "fault_matrix.json" for run in runs]
    if not all(file.exists() for file in files):
        return
    from rspharness.mutation.expected_effects import merged, write_matrix  # noqa: PLC0415  likewise
    from rspharness.mutation.matrix_file import read  # noqa: PLC0415  likewise

    write_matrix(to, merged([read(file) for file in files]))
