"""Frames of the vpcd link: a length of two octets, big-endian, and that many octets, both ways.

A frame of one octet from the reader is a control, if it is one `Control` names; anything else is a
command. A frame without octets ends the link.

**Delayed acknowledgements.** The driver writes length and body separately, and the kernel on its
side holds the second write back until the first is acknowledged. With delayed acknowledgements each
command takes 44 ms longer. So `receive_frame` asks for quick acknowledgement before *each* receive,
as the kernel resets the option in between, and `send_frame` sends length and body in one piece.
"""

import socket
from enum import IntEnum
from typing import Final

from rspcore.errors import LocalError

__all__ = ["MAX_FRAME", "Control", "hang_up", "receive_frame", "send_frame"]

MAX_FRAME: Final = 0xFFFF
"""Longest frame in octets, its two length octets not counted."""


class Control(IntEnum):
    """Controls of the link; only GIVE_ATR is answered."""

    POWER_OFF = 0x00
    POWER_ON = 0x01
    RESET = 0x02
    GIVE_ATR = 0x04


def receive_frame(connection: socket.socket) -> bytes | None:
    """Reads one frame; returns None when the other side closed the link (also by a length of 0).

    Raises:
        OSError: the link broke, or nothing came within the time set on the socket (TimeoutError).
    """
    head = _receive(connection, 2)
    if head is None:
        return None
    size = head[0] << 8 | head[1]
    return _receive(connection, size) if size else None


def send_frame(connection: socket.socket, payload: bytes) -> None:
    """Sends length and payload in one piece.

    Raises:
        LocalError: more than 65,535 octets. Nothing was sent.
        OSError: the link broke.
    """
    if len(payload) > MAX_FRAME:
        raise LocalError(f"a frame of {len(payload)} octets; vpcd carries up to {MAX_FRAME}")
    connection.sendall(len(payload).to_bytes(2, "big") + payload)


def hang_up(connection: socket.socket) -> None:
    """Ends both directions, so that a receive under way returns; accepts a closed socket."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _receive(connection: socket.socket, count: int) -> bytes | None:
    octets = b""
    while len(octets) < count:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = connection.recv(count - len(octets))
        if not part:
            return None
        octets += part
    return octets
