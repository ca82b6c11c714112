"""The ES9+ client: headers, JSON, refusals and answers that break the binding."""

import base64
import json

import pytest

from rspcore.ids import TransactionId
from rspcore.messages.es9p import AuthenticateClientRequest, CancelSessionRequest
from rspcore.pki.roles import Role
from rspharness.lpa.es9p_client import (
    Es9Client,
    HttpReply,
    ServerRefusedError,
    ServerUnreachableError,
    TransportFaultError,
    retry_after,
)

JSON = {"Content-Type": "application/json;charset=UTF-8", "X-Admin-Protocol": "gsma/rsp/v2.4.0"}
SUCCESS = {"functionExecutionStatus": {"status": "Executed-Success"}}
TRANSACTION_ID = TransactionId(b"\x01\x02")


def b64(octets):
    return base64.b64encode(octets).decode()


def reply(members, *, status=200, headers=None):
    return HttpReply(status, JSON if headers is None else headers, json.dumps(members).encode())


def failure(subject, reason, **more):
    data = {"subjectCode": subject, "reasonCode": reason, **more}
    return {"header": {"functionExecutionStatus": {"status": "Failed", "statusCodeData": data}}}


INITIATED = {
    "header": SUCCESS,
    "transactionId": "0102",
    "serverSigned1": b64(b"\x30\x00"),
    "serverSignature1": b64(b"\x5f\x37\x00"),
    "euiccCiPKIdToBeUsed": b64(b"\x04\x00"),
    "serverCertificate": b64(b"\x30\x00"),
}
CANCEL = CancelSessionRequest(
    transaction_id=TRANSACTION_ID, cancel_session_response=bytes.fromhex("BF4103810105")
)


def test_request_has_headers_path_and_members_of_the_binding(port):
    fake = port(reply(INITIATED))
    client = Es9Client(fake, "H.example:8443")
    answer = client.initiate_authentication(bytes(16), bytes.fromhex("BF2000"))
    [(address, path, headers, body)] = fake.asked
    assert (address, path) == ("H.example:8443", "/gsma/rsp2/es9plus/initiateAuthentication")
    assert headers == {
        "User-Agent": "gsma-rsp-lpad",
        "X-Admin-Protocol": "gsma/rsp/v2.5.0",
        "Content-Type": "application/json",
    }
    assert json.loads(body) == {
        "smdpAddress": "H.example:8443",
        "euiccChallenge": b64(bytes(16)),
        "euiccInfo1": b64(bytes.fromhex("BF2000")),
    }
    assert answer.transaction_id == TRANSACTION_ID
    assert client.server_version == "2.4.0"


def test_failure_carries_codes_and_their_meaning(port):
    members = failure("8.2.7", "3.8", message="2 attempts left")
    client = Es9Client(port(reply(members)), "h.example")
    with pytest.raises(ServerRefusedError) as caught:
        client.initiate_authentication(bytes(16), b"")
    assert (caught.value.subject, caught.value.reason, caught.value.code) == (
        "8.2.7",
        "3.8",
        "8.2.7/3.8",
    )
    assert str(caught.value) == (
        "ES9+.InitiateAuthentication: the server refused: 8.2.7/3.8, the Confirmation Code is "
        "wrong (2 attempts left)"
    )


def test_failure_without_codes_is_a_refusal(port):
    client = Es9Client(port(reply({"status": "Failed"})), "h.example")
    with pytest.raises(ServerRefusedError, match="without saying why"):
        client.cancel_session(CANCEL)


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (HttpReply(500, {}, b""), "HTTP status 500; expected 200"),
        (HttpReply(302, {"Location": "/"}, b""), "HTTP status 302"),
        (HttpReply(204, {}, b""), "HTTP status 204"),
        (reply(INITIATED, headers={"Content-Type": "text/html"}), "content type 'text/html'"),
        (reply(INITIATED, headers={}), "content type ''"),
        (HttpReply(200, JSON, b"{"), "cannot be read"),
        (HttpReply(200, JSON, b"[]"), "cannot be read"),
        (reply({"header": SUCCESS}), "transactionId is missing"),
        (reply(INITIATED | {"serverSigned1": "*"}), "serverSigned1"),
        (
            reply(INITIATED, headers=JSON | {"X-Admin-Protocol": "gsma/rsp2"}),
            "X-Admin-Protocol 'gsma/rsp2'",
        ),
    ],
)
def test_answer_that_breaks_the_binding_is_refused(port, answer, match):
    client = Es9Client(port(answer), "h.example")
    with pytest.raises(TransportFaultError, match=match) as caught:
        client.initiate_authentication(bytes(16), b"")
    assert "try again later" in str(caught.value)


@pytest.mark.parametrize("other", ["AA", "0103", "01", "010200"])
def test_answer_for_another_session_is_refused(port, other):
    members = {
        "transactionId": other,
        "profileMetadata": "",
        "smdpSigned2": "",
        "smdpSignature2": "",
        "smdpCertificate": "",
    }
    client = Es9Client(port(reply(members)), "h.example")
    request = AuthenticateClientRequest(
        transaction_id=TRANSACTION_ID, authenticate_server_response=b""
    )
    with pytest.raises(TransportFaultError, match=f"TransactionID {other}, asked for 0102"):
        client.authenticate_client(request)


def test_cancel_session_answer_needs_only_the_header(port):
    fake = port(reply({"header": SUCCESS}))
    Es9Client(fake, "h.example").cancel_session(CANCEL)
    assert json.loads(fake.asked[0][3])["transactionId"] == "0102"


def test_notification_is_accepted_with_204(port):
    fake = port(HttpReply(204, {}, b""))
    Es9Client(fake, "h.example").handle_notification(b"\xbf\x37\x00")
    assert fake.asked[0][1].endswith("/handleNotification")
    assert json.loads(fake.asked[0][3]) == {"pendingNotification": b64(b"\xbf\x37\x00")}


@pytest.mark.parametrize("status", [200, 400, 503])
def test_notification_with_another_status_is_not_accepted(port, status):
    client = Es9Client(port(HttpReply(status, {}, b"")), "h.example")
    with pytest.raises(TransportFaultError) as caught:
        client.handle_notification(b"")
    assert caught.value.code == f"HTTP {status}"


def test_text_and_waiting_time_of_the_server_reach_the_user_escaped(port):
    answer = HttpReply(503, {"retry-after": "7"}, b"busy \x1b[31m now\nmore")
    client = Es9Client(port(answer), "h.example")
    with pytest.raises(TransportFaultError, match=r"says: busy \\x1b\[31m now; .* 7 s") as caught:
        client.handle_notification(b"")
    assert caught.value.retry_after_s == 7.0


def test_error_of_the_port_is_raised_unchanged(port):
    client = Es9Client(port(ServerUnreachableError("gone")), "h.example")
    with pytest.raises(ServerUnreachableError, match="gone"):
        client.cancel_session(CANCEL)


def test_notification_that_is_not_accepted_says_what_was_expected(port):
    client = Es9Client(port(HttpReply(200, {}, b"")), "h.example")
    with pytest.raises(TransportFaultError, match="HTTP status 200; expected 204"):
        client.handle_notification(b"")


def test_text_of_the_server_is_cut_after_200_characters(port):
    client = Es9Client(port(HttpReply(503, {}, b"a" * 200)), "h.example")
    with pytest.raises(TransportFaultError, match=rf"says: {'a' * 200};"):
        client.cancel_session(CANCEL)
    client = Es9Client(port(HttpReply(503, {}, b"a" * 201)), "h.example")
    with pytest.raises(TransportFaultError, match=rf"says: {'a' * 200}[^a]"):
        client.cancel_session(CANCEL)


@pytest.mark.parametrize(
    ("field", "seconds"),
    [("0", 0.0), ("99999999", 99999999.0), ("100000000", None), ("7 ", 7.0), ("-1", None)],
)
def test_time_to_wait_has_at_most_eight_digits(field, seconds):
    assert retry_after(field) == seconds


class _TlsPort:
    """A port over TLS that keeps what it is asked."""

    def __init__(self):
        self.roots, self.roles = None, {}

    def post(self, *_):
        raise ServerUnreachableError("nobody")

    def limit_roots(self, ci_pkids):
        self.roots = ci_pkids

    def expect_role(self, address, role):
        self.roles[address] = role

    def server_certificate(self, address):
        return address.encode()


def test_port_over_tls_is_asked_for_role_roots_and_certificate(port):
    tls = _TlsPort()
    client = Es9Client(tls, "h.example")
    client.limit_roots([b"k" * 20])
    assert tls.roles == {"h.example": Role.DP_TLS}
    assert tls.roots == [b"k" * 20]
    assert client.tls_certificate == b"h.example"
    plain = Es9Client(port(reply(INITIATED)), "h.example")
    plain.limit_roots([b"k" * 20])
    assert plain.tls_certificate is None
