"""MANAGE CHANNEL: open and close logical channels (ISO/IEC 7816-4, 11.1.2; TS 102 221, 11.1.17)."""

from collections.abc import Callable, Iterable
from typing import Final

from rspcore.apdu import CHANNELS, CommandApdu
from rspcore.frozen import replace
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session_context import Session
from rspsim.euicc.state import Channel, Volatile

__all__ = ["CLOSED", "GRANTED", "LIMIT", "NONE_TO_CLOSE", "NO_CHANNEL_LEFT", "process"]

LIMIT: Final = Decision("manage_channel.limit", CHANNELS, "number of channels, channel 0 included")
NO_CHANNEL_LEFT: Final = Decision(
    "manage_channel.none_left", int(StatusWord.FUNCTION_NOT_SUPPORTED), "status word when all open"
)

NONE_TO_CLOSE: Final = Decision(
    "manage_channel.none_to_close",
    int(StatusWord.LOGICAL_CHANNEL_NOT_SUPPORTED),
    "status word when the channel to close is not open",
)


def _granted(limit: int) -> Iterable[int]:
    return range(1, limit)


GRANTED: Final[Decision[Callable[[int], Iterable[int]]]] = Decision(
    "manage_channel.granted", _granted, "numbers the card grants, in this order, below a limit"
)


def _closed(volatile: Volatile, number: int) -> Volatile:
    """Returns values without a channel; a load that was bound to it is bound to none now."""
    session = _without_channel(volatile.session, number)
    return replace(volatile, session=session).with_channel(number, None)


def _without_channel(session: Session, number: int) -> Session:
    if session.load is None or session.load.channel != number:
        return session
    return replace(session, load=replace(session.load, channel=None))


CLOSED: Final = Decision(
    "manage_channel.closed", _closed, "volatile values after a channel was closed"
)

_OPEN = 0x00
_CLOSE = 0x80


def process(command: CommandApdu, view: View) -> Outcome:
    """Opens a channel of the card's or the caller's choice, or closes one."""
    if command.data:
        return view.refuse(StatusWord.WRONG_LENGTH)
    if command.p1 == _OPEN:
        return _open(command, view)
    if command.p1 == _CLOSE:
        return _close(command, view)
    return view.refuse(StatusWord.INCORRECT_P1_P2)


def _open(command: CommandApdu, view: View) -> Outcome:
    """Opens a channel; it begins where the channel of the command stands, channel 0 at the MF."""
    limit = view.decisions[LIMIT]
    channels = view.volatile.channels
    number = command.p2
    if number >= limit:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if number == 0:
        free = (n for n in view.decisions[GRANTED](limit) if channels[n] is None)
        number = next(free, 0)
        if number == 0:
            return view.refuse(view.decisions[NO_CHANNEL_LEFT])
    elif channels[number] is not None:
        return view.refuse(view.decisions[NO_CHANNEL_LEFT])
    inherited = Channel() if view.channel_number == 0 else _directory_of(view.channel)
    data = bytes((number,)) if command.p2 == 0 else b""
    return view.outcome(data, volatile=view.volatile.with_channel(number, inherited))


def _directory_of(channel: Channel) -> Channel:
    return replace(Channel(), application=channel.application, files=channel.files)


def _close(command: CommandApdu, view: View) -> Outcome:
    """Closes a channel; P2=00 closes the command's own.

    An unfinished command on it is gone, and a load that began there cannot go on, even when the
    number is opened again.
    """
    number = command.p2 or view.channel_number
    if number == 0 or number >= CHANNELS:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if view.volatile.channels[number] is None:
        return view.refuse(view.decisions[NONE_TO_CLOSE])
    return view.outcome(volatile=view.decisions[CLOSED](view.volatile, number))
