"""AT commands and their answers: one command line, its lines of information, one final result code.

Written for modems as they are: command lines may be echoed, lines that nobody asked for may stand
anywhere, and a busy card is asked again (3GPP TS 27.007, 4 and 9.2; ITU-T V.250, 5.7).
"""

import re
import time  # noqa: TID251  a card that is busy takes real time
from typing import Final, Protocol

from rspcore.errors import RemoteError
from rspharness.record.timing import stopwatch
from rspharness.record.verdicts import TargetLost

__all__ = ["AtDialogue", "AtRefusedError", "CardGone", "Lines"]

_SIM_BUSY: Final = "14"
_CARD_GONE: Final = frozenset({"10", "13", "15"})
"""SIM not inserted, SIM failure, SIM wrong."""
_BUSY_S: Final = 0.1
"""Wait before a busy card is asked again, in seconds."""
_ERROR: Final = re.compile(r"\+CM[ES] ERROR: *(.*)")
_FAILED: Final = frozenset({"ERROR", "NO CARRIER", "COMMAND NOT SUPPORT", "TOO MANY PARAMETERS"})


class AtRefusedError(RemoteError):
    """Reports that the modem refused a command; the code is that of +CME ERROR, or empty."""


class CardGone(TargetLost):
    """Reports that the modem says it has no card, or one that does not work."""


class Lines(Protocol):
    """A port for lines of text."""

    name: str

    def write(self, text: str) -> None:
        """Writes text."""

    def line(self, limit_s: float) -> str:
        """Returns the next line that is not empty."""


class AtDialogue:
    """Asks a modem, one command after the other.

    Args:
        port: The port of the modem.
        limit_s: How long one answer may take, in seconds.
    """

    def __init__(self, port: Lines, limit_s: float) -> None:
        self._port = port
        self._limit_s = limit_s

    def prepare(self) -> None:
        """Switches echo off and the numbers of errors on.

        Raises:
            TargetLost: the modem does not answer.
            AtRefusedError: it knows no AT+CMEE.
        """
        self.ask("ATE0")
        self.ask("AT+CMEE=1")

    def ask(self, command: str, prefix: str = "", bare: str = "") -> str:
        """Sends a command and returns what the modem answers.

        Args:
            command: The command line.
            prefix: Beginning of the line of information, such as "+CGLA:"; it is not returned.
            bare: Pattern of a line of information that has no prefix; empty for none.

        Returns:
            The first line of information of this kind, empty where there is none.

        Raises:
            AtRefusedError: the modem refused the command.
            CardGone: the modem has no card.
            TargetLost: no answer came in time, or the modem is gone.
        """
        elapsed_ms = stopwatch()
        while True:
            try:
                return self._asked(command, prefix, bare)
            except AtRefusedError as refusal:
                if refusal.code != _SIM_BUSY:
                    raise
                if elapsed_ms() > self._limit_s * 1000:
                    raise TargetLost(
                        f"{self._port.name}: the card is busy for {self._limit_s:g} s"
                    ) from refusal
            time.sleep(_BUSY_S)

    def _asked(self, command: str, prefix: str, bare: str) -> str:
        self._port.write(f"{command}\r")
        found = ""
        name = command.partition("=")[0]
        while (line := self._port.line(self._limit_s).strip()) != "OK":
            if line in _FAILED:
                raise AtRefusedError(f"{self._port.name}: {name}: {line}")
            if (error := _ERROR.fullmatch(line)) is not None:
                self._refused(name, error[1].strip())
            if found or line == command:
                continue
            if prefix and line.upper().startswith(prefix):
                found = line[len(prefix) :].strip()
            elif bare and re.fullmatch(bare, line):
                found = line
        return found

    def _refused(self, name: str, code: str) -> None:
        message = f"{self._port.name}: {name}: +CME ERROR: {code}"
        if code in _CARD_GONE:
            raise CardGone(f"{message}; the modem has no card that works")
        raise AtRefusedError(message, code=code)
