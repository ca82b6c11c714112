"""Whether a card is in a PC/SC reader, asked of pcscd through the C library alone.

pcscd looks at a virtual reader every 400 ms, so a card that has just been put in is not there yet
for a client, and one that was taken out still seems to be. A client that connects in between gets
an error, or the card before.

Source: pcsc-lite, winscard.h and pcsclite.h.
"""

import ctypes
import time  # noqa: TID251  a daemon takes real time to see a card
from collections.abc import Callable
from typing import Final, TypeVar

from rspcore.errors import ConfigError
from rspsim.transports.pcsclite import LIBRARY

__all__ = ["put_in", "wait_until_card_answers", "wait_until_empty"]

_SCOPE_SYSTEM: Final = 2
_SHARE_SHARED: Final = 2
_ANY_PROTOCOL: Final = 3
_LEAVE_CARD: Final = 0
_EMPTY: Final = 0x10
_POLL_S: Final = 0.01
_ATR_SIZE: Final = 33
_NOTICED_S: Final = 2.0
"""After this time a card that pcscd has not noticed will not be."""
_POLLED_S: Final = 1.0
"""In this time pcscd looks at a reader twice at least."""

_Inserted = TypeVar("_Inserted")


class _ReaderState(ctypes.Structure):
    """SCARD_READERSTATE."""

    _fields_ = (
        ("reader", ctypes.c_char_p),
        ("user_data", ctypes.c_void_p),
        ("current_state", ctypes.c_ulong),
        ("event_state", ctypes.c_ulong),
        ("atr_size", ctypes.c_ulong),
        ("atr", ctypes.c_ubyte * _ATR_SIZE),
    )


class _Context:
    """A PC/SC context, released at the end of a block."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL(LIBRARY)
        self._context = ctypes.c_long()

    def __enter__(self) -> "_Context":
        code = self.library.SCardEstablishContext(
            _SCOPE_SYSTEM, None, None, ctypes.byref(self._context)
        )
        if code:
            raise ConfigError(f"pcscd does not answer (PC/SC code {code & 0xFFFFFFFF:08X})")
        return self

    def __exit__(self, *_: object) -> None:
        self.library.SCardReleaseContext(self._context)

    def empty(self, reader: str) -> bool:
        """Returns whether pcscd sees no card in a reader."""
        state = _ReaderState(reader=reader.encode())
        code = self.library.SCardGetStatusChange(
            self._context, ctypes.c_ulong(0), ctypes.byref(state), ctypes.c_ulong(1)
        )
        return code == 0 and bool(state.event_state & _EMPTY)

    def answers(self, reader: str) -> bool:
        """Returns whether a card can be connected to; nothing is sent to it."""
        card, protocol = ctypes.c_long(), ctypes.c_ulong()
        code = self.library.SCardConnect(
            self._context,
            reader.encode(),
            ctypes.c_ulong(_SHARE_SHARED),
            ctypes.c_ulong(_ANY_PROTOCOL),
            ctypes.byref(card),
            ctypes.byref(protocol),
        )
        if code:
            return False
        self.library.SCardDisconnect(card, ctypes.c_ulong(_LEAVE_CARD))
        return True


def wait_until_empty(reader: str, timeout_s: float = 10.0) -> None:
    """Waits until pcscd has seen that a reader has no card.

    Raises:
        ConfigError: it still sees one, or no such reader, after that time.
    """
    with _Context() as context:
        end = time.monotonic() + timeout_s
        while not context.empty(reader):
            if time.monotonic() > end:
                raise ConfigError(f'reader "{reader}": pcscd still sees a card in it')
            time.sleep(_POLL_S)


def wait_until_card_answers(reader: str, timeout_s: float = 10.0) -> None:
    """Waits until a client that connects at once gets the card in a reader.

    Raises:
        ConfigError: there is no card after that time, or another client holds it alone.
    """
    with _Context() as context:
        end = time.monotonic() + timeout_s
        while not context.answers(reader):
            if time.monotonic() > end:
                raise ConfigError(
                    f'reader "{reader}": no client could connect to the card within {timeout_s:g} s'
                )
            time.sleep(_POLL_S)


def put_in(
    reader: str, insert: Callable[[], _Inserted], take_out: Callable[[_Inserted], object]
) -> _Inserted:
    """Puts a card into a reader that the card before has left; a client can connect at once then.

    Where a client was killed and its card left before pcscd looked again, pcscd has the reader as
    empty and goes on to take the next card for the one it knows: nobody can connect to it. Such a
    card is taken out for as long as pcscd needs to see that, and put in again.

    Args:
        reader: The reader.
        insert: Puts the card in and returns what takes it out.
        take_out: Takes it out.

    Raises:
        ConfigError: the card before stays, or no client gets this one; it is out again.
    """
    wait_until_empty(reader)
    card = insert()
    try:
        wait_until_card_answers(reader, _NOTICED_S)
    except ConfigError:
        take_out(card)
        time.sleep(_POLLED_S)
    else:
        return card
    card = insert()
    try:
        wait_until_card_answers(reader)
    except ConfigError:
        take_out(card)
        raise
    return card
