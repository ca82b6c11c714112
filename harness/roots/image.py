"""Executes every line of Containerfile in a minimal root of Debian, and what the image starts.

    python harness/roots/image.py        needs root and debootstrap, as roots.py

No container program is needed: FROM is the root, COPY the checkout, RUN a command in it. What is
not tried is the program that builds images itself, and its base image.
"""

import json
import re
import shutil
import sys
import time
from pathlib import Path

from roots import ROOT, Case, Roots, put_checkout, run_in

HANDLED = {"ARG", "FROM", "RUN", "COPY", "WORKDIR", "ENTRYPOINT", "CMD"}


def instructions(text: str) -> list[tuple[str, str]]:
    """Returns the instructions of a Containerfile, each with its words."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    parted = [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]
    unknown = {name for name, _ in parted} - HANDLED
    if unknown:
        raise SystemExit(f"image: no way to execute {', '.join(sorted(unknown))}")
    return parted


def main() -> int:
    """Executes the file; returns 0 when the image does what its head says."""
    roots = Roots(Path("/var/tmp/rsplab-roots"))
    parted = instructions((ROOT / "Containerfile").read_text(encoding="utf-8"))
    upper = roots.work / "image"
    shutil.rmtree(upper, ignore_errors=True)
    work, entry, usual = "/", [], []
    with roots.mounted([roots.base("bookworm")], upper) as root:
        for name, words in parted:
            began = time.monotonic()
            if name == "RUN":
                code, output = run_in(root, words, cache=roots.cache)
                print(f"RUN {words[:60]}...: exit {code}, {time.monotonic() - began:.0f} s")
                if code:
                    print(output[-3000:])
                    return 1
            elif name == "COPY":
                (place,) = re.findall(r"^\. (\S+)$", words)
                put_checkout(root, Case("image", "bookworm", (), place=place))
            elif name == "WORKDIR":
                work = words
                (root / work[1:]).mkdir(parents=True, exist_ok=True)
            elif name in {"ENTRYPOINT", "CMD"}:
                entry, usual = (
                    (json.loads(words), usual)
                    if name == "ENTRYPOINT"
                    else (entry, json.loads(words))
                )
        for given in (usual, ["--version"], ["doctor"]):
            began = time.monotonic()
            line = " ".join(f"'{word}'" for word in [*entry, *given])
            code, output = run_in(root, f"cd {work} && {line}", offline=True, cache=roots.cache)
            last = output.strip().splitlines()[-1]
            print(f"{' '.join(given)}: exit {code}, {time.monotonic() - began:.0f} s, {last}")
            if code:
                print(output[-3000:])
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
