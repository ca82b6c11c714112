"""A modem that has the card: AT command lines in, answer lines out; no port and no clock.

The commands are those of 3GPP TS 27.007 that carry APDUs, +CCHO, +CCHC and +CGLA (8.45, 8.46, 8.43)
and +CSIM (8.17), with what a program sends beside them: +CMEE, +CFUN, +CPIN and the names of the
device. The modem is a plain one: it passes on what it is sent and fetches nothing by itself.

`HABITS` are the ways in which modems in the field differ. A client has to live with each of them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from rspcore.apdu import Ins
from rspcore.errors import LocalError
from rspsim.transports.vpcd import Card, CardRemoved

__all__ = ["HABITS", "AtModem", "habits_named"]

HABITS: Final[Mapping[str, str]] = {
    "octet-lengths": "lengths in +CGLA and +CSIM count octets, not characters",
    "urcs": "unsolicited lines come before each answer, and between it and OK",
    "echo": "command lines are echoed, whatever ATE0 said",
    "busy": "each command to the card is first refused: +CME ERROR 14, SIM busy",
    "cme-error": "each tenth command to the card has no answer but +CME ERROR 100; the card has it",
    "no-ccho": "no +CCHO, +CCHC and +CGLA, only +CSIM",
    "no-csim": "no +CSIM, only +CCHO, +CCHC and +CGLA",
    "no-test-commands": "forms with =? are refused, also of commands that it has",
    "bare-session": "the answer to +CCHO is the number alone, without +CCHO in front",
    "session-handle": "the session of +CCHO is a long handle in hexadecimal, not a small number",
    "unquoted": "octets in answers have no quotation marks",
}
"""Name of each habit and what it does."""

_TEXTS: Final = {
    3: "operation not allowed",
    4: "operation not supported",
    10: "SIM not inserted",
    14: "SIM busy",
    22: "not found",
    50: "Incorrect parameters",
    100: "unknown",
}
"""Words of +CME ERROR (TS 27.007, 9.2.1), for +CMEE=2."""
_UNSOLICITED: Final = ("+CREG: 1", "^RSSI: 21", '+CIEV: "service",1')
_SESSION: Final = re.compile(r'"?([0-9A-Fa-f]+)"?')
_APDU: Final = re.compile(r'(\d+),"?([0-9A-Fa-f]*)"?')
_CHANNEL_BITS: Final = 0x03
_FURTHER_CHANNELS: Final = 4
"""First of the channels that a class octet 4X or CX names."""
_TENTH: Final = 10
_ON: Final = 1
_OFF: Final = 0


def habits_named(names: Iterable[str]) -> frozenset[str]:
    """Returns habits by their names.

    Raises:
        LocalError: one is not known.
    """
    chosen = frozenset(names)
    if unknown := sorted(chosen - HABITS.keys()):
        raise LocalError(
            f"modem habit {', '.join(unknown)}: not known; expected one of {', '.join(HABITS)}"
        )
    if {"no-ccho", "no-csim"} <= chosen:
        raise LocalError("modem habits no-ccho and no-csim: no way to the card is left")
    return chosen


class _Refused(Exception):  # noqa: N818  an answer, not a fault
    """Carries the number of a +CME ERROR; 0 for a plain ERROR."""

    def __init__(self, number: int = 0) -> None:
        super().__init__(number)
        self.number = number


class AtModem:
    """A modem with a card whose power is on.

    Args:
        card: The card.
        habits: Names of its habits.
    """

    def __init__(self, card: Card, habits: frozenset[str] = frozenset()) -> None:
        self._card = card
        self._habits = habits
        self._sessions: dict[str, int] = {}
        self._echo = True
        self._errors = 0
        self._function = _ON
        self._refused_once = False
        self._commands = 0
        card.reset()

    def answer(self, line: str) -> str:
        """Answers a command line, without its end; returns what goes back, with all line ends."""
        asked = line.strip()
        shown = f"{line}\r" if self._echo or "echo" in self._habits else ""
        if not asked:
            return shown
        try:
            lines = [*self._lines(asked), "OK"]
        except _Refused as refusal:
            lines = [self._error(refusal.number)]
        if "urcs" in self._habits:
            between = [_UNSOLICITED[2], lines[-1]] if len(lines) > 1 else lines[-1:]
            lines = [*_UNSOLICITED[:2], *lines[:-1], *between]
        return shown + "".join(f"\r\n{one}\r\n" for one in lines)

    def _error(self, number: int) -> str:
        if not number or not self._errors:
            return "ERROR"
        return f"+CME ERROR: {number if self._errors == 1 else _TEXTS[number]}"

    def _lines(self, asked: str) -> Iterator[str]:
        """Yields the information lines of an answer."""
        if asked[:2].upper() != "AT":
            raise _Refused
        name, _, value = asked[2:].partition("=")
        name = name.upper()
        if name in self._missing:
            raise _Refused
        if value == "?":
            if "no-test-commands" in self._habits or f"{name}=" not in self._commands_by_name:
                raise _Refused
            return
        found = self._commands_by_name.get(f"{name}=" if "=" in asked else name)
        if found is None:
            raise _Refused
        yield from found(value)

    @property
    def _missing(self) -> frozenset[str]:
        """Returns the commands that this modem lacks."""
        gone = {"+CCHO", "+CCHC", "+CGLA"} if "no-ccho" in self._habits else set()
        return frozenset(gone | ({"+CSIM"} if "no-csim" in self._habits else set()))

    @property
    def _commands_by_name(self) -> Mapping[str, Callable[[str], Iterable[str]]]:
        return {
            "": lambda _: (),
            "E0": lambda _: self._set_echo(on=False),
            "E1": lambda _: self._set_echo(on=True),
            "Z": lambda _: self._set_echo(on=True),
            "+CMEE=": self._set_errors,
            "+CGMI": lambda _: ("rsplab",),
            "+CGMM": lambda _: ("simulated modem",),
            "+CGMR": lambda _: ("1",),
            "+CPIN?": self._pin,
            "+CFUN?": lambda _: (f"+CFUN: {self._function}",),
            "+CFUN=": self._set_function,
            "+CCHO=": self._open,
            "+CCHC=": self._close,
            "+CGLA=": self._in_session,
            "+CSIM=": self._as_it_is,
        }

    def _set_echo(self, *, on: bool) -> Iterable[str]:
        self._echo = on
        return ()

    def _set_errors(self, value: str) -> Iterable[str]:
        if value not in ("0", "1", "2"):
            raise _Refused(50)
        self._errors = int(value)
        return ()

    def _pin(self, _: str) -> Iterable[str]:
        self._require_power()
        return ("+CPIN: READY",)

    def _set_function(self, value: str) -> Iterable[str]:
        """Switches the card off with all functions of the modem (0), and on again (1 or 4)."""
        function, _, anew = value.partition(",")
        if function not in ("0", "1", "4") or anew not in ("", "0", "1"):
            raise _Refused(50)
        was_off = self._function == _OFF
        self._function = int(function)
        if self._function == _OFF or anew == "1":
            self._sessions.clear()
            self._card.power_off()
        if self._function != _OFF and (was_off or anew == "1"):
            self._card.reset()
        return ()

    def _require_power(self) -> None:
        if self._function == _OFF:
            raise _Refused(10)

    def _open(self, value: str) -> Iterable[str]:
        try:
            aid = bytes.fromhex(value.strip('"'))
        except ValueError:
            raise _Refused(50) from None
        answer = self._sent(bytes((0, Ins.MANAGE_CHANNEL, 0, 0, 1)))
        if len(answer) != 3 or answer[-2] not in (0x90, 0x91):
            raise _Refused(4)
        channel = answer[0]
        cla = _with_channel(0, channel)
        selected = self._card.transmit(bytes((cla, Ins.SELECT, 4, 0, len(aid))) + aid + b"\x00")
        if selected[-2] not in (0x90, 0x61, 0x91):
            self._card.transmit(bytes((0, Ins.MANAGE_CHANNEL, 0x80, channel)))
            raise _Refused(22)
        session = f"{0x0385A7CF + channel:016x}" if "session-handle" in self._habits else channel
        self._sessions[str(session)] = channel
        return (f"{session}" if "bare-session" in self._habits else f"+CCHO: {session}",)

    def _close(self, value: str) -> Iterable[str]:
        session = self._session(value)
        self._sent(bytes((0, Ins.MANAGE_CHANNEL, 0x80, self._sessions[session])))
        del self._sessions[session]
        return ()

    def _session(self, text: str) -> str:
        found = _SESSION.fullmatch(text)
        if found is None or found[1] not in self._sessions:
            raise _Refused(50)
        return found[1]

    def _in_session(self, value: str) -> Iterable[str]:
        session, _, rest = value.partition(",")
        channel = self._sessions[self._session(session)]
        command = self._apdu(rest)
        return (self._carried("+CGLA", bytes((_with_channel(command[0], channel),)) + command[1:]),)

    def _as_it_is(self, value: str) -> Iterable[str]:
        return (self._carried("+CSIM", self._apdu(value)),)

    @staticmethod
    def _apdu(value: str) -> bytes:
        found = _APDU.fullmatch(value)
        if found is None or len(found[2]) % 2 or int(found[1]) != len(found[2]) or not found[2]:
            raise _Refused(50)
        return bytes.fromhex(found[2])

    def _carried(self, name: str, command: bytes) -> str:
        digits = self._sent(command).hex().upper()
        length = len(digits) // 2 if "octet-lengths" in self._habits else len(digits)
        shown = digits if "unquoted" in self._habits else f'"{digits}"'
        return f"{name}: {length},{shown}"

    def _sent(self, command: bytes) -> bytes:
        """Passes a command to the card, and returns its response."""
        self._require_power()
        if "busy" in self._habits:
            self._refused_once = not self._refused_once
            if self._refused_once:
                raise _Refused(14)
        try:
            response = self._card.transmit(command)
        except CardRemoved:
            raise _Refused(10) from None
        self._commands += 1
        if "cme-error" in self._habits and not self._commands % _TENTH:
            raise _Refused(100)
        return response


def _with_channel(cla: int, channel: int) -> int:
    """Returns a class octet of the basic channel with another channel (TS 102 221, 10.1.1)."""
    if channel < _FURTHER_CHANNELS:
        return cla & ~_CHANNEL_BITS | channel
    return cla & 0x80 | 0x40 | channel - _FURTHER_CHANNELS
