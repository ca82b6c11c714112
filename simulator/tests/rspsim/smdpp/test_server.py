"""The HTTP side: routes, headers, versions, and every malformed request answered, never a crash."""

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.roles import Role
from rspsim.smdpp import HttpRequest, Policy

FUNCTIONS = [
    "initiateAuthentication",
    "authenticateClient",
    "getBoundProfilePackage",
    "cancelSession",
    "handleNotification",
]
PATH = "/gsma/rsp2/es9plus/"
HEADERS = {
    "user-agent": "gsma-rsp-lpad/1.0",
    "x-admin-protocol": "gsma/rsp/v2.2.2",
    "content-type": "application/json;charset=UTF-8",
}


def request(function="initiateAuthentication", **changes):
    values = {"method": "POST", "path": PATH + function, "headers": HEADERS, "body": b"{}"}
    return HttpRequest(**(values | changes))


@pytest.mark.parametrize(
    "path", ["/", "", "/gsma/rsp2/es9plus/", "/gsma/rsp2/es9plus/x", "/gsma/rsp2/asn2"]
)
def test_unknown_path_is_answered_with_404(server, path):
    assert server.handle(request(path=path)).status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE", "OPTIONS", "post"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_another_method_is_answered_with_405(server, function, method):
    response = server.handle(request(function, method=method))
    assert (response.status, response.header("allow")) == (405, "POST")


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("content-type", "", 415),
        ("content-type", "text/plain", 415),
        ("content-type", "application/x-gsma-rsp-asn1", 415),
        ("content-type", "Application/JSON", 200),
        ("user-agent", "", 400),
        ("user-agent", "curl/8", 400),
        ("user-agent", "gsma-rsp-lpae", 200),
        ("x-admin-protocol", "", 400),
        ("x-admin-protocol", "gsma/rsp/v", 400),
        ("x-admin-protocol", "gsma/rsp/v2", 400),
        ("x-admin-protocol", "gsma/rsp/v2.999.0", 400),
        ("x-admin-protocol", "gsma/rsp/v2.1.0", 200),
        ("x-admin-protocol", "gsma/rsp/v3.1.0", 200),
    ],
)
def test_header_that_no_lpa_sends_is_refused(server, name, value, status):
    assert server.handle(request(headers=HEADERS | {name: value})).status == status


def test_headers_are_not_checked_where_the_policy_says(make_server):
    server = make_server(policy=Policy(strict_headers=False))
    response = server.handle(request(headers={"Content-Type": "application/json"}))
    assert response.status == 200
    assert response.header("X-Admin-Protocol") == "gsma/rsp/v2.5.0"


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("2.1.0", "2.1.0"), ("2.4.9", "2.4.9"), ("2.6.0", "2.5.0"), ("3.1.0", "2.5.0")],
)
def test_version_answered_is_the_lower_of_the_two(server, asked, answered):
    headers = HEADERS | {"x-admin-protocol": f"gsma/rsp/v{asked}"}
    response = server.handle(request(headers=headers))
    assert response.header("x-admin-protocol") == f"gsma/rsp/v{answered}"


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 200_000, b'{"a":' * 50_000, b"1" * 9999]
)
def test_body_that_is_not_a_json_object_is_answered_with_400(server, function, body):
    assert server.handle(request(function, body=body)).status == 400


def test_body_that_is_too_long_is_answered_with_413(server):
    assert server.handle(request(body=b" " * (1 << 20) + b"{}")).status == 413


@pytest.mark.parametrize("function", FUNCTIONS[:4])
def test_empty_object_is_refused_for_a_missing_member(server, function):
    response = server.handle(request(function))
    codes = json.loads(response.body)["header"]["functionExecutionStatus"]["statusCodeData"]
    assert (codes["subjectCode"], codes["reasonCode"]) == ("1.6", "2.2")
    assert codes["subjectIdentifier"] in codes["message"]


def test_history_contains_requests_and_answers(server):
    seen = []
    server.history.listen(seen.append)
    response = server.handle(request())
    server.handle(request(path="/nowhere"))
    assert [one.number for one in server.history] == [1, 2]
    first, second = seen
    assert (first.function, first.response) == ("initiateAuthentication", response)
    assert first.summary.startswith("Failed 1.6/2.2")
    assert (second.function, second.summary) == ("", "HTTP 404, no function at '/nowhere'")
    server.history.clear()
    assert (len(server.history), server.history.next_number) == (0, 3)


def test_bundle_without_a_server_key_is_refused(make_server, pki):
    keyless = Pki(
        tuple(
            Credential(one.certificate) if one.certificate.role is Role.DP_PB else one
            for one in pki.credentials
        )
    )
    with pytest.raises(ConfigError, match="private key"):
        make_server(pki=keyless)


def test_bundle_without_the_server_asked_for_is_refused(make_server):
    with pytest.raises(ConfigError, match="curve"):
        make_server(server=3)


def test_second_server_of_the_bundle_has_its_own_oid(make_server):
    assert make_server(server=2).identity.oid.dotted == "2.999.12"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@st.composite
def spoiled_octets(draw, octets):
    """Changes, cuts, inserts or repeats octets at a drawn place."""
    at = draw(st.integers(0, len(octets)))
    end = draw(st.integers(at, min(len(octets), at + 8)))
    return octets[:at] + draw(st.binary(max_size=8)) + octets[end:]


@st.composite
def spoiled_tlv(draw, octets, depth=0):
    """Descends into the data objects and changes one thing in one of them."""
    try:
        children = tlv.parse_all(octets)
    except Exception:  # noqa: BLE001  any octets may come in here
        return draw(spoiled_octets(octets))
    if not children or depth > 5 or draw(st.integers(0, 5)) == 0:
        return draw(spoiled_octets(octets))
    index = draw(st.integers(0, len(children) - 1))
    parts = [bytes(one.raw) for one in children]
    one = children[index]
    action = draw(st.sampled_from(["into", "drop", "repeat", "retag", "swap"]))
    if action == "into" and one.constructed:
        parts[index] = tlv.encode(one.tag, draw(spoiled_tlv(bytes(one.value), depth + 1)))
    elif action == "drop":
        del parts[index]
    elif action == "repeat":
        parts.insert(index, parts[index])
    elif action == "retag":
        parts[index] = tlv.encode(draw(st.integers(1, 0xFFFF)), one.value)
    elif action == "swap":
        parts.append(parts.pop(index))
    else:
        parts[index] = tlv.encode(one.tag, draw(spoiled_octets(bytes(one.value))))
    return b"".join(parts)


class Answered(Exception):  # noqa: N818  a signal, not an error
    """Reports that the spoiled request was answered as it should be."""


def allowed(function, response):
    if response.status == 200:
        header = json.loads(response.body)["header"]["functionExecutionStatus"]
        return header["status"] in {"Executed-Success", "Failed"}
    return response.status in ({204} if function == "handleNotification" else {400, 413, 415})


@settings(
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_request_with_spoiled_data_objects_is_always_answered(make_server, make_lpa, profile, data):
    server = make_server()
    order = server.orders.order(profile.upp, profile.metadata)
    lpa = make_lpa(data.draw(st.sampled_from(list(Curve))), server=server)
    function = data.draw(st.sampled_from(FUNCTIONS))
    stop_at = FUNCTIONS.index(function)
    original = lpa.post

    def spoil(name, body, **headers):
        if name != function:
            return original(name, body, **headers)
        body = dict(body)
        member = data.draw(st.sampled_from(sorted(body)))
        if member in ("transactionId", "smdpAddress"):
            body[member] = data.draw(JSON)
        else:
            octets = base64.b64decode(body[member])
            body[member] = base64.b64encode(data.draw(spoiled_tlv(octets))).decode()
        response = original(name, body, **headers)
        assert allowed(name, response), (response.status, response.body)
        raise Answered

    lpa.post = spoil
    steps = [
        lpa.initiate,
        lambda: lpa.authenticate(order.matching_id),
        lpa.get_package,
        lambda: lpa.cancel(1),
        lambda: lpa.notify(lpa.card.result(lpa.transaction_id, order.iccid)),
    ]
    for step in steps[:stop_at]:
        step()
    with pytest.raises(Answered):
        steps[stop_at]()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(function=st.sampled_from(FUNCTIONS), body=JSON | st.binary(max_size=64), drawn=st.data())
def test_request_with_any_body_is_always_answered(server, function, body, drawn):
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = drawn.draw(
        st.dictionaries(st.sampled_from([*HEADERS, "Accept"]), st.text(max_size=20))
    )
    response = server.handle(request(function, body=octets, headers=HEADERS | headers))
    expected = {200, 204, 400, 413, 415}
    assert response.status in expected


def test_certificates_spoiled_at_every_octet_are_answered(make_server, make_lpa, profile):
    server = make_server()
    order = server.orders.order(profile.upp, profile.metadata)
    lpa = make_lpa(server=server)
    good, eum = lpa.card.certificate, lpa.card.eum
    lpa.initiate()
    for at in range(len(good)):
        lpa.card.certificate = good[:at] + bytes((good[at] ^ 0x81,)) + good[at + 1 :]
        assert list(lpa.authenticate(order.matching_id)) == ["header"], at
    lpa.card.certificate = good
    for at in range(len(eum)):
        lpa.card.eum = eum[:at] + bytes((eum[at] ^ 0x04,)) + eum[at + 1 :]
        assert list(lpa.authenticate(order.matching_id)) == ["header"], at
