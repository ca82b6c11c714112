"""The credentials in a folder, for a run of the suites or a card of the LPA."""

from pathlib import Path

from rspcore.errors import ConfigError
from rspcore.pki.bundle import Pki

__all__ = ["read_pki"]


def read_pki(folder: Path) -> Pki:
    """Returns the credentials in a folder and below; names and layout do not matter.

    Raises:
        ConfigError: no CI certificate in it.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    try:
        return Pki.from_files((str(one.relative_to(folder)), one.read_bytes()) for one in files)
    except ConfigError as error:
        raise ConfigError(f"--pki {folder}: {error}") from error
