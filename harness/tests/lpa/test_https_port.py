"""The HTTPS port against a real TLS server: trust, role, names, curves, failures."""

import http.server
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.pki.certificate_flaws import FLAWED_VARIANTS, flawed_certificate
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.pki.roles import Role
from rspharness.lpa.es9p_client import ServerUnreachableError
from rspharness.lpa.https_port import HttpsOptions, HttpsPort

HOST = "testsmdpplus1.example.com"
PKI = make_pki()
NOW = datetime.now(UTC)  # noqa: TID251  TLS reads the real clock


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        status = int(self.path.rpartition("/")[2])
        self.send_response(status)
        self.send_header("X-Test", "yes")
        self.send_header("Location", "/200")
        if status == 204:
            self.end_headers()
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path) -> Callable[..., object]:
    @contextmanager
    def run(curve=Curve.NIST_P256, name=HOST, **how) -> Iterator[http.server.HTTPServer]:
        variant = how.pop("variant", None)
        credential = issue_tls(PKI, curve, (name,), how.pop("now", NOW), **how)
        der = credential.certificate.der
        if variant is not None:
            der = flawed_certificate(PKI, variant, credential)
        chain = tmp_path / "tls.pem"
        chain.write_text(ssl.DER_cert_to_PEM_cert(der))
        key = tmp_path / "tls.key"
        key.write_bytes(credential.private_key.to_pem())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        if curve is Curve.BRAINPOOL_P256R1:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ecdh_curve("brainpoolP256r1")
        made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        made.daemon_threads = True
        made.handle_error = lambda *_: None
        made.seen = []
        made.socket = context.wrap_socket(made.socket, server_side=True)
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()
            made.server_close()

    return run


def options(made, ci=Curve.NIST_P256, **changes):
    chosen = {
        "ca_certificates": (PKI.ci(ci).certificate.der,),
        "connect_to": {HOST: ("127.0.0.1", made.server_address[1])},
        "timeout_s": 5.0,
    }
    return HttpsOptions(**(chosen | changes))


def test_post_returns_status_headers_and_body(server):
    with server() as made, HttpsPort(options(made)) as port:
        reply = port.post(HOST, "/200", {"User-Agent": "gsma-rsp-lpad"}, b"{}")
        [(path, headers, body)] = made.seen
    assert (reply.status, reply.header("x-test"), reply.body) == (200, "yes", b"{}")
    assert (path, body) == ("/200", b"{}")
    assert headers["Host"] == HOST
    assert headers["User-Agent"] == "gsma-rsp-lpad"


def test_keys_of_the_connection_are_written_where_it_is_asked_for(server, tmp_path):
    keys = tmp_path / "keys.txt"
    with server() as made:
        with HttpsPort(options(made)) as port:
            port.post(HOST, "/200", {}, b"{}")
        assert not keys.exists()
        with HttpsPort(options(made, tls_keys=keys)) as port:
            port.post(HOST, "/200", {}, b"{}")
    lines = [line for line in keys.read_text().splitlines() if not line.startswith("#")]
    assert {line.split()[0] for line in lines} >= {"CLIENT_TRAFFIC_SECRET_0"}


def test_second_post_uses_the_connection_again(server):
    with server() as made, HttpsPort(options(made)) as port:
        accepted = []
        process = made.process_request
        made.process_request = lambda *given: accepted.append(given) or process(*given)
        for _ in range(3):
            assert port.post(HOST, "/204", {}, b"").status == 204
        assert len(made.seen) == 3
    assert len(accepted) == 1


@pytest.mark.parametrize("status", [204, 302, 404, 503])
def test_every_status_is_returned_and_no_redirect_followed(server, status):
    with server() as made, HttpsPort(options(made)) as port:
        assert port.post(HOST, f"/{status}", {}, b"").status == status
        assert len(made.seen) == 1


def test_address_in_upper_case_with_port_finds_the_server(server):
    with server() as made, HttpsPort(options(made)) as port:
        address = f"{HOST.upper()}:8443"
        assert port.post(address, "/200", {}, b"").status == 200
        assert made.seen[0][1]["Host"] == address


def test_entry_without_name_stands_for_every_server(server):
    with server() as made:
        everywhere = {"": ("127.0.0.1", made.server_address[1])}
        with HttpsPort(options(made, connect_to=everywhere)) as port:
            assert port.post(HOST, "/200", {}, b"").status == 200


@pytest.mark.parametrize("curve", [None, Curve.BRAINPOOL_P256R1])
def test_brainpool_server_is_reached_by_retry_or_by_option(server, curve):
    with server(Curve.BRAINPOOL_P256R1) as made:
        chosen = options(made, Curve.BRAINPOOL_P256R1, curve=curve)
        with HttpsPort(chosen) as port:
            assert port.post(HOST, "/200", {}, b"").status == 200
            assert len(made.seen) == 1


def test_brainpool_server_is_not_reached_with_the_usual_curves_alone(server):
    with server(Curve.BRAINPOOL_P256R1) as made:
        chosen = options(made, Curve.BRAINPOOL_P256R1, curve=Curve.NIST_P256)
        with HttpsPort(chosen) as port, pytest.raises(ServerUnreachableError, match="no TLS"):
            port.post(HOST, "/200", {}, b"")


def refused(server, match, kind=ServerUnreachableError, *, server_how=None, **changes):
    with server(**(server_how or {})) as made:
        with HttpsPort(options(made, **changes)) as port, pytest.raises(kind, match=match):
            port.post(HOST, "/200", {}, b"secret")
        assert made.seen == []


def test_ci_that_is_not_trusted_is_refused_and_named_as_remedy(server):
    other = make_pki(b"other").ci(Curve.NIST_P256).certificate.der
    refused(server, "--ca", ca_certificates=(other,))


def test_certificate_for_another_name_is_refused(server):
    refused(server, "no TLS connection", server_how={"name": "other.example.com"})


def test_expired_certificate_is_refused(server):
    refused(
        server,
        "expired",
        server_how={"now": NOW - timedelta(days=30), "lifetime": timedelta(days=1)},
    )


def test_certificate_of_another_role_is_refused_before_anything_is_sent(server):
    with server(role=Role.DS_TLS) as made, HttpsPort(options(made)) as port:
        port.expect_role(HOST, Role.DP_TLS)
        with pytest.raises(ServerUnreachableError, match="role DS_TLS; expected DP_TLS"):
            port.post(HOST, "/200", {}, b"secret")
        assert made.seen == []


def test_root_that_the_card_does_not_list_is_refused(server):
    with server() as made, HttpsPort(options(made)) as port:
        port.limit_roots((bytes(20),))
        with pytest.raises(ConfigError, match=f"lists {'00' * 20}"):
            port.post(HOST, "/200", {}, b"secret")
        assert made.seen == []
        port.limit_roots((PKI.ci(Curve.NIST_P256).certificate.subject_key_identifier,))
        assert port.post(HOST, "/200", {}, b"").status == 200


UNPRESENTABLE = ("short_curve", "off_curve_point", "repeated_extension")
"""Certificates that the TLS library of the server itself refuses to load."""


@pytest.mark.parametrize(
    "variant",
    [one for one in FLAWED_VARIANTS if Role.DP_TLS in one.roles and one.name not in UNPRESENTABLE],
    ids=lambda one: one.name,
)
def test_flawed_certificate_is_refused_before_anything_is_sent(server, variant):
    with (
        server(variant=variant) as made,
        HttpsPort(options(made)) as port,
        pytest.raises(ServerUnreachableError),
    ):
        port.post(HOST, "/200", {}, b"secret")
    assert made.seen == []


def test_answer_that_dribbles_ends_with_the_time_of_the_exchange(server, monkeypatch):
    def dribble(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            self.wfile.flush()
            self.server.released.wait(0.05)

    monkeypatch.setattr(Handler, "do_POST", dribble)
    with server() as made, HttpsPort(options(made, timeout_s=0.4)) as port:
        made.released = threading.Event()
        with pytest.raises(ServerUnreachableError):
            port.post(HOST, "/200", {}, b"")
        assert not made.released.is_set()
        made.released.set()


def test_sm_ds_role_is_accepted(server):
    with server(role=Role.DS_TLS) as made, HttpsPort(options(made)) as port:
        assert port.post(HOST, "/200", {}, b"").status == 200


def test_insecure_accepts_an_untrusted_certificate(server):
    with server(name="other.example.com") as made:
        chosen = options(made, ca_certificates=(), insecure=True)
        with HttpsPort(chosen) as port:
            assert port.post(HOST, "/200", {}, b"").status == 200


def test_no_listener_is_reported_with_the_remedy():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = listener.getsockname()
    with (
        HttpsPort(HttpsOptions(insecure=True, connect_to={HOST: place})) as port,
        pytest.raises(ServerUnreachableError, match=f"{HOST}: no connection: Failed.*--connect-to"),
    ):
        port.post(HOST, "/200", {}, b"")


def test_server_without_an_answer_is_an_error_after_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        chosen = HttpsOptions(
            insecure=True, connect_to={HOST: listener.getsockname()}, timeout_s=0.05
        )
        with (
            HttpsPort(chosen) as port,
            pytest.raises(ServerUnreachableError, match="no answer in time"),
        ):
            port.post(HOST, "/200", {}, b"")


def test_truncated_answer_is_a_broken_connection(server, monkeypatch):
    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"{}")
        handler.close_connection = True

    monkeypatch.setattr(Handler, "do_POST", cut)
    with (
        server() as made,
        HttpsPort(options(made)) as port,
        pytest.raises(ServerUnreachableError, match="broke"),
    ):
        port.post(HOST, "/200", {}, b"")


def test_answer_longer_than_the_limit_is_an_error(server, monkeypatch):
    monkeypatch.setattr("rspharness.lpa.https_port._MAX_BODY_OCTETS", 10)
    with (
        server() as made,
        HttpsPort(options(made)) as port,
        pytest.raises(ServerUnreachableError, match="more than 10 octets"),
    ):
        port.post(HOST, "/200", {}, bytes(11))


def test_ca_that_is_no_certificate_is_a_configuration_error():
    with (
        HttpsPort(HttpsOptions(ca_certificates=(b"\x30\x00",))) as port,
        pytest.raises(ConfigError, match="CA certificate of 2 octets"),
    ):
        port.post(HOST, "/200", {}, b"")
