"""The claim of one process to a virtual slot, so that two cards never wait for the same one.

A claim is a socket of the abstract namespace with the number of the port in its name. The kernel
gives a name to one socket at a time and takes it back when its process ends, however it ends; it
belongs to the same network namespace as the port. A slot whose port is in use without a claim holds
a card of another program and is left alone.

Source: unix(7), "Abstract sockets".
"""

import socket
import time  # noqa: TID251  other processes take real time to free a slot
from collections.abc import Sequence
from typing import Final

from rspcore.errors import ConfigError
from rspsim.transports.readers import Slot
from rspsim.transports.tcp_ports import port_use

__all__ = ["SlotClaim", "claim_free_slot"]

_NAME: Final = b"\0rsplab-slot-%d"
_POLL_S: Final = 0.02


class SlotClaim:
    """A slot that no other process of rsplab takes until `close`."""

    def __init__(self, slot: Slot, held: socket.socket) -> None:
        """Holds a socket that is bound to the name of the slot."""
        self.slot = slot
        self._held = held

    def close(self) -> None:
        """Gives the slot back; a second call does nothing."""
        self._held.close()

    def __enter__(self) -> "SlotClaim":
        """Returns the claim."""
        return self

    def __exit__(self, *_: object) -> None:
        """Gives the slot back."""
        self.close()


def claim_free_slot(slots: Sequence[Slot], patience_s: float) -> SlotClaim:
    """Claims the first slot that is free, as soon as one is.

    Args:
        slots: The slots to choose from.
        patience_s: How long to wait for one, in seconds.

    Raises:
        ConfigError: every slot held a card for all of that time.
    """
    end = time.monotonic() + patience_s
    while True:
        for slot in slots:
            claim = _claimed(slot)
            if claim is not None:
                return claim
        if time.monotonic() > end:
            raise ConfigError(
                f"all {len(slots)} virtual slots held a card for {patience_s:g} s; end the other "
                "run, or take fewer cards at a time"
            )
        time.sleep(_POLL_S)


def _claimed(slot: Slot) -> SlotClaim | None:
    """Returns the claim to a slot, None where another has it or a card is in it."""
    held = socket.socket(socket.AF_UNIX)
    try:
        held.bind(_NAME % slot.port)
    except OSError:  # the name is taken
        held.close()
        return None
    if port_use(slot.port).taken:
        held.close()
        return None
    return SlotClaim(slot, held)
