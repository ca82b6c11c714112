"""Whose octets could not be read: those the card has sent, or some of this project's own.

An exception of a decoder does not say where its octets came from, and a case may decode both. So
they are looked for: what was given to the first function of `rspcore` on the way to the exception
is what somebody wanted to read, and the trace holds every octet that the card has sent. Octets that
the card has not sent are ours, and a mistake in reading them is a fault of this project.
"""

from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Final

from rspcore.messages.codec import Structure
from rspcore.tlv import Tlv
from rspharness.record.trace import Trace

__all__ = ["unread_octets"]

_DECODERS: Final = "rspcore"
_HARNESS: Final = "rspharness"


def unread_octets(error: BaseException, trace: Trace) -> bytes | None:
    """Returns the octets of the card that an exception is about, None when it is about others.

    Args:
        error: What a decoder raised, with its traceback.
        trace: What the card has sent so far.
    """
    answered = trace.answered()
    nothing = trace.gave_nothing or not trace.last_data
    for one in (error, error.__cause__):
        for frame in _frames(one.__traceback__ if one else None):
            found = list(_octets(frame))
            for octets in found:
                if octets in answered if octets else nothing:
                    return octets
            if found and _wing(frame) == _DECODERS:
                break
    return None


def _frames(place: TracebackType | None) -> Iterator[FrameType]:
    """Yields the calls of harness and decoders on the way to an exception, the outermost first."""
    while place is not None:
        if _wing(place.tb_frame) in (_DECODERS, _HARNESS):
            yield place.tb_frame
        place = place.tb_next


def _wing(frame: FrameType) -> str:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0]


def _octets(frame: FrameType) -> Iterator[bytes]:
    """Yields the arguments of a call that are octets, or were read from octets."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    for name in code.co_varnames[:count]:
        value = frame.f_locals.get(name)
        if isinstance(value, bytes | bytearray | memoryview):
            yield bytes(value)
        elif isinstance(value, Tlv):
            yield bytes(value.raw)
        elif isinstance(value, Structure) and value.raw:
            yield value.raw
