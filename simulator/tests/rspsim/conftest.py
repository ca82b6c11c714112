"""A stand-in for the vpcd driver, to test the card's side of the link."""

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
    """A stand-in for vpcd: a listener that takes one card and talks to it."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self.listener.settimeout(5)
        self.port: int = self.listener.getsockname()[1]
        self.link: socket.socket | None = None

    def take(self) -> None:
        """Accepts the card that connects; disconnects the one before."""
        if self.link is not None:
            self.link.close()
        self.link, _ = self.listener.accept()
        self.link.settimeout(5)

    def write(self, octets: bytes) -> None:
        """Sends octets as they are."""
        assert self.link is not None
        self.link.sendall(octets)

    def send(self, payload: bytes) -> None:
        """Sends a frame as the driver does: length and body in two writes, without TCP_NODELAY."""
        self.write(len(payload).to_bytes(2, "big"))
        self.write(payload)

    def receive(self) -> bytes:
        """Returns one frame; nothing when the card closed the link."""
        head = self._exactly(2)
        return self._exactly(int.from_bytes(head, "big")) if head else b""

    def ask(self, payload: bytes) -> bytes:
        """Sends a frame and returns the answer."""
        self.send(payload)
        return self.receive()

    def drop(self) -> None:
        """Closes the link and keeps listening, as a restarted pcscd does."""
        assert self.link is not None
        self.link.close()

    def close(self) -> None:
        """Closes everything."""
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
    """Returns a check that skips where no pcscd is available; a broken one is no reason to skip."""

    def check() -> None:
        if find_pcscd() is None or find_driver() is None:
            pytest.skip("pcscd or its driver vpcd is not installed")
        if daemon_state() is not Daemon.RUNNING and os.geteuid() != 0:
            pytest.skip("no pcscd runs, and only root may start one")

    return check


@pytest.fixture
def driver() -> Iterator[FakeDriver]:
    """Listens as vpcd does, on a free port."""
    made = FakeDriver()
    yield made
    made.close()


@pytest.fixture
def echo() -> EchoCard:
    """Returns a card that answers with the octets of the command."""
    return EchoCard()


@pytest.fixture
def settle() -> "Settle":
    """Returns a function that waits for the effect of another thread."""
    return Settle()


class Settle:
    """Waits until a condition holds; fails after five seconds."""

    def __call__(self, condition: object, timeout_s: float = 5.0) -> None:
        """Checks the condition repeatedly."""
        assert callable(condition)
        end = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < end, "the condition never held"
            time.sleep(0.005)
