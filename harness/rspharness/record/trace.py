"""Traces of what passed between host and card: readable text that can be replayed as a card.

    # rsplab trace 1
    ATR 3B 9F 96 80 1F C7 80 31 E0 73 FE 21 1B 64 08 05 00 00 00 00 00 01
    > 00 70 00 00 01
    < 01 90 00                              ; 0.21 ms

A line that starts with `#` is a remark: a step of the case, or what passed with a server by HTTP,
as `# HTTP >` and `# HTTP <` (`rspharness.lpa.traced_port`). `ATR` marks a reset, `>` a command, `<`
its response, `!` that none came. Of several cards, `# card 2`
or `# card under test` says whose lines follow. What follows `;` is the time and is not replayed.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspharness.record.verdicts import TargetLost

__all__ = [
    "HEADER",
    "Answered",
    "Remark",
    "ReplayLink",
    "Reset",
    "Trace",
    "TraceEvent",
    "read_events",
]

HEADER: Final = "# rsplab trace 1"
FIRST_CARD: Final = "card under test"
"""Remark before lines of the card under test, where those before it are of another card."""
_STATUS_OCTETS: Final = 2
_LAST_BLOCK: Final = bytes.fromhex("E291")
_OK: Final = bytes.fromhex("9000")
_TIME: Final = re.compile(r"; *([0-9.]+) ms")


class Trace:
    """Records one session, line by line.

    Attributes:
        lines: The lines so far.
        commands: How many commands were sent.
        elapsed_ms: How long their answers took.
        last_data: Data of the last response, without its status word.
        gave_nothing: Whether a request to the ISD-R was answered 9000 without data.
    """

    def __init__(self) -> None:
        self.lines: list[str] = [HEADER]
        self.commands = 0
        self.elapsed_ms = 0.0
        self.last_data = b""
        self.gave_nothing = False
        self._answered = bytearray()
        self._card = ""

    @property
    def position(self) -> int:
        """Returns the number of the last line, counted from 1."""
        return len(self.lines)

    def remark(self, text: str) -> None:
        """Writes a remark."""
        self.lines.extend(f"# {line}" for line in text.splitlines() or [""])

    def turn_to(self, card: str) -> None:
        """Says by a remark which card the next lines are of, where it is not that of the last."""
        if card != self._card:
            self._card = card
            self.remark(card or FIRST_CARD)

    def reset(self, atr: bytes) -> None:
        """Writes a reset and the ATR that followed."""
        self.lines.append(f"ATR {_hex(atr)}")

    def exchange(self, command: bytes, response: bytes, elapsed_ms: float) -> None:
        """Writes a command, its response and the time it took."""
        self.commands += 1
        self.elapsed_ms += elapsed_ms
        self.lines.append(f"> {_hex(command)}")
        self.lines.append(f"< {_hex(response):<40} ; {elapsed_ms:.2f} ms")
        self.last_data = response[:-_STATUS_OCTETS] if len(response) >= _STATUS_OCTETS else response
        self._answered += self.last_data
        if command[1:3] == _LAST_BLOCK and response == _OK:
            self.gave_nothing = True

    def lost(self, command: bytes, reason: str) -> None:
        """Writes a command that got no answer."""
        self.commands += 1
        self.lines.extend((f"> {_hex(command)}", f"! {reason}"))

    def answered(self) -> bytes:
        """Returns the data of all responses in their order, without status words.

        An answer fetched in parts by GET RESPONSE is whole there. A response too short for a status
        word is kept as it is.
        """
        return bytes(self._answered)

    def text(self) -> str:
        """Returns the whole trace."""
        return "\n".join(self.lines) + "\n"


def _hex(octets: bytes) -> str:
    return octets.hex(" ").upper()


@dataclass(frozen=True, slots=True)
class Reset:
    """A reset, and the ATR that followed."""

    atr: bytes


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark, such as the step of a case."""

    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A command and its response.

    Attributes:
        command: The command.
        response: The response with its status word; None when none came.
        line: Line of the command, counted from 1.
        elapsed_ms: Time until the response; None where the trace has none.
    """

    command: bytes
    response: bytes | None
    line: int
    elapsed_ms: float | None = None


TraceEvent = Reset | Remark | Answered


def read_events(text: str) -> list[TraceEvent]:
    """Reads the text of a trace.

    Raises:
        ConfigError: a line is not one of a trace; the message names it.
    """
    events: list[TraceEvent] = []
    command: tuple[int, bytes] | None = None
    for number, whole in enumerate(text.splitlines(), 1):
        kind, _, rest = whole.partition(" ")
        if not whole:
            continue
        if kind.startswith("#"):
            events.append(Remark(whole[1:].strip()))
        elif kind == "ATR":
            events.append(Reset(_octets(rest, number)))
        elif kind == ">" and command is None:
            command = number, _octets(rest, number)
        elif kind in ("<", "!") and command is not None:
            response = _octets(rest, number) if kind == "<" else None
            events.append(Answered(command[1], response, command[0], _time(rest)))
            command = None
        else:
            raise ConfigError(f"trace, line {number}: {whole[:40]!r} is not expected there")
    return events


def _time(rest: str) -> float | None:
    """Returns the time after the semicolon of a line, in ms."""
    found = _TIME.search(rest)
    return float(found[1]) if found else None


class ReplayLink:
    """The card of a trace: answers its commands, in its order, with its responses."""

    def __init__(self, events: Iterable[Reset | Answered]) -> None:
        self._events = list(events)
        self._next = 0

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a trace file.

        Raises:
            ConfigError: a line is not one of a trace; the message names it.
        """
        return cls.parse(path.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads the text of a trace.

        Raises:
            ConfigError: as `load`.
        """
        events = read_events(text)
        return cls(one for one in events if not isinstance(one, Remark))

    def transmit(self, command: bytes) -> bytes:
        """Answers the next command of the trace.

        Raises:
            TargetLost: the trace has another command here, ends here, or has no answer here.
        """
        event = self._take()
        if not isinstance(event, Answered):
            raise TargetLost(f"the trace has a reset where {_hex(command)[:60]} was sent")
        if event.command != command:
            raise TargetLost(
                f"trace, line {event.line}: expected command {_hex(event.command)[:60]}, "
                f"got {_hex(command)[:60]}"
            )
        if event.response is None:
            raise TargetLost(f"trace, line {event.line}: no answer was recorded")
        return event.response

    def reset(self) -> bytes:
        """Answers a reset with the ATR of the trace.

        Raises:
            TargetLost: the trace has no reset here.
        """
        event = self._take()
        if not isinstance(event, Reset):
            raise TargetLost("the trace has a command where the card was reset")
        return event.atr

    def close(self) -> None:
        """Does nothing: the replay can stop at any point."""

    @property
    def finished(self) -> bool:
        """Returns whether everything in the trace was used."""
        return self._next == len(self._events)

    def _take(self) -> Reset | Answered:
        if self.finished:
            raise TargetLost("the trace ends here")
        self._next += 1
        return self._events[self._next - 1]


def _octets(text: str, line: int) -> bytes:
    try:
        return bytes.fromhex(text.partition(";")[0])
    except ValueError as error:
        raise ConfigError(f"trace, line {line}: expected hexadecimal octets") from error
