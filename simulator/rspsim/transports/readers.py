"""Virtual readers of pcscd: the driver, its configuration and its ports.

One copy of the driver serves two slots, as it is compiled. More slots need more copies of the
driver *file*: with a second entry for the same file, or for a symbolic link to it, both entries
share their slots and the first one loses its ports. Each generated entry has a name of its own,
because pcscd numbers readers of one name in the undefined order in which it reads the folder.

Source: pcsc-lite, reader.conf(5); the rest is measured.
"""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspsim.transports.vpcd import DEFAULT_PORT

__all__ = [
    "CONFIG_FOLDER",
    "SLOTS_PER_DRIVER",
    "ReaderEntry",
    "Slot",
    "configured_slots",
    "find_driver",
    "is_virtual",
    "prepare_readers",
    "read_entries",
]

SLOTS_PER_DRIVER: Final = 2
"""Slots one copy of the driver serves."""

CONFIG_FOLDER: Final = Path("/etc/reader.conf.d")
"""Where pcscd reads its serial and virtual readers from."""

_DRIVER_FOLDERS: Final = (
    "/usr/lib/pcsc/drivers/serial",
    "/usr/local/lib/pcsc/drivers/serial",
    "/usr/lib64/pcsc/drivers/serial",
)
_DRIVER_NAME: Final = "libifdvpcd"
_FRIENDLY_NAME: Final = "Virtual PCD"
_LINE: Final = re.compile(r'^\s*([A-Z]+)\s+(?:"([^"]*)"|(\S+))\s*$')


@dataclass(frozen=True, slots=True)
class ReaderEntry:
    """One reader of pcscd's configuration.

    Attributes:
        name: FRIENDLYNAME.
        device: DEVICENAME, for vpcd "/dev/null:" and a port.
        library: LIBPATH, the driver file.
        file: The configuration file that contains it.
    """

    name: str
    device: str
    library: Path
    file: Path

    @property
    def virtual(self) -> bool:
        """Returns whether the driver is vpcd."""
        return self.library.name.startswith(_DRIVER_NAME)

    @property
    def port(self) -> int | None:
        """Returns the TCP port of the first slot, or None when the card is the one that listens."""
        host, _, port = self.device.rpartition(":")
        if host != "/dev/null":
            return None
        try:
            return int(port, 0)
        except ValueError:
            return None

    @property
    def slots(self) -> tuple["Slot", ...]:
        """Returns the slots of a virtual reader."""
        if self.port is None or not self.virtual:
            return ()
        return tuple(
            Slot(f"{self.name} 00 {number:02X}", self.port + number)
            for number in range(SLOTS_PER_DRIVER)
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot: the reader's name as clients see it, and the port its card connects to."""

    reader: str
    port: int


def is_virtual(reader: str) -> bool:
    """Returns whether a reader's name is one of vpcd's readers."""
    return reader.startswith(_FRIENDLY_NAME)


def find_driver() -> Path | None:
    """Returns the driver file itself, links followed, or None."""
    for folder in _DRIVER_FOLDERS:
        for file in sorted(Path(folder).glob(f"{_DRIVER_NAME}.so*")):
            if file.exists():
                return file.resolve()
    return None


def read_entries(folder: Path = CONFIG_FOLDER) -> tuple[ReaderEntry, ...]:
    """Returns every reader configured in a folder; no folder means no reader.

    An entry that lacks a driver is left out, as pcscd leaves it out.
    """
    entries: list[ReaderEntry] = []
    for file in sorted(folder.glob("*")) if folder.is_dir() else ():
        if file.is_file():
            entries += _entries_of(file)
    return tuple(entries)


def configured_slots(folder: Path = CONFIG_FOLDER) -> tuple[Slot, ...]:
    """Returns every virtual slot of the configuration, lowest port first."""
    slots = (slot for entry in read_entries(folder) for slot in entry.slots)
    return tuple(sorted(slots, key=lambda slot: slot.port))


def prepare_readers(count: int, folder: Path, driver: Path | None = None) -> Path:
    """Writes a reader configuration with at least `count` virtual slots, for a separate pcscd.

    Args:
        count: Slots needed; they get the ports from 35963 on.
        folder: Gets copies of the driver, and the configuration in `reader.conf.d`; is made. It
            must lie on a file system from which programs may be loaded, which /run often is not.
        driver: The driver file; found by itself when None.

    Returns:
        The folder to give to pcscd (`--config`).

    Raises:
        ConfigError: the driver is not installed, or the folder cannot be written.
    """
    driver = driver or find_driver()
    if driver is None:
        raise ConfigError("vpcd's driver libifdvpcd.so is not installed; see `rsplab doctor`")
    configuration = folder / "reader.conf.d"
    try:
        shutil.rmtree(configuration, ignore_errors=True)
        configuration.mkdir(parents=True)
        for number in range(-(-count // SLOTS_PER_DRIVER)):
            copy = (folder / f"{_DRIVER_NAME}-{number + 1}.so").absolute()
            shutil.copyfile(driver, copy)
            port = DEFAULT_PORT + SLOTS_PER_DRIVER * number
            (configuration / f"vpcd-{number + 1}").write_text(_entry_text(number, copy, port))
    except OSError as error:
        raise ConfigError(f"{folder}: readers cannot be written there ({error})") from error
    return configuration


def _entry_text(number: int, library: Path, port: int) -> str:
    name = _FRIENDLY_NAME if number == 0 else f"{_FRIENDLY_NAME} {number + 1}"
    return (
        f'FRIENDLYNAME "{name}"\nDEVICENAME   /dev/null:{port:#X}\n'
        f"LIBPATH      {library}\nCHANNELID    {port:#X}\n"
    ).replace("0X", "0x")


def _entries_of(file: Path) -> Iterable[ReaderEntry]:
    """Reads one file; a FRIENDLYNAME begins the next reader."""
    blocks: list[dict[str, str]] = []
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _LINE.match(line.partition("#")[0])
        if match is None:
            continue
        keyword, quoted, plain = match.groups()
        if keyword == "FRIENDLYNAME":
            blocks.append({})
        if blocks:
            blocks[-1][keyword] = quoted if plain is None else plain
    for block in blocks:
        if "LIBPATH" in block:
            yield ReaderEntry(
                block["FRIENDLYNAME"],
                block.get("DEVICENAME", ""),
                Path(block["LIBPATH"]),
                file,
            )
