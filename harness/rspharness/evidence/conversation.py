"""A trace as a conversation: commands with their whole answers, resets, remarks.

What travels in parts is put together here: the answer that 61XX announces and GET RESPONSE fetches,
and the data of a STORE DATA chain (GlobalPlatform Card Specification, 11.11). The answer to each
command stays where it was, so that nothing of the trace is lost.
"""

from collections.abc import Iterator
from typing import Final

from rspcore.apdu import Ins, channel_of
from rspcore.frozen import dataclass
from rspcore.status import StatusWord
from rspharness.record.secret_data import is_secret
from rspharness.record.trace import Answered, Remark, Reset, TraceEvent

__all__ = ["Exchange", "conversation"]

_MORE_DATA: Final = 0x61
_LAST_BLOCK: Final = 0x80
_MOST: Final = 0xFF
_HEADER: Final = 5
"""Octets of a command before its data: CLA INS P1 P2 Lc."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command with what belongs to it.

    Attributes:
        command: The command as sent; for a chain its last block.
        data: Data of the command; for a chain those of all blocks.
        answer: Data of the whole answer, without status words.
        status: Status word that ended it, or None when no answer came.
        channel: Logical channel, or None for a class that has none.
        line: Line of the trace on which the (first) command stands.
        commands: How many commands it took.
        elapsed_ms: Time of the answers, all together; None where the trace has none.
    """

    command: bytes
    data: bytes
    answer: bytes
    status: int | None
    channel: int | None
    line: int
    commands: int
    elapsed_ms: float | None

    @property
    def ins(self) -> int:
        """Returns the instruction octet."""
        return self.command[1] if len(self.command) > 1 else 0

    @property
    def is_secret(self) -> bool:
        """Returns whether the data are hidden; a chain is judged by how its data begin."""
        first = self.data[:_MOST]
        if self.ins != Ins.STORE_DATA or len(first) == len(_data(self.command)):
            return is_secret(self.command)
        return is_secret(self.command[:3] + bytes((0, len(first))) + first)


def _data(command: bytes) -> bytes:
    """Returns the data of a short command; empty where there are none."""
    if len(command) <= _HEADER:
        return b""
    return command[_HEADER : _HEADER + command[4]]


def _is_block(command: bytes) -> bool:
    """Returns whether a command is a block of a STORE DATA chain that another follows."""
    return len(command) > _HEADER and command[1] == Ins.STORE_DATA and not command[2] & _LAST_BLOCK


def _exchange(parts: list[Answered], data: bytes, line: int) -> Exchange:
    """Puts one command and the GET RESPONSE commands after it together."""
    first, last = parts[0], parts[-1]
    answer = b"".join((one.response or b"")[:-2] for one in parts)
    times = [one.elapsed_ms for one in parts if one.elapsed_ms is not None]
    return Exchange(
        command=first.command,
        data=data + _data(first.command),
        answer=answer,
        status=None if not last.response else int.from_bytes(last.response[-2:], "big"),
        channel=channel_of(first.command[0]) if first.command else None,
        line=line,
        commands=len(parts),
        elapsed_ms=sum(times) if times else None,
    )


def _announces_more(event: Answered) -> bool:
    return event.response is not None and event.response[-2:-1] == bytes((_MORE_DATA,))


def conversation(events: list[TraceEvent]) -> Iterator[Exchange | Reset | Remark]:
    """Yields what happened in a trace, in its order.

    A chain whose blocks are interleaved with commands on other channels is put together by channel;
    a reset drops what was begun.
    """
    begun: dict[int | None, tuple[bytes, int]] = {}
    place = 0
    while place < len(events):
        event = events[place]
        place += 1
        if not isinstance(event, Answered):
            if isinstance(event, Reset):
                begun.clear()
            yield event
            continue
        parts = [event]
        while place < len(events) and _announces_more(parts[-1]):
            following = events[place]
            if not isinstance(following, Answered) or following.command[1:2] != b"\xc0":
                break
            parts.append(following)
            place += 1
        channel = channel_of(event.command[0]) if event.command else None
        data, line = b"", event.line
        if event.command[1:2] == bytes((Ins.STORE_DATA,)):
            data, line = begun.pop(channel, (b"", event.line))
        made = _exchange(parts, data, line)
        if _is_block(event.command) and made.status == StatusWord.OK and not made.answer:
            begun[channel] = (made.data, line)
            continue
        yield made
