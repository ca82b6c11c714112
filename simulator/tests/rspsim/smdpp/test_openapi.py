"""The description of the management API is held against what its handlers do."""

import json
import re

import pytest

from rspsim.env import AdjustableClock, ManualClock
from rspsim.smdpp import HttpRequest
from rspsim.smdpp.fault_scope import SCOPE_WORDS
from rspsim.smdpp.management import Management
from rspsim.stores.server_state import FileState

ITEMS = {"number": "1", "iccid": "8929901012345678905", "name": "http.slow"}
SAMPLES = {
    "moreMetadata": "",
    "upp": None,  # given below, with its metadata
    "metadata": None,
    "event": "WITHDRAWN",
    "function": "cancelSession",
    "transaction": "0A0B",
    "name": "http.slow",
    "expiresAt": "2030-01-01T00:00:00Z",
    "eid": "89049032123451234512345678901235",
    "owner": "26201",
    "imsi": "001010123456789",
    "ppr": ["ppr1"],
    "icon": None,
    "ki": "00" * 16,
    "opc": "00" * 16,
    "size": 9000,
    "cancelEffects": {"postponed": None},
    "after": None,
}


def sample(name, schema):
    """Returns a value of a schema."""
    if SAMPLES.get(name) is not None:
        return SAMPLES[name]
    if "anyOf" in schema:
        return sample(name, schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    if "contentEncoding" in schema:
        return "AAAA"
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "string" and "pattern" in schema:
        patterns = {
            "^[0-9]{18,20}$": "8929901099999999995",
            r"^\d+\.\d+\.\d+$": "2.4.0",
            r"^\d+(\.\d+)+$": "2.999.10",
        }
        octets = re.search(r"\{(\d+),\d+\}\$$", schema["pattern"])  # the fewest that are taken
        return patterns.get(schema["pattern"], "00" * (int(octets[1]) if octets else 16))
    return {
        "boolean": True,
        "integer": schema.get("minimum", 1),
        "number": 1,
        "string": "A",
        "array": [],
        "object": {},
    }[kind]


@pytest.fixture
def server(make_server):
    return make_server(clock=AdjustableClock(ManualClock()))


@pytest.fixture
def ask(server, profile):
    management = Management(server)

    def send(method, path, body=None, query=""):
        octets = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = HttpRequest(method=method, path=path, headers=headers, body=octets, query=query)
        response = management.handle(request)
        return response.status, json.loads(response.body)

    send("POST", "/orders", {"iccid": ITEMS["iccid"], "matchingId": "FIRST"})
    return send


def operations(document):
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def concrete(path, server):
    for name, value in ITEMS.items():
        path = path.replace("{" + name + "}", value)
    return path


def test_description_names_every_route_and_no_other(ask, server):
    status, document = ask("GET", "/openapi.json")
    assert (status, document["openapi"]) == (200, "3.1.0")
    described = {(method, path) for method, path, _ in operations(document)}
    assert described == {(route.method, route.path) for route in Management(server).routes}


def test_description_has_every_word_of_the_scope_of_a_fault(ask):
    _, document = ask("GET", "/openapi.json")
    body = document["paths"]["/faults"]["post"]["requestBody"]["content"]["application/json"]
    assert set(body["schema"]["properties"]) == {"name", *SCOPE_WORDS}


def test_every_described_parameter_is_taken_and_no_other(ask, server):
    _, document = ask("GET", "/openapi.json")
    taken = 0
    for method, path, operation in operations(document):
        if method != "GET":
            continue
        for one in operation["parameters"]:
            if one["in"] == "query":
                value = sample(one["name"], one["schema"])
                status, answer = ask(
                    method,
                    concrete(path, server),
                    query=f"{one['name']}={json.dumps(value)}"
                    if not isinstance(value, str)
                    else f"{one['name']}={value}",
                )
                assert status == 200, (path, one["name"], answer)
                taken += 1
        status, answer = ask(method, concrete(path, server), query="undescribed=1")
        assert (status, "unknown parameter" in answer["error"]) == (400, True), path
    assert taken >= 10


def test_every_described_member_is_taken_and_no_other(ask, server, profile):
    _, document = ask("GET", "/openapi.json")
    taken = 0
    for method, path, operation in operations(document):
        if "requestBody" not in operation:
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        needed = {name: sample(name, schema["properties"][name]) for name in schema["required"]}
        for name, one in schema["properties"].items():
            body = needed | {name: sample(name, one)}
            _, answer = ask(method, concrete(path, server), body)
            error = answer.get("error", "")
            assert "unknown" not in error, (path, name, error)
            alone = "only together with upp" in error
            assert alone or not error.startswith(f"{name}:"), (path, name, error)
            taken += 1
        status, answer = ask(method, concrete(path, server), needed | {"undescribed": 1})
        assert (status, "undescribed" in answer["error"]) == (400, True), path
        for missing in schema["required"]:
            status, answer = ask(method, concrete(path, server), {})
            assert status == 400, (path, missing)
    assert taken >= 90


def test_every_route_without_a_body_answers(ask, server):
    """The last routes empty the server, so each has an order of its own."""
    ask("POST", "/snapshots", {"name": "http.slow"})
    for route in Management(server).routes:
        if route.body is None and "{transactionId}" not in route.path:
            status, answer = ask(route.method, concrete(route.path, server))
            known = (200, 400) if route.path == "/stock/{iccid}" else (200, 404)
            assert status in known, (route.method, route.path, answer)
            if status == 404:
                assert route.path in ("/history/{number}", "/snapshots/{name}"), answer


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_snapshot_is_put_back_and_reset_empties(kind, make_server, make_lpa, tmp_path):
    state = FileState(tmp_path / "s.db") if kind == "file" else None
    server = make_server(state=state)
    management = Management(server)

    def send(method, path, body=None):
        octets = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = HttpRequest(method=method, path=path, headers=headers, body=octets)
        response = management.handle(request)
        assert response.status == 200, response.body
        return json.loads(response.body)["result"]

    order = send("POST", "/orders", {"matchingId": "A"})
    lpa = make_lpa(server=server)
    lpa.download("A")
    before = send("GET", "/orders"), send("GET", "/sessions"), send("GET", "/stock")
    assert send("POST", "/snapshots", {"name": "one"}) == ["one"]
    lpa.notify(lpa.card.result(lpa.transaction_id, server.orders.get(order["number"]).iccid))
    assert send("GET", "/orders")[0]["state"] == "Installed"
    send("PATCH", "/policy", {"rebind": False})
    send("POST", "/reset")
    assert [send("GET", path) for path in ("/orders", "/sessions", "/stock")] == [[], [], []]
    assert send("GET", "/policy")["rebind"] is True
    send("POST", "/snapshots/one")
    assert (send("GET", "/orders"), send("GET", "/sessions"), send("GET", "/stock")) == before
    lpa.notify(lpa.card.result(lpa.transaction_id, server.orders.get(order["number"]).iccid))
    assert send("GET", "/orders")[0]["state"] == "Installed"
    if state is not None:
        state.close()
