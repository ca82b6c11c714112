"""A PC/SC daemon that several processes share: started by the first, stopped after the last.

The parallel workers of a test run come and go in any order, and a run can be killed, so none of
them can own the daemon. A keeper does: a small process in the background that starts pcscd where
none runs, tells each user its slots over a socket, and stops what it started when the last user has
hung up, or has died. A pcscd that ran before is never stopped; one that has ended is started anew
for the next user.

    python -m rspsim.transports.shared_daemon SLOTS    is started by `shared_pcscd` alone
"""

import json
import os
import selectors
import socket
import subprocess
import sys
import time  # noqa: TID251  a keeper takes real time to start and to end
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspsim.transports.pcscd import PcscDaemon, start_pcscd
from rspsim.transports.pcsclite import Daemon, daemon_state
from rspsim.transports.readers import Slot

__all__ = ["SharedDaemon", "shared_pcscd"]

_NAME: Final = b"\0rsplab-pcscd"
"""Name of the keeper's socket, in the abstract namespace: gone with the keeper (unix(7))."""
_FIRST_USER_S: Final = 10.0
_JOIN_S: Final = 30.0
_POLL_S: Final = 0.02
_END_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class SharedDaemon:
    """The daemon as its users see it.

    Attributes:
        slots: The virtual slots it offers, lowest port first.
        kept: It was started by a keeper and ends with its last user; otherwise it ran before.
    """

    slots: tuple[Slot, ...]
    kept: bool


@contextmanager
def shared_pcscd(*, slots: int = 2) -> Iterator[SharedDaemon]:
    """Runs the block as a user of the shared daemon.

    After the last user's block the daemon has ended, unless it ran before.

    Args:
        slots: Virtual slots needed.

    Raises:
        ConfigError: no daemon with vpcd can be had, or it has too few slots; the message is that of
            `start_pcscd`.
    """
    line, daemon = _joined(slots)
    with line:
        if slots > len(daemon.slots):
            raise ConfigError(
                f"{slots} virtual slots are needed and the pcscd that other runs share has "
                f"{len(daemon.slots)}: end those, so that one with more readers can be started"
            )
        try:
            yield daemon
        finally:
            _leave(line)


def _leave(line: socket.socket) -> None:
    """Hangs up, and waits until the keeper has, which stops the daemon after its last user."""
    line.settimeout(_END_S)
    try:
        line.shutdown(socket.SHUT_WR)
        while line.recv(1):
            pass
    except OSError:  # the keeper is gone, or takes its time: it needs nobody to wait for it
        return


def _joined(slots: int) -> tuple[socket.socket, SharedDaemon]:
    end = time.monotonic() + _JOIN_S
    while time.monotonic() < end:
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(_JOIN_S)
        try:
            line.connect(_NAME)
            said = line.makefile("rb").readline()
        except ConnectionRefusedError:
            said = b""
            _start_keeper(slots)
        except OSError:  # the keeper ended just now
            said = b""
        if said.endswith(b"\n"):
            answer = json.loads(said)
            if "slots" in answer:
                offered = tuple(Slot(reader, port) for reader, port in answer["slots"])
                return line, SharedDaemon(offered, answer["kept"])
            line.close()
            raise ConfigError(answer["problem"])
        line.close()
        time.sleep(_POLL_S)
    raise ConfigError(f"no keeper of a shared pcscd within {_JOIN_S:g} s; see `rsplab doctor`")


def _start_keeper(slots: int) -> None:
    """Starts a keeper in the background; it ends at once where another one is faster."""
    command = (sys.executable, "-m", "rspsim.transports.shared_daemon", str(slots))
    done = subprocess.run(  # noqa: S603  this interpreter, fixed words and a number
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True
    )
    if done.returncode:
        raise ConfigError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")


def _keep(slots: int) -> None:
    """Becomes a keeper, unless there is one."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(_NAME)
    except OSError:
        return
    listener.listen(128)
    if os.fork():
        return
    os.setsid()
    os.chdir("/")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (1, 2):
        os.dup2(nowhere, number)
    daemon = _KeptDaemon(slots)
    with (
        listener
    ):  # bound until the daemon is stopped, so that no other keeper takes it for its own
        try:
            last = _serve(listener, daemon)
        finally:
            daemon.stop()
    for user in last:
        user.close()


class _KeptDaemon:
    """The daemon of a keeper: started when it is asked for, and again when it has ended."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._daemon: PcscDaemon | None = None

    def answer(self) -> bytes:
        """Returns the line for a new user: the slots of a daemon that runs, or the problem."""
        try:
            if self._daemon is None or daemon_state() is not Daemon.RUNNING:
                self.stop()
                self._daemon = start_pcscd(slots=self._slots)
        except ConfigError as problem:
            return json.dumps({"problem": str(problem)}).encode() + b"\n"
        offered = [(slot.reader, slot.port) for slot in self._daemon.slots]
        return json.dumps({"slots": offered, "kept": self._daemon.ours}).encode() + b"\n"

    def stop(self) -> None:
        """Stops it, if it was started here."""
        if self._daemon is not None:
            self._daemon.stop()
            self._daemon = None


def _serve(listener: socket.socket, daemon: _KeptDaemon) -> list[socket.socket]:
    """Answers each user until the last one has hung up; returns who waits for the end."""
    leaving: list[socket.socket] = []
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        patience: float | None = _FIRST_USER_S
        while ready := selector.select(patience):
            leaving += [
                user
                for key, _ in ready
                if (user := _handle(selector, listener, key.fileobj, daemon)) is not None
            ]
            patience = 0
            if len(selector.get_map()) > 1:
                patience = None
                while leaving:
                    leaving.pop().close()
    return leaving


def _handle(
    selector: selectors.BaseSelector, listener: socket.socket, ready: object, daemon: _KeptDaemon
) -> socket.socket | None:
    """Greets a new user, or returns the one that has hung up."""
    if ready is listener:
        user, _ = listener.accept()
        selector.register(user, selectors.EVENT_READ)
        with suppress(OSError):  # it is gone already, which the selector shows next
            user.sendall(daemon.answer())
    elif isinstance(ready, socket.socket) and not _received(ready):
        selector.unregister(ready)
        return ready
    return None


def _received(user: socket.socket) -> bytes:
    """Returns what a user sent, nothing when it has hung up or was killed."""
    try:
        return user.recv(1)
    except ConnectionError:
        return b""


if __name__ == "__main__":
    _keep(int(sys.argv[1]))
