"""The card's side of the vpcd link: commands from a virtual PC/SC reader and their responses.

vpcd, the driver inside pcscd, listens; the card connects and is thereby inserted. pcscd asks for
the ATR about every 400 ms to see whether the card is still there, so a connection that stays silent
was accepted by the kernel alone: another card is in the slot. There is no time limit in the other
direction: a slow card blocks its reader.

The link uses three methods of a card and nothing else. A bug in the card appears here as an
unhandled exception: it is logged with its traceback and the reader gets 6F00, so that one wrong
command does not end a session of hours. In process the same exception reaches the test as it is.
"""

import logging
import select
import socket
import threading
import time  # noqa: TID251  measures for the log how long a card took
from collections.abc import Callable
from typing import Final, Protocol

from rspcore.errors import ConfigError, LocalError
from rspcore.status import StatusWord
from rspsim.transports.frames import Control, hang_up, receive_frame, send_frame

__all__ = ["DEFAULT_PORT", "Card", "CardRemoved", "Observer", "VpcdCard", "in_reader"]

DEFAULT_PORT: Final = 0x8C7B
"""TCP port of the first slot, 35963; the second slot has the next one."""

_CONTROLS: Final = frozenset(int(control) for control in Control)

log = logging.getLogger("rspsim.vpcd")


_AT_ONCE_S: Final = 0.01
"""Seconds after which a reader that sent nothing more is taken to wait."""


def _asks(connection: socket.socket) -> bool:
    """Returns whether the reader sends something at once, or hangs up."""
    return bool(select.select([connection], [], [], _AT_ONCE_S)[0])


class Card(Protocol):
    """A card as the link needs it: `rspsim.euicc.Euicc` or anything with these three methods."""

    def reset(self) -> bytes:
        """Resets the card and returns the ATR, 2 to 33 octets."""

    def transmit(self, command: bytes, /) -> bytes:
        """Answers one command APDU with one response APDU."""

    def power_off(self) -> None:
        """Switches the power off; volatile state is lost."""


class Observer(Protocol):
    """An observer of what happens in the reader."""

    def inserted(self, atr: bytes) -> None:
        """Reports that a reader has taken the card."""

    def reset(self, atr: bytes) -> None:
        """Reports that the card was reset or powered on."""

    def exchanged(self, command: bytes, response: bytes, elapsed_s: float) -> None:
        """Reports a command, its response and how long the card took, in seconds."""


class CardRemoved(Exception):  # noqa: N818  an event, not a fault: the card leaves the reader
    """Reports that the card leaves the reader in the middle of a command; raised by `transmit`.

    The command stays unanswered; the reader sees the card removed and inserted again.
    """


class VpcdCard:
    """Keeps a card in a virtual reader until `stop` or `close` is called.

    Args:
        card: The card to serve.
        host: Where vpcd listens.
        port: TCP port of the slot.
        silence_s: Seconds without any frame after which a connection counts as never served.
        retry_s: Seconds between attempts to connect while pcscd is away.
        observer: Is called for each event; for logs.

    Attributes:
        spare: What is called once when the reader asks for nothing just then, for what would delay
            the first command; None when there is nothing, or it is done.
    """

    def __init__(
        self,
        card: Card,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        *,
        silence_s: float = 3.0,
        retry_s: float = 0.2,
        observer: Observer | None = None,
    ) -> None:
        self._card = card
        self._host = host
        self._port = port
        self._silence_s = silence_s
        self._retry_s = retry_s
        self._observer = observer
        self.spare: Callable[[], object] | None = None
        self._atr = b""
        self._insertions = 0
        self._inserted = threading.Event()
        self._stopping = False
        self._connection: socket.socket | None = None
        self._wake, self._waker = socket.socketpair()
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None

    @property
    def insertions(self) -> int:
        """Returns how often a reader has taken the card."""
        return self._insertions

    def serve(self) -> None:
        """Serves the card until `stop` is called; connects again whenever pcscd goes away.

        Raises:
            ConfigError: the first connection was accepted but never served: another card is in the
                slot. A card that was served before waits and logs a warning.
        """
        waiting = False
        while not self._stopping:
            try:
                connection = socket.create_connection((self._host, self._port), timeout=5)
            except OSError as error:
                if not waiting:
                    log.warning("no reader at %s:%d (%s); waiting", self._host, self._port, error)
                waiting = True
            else:
                waiting = False
                with connection:
                    self._serve_connection(connection)
            self._pause(self._retry_s)

    def stop(self) -> None:
        """Makes `serve` return once the command under way is answered.

        Safe in a signal handler and from another thread; a second call does nothing more.
        """
        if self._stopping:
            return
        self._stopping = True
        connection = self._connection
        if connection is not None:
            hang_up(connection)
        self._waker.send(b"\x00")

    def start(self, timeout_s: float = 10.0) -> None:
        """Serves in a thread of its own until `close`; returns when a reader has taken the card.

        Raises:
            LocalError: it runs already.
            ConfigError: no reader took the card in time, or another card is in the slot. The card
                is not served any more.
        """
        if self._thread is not None:
            raise LocalError("this card is being served already; close() it first")
        self._thread = threading.Thread(target=self._run, name=f"vpcd-{self._port}", daemon=True)
        self._thread.start()
        taken = self._inserted.wait(timeout_s)
        if self._failure is None and taken:
            return
        self.close()
        if self._failure is not None:
            raise self._failure
        raise ConfigError(
            f"no reader took the card at {self._host} port {self._port} within {timeout_s:g} s; "
            "is pcscd running with vpcd? See `rsplab doctor`"
        )

    def close(self) -> None:
        """Stops and, after `start`, waits until the card has left the reader."""
        self.stop()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._wake.close()
        self._waker.close()

    def __enter__(self) -> "VpcdCard":
        """Serves in a thread; the card is in the reader."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Takes the card out of the reader."""
        self.close()

    def _run(self) -> None:
        try:
            self.serve()
        except ConfigError as error:
            self._failure = error
        finally:
            self._inserted.set()

    def _pause(self, seconds: float) -> None:
        if not self._stopping:
            select.select([self._wake], [], [], seconds)

    def _serve_connection(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(self._silence_s)
        self._connection = connection
        self._atr = self._card.reset()
        try:
            frame = None if self._stopping else self._frame(connection)
            if frame is not None:
                connection.settimeout(None)
                self._taken()
            while frame is not None and self._handle(connection, frame):
                frame = self._frame(connection)
        except TimeoutError:
            self._never_served()
        except OSError as error:
            log.info("the reader at port %d is gone: %s", self._port, error)
        finally:
            self._connection = None
            self._card.power_off()

    def _frame(self, connection: socket.socket) -> bytes | None:
        """Waits for the next frame; None when the reader hangs up."""
        spare = self.spare
        if spare is not None and not _asks(connection):
            self.spare = None
            spare()
        return receive_frame(connection)

    def _taken(self) -> None:
        self._insertions += 1
        log.info(
            "card in the reader at %s:%d, ATR %s",
            self._host,
            self._port,
            self._atr.hex(" ").upper(),
        )
        self._inserted.set()
        if self._observer is not None:
            self._observer.inserted(self._atr)

    def _never_served(self) -> None:
        message = (
            f"port {self._port} at {self._host} took the connection but sent nothing for "
            f"{self._silence_s:g} s: another card is in this slot. Stop that card, or use the "
            f"other slot (--port {DEFAULT_PORT + (self._port == DEFAULT_PORT)})"
        )
        if not self._insertions:
            raise ConfigError(message)
        log.warning("%s", message)

    def _handle(self, connection: socket.socket, frame: bytes) -> bool:
        """Handles one frame; returns False to end the connection."""
        if len(frame) != 1 or frame[0] not in _CONTROLS:
            try:
                response = self._transmit(frame)
            except CardRemoved:
                log.info("the card leaves the reader at port %d", self._port)
                return False
            send_frame(connection, response)
        elif frame[0] == Control.GIVE_ATR:
            send_frame(connection, self._atr)
        elif frame[0] == Control.POWER_OFF:
            self._card.power_off()
        else:
            self._reset()
        return not self._stopping

    def _reset(self) -> None:
        try:
            self._atr = self._card.reset()
        except Exception:  # a bug in the card must not take the reader down with it
            log.exception("bug in the card at reset; the ATR is unchanged")
        if self._observer is not None:
            self._observer.reset(self._atr)

    def _transmit(self, command: bytes) -> bytes:
        if self._observer is None:
            return self._answer(command)
        begin = time.perf_counter()
        response = self._answer(command)
        self._observer.exchanged(command, response, time.perf_counter() - begin)
        return response

    def _answer(self, command: bytes) -> bytes:
        try:
            return self._card.transmit(command)
        except CardRemoved:
            raise
        except Exception:  # a bug in the card must not take the reader down with it
            log.exception("bug in the card at %s; answered 6F00", _header(command))
            return StatusWord.NO_PRECISE_DIAGNOSIS.to_bytes(2, "big")


def _header(command: bytes) -> str:
    """Returns the four header octets and the length, never the data."""
    return f"{command[:4].hex(' ').upper()} ({len(command)} octets)"


def in_reader(card: Card, port: int) -> VpcdCard:
    """Puts a card into the slot of a port and returns it when a reader has taken it.

    Raises:
        ConfigError: as `VpcdCard.start`.
    """
    served = VpcdCard(card, port=port)
    served.start()
    return served
