"""Writes the locks anew: constraints/locked.txt and constraints/lowest.txt, by uv.

`locked` has the newest release of everything, tools included, for each Python the project runs on:
the launcher and tox install these. `lowest` has the lowest release that pyproject.toml declares, of
what the product and its tests need: `tox -e unit-lowest` installs these.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = ("uv", "pip", "compile", "-q", "pyproject.toml", "--universal", "--python-version", "3.11")
FORM = ("--no-header", "--no-annotate")
LOCKS = {
    "locked": ("--all-extras", "--upgrade"),
    "lowest": ("--extra", "test", "--extra", "pcsc", "--resolution", "lowest-direct"),
}


def main() -> int:
    """Writes both files; returns the exit code of uv."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "1"}
    for name in ("UV_CONSTRAINT", "PIP_CONSTRAINT"):
        environment.pop(name, None)
    for name, options in LOCKS.items():
        command = [*UV, *FORM, *options]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, check=False, stdout=subprocess.PIPE, text=True
        )
        if done.returncode:
            return done.returncode
        text = f"# Written by `tox -e lock`: {name} releases for pyproject.toml.\n{done.stdout}"
        (ROOT / "constraints" / f"{name}.txt").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
