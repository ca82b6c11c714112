"""Runs the suites for LPAs on ours and on three that are bad on purpose, and holds what each fails.

    python harness/peers/lpas.py               a few cases of ours and of the bad ones
    python harness/peers/lpas.py --all         every case of each
    python harness/peers/lpas.py naive         every case of one

`fixtures/lpas/expected.toml` has the rows in which each fails, written down before it was run; it
has to fail in these and in no others. With `--table` LPAS.md is written of them. Exit code 1 when
one fails otherwise.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LPAS = ROOT / "fixtures" / "lpas"
SUITES = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
FEW = ("LPA.Download#01", "LPA.TLS#01", "LPA.Notification#01", "LPA.Download#03")
EXPECTED: dict[str, list[str]] = tomllib.loads((LPAS / "expected.toml").read_text("utf-8"))


def command(name: str) -> list[str]:
    """Returns the command line of an LPA."""
    if name == "rsplab":
        return [sys.executable, "-c", SUITES, "lpa"]
    return [sys.executable, str(LPAS / f"{name}.py")]


def failed(name: str, cases: tuple[str, ...], workers: str) -> set[str]:
    """Returns the rows in which an LPA fails, of these cases or of all."""
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, "-c", SUITES, "lpa-check", "--report", folder, "-n", workers]
        for case in cases:
            line += ["--case", case]
        subprocess.run([*line, "--", *command(name)], cwd=ROOT, capture_output=True, check=False)
        file = Path(folder) / "latest" / "results.json"
        results = json.loads(file.read_text("utf-8"))
    bad = [case for case in results["cases"] if case["verdict"] not in ("pass", "not applicable")]
    for case in bad:
        print(f"    {' '.join(case['ids'])}  {case['verdict']}: {case['reason'][:160]}")
    return {row for case in bad for row in case["ids"]}


def table() -> str:
    """Returns the table of the LPAs and the rows in which each fails."""
    lines = [f"| {name} | {', '.join(rows) or 'none'} |" for name, rows in EXPECTED.items()]
    head = (
        "# What each LPA fails in\n\nMade by `lpas.py --table` of `fixtures/lpas/expected.toml`.\n"
    )
    return "\n".join([head, "| LPA | rows |", "| --- | --- |", *lines, ""])


def main() -> int:
    """Runs what the arguments ask for; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="every case of each")
    parser.add_argument("--table", action="store_true", help="write the table and run nothing")
    parser.add_argument("-n", default="2", help="processes of each run (default: 2)")
    parser.add_argument("lpa", nargs="*", choices=[*EXPECTED, []], help="every case of these")
    options = parser.parse_args()
    if options.table:
        (Path(__file__).parent / "LPAS.md").write_text(table(), "utf-8")
        return 0
    whole, wrong = bool(options.all or options.lpa), 0
    for name in options.lpa or EXPECTED:
        found = failed(name, () if whole else FEW, options.n)
        expected = set(EXPECTED[name]) if whole else set(EXPECTED[name]) & set(FEW)
        wrong += found != expected
        said = "as written down" if found == expected else f"expected {sorted(expected)}"
        print(f"{name}: fails in {len(found)}, {said}", flush=True)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
