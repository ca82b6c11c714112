"""A PC/SC daemon that several processes share: started by the first, stopped after the last.

The parallel workers of a test run come and go in any order, so none of them can own the daemon. A
keeper does: a small process in the background that starts pcscd where none runs, tells each user
its slots over a socket, and stops what it started when the last user has hung up, or has died. A
pcscd that ran before is never stopped.

    python -m rspsim.transports.shared_daemon    is started by `shared_pcscd` alone
"""

import json
import os
import selectors
import socket
import subprocess
import sys
import time  # noqa: TID251  a keeper takes real time to start and to end
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rspcore.errors import ConfigError
from rspsim.transports.pcscd import start_pcscd
from rspsim.transports.readers import Slot

__all__ = ["shared_pcscd"]

_NAME: Final = b"\0rsplab-pcscd"
"""Name of the keeper's socket, in the abstract namespace: gone with the keeper (unix(7))."""
_FIRST_USER_S: Final = 10.0
_JOIN_S: Final = 30.0
_POLL_S: Final = 0.02


@contextmanager
def shared_pcscd() -> Iterator[tuple[Slot, ...]]:
    """Runs the block as a user of the shared daemon; yields its virtual slots.

    Raises:
        ConfigError: no daemon with vpcd can be had; the message is that of `start_pcscd`.
    """
    line, slots = _joined()
    with line:
        yield slots


def _joined() -> tuple[socket.socket, tuple[Slot, ...]]:
    end = time.monotonic() + _JOIN_S
    while time.monotonic() < end:
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(_JOIN_S)
        try:
            line.connect(_NAME)
            said = line.makefile("rb").readline()
        except ConnectionRefusedError:
            said = b""
            _start_keeper()
        except OSError:  # the keeper ended just now
            said = b""
        if said.endswith(b"\n"):
            answer = json.loads(said)
            if "slots" in answer:
                return line, tuple(Slot(reader, port) for reader, port in answer["slots"])
            line.close()
            raise ConfigError(answer["problem"])
        line.close()
        time.sleep(_POLL_S)
    raise ConfigError(f"no keeper of a shared pcscd within {_JOIN_S:g} s; see `rsplab doctor`")


def _start_keeper() -> None:
    """Starts a keeper in the background; it ends at once where another one is faster."""
    command = (sys.executable, "-m", "rspsim.transports.shared_daemon")
    done = subprocess.run(  # noqa: S603  this interpreter, fixed words
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True
    )
    if done.returncode:
        raise ConfigError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")


def _keep() -> None:
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
    with (
        listener
    ):  # bound until the daemon is stopped, so that no other keeper takes it for its own
        try:
            daemon = start_pcscd()
        except ConfigError as problem:
            _serve(listener, {"problem": str(problem)})
            return
        try:
            slots = [(slot.reader, slot.port) for slot in daemon.slots]
            _serve(listener, {"slots": slots})
        finally:
            daemon.stop()


def _serve(listener: socket.socket, answer: dict[str, object]) -> None:
    """Tells each user the answer; returns when the last one has hung up."""
    said = json.dumps(answer).encode() + b"\n"
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        patience: float | None = _FIRST_USER_S
        while ready := selector.select(patience):
            for key, _ in ready:
                _handle(selector, listener, key.fileobj, said)
            patience = None if len(selector.get_map()) > 1 else 0


def _handle(
    selector: selectors.BaseSelector, listener: socket.socket, ready: object, said: bytes
) -> None:
    if ready is listener:
        user, _ = listener.accept()
        user.sendall(said)
        selector.register(user, selectors.EVENT_READ)
    elif isinstance(ready, socket.socket) and not ready.recv(1):
        selector.unregister(ready)
        ready.close()


if __name__ == "__main__":
    _keep()
