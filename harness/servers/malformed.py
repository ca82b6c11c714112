"""Sends malformed requests to a served SM-DP+ and SM-DS, and looks at what comes of it.

    python harness/servers/malformed.py                 1,000 requests, some seconds
    python harness/servers/malformed.py --all           100,000 requests
    python harness/servers/malformed.py --seed N        others than those of seed 1

Both servers run in a process of their own. One request in eight goes to the SM-DS, one over TLS,
the others over plain HTTP, which the same front speaks. Each has to be answered, with 200, 204,
4xx, 501 or 505: no 500, no stack trace in the log, no reset. What is no HTTP has to be noted as a
fault of the client. The process must not grow, and a session that was open all the time has to end
with an installed Profile.

Exit code 1 when one of these is not so, with a line for each.
"""

import argparse
import ctypes
import gc
import json
import logging
import random  # noqa: TID251  a draw that can be repeated
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time  # noqa: TID251  how long it took is printed
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from rspcore.crypto.curves import Curve
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspsim.server_setup import tls_credential
from rspsim.smdpp import HttpRequest, HttpResponse, Policy, SmDpPlus
from rspsim.smdpp.limits import KeptLimits
from rspsim.smds import SmDs
from rspsim.system import SystemClock, SystemRng
from rspsim.transports.https import Front, Listener, tls_context

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "simulator/tests/rspsim/smdpp"))
from conftest import CardStandIn, Lpa
from malformed_requests import Request, Samples, drawn

PKI = make_pki()
SHORT, LONG = 1_000, 100_000
PATIENCE_S = 20.0
A_DAY = timedelta(days=1)
GROWTH_OCTETS = 2 << 20
"""In the second half, when every part of the servers has been in use for a while."""
LIMITS = KeptLimits(exchanges=200, receipts=200, sessions=200, history_octets=4 << 20)
"""Small, so that what is kept has its full size early, and growth is a leak."""
MALLOC_TRIM = ctypes.CDLL(None).malloc_trim
"""Gives free memory back to the system, so that what is left is in use."""
GOOD = frozenset((200, 204, 501, 505, *range(400, 500)))


class Served:
    """The process of both servers."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, __file__, "--serve"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.ports: dict[str, int] = json.loads(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None  # noqa: S101  it is a pipe
        return self._process.stdout.readline()

    def facts(self) -> dict[str, Any]:
        """Returns what the server says of itself: memory, notes of client faults."""
        assert self._process.stdin is not None  # noqa: S101  it is a pipe
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._line())
        return found

    def stop(self) -> str:
        """Ends the process; returns its log."""
        self._process.communicate(timeout=PATIENCE_S)
        return self._log.read_text()


def serve() -> None:
    """Serves both until standard input ends; a line of input asks for the facts."""
    logging.basicConfig(level=logging.WARNING)
    clock, rng = SystemClock(), SystemRng()
    policy = Policy(session_lifetime=A_DAY)  # the open one has to outlive a slow machine
    dp = SmDpPlus(PKI, address="localhost", rng=rng, clock=clock, policy=policy, limits=LIMITS)
    ds = SmDs(PKI, address="localhost", rng=rng, clock=clock, limits=LIMITS)
    profile = make_profile(preset("PROFILE_OPERATIONAL1"))
    dp.orders.order(profile.upp, profile.metadata, matching_id="OPEN")
    other = replace(profile.metadata, iccid=dp.orders.stock.fresh_iccid())
    dp.orders.order(profile.upp, other, matching_id="OVER")
    notes = 0

    def note(request: HttpRequest, response: HttpResponse, reason: str) -> None:
        nonlocal notes
        notes += 1
        dp.note_refusal(request, response, reason)

    own = tls_context(tls_credential(dp, Curve.NIST_P256, clock.now()))
    with (
        Front(dp.handle, (Listener(), Listener(tls=own)), note=note) as first,
        Front(ds.handle, (Listener(),), lock=threading.Lock()) as second,
    ):
        ports = dict(zip(("plain", "tls"), first.ports, strict=True))
        print(json.dumps({**ports, "smds": second.ports[0]}), flush=True)
        for _ in sys.stdin:
            dp.history.clear()
            gc.collect()
            MALLOC_TRIM(0)
            status = Path("/proc/self/status").read_text(encoding="ascii")
            memory = next(line.split()[1] for line in status.splitlines() if "VmRSS" in line)
            states = {one.matching_id: str(one.state) for one in dp.orders.all()}
            facts = {"memory": int(memory) << 10, "notes": notes}
            print(json.dumps({**facts, "states": states}), flush=True)


class Client:
    """Sends octets to one port, and reads the answer; the connection is kept as long as it goes."""

    def __init__(self, port: int, *, tls: bool) -> None:
        self._port = port
        self._context = _context() if tls else None
        self._link: socket.socket | None = None

    def send(self, request: Request) -> tuple[int, bytes]:
        """Returns status and body of the answer.

        Raises:
            OSError: the connection was reset, or there was no answer.
        """
        link = self._link or self._connected()
        self._link = None
        link.sendall(request.octets)
        if request.cut:
            link.shutdown(socket.SHUT_WR)
        status, body, keep = _answer(link)
        if keep and not request.cut:
            self._link = link
        else:
            link.close()
        return status, body

    def _connected(self) -> socket.socket:
        link = socket.create_connection(("127.0.0.1", self._port), PATIENCE_S)
        if self._context is not None:
            return self._context.wrap_socket(link, server_hostname="localhost")
        return link

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Carries a sound request over a connection of its own, for the LPA of the tests."""
        if self._link is not None:
            self._link.close()
            self._link = None
        lines = [f"{request.method} {request.path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        lines += [f"Content-Length: {len(request.body)}", "", ""]
        status, body = self.send(Request("sound", "\r\n".join(lines).encode() + request.body))
        headers = {"Content-Type": "application/json"}
        return HttpResponse(status=status, headers=headers, body=body)


def _context() -> ssl.SSLContext:
    roots = ssl.DER_cert_to_PEM_cert(PKI.ci(Curve.NIST_P256).certificate.der)
    return ssl.create_default_context(cadata=roots)


def _answer(link: socket.socket) -> tuple[int, bytes, bool]:
    octets = b""
    while b"\r\n\r\n" not in octets:
        octets += _more(link)
    head, _, body = octets.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:])
    while len(body) < int(fields.get("content-length", "0")):
        body += _more(link)
    return int(lines[0].split()[1]), body, fields.get("connection") != "close"


def _more(link: socket.socket) -> bytes:
    octets = link.recv(65_536)
    if not octets:
        raise ConnectionError("the connection ended without a whole answer")
    return octets


def sampled(client: Client, matching_id: str) -> tuple[Lpa, Samples]:
    """Returns an LPA at the end of a download, and the bodies it sent."""
    bodies: dict[str, dict[str, Any]] = {}

    class Noting(Lpa):
        def post(self, function: str, body: Any, **headers: str) -> HttpResponse:
            bodies[function] = body
            return super().post(function, body, **headers)

    lpa = Noting(client, CardStandIn(PKI), address="localhost")  # type: ignore[arg-type]  a stand-in
    lpa.download(matching_id)
    lpa.cancel(1)
    profile = make_profile(preset("PROFILE_OPERATIONAL1"))
    lpa.notify(lpa.card.result(lpa.transaction_id, profile.metadata.iccid, oid=lpa.card.server_oid))
    return lpa, Samples(bodies)


def trial(count: int, seed: int, served: Served) -> list[str]:  # noqa: PLR0915  one story
    """Sends the requests; returns what was wrong, one line each."""
    rng = random.Random(seed)  # noqa: S311  a draw that can be repeated, no secret
    plain = Client(served.ports["plain"], tls=False)
    secure, smds = Client(served.ports["tls"], tls=True), Client(served.ports["smds"], tls=False)
    _, samples = sampled(plain, "OVER")
    open_one = Lpa(Client(served.ports["plain"], tls=False), CardStandIn(PKI), address="localhost")  # type: ignore[arg-type]  a stand-in
    open_one.initiate()
    open_one.authenticate("OPEN")
    statuses: Counter[int] = Counter()
    problems: list[str] = []
    expected_notes, early = 0, 0
    for number in range(1, count + 1):
        request = drawn(rng, samples)
        client = rng.choices((plain, secure, smds), weights=(6, 1, 1))[0]
        if client is secure and request.cut:
            client = plain  # the end of one side alone is another matter in TLS
        expected_notes += request.http and client is not smds
        try:
            status, _ = client.send(request)
        except OSError as error:
            problems.append(f"{number}, {request.kind}: {type(error).__name__}, {error}")
            continue
        statuses[status] += 1
        if status not in GOOD or (request.http and status < 400):
            problems.append(f"{number}, {request.kind}: answered {status}")
        if number == count // 2:
            early = served.facts()["memory"]
    facts = served.facts()
    if facts["notes"] < expected_notes:
        problems.append(f"{facts['notes']} client faults noted, {expected_notes} sent")
    grown = facts["memory"] - early
    if grown > GROWTH_OCTETS:
        problems.append(f"memory grew by {grown:,} octets, allowed {GROWTH_OCTETS:,}")
    answer = open_one.get_package()
    if "boundProfilePackage" not in answer:
        problems.append(f"the open session is gone: {answer}")
    else:
        profile = make_profile(preset("PROFILE_OPERATIONAL1"))
        open_one.notify(open_one.card.result(open_one.transaction_id, profile.metadata.iccid))
    state = served.facts()["states"]["OPEN"]
    if state != "Installed":
        problems.append(f"the order of the open session is {state}")
    answered = ", ".join(f"{status}: {times:,}" for status, times in sorted(statuses.items()))
    print(f"{count:,} malformed requests, {answered}")
    print(f"{facts['notes']:,} noted as faults of the client; the open session ended {state}")
    print(f"memory {facts['memory'] / 1e6:.1f} MB, {grown / 1e6:+.2f} MB in the second half")
    return problems


def main() -> int:
    """Runs the trial; returns 1 when something was wrong."""
    parser = argparse.ArgumentParser(description="Send malformed requests to the servers.")
    parser.add_argument("--all", action="store_true", help=f"{LONG:,} requests")
    parser.add_argument("--seed", type=int, default=1, help="seed of the draw")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        served = Served(Path(folder))
        try:
            problems = trial(LONG if options.all else SHORT, options.seed, served)
        finally:
            log = served.stop()
    problems += [f"in the log: {line}" for line in log.splitlines() if line.strip()]
    for line in problems[:40]:
        print(line)
    print(f"{len(problems)} wrong, {time.monotonic() - began:.0f} s")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
