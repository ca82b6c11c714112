"""Silent, slow and broken clients on real sockets: nobody waits for them, and all are answered.

The limits of the first tests are so wide that no deadline helps: what keeps a good client from
waiting is that no thread waits for another one.
"""

import socket
import ssl
import threading
import time  # noqa: TID251  sockets take real time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import issue_tls, make_pki
from rspsim.env import SeededRng
from rspsim.smdpp import HttpRequest, HttpResponse
from rspsim.transports.https import Front, FrontLimits, Listener, tls_context

CLIENTS = 200
BIG = bytes(1 << 20)
WIDE = FrontLimits(exchange_s=60, idle_s=60, connections=2 * CLIENTS, buffered_octets=1 << 30)
SHORT = FrontLimits(exchange_s=0.3, idle_s=0.3)
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


@pytest.fixture(scope="module")
def trusting(pki: Pki) -> ssl.SSLContext:
    authority = ssl.DER_cert_to_PEM_cert(pki.ci(Curve.NIST_P256).certificate.der)
    return ssl.create_default_context(cadata=authority)


@pytest.fixture(scope="module")
def tls(pki: Pki) -> ssl.SSLContext:
    now = datetime.now(UTC)  # noqa: TID251  TLS looks at the real clock
    return tls_context(issue_tls(pki, Curve.NIST_P256, ("localhost",), now))


class Bench:
    """A front with a handler that answers /big with megabytes, and its clients."""

    def __init__(
        self, tls: ssl.SSLContext, trusting: ssl.SSLContext, limits: FrontLimits, stack: ExitStack
    ) -> None:
        self.noted: list[tuple[HttpRequest, int, str]] = []
        self.trusting = trusting
        self.stack = stack
        self.front = Front(
            self.handle,
            (Listener(tls=tls),),
            limits=limits,
            note=lambda request, answer, why: self.noted.append((request, answer.status, why)),
        )
        stack.enter_context(self.front)

    def handle(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=200, body=BIG if request.path == "/big" else b"good")

    def connect(self) -> socket.socket:
        plain = socket.socket()
        self.stack.callback(plain.close)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(10)
        plain.connect(("127.0.0.1", self.front.ports[0]))
        return plain

    def secured(self) -> ssl.SSLSocket:
        made = self.trusting.wrap_socket(self.connect(), server_hostname="localhost")
        self.stack.callback(made.close)
        return made

    def good_exchange_s(self) -> float:
        """Returns how long a good exchange takes on a connection of its own, in seconds."""
        start = time.monotonic()
        with self.secured() as client:
            client.sendall(POST + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")
            assert everything(client).endswith(b"\r\n\r\ngood")
        return time.monotonic() - start


@pytest.fixture
def bench(
    tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> Iterator[Callable[[FrontLimits], Bench]]:
    with ExitStack() as stack:
        yield lambda limits: Bench(tls, trusting, limits, stack)


def everything(client: socket.socket) -> bytes:
    """Returns all octets until the server closes the connection; ConnectionError if it resets."""
    found = b""
    while octets := client.recv(65_536):
        found += octets
    return found


def client_hello(context: ssl.SSLContext) -> bytes:
    sent = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def nothing(bench: Bench) -> socket.socket:
    return bench.connect()


def one_octet(bench: Bench) -> socket.socket:
    client = bench.connect()
    client.sendall(b"\x16")
    return client


def half_a_client_hello(bench: Bench) -> socket.socket:
    client = bench.connect()
    hello = client_hello(bench.trusting)
    client.sendall(hello[: len(hello) // 2])
    return client


def idle_after_the_handshake(bench: Bench) -> socket.socket:
    return bench.secured()


def idle_after_a_request(bench: Bench) -> socket.socket:
    client = bench.secured()
    client.sendall(POST + b"\r\n")
    assert client.recv(65_536)
    return client


def partial_headers(bench: Bench) -> socket.socket:
    client = bench.secured()
    client.sendall(POST + b"Content-Le")
    return client


def slow_body(bench: Bench) -> socket.socket:
    client = bench.secured()
    client.sendall(POST + b"Content-Length: 100\r\n\r\n{")
    return client


def slow_chunks(bench: Bench) -> socket.socket:
    client = bench.secured()
    client.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab")
    return client


def slow_reader(bench: Bench) -> socket.socket:
    client = bench.secured()
    client.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    return client


KINDS = (
    nothing,
    one_octet,
    half_a_client_hello,
    idle_after_the_handshake,
    idle_after_a_request,
    partial_headers,
    slow_body,
    slow_chunks,
    slow_reader,
)


@pytest.mark.parametrize("kind", KINDS)
def test_good_client_does_not_wait_for_200_bad_ones(bench, kind, record_property):
    running = bench(WIDE)
    alone = min(running.good_exchange_s() for _ in range(3))
    bad = [kind(running) for _ in range(CLIENTS)]
    among = max(running.good_exchange_s() for _ in range(5))
    record_property("alone_s", round(alone, 4))
    record_property("among_200_s", round(among, 4))
    assert len(bad) == CLIENTS
    assert among - alone < 1, (alone, among)
    assert running.noted == []


def test_good_client_does_not_wait_while_all_kinds_come_and_go(bench):
    running = bench(SHORT)
    alone = min(running.good_exchange_s() for _ in range(3))
    for _ in range(5):
        bad = [kind(running) for kind in KINDS for _ in range(4)]
        assert running.good_exchange_s() - alone < 1
        assert len(bad) == 4 * len(KINDS)


@pytest.mark.parametrize("kind", [partial_headers, slow_body, slow_chunks])
def test_request_that_takes_too_long_is_answered_408_and_noted(bench, kind):
    running = bench(SHORT)
    start = time.monotonic()
    client = kind(running)
    assert everything(client).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - start < 2
    ((request, status, why),) = running.noted
    assert (status, why) == (408, "the request was not complete after 0.3 s")
    assert request.method == ("" if kind is partial_headers else "POST")


def test_octets_that_drip_do_not_prolong_the_time(bench):
    running = bench(SHORT)
    client = running.secured()
    client.sendall(POST)
    start = time.monotonic()
    client.settimeout(0.05)
    answer = b""
    while not answer and time.monotonic() - start < 5:
        client.sendall(b"A: b\r\n")
        try:
            answer = client.recv(1000)
        except TimeoutError:
            continue
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - start < 2


def test_body_that_drips_does_not_prolong_the_time(bench):
    running = bench(SHORT)
    client = running.secured()
    client.sendall(POST + b"Content-Length: 100000\r\n\r\n")
    start = time.monotonic()
    client.settimeout(0.05)
    answer = b""
    while not answer and time.monotonic() - start < 5:
        client.sendall(b"{")
        try:
            answer = client.recv(1000)
        except TimeoutError:
            continue
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - start < 2


class SlowToGreet:
    """A TLS client that sends half its ClientHello, and the rest after a pause."""

    def __init__(self, bench: Bench, pause_s: float) -> None:
        self._in, self._out, self._socket = ssl.MemoryBIO(), ssl.MemoryBIO(), bench.connect()
        self._tls = bench.trusting.wrap_bio(self._in, self._out, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.do_handshake()
        hello = self._out.read()
        self._socket.sendall(hello[:100])
        time.sleep(pause_s)
        self._socket.sendall(hello[100:])
        self._when_readable(self._tls.do_handshake)

    def send(self, octets: bytes) -> None:
        self._tls.write(octets)
        self._socket.sendall(self._out.read())

    def read(self) -> bytes:
        found = self._when_readable(lambda: self._tls.read(65_536))
        assert isinstance(found, bytes)
        return found

    def _when_readable(self, act: Callable[[], bytes | None]) -> bytes | None:
        while True:
            try:
                return act()
            except ssl.SSLWantReadError:
                self._in.write(self._socket.recv(65_536))
            finally:
                self._socket.sendall(self._out.read())


ONE_TIME = FrontLimits(exchange_s=2, idle_s=60)


def test_handshake_and_request_share_the_time_of_the_exchange(bench):
    running = bench(ONE_TIME)
    client = SlowToGreet(running, 1.2)
    start = time.monotonic()
    client.send(POST + b"Content-Length: 2\r\n\r\n{")
    assert client.read().startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - start < 1.5  # 0.8 s were left, not 2 s


def test_request_and_taking_the_answer_share_the_time_of_the_exchange(bench):
    running = bench(ONE_TIME)
    client = running.secured()
    client.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n")
    time.sleep(1.2)
    client.sendall(b"\r\n")
    time.sleep(1.3)  # 0.8 s were left, not 2 s
    found = b""
    with suppress(ConnectionResetError):
        while octets := client.recv(65_536):
            found += octets
    assert 0 < len(found) < len(BIG)


def test_pause_before_a_request_and_time_of_the_server_are_not_the_clients(tls, trusting):
    class Thinking(Bench):
        def handle(self, request: HttpRequest) -> HttpResponse:
            time.sleep(0.8)
            return super().handle(request)

    with ExitStack() as stack:
        running = Thinking(tls, trusting, FrontLimits(exchange_s=0.5, idle_s=60), stack)
        client = running.secured()
        for _ in range(2):  # the second exchange has a time of its own
            time.sleep(0.8)
            client.sendall(POST)
            time.sleep(0.3)
            client.sendall(b"\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "kind", [nothing, one_octet, half_a_client_hello, idle_after_the_handshake]
)
def test_connection_without_a_request_is_closed_in_time_and_not_noted(bench, kind):
    running = bench(SHORT)
    start = time.monotonic()
    client = kind(running)
    assert everything(client) == b""
    assert time.monotonic() - start < 2
    assert running.noted == []


def test_reader_that_is_too_slow_is_cut_off(bench):
    running = bench(SHORT)
    client = slow_reader(running)
    time.sleep(0.8)
    found = b""
    with suppress(ConnectionResetError):
        while octets := client.recv(65_536):
            found += octets
    assert 0 < len(found) < len(BIG)


def test_above_the_number_of_connections_the_longest_silent_one_goes(bench):
    running = bench(FrontLimits(exchange_s=60, idle_s=60, connections=10))
    silent = [idle_after_the_handshake(running) for _ in range(25)]
    for one in silent[:15]:
        with suppress(ConnectionResetError):
            assert everything(one) == b""
    assert running.good_exchange_s() < 5
    silent[-1].sendall(POST + b"Connection: close\r\n\r\n")
    assert everything(silent[-1]).endswith(b"good")


def test_above_the_octets_of_bodies_the_longest_unfinished_one_goes(bench):
    running = bench(FrontLimits(exchange_s=60, buffered_octets=5_000_000))
    clients = []
    for _ in range(12):
        client = running.secured()
        client.sendall(POST + b"Content-Length: 1000001\r\n\r\n" + bytes(1_000_000))
        clients.append(client)
    for one in clients[:6]:
        with suppress(ConnectionResetError):
            assert everything(one) == b""
    clients[-1].sendall(b"x")
    assert clients[-1].recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"POST / HTTP/1.1\r\n\r\n", 400),
        (POST + b"Host: b\r\n\r\n", 400),
        (POST + b"A: \x00\r\n\r\n", 400),
        (POST + b"Content-Length: -1\r\n\r\n", 400),
        (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n400001\r\n" + bytes((4 << 20) + 1), 413),
        (POST + b"Content-Length: 4194305\r\n\r\n", 413),
        (POST + b"Content-Length: 99999999\r\n\r\n" + bytes(9 << 20), 413),
        (b"\x00" * 1000 + b"\r\n\r\n", 400),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else str(value),
)
def test_what_is_no_request_is_answered_noted_and_never_reset(bench, octets, status):
    running = bench(FrontLimits(exchange_s=5))
    client = running.secured()
    client.sendall(octets)
    answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close\r\n" in answer
    assert [one[1] for one in running.noted] == [status]
    assert running.good_exchange_s() < 5


def test_half_closed_client_is_answered_and_half_a_request_is_noted(bench):
    running = bench(WIDE)
    plain = running.connect()
    client = running.trusting.wrap_socket(plain, server_hostname="localhost")
    client.sendall(POST + b"Content-Length: 5\r\n\r\nab")
    client.shutdown(socket.SHUT_WR)  # close would be a reset where a session ticket waits unread
    deadline = time.monotonic() + 5
    while not running.noted and time.monotonic() < deadline:
        time.sleep(0.01)
    client.close()
    assert running.noted[0][1:] == (
        400,
        "the client closed the connection before its request was complete",
    )


def test_plain_http_on_the_tls_port_is_answered_with_the_reason(bench):
    running = bench(WIDE)
    client = running.connect()
    client.sendall(POST + b"\r\n")
    answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"HTTPS" in answer


@pytest.mark.parametrize("octets", [b"\xff" * 500, b"\x16\x03\x01\x00\x05hello", b"SSH-2.0-x\r\n"])
def test_octets_that_are_not_tls_end_with_an_alert_and_without_a_reset(bench, octets):
    running = bench(FrontLimits(exchange_s=1))
    client = running.connect()
    client.sendall(octets)
    assert everything(client)[:1] in (b"\x15", b"")
    assert running.good_exchange_s() < 5


def test_requests_sent_together_are_answered_in_order(bench):
    running = bench(WIDE)
    client = running.secured()
    last = POST + b"Connection: close\r\n\r\n"
    client.sendall((POST + b"\r\n") * 3 + last)
    assert everything(client).count(b"good") == 4


def test_client_that_expects_100_gets_it_before_it_sends(bench):
    running = bench(WIDE)
    client = running.secured()
    client.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"{}")
    assert client.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_complete_request_for_which_there_is_no_room_is_answered_503(tls, trusting):
    entered, release = threading.Event(), threading.Event()

    class Slow(Bench):
        def handle(self, request: HttpRequest) -> HttpResponse:
            entered.set()
            release.wait(10)
            return HttpResponse(status=200, body=str(len(request.body)).encode())

    with ExitStack() as stack:
        # Only the last TLS record of the second request, which makes it complete, is too much.
        running = Slow(tls, trusting, FrontLimits(buffered_octets=1_196_000), stack)
        whole = POST + b"Connection: close\r\nContent-Length: 600000\r\n\r\n" + bytes(600_000)
        first, second = running.secured(), running.secured()
        first.sendall(whole)
        assert entered.wait(5)
        second.sendall(whole)
        time.sleep(0.2)
        release.set()
        assert everything(first).endswith(b"\r\n\r\n600000")
        assert everything(second).startswith(b"HTTP/1.1 503 ")
        assert [(one[0].body, one[1]) for one in running.noted] == [(b"", 503)]


STREAMS = (
    POST + b"Content-Length: 2\r\n\r\n{}",
    POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nabcde",
)


def spoiled(stream: bytes, rng: SeededRng) -> bytes:
    """Returns a stream with up to four octets changed, put in or left out."""
    octets = bytearray(stream)
    for _ in range(1 + rng.octets(1)[0] % 4):
        kind, place, value = rng.octets(3)
        at = place % len(octets)
        octets[at : at + (0, 1, 8)[kind % 3]] = bytes([value]) * (kind % 5)
    return bytes(octets)


@pytest.mark.parametrize("number", range(3))
def test_spoiled_streams_are_answered_and_never_reset(bench, number):
    running = bench(FrontLimits(exchange_s=0.4, idle_s=0.4))
    rng = SeededRng(bytes([number]))
    for count in range(24):
        client = running.connect() if count % 4 == 0 else running.secured()  # also without TLS
        client.sendall(spoiled(STREAMS[number], rng))
        answer = everything(client)
        assert count % 4 == 0 or answer.startswith(b"HTTP/1.1 ")
        assert answer[9:12] not in (b"500", b"503")
    assert running.good_exchange_s() < 5
