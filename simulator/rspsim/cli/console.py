"""Standard output and log of a server: lines that are printed while the server goes on.

Both are written by threads of their own, straight to the file descriptor: a pipe that nobody reads
keeps neither an answer nor the end of the program waiting.
"""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from io import UnsupportedOperation
from typing import Final, Self, TextIO

from rspcore.printable_text import printable
from rspsim.transports.relay import Relay

__all__ = ["Console"]

_LONGEST_LINE: Final = 2000


class Console:
    """The console of a server; a context manager that writes what is left at its end."""

    def __init__(self) -> None:
        self._out = Relay(_writer(sys.stdout), name="standard output")
        self._log = _RelayHandler(Relay(_writer(sys.stderr), name="log"))

    def __enter__(self) -> Self:
        """Takes over the log of the program, from warnings on."""
        self._log.setFormatter(logging.Formatter("rsplab: %(message)s"))
        logging.getLogger().addHandler(self._log)
        return self

    def __exit__(self, *_: object) -> None:
        """Writes what is left, for a second at most each, and gives the log back."""
        self._out.close()
        logging.getLogger().removeHandler(self._log)
        self._log.relay.close()

    def line(self, text: str) -> None:
        """Prints a line; characters that are not visible are escaped."""
        self._out(printable(text, _LONGEST_LINE) + "\n")

    def block(self, text: str) -> None:
        """Prints text of the program's own as it is, such as a QR code."""
        self._out(text)


class _RelayHandler(logging.Handler):
    """Passes records of the log to a relay as text."""

    def __init__(self, relay: Relay[str]) -> None:
        super().__init__(logging.WARNING)
        self.relay = relay

    def emit(self, record: logging.LogRecord) -> None:
        """Passes one record on; the lines of a stack trace stay lines."""
        lines = self.format(record).splitlines()
        self.relay("".join(printable(line, _LONGEST_LINE) + "\n" for line in lines))


def _writer(stream: TextIO | None) -> Callable[[str], None]:
    """Returns a function that writes to the file descriptor below a stream, past its buffer."""
    if stream is None:  # closed before the program began
        return lambda _: None
    encoding = stream.encoding or "utf-8"
    number = None
    with suppress(UnsupportedOperation, ValueError):  # replaced by something without a descriptor
        stream.flush()
        number = stream.fileno()

    def write(text: str) -> None:
        octets = text.encode(encoding, "backslashreplace")
        if number is None:
            stream.write(octets.decode(encoding))
            stream.flush()
            return
        while octets:
            octets = octets[os.write(number, octets) :]

    return write
