"""A driver that only exists here, to look at the card's side of the link."""

import os
import socket
import time  # noqa: TID251  a socket takes real time
from collections.abc import Callable, Iterator

import pytest

from rspsim.transports.echo_card import EchoCard
from rspsim.transports.pcscd import find_pcscd
from rspsim.transports.pcsclite import Daemon, daemon_state
from rspsim.transports.readers import find_driver


class FakeDriver:
    """Be what vpcd is: a listener that takes one card and talks to it."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self.listener.settimeout(5)
        self.port: int = self.listener.getsockname()[1]
        self.link: socket.socket | None = None

    def take(self) -> None:
        """Accept the card that connects; let go of the one before."""
        if self.link is not None:
            self.link.close()
        self.link, _ = self.listener.accept()
        self.link.settimeout(5)

    def write(self, octets: bytes) -> None:
        """Send octets as they are."""
        assert self.link is not None
        self.link.sendall(octets)

    def send(self, payload: bytes) -> None:
        """Send a frame as the driver does: length and body in two writes, Nagle at work."""
        self.write(len(payload).to_bytes(2, "big"))
        self.write(payload)

    def receive(self) -> bytes:
        """Return one frame; nothing when the card closed the link."""
        head = self._exactly(2)
        return self._exactly(int.from_bytes(head, "big")) if head else b""

    def ask(self, payload: bytes) -> bytes:
        """Send a frame and return the answer."""
        self.send(payload)
        return self.receive()

    def drop(self) -> None:
        """Close the link and keep listening, as a restarted pcscd does."""
        assert self.link is not None
        self.link.close()

    def close(self) -> None:
        """Close everything."""
        if self.link is not None:
            self.link.close()
        self.listener.close()

    def _exactly(self, count: int) -> bytes:
        assert self.link is not None
        octets = b""
        while len(octets) < count:
            part = self.link.recv(count - len(octets))
            if not part:
                return b""
            octets += part
        return octets


@pytest.fixture(scope="session")
def need_pcscd() -> Callable[[], None]:
    """Return a check that skips where no pcscd can be had; a broken one is no reason to skip."""

    def check() -> None:
        if find_pcscd() is None or find_driver() is None:
            pytest.skip("pcscd or its driver vpcd is not installed")
        if daemon_state() is not Daemon.RUNNING and os.geteuid() != 0:
            pytest.skip("no pcscd runs, and only root may start one")

    return check


@pytest.fixture
def driver() -> Iterator[FakeDriver]:
    """Listen as vpcd would, on a port of its own."""
    made = FakeDriver()
    yield made
    made.close()


@pytest.fixture
def echo() -> EchoCard:
    """Return a card that answers with what it was asked."""
    return EchoCard()


@pytest.fixture
def settle() -> "Settle":
    """Return a wait for something another thread brings about."""
    return Settle()


class Settle:
    """Wait until a condition holds; fail after five seconds."""

    def __call__(self, condition: object, timeout_s: float = 5.0) -> None:
        """Ask again and again."""
        assert callable(condition)
        end = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < end, "the condition never held"
            time.sleep(0.005)
