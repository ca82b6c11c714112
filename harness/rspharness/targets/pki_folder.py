"""The credentials in a folder, for a run of the suites or a card of the LPA."""

from pathlib import Path

from rspcore.pki.bundle import Pki

__all__ = ["read_pki"]


def read_pki(folder: Path) -> Pki:
    """Returns the credentials in a folder and below; names and layout do not matter.

    Raises:
        ConfigError: no CI certificate in it.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return Pki.from_files((str(file.relative_to(folder)), file.read_bytes()) for file in files)
