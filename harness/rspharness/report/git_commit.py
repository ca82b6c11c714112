"""The git commit that a run was made from, and draws that each commit makes anew."""

import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path

__all__ = ["commit_of", "lot_of"]


def commit_of(folder: Path) -> str:
    """Returns the git commit of a folder, with + when there are changes; empty outside of git."""
    return _said(folder, "describe", "--always", "--dirty=+")


def lot_of(folder: Path, name: str) -> bytes:
    """Returns the lot of a name in a draw by the commit of a folder, 32 octets.

    The same commit gives the same lot again, so that a red draw can be repeated; outside of git
    there is one draw for ever.
    """
    return sha256(f"{_head(folder)} {name}".encode()).digest()


@cache
def _head(folder: Path) -> str:
    return _said(folder, "rev-parse", "HEAD") or "no commit"


def _said(folder: Path, *words: str) -> str:
    """Returns what git says of a folder; empty where there is no git, or it has not the folder."""
    try:
        done = subprocess.run(  # noqa: S603  words of this module
            ["git", *words],  # noqa: S607  the git of the user
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
