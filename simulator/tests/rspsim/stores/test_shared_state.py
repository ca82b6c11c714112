"""Two processes on one state file: what management of one changes holds in the other."""

import json
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import StoreError
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspsim.env import AdjustableClock, ManualClock, SeededRng
from rspsim.smdpp import Policy, SmDpPlus
from rspsim.smdpp.http_messages import HttpRequest
from rspsim.smdpp.limits import KeptLimits
from rspsim.smdpp.management import Management
from rspsim.smdpp.settings import Area, settings_of
from rspsim.smdpp.shared_settings import MemorySettings, SharedSettings
from rspsim.smds.sm_ds import SmDs
from rspsim.stores.history_file import HistoryFile, history_beside
from rspsim.stores.server_state import FileState
from rspsim.stores.smds_events import SqliteEvents

sys.path.insert(0, str(Path(__file__).parents[1] / "smdpp"))
from conftest import CardStandIn, Lpa

PKI = make_pki()
PROFILE = make_profile(preset("PROFILE_OPERATIONAL1"))
MACHINE = ManualClock()
"""The clock of the machine, which both processes have."""


class Process:
    """One of the processes: a server on the file, and its management."""

    def __init__(self, path, policy=None, limits=None):
        self.state = FileState(path, limits or KeptLimits())
        self.server = SmDpPlus(
            PKI,
            rng=SeededRng(b"%d" % self.state.start),
            clock=AdjustableClock(MACHINE),
            policy=policy or Policy(),
            state=self.state,
        )
        self._management = Management(self.server)

    def ask(self, method, path, body=None, query=""):
        octets = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        answer = self._management.handle(
            HttpRequest(method=method, path=path, headers=headers, body=octets, query=query)
        )
        assert answer.status == 200, answer.body
        return json.loads(answer.body)["result"]

    def get(self, path, **headers):
        return self.server.handle(HttpRequest(method="GET", path=path, headers=headers))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.db"


@pytest.fixture
def two(path):
    made = Process(path), Process(path, Policy(rebind=False))
    yield made
    for one in made:
        one.state.close()


def test_policy_that_one_changes_holds_in_the_other_and_after_a_restart(two, path):
    one, other = two
    one.ask("PATCH", "/policy", {"sessionLifetime": 60, "replaceSessionKeys": True})
    assert other.ask("GET", "/policy")["sessionLifetime"] == 60
    assert other.server.environment.sessions.lifetime == timedelta(seconds=60)
    assert other.server.policy.rebind is False, "what was not changed is that of its own start"
    later = Process(path)
    assert later.ask("GET", "/policy")["sessionLifetime"] == 60
    later.state.close()
    other.ask("DELETE", "/policy")
    assert one.server.policy == Policy()
    assert other.server.policy == Policy(rebind=False)


def test_policy_is_the_new_one_for_the_next_request(two):
    one, other = two
    headers = {"User-Agent": "another client", "Content-Type": "application/json"}
    asked = HttpRequest(
        method="POST", path="/gsma/rsp2/es9plus/initiateAuthentication", headers=headers
    )
    assert b"User-Agent" in other.server.handle(asked).body
    one.ask("PATCH", "/policy", {"strictHeaders": False})
    assert b"User-Agent" not in other.server.handle(asked).body


def test_two_changes_of_one_policy_both_hold(two):
    one, other = two
    one.ask("PATCH", "/policy", {"anyRequester": True})
    other.ask("PATCH", "/policy", {"lenientIds": True})
    for each in two:
        assert (each.server.policy.any_requester, each.server.policy.lenient_ids) == (True, True)
    assert one.server.orders.lenient_ids


def test_clock_that_one_moves_is_moved_in_the_other(two, path):
    one, other = two
    before = other.server.clock.now()
    one.ask("PATCH", "/clock", {"advance": 3600, "frozen": True})
    assert other.ask("GET", "/clock") == one.ask("GET", "/clock")
    assert other.server.clock.now() == before + timedelta(hours=1)
    MACHINE.advance(timedelta(hours=5))
    assert other.server.clock.now() == before + timedelta(hours=1), "it is held"
    later = Process(path)
    assert later.server.clock.now() == before + timedelta(hours=1)
    later.state.close()
    other.ask("PATCH", "/clock", {"frozen": False})
    MACHINE.advance(timedelta(hours=1))
    assert one.server.clock.now() == before + timedelta(hours=2)
    one.ask("POST", "/reset")
    assert other.server.clock.now() == MACHINE.now()


def test_history_is_readable_from_either(two):
    one, other = two
    for number, each in enumerate((one, other, one, other), 1):
        each.get(f"/{number}", **{"X-Name": "n"})
    for each in two:
        found = each.ask("GET", "/history")
        assert [(shown["number"], shown["request"]["path"]) for shown in found] == [
            (1, "/1"),
            (2, "/2"),
            (3, "/3"),
            (4, "/4"),
        ]
    assert list(one.server.history) == list(other.server.history)
    assert [shown["number"] for shown in other.ask("GET", "/history", query="since=2")] == [3, 4]
    other.ask("DELETE", "/history")
    assert one.ask("GET", "/history") == []
    one.get("/5")
    assert [shown["number"] for shown in other.ask("GET", "/history")] == [5]


def test_exchange_comes_back_from_the_file_as_it_was(two, path):
    one, other = two
    heard = []
    one.server.history.listen(heard.append)
    asked = HttpRequest(
        method="POST",
        path="/gsma/rsp2/es9plus/initiateAuthentication",
        query="a=b",
        headers={"User-Agent": "gsma-rsp-lpad", "Content-Type": "application/json"},
        body=b"\xff" * (300 << 10),
        client_certificate=b"der",
    )
    one.server.handle(asked)
    assert list(other.server.history) == heard
    assert heard[0].request_left_out.length == 300 << 10
    assert heard[0].request.client_certificate == b"der"
    assert history_beside(path).stat().st_mode & 0o777 == 0o600


def test_history_in_a_file_keeps_its_bounds(path):
    limits = KeptLimits(exchanges=10)
    one, other = Process(path, limits=limits), Process(path, limits=limits)
    for number in range(64):
        one.get(f"/{number}")
    assert [shown["request"]["path"] for shown in other.ask("GET", "/history")] == [
        f"/{number}" for number in range(54, 64)
    ]
    assert len(one.server.history) == 10
    for each in (one, other):
        each.state.close()


def test_history_that_cannot_be_written_costs_no_answer(two, caplog):
    one, _ = two
    one.server.history.close()
    assert one.get("/1").status == 404
    assert "not in the history" in caplog.text


def test_history_of_another_program_is_refused(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE own (value)")
    database.close()
    with pytest.raises(StoreError, match="another program"):
        HistoryFile(path, KeptLimits())


def test_snapshot_of_one_is_put_back_by_the_other(two):
    one, other = two
    order = one.server.orders.order(PROFILE.upp, PROFILE.metadata, matching_id="A")
    one.ask("PATCH", "/policy", {"lenientIds": True})
    assert one.ask("POST", "/snapshots", {"name": "kept"}) == ["kept"]
    one.ask("POST", "/reset")
    assert (other.server.orders.all(), other.server.policy.lenient_ids) == ((), False)
    assert other.ask("GET", "/snapshots") == ["kept"]
    assert other.ask("POST", "/snapshots/kept") == ["kept"]
    for each in two:
        assert each.server.orders.all() == (order,)
        assert each.server.policy.lenient_ids
    assert other.server.orders.holder("A", None) == order
    with pytest.raises(AssertionError, match="not known"):
        other.ask("POST", "/snapshots/other")
    assert one.ask("DELETE", "/snapshots/kept") == []
    assert other.ask("GET", "/snapshots") == []


def test_sm_ds_has_policy_and_clock_in_its_file(tmp_path):
    def opened():
        events = SqliteEvents(tmp_path / "e.db")
        clock = AdjustableClock(MACHINE)
        return events, SmDs(PKI, address="ds", rng=SeededRng(b"1"), clock=clock, events=events)

    (events, one), (others, other) = opened(), opened()
    one.change_policy(Policy(lenient_ids=True))
    assert other.policy.lenient_ids
    one.clock.advance(timedelta(hours=1))
    one.keep_clock()
    assert other.clock.now() == MACHINE.now() + timedelta(hours=1)
    other.state.clear()
    assert (one.policy, one.clock.now()) == (Policy(), MACHINE.now())
    events.close()
    others.close()


def test_processes_on_one_file_are_one_sm_ds(tmp_path):
    pki = make_pki()

    def opened():
        events = SqliteEvents(tmp_path / "e.db")
        return events, SmDs(pki, address="ds", rng=SeededRng(b"1"), clock=MACHINE, events=events)

    (events, one), (others, other) = opened(), opened()
    first, second = (
        Lpa(server, CardStandIn(pki, Curve.NIST_P256), address="ds") for server in (one, other)
    )
    first.initiate()
    begun = first.transaction_id
    assert other.session_named(str(begun)) is not None
    kept = other.state.snapshot()
    other.state.snapshots["begun"] = kept
    second.initiated, second.card = first.initiated, first.card
    assert "transactionId" in second.authenticate(None)
    ended = one.session_named(str(begun))
    assert ended is not None
    assert ended.closed
    assert first.authenticate(None)["header"]["functionExecutionStatus"]["status"] == "Failed"
    for server in (one, other):
        assert [exchange.function for exchange in server.history] == [
            "initiateAuthentication",
            "authenticateClient",
            "authenticateClient",
        ]
        assert list(server.state.snapshots) == ["begun"]
    one.state.restore(one.state.snapshots["begun"])
    again = other.session_named(str(begun))
    assert again is not None
    assert not again.closed
    events.close()
    others.close()


@pytest.mark.parametrize(
    "setting", settings_of(Area.POLICY, Area.BINDING), ids=lambda one: one.name
)
def test_each_setting_of_the_policy_comes_back_as_it_was(setting):
    texts = MemorySettings()
    first = SharedSettings(texts, Policy(), ManualClock())
    owner = Policy() if setting.area is Area.POLICY else Policy().binding
    value = getattr(owner, setting.name)
    assert setting.kind.read(setting.kind.show(value)) == value
    first.keep_policy(Policy())
    assert SharedSettings(texts, Policy(), ManualClock()).catch_up() is None


def test_real_processes_share_a_file(path):
    text = (
        "import sys; from pathlib import Path\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from test_shared_state import Process\n"
        "one = Process(Path(sys.argv[2]))\n"
        "one.ask('PATCH', '/policy', {'lenientIds': True})\n"
        "one.ask('PATCH', '/clock', {'advance': 60})\n"
        "one.get('/from-elsewhere')\n"
        "one.ask('POST', '/snapshots', {'name': 'elsewhere'})\n"
    )
    here = Process(path)
    folder = __file__.rpartition("/")[0]
    subprocess.run([sys.executable, "-c", text, folder, str(path)], check=True)
    assert here.server.policy.lenient_ids
    assert here.server.clock.now() == MACHINE.now() + timedelta(minutes=1)
    assert [shown["request"]["path"] for shown in here.ask("GET", "/history")] == [
        "/from-elsewhere"
    ]
    assert here.ask("GET", "/snapshots") == ["elsewhere"]
    here.state.close()
