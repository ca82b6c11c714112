"""The git commit that a run was made from."""

import subprocess
from pathlib import Path

__all__ = ["commit_of"]


def commit_of(folder: Path) -> str:
    """Returns the git commit of a folder, with + when there are changes; empty outside of git."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"],  # noqa: S607  the git of the user
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return described.stdout.strip()
