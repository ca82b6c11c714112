"""The driver behind a PC/SC reader, as its configuration on this machine says.

PC/SC itself names a reader and no driver. A driver for USB readers has a bundle with a property
list, in which its readers are named; one for other readers stands in a file of reader.conf.d. What
the reader says of its own maker and version is added where it says so. Over a forwarded socket the
driver is on another machine, and only the reader itself can be asked.
"""

import os
import plistlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

__all__ = ["driver_of"]

_BUNDLES: Final = (Path("/usr/lib/pcsc/drivers"), Path("/usr/local/lib/pcsc/drivers"))
_CONFIGURATION: Final = Path("/etc/reader.conf.d")
_FORWARDED: Final = "PCSCLITE_CSOCK_NAME"
_LINE: Final = re.compile(r'^\s*(FRIENDLYNAME|LIBPATH)\s+"?([^"\n]+?)"?\s*$', re.MULTILINE)


def driver_of(reader: str, said: Callable[[], tuple[str, str]]) -> str:
    """Returns the driver of a reader, such as `libccid.so 1.5.2`; empty where nothing is known.

    Args:
        reader: Name of the reader.
        said: Asks the reader for its maker and version; empty texts where it is silent.
    """
    library = "" if os.environ.get(_FORWARDED) else _library(reader)
    maker, version = said()
    own = " ".join(part for part in (maker, version) if part)
    return f"{library} ({own})" if library and own else library or own


def _library(reader: str) -> str:
    """Returns the library, with its version if it says one, of the longest name that fits."""
    fitting = [
        (len(name), library)
        for name, library in (*_configured(), *_bundled())
        if name and reader.startswith(name)
    ]
    return max(fitting, default=(0, ""))[1]


def _configured() -> Iterator[tuple[str, str]]:
    """Yields names of readers and libraries of the files in reader.conf.d."""
    for file in sorted(_CONFIGURATION.glob("*")):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        name = ""
        for key, value in _LINE.findall(text):
            if key == "FRIENDLYNAME":
                name = value
            else:
                yield name, Path(value).name


def _bundled() -> Iterator[tuple[str, str]]:
    """Yields names of readers and libraries of the bundles for USB."""
    for place in _BUNDLES:
        for file in sorted(place.glob("*.bundle/Contents/Info.plist")):
            try:
                with file.open("rb") as stream:
                    read: dict[str, Any] = plistlib.load(stream)
            except (OSError, ValueError):
                continue
            version = read.get("CFBundleShortVersionString", "")
            library = f"{read.get('CFBundleExecutable', '')} {version}".strip()
            for name in read.get("ifdFriendlyName", ()):
                yield str(name), library
