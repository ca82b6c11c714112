"""Servers: CPU of a session against its own crypto floor, many clients, two processes, the start.

The cards of the clients sign before the clock runs: a step of all sessions is prepared, then sent.
Each session is that of another card. The CPU time is that of the server process alone. The floor is
what the primitives of the same requests take (`session_crypto.py`), in the same process at the same
pace: as many in a row as there are clients, with waiting between, because a processor that others
use in between is slower for both.
"""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from figure import Figure
from session_crypto import client_context

from rspcore.crypto.curves import Curve
from rspcore.ids import Eid, Iccid
from rspcore.pki.generate import make_pki
from rspharness.record.timing import percentiles, stopwatch
from rspsim.smdpp import HttpRequest, HttpResponse

sys.path.insert(0, str(Path(__file__).parents[2] / "simulator/tests/rspsim/smdpp"))
from conftest import CardStandIn, Lpa

__all__ = ["sessions", "start", "two_processes"]

CPU_BUDGET = 4.0
START_BUDGET = 15.0
CLIENTS, BATCH = 16, 32
_EID_BODY = "890490321234512345123456789"
"""The first digits of the EIDs of the cards."""


class Server:
    """A served SM-DP+ in a process of its own, with a number of orders M-0, M-1 ..."""

    def __init__(self, curve: Curve, orders: int, *more: str) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("served_smdpp.py")),
                *(curve.value, str(orders), *more),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None  # noqa: S101  it is a pipe
        return self._process.stdout.readline()

    def used(self) -> dict[str, float]:
        """Returns CPU time and time spent waiting for the lock so far, in seconds."""
        found: dict[str, float] = self._asked("?")
        return found

    def crypto_ms(self, step: int, times: int) -> float:
        """Returns the CPU time of the primitives of a request, done so many times."""
        return float(self._asked(f"crypto {step} {times}"))

    def _asked(self, line: str) -> Any:
        assert self._process.stdin is not None  # noqa: S101  it is a pipe
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return json.loads(self._line())

    def stop(self) -> None:
        """Ends it."""
        self._process.communicate(timeout=20)


class Link:
    """One TLS connection; requests are prepared, and sent when asked for."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        self._port, self._context = port, context
        self._socket: ssl.SSLSocket | None = None
        self._request = b""
        self.answer = b""

    def prepare(self, path: str, body: bytes) -> None:
        """Writes a request down."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: gsma-rsp-lpad\r\n"
            "X-Admin-Protocol: gsma/rsp/v2.5.0\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._request = head.encode() + body

    def send(self) -> None:
        """Sends it, after the handshake if it is the first, and reads the answer."""
        if self._socket is None:
            plain = socket.create_connection(("127.0.0.1", self._port), 60)
            self._socket = self._context.wrap_socket(plain, server_hostname="localhost")
        self._socket.sendall(self._request)
        octets = b""
        while b"\r\n\r\n" not in octets:
            octets += self._more()
        head, _, body = octets.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length")),
            0,
        )
        while len(body) < length:
            body += self._more()
        self.answer = body

    def _more(self) -> bytes:
        assert self._socket is not None  # noqa: S101  there is one by now
        octets = self._socket.recv(65_536)
        if not octets:
            raise ConnectionError("the server ended the connection")
        return octets

    def close(self) -> None:
        """Closes the connection."""
        if self._socket is not None:
            self._socket.close()


@dataclass
class Session:
    """One download: an LPA whose requests are prepared instead of sent."""

    link: Link
    lpa: Lpa
    matching_id: str

    @classmethod
    def on(cls, curve: Curve, port: int, context: ssl.SSLContext, number: int) -> "Session":
        """Makes a session of one order."""
        link = Link(port, context)
        pki = make_pki(curves=(curve,), eid=Eid.from_first_digits(f"{_EID_BODY}{number:03d}"))
        lpa = Lpa(_Preparing(link), CardStandIn(pki, curve), address="localhost")  # type: ignore[arg-type]  a stand-in
        return cls(link, lpa, f"M-{number}")

    def prepare(self, step: int) -> None:
        """Takes the answer of the step before, and signs the request of this one."""
        lpa, answer = self.lpa, json.loads(self.link.answer) if self.link.answer else {}
        if step == 0:
            _swallowed(lpa.initiate)
        elif step == 1:
            lpa.initiated = answer
            _swallowed(partial(lpa.authenticate, self.matching_id))
        elif step == 2:
            lpa.authenticated = answer
            _swallowed(lpa.get_package)
        else:
            if "boundProfilePackage" not in answer:
                raise RuntimeError(f"no package: {answer}")
            digits = f"89990011{int(self.matching_id[2:]):010d}"
            result = lpa.card.result(lpa.transaction_id, Iccid.from_digits(digits))
            _swallowed(partial(lpa.notify, result))


class _PreparedError(Exception):
    """The request is prepared; there is no answer yet."""


class _Preparing:
    """Stands for the server: notes the request and goes no further."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Prepares a request."""
        self._link.prepare(request.path, request.body)
        raise _PreparedError


def _swallowed(run: Callable[[], object]) -> None:
    try:
        run()
    except _PreparedError:
        return
    raise RuntimeError("no request was made")


STEPS = 4


def run_sessions(made: list[Session], clients: int) -> float:
    """Takes every session through its steps; returns the seconds in which requests were made."""
    total = 0.0
    for step in range(STEPS):
        for one in made:
            one.prepare(step)
        shares = [made[at::clients] for at in range(clients)]
        threads = [threading.Thread(target=_send_all, args=(share,)) for share in shares]
        watch = stopwatch()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total += watch() / 1000
    for one in made:
        one.link.close()
    return total


def _send_all(share: Iterable[Session]) -> None:
    for one in share:
        one.link.send()


def sessions(count: int) -> list[Figure]:
    """Measures CPU time and throughput of sessions with one and with many clients, per curve.

    Floor and sessions are measured in turns, a batch of each: the ratio is that of its own moment,
    on a machine that others use as well.
    """
    figures = []
    for curve in Curve:
        rates = []
        for clients in (1, CLIENTS):
            batches = _batches(curve, clients, count)
            floor, cpu, ratio, rate = (
                percentiles(list(one)).p50 for one in zip(*batches, strict=True)
            )
            rates.append(rate)
            name = f"session on {curve}, {clients} clients"
            figures += [
                Figure(f"{name}: crypto floor", floor, "ms"),
                Figure(f"{name}: server CPU", cpu, "ms"),
                Figure(f"{name}: CPU by floor", ratio, "x", CPU_BUDGET),
                Figure(f"{name}: throughput", rate, "1/s"),
            ]
        name = f"session on {curve}: throughput of 1 client by that of {CLIENTS}"
        figures.append(Figure(name, rates[0] / rates[1], "x", 1.0))
    return figures


def floor_ms(server: Server, clients: int) -> float:
    """Returns the CPU time of the primitives of one session, in milliseconds."""
    rounds = BATCH // clients
    total = sum(server.crypto_ms(step, clients) for step in range(STEPS) for _ in range(rounds))
    return total / (rounds * clients)


def _batches(curve: Curve, clients: int, count: int) -> list[tuple[float, float, float, float]]:
    """Returns floor, CPU time, their ratio and sessions per second, of each batch but the first."""
    context, found = client_context(curve), []
    server = Server(curve, count)
    try:
        for start_at in range(0, count - BATCH + 1, BATCH):
            floor = floor_ms(server, clients)
            made = _made(curve, server.port, context, range(start_at, start_at + BATCH))
            before = server.used()["cpu"]
            seconds = run_sessions(made, clients)
            cpu = (server.used()["cpu"] - before) * 1000 / BATCH
            found.append((floor, cpu, cpu / floor, BATCH / seconds))
    finally:
        server.stop()
    return found[1:]


def _made(
    curve: Curve, port: int, context: ssl.SSLContext, numbers: Iterable[int]
) -> list[Session]:
    return [Session.on(curve, port, context, number) for number in numbers]


def two_processes(count: int) -> list[Figure]:
    """Measures what a second process on the state file brings, and the waiting for its lock."""
    curve = Curve.NIST_P256
    context, rates, ratios, waiting = client_context(curve), [], [], 0.0
    for processes in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "state.db")
            servers = [Server(curve, count, path)]
            servers += [Server(curve, count, path, "joins") for _ in range(processes - 1)]
            made = []
            for at, server in enumerate(servers):
                made += _made(curve, server.port, context, range(at, count, processes))
            floor = floor_ms(servers[0], CLIENTS)
            before = sum(one.used()["cpu"] for one in servers)
            seconds = run_sessions(made, CLIENTS)
            cpu = (sum(one.used()["cpu"] for one in servers) - before) * 1000 / count
            ratios.append(cpu / floor)
            waiting = sum(one.used()["waited"] for one in servers) / processes / seconds
            for one in servers:
                one.stop()
        rates.append(count / seconds)
    return [
        Figure("state file, 1 process: CPU by floor", ratios[0], "x"),
        Figure("state file, 1 process: throughput", rates[0], "1/s"),
        Figure("state file, 2 processes: throughput", rates[1], "1/s"),
        Figure("state file, 2 processes: gain", rates[1] / rates[0], "x"),
        Figure("state file, 2 processes: waiting for the lock", waiting * 100, "%", 10.0),
    ]


def start(rounds: int) -> list[Figure]:
    """Measures the CPU time of `smdpp serve` until it listens, and of a Python with no program."""
    words = [sys.executable, "-m", "rspsim", "smdpp", "serve", "--port", "0", "--in-memory"]
    with tempfile.TemporaryDirectory() as folder:  # compiled once, as an installed wheel is
        own = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        own.pop("PYTHONDONTWRITEBYTECODE", None)
        times = [_cpu_of([sys.executable, "-c", "pass"], "", own) for _ in range(rounds + 1)]
        bare = percentiles(times[1:]).p50
        times = [_cpu_of(words, "listening", own) for _ in range(rounds + 1)]
        served = percentiles(times[1:]).p50
    return [
        Figure("start: Python alone", bare, "ms"),
        Figure("start: smdpp serve until it listens", served, "ms"),
        Figure("start: smdpp serve by Python alone", served / bare, "x", START_BUDGET),
    ]


def _cpu_of(words: list[str], until: str, env: dict[str, str]) -> float:
    """Returns the CPU time of a program until it prints a word, or until its end, in ms."""
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
    )
    assert process.stdout is not None  # noqa: S101  it is a pipe
    with process.stdout as lines:
        any(until and until in line for line in lines)
        os.kill(process.pid, signal.SIGKILL)  # it is not reaped yet, even when it has ended
        _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return (used.ru_utime + used.ru_stime) * 1000
