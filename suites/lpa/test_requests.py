"""Requests of an LPA: header fields, versions, and that they carry what the card gave."""

import base64
import re

from rspcore.messages.es10b import CtxParamsForCommonAuthentication
from rspcore.messages.euicc_info import EuiccInfo1
from rspharness import testcase
from rspharness.peers.server_answer import require


def exchanges(lpa_under_test, step):
    """Returns the exchanges of a download, with the delivery of its result."""
    order = lpa_under_test.smdpp.order()
    with step("LPA: download, deliver"):
        lpa_under_test.download(order).succeeded()
        lpa_under_test.deliver_rest()
    return order, lpa_under_test.smdpp.history


def signed_context(lpa_under_test):
    """Returns ctxParams1 as the card signed it in the first session."""
    answer = lpa_under_test.server_authentications()[0].authenticate_response_ok
    return CtxParamsForCommonAuthentication.decode(answer.euicc_signed1.ctx_params1)


@testcase.each(
    "field, form",
    {
        "LPA.Headers#01": ("User-Agent", r"gsma-rsp-lpa[de]\b.*"),
        "LPA.Headers#02": ("X-Admin-Protocol", r"gsma/rsp/v\d+\.\d+\.\d+"),
        "LPA.Headers#03": ("Content-Type", r"application/json(;.*)?|application/x-gsma-rsp-asn1"),
    },
)
def test_header_field(lpa_under_test, step, field, form):
    """Each request has the field, HandleNotification too."""
    _, history = exchanges(lpa_under_test, step)
    with step(f"Expected: {field} in each of {len(history)} requests"):
        for one in history:
            value = one.request.header(field) or ""
            require(re.fullmatch(form, value), f"{one.function}: {field} {form}", repr(value))


@testcase("LPA.Headers#04")
def test_method(lpa_under_test, step):
    """Each function is called by POST, at its own path."""
    _, history = exchanges(lpa_under_test, step)
    with step("Expected: POST, and a path that names a function"):
        for one in history:
            asked = f"{one.request.method} {one.request.path}"
            require(one.request.method == "POST" and one.function, "POST of a function", asked)


@testcase("LPA.Headers#05")
def test_address(lpa_under_test, step):
    """smdpAddress is the address of the activation code."""
    exchanges(lpa_under_test, step)
    with step("Expected: the address that was dialled"):
        address = lpa_under_test.smdpp.address
        found = [one["smdpAddress"] for one in lpa_under_test.members("initiateAuthentication")]
        require(found == [address], address, found)


@testcase("LPA.Headers#06")
def test_challenge(lpa_under_test, step):
    """Each session has the challenge that the card gave for it, 16 octets."""
    orders = [lpa_under_test.smdpp.order(f"PROFILE_OPERATIONAL{one}") for one in (1, 2)]
    with step("LPA: download, twice"):
        for one in orders:
            lpa_under_test.download(one).succeeded()
    with step("Expected: two challenges of 16 octets"):
        found = lpa_under_test.members("initiateAuthentication")
        octets = {base64.b64decode(one["euiccChallenge"]) for one in found}
        require(len(octets) == 2, "another one in each session", len(octets))
        require({len(one) for one in octets} == {16}, "16 octets", [one.hex() for one in octets])


@testcase("LPA.Headers#07")
def test_euicc_info(lpa_under_test, step):
    """EUICCInfo1 goes to the server octet for octet."""
    exchanges(lpa_under_test, step)
    with lpa_under_test.channel() as card:
        own = card.exchange("GetEUICCInfo", bytes.fromhex("BF2000"))
    with step("Expected: what the card answers"):
        found = base64.b64decode(lpa_under_test.members("initiateAuthentication")[0]["euiccInfo1"])
        EuiccInfo1.decode(found)
        require(found == own, own.hex().upper(), found.hex().upper())


@testcase("LPA.Headers#08")
def test_matching_id(lpa_under_test, step):
    """The card signs the MatchingID of the activation code, and what device it is in."""
    order, _ = exchanges(lpa_under_test, step)
    with step("Expected: the MatchingID, deviceInfo with a TAC of 4 octets"):
        context = signed_context(lpa_under_test)
        require(context.matching_id == order.matching_id, order.matching_id, context.matching_id)
        require(len(context.device_info.tac) == 4, "tac, 4 octets", context.device_info.tac.hex())


@testcase("LPA.Headers#09")
def test_no_matching_id(lpa_under_test, step):
    """The default SM-DP+ is asked without a MatchingID, or with an empty one."""
    lpa_under_test.insert(default_dp=lpa_under_test.smdpp.address)
    lpa_under_test.smdpp.order(eid=str(lpa_under_test.eid), matching_id="")
    with step("LPA: download from the default SM-DP+"):
        lpa_under_test.call("download_default").succeeded()
    with step("Expected: no MatchingID, or an empty one"):
        context = signed_context(lpa_under_test)
        require(not context.matching_id, "none", context.matching_id)


@testcase("LPA.Headers#10")
def test_redirect(lpa_under_test, step):
    """What the card says of itself does not go where an answer points to."""
    other = lpa_under_test.another_server()
    order = lpa_under_test.smdpp.order()
    location = f"https://{other.address}/gsma/rsp2/es9plus/authenticateClient"
    fault = lpa_under_test.smdpp.fault(
        "http.redirect", function="authenticateClient", status=307, location=location
    )
    with step("LPA: download from a server that answers AuthenticateClient with a redirection"):
        lpa_under_test.download(order).failed()
    with step("Expected: nothing at the other server; a second try installs"):
        lpa_under_test.require_untouched("authenticateClient", other)
        fault.off()
        lpa_under_test.download(order).succeeded()
        lpa_under_test.require_profiles(1)


@testcase.each(
    "words",
    {
        "LPA.Version#01": {"field": "X-Admin-Protocol", "value": "gsma/rsp/v2.0.0"},
        "LPA.Version#02": {"field": "Content-Type", "value": "application/json;charset=UTF-8"},
    },
)
def test_other_header_in_the_answer(lpa_under_test, step, words):
    """An answer of a lower version, or with a parameter of its type, is taken."""
    order = lpa_under_test.smdpp.order()
    for function in ("initiateAuthentication", "authenticateClient", "getBoundProfilePackage"):
        lpa_under_test.smdpp.fault("http.header", function=function, **words)
    with step(f"LPA: download from a server that says {words['field']}: {words['value']}"):
        lpa_under_test.download(order).succeeded()
    with step("Expected: the Profile on the card"):
        lpa_under_test.require_profiles(1)


@testcase.each(
    "personality, version",
    {
        "LPA.Version#03": ("v2.2.2", "2.5.0"),
        "LPA.Version#04": ("v3.1", "2.5.0"),
        "LPA.Version#05": ("v2.5", "3.1.0"),
        "LPA.Version#06": ("v3.1", "3.1.0"),
        "LPA.Version#07": ("v3.1", "3.1.0"),
        "LPA.Version#08": ("v2.5", "3.1.0"),
    },
)
def test_mixture_of_versions(lpa_under_test, step, personality, version):
    """Whatever the versions of card and server, what the three have in common suffices."""
    lpa_under_test.insert(personality=personality)
    lpa_under_test.serve(version=version)
    order = lpa_under_test.smdpp.order()
    with step(f"LPA: download; the card is {personality}, the server {version}"):
        lpa_under_test.download(order).succeeded()
    with step("Expected: the Profile on the card, the order delivered"):
        lpa_under_test.require_profiles(1)
        lpa_under_test.require_state(order, "Downloaded", "Installed")


@testcase("LPA.Version#09")
def test_capabilities_of_version_3(lpa_under_test, step):
    """An LPA of version 3 says so to a server, in X-Admin-Protocol and lpaRspCapability."""
    lpa_under_test.insert(personality="v3.1")
    lpa_under_test.serve(version="3.1.0")
    order = lpa_under_test.smdpp.order()
    with step("LPA: download"):
        lpa_under_test.download(order).succeeded()
    with step("Expected: version 3 in the field, and the member"):
        first = lpa_under_test.smdpp.history[0].request
        said = first.header("X-Admin-Protocol") or ""
        require(said.startswith("gsma/rsp/v3."), "gsma/rsp/v3.x.y", said)
        members = lpa_under_test.members("initiateAuthentication")[0]
        require("lpaRspCapability" in members, "lpaRspCapability", sorted(members))
