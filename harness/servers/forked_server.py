"""A served SM-DP+ in a forked process, which ends with SIGKILL at a write of its state file.

The writes are the statements that change the file, in their order: BEGIN, each row, COMMIT. The
process ends just before or just after one, or in the middle of it, from another thread.
"""

import mmap
import os
import select
import signal
import sqlite3
import threading
import time  # noqa: TID251  how far into a write the kill comes
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from rspcore.crypto.curves import Curve
from rspcore.pki.bundle import Pki
from rspsim.server_setup import tls_credential
from rspsim.smdpp import SmDpPlus
from rspsim.smdpp.management import Management
from rspsim.stores import server_state
from rspsim.stores.server_state import FileState
from rspsim.system import SystemClock, SystemRng
from rspsim.transports.https import Front, Listener, tls_context
from rspsim.transports.management_port import management_front

for _one in ("protocol.es9p", "protocol.partner_side"):  # else each process imports them anew
    import_module(f"rspsim.smdpp.{_one}")

_WRITES = frozenset(("BEGIN", "COMMIT", "INSERT", "UPDATE", "DELETE", "REPLACE"))
TOKEN = "walk"  # noqa: S105  of a port that lives for a second
_FRACTIONS = 5
_STEP_S = 60e-6


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the process ends.

    Attributes:
        number: Number of the write, from 1; 0 for nowhere.
        moment: "before", "after", or "during" the write.
    """

    number: int = 0
    moment: str = "before"


class _Counter:
    """The number of writes so far, in memory that the processes share."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)

    @property
    def value(self) -> int:
        return int.from_bytes(self._memory[:8], "big")

    @value.setter
    def value(self, value: int) -> None:
        self._memory[:8] = value.to_bytes(8, "big")


class ForkedServer:
    """One process; `start` forks it, `stop` ends it."""

    def __init__(self, pki: Pki, path: Path, ports: tuple[int, int], cut: Cut) -> None:
        self._pki, self._path, self._ports, self._cut = pki, path, ports, cut
        self._writes = _Counter()
        self._process = 0
        self.killed = False

    @property
    def writes(self) -> int:
        """Returns how many writes it has begun."""
        return self._writes.value

    def start(self) -> None:
        """Forks the process and waits until it serves.

        Raises:
            RuntimeError: it ended, though no write was to end it.
        """
        ready, reported = os.pipe()
        self._process = os.fork()
        if not self._process:
            os.close(ready)
            self._serve(reported)
        os.close(reported)
        readable, _, _ = select.select([ready], [], [], 20)
        if not (readable and os.read(ready, 1)) and not self.dead():
            raise RuntimeError("the server did not start")
        os.close(ready)

    def dead(self, patience_s: float = 5.0) -> bool:
        """Waits for the end of the process for a while; True if SIGKILL ended it."""
        end = time.monotonic() + patience_s
        while self._process and not self.killed and time.monotonic() < end:
            process, status = os.waitpid(self._process, os.WNOHANG)
            if process:
                self.killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
                self._process = 0
                return self.killed
            time.sleep(0.005)
        return self.killed

    def stop(self) -> None:
        """Ends the process with SIGKILL, which costs no answer that went out."""
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            self._process = 0

    def _serve(self, reported: int) -> None:
        """Serves in the forked process until it is killed."""
        try:
            cut, count = self._cut, self._writes

            class Counting(sqlite3.Connection):
                """A connection that ends the process at the write that was chosen."""

                def execute(self, sql: str, /, *rest: Any) -> sqlite3.Cursor:
                    return _counted(
                        cut, count, sql, lambda: super(Counting, self).execute(sql, *rest)
                    )

                def executemany(self, sql: str, rows: Any, /) -> sqlite3.Cursor:
                    rows = list(rows)
                    if not rows:
                        return super().executemany(sql, rows)
                    return _counted(
                        cut, count, sql, lambda: super(Counting, self).executemany(sql, rows)
                    )

            server_state.sqlite3 = _Sqlite(Counting)
            self._run(reported)
        finally:
            os._exit(3)

    def _run(self, reported: int) -> None:
        port, admin_port = self._ports
        clock = SystemClock()
        with FileState(self._path) as state:
            server = SmDpPlus(
                self._pki,
                address=f"localhost:{port}",
                rng=SystemRng(),
                clock=clock,
                state=state,
            )
            credential = tls_credential(server, Curve.NIST_P256, clock.now())
            lock = threading.Lock()
            listener = Listener(port=port, tls=tls_context(credential))
            with (
                Front(server.handle, (listener,), lock=lock, note=server.note_refusal),
                management_front(Management(server, lock), port=admin_port, token=TOKEN),
            ):
                os.write(reported, b"1")
                threading.Event().wait()


class _Sqlite:
    """The module sqlite3, with another class of connections."""

    def __init__(self, factory: type[sqlite3.Connection]) -> None:
        self._factory = factory

    def __getattr__(self, name: str) -> Any:
        return getattr(sqlite3, name)

    def connect(self, *arguments: Any, **named: Any) -> sqlite3.Connection:
        return sqlite3.connect(*arguments, **named, factory=self._factory)


def _counted(
    cut: Cut, count: _Counter, sql: str, run: Callable[[], sqlite3.Cursor]
) -> sqlite3.Cursor:
    if sql.split(None, 1)[0].upper() not in _WRITES:
        return run()
    count.value += 1
    here = count.value == cut.number
    if here and cut.moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    if here and cut.moment == "during":
        pause_s = _STEP_S * (cut.number % _FRACTIONS)
        threading.Thread(target=_kill_after, args=(pause_s,), daemon=True).start()
    done = run()
    if here:
        os.kill(os.getpid(), signal.SIGKILL)
    return done


def _kill_after(pause_s: float) -> None:
    time.sleep(pause_s)
    os.kill(os.getpid(), signal.SIGKILL)
