"""Serial ports of modems: the one typed module around pyserial.

A port is opened for this process alone, with 115,200 bit/s, which ports on USB ignore.
"""

import termios
from typing import Final, Protocol, cast

from rspcore.errors import ConfigError
from rspharness.record.timing import stopwatch
from rspharness.record.verdicts import TargetLost
from rspharness.targets.time_limit import NoAnswer

__all__ = ["SerialPort"]

_SPEED: Final = 115_200
_STEP_S: Final = 0.1
"""Longest wait for further octets before the time limit is looked at, in seconds."""
_HINT: Final = "expected the port of a modem with AT commands, such as /dev/ttyUSB2"


_GONE: Final = (OSError, termios.error)
"""What calls about a port raise that is not there any more."""


class _Serial(Protocol):
    """The part of serial.Serial that is used."""

    in_waiting: int

    def read(self, size: int) -> bytes: ...
    def write(self, data: bytes) -> int | None: ...
    def reset_input_buffer(self) -> None: ...
    def close(self) -> None: ...


class _Library(Protocol):
    """The part of the package serial that is used."""

    SerialException: type[OSError]

    def Serial(  # noqa: N802  its name
        self, port: str, baudrate: int, *, timeout: float, write_timeout: float, exclusive: bool
    ) -> _Serial: ...


def _library() -> _Library:
    try:
        import serial  # noqa: PLC0415  an extra
    except ImportError as error:
        raise ConfigError("pyserial is not installed: pip install 'rsplab[at]'") from error
    return cast("_Library", serial)


class SerialPort:
    """An open serial port, for lines of text.

    Attributes:
        name: Name of the device.
        overdue: True once a line did not come in time; the port is not used again then.
    """

    def __init__(self, name: str, limit_s: float) -> None:
        """Opens a port.

        Args:
            name: Name of the device.
            limit_s: How long writing may take, in seconds.

        Raises:
            ConfigError: pyserial is not installed, there is no such port, or it is in use.
        """
        self.name = name
        self.overdue = False
        self._library = _library()
        self._begun = b""
        try:
            self._port = self._library.Serial(
                name, _SPEED, timeout=_STEP_S, write_timeout=limit_s, exclusive=True
            )
        except OSError as error:  # also SerialException
            raise ConfigError(f"{name}: {_reason(error)}; {_HINT}") from error

    def write(self, text: str) -> None:
        """Writes text of ASCII; what came before and was not read is thrown away.

        Raises:
            TargetLost: the port is gone, or takes nothing.
        """
        try:
            self._port.reset_input_buffer()
            self._begun = b""
            self._port.write(text.encode("ascii"))
        except _GONE as error:
            raise TargetLost(f"{self.name}: {_reason(error)}") from error

    def line(self, limit_s: float) -> str:
        """Reads one line and returns it without its end; empty lines are passed over.

        Args:
            limit_s: How long it may take, in seconds.

        Raises:
            NoAnswer: no line came in time, now or earlier.
            TargetLost: the port is gone.
        """
        elapsed_ms = stopwatch()
        while not self.overdue and elapsed_ms() < limit_s * 1000:
            line, ended, rest = self._begun.replace(b"\r", b"\n").partition(b"\n")
            if ended:
                self._begun = rest
                if line:
                    return line.decode("ascii", "replace")
                continue
            try:
                self._begun += self._port.read(max(1, self._port.in_waiting))
            except _GONE as error:
                raise TargetLost(f"{self.name}: {_reason(error)}") from error
        self.overdue = True
        raise NoAnswer(
            f"{self.name}: no answer within {limit_s:g} s; is it the port for AT commands? A modem "
            "that hangs has to be switched off and on"
        )

    def close(self) -> None:
        """Closes the port; a second call does nothing."""
        self._port.close()


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error)
