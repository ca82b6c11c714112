"""The credentials in a folder, for a simulated card or server."""

from pathlib import Path

from rspcore.errors import ConfigError
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import make_pki

__all__ = ["read_pki"]


def read_pki(folder: Path | None, *, option: str = "") -> Pki:
    """Returns the credentials in a folder and below, or generated ones when no folder is given.

    Args:
        folder: The folder; names and layout of its files do not matter.
        option: Command-line option that names the folder, for the message.

    Raises:
        ConfigError: no such folder, or no CI certificate in it.
    """
    if folder is None:
        return make_pki()
    if not folder.is_dir():
        place = f"{option} {folder}".lstrip()
        raise ConfigError(f"{place}: expected a folder with certificates and keys")
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return Pki.from_files((str(file.relative_to(folder)), file.read_bytes()) for file in files)
