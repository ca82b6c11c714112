"""What is wrong with a server, or with the way to it, is said once and with the remedy."""

import json
import ssl
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.generate import issue_tls, make_pki
from rspharness.cli.main import main
from rspharness.peers.operator_calls import OperatorCalls
from rspharness.peers.plain_trial import plainly
from rspharness.peers.server_under_test import ServerUnderTest
from rspharness.record.trace import Trace
from rspharness.record.verdicts import TargetLost

pytestmark = pytest.mark.once


@pytest.fixture
def run(tmp_path, capsys):
    """Returns a function that runs `rsplab run` and returns code, cases by row, and the text."""

    def run(*options):
        code = main(["run", "--report", str(tmp_path), *options])
        printed = capsys.readouterr()
        file = tmp_path / "latest" / "results.json"
        results = json.loads(file.read_text("utf-8")) if file.is_file() else {"cases": []}
        return code, {one["ids"][0]: one for one in results["cases"]}, printed.out + printed.err

    return run


@pytest.fixture
def stranger(tmp_path):
    """Returns a folder with the certificate of an operator whom no server of the run knows."""
    now = datetime.now(UTC)  # noqa: TID251  TLS looks at the real clock
    pki = make_pki(b"another laboratory")
    made = issue_tls(pki, Curve.NIST_P256, ["operator.example"], now)
    folder = tmp_path / "stranger"
    folder.mkdir()
    (folder / "client.pem").write_text(ssl.DER_cert_to_PEM_cert(made.certificate.der), "ascii")
    (folder / "client.key").write_bytes(made.private_key.to_pem())
    return folder


def test_cases_behind_a_function_that_never_works_are_blocked_by_its_row(run):
    own = "own:--fault es9.answer.fail,function=authenticateClient,subject=8.1,reason=6.1"
    cases = ("ES9+.AuthenticateClient#11", "ES9+.GetBoundProfilePackage#1[56]", "ES9+.TLS#01")
    code, found, printed = run("--smdpp", own, *(word for one in cases for word in ("--case", one)))
    assert code == 1
    verdicts = {row: one["verdict"] for row, one in found.items()}
    assert verdicts == {
        "ES9+.AuthenticateClient#11": "fail",
        "ES9+.GetBoundProfilePackage#15": "blocked",
        "ES9+.GetBoundProfilePackage#16": "blocked",
        "ES9+.TLS#01": "pass",
    }
    cause = found["ES9+.GetBoundProfilePackage#15"]["blocked_by"]
    assert cause["row"] == "ES9+.AuthenticateClient#11"
    assert "expected success, got 8.1/6.1" in cause["finding"]
    assert "2 blocked" in printed


def test_preparation_that_fails_in_an_odd_use_alone_is_inconclusive(run):
    own = "own:--fault es9.answer.fail,function=authenticateClient,after=1"
    code, found, _ = run("--smdpp", own, "--case", "ES9+.GetBoundProfilePackage#3[01]")
    assert code == 1
    assert {one["verdict"] for one in found.values()} <= {"inconclusive", "blocked"}


def test_events_that_cannot_be_registered_block_what_lists_them(run):
    own = "own:--fault es12.not_carried_out,function=registerEvent"
    code, found, _ = run("--smds", own, "--case", "ES11.AuthenticateClient#1[78]")
    assert code == 1
    assert found["ES11.AuthenticateClient#18"]["verdict"] == "pass"
    assert found["ES11.AuthenticateClient#17"]["verdict"] == "fail"  # the server said success


def test_operator_that_the_server_does_not_take_ends_the_run_with_3(run, served, stranger):
    operator = ("--es2plus", served.es2plus, "--es2plus-client", str(stranger))
    code, found, printed = run("--smdpp", served.url, *operator, "--case", "ES9+.TLS#01")
    assert (code, found) == (3, {})
    assert "--es2plus-client" in printed


def test_place_of_es2plus_where_nobody_is_ends_the_run_with_3(run, served):
    operator = ("--es2plus", "https://localhost:9", "--es2plus-client", str(served.client))
    code, _, printed = run("--smdpp", served.url, *operator, "--case", "ES9+.TLS#01")
    assert code == 3
    assert "name another place by --es2plus" in printed


def test_way_that_makes_no_order_at_all_ends_the_run_with_3(run, served):
    options = ("--smdpp", served.url, "--provision", "script:false")
    code, _, printed = run(*options, "--case", "ES9+.AuthenticateClient#11")
    assert code == 3
    assert "no order comes to be at the server: the script of --provision ended with 1" in printed


def test_function_without_a_plain_use_has_no_cause():
    nobody: Any = None
    assert plainly(nobody, "noSuchFunction", sm_ds=False) is None


@pytest.mark.parametrize(
    ("fault", "row"),
    [
        ("tls.wrong_name", "ES9+.TLS#07"),
        ("tls.wrong_role", "ES9+.TLS#06"),
        ("tls.certificate.no_extended_key_usage", "ES9+.TLS#09"),
        ("tls.certificate.bad_signature", "ES9+.TLS#05"),
        ("tls.version,version=1.1", "ES9+.TLS#01"),
    ],
)
def test_certificate_that_no_lpa_takes_is_a_fault_of_the_server(run, fault, row):
    cases = ("--case", row, "--case", "ES9+.InitiateAuthentication#15")
    code, found, printed = run("--smdpp", f"own:--fault {fault}", *cases)
    assert code == 1, printed
    assert found[row]["verdict"] == "fail"
    other = found["ES9+.InitiateAuthentication#15"]
    assert (other["verdict"], other["blocked_by"]["row"]) == ("blocked", row)


def test_a_server_that_is_gone_refuses_nothing(served):
    place = "localhost:9"
    server: Any = SimpleNamespace(address=place)
    with pytest.raises(TargetLost):
        ServerUnderTest.handshake(server, highest=ssl.TLSVersion.TLSv1_1)
    operator = OperatorCalls(place, served.client, Trace(), "gone")
    with pytest.raises(TargetLost, match=r"ES2\+"):
        operator.call("releaseProfile", iccid="8999901000000000005")


def test_report_of_a_server_speaks_of_the_server(run, tmp_path):
    own = "own:--fault es9.answer.fail,function=initiateAuthentication"
    code, _, _ = run("--smdpp", own, "--case", "ES9+.InitiateAuthentication#1[15]")
    assert code == 1
    page = (tmp_path / "latest" / "index.html").read_text("utf-8")
    assert "What the server does" in page
    assert "found on the server named above" in page
    assert "localhost:" in page.partition('id="causes"')[0]
    assert "EID not read" not in page
