"""Files and folders that only their owner may read: traces hold PINs and keys as they were sent."""

import os
import stat
from pathlib import Path

__all__ = ["make_private", "write_private"]


def make_private(folder: Path) -> None:
    """Makes a new folder of mode 0700; folders above it are made as usual.

    Raises:
        FileExistsError: it is there already.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)


def write_private(path: Path, text: str) -> None:
    """Writes a file of mode 0600, new or over one that is there; a terminal keeps its mode."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
        file.write(text)
