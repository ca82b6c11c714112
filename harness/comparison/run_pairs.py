"""Runs compared: on cards that differ in one thing, and on one card again and again, as a table.

Each card fault of the table `verdicts` in `fixtures/comparison.toml` has a run of the cases named
there; against the run on the usual card, exactly the declared verdicts and values may change. Then
the usual card is run again, and nothing may differ, nor its times. What fingerprints differ in is
held by the unit tests.

    python harness/comparison/run_pairs.py              # two runs of the usual card
    python harness/comparison/run_pairs.py --all        # twenty
"""

import argparse
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from rspharness.comparison.difference import Comparison, Kind
from rspharness.comparison.runs import compared_runs

ROOT = Path(__file__).parents[2]
TABLE = tomllib.loads((ROOT / "fixtures" / "comparison.toml").read_text("utf-8"))
PROGRAM = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"


def ran(folder: Path, fault: str = "") -> Path:
    """Runs the cases on a card and returns the folder of the run."""
    command = [sys.executable, "-c", PROGRAM, "run", "--suites", str(ROOT / "suites")]
    command += ["--level", "read-only", "--target", "inprocess", "--report", str(folder)]
    command += [f"--case={case}" for case in TABLE["cases"]]
    command += [f"--card-fault={fault}"] if fault else []
    subprocess.run(command, capture_output=True, check=False)
    return (folder / "latest").resolve()


def found(comparison: Comparison) -> list[str]:
    """Returns the counted differences as the table writes them, without their values and times."""
    counted = [one for one in comparison.counted if one.kind is not Kind.TIME]
    return sorted({f"{one.kind} {one.subject}" for one in counted})


def main() -> int:
    """Prints the table; returns 1 where a line of it is not as declared."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="twenty runs of the usual card, not two")
    options = parser.parse_args()
    bad = 0
    with TemporaryDirectory() as place:
        usual = ran(Path(place) / "usual")
        for number, (fault, verdicts) in enumerate(TABLE["verdicts"].items()):
            differences = found(compared_runs(usual, ran(Path(place) / f"{number}", fault)))
            declared = {*TABLE["differences"][fault], *(f"verdict {row}" for row in verdicts)}
            as_declared = set(differences) == declared
            bad += not as_declared
            print(f"{'as declared' if as_declared else 'OTHERWISE':<12}{fault}")
            for one in sorted(declared ^ set(differences)):
                print(f"    {'only declared' if one in declared else 'not declared'}: {one}")
        for number in range(20 if options.all else 2):
            again = compared_runs(usual, ran(Path(place) / f"usual-{number}")).counted
            bad += bool(again)
            print(f"{'none' if not again else 'DIFFERS':<12}the usual card again, {number + 1}")
            for one in again:
                print(f"    {one}")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
