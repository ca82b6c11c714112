"""`rsplab lpa download` as a whole: a fresh simulated card and the mock SM-DP+ in this process."""

import json
import re

import pytest

from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, make_profile
from rspharness.cli import lpa_servers
from rspharness.cli.main import main
from rspharness.lpa.es9p_client import HttpReply, ServerUnreachableError
from rspharness.record.trace import ReplayLink
from rspharness.simulated.inprocess_port import InProcessPort
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp.server import SmDpPlus

PROFILE = make_profile(PRESETS["PROFILE_OPERATIONAL1"])
ICCID = str(PROFILE.metadata.iccid)


class Port(InProcessPort):
    """The port of the command, which can be closed and can fail for one function."""

    failing = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def post(self, address, path, headers, body):
        if self.failing and path.endswith(self.failing):
            return HttpReply(503, {}, b"")
        return super().post(address, path, headers, body)


@pytest.fixture
def server(monkeypatch):
    made = SmDpPlus(make_pki(), rng=SeededRng(b"server"), clock=ManualClock())
    monkeypatch.setattr(lpa_servers, "HttpsPort", lambda _options: Port(made))
    return made


def download(code, *words):
    return main(["lpa", "download", code, "--target", "inprocess", "--yes", *words])


def test_profile_is_installed_and_shown(server, capsys):
    order = server.orders.order(PROFILE.upp, PROFILE.metadata)
    assert download(order.activation_code) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Profile {ICCID} is installed, disabled"
    assert lines[-1].split() == ["complete", "yes"]


@pytest.mark.parametrize(("answer", "code"), [("no", 1), ("later", 1), ("yes", 0)])
def test_answer_beforehand_is_given_after_what_is_offered_was_shown(server, capsys, answer, code):
    order = server.orders.order(PROFILE.upp, PROFILE.metadata)
    line = ["lpa", "download", order.activation_code, "--target", "inprocess", "--answer", answer]
    assert main(line) == code
    assert PROFILE.metadata.profile_name in capsys.readouterr().err
    states = {"no": "Error", "later": "Released", "yes": "Installed"}
    assert server.orders.get(order.number).state.value == states[answer]


def test_outcome_is_one_json_object(server, capsys):
    order = server.orders.order(PROFILE.upp, PROFILE.metadata, confirmation_code="4711")
    assert download(order.activation_code, "--confirmation-code", "4711", "--json") == 0
    view = json.loads(capsys.readouterr().out)
    assert (view["iccid"], view["complete"]) == (ICCID, True)


def test_refusal_is_reported_in_words(server, capsys):
    order = server.orders.order(PROFILE.upp, PROFILE.metadata, confirmation_code="4711")
    assert download(order.activation_code, "--confirmation-code", "1") == 1
    error = capsys.readouterr().err
    assert "8.2.7/3.8, the Confirmation Code is wrong" in error
    assert error.count("\n") == 1


def test_result_the_server_has_not_accepted_is_no_success(server, capsys, monkeypatch):
    monkeypatch.setattr(Port, "failing", "handleNotification")
    order = server.orders.order(PROFILE.upp, PROFILE.metadata)
    assert download(order.activation_code, "--json") == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["complete"] is False
    assert "notifications --process" in shown.err


def test_failed_cancellation_is_reported_with_the_reason(server, capsys, monkeypatch):
    monkeypatch.setattr(Port, "failing", "cancelSession")
    order = server.orders.order(PROFILE.upp, PROFILE.metadata, confirmation_code="4711")
    assert download(order.activation_code) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(
        "rsplab: CancelSession: ES9+.CancelSession: HTTP status 503; expected 200"
    )
    assert second.startswith("rsplab: the server requires a Confirmation Code")


def test_failure_is_an_object_with_function_and_codes(server, capsys):
    assert download("LPA:1$testsmdpplus1.example.com$UNKNOWN", "--json") == 1
    shown = json.loads(capsys.readouterr().out)
    names = ("function", "subject", "reason", "code")
    assert [shown[name] for name in names] == ["AuthenticateClient", "8.2.6", "3.8", "8.2.6/3.8"]
    assert "MatchingID" in shown["message"]
    assert shown["notes"] == []


def test_order_for_the_eid_of_the_card_needs_no_code_but_an_address(server, capsys):
    assert main(["lpa", "download", "--target", "inprocess", "--yes"]) == 3
    assert "no default SM-DP+ address" in capsys.readouterr().err


def test_trace_contains_the_whole_download(server, tmp_path):
    order = server.orders.order(PROFILE.upp, PROFILE.metadata)
    file = tmp_path / "trace.txt"
    assert download(order.activation_code, "--trace", str(file), "--block-size", "255") == 0
    text = file.read_text()
    assert all(f"BF {tag}" in text for tag in ("2E", "38", "21", "36", "30"))
    functions = re.findall(r"# HTTP > POST https://\S+/(\w+)\n", text)
    assert functions == [
        "initiateAuthentication",
        "authenticateClient",
        "getBoundProfilePackage",
        "handleNotification",
    ]
    assert re.findall(r"# HTTP < (\d+) ; [\d.]+ ms\n", text) == ["200", "200", "200", "204"]
    assert '# HTTP < {"' in text
    ReplayLink.parse(text)  # the exchanges are remarks to it


def test_trace_says_why_no_answer_came(server, tmp_path, monkeypatch):
    def silent(*_):
        raise ServerUnreachableError("dp: no answer\nin time")

    monkeypatch.setattr(Port, "post", silent)
    file = tmp_path / "trace.txt"
    assert download("LPA:1$dp.example.com$A", "--trace", str(file)) == 3
    assert "# HTTP ! dp: no answer\\nin time\n" in file.read_text()
