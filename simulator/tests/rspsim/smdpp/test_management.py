"""The management API: orders, faults, history and notifications as JSON, and each refusal."""

import base64
import json
import sys
from hashlib import sha256

import pytest

from rspcore.messages.metadata import StoreMetadataRequest
from rspsim.smdpp import HttpRequest, OrderState
from rspsim.smdpp.limits import KeptLimits
from rspsim.smdpp.management import Management
from rspsim.smdpp.stock.derived_metadata import derive_metadata


@pytest.fixture
def call(server):
    management = Management(server)

    def ask(method, path, body=None):
        octets = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        path, _, query = path.partition("?")
        response = management.handle(
            HttpRequest(method=method, path=path, query=query, headers=headers, body=octets)
        )
        answer = json.loads(response.body)
        return answer["result"] if response.status == 200 else (response.status, answer["error"])

    return ask


def test_overview_shows_the_identity_of_the_server(call, server):
    server.handle(HttpRequest(method="GET", path="/"))
    overview = call("GET", "/")
    assert overview["address"] == "testsmdpplus1.example.com"
    assert overview["smdpOid"] == "2.999.10"
    assert overview["exchanges"] == 1
    assert set(overview["ci"]) == {"nistP256", "brainpoolP256r1"}


def test_order_of_the_default_profile(call, server):
    made = call("POST", "/orders", {})
    assert made["state"] == "Released"
    assert call("GET", "/orders/1") == made
    assert server.orders.get(1).activation_code == made["activationCode"]


def test_order_with_every_member_given(call, profile, server, lpa):
    made = call(
        "POST",
        "/orders",
        {
            "upp": base64.b64encode(profile.upp).decode(),
            "metadata": base64.b64encode(profile.metadata.encode()).decode(),
            "matchingId": "A-1",
            "confirmationCode": "4711",
            "eid": "89049032123451234512345678901235",
        },
    )
    assert (made["matchingId"], made["confirmationCodeRequired"]) == ("A-1", True)
    assert made["eid"] == "89049032123451234512345678901235"
    loaded = lpa.download("A-1", "4711")
    assert loaded.metadata == profile.metadata.encode()
    after = call("GET", "/orders")[0]
    assert (after["state"], after["downloads"]) == ("Downloaded", 1)
    assert after["boundTo"] == made["eid"]
    assert after["progress"][0]["notificationPointId"] == 3


def test_order_of_a_package_without_metadata_or_of_a_preset(call, profile):
    package = {"upp": base64.b64encode(profile.upp).decode()}
    assert call("POST", "/orders", package)["iccid"] == str(profile.metadata.iccid)
    made = call("POST", "/orders", {"profile": "PROFILE_OPERATIONAL2"})
    assert (len(made["iccid"]), made["iccid"][:7]) == (20, "8999901")
    given = call("POST", "/orders", {"iccid": "8929901023456789019"})
    assert given["iccid"] == "8929901023456789019"


def test_order_of_a_preset_is_a_profile_of_its_own_with_the_servers_address(call, server):
    numbers = [call("POST", "/orders", {})["number"] for _ in range(3)]
    orders = [server.orders.get(number) for number in numbers]
    assert len({order.iccid for order in orders}) == 3
    for order in orders:
        metadata = StoreMetadataRequest.decode(order.metadata)
        (to,) = metadata.notification_configuration_info
        assert to.notification_address == server.identity.address
        derived = derive_metadata(order.upp, notification_address="a")
        assert metadata.iccid == order.iccid == derived.iccid


def test_event_brings_its_data_or_is_refused(call, server):
    call("POST", "/orders", {})
    call("POST", "/orders/1", {"event": "CANCELLED"})
    call("POST", "/orders/1", {"event": "DOWNLOAD_ORDERED"})
    call("POST", "/orders/1", {"event": "CONFIRMED", "matchingId": "MINE"})
    done = call("POST", "/orders/1", {"event": "RELEASED"})
    assert (done["state"], done["matchingId"]) == ("Released", "MINE")


def test_stock_comes_by_the_page_and_by_state(call):
    for _ in range(3):
        call("POST", "/orders", {})
    mine = call("POST", "/stock", {"type": "GOLD", "operator": "2.999.7", "owner": "26201"})
    assert (mine["operator"], mine["state"]) == ("2.999.7", "Available")
    digits = [one["iccid"] for one in call("GET", "/stock")]
    assert len(digits) == 4
    page = call("GET", f"/stock?after={digits[0]}&limit=2")
    assert [one["iccid"] for one in page] == digits[1:3]
    last = call("GET", "/stock?state=Released&limit=1&before=89999019999999999999")
    released = [one for one in digits if one != mine["iccid"]]
    assert [one["iccid"] for one in last] == released[-1:]
    assert call("GET", "/stock?state=Released&limit=2") == call("GET", "/stock?state=Released")[:2]
    assert [one["iccid"] for one in call("GET", "/stock?operator=2.999.7")] == [mine["iccid"]]


def test_order_can_be_withdrawn(call, server):
    call("POST", "/orders", {})
    assert call("POST", "/orders/1", {"event": "WITHDRAWN"})["state"] == "Unavailable"
    assert server.orders.get(1).state is OrderState.UNAVAILABLE


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("GET", "/nothing", None, 404, "no route for"),
        ("PUT", "/orders", None, 405, "expected GET, POST, got PUT"),
        ("GET", "/orders", {"x": 1}, 400, "takes no body"),
        ("GET", "/orders?nothing=1", None, 400, "'nothing'; known are iccid, state"),
        ("GET", "/history?since=x", None, 400, "since: expected a number"),
        ("GET", "/history?since=1&since=2", None, 400, "comes twice"),
        ("POST", "/snapshots", {}, 400, "missing: name"),
        ("POST", "/snapshots/x", None, 404, "'x' is not known; known are none"),
        ("GET", "/stock/8929901012345678905", None, 404, "not in the stock"),
        ("PATCH", "/policy", {"rebind": 1}, 400, "rebind: expected true or false, got 1"),
        ("PATCH", "/policy", {"nothing": 1}, 400, "unknown: nothing; known are version"),
        (
            "PATCH",
            "/policy",
            {"skippedChecks": ["x"]},
            400,
            "expected one of capabilities_can_be",
        ),
        ("PATCH", "/clock", {"advance": 1}, 400, "set by the program"),
        ("DELETE", "/faults/x", None, 404, "fault 'x' is not known"),
        ("GET", "/orders/7", None, 400, "no such order"),
        ("GET", "/orders/x", None, 400, "expected its number"),
        ("POST", "/orders", {"matchingId": "a"}, 400, "MatchingID"),
        ("POST", "/orders", {"eid": "1"}, 400, "an EID of 32 digits"),
        ("POST", "/orders", {"upp": "MAA="}, 400, "profile header"),
        ("POST", "/orders", {"upp": "!"}, 400, "base64"),
        ("POST", "/orders", {"profile": "X"}, 400, "profile: expected one of PROFILE_"),
        ("POST", "/orders", {"upps": ""}, 400, "unknown: upps; known are upp, metadata"),
        ("POST", "/orders", {"metadata": "AA=="}, 400, "only together with upp"),
        ("POST", "/orders/1", {"event": "RELEASED", "id": 1}, 400, "known are event, matchingId"),
        ("POST", "/orders/1", {"event": "X"}, 400, "expected one of"),
        ("POST", "/orders/1", {"event": "INSTALLED"}, 400, "no such order"),
        ("POST", "/faults", {"name": "x"}, 400, "not known"),
        ("POST", "/faults", {"name": 1}, 400, "expected its name"),
        ("POST", "/faults", {"name": "http.status", "status": [1]}, 400, "expected int"),
        ("POST", "/faults", {"name": "http.status", "times": "1"}, 400, "expected int"),
        ("POST", "/faults", [], 400, "JSON body"),
    ],
)
def test_impossible_request_is_refused_with_the_reason(call, method, path, body, status, text):
    got, error = call(method, path, body)
    assert got == status
    assert text in error


def test_faults_are_listed_and_switched(call, server):
    listed = call("GET", "/faults")
    assert listed["active"] == []
    assert len(listed["known"]) == len(server.faults.known)
    known = {"name", "class", "point", "summary", "expected", "parameters"}
    assert known == set(listed["known"][0])
    call("POST", "/faults", {"name": "http.status", "status": 404, "times": 2})
    answer = call("POST", "/faults/es9.header.missing", {"function": "cancelSession"})
    assert [one["name"] for one in answer["active"]] == ["http.status", "es9.header.missing"]
    assert answer["active"][0]["times"] == 2
    assert [one["name"] for one in call("DELETE", "/faults/http.status")["active"]] == [
        "es9.header.missing"
    ]
    assert call("DELETE", "/faults")["active"] == []


def test_server_that_forgot_its_sessions_still_answers_204(call, server, lpa, code_of):
    order = call("POST", "/orders", {})
    lpa.download(order["matchingId"])
    assert call("DELETE", "/sessions") == []
    assert code_of(lpa.cancel(0)) == "8.10.1/3.9"
    lpa.notify(lpa.card.result(lpa.transaction_id, server.orders.get(1).iccid))
    assert call("GET", "/notifications")[0]["verdict"] == "UNKNOWN_TRANSACTION"


def test_history_and_notifications_can_be_read(call, server, lpa):
    order = call("POST", "/orders", {})
    lpa.download(order["matchingId"])
    lpa.notify(lpa.card.result(lpa.transaction_id, server.orders.get(1).iccid))
    lpa.notify(b"\x00")
    history = call("GET", "/history")
    assert [one["function"] for one in history] == [
        "initiateAuthentication",
        "authenticateClient",
        "getBoundProfilePackage",
        "handleNotification",
        "handleNotification",
    ]
    assert json.loads(history[0]["response"]["body"])["transactionId"] == str(lpa.transaction_id)
    assert {one["transactionId"] for one in history[:3]} == {str(lpa.transaction_id)}
    genuine, other = call("GET", "/notifications")
    assert (genuine["verdict"], genuine["event"], genuine["order"]) == ("ACCEPTED", "installed", 1)
    assert (other["verdict"], other["eid"], other["octets"]) == ("UNREADABLE", None, "AA==")
    assert call("DELETE", "/history") == []
    assert call("GET", "/history") == []
    assert call("DELETE", "/notifications") == []
    assert call("GET", "/notifications") == []


def test_body_that_is_not_said_to_be_json_is_refused(server):
    request = HttpRequest(method="POST", path="/orders", body=b"{}")
    assert Management(server).handle(request).status == 415
    assert server.orders.all() == ()


def test_guard_is_held_to_read_and_never_while_the_answer_is_written(server, lpa, monkeypatch):
    held = []

    class Guard:
        def __enter__(self):
            held.append("held")

        def __exit__(self, *_):
            held.append("free")

    monkeypatch.setattr(
        "rspsim.smdpp.management.api.dump_object", lambda _: held.append("written") or b"{}"
    )
    lpa.notify(b"\x00")
    management = Management(server, Guard())
    for method, path in (
        ("GET", "/"),
        ("GET", "/orders"),
        ("POST", "/orders"),
        ("GET", "/history"),
        ("GET", "/notifications"),
        ("DELETE", "/sessions"),
        ("DELETE", "/faults"),
        ("DELETE", "/history"),
        ("DELETE", "/notifications"),
    ):
        held.clear()
        assert management.handle(HttpRequest(method=method, path=path)).status == 200
        assert held[0::2] == ["held"] * (len(held) // 2) + ["written"], (method, path)
        assert held[1::2] == ["free"] * (len(held) // 2), (method, path)


def test_body_that_is_not_kept_whole_is_named_by_length_and_digest(make_server):
    server = make_server(limits=KeptLimits(whole_octets=100, first_octets=10))
    body = b'{"smdpAddress":"' + b"x" * 200 + b'"}'
    headers = {
        "User-Agent": "gsma-rsp-lpad",
        "X-Admin-Protocol": "gsma/rsp/v2.5.0",
        "Content-Type": "application/json",
    }
    path = "/gsma/rsp2/es9plus/initiateAuthentication"
    server.handle(HttpRequest(method="POST", path=path, headers=headers, body=body))
    answer = Management(server).handle(HttpRequest(method="GET", path="/history"))
    (exchange,) = json.loads(answer.body)["result"]
    assert exchange["request"]["body"] == body[:10].decode()
    assert exchange["request"]["wholeLength"] == len(body)
    assert exchange["request"]["wholeSha256"] == sha256(body).hexdigest().upper()


def test_qr_code_of_an_order_or_what_to_install_for_it(call, monkeypatch):
    code = call("POST", "/orders", {})["activationCode"]
    picture = call("GET", "/orders/1/qr")
    assert picture["activationCode"] == code
    assert picture["svg"].startswith("<svg")
    monkeypatch.setitem(sys.modules, "segno", None)  # as where the extra is not installed
    status, error = call("GET", "/orders/1/qr")
    assert (status, error) == (400, "no QR code: the server needs `pip install 'rsplab[qr]'`")
