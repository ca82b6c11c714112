"""The management API of the SM-DS: events, faults, history, clock, policy, snapshots."""

import json
import sqlite3
import threading
from contextlib import closing
from http.client import HTTPConnection

import pytest

from rspcore.messages.event_type import EventType
from rspcore.pki.generate import make_pki
from rspsim.env import AdjustableClock, ManualClock, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.smdpp import HttpRequest
from rspsim.smds import SmDs
from rspsim.smds.management import DsManagement
from rspsim.stores.smds_events import SqliteEvents
from rspsim.transports.management_port import management_front

EID = "89049032123451234512345678901235"
EVENT = {"eid": EID, "eventId": "A-1", "rspServerAddress": "dp.example.com"}
KEPT = {**EVENT, "owner": "2.999.10", "forwardedAs": "", "eventType": 1}
PKI = make_pki()


@pytest.fixture(params=["memory", "file"])
def server(request, tmp_path):
    events = SqliteEvents(tmp_path / "e.db") if request.param == "file" else None
    yield SmDs(
        PKI,
        address="ds.example.com",
        rng=SeededRng(b"ds"),
        clock=AdjustableClock(ManualClock()),
        events=events,
        faults=server_faults,
    )
    if events is not None:
        events.close()


@pytest.fixture
def ask(server):
    management = DsManagement(server)

    def send(method, path, body=None, query=""):
        octets = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = HttpRequest(method=method, path=path, headers=headers, body=octets, query=query)
        response = management.handle(request)
        answer = json.loads(response.body)
        return answer.get("result", (response.status, answer))

    return send


def asked(server, body=b"{}", function="initiateAuthentication"):
    """Sends a request of an LPA."""
    headers = {
        "User-Agent": "gsma-rsp-lpad",
        "X-Admin-Protocol": "gsma/rsp/v2.5.0",
        "Content-Type": "application/json",
    }
    path = f"/gsma/rsp2/es9plus/{function}"
    return server.handle(HttpRequest(method="POST", path=path, headers=headers, body=body))


def test_events_are_put_there_listed_and_taken_away(ask):
    assert ask("POST", "/events", EVENT) == KEPT
    assert ask("GET", "/events") == [KEPT]
    other = {**EVENT, "owner": "2.999.11", "forwardedAs": "B-1", "eventType": 2}
    assert ask("POST", "/events", other) == other
    status, answer = ask("POST", "/events", EVENT)
    assert (status, "waits for that card already" in answer["error"]) == (400, True)
    assert ask("GET", "/events", query="owner=2.999.11") == [other]
    assert ask("GET", "/events", query=f"eid={'1' * 32}") == []
    assert ask("GET", "/")["events"] == 2
    assert ask("DELETE", "/events/A-1") == []
    assert ask("GET", "/events") == []
    assert ask("DELETE", "/events/A-1")[0] == 404


@pytest.mark.parametrize(
    "wrong", [{"eid": "1"}, {"owner": "x"}, {"eventId": 7}, {"more": 1}, {"eid": None}]
)
def test_wrong_event_is_refused_and_nothing_is_kept(ask, wrong):
    assert ask("POST", "/events", {**EVENT, **wrong})[0] == 400
    assert ask("GET", "/events") == []


def test_history_has_function_outcome_and_decoded_messages(ask, server):
    asked(server)
    asked(server, b"[]")
    asked(server, function="none")
    first, second, third = ask("GET", "/history")
    assert first["function"] == "initiateAuthentication"
    assert first["summary"].startswith("Failed 1.6/2.2")
    assert second["summary"].startswith("HTTP 400, ")
    assert (third["function"], third["response"]["status"]) == ("", 404)
    assert ask("GET", "/history/1")["decoded"]["request"] == {}
    assert ask("GET", "/history", query="order=1")[0] == 400  # an SM-DS has none


def test_fault_acts_and_is_in_the_history(ask, server):
    assert {one["class"] for one in ask("GET", "/faults")["known"]} == {
        *("TCP", "TLS", "HTTP", "JSON", "time", "RSP message", "certificate chain", "signature")
    }
    body = {"function": "initiateAuthentication", "times": 1}
    (on,) = ask("POST", "/faults/http.refuse", body)["active"]
    assert on["name"] == "http.refuse"
    assert [asked(server).status for _ in range(2)] == [503, 200]
    assert [one["response"]["status"] for one in ask("GET", "/history")] == [503, 200]
    assert ask("POST", "/faults/http.refuse", {"order": 1})[0] == 400
    assert ask("POST", "/faults/es9.smdp_signature2.flip_bit", {})[0] == 400


def test_policy_has_what_an_sm_ds_looks_at_and_acts_at_once(ask, server):
    policy = ask("GET", "/policy")
    assert "strictHeaders" in policy
    assert "rebind" not in policy
    status, answer = ask("PATCH", "/policy", {"rebind": False})
    assert (status, "known are" in answer["error"]) == (400, True)
    bare = HttpRequest(
        method="POST",
        path="/gsma/rsp2/es9plus/initiateAuthentication",
        headers={"Content-Type": "application/json"},
        body=b"{}",
    )
    assert server.handle(bare).status == 400
    assert ask("PATCH", "/policy", {"strictHeaders": False})["strictHeaders"] is False
    assert server.handle(bare).status == 200
    assert ask("DELETE", "/policy") == policy
    assert {one["member"] for one in ask("GET", "/settings")} == {*policy, "advance", "frozen"}


def test_snapshot_is_put_back_and_reset_empties(ask, server):
    ask("POST", "/events", EVENT)
    assert ask("POST", "/snapshots", {"name": "one"}) == ["one"]
    ask("POST", "/events", {**EVENT, "eventId": "A-2"})
    ask("PATCH", "/policy", {"lenientIds": True})
    asked(server)
    ask("POST", "/reset")
    assert (ask("GET", "/events"), ask("GET", "/history")) == ([], [])
    assert ask("GET", "/policy")["lenientIds"] is False
    ask("POST", "/snapshots/one")
    assert ask("GET", "/events") == [KEPT]
    with pytest.raises(Exception, match="another kind of state"):
        server.state.restore(server)


def test_every_route_is_described_and_answers(ask, server):
    ask("POST", "/events", EVENT)
    ask("POST", "/snapshots", {"name": "http.slow"})
    document = ask("GET", "/openapi.json")[1]
    assert document["info"]["title"] == "rsplab SM-DS management"
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    routes = DsManagement(server).routes
    assert described == {(route.method, route.path) for route in routes}
    assert len(routes) >= 25
    for route in routes:
        path = route.path.replace("{name}", "http.slow").replace("{eventId}", "A-1")
        if route.body is None and "{transactionId}" not in path:
            answer = ask(route.method, path.replace("{number}", "1"))
            refused = isinstance(answer, tuple) and "error" in answer[1]
            assert not refused or answer[0] == 404, (route.path, answer)


def test_port_wants_the_token_and_has_no_page_of_an_sm_dp_plus(server):
    management = DsManagement(server, threading.Lock())
    with management_front(management, token="T", page=False) as front:

        def status(path, **headers):
            connection = HTTPConnection("127.0.0.1", front.ports[0], timeout=5)
            connection.request("GET", path, headers=headers)
            found = connection.getresponse().status
            connection.close()
            return found

        assert status("/events") == 401
        assert status("/events", Authorization="Bearer T") == 200
        assert status("/page", Authorization="Bearer T") == 404


def test_an_event_has_one_of_two_types(ask):
    status, answer = ask("POST", "/events", {**EVENT, "eventType": 3})
    assert status == 400
    assert "expected 1 (download) or 2 (RPM), got 3" in json.dumps(answer)


def test_a_file_without_types_has_events_of_downloads(tmp_path):
    path = tmp_path / "older.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute(f"PRAGMA application_id={0x52534453}")
        older.execute(
            "CREATE TABLE event (eid TEXT, owner TEXT, event_id TEXT, address TEXT NOT NULL,"
            " forwarded_as TEXT NOT NULL, UNIQUE (eid, owner, event_id))"
        )
        older.execute(
            "INSERT INTO event VALUES (?, '2.999.10', 'A-1', 'dp.example.com', '')", (EID,)
        )
    events = SqliteEvents(path)
    (record,) = events.all()
    assert record.event_type is EventType.downloadEvent
    events.close()
