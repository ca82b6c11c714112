"""Runs the suites for LPAs on ours and on three that are bad on purpose, and holds what each fails.

    python harness/peers/lpas.py               one case of ours and of each bad one
    python harness/peers/lpas.py --all         every case of each
    python harness/peers/lpas.py naive         every case of one

`fixtures/lpas/expected.toml` has the rows in which each fails, written down before it was run; it
has to fail in these and in no others. With `--table`, LPAS.md gets what a whole run found: its
counts, and the rows that were red; the lines of LPAs that were not run stay. Exit code 1 when one
fails otherwise.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LPAS = ROOT / "fixtures" / "lpas"
SUITES = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
TABLE = Path(__file__).parent / "LPAS.md"
FEW = {
    "rsplab": "LPA.Download#01",
    "naive": "LPA.TLS#01",
    "forgetful": "LPA.Notification#01",
    "old": "LPA.Download#03",
}
"""The case of each in the short form."""
GOOD = ("pass", "not applicable")
EXPECTED: dict[str, list[str]] = tomllib.loads((LPAS / "expected.toml").read_text("utf-8"))


def command(name: str) -> list[str]:
    """Returns the command line of an LPA."""
    if name == "rsplab":
        return [sys.executable, "-c", SUITES, "lpa"]
    return [sys.executable, str(LPAS / f"{name}.py")]


def verdicts(name: str, cases: Iterable[str], workers: str) -> dict[str, str]:
    """Returns the verdict of an LPA in each row, of these cases or of all.

    Raises:
        SystemExit: the run left no results; what it said is shown.
    """
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, "-c", SUITES, "lpa-check", "--report", folder, "-n", workers]
        for case in cases:
            line += ["--case", case]
        done = subprocess.run(
            [*line, "--", *command(name)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        file = Path(folder) / "latest" / "results.json"
        if not file.is_file():
            raise SystemExit(f"{name}: no results: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        results = json.loads(file.read_text("utf-8"))
    for case in results["cases"]:
        if case["verdict"] not in GOOD:
            print(f"    {' '.join(case['ids'])}  {case['verdict']}: {case['reason'][:160]}")
    return {row: case["verdict"] for case in results["cases"] for row in case["ids"]}


def line_of(name: str, found: dict[str, str]) -> str:
    """Returns the line of the table for a whole run of an LPA."""
    counts = Counter(found.values())
    bad = [f"{row} ({verdict})" for row, verdict in sorted(found.items()) if verdict not in GOOD]
    passed, skipped = counts["pass"], counts["not applicable"]
    return f"| {name} | {len(found)} | {passed} | {skipped} | {', '.join(bad) or 'none'} |"


def write_table(lines: dict[str, str]) -> None:
    """Writes the table anew; lines of LPAs that are not among these stay."""
    kept = {
        one.split("|")[1].strip(): one
        for one in TABLE.read_text("utf-8").splitlines()
        if one.startswith("| ") and one.count("|") == lines[next(iter(lines))].count("|")
    }
    merged = kept | lines
    head = (
        "# What each LPA fails in\n\nMade by `lpas.py --table` of what a run of every case found."
        "\n\n| LPA | rows | pass | not applicable | others |\n| --- | --- | --- | --- | --- |"
    )
    TABLE.write_text(
        "\n".join([head, *(merged[name] for name in EXPECTED if name in merged), ""]), "utf-8"
    )


def main() -> int:
    """Runs what the arguments ask for; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="every case of each")
    parser.add_argument("--table", action="store_true", help="write what whole runs find")
    parser.add_argument("-n", default="2", help="processes of each whole run (default: 2)")
    parser.add_argument("lpa", nargs="*", help=f"every case of these: {', '.join(EXPECTED)}")
    options = parser.parse_args()
    unknown = sorted(set(options.lpa) - EXPECTED.keys())
    if unknown:
        parser.error(f"no LPA {unknown[0]}; there are {', '.join(EXPECTED)}")
    whole = bool(options.all or options.lpa)
    if options.table and not whole:
        parser.error("--table takes what a whole run found: --all, or name LPAs")
    lines, wrong = dict[str, str](), 0
    names = options.lpa or list(EXPECTED)
    with ThreadPoolExecutor(1 if whole else 2) as pool:
        made = pool.map(
            lambda name: verdicts(name, () if whole else (FEW[name],), options.n if whole else "1"),
            names,
        )
        results = zip(names, made, strict=True)
        for name, found in results:
            wrong += held(name, found)
            lines[name] = line_of(name, found)
            if options.table:
                write_table(lines)
    return int(bool(wrong))


def held(name: str, found: dict[str, str]) -> int:
    """Prints how an LPA fared; returns 1 where it fails in other rows than are written down."""
    red = {row for row, verdict in found.items() if verdict not in GOOD}
    expected = set(EXPECTED[name]) & found.keys()
    said = "as written down" if red == expected else f"expected {sorted(expected)}"
    print(f"{name}: fails in {len(red)} of {len(found)} rows, {said}", flush=True)
    return int(red != expected)


if __name__ == "__main__":
    sys.exit(main())
