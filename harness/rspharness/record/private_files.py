"""Files and folders that only their owner may read: traces hold PINs and keys as they were sent."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = ["PATHS", "make_private", "nothing_left", "write_private"]

PATHS: Final = "backslashreplace"
"""How octets of a path that are no UTF-8 are written into a text: as `\\udcff`."""


def make_private(folder: Path) -> None:
    """Makes a new folder of mode 0700; folders above it are made as usual.

    Raises:
        FileExistsError: it is there already.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)


@contextmanager
def nothing_left(folder: Path) -> Iterator[None]:
    """Removes a folder that was made for what is written inside, if that cannot be written."""
    try:
        yield
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def write_private(path: Path, text: str) -> None:
    """Writes a file of mode 0600, new or over one that is there; a terminal keeps its mode.

    A file is written whole, or it is as before.

    Raises:
        OSError: it cannot be written, for want of room and the like.
    """
    plain = not path.exists() or path.is_file()
    place = path.resolve() if plain else path
    new = place.with_name(f"{place.name}.new") if plain else place
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors=PATHS) as file:
            if plain:
                os.fchmod(descriptor, 0o600)
            file.write(text)
        if plain:
            new.replace(place)
    except OSError:
        if plain:
            new.unlink()
        raise
