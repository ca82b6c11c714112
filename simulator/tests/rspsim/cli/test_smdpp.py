"""`rsplab smdpp`: the server in a real process, its setup from options, the list of faults."""

import argparse
import http.client
import json
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, DecodeError, LocalError
from rspcore.messages.metadata import ProfileClass
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import make_pki
from rspsim import server_setup
from rspsim.__main__ import PROGRAM
from rspsim.cli import smdpp_setup
from rspsim.cli.console import Console
from rspsim.cli.serving import state_file
from rspsim.cli.smdpp_serve import _Orders
from rspsim.smdpp import OrderEvent
from rspsim.stores.server_state import FileState

sys.path.insert(0, str(Path(__file__).parents[1] / "smdpp"))
from conftest import CardStandIn, Lpa

sys.path.insert(0, str(Path(__file__).parents[2]))
from evidence import place

HEADERS = {
    "User-Agent": "gsma-rsp-lpad",
    "X-Admin-Protocol": "gsma/rsp/v2.5.0",
    "Content-Type": "application/json",
}


class Served:
    """A running `rsplab smdpp serve` and what it has printed so far."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rspsim", "smdpp", "serve", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.printed = ""

    def until(self, pattern: str) -> str:
        """Reads lines until one matches; returns its first group."""
        assert self.process.stdout is not None
        while True:
            line = self.process.stdout.readline()
            self.printed += line
            found = re.search(pattern, line)
            if found:
                return found[1]
            assert line, (self.printed, self.process.stderr and self.process.stderr.read())

    def end(self, number: signal.Signals) -> int:
        """Sends a signal and returns the exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=10)
        return self.process.returncode


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    started = []

    def start(*words: str) -> Served:
        started.append(Served(words))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


def options(*words: str) -> argparse.Namespace:
    return PROGRAM.parser("smdpp").parse_args(["smdpp", "serve", *words])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_serves_both_curves_and_the_management_port(serve, tmp_path, number):
    ca = tmp_path / "ca.pem"
    served = serve(
        *("--port", "0", "--brainpool-port", "0", "--admin-port", "0"),
        *("--write-ca", str(ca), "--matching-id", "A-1", "--confirmation-code", "4711"),
    )
    port = int(served.until(r"listening   https://127\.0\.0\.1:(\d+)/"))
    brainpool = int(served.until(r"brainpool   https://127\.0\.0\.1:(\d+)/"))
    admin = int(served.until(r"management  http://127\.0\.0\.1:(\d+)/"))
    token = served.until(r"Authorization: Bearer (\w+)")
    code = served.until(r"(LPA:1\S+)")
    assert code == f"LPA:1$localhost:{port}$A-1$$1"
    for number_of_port, group in ((port, None), (brainpool, "brainpoolP256r1")):
        context = ssl.create_default_context(cafile=str(ca))
        if group is not None:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ecdh_curve(group)
        connection = http.client.HTTPSConnection(
            "localhost", number_of_port, context=context, timeout=5
        )
        connection.request("POST", "/gsma/rsp2/es9plus/cancelSession", b"{}", HEADERS)
        assert connection.getresponse().status == 200
        connection.close()
    served.until(r"(cancelSession .* Failed 1\.6/2\.2)")
    connection = http.client.HTTPConnection("127.0.0.1", admin, timeout=5)
    connection.request("GET", "/orders", headers={"Authorization": f"Bearer {token}"})
    assert json.loads(connection.getresponse().read())["result"][0]["activationCode"] == code
    connection.close()
    assert served.end(number) == 0


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--pki", "/nowhere"], 3, "expected a folder"),
        (["--upp", "/nowhere"], 3, "No such file"),
        (["--matching-id", "lower"], 2, "MatchingID"),
        (["--matching-id", ""], 2, "EID"),
        (["--fault", "nothing"], 2, "not known"),
        (["--fault", "http.status,status=x"], 2, "expected a number"),
        (["--smdp-oid", "2.999.99"], 3, "only of 2.999.10, 2.999.12"),
        (["--host", "192.0.2.77"], 3, "192.0.2.77"),
        (["--write-ca", "/nowhere/ca.pem"], 3, "No such file"),
    ],
)
def test_options_that_cannot_be_served_are_reported_in_one_line(capsys, words, code, text):
    assert PROGRAM.main(["smdpp", "serve", "--port", "0", *words]) == code
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


def test_faults_are_listed_with_their_parameters(capsys):
    assert PROGRAM.main(["smdpp", "faults"]) == 0
    printed = capsys.readouterr().out
    assert "es9.smdp_signature2.flip_bit [bit=0]" in printed
    assert (
        "expected: the LPA shows subject and reason code as received (SGP.22 v2, 5.2.6)" in printed
    )


def test_folder_without_a_ci_is_refused(tmp_path):
    (tmp_path / "note.txt").write_text("nothing")
    with pytest.raises(ConfigError, match="CI"):
        server_setup.server_pki(tmp_path, any_ci=False)


def test_own_pki_written_to_a_folder_is_read_back(tmp_path, write_pki):
    write_pki(make_pki(), tmp_path)
    pki = server_setup.server_pki(tmp_path, any_ci=False)
    server = smdpp_setup.make_server(options("--smdp-oid", "2.999.12"), pki, 8443)
    assert str(server.identity.oid) == "2.999.12"


def test_server_has_its_addresses_and_a_certificate_for_each():
    words = ("--address", "SMDP.example.org:8443", "--address", "192.0.2.1")
    server = smdpp_setup.make_server(options(*words), make_pki(), 8443)
    assert server.orders.address == "SMDP.example.org:8443"
    for address in ("smdp.example.org", "192.0.2.1:9", "localhost", "testsmdpplus1.example.com"):
        assert server.identity.answers_to(address)
    now = datetime(2026, 6, 1, tzinfo=UTC)
    for curve in Curve:
        certificate = server_setup.tls_credential(server, curve, now).certificate
        assert certificate.curve is curve
        assert certificate.registered_id == server.identity.oid
        assert "smdp.example.org" in certificate.dns_names


def test_standard_port_is_left_out_of_the_address():
    assert smdpp_setup.make_server(options(), make_pki(), 443).identity.address == "localhost"


def test_tls_certificate_of_a_pki_without_ci_key_is_used_while_it_is_valid():
    folder = place("sgp26")
    files = [(one.name, one.read_bytes()) for one in folder.rglob("*.*") if "SK_CI" not in one.name]
    server = smdpp_setup.make_server(options(), Pki.from_files(files), 8443)
    kept = server.identity.pki.dp_tls(Curve.NIST_P256)
    during = kept.certificate.not_after.replace(microsecond=0)
    assert server_setup.tls_credential(server, Curve.NIST_P256, during) == kept
    with pytest.raises(ConfigError, match="SK_CI"):
        server_setup.tls_credential(server, Curve.NIST_P256, datetime(2099, 1, 1, tzinfo=UTC))


def test_own_profile_takes_names_and_class_from_the_options():
    words = ("--spn", "Mine", "--name", "Other", "--class", "test")
    (package,) = smdpp_setup.packages(options(*words), "localhost:8443")
    metadata = package.metadata
    assert (metadata.service_provider_name, metadata.profile_name) == ("Mine", "Other")
    assert metadata.profile_class is ProfileClass.test
    (entry,) = metadata.notification_configuration_info
    assert entry.notification_address == "localhost:8443"


def test_each_file_becomes_a_package_of_its_own(tmp_path):
    (own,) = smdpp_setup.packages(options(), "a")
    for name in ("one.der", "two.der"):
        (tmp_path / name).write_bytes(own.upp)
    words = ("--upp", str(tmp_path / "one.der"), "--upp", str(tmp_path / "two.der"))
    found = smdpp_setup.packages(options(*words), "a")
    assert [one.origin for one in found] == ["one.der", "two.der"]
    (tmp_path / "two.der").write_bytes(b"\x00\x00")
    with pytest.raises(DecodeError, match=r"two\.der"):
        smdpp_setup.packages(options(*words), "a")


def test_faults_of_the_options_are_switched_on():
    server = smdpp_setup.make_server(options(), make_pki(), 8443)
    requested = [
        "http.status,status=0x1F4,function=cancelSession,times=2",
        "es9.smdp_signed2.cc_required_flag,value=no",
        "es9.answer.base64,form=url",
        "es9.header.missing",
    ]
    server_setup.switch_faults(server.faults, requested)
    assert [(dict(o.parameters), o.function, o.times) for o in server.faults.active] == [
        ({"status": 500}, "cancelSession", 2),
        ({"value": False}, "", None),
        ({"form": "url"}, "", None),
        ({}, "", None),
    ]
    with pytest.raises(LocalError, match="no parameter"):
        server_setup.switch_faults(server.faults, ["http.status,x=1"])


def test_finished_order_is_made_again_after_a_restart_too(tmp_path, pki, capsys):
    chosen = options("--again", "--matching-id", "A-1", "--state", str(tmp_path / "s.db"))
    for end in ("Released", "Installed"):
        with FileState(chosen.state) as state, Console() as console:
            server = smdpp_setup.make_server(chosen, pki, 8443, state)
            orders = _Orders(server, chosen, console)
            server.on_order_again = orders.show_again
            lpa = Lpa(server, CardStandIn(pki, Curve.NIST_P256), address="localhost:8443")
            lpa.download("A-1")
            if end == "Installed":
                order = server.orders.all()[0]
                lpa.notify(lpa.card.result(lpa.transaction_id, order.iccid))
            found = server.orders.all()
    assert [(one.state, one.matching_id) for one in found] == [
        ("Installed", "A-1"),
        ("Released", "A-1"),
    ]
    assert found[1].terms.downloads is None
    assert "order 2     again, LPA:1$localhost:8443$A-1" in capsys.readouterr().out


def test_two_starts_on_one_file_order_once(tmp_path, pki, monkeypatch):
    chosen = options("--state", str(tmp_path / "s.db"))
    with FileState(chosen.state) as one, FileState(chosen.state) as other, Console() as console:
        servers = [smdpp_setup.make_server(chosen, pki, 8443, state) for state in (one, other)]
        own = smdpp_setup.packages

        def packages(*given):
            assert one._database.in_transaction, "no other start comes in between"
            return own(*given)

        monkeypatch.setattr("rspsim.cli.smdpp_serve.packages", packages)
        for server in servers:
            _Orders(server, chosen, console)
        assert len(servers[0].orders.all()) == 1


def test_default_file_orders_anew_when_nothing_is_pending(tmp_path, monkeypatch, pki):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    chosen = options("--port", "8499")
    file = state_file(chosen, "smdpp")
    assert file == tmp_path / "rsplab" / "smdpp-8499.db"
    for expected in (["Released"], ["Released"], ["Unavailable", "Released"]):
        with FileState(file) as state, Console() as console:
            server = smdpp_setup.make_server(chosen, pki, 8499, state)
            _Orders(server, chosen, console)
            assert [one.state for one in server.orders.all()] == expected
            if state.start == 2:
                server.orders.change(1, OrderEvent.WITHDRAWN)
    for words, expected in (((), 2), (("--matching-id", "NEW"), 3), (("--matching-id", "NEW"), 3)):
        with FileState(file) as state, Console() as console:
            chosen = options("--port", "8499", *words)
            server = smdpp_setup.make_server(chosen, pki, 8499, state)
            _Orders(server, chosen, console)
            assert len(server.orders.all()) == expected
    assert state_file(options("--port", "0"), "smdpp") is None
    assert state_file(options("--in-memory"), "smdpp") is None


def test_same_seed_on_a_state_file_never_draws_the_same_again(tmp_path, pki):
    chosen = options("--seed", "1", "--state", str(tmp_path / "s.db"))
    drawn = [smdpp_setup.make_server(chosen, pki, 8443).environment.rng.octets(16)]
    for _ in range(3):
        with FileState(chosen.state) as state:
            server = smdpp_setup.make_server(chosen, pki, 8443, state)
            drawn.append(server.environment.rng.octets(16))
    assert drawn[0] == drawn[1]  # the first start is as without a file
    assert len(set(drawn)) == 3


def test_activation_codes_are_shown_as_qr_codes_in_a_terminal(capsys, monkeypatch):
    chosen = options("--matching-id", "A-1")

    def shown() -> str:
        server = smdpp_setup.make_server(chosen, make_pki(), 8443)
        with Console() as console:
            _Orders(server, chosen, console).show()
        return capsys.readouterr().out

    plain = shown()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert len(shown().splitlines()) > len(plain.splitlines()) + 10


def post(connection, path="/gsma/rsp2/es9plus/cancelSession", body=b"{}"):
    connection.request("POST", path, body, HEADERS)
    response = connection.getresponse()
    response.read()
    return response.status


@pytest.fixture
def talk(serve, tmp_path):
    """Starts a server and connects to it and to its management port; stdout is read so far."""
    ca = tmp_path / "ca.pem"
    served = serve("--port", "0", "--admin-port", "0", "--admin-token", "T", "--write-ca", str(ca))
    port = int(served.until(r"listening   https://127\.0\.0\.1:(\d+)/"))
    admin = int(served.until(r"management  http://127\.0\.0\.1:(\d+)/"))
    served.until(r"(LPA:1\S+)")
    context = ssl.create_default_context(cafile=str(ca))
    lpa = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
    manager = http.client.HTTPConnection("127.0.0.1", admin, timeout=10)
    yield served, lpa, manager
    lpa.close()
    manager.close()


def test_pipe_that_nobody_reads_holds_up_no_answer_and_no_end(talk):
    served, lpa, manager = talk
    long = "/" + "x" * 200
    for _ in range(1000):  # twice what fits into a pipe
        assert post(lpa, long) == 404
    assert post(lpa) == 200
    manager.request("GET", "/", headers={"Authorization": "Bearer T"})
    assert json.loads(manager.getresponse().read())["result"]["exchanges"] == 1001
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(timeout=10) == 0


def test_reader_that_is_gone_is_logged_once_and_answers_go_on(talk):
    served, lpa, _ = talk
    served.process.stdout.close()
    for _ in range(20):
        assert post(lpa) == 200
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(timeout=10) == 0
    error = served.process.stderr.read()
    assert (
        error
        == "rsplab: standard output: fails and is dropped: BrokenPipeError(32, 'Broken pipe')\n"
    )
    served.process.stdout = None


def test_what_clients_send_is_escaped_on_the_terminal(talk):
    served, lpa, _ = talk
    assert post(lpa, "/%1B]0;owned%07%1B[2J%0Aforged") == 404
    line = served.until(r"(.*owned.*)")
    assert r"\x1b]0;owned\x07\x1b[2J\nforged" in line
    assert line.isprintable()
    address = json.dumps({"smdpAddress": "\ud800\x1b[31m\n", "transactionId": "\x1b[2J\ud800"})
    assert post(lpa, "/gsma/rsp2/es9plus/initiateAuthentication", address.encode()) == 200
    line = served.until(r"(.*initiateAuthentication.*)")
    assert "Failed 1.6/2.1" in line
    assert line.isprintable()


def test_start_imports_nothing_that_it_does_not_need():
    script = (
        "import sys; import rspsim.cli.smdpp_serve; "
        "print(*{'segno', 'sqlite3', 'asn1tools', 'urllib3', 'rspsim.faults.server', "
        "'rspsim.smdpp.management'} & sys.modules.keys())"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
