"""A pseudo-terminal as the serial port of a simulated modem.

The other end opens the device by its name, as it does with /dev/ttyUSB2. It may close it and open
it again; the modem and its card go on.
"""

import errno
import logging
import os
import select
import socket
import tty
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError
from rspsim.transports.modem.at_modem import AtModem

__all__ = ["ModemPort"]

_LOG = logging.getLogger("rspsim.modem")
_READ: Final = 4096
_LONGEST_LINE: Final = 200_000
"""Characters of a line after which it is no command any more: an APDU has 131,080 at most."""
_CANCEL: Final = b"\x1a\x1b"
"""Ctrl-Z and ESC, with which programs leave a prompt that an earlier one has opened."""


class ModemPort:
    """A serial port with a modem.

    Attributes:
        device: Name of the device that a client opens.
    """

    def __init__(self, modem: AtModem, link: Path | None = None) -> None:
        """Opens a pseudo-terminal.

        Args:
            modem: The modem.
            link: Name of a symbolic link to the device, or None.

        Raises:
            ConfigError: the link cannot be made, or something else has its name.
        """
        self._modem = modem
        self._link = link
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.device = os.ttyname(self._slave)
        self._wake, self._waker = socket.socketpair()
        self._stopping = False
        if link is not None:
            try:
                if link.is_symlink():
                    link.unlink()
                link.symlink_to(self.device)
            except OSError as error:
                self._link = None
                self.close()
                raise ConfigError(f"--at {link}: {error.strerror}") from error

    def serve(self) -> None:
        """Answers command lines until `stop` is called."""
        begun = b""
        while not self._stopping:
            ready, _, _ = select.select([self._master, self._wake.fileno()], [], [])
            if self._master not in ready:
                continue
            begun += self._received()
            *lines, begun = begun.replace(b"\n", b"\r").split(b"\r")
            begun = begun[-_LONGEST_LINE:]
            for line in lines:
                self._answer(line.strip(_CANCEL).decode("ascii", "replace"))

    def _received(self) -> bytes:
        try:
            return os.read(self._master, _READ)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EIO):
                return b""
            raise

    def _answer(self, line: str) -> None:
        if not line:
            return
        try:
            text = self._modem.answer(line)
        except Exception:  # noqa: BLE001  a bug in the card must not take the modem down with it
            _LOG.exception("bug in the card; answered ERROR")
            text = "\r\nERROR\r\n"
        rest = text.encode("ascii")
        while rest and not self._stopping:
            _, writable, _ = select.select([self._wake], [self._master], [])
            if writable:
                rest = rest[os.write(self._master, rest) :]

    def stop(self) -> None:
        """Makes `serve` return; safe in a signal handler and from another thread."""
        self._stopping = True
        self._waker.send(b"\x00")

    def close(self) -> None:
        """Closes the port; for a client the device is gone, and so is the link."""
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        for descriptor in (self._master, self._slave):
            os.close(descriptor)
        self._wake.close()
        self._waker.close()
