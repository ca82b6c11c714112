"""Faults of TCP and TLS as a client meets them that looks at every octet and every error."""

import errno
import os
import re
import select
import socket
import ssl
import time  # noqa: TID251  sockets take real time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.pki.certificate import Certificate
from rspcore.pki.certificate_flaws import FLAWED_VARIANTS, flawed_certificate
from rspcore.pki.generate import issue_tls, make_pki
from rspsim.env import ManualClock, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.faults.server import FAULTS
from rspsim.faults.server.tls import NOT_SERVED
from rspsim.server_setup import met_with_faults
from rspsim.smdpp import SmDpPlus
from rspsim.smdpp.fault_points import OF_CONNECTIONS
from rspsim.transports.greeted_tls import greeted_context
from rspsim.transports.https import Front, Listener, tls_context

NOW = datetime.now(UTC)  # noqa: TID251  TLS looks at the real clock
REQUEST = (
    b"POST /gsma/rsp2/es9plus/cancelSession HTTP/1.1\r\nHost: localhost\r\n"
    b"User-Agent: gsma-rsp-lpad\r\nX-Admin-Protocol: gsma/rsp/v2.5.0\r\n"
    b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)


@pytest.fixture(scope="module")
def pki():
    return make_pki()


@pytest.fixture(scope="module")
def server(pki):
    return SmDpPlus(
        pki,
        address="localhost",
        rng=SeededRng(b"tls"),
        clock=ManualClock(),
        faults=server_faults,
    )


@pytest.fixture(scope="module")
def own(pki):
    return issue_tls(pki, Curve.NIST_P256, ("localhost",), NOW)


@pytest.fixture(scope="module")
def front(server, own):
    greet = met_with_faults(server, Curve.NIST_P256, own, NOW)
    with Front(server.handle, (Listener(tls=tls_context(own), greet=greet),)) as running:
        server.faults.watch(lambda: running.set_open(server.listening))
        yield running


@pytest.fixture
def connect(pki, front):
    context = ssl.create_default_context(
        cadata=ssl.DER_cert_to_PEM_cert(pki.ci(Curve.NIST_P256).certificate.der)
    )
    opened = []

    def make(*, strict=True):
        bare = socket.create_connection(("127.0.0.1", front.ports[0]), timeout=5)
        opened.append(bare)
        used = context
        if not strict:
            used = ssl.create_default_context()
            used.check_hostname, used.verify_mode = False, ssl.CERT_NONE
        opened.append(
            used.wrap_socket(bare, server_hostname="localhost", suppress_ragged_eofs=False)
        )
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def read_all(connection):
    """Returns what comes until the end, and the error that was the end."""
    octets = b""
    try:
        while more := connection.recv(65_536):
            octets += more
    except OSError as error:
        return octets, error
    return octets, None


def bare_of(connection):
    """Returns the socket below TLS, once more."""
    return socket.socket(fileno=os.dup(connection.fileno()))


def was_reset(connection):
    """Waits for the end of a connection and returns whether it was a reset, not an end."""
    poll = select.poll()
    poll.register(connection, 0)  # errors and hang-ups are always reported
    ((_, event),) = poll.poll(3000)
    with bare_of(connection) as bare:
        error = bare.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return bool(event & select.POLLERR) and error == errno.ECONNRESET


def asked(connect):
    connection = connect()
    connection.sendall(REQUEST)
    connection.settimeout(3)
    return connection


def test_closed_ports_refuse_and_open_again(front, server, connect):
    kept = asked(connect)
    port = front.ports[0]
    with server.fault("tcp.refuse"):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        assert kept.recv(12) == b"HTTP/1.1 200"  # those that are there are served
    assert asked(connect).recv(12) == b"HTTP/1.1 200"


# Python leaves a socket open that is reset before its first octet of TLS.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_connection_is_reset_at_once(server, connect):
    with server.fault("tcp.reset_on_connect", times=1), pytest.raises(ConnectionResetError):
        connect()
    connect()


@pytest.mark.parametrize(
    ("name", "parameters", "octets", "carried_out"),
    [
        ("tcp.lose_request", {}, 0, False),
        ("tcp.reset_before", {}, 0, True),
        ("tcp.reset_during", {"octets": 50}, 50, True),
        ("tcp.reset_after", {}, None, True),
    ],
)
def test_connection_is_reset(server, connect, name, parameters, octets, carried_out):
    connection = connect()
    connection.settimeout(3)
    with server.fault(name, times=1, **parameters):
        connection.sendall(REQUEST)
        assert was_reset(connection)
    got, _ = read_all(connection)
    if octets is None:
        assert b'"functionExecutionStatus"' in got
    else:
        assert len(got) == octets
    last = list(server.history)[-1]
    assert ("1.6/2.2" in last.summary) is carried_out


def test_half_closed_connection_has_no_goodbye_of_tls(server, connect):
    with server.fault("tcp.half_close", octets=40, times=1):
        connection = asked(connect)
        got, error = read_all(connection)
    assert (len(got), type(error)) == (40, ssl.SSLEOFError)
    with bare_of(connection) as bare:  # the other direction is open
        for _ in range(2):
            bare.send(b"more")
            time.sleep(0.05)


def test_garbage_is_no_record(server, connect):
    with server.fault("tcp.garbage", times=1):
        got, error = read_all(asked(connect))
    assert got == b""
    assert "WRONG_VERSION_NUMBER" in str(error)


def test_silent_server_keeps_the_connection_and_then_ends_it(server, connect):
    with server.fault("tcp.silence", milliseconds=300, times=1):
        start = time.monotonic()
        got, error = read_all(asked(connect))
    assert (got, type(error)) == (b"", ssl.SSLEOFError)
    assert 0.3 <= time.monotonic() - start < 3


@pytest.mark.parametrize(
    ("name", "parameters", "least_s"),
    [
        ("tcp.dribble", {"octets": 10, "milliseconds": 20}, 0.5),
        ("tcp.bandwidth", {"octets_per_second": 400}, 0.5),
    ],
)
def test_slow_answer_is_whole_in_the_end(server, connect, name, parameters, least_s):
    with server.fault(name, times=1, **parameters):
        start = time.monotonic()
        got, _ = read_all(asked(connect))
    assert time.monotonic() - start > least_s
    head, _, body = got.partition(b"\r\n\r\n")
    (length,) = re.findall(rb"Content-Length: (\d+)", head)
    assert len(body) == int(length)


def test_slow_answers_keep_nobody_waiting(server, connect):
    slow = [connect() for _ in range(5)]
    with server.fault("tcp.dribble", octets=1, milliseconds=50):
        for one in slow:
            one.sendall(REQUEST)
        time.sleep(0.1)
    start = time.monotonic()
    assert asked(connect).recv(12) == b"HTTP/1.1 200"
    assert time.monotonic() - start < 3


TLS = [one for one in FAULTS if one.name.startswith("tls.certificate.")]


@pytest.mark.parametrize("fault", TLS, ids=[one.name for one in TLS])
def test_flawed_certificate_is_shown(server, own, connect, fault):
    with server.fault(fault.name, times=1):
        shown = connect(strict=False).getpeercert(binary_form=True)
    assert shown != own.certificate.der
    assert connect().getpeercert(binary_form=True) == own.certificate.der


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tls.unknown_ci", "unable to get local issuer certificate"),
        ("tls.wrong_name", "certificate is not valid for 'localhost'|Hostname mismatch"),
        ("tls.certificate.expired", "certificate has expired"),
        ("tls.version", "PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL"),
        ("tls.alert", "HANDSHAKE_FAILURE"),
        ("tls.plain", "WRONG_VERSION_NUMBER|RECORD_LAYER"),
    ],
)
def test_handshake_fails_for_its_reason(server, connect, name, expected):
    with server.fault(name, times=1), pytest.raises(ssl.SSLError, match=expected):
        connect()
    connect()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_one_version_of_tls_is_spoken(server, connect, version):
    with server.fault("tls.version", version=version, times=1):
        assert connect().version() == f"TLSv{version}"


def test_handshake_hangs_until_its_time_is_over(server, connect):
    with server.fault("tls.hang", milliseconds=200, times=1):
        start = time.monotonic()
        with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
            connect()
        assert time.monotonic() - start >= 0.2


def test_another_role_and_another_server_are_in_the_certificate(server, connect, own):
    for name in ("tls.wrong_role", "tls.other_server"):
        with server.fault(name, times=1):
            der = connect(strict=False).getpeercert(binary_form=True)
        shown, good = Certificate.from_der(der), own.certificate
        same = (shown.role, shown.registered_id) == (good.role, good.registered_id)
        assert not same


def test_flaws_that_are_left_out_cannot_be_served(server, own, pki):
    names = {one.name for one in FLAWED_VARIANTS}
    assert set(NOT_SERVED) <= names
    for flaw in FLAWED_VARIANTS:
        if flaw.name in NOT_SERVED:
            shown = flawed_certificate(pki, flaw, own)
            made = type("Greeting", (), {})()
            made.certificate, made.credential = shown, own
            made.lowest, made.highest = "1.2", "1.3"
            with pytest.raises(ConfigError, match="serves no such certificate"):
                greeted_context(made)


def test_every_fault_of_connections_has_a_test_here():
    text = Path(__file__).read_text(encoding="utf-8")
    for fault in FAULTS:
        if fault.point in OF_CONNECTIONS and fault not in TLS:
            assert f'"{fault.name}"' in text
