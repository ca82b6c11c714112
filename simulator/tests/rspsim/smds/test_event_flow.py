"""The SM-DS in a real process: ES12 and ES11 over TLS, cascade, restart, and every code pair."""

import base64
import http.client
import json
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "smdpp"))
from conftest import HEADERS, CardStandIn

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import Oid, Version
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.pki.issue import Contents, issue
from rspcore.pki.roles import Role
from rspsim.pki_folder import read_pki
from rspsim.smdpp.partner_calls import PartnerCall
from rspsim.transports.https import free_port
from rspsim.transports.partner_client import PartnerClient

pytestmark = pytest.mark.once

NOW = datetime.now(UTC)  # noqa: TID251  TLS looks at the real clock
PKI = read_pki(None, option="--pki")
OWN = {"header": {"functionRequesterIdentifier": "2.999.10", "functionCallIdentifier": "C-1"}}


class Served:
    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rspsim", "smds", "serve", *words],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        while True:
            line = self.process.stdout.readline()
            assert line
            found = re.search(r"listening   https://127\.0\.0\.1:(\d+)/", line)
            if found:
                self.port = int(found[1])
                return

    def post(
        self, path: str, body: dict[str, Any], folder: Path | None = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        ci = PKI.ci(Curve.NIST_P256).certificate.der
        context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(ci))
        if folder is not None:
            context.load_cert_chain(folder / "c.pem", folder / "k.pem")
        connection = http.client.HTTPSConnection("localhost", self.port, context=context, timeout=9)
        sent = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", "/gsma/rsp2/" + path, json.dumps(body), sent)
        answer = connection.getresponse()
        octets = answer.read()
        connection.close()
        return answer.status, json.loads(octets) if answer.status == 200 else {}


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*words: str) -> Served:
        started.append(Served("--port", "0", *words))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    def make(role: Role = Role.DP_TLS, number: int = 0) -> Path:
        folder = tmp_path_factory.mktemp("client")
        curve = Curve.NIST_P256
        owner = PKI.servers(Role.DP_AUTH, curve)[number] if role is Role.DP_TLS else None
        own = issue_tls(PKI, curve, ["client.example"], NOW, role=role, registered_id=owner)
        (folder / "c.pem").write_text(ssl.DER_cert_to_PEM_cert(own.certificate.der))
        (folder / "k.pem").write_bytes(own.private_key.to_pem())
        return folder

    return make


def call(name: str, **members: Any) -> dict[str, Any]:
    header = dict(OWN["header"], functionCallIdentifier=name)
    return {"header": header, **members}


def register(card: CardStandIn, name: str = "C-1", event: str = "E-1", **more: Any) -> Any:
    found = {
        "eid": str(card.eid),
        "eventId": event,
        "rspServerAddress": "dp.example.com",
        "forwardingIndicator": False,
    }
    return call(name, **(found | more))


def code(answer: tuple[int, dict[str, Any]]) -> str:
    assert answer[0] == 200, answer
    status = answer[1]["header"]["functionExecutionStatus"]
    if status["status"] == "Executed-Success":
        return "ok"
    return f"{status['statusCodeData']['subjectCode']}/{status['statusCodeData']['reasonCode']}"


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def initiate(served: Served, card: CardStandIn, **changes: Any) -> tuple[int, dict[str, Any]]:
    body = {
        "smdpAddress": f"localhost:{served.port}",
        "euiccChallenge": b64(bytes(16)),
        "euiccInfo1": b64(card.info1()),
    }
    return served.post("es9plus/initiateAuthentication", body | changes)


def discover(
    served: Served, card: CardStandIn, event: str | None = None, **signed: Any
) -> tuple[int, dict[str, Any]]:
    first = initiate(served, card)[1]
    response = card.authenticate(first, event, **signed)
    body = {"transactionId": first["transactionId"], "authenticateServerResponse": b64(response)}
    return served.post("es9plus/authenticateClient", body)


@pytest.fixture
def card() -> CardStandIn:
    return CardStandIn(PKI)


def test_event_is_registered_found_kept_over_a_kill_and_deleted(serve, client, card, tmp_path):
    state, own = str(tmp_path / "events"), client()
    served = serve("--state", state)
    assert discover(served, card)[1]["eventEntries"] == []
    assert code(served.post("es12/registerEvent", register(card), own)) == "ok"
    served.process.kill()
    served.process.wait()
    served = serve("--state", state)
    entry = {"eventId": "E-1", "rspServerAddress": "dp.example.com"}
    for _ in range(2):
        assert discover(served, card)[1]["eventEntries"] == [entry]
    # a resend is answered alike, another call is not
    assert code(served.post("es12/registerEvent", register(card), own)) == "ok"
    assert code(served.post("es12/registerEvent", register(card, "C-2"), own)) == "8.9.5/3.3"
    gone = call("C-3", eid=str(card.eid), eventId="E-1")
    assert code(served.post("es12/deleteEvent", gone, client(number=1))) == "8.9.5/3.9"
    assert code(served.post("es12/deleteEvent", gone, own)) == "ok"
    assert code(served.post("es12/deleteEvent", gone, own)) == "ok"
    assert discover(served, card)[1]["eventEntries"] == []


def test_caller_with_constant_identifiers_is_served(serve, client, card):
    served, own = serve(), client()
    for _ in range(2):
        assert code(served.post("es12/registerEvent", register(card), own)) == "ok"
        assert len(discover(served, card)[1]["eventEntries"]) == 1
        gone = call("C-1", eid=str(card.eid), eventId="E-1")
        assert code(served.post("es12/deleteEvent", gone, own)) == "ok"
        assert discover(served, card)[1]["eventEntries"] == []


def test_alternative_forwards_to_the_root(serve, client, card):
    root = serve()
    alternative, own = serve("--root", f"localhost:{root.port}"), client()
    body = register(card, forwardingIndicator=True)
    assert code(alternative.post("es12/registerEvent", body, own)) == "ok"
    (pointer,) = discover(root, card)[1]["eventEntries"]
    assert pointer["rspServerAddress"] == f"localhost:{alternative.port}"
    (entry,) = discover(alternative, card, pointer["eventId"])[1]["eventEntries"]
    assert entry == {"eventId": "E-1", "rspServerAddress": "dp.example.com"}
    gone = call("C-2", eid=str(card.eid), eventId="E-1")
    assert code(alternative.post("es12/deleteEvent", gone, own)) == "ok"
    assert discover(root, card)[1]["eventEntries"] == []
    root.process.kill()
    root.process.wait()
    body = register(card, "C-4", forwardingIndicator=True)
    assert code(alternative.post("es12/registerEvent", body, own)) == "8.9/5.1"
    assert discover(alternative, card)[1]["eventEntries"] == []


def test_root_that_refuses_is_an_execution_error(serve, client, card):
    """The root refuses an address that is no host name; nothing is registered."""
    root = serve()
    served = serve("--address", "x_y", "--address", "localhost", "--root", f"localhost:{root.port}")
    body = register(card, forwardingIndicator=True)
    assert code(served.post("es12/registerEvent", body, client())) == "8.9/4.2"
    assert discover(served, card)[1]["eventEntries"] == []


def test_partners_have_to_show_a_certificate_of_their_role(serve, client, card):
    served = serve()
    assert served.post("es12/registerEvent", register(card))[0] == 403
    assert served.post("es12/registerEvent", register(card), client(Role.DS_TLS))[0] == 403
    assert served.post("es15/registerEvent", register(card), client())[0] == 403
    assert served.post("es15/registerEvent", register(card), client(Role.DS_TLS))[0] == 200


@pytest.mark.parametrize(
    ("member", "value", "pair"),
    [
        ("eid", None, "1.6/2.2"),
        ("header", None, "1.6/2.2"),
        ("eid", "1", "1.6/2.1"),
        ("eventId", "e_1", "1.6/2.1"),
        ("forwardingIndicator", "yes", "1.6/2.1"),
        ("rspServerAddress", "https://x/", "1.6/2.1"),
    ],
)
def test_wrong_members_are_named(serve, client, card, member, value, pair):
    body = register(card) | {member: value}
    assert code(serve().post("es12/registerEvent", body, client())) == pair


def test_every_es11_pair_of_initiate_authentication(serve, card):
    served = serve()
    found = [code(initiate(served, card, smdpAddress="other.example.com"))]
    for changes in ({"signing": (bytes(20),)}, {"verification": (bytes(20),)}):
        odd = CardStandIn(PKI)
        vars(odd).update(changes)
        found.append(code(initiate(served, odd)))
    odd = CardStandIn(PKI)
    odd.svn = Version.from_text("3.0.0")
    found.append(code(initiate(served, odd)))
    assert found == ["8.9.1/3.8", "8.9.2/3.1", "8.9.4/3.7", "8.9.3/3.1"]


def test_every_es11_pair_of_authenticate_client(serve, card):
    served = serve()
    assert code(discover(served, card, "NO-SUCH")) == "8.9.5/3.9"
    assert code(discover(served, card, server_challenge=bytes(16))) == "8.1/6.1"
    first = initiate(served, card)[1]
    body = {
        "transactionId": "00" * 16,
        "authenticateServerResponse": b64(card.authenticate(first, None)),
    }
    assert code(served.post("es9plus/authenticateClient", body)) == "8.10.1/3.9"


def reissued(role: Role, **changes: Any) -> bytes:
    curve = Curve.NIST_P256
    own = PKI.eum(curve) if role is Role.EUM else PKI.euicc(curve)
    issuer = PKI.ci(curve) if role is Role.EUM else PKI.eum(curve)
    key = changes.pop("key", issuer.private_key)
    return issue(replace(Contents.of(own.certificate), **changes), key).der


WRONG_KEY = {"key": PKI.euicc(Curve.NIST_P256).private_key}


@pytest.mark.parametrize(
    ("attribute", "role", "changes", "pair"),
    [
        ("eum", Role.EUM, WRONG_KEY, "8.1.2/6.1"),
        ("eum", Role.EUM, {"not_after": NOW - timedelta(1)}, "8.1.2/6.3"),
        ("certificate", Role.EUICC, WRONG_KEY, "8.1.3/6.1"),
        ("certificate", Role.EUICC, {"not_after": NOW - timedelta(1)}, "8.1.3/6.3"),
    ],
)
def test_every_es11_pair_of_certificates(serve, card, attribute, role, changes, pair):
    setattr(card, attribute, reissued(role, **changes))
    assert code(discover(serve(), card)) == pair


def test_card_of_an_unknown_ci_is_refused(serve, card):
    stranger = make_pki(b"another laboratory")
    card.euicc = stranger.euicc(Curve.NIST_P256)
    card.certificate = card.euicc.certificate.der
    card.eum = stranger.eum(Curve.NIST_P256).certificate.der
    assert code(discover(serve(), card)) == "8.11.1/3.9"


def test_protocol_below_2_is_refused(serve, card):
    body = {"smdpAddress": "localhost"}
    assert (
        serve().post("es9plus/initiateAuthentication", body, X_Admin_Protocol="gsma/rsp/v1.0.0")[0]
        == 400
    )


def test_asn1_binding_lists_events_and_answers_integers(serve, client, card):
    served = serve()

    def der(*parts: bytes) -> tlv.Tlv:
        ci = PKI.ci(Curve.NIST_P256).certificate.der
        context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(ci))
        link = http.client.HTTPSConnection("localhost", served.port, context=context, timeout=9)
        kind = {"Content-Type": "application/x-gsma-rsp-asn1"}
        link.request("POST", "/gsma/rsp2/asn1", tlv.encode(0xA2, *parts), HEADERS | kind)
        answer = tlv.parse(link.getresponse().read())
        link.close()
        return answer.children()[0]

    def ask(event: str | None) -> tlv.Tlv:
        first = initiate(served, card)[1]
        number = tlv.encode(0x80, bytes.fromhex(first["transactionId"]))
        found = der(tlv.encode(0xBF3B, number, card.authenticate(first, event)))
        assert found.tag == 0xBF40
        return found.children()[0]

    assert bytes(ask(None).children()[1].raw).hex() == "a100"
    assert code(served.post("es12/registerEvent", register(card), client())) == "ok"
    expected = tlv.encode(
        0xA1, tlv.encode(0x30, tlv.encode(0x80, b"E-1"), tlv.encode(0x81, b"dp.example.com"))
    )
    assert bytes(ask(None).children()[1].raw) == expected
    assert bytes(ask("NO-SUCH").raw).hex() == "810106"


def test_brainpool_port_serves_cards_and_partners_of_that_curve(serve, card):
    """A card of brainpoolP256r1 asks; a server registers with a certificate on that curve."""
    curve = Curve.BRAINPOOL_P256R1
    served = serve("--brainpool-port", "0")
    assert served.process.stdout is not None
    port = int(
        re.search(r"brainpool   https://127.0.0.1:(\d+)/", served.process.stdout.readline())[1]
    )
    own = issue_tls(PKI, curve, ["dp.example"], NOW, registered_id=Oid("2.999.10"))
    trusted = tuple(PKI.ci(one).certificate for one in Curve)
    brainpool_card = CardStandIn(PKI, curve)
    call = PartnerCall(
        address=f"localhost:{port}",
        path="/gsma/rsp2/es12/registerEvent",
        headers=HEADERS,
        body=json.dumps(register(brainpool_card)).encode(),
    )
    reply = PartnerClient(own, trusted).post(call)
    assert code((reply.status or 0, json.loads(reply.body))) == "ok"
    assert len(discover(served, brainpool_card)[1]["eventEntries"]) == 1


def test_smds_listens_on_ipv6(serve):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    process = subprocess.Popen(
        [sys.executable, "-m", "rspsim", "smds", "serve", "--port", "0", "--host", "::1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        text = process.stdout.readline() + process.stdout.readline()
        assert re.search(r"https://(\[::1\]|::1):\d+/", text), text
    finally:
        process.kill()
        process.communicate()


def test_events_are_kept_in_the_usual_file_over_a_kill(serve, client, card, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    words = ("--port", str(free_port()))
    first = serve(*words)
    assert code(first.post("es12/registerEvent", register(card), client())) == "ok"
    first.process.kill()
    first.process.wait()
    assert [path.name for path in (tmp_path / "rsplab").glob("*.db")] == [f"smds-{first.port}.db"]
    again = serve(*words)
    assert len(discover(again, card)[1]["eventEntries"]) == 1
    again.process.kill()
    again.process.wait()
    assert discover(serve(*words, "--in-memory"), card)[1]["eventEntries"] == []


def test_faults_policy_and_management_by_options(serve, client, card):
    words = ("--fault", "http.refuse,times=1", "--lenient-ids", "--admin-port", "0")
    served = serve(*words, "--admin-token", "T")
    assert served.process.stdout is not None
    lines = [served.process.stdout.readline() for _ in range(3)]
    assert [line.split()[0] for line in lines] == ["state", "fault", "management"]
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", lines[2])[1])
    assert served.post("es12/registerEvent", register(card), client())[0] == 503
    lower = register(card) | {"eventId": "token_1"}
    assert code(served.post("es12/registerEvent", lower, client())) == "ok"
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=9)
    link.request("GET", "/history", headers={"Authorization": "Bearer T"})
    history = json.loads(link.getresponse().read())["result"]
    link.close()
    assert [(one["function"], one["response"]["status"]) for one in history] == [
        ("registerEvent", 503),
        ("registerEvent", 200),
    ]


def test_fault_of_another_kind_of_server_is_refused_at_the_start():
    words = [sys.executable, "-m", "rspsim", "smds", "serve", "--port", "0", "--fault"]
    ran = subprocess.run(
        [*words, "es9.smdp_signature2.flip_bit"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, "server fault" in ran.stderr) == (2, True)


def test_ci_without_its_key_is_refused_at_the_start(tmp_path, write_pki):
    write_pki(PKI, tmp_path)
    for one in (tmp_path / "CI").glob("*.pem"):
        one.unlink()
    words = [sys.executable, "-m", "rspsim", "smds", "serve", "--port", "0", "--pki", str(tmp_path)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ran.returncode, "SK_*.pem" in ran.stderr, "Traceback" in ran.stderr) == (3, True, False)
