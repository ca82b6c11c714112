#!/usr/bin/env python3
"""Writes down what the environments of tox said last: result, seconds, commit, date.

    .ci/record.py --full             runs the full forms (`./rsplab test -m full`), some hours
    .ci/record.py --full -e A,B      some of them
    .ci/record.py                    runs the default list
    .ci/record.py --log FILE [--commit HASH]
                                     runs nothing: takes the output of such a run, of this commit
                                     or another, with the date of the file

The entries are in docs/test_runs.toml, one for each environment; what did not run keeps its entry.
The documentation shows them as a table. The checkout has to be clean, so that the commit says what
was tested. Exit code: that of the run; 2 with changes that are not committed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "docs" / "test_runs.toml"
HEAD = "# What each environment of tox said last; .ci/record.py writes it.\n"
ENDED = re.compile(r"^(?:> )?rsplab: ([\w.-]+) +(OK|FAIL) +([\d.]+) s$", re.MULTILINE)


def main() -> int:
    """Runs, or reads a log, and merges the entries."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="run the full forms")
    parser.add_argument("-e", dest="names", metavar="A,B", help="run these environments alone")
    parser.add_argument("--log", type=Path, metavar="FILE", help="output of a run of this commit")
    parser.add_argument("--commit", metavar="HASH", help="the commit that the log is about")
    options = parser.parse_args()
    changed = _git("status", "--porcelain", "--untracked-files=no")
    if changed and not options.log:
        print(f"record: not committed:\n{changed}", file=sys.stderr)
        return 2
    commit, code = _git("rev-parse", "--short=10", options.commit or "HEAD"), 0
    ended = datetime.now(UTC)  # noqa: TID251  the day of the run is what is written down
    if options.log:
        said = options.log.read_text(encoding="utf-8", errors="replace")
        ended = datetime.fromtimestamp(options.log.stat().st_mtime, UTC)
    else:
        chosen = ["-e", options.names] if options.names else ["-m", "full"] * options.full
        code, said = _run(chosen)
    day = ended.date().isoformat()
    entries = tomllib.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    for name, result, seconds in ENDED.findall(said):
        entries[name] = {"result": result, "seconds": float(seconds), "commit": commit, "date": day}
    RECORD.write_text(written(entries), encoding="utf-8")
    return code


def written(entries: dict[str, dict[str, object]]) -> str:
    """Returns the text of the record, in the order of names."""
    parts = [HEAD]
    for name, entry in sorted(entries.items()):
        lines = [
            f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
            for key, value in entry.items()
        ]
        parts.append("\n".join((f"[{name}]", *lines, "")))
    return "\n".join(parts)


def _run(words: list[str]) -> tuple[int, str]:
    """Runs the launcher and shows what it prints; returns its exit code and all that it printed."""
    lines = []
    command = [sys.executable, str(ROOT / "rsplab"), "test", *words]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return process.returncode, "".join(lines)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
