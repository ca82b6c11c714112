"""Real TLS on loopback: both curves, versions, keep-alive, slow and broken answers, clean stop."""

import base64
import http.client
import json
import socket
import ssl
import threading
import time  # noqa: TID251  sockets take real time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.ids import Version
from rspcore.messages.euicc_info import EuiccInfo1
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import issue_tls, make_pki
from rspsim.env import ManualClock, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.smdpp import HttpRequest, HttpResponse, SmDpPlus
from rspsim.smdpp.management import Management
from rspsim.transports.https import Front, Listener, tls_context
from rspsim.transports.management_port import management_front

NAMES = ("localhost", "127.0.0.1", "testsmdpplus1.example.com")
NOW = datetime.now(UTC)  # noqa: TID251  TLS looks at the real clock
INITIATE = "/gsma/rsp2/es9plus/initiateAuthentication"
HEADERS = {
    "User-Agent": "gsma-rsp-lpad",
    "X-Admin-Protocol": "gsma/rsp/v2.5.0",
    "Content-Type": "application/json",
}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


@pytest.fixture(scope="module")
def server(pki: Pki) -> SmDpPlus:
    return SmDpPlus(
        pki,
        aliases=("localhost", "127.0.0.1"),
        rng=SeededRng(b"tls"),
        clock=ManualClock(),
        faults=server_faults,
    )


@pytest.fixture(scope="module")
def front(pki: Pki, server: SmDpPlus) -> Iterator[Front]:
    listeners = tuple(
        Listener(tls=tls_context(issue_tls(pki, curve, NAMES, NOW))) for curve in Curve
    )
    with Front(server.handle, listeners) as running:
        yield running


@pytest.fixture
def connect(pki: Pki, front: Front) -> Iterator[Callable[..., http.client.HTTPSConnection]]:
    opened = []

    def make(
        curve: Curve = Curve.NIST_P256,
        *,
        host: str = "localhost",
        version: ssl.TLSVersion | None = None,
        group: str | None = None,
    ) -> http.client.HTTPSConnection:
        context = client_context(pki, curve, group=group)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        port = front.ports[list(Curve).index(curve)]
        opened.append(http.client.HTTPSConnection(host, port, context=context, timeout=5))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def client_context(pki: Pki, curve: Curve, *, group: str | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(
        cadata=ssl.DER_cert_to_PEM_cert(pki.ci(curve).certificate.der)
    )
    if group is None and curve is Curve.BRAINPOOL_P256R1:
        group = "brainpoolP256r1"
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if group is not None:
        context.set_ecdh_curve(group)
    return context


def body(pki: Pki) -> bytes:
    lists = tuple(pki.ci(curve).certificate.subject_key_identifier or b"" for curve in Curve)
    info = EuiccInfo1(
        svn=Version.from_text("2.5.0"),
        euicc_ci_pkid_list_for_verification=lists,
        euicc_ci_pkid_list_for_signing=lists,
    ).encode()
    return json.dumps(
        {
            "smdpAddress": "localhost",
            "euiccChallenge": base64.b64encode(bytes(16)).decode(),
            "euiccInfo1": base64.b64encode(info).decode(),
        }
    ).encode()


def post(connection: http.client.HTTPSConnection, octets: bytes) -> tuple[int, bytes]:
    connection.request("POST", INITIATE, octets, HEADERS)
    response = connection.getresponse()
    return response.status, response.read()


@pytest.mark.parametrize("curve", list(Curve))
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_request_is_answered_on_both_curves(connect, pki, curve, host):
    connection = connect(curve, host=host)
    status, answer = post(connection, body(pki))
    assert status == 200
    assert json.loads(answer)["transactionId"]
    certificate = ssl.DER_cert_to_PEM_cert(connection.sock.getpeercert(binary_form=True))
    assert certificate


@pytest.mark.parametrize(
    ("curve", "version"),
    [
        (Curve.NIST_P256, ssl.TLSVersion.TLSv1_2),
        (Curve.NIST_P256, ssl.TLSVersion.TLSv1_3),
        (Curve.BRAINPOOL_P256R1, ssl.TLSVersion.TLSv1_2),
    ],
)
def test_tls_version_is_the_one_the_client_asks_for(connect, pki, curve, version):
    connection = connect(curve, version=version)
    assert post(connection, body(pki))[0] == 200
    assert connection.sock.version() == version.name.replace("_", ".").replace("TLSv1.", "TLSv1.")
    if version is ssl.TLSVersion.TLSv1_2:
        assert connection.sock.cipher()[0].startswith("ECDHE-ECDSA-")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_below_1_2_is_refused(connect):
    connection = connect(version=ssl.TLSVersion.TLSv1_1)
    with pytest.raises(ssl.SSLError):
        connection.connect()


def test_brainpool_listener_refuses_a_client_that_does_not_offer_the_curve(connect):
    connection = connect(Curve.BRAINPOOL_P256R1, group="prime256v1")
    with pytest.raises(ssl.SSLError):
        connection.connect()


def test_client_that_does_not_trust_the_ci_refuses(front):
    connection = http.client.HTTPSConnection(
        "localhost", front.ports[0], context=ssl.create_default_context(), timeout=5
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.connect()
    connection.close()


def test_client_that_expects_another_name_refuses(pki, front):
    context = client_context(pki, Curve.NIST_P256)
    with (
        socket.create_connection(("127.0.0.1", front.ports[0]), timeout=5) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(plain, server_hostname="other.example.com")
    with socket.create_connection(("127.0.0.1", front.ports[0]), timeout=5) as plain:
        name = "testsmdpplus1.example.com"
        with context.wrap_socket(plain, server_hostname=name) as secured:
            assert secured.version()


def test_connection_is_kept_for_the_next_request(connect, pki):
    connection = connect()
    assert post(connection, body(pki))[0] == 200
    local = connection.sock.getsockname()
    for _ in range(5):
        assert post(connection, body(pki))[0] == 200
    assert connection.sock.getsockname() == local


def test_notification_is_answered_204_without_a_body(connect):
    connection = connect()
    connection.request("POST", "/gsma/rsp2/es9plus/handleNotification", b"{}", HEADERS)
    response = connection.getresponse()
    assert (response.status, response.read()) == (204, b"")
    assert response.getheader("Content-Length") is None
    assert post(connection, b"{}")[0] == 200


def test_chunked_request_is_read(connect, pki):
    connection = connect()
    octets = body(pki)
    parts = iter([octets[:10], octets[10:]])
    connection.request("POST", INITIATE, parts, HEADERS, encode_chunked=True)
    assert connection.getresponse().status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", INITIATE, 405), ("POST", "/nowhere", 404), ("GET", "/", 404)],
)
def test_other_requests_are_answered_too(connect, method, path, status):
    connection = connect()
    connection.request(method, path, headers=HEADERS)
    assert connection.getresponse().status == status


def test_headers_reach_the_server_in_any_case(connect, pki):
    connection = connect()
    headers = {name.lower(): value for name, value in HEADERS.items()}
    connection.request("POST", INITIATE, body(pki), headers)
    response = connection.getresponse()
    assert response.status == 200
    assert response.getheader("x-admin-protocol") == "gsma/rsp/v2.5.0"
    assert response.getheader("Content-Type") == "application/json"


def test_connection_is_cut_where_the_fault_says(connect, server, pki):
    connection = connect()
    with server.fault("http.cut", octets=50):
        connection.request("POST", INITIATE, body(pki), HEADERS)
        response = connection.getresponse()
        with pytest.raises(http.client.IncompleteRead) as caught:
            response.read()
    assert len(caught.value.partial) == 50


def test_slow_answer_does_not_delay_other_clients(connect, server, pki):
    slow, quick = connect(), connect()
    post(quick, body(pki))
    server.faults.on("http.slow", milliseconds=400, times=1)
    start = time.monotonic()
    slow.request("POST", INITIATE, body(pki), HEADERS)
    while server.faults.active:
        time.sleep(0.001)
    assert post(quick, body(pki))[0] == 200
    assert time.monotonic() - start < 0.35
    assert slow.getresponse().status == 200
    assert time.monotonic() - start >= 0.4


def test_slow_answers_do_not_wait_for_each_other(connect, server, pki):
    clients = [connect() for _ in range(12)]
    for client in clients:
        client.connect()
    with server.fault("http.slow", milliseconds=300):
        start = time.monotonic()
        for client in clients:
            client.request("POST", INITIATE, body(pki), HEADERS)
        assert [client.getresponse().status for client in clients] == [200] * 12
    assert 0.3 <= time.monotonic() - start < 1.5


def test_answer_under_way_is_sent_before_the_front_stops():
    entered = threading.Event()

    def handler(request: HttpRequest) -> HttpResponse:
        entered.set()
        return HttpResponse(status=200, body=b"late", delay_ms=60_000)

    front = Front(handler, (Listener(),))
    front.start()
    connection = http.client.HTTPConnection("127.0.0.1", front.ports[0], timeout=5)
    connection.request("GET", "/")
    assert entered.wait(5)
    start = time.monotonic()
    front.stop()
    assert connection.getresponse().read() == b"late"
    assert time.monotonic() - start < 2
    connection.close()


def test_silent_client_does_not_delay_other_clients(connect, front, pki):
    silent = [socket.create_connection(("127.0.0.1", front.ports[0])) for _ in range(20)]
    assert post(connect(), body(pki))[0] == 200
    for one in silent:
        one.close()


def test_client_without_tls_is_disconnected(connect, front, pki):
    with socket.create_connection(("127.0.0.1", front.ports[0]), timeout=5) as plain:
        plain.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        plain.settimeout(5)
        assert b"200" not in plain.recv(100)
    assert post(connect(), body(pki))[0] == 200


def test_requests_from_many_clients_are_answered_one_at_a_time(pki):
    busy = threading.Lock()
    seen = []

    def handler(request: HttpRequest) -> HttpResponse:
        assert busy.acquire(blocking=False)
        time.sleep(0.002)
        seen.append(request.body)
        busy.release()
        return HttpResponse(status=200, body=request.body)

    with Front(handler, (Listener(),)) as running:

        def client(number: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", running.ports[0], timeout=5)
            for step in range(5):
                octets = f"{number}/{step}".encode()
                connection.request("POST", "/", octets)
                assert connection.getresponse().read() == octets
            connection.close()

        threads = [threading.Thread(target=client, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(seen)) == 30


def test_handler_that_waits_for_nothing_is_called_by_the_loop_unless_the_lock_is_held(pki):
    lock, called = threading.Lock(), []

    def handle(_: HttpRequest) -> HttpResponse:
        called.append(threading.current_thread().name)
        return HttpResponse(status=200, body=b"here")

    with Front(handle, (Listener(),), lock=lock, waits=False) as front:

        def ask() -> bytes:
            connection = http.client.HTTPConnection("127.0.0.1", front.ports[0], timeout=5)
            connection.request("GET", "/")
            body = connection.getresponse().read()
            connection.close()
            return body

        assert ask() == b"here"
        answers: list[bytes] = []
        with lock:
            waiting = [threading.Thread(target=lambda: answers.append(ask())) for _ in range(2)]
            for one in waiting:
                one.start()
            with socket.create_connection(("127.0.0.1", front.ports[0]), 5) as other:
                other.sendall(b"nonsense\r\n\r\n")
                time.sleep(0.1)
            assert not answers
        for one in waiting:
            one.join(5)
    assert answers == [b"here", b"here"]
    assert called[0] == "rspsim front"
    assert "rspsim front" not in called[1:]


def test_bug_in_the_handler_is_logged_and_answered_with_500(caplog):
    def handler(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError("a bug")

    with Front(handler, (Listener(),)) as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.ports[0], timeout=5)
        connection.request("POST", "/", b"{}")
        assert connection.getresponse().status == 500
        connection.close()
    assert "ZeroDivisionError" in caplog.text


def test_front_stops_at_once_and_releases_its_port(pki):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    front = Front(lambda _: HttpResponse(status=200), (Listener(port=port),))
    front.start()
    idle = socket.create_connection(("127.0.0.1", port))
    start = time.monotonic()
    front.stop()
    assert time.monotonic() - start < 2
    idle.close()
    with Front(lambda _: HttpResponse(status=200), (Listener(port=port),)) as again:
        assert again.ports == (port,)


def test_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        front = Front(lambda _: HttpResponse(status=200), (Listener(), Listener(port=port)))
        with pytest.raises(ConfigError, match=str(port)):
            front.start()


@pytest.fixture
def manage(server: SmDpPlus) -> Iterator[Callable[..., tuple[int, object]]]:
    with management_front(Management(server, threading.Lock())) as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.ports[0], timeout=5)

        def call(method: str, path: str, **members: object) -> tuple[int, object]:
            octets = json.dumps(members).encode() if members else None
            connection.request(method, path, octets, call.headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
            return response.status, answer.get("result", answer.get("error"))

        call.port = running.ports[0]
        call.headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {running.token}",
        }
        yield call
        connection.close()


def test_management_orders_switches_and_reads_over_its_port(manage):
    status, order = manage("POST", "/orders", matchingId="ADMIN", confirmationCode="1")
    assert (status, order["activationCode"]) == (
        200,
        "LPA:1$testsmdpplus1.example.com$ADMIN$$1",
    )
    assert manage("GET", "/orders")[1][-1] == order
    assert manage("POST", "/faults", name="http.slow", milliseconds=1)[0] == 200
    assert manage("GET", "/faults")[1]["active"][0]["parameters"] == {"milliseconds": 1}
    assert manage("DELETE", "/faults")[1]["active"] == []
    assert manage("GET", "/history")[0] == 200
    assert manage("GET", "/nothing")[0] == 404
    assert manage("DELETE", "/faults/none")[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "LOCALHOST:{port}"}, 200),
        ({"Host": "[::1]:{port}", "Origin": "http://[::1]:{port}"}, 200),
        ({"Host": "127.0.0.1:{port}", "Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:{port}"}, 403),
        ({"Host": "localhost"}, 403),
        ({"Host": "localhost:1"}, 403),
        ({"Host": "localhost.evil.example:{port}"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://evil.example:{port}"}, 403),
        ({"Origin": "https://127.0.0.1:{port}"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
        ({"Content-Type": ""}, 415),
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer 0123456789abcdef0123456789abcdef"}, 401),
        ({"Authorization": "Basic {token}"}, 401),
        ({"Authorization": "bearer {token}"}, 200),
    ],
)
def test_management_obeys_nobody_but_clients_of_its_own_port(manage, server, headers, status):
    connection = http.client.HTTPConnection("127.0.0.1", manage.port, timeout=5)
    token = manage.headers["Authorization"].partition(" ")[2]
    given = {key: value.format(port=manage.port, token=token) for key, value in headers.items()}
    octets = b'{"name":"http.slow","milliseconds":1}'
    connection.request("POST", "/faults", octets, manage.headers | given)
    response = connection.getresponse()
    assert (response.status, bool(json.loads(response.read()))) == (status, True)
    assert bool(server.faults.active) == (status == 200)
    server.faults.off()
    connection.close()


def test_history_is_waited_for_while_other_requests_go_on(manage, server):
    waiting = http.client.HTTPConnection("127.0.0.1", manage.port, timeout=10)
    server.history.clear()
    last = server.history.next_number - 1
    waiting.request("GET", f"/history?wait=8&count=2&since={last}", headers=manage.headers)
    assert manage("GET", "/history") == (200, [])
    for _ in range(2):
        server.handle(HttpRequest(method="GET", path="/x"))
    found = json.loads(waiting.getresponse().read())["result"]
    assert [one["number"] for one in found] == [last + 1, last + 2]
    assert manage("GET", f"/history?wait=0&since={last + 2}") == (200, [])
    assert manage("GET", "/history?wait=1&function=cancelSession") == (200, [])
    status, error = manage("GET", "/history?wait=61")
    assert (status, "from 0 to 60" in error) == (400, True)
    waiting.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", ""])  # noqa: S104  refused
def test_management_anywhere_but_on_loopback_is_refused(server, host):
    with pytest.raises(ConfigError, match="loopback"):
        management_front(Management(server, threading.Lock()), host=host)
