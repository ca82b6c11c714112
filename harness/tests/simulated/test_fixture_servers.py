"""The fixtures `smdpp` and `smds`: in a thread or a process, by IPv4 and IPv6, and their words."""

import json
import os
import socket
from datetime import timedelta

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, DecodeError, LocalError
from rspharness.lpa import Lpa
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.es9p_client import ServerRefusedError, ServerUnreachableError
from rspharness.lpa.https_arguments import read_ci_certificates
from rspharness.lpa.https_port import HttpsOptions
from rspharness.simulated.fixture_servers import Smdpp

EID = "89049032123451234512345678901235"


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


class Link:
    """The link to a card in this process."""

    def __init__(self, euicc):
        self.transmit = euicc.transmit
        self.reset = euicc.reset

    def close(self):
        pass


@pytest.fixture
def lpa(simulated_card):
    def make(*servers, card=None):
        ca = tuple(der for server in servers for der in read_ci_certificates(server.ca_file))
        https = HttpsOptions(ca_certificates=ca, timeout_s=10.0)
        return Lpa(Link(card or simulated_card()), https=https)

    return make


@pytest.mark.parametrize(
    ("process", "host", "curve"),
    [
        (False, "127.0.0.1", Curve.BRAINPOOL_P256R1),
        (False, "::1", Curve.NIST_P256),
        (True, "::1", Curve.BRAINPOOL_P256R1),
    ],
)
def test_profile_is_ordered_downloaded_and_deleted(smdpp, lpa, process, host, curve):
    if host == "::1" and not has_ipv6():
        pytest.skip("no IPv6 on this machine")
    server = smdpp(process=process, host=host, curve=curve)
    order = server.order("PROFILE_OPERATIONAL1")
    assert order.state == "Released"
    if host == "::1":
        assert order.activation_code.startswith("LPA:1$[::1]:")
    with lpa(server) as one:
        done = one.download(order.activation_code)
        assert str(done.iccid) == order.iccid
        (installed,) = server.expect("handleNotification", "accepted")
        assert (installed.response.status, order.state) == (204, "Installed")
        one.delete(order.iccid)
        assert [each.error for each in one.deliver_notifications()] == [None, None]
    assert order.state == "Unavailable"
    assert [each.verdict.name for each in server.notifications] == ["ACCEPTED"] * 3


@pytest.mark.parametrize("process", [False, True], ids=["thread", "process"])
def test_fault_acts_until_it_is_switched_off(smdpp, lpa, process):
    server = smdpp(process=process)
    order = server.order()
    with lpa(server) as one:
        with server.fault("http.refuse", status=502), pytest.raises(ServerUnreachableError):
            one.download(order.activation_code)
        server.expect(summary="HTTP 502")
        kept = server.fault("es9.answer.fail", function="authenticateClient")
        with pytest.raises(ServerRefusedError, match=r"8\.2\.6/3\.8"):
            one.download(order.activation_code)
        kept.off()
        kept.off()
        one.download(order.activation_code)
    with pytest.raises(LocalError, match="not known"):
        server.fault("es9.nothing")


def test_unmet_expectation_says_what_came(smdpp, lpa):
    smdpp.expect("handleNotification", times=0)
    with pytest.raises(AssertionError, match="0 came; the history is empty"):
        smdpp.expect("initiateAuthentication", within_s=0.01)
    order = smdpp.order()
    with lpa(smdpp) as one:
        one.download(order.activation_code)
    with pytest.raises(AssertionError, match="initiateAuthentication: Executed-Success"):
        smdpp.expect("cancelSession", within_s=0.01)
    with pytest.raises(AssertionError, match="1 came"):
        smdpp.expect("getBoundProfilePackage", times=0)
    assert len(smdpp.history) == 4


@pytest.mark.parametrize("process", [False, True])
def test_function_that_no_server_has_is_refused_and_not_taken_for_one_that_was_not_called(
    smdpp, process
):
    server = smdpp(process=process)
    for name in ("getBoundProfilePackage", "downloadOrder", "registerEvent", ""):
        assert server.expect(name, times=0) == ()
    with pytest.raises(LocalError, match="no server has it; did you mean getBoundProfilePackage"):
        server.expect("getBoundProfilePackge", times=0)


def test_legal_variation_is_on_and_can_be_switched_off(smdpp, lpa):
    def order_of_members(server):
        order = server.order()
        with lpa(server) as one:
            one.download(order.activation_code)
        return [list(json.loads(one.response.body)) for one in server.history[:3]]

    steady = order_of_members(smdpp(vary=""))
    assert steady[0][:2] == ["header", "transactionId"]
    assert order_of_members(smdpp) != steady
    assert order_of_members(smdpp(seed="x")) == order_of_members(smdpp(seed="y"))


def test_clock_ends_orders(smdpp, lpa):
    smdpp.clock.freeze()
    order = smdpp.order(lifetime=timedelta(days=1))
    before = smdpp.clock.now()
    smdpp.clock.advance(timedelta(days=2))
    assert smdpp.clock.now() - before == timedelta(days=2)
    smdpp.clock.go_on()
    with lpa(smdpp) as one, pytest.raises(ServerRefusedError, match=r"8\.8\.5/4\.10"):
        one.download(order.activation_code)
    with pytest.raises(LocalError, match="zero or more"):
        smdpp.clock.advance(timedelta(days=-1))


def test_killed_server_comes_back_with_its_state_on_the_same_port(smdpp, lpa, tmp_path):
    server = smdpp(process=True, state=tmp_path / "state.db")
    order = server.order()
    address = server.address
    with lpa(server) as one:
        server.kill()
        assert (server.address, order.state) == (address, "Released")
        one.download(order.activation_code)
        server.kill()
    assert order.state == "Installed"


def test_server_in_a_thread_cannot_be_killed(smdpp):
    with pytest.raises(ConfigError, match="process=True"):
        smdpp.kill()


def test_event_of_the_smds_leads_to_the_order(smdpp, smds, simulated_card, lpa):
    card = simulated_card()
    eid = str(card.state.eid)
    order = smdpp.order(eid=eid)
    smds.event(eid, smdpp.address, order.matching_id)
    assert smds.events(eid) == ((order.matching_id, smdpp.address),)
    with lpa(smdpp, smds, card=card) as one:
        with smds.fault("http.refuse"), pytest.raises(ServerUnreachableError):
            one.discover(smds.address)
        (found,) = one.discover(smds.address)
        assert found == ActivationCode.parse(order.activation_code)
        one.download(found)
    assert order.state == "Installed"
    assert [one.summary for one in smds.expect("authenticateClient")] == ["Executed-Success"]


def test_policy_of_the_smds_by_the_words_of_the_table(smdpp, smds):
    smds(lenient_ids=True).event("8" * 32, "dp.example.com", "token_1")
    with pytest.raises(DecodeError, match="unknown: rebind; known are version"):
        smds(rebind=True).events("8" * 32)  # an SM-DS binds nothing
    with pytest.raises(LocalError, match="unknown: policy; known are"):
        smdpp(policy=None).order()


@pytest.mark.parametrize(
    "name", ["tls.unknown_ci", "tls.wrong_role", "tls.certificate.expired", "tcp.reset_on_connect"]
)
def test_smds_is_met_with_faults_of_tls(smds, simulated_card, lpa, name):
    card = simulated_card()
    eid = str(card.state.eid)
    smds.event(eid, "dp.example.com", "A")
    with lpa(smds, card=card) as one:
        with smds.fault(name) as fault, pytest.raises(ServerUnreachableError):
            one.discover(smds.address)
        assert fault.acted
        assert [str(found) for found in one.discover(smds.address)] == ["LPA:1$dp.example.com$A"]


def test_faults_of_the_smds_are_limited_by_card_and_function(smds):
    with pytest.raises(LocalError, match="order: this server has none"):
        smds.fault("http.refuse", order=1)
    with pytest.raises(LocalError, match="one of initiateAuthentication, authenticateClient, ch"):
        smds.fault("http.refuse", function="getBoundProfilePackage")
    with pytest.raises(LocalError, match=r"server fault 'es9\.smdp_signature2\.flip_bit'"):
        smds.fault("es9.smdp_signature2.flip_bit")
    smds.fault("http.refuse", function="registerEvent", times=1, eid="8" * 32)


def test_order_with_impossible_words_is_refused(smdpp):
    with pytest.raises(LocalError, match="empty MatchingID needs an EID"):
        smdpp.order(matching_id="")
    with pytest.raises(LocalError, match="only together with upp"):
        smdpp.order(metadata=b"")
    smdpp.order(matching_id="A")
    with pytest.raises(LocalError, match="belongs to order"):
        smdpp.order(matching_id="A")


def test_fixed_port_that_is_taken_is_refused(smdpp):
    with pytest.raises(ConfigError, match="Choose another port"):
        smdpp(port=smdpp.place.port).order()


def test_process_ends_with_its_server(smdpp):
    server = Smdpp("x", process=True)
    server.order()
    number = server._running._process.pid
    server.close()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_disorder_is_survived_by_trying_again(smdpp, lpa):
    server = smdpp(disorder=0.3, seed="disorder")
    states = []
    for _ in range(8):
        order = server.order()
        with lpa(server) as one:
            one.download(order.activation_code, retries=9, pause=lambda _: None)
            while any(each.error for each in one.deliver_notifications()):
                pass
        states.append(order.state)
    assert states == ["Installed"] * 8
    refused = server.expect(summary="HTTP 503", times=2)
    assert all(each.response.header("Retry-After") == "1" for each in refused[:1])
    for wrong in (0.0, 1.0):
        with pytest.raises(LocalError, match="above 0 and below 1"):
            smdpp(disorder=wrong).order()
