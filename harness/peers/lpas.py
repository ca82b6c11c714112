"""Runs the suites for LPAs on ours, on three that are bad on purpose, and on one with all mistakes.

    python harness/peers/lpas.py               one case of ours and of each bad one
    python harness/peers/lpas.py --all         every case of each
    python harness/peers/lpas.py naive         every case of one
    python harness/peers/lpas.py mistaken      every case on its own mistake: each has to be red

`fixtures/lpas/expected.toml` has the rows in which each fails, written down with the reason before
it was run; it has to fail in these and in no others. `mistaken.py` has a mistake for each row.
With `--table`, LPAS.md gets what a whole run found: its counts, and the rows that were red; the
lines of LPAs that were not run stay. `--results FILE` keeps what came of each row, so that a whole
run can be made in parts. `--cold` starts each call as a program of its own. Exit code 1 when one
fails otherwise.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
LPAS = ROOT / "fixtures" / "lpas"
sys.path.insert(0, str(LPAS))

import mistaken  # noqa: E402  beside the LPAs, in no package

SUITES = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
TABLE = HERE / "LPAS.md"
ALL_RED = "mistaken"
FEW = {
    "rsplab": "LPA.Download#01",
    "naive": "LPA.TLS#01",
    "forgetful": "LPA.Notification#01",
    "old": "LPA.Download#03",
}
"""The case of each in the short form."""
OURS = ("rsplab", "version3")
"""Ours, as an LPA of version 2 and of version 3."""
GOOD = ("pass", "probe", "not applicable")
EXPECTED: dict[str, dict[str, str]] = tomllib.loads((LPAS / "expected.toml").read_text("utf-8"))
NAMES = (*EXPECTED, ALL_RED)
HEAD = """# What each LPA fails in

Made by `lpas.py --table` of what a run of every case found. The reasons stand in
`fixtures/lpas/expected.toml`, written down beforehand; "mistaken" has in each row the mistake of
that row (`fixtures/lpas/mistaken.py`), and has to be red in all.

| LPA | rows | pass | not applicable | others |
| --- | --- | --- | --- | --- |"""
MISTAKES_HEAD = """
## The mistake by which each row was seen red

| Row | Mistake | Verdict |
| --- | --- | --- |"""


@contextmanager
def warm() -> Iterator[str]:
    """Yields the socket of a process that does calls with the program loaded."""
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder, "lpas"))
        line = [sys.executable, str(HERE / "warm_lpas.py"), "serve", place]
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as server:
            try:
                if server.stdout is None or server.stdout.readline() != "ready\n":
                    raise SystemExit("the process that does the calls did not start")
                yield place
            finally:
                server.terminate()


def command(name: str, place: str) -> list[str]:
    """Returns the command line of an LPA; it is called in the warm process if there is one."""
    if place:
        return [
            sys.executable,
            "-I",
            "-S",
            str(HERE / "warm_lpas.py"),
            place,
            "rsplab" if name in OURS else name,
        ]
    if name in OURS:
        return [sys.executable, "-c", SUITES, "lpa"]
    return [sys.executable, str(LPAS / f"{name}.py")]


def results(
    name: str, cases: Iterable[str], workers: str, place: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the verdict of an LPA in each row, of these cases or of all, and the reasons.

    Raises:
        SystemExit: the run left no results; what it said is shown.
    """
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, "-c", SUITES, "lpa-check", "--report", folder, "-n", workers]
        for case in cases:
            line += ["--case", case]
        own = LPAS / f"{name}.toml"
        line += ["--config", str(own if own.is_file() else LPAS / "rsplab.toml")]
        done = subprocess.run(
            [*line, "--", *command(name, place)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        file = Path(folder) / "latest" / "results.json"
        if not file.is_file():
            raise SystemExit(f"{name}: no results: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        cases = json.loads(file.read_text("utf-8"))["cases"]
    verdicts = {row: case["verdict"] for case in cases for row in case["ids"]}
    reasons = {row: case["reason"] for case in cases for row in case["ids"]}
    return verdicts, reasons


def expected_rows(name: str, found: dict[str, str]) -> set[str]:
    """Returns the rows of a run that have to be red."""
    if name != ALL_RED:
        return EXPECTED[name].keys() & found.keys()
    return {row for row, verdict in found.items() if verdict not in ("probe", "not applicable")}


def held(name: str, found: dict[str, str], reasons: dict[str, str]) -> int:
    """Prints how an LPA fared; returns 1 where it fails in other rows than are written down."""
    red = {row for row, verdict in found.items() if verdict not in GOOD}
    expected = expected_rows(name, found)
    for row in sorted(red ^ expected):
        print(f"    {row}  {found[row]}: {reasons[row][:200]}")
    said = "as written down" if red == expected else f"expected {len(expected)}"
    print(f"{name}: fails in {len(red)} of {len(found)} rows, {said}", flush=True)
    return int(red != expected)


def line_of(name: str, found: dict[str, str]) -> str:
    """Returns the line of the table for a whole run of an LPA."""
    counts = Counter(found.values())
    bad = [f"{row} ({verdict})" for row, verdict in sorted(found.items()) if verdict not in GOOD]
    passed, skipped = counts["pass"] + counts["probe"], counts["not applicable"]
    shown = f"{len(bad)} rows" if name == ALL_RED else ", ".join(bad) or "none"
    return f"| {name} | {len(found)} | {passed} | {skipped} | {shown} |"


def write_table(lines: dict[str, str], mistakes: list[str]) -> None:
    """Writes the table anew; lines of LPAs that are not among these stay."""
    before = TABLE.read_text("utf-8")
    first, _, second = before.partition(MISTAKES_HEAD)
    kept = {one.split("|")[1].strip(): one for one in first.splitlines() if one[:2] == "| "}
    merged = kept | lines
    rows = mistakes or second.strip().splitlines()
    shown = [merged[name] for name in NAMES if name in merged]
    TABLE.write_text("\n".join([HEAD, *shown, MISTAKES_HEAD, *rows, ""]), "utf-8")


def whole_of(name: str, found: dict[str, str], file: Path | None) -> dict[str, str]:
    """Returns what is known of an LPA: what was found, and what a file keeps of earlier parts."""
    if file is None:
        return found
    known = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    known[name] = known.get(name, {}) | found
    file.write_text(json.dumps(known, indent=1, sort_keys=True), "utf-8")
    merged: dict[str, str] = known[name]
    return merged


def arguments() -> argparse.Namespace:
    """Returns what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="every case of each")
    parser.add_argument("--table", action="store_true", help="write what whole runs find")
    parser.add_argument("--cold", action="store_true", help="each call is a program of its own")
    parser.add_argument("--case", action="append", default=[], help="of named LPAs only this case")
    parser.add_argument("--results", type=Path, metavar="FILE", help="keep what came of each row")
    parser.add_argument("-n", default="2", help="processes of each whole run (default: 2)")
    parser.add_argument("lpa", nargs="*", help=f"every case of these: {', '.join(NAMES)}")
    options = parser.parse_args()
    if unknown := sorted(set(options.lpa) - set(NAMES)):
        parser.error(f"no LPA {unknown[0]}; there are {', '.join(NAMES)}")
    whole = bool(options.all or options.lpa)
    if options.table and (not whole or (options.case and not options.results)):
        parser.error("--table takes what a whole run found: --all, or name LPAs")
    return options


def main() -> int:
    """Runs what the arguments ask for; returns the exit code."""
    options = arguments()
    whole, wrong = bool(options.all or options.lpa), 0
    with warm() as place:
        for name in options.lpa or (NAMES if whole else FEW):
            cases = options.case if whole else (FEW[name],)
            workers = options.n if whole else "1"
            found, reasons = results(name, cases, workers, "" if options.cold else place)
            wrong += held(name, found, reasons)
            known = whole_of(name, found, options.results)
            if options.table and known.keys() == catalogue():
                write_table({name: line_of(name, known)}, table_of_mistakes(name, known))
    return int(bool(wrong))


def catalogue() -> set[str]:
    """Returns the rows of the catalogue."""
    lines = (ROOT / "fixtures" / "requirements" / "lpa.csv").read_text("utf-8").splitlines()
    return {row["id"] for row in csv.DictReader(lines)}


def table_of_mistakes(name: str, found: dict[str, str]) -> list[str]:
    """Returns the lines of the second table, none for an LPA that is not the mistaken one."""
    if name != ALL_RED:
        return []
    return [f"| {row} | {mistaken.text_of(row)} | {found[row]} |" for row in sorted(found)]


if __name__ == "__main__":
    sys.exit(main())
