"""What users' stories share: the network, and servers that are called directly."""

import ast
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import LocalError
from rspcore.pki.generate import make_pki
from rspharness.cli.main import main
from rspharness.lpa.es9p_client import ServerUnreachableError
from rspharness.record.catalogue import Catalogue
from rspharness.record.trace import Trace
from rspharness.record.verdicts import NotApplicable
from rspharness.simulated.direct_smdpp import DirectSmdpp, OrderRefusedError, story_fault
from rspharness.suite.stories import pictures
from rspharness.suite.stories.line import sold
from rspharness.suite.stories.network import Lost, Network
from rspsim.faults.registry import card_fault

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]
SCENARIOS = sorted((ROOT / "suites" / "scenarios").glob("test_*.py"))
FAULTS = tomllib.loads((ROOT / "harness" / "scenarios" / "faults.toml").read_text("utf-8"))
ROWS = Catalogue.load(ROOT / "fixtures" / "requirements" / "scenarios.csv")
NOT_OF_SGP22 = "Story.ThingWithoutScreen#01"
SERVER = "server:"
WORDS = {"User-Agent": "gsma-rsp-lpad", "X-Admin-Protocol": "gsma/rsp/v2.5.0"}


@pytest.fixture
def home():
    return DirectSmdpp(make_pki(), Curve.NIST_P256, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def network(home):
    made = Network()
    made.join(home)
    return made


def ask(network, function="initiateAuthentication"):
    path = f"/gsma/rsp2/es9plus/{function}"
    headers = {**WORDS, "Content-Type": "application/json"}
    return network.post("testsmdpplus1.example.com", path, headers, b"{}")


@pytest.mark.parametrize(("lost", "arrives"), [(Lost.REQUEST, False), (Lost.ANSWER, True)])
def test_one_request_is_lost_and_the_others_are_not(network, home, monkeypatch, lost, arrives):
    came = []
    post = home.post
    monkeypatch.setattr(home, "post", lambda *given: came.append(given) or post(*given))
    with network.cut(2, lost) as cut:
        assert ask(network).status == 200
        assert cut.function == ""
        with pytest.raises(ServerUnreachableError):
            ask(network, "authenticateClient")
        assert cut.function == "authenticateClient"
        assert ask(network).status == 200
    assert len(came) == 2 + arrives
    assert sorted(network.asked) == ["authenticateClient", *["initiateAuthentication"] * 2]


def test_exchanges_are_in_the_trace_of_the_case_as_the_phone_saw_them(home):
    trace = Trace()
    network = Network(trace)
    network.join(home)
    ask(network)
    with network.cut(1, Lost.ANSWER), pytest.raises(ServerUnreachableError):
        ask(network, "authenticateClient")
    lines = [
        line for line in trace.lines if line.startswith(("# HTTP > POST", "# HTTP < ", "# HTTP !"))
    ]
    assert lines[0].endswith("/gsma/rsp2/es9plus/initiateAuthentication")
    assert lines[1].startswith("# HTTP < 200 ; ")
    assert lines[-2].endswith("/gsma/rsp2/es9plus/authenticateClient")
    assert lines[-1].startswith("# HTTP ! testsmdpplus1.example.com: the network was lost after")


def test_half_an_answer_and_503(network):
    whole = ask(network)
    with network.cut(1, Lost.HALF_ANSWER):
        assert len(ask(network).body) == len(whole.body) // 2
    with network.cut(1, Lost.SERVED):
        assert ask(network).status == 503


def test_a_server_that_is_down_comes_back(network, home):
    with network.down(home), pytest.raises(ServerUnreachableError, match="no network"):
        ask(network)
    assert ask(network).status == 200


@pytest.mark.parametrize(
    ("name", "says"), [("tcp.refuse", "acts on a connection"), ("http.nope", "not known")]
)
def test_fault_that_no_story_can_have_is_refused(name, says):
    with pytest.raises(LocalError, match=says):
        DirectSmdpp(make_pki(), Curve.NIST_P256, datetime(2026, 1, 1, tzinfo=UTC), fault=name)


def test_every_row_names_a_fault_that_there_is():
    assert set(FAULTS) == {row.id for row in ROWS} - {NOT_OF_SGP22}
    named = {name for names in FAULTS.values() for name in names}
    for name in named:
        if name.startswith(SERVER):
            story_fault(name.removeprefix(SERVER))
        else:
            card_fault(name)
    assert all(FAULTS.values())


def test_table_has_what_every_row_found():
    table = (ROOT / "harness" / "scenarios" / "FAULTS.md").read_text("utf-8")
    lines = [line.split(" | ") for line in table.splitlines() if line.startswith("| Story.")]
    found = {(row.removeprefix("| "), fault.strip("`")) for row, fault, *_ in lines}
    assert found == {(row, fault) for row, faults in FAULTS.items() for fault in faults}
    assert all(reason.strip(" |") not in {"pass", "inconclusive"} for _, _, reason in lines)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_story_ends_as_all_do(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    ends = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and _calls(node) & {"story.ends"}
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            assert node.name in ends or _calls(node) & ends, f"{node.name} does not end"


def _calls(node):
    """Returns what a function calls, as written."""
    return {ast.unparse(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)}


def test_operator_moves_a_line_as_often_as_its_rule_says():
    operator = DirectSmdpp(make_pki(), Curve.NIST_P256, datetime(2026, 1, 1, tzinfo=UTC), moves=1)
    what = sold(1)
    for _ in range(2):
        operator.order(what).cancel()
    with pytest.raises(OrderRefusedError, match="has moved 1 times in 30 days"):
        operator.order(what)
    operator.order(sold(2))
    operator.advance(timedelta(days=30))
    operator.order(what)


def test_pictures_of_a_code_say_what_it_is_or_do_not_apply(tmp_path, monkeypatch):
    code = "LPA:1$testsmdpplus1.example.com$NHTU-4WVX-ZGAE-VYCN"
    texts = pictures.read_again(code, tmp_path)
    assert len(texts) == 5
    assert set(texts.values()) == {code}
    monkeypatch.setattr(pictures, "find_spec", lambda name: None if name == "segno" else name)
    with pytest.raises(NotApplicable, match="the extra qr"):
        pictures.read_again(code, tmp_path)


def test_session_keys_of_a_story_are_written_and_looked_for(tmp_path, capsys):
    words = ["run", "--suites", str(ROOT / "suites"), "--target", "inprocess", "--session-keys"]
    assert main([*words, "--case", "Story.ScanACode#01", "--report", str(tmp_path)]) == 0
    (file,) = (tmp_path / "latest" / "traces").glob("*.keys")
    lines = file.read_text("utf-8").splitlines()
    names = ["session key S-ENC", "session key S-MAC", "initial MAC chaining value"]
    assert [line.rpartition(" ")[0] for line in lines] == names
    assert "session key" not in capsys.readouterr().out
    assert main(["decode", str(file.with_suffix(".txt"))]) == 0
    shown = capsys.readouterr().out
    assert "  = ConfigureISDPRequest" in shown
    assert "    akaParameter, " in shown
    assert "usim-header" in shown
