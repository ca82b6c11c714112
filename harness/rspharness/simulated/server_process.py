"""Calls of an object in a process of its own: one at a time, over a pair of connected sockets.

The child is this module run by `python -m`; it makes the object, then does what it is asked until
the other end of the pair is closed. Values cross as pickles, both ends are the same program.
"""

import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any, Final

from rspcore import errors
from rspcore.errors import ConfigError, RspError

__all__ = ["InProcess", "ServerProcess"]

_PATIENCE_S: Final = 10.0


class ServerProcess:
    """An object in another process."""

    def __init__(self, kind: type, *given: Any) -> None:
        """Starts the process and makes the object there.

        Args:
            kind: Its class, importable by its name, with a method `close`.
            *given: What the class takes.

        Raises:
            RspError: as the class.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  this program again
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        self._ours = Connection(ours.detach())
        self._turn = threading.Lock()
        try:
            self._exchange((kind.__module__, kind.__name__, given))
        except BaseException:
            self.close()
            raise

    def call(self, method: str, *given: Any) -> Any:
        """Calls a method, or reads an attribute, of the object.

        Raises:
            RspError: as the method.
            ConfigError: the process has ended.
        """
        return self._exchange((method, given))

    def kill(self) -> None:
        """Ends the process at once, by SIGKILL."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(_PATIENCE_S)

    def close(self) -> None:
        """Lets the object close and the process end."""
        self._ours.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def _exchange(self, message: tuple[Any, ...]) -> Any:
        with self._turn:
            try:
                self._ours.send(message)
                good, value = self._ours.recv()
            except (EOFError, OSError) as error:
                raise ConfigError(f"the process of the server has ended: {error!r}") from error
        if good:
            return value
        name, text = value
        raise getattr(errors, name)(text)


class InProcess:
    """The same calls on an object in this process."""

    def __init__(self, kind: type, *given: Any) -> None:
        """Makes the object.

        Raises:
            RspError: as the class.
        """
        self._object = kind(*given)

    def call(self, method: str, *given: Any) -> Any:
        """Calls a method, or reads an attribute, of the object."""
        return _done(self._object, method, given)

    def kill(self) -> None:
        """Ends nothing.

        Raises:
            ConfigError: always; only a process of its own can be killed.
        """
        raise ConfigError("this server runs in a thread; ask for one with process=True to kill it")

    def close(self) -> None:
        """Closes the object."""
        self._object.close()


def _done(target: Any, method: str, given: tuple[Any, ...]) -> Any:
    found = getattr(target, method)
    return found(*given) if callable(found) else found


def _serve(connection: Connection) -> None:
    module, name, given = connection.recv()
    target: Any = None
    try:
        target = getattr(importlib.import_module(module), name)(*given)
        connection.send((True, None))
        while True:
            method, given = connection.recv()
            try:
                connection.send((True, _done(target, method, given)))
            except RspError as error:
                connection.send((False, _refusal(error)))
    except RspError as error:
        connection.send((False, _refusal(error)))
    except EOFError:
        pass
    finally:
        if target is not None:
            target.close()


def _refusal(error: RspError) -> tuple[str, str]:
    known = (kind.__name__ for kind in type(error).__mro__ if hasattr(errors, kind.__name__))
    return next(known), str(error)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # the other end decides when it is over
        signal.signal(number, signal.SIG_IGN)
    _serve(Connection(int(sys.argv[1])))
