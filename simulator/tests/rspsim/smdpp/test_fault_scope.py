"""When a server fault acts: per function, order, card, session; after, times, by chance; rules."""

from contextlib import suppress
from dataclasses import replace

import pytest

from rspcore.errors import LocalError
from rspcore.ids import Eid
from rspcore.messages.metadata import NotificationEvent
from rspcore.pki.generate import issue_euicc
from rspcore.profile_maker import make_profile, preset
from rspsim.env import ManualClock, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.faults.server import FAULTS
from rspsim.server_setup import switch_faults
from rspsim.smdpp import SmDpPlus
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_scope import SCOPE_WORDS, FaultScope

pytestmark = pytest.mark.once

OTHER = Eid.from_first_digits("890490321234512345123456789099")


def statuses(lpa, count=1):
    return [lpa.post("cancelSession", {}).status for _ in range(count)]


def test_every_class_has_faults_and_no_parameter_is_a_word_of_the_scope():
    assert {fault.kind for fault in FAULTS} == set(FaultClass)
    for fault in FAULTS:
        assert not set(SCOPE_WORDS) & set(fault.parameters)
        assert set(fault.rules) <= set(fault.parameters)


def new_order(server):
    """Orders a Profile of an ICCID that has no live order."""
    profile = make_profile(
        replace(preset("PROFILE_OPERATIONAL1"), iccid=server.orders.stock.fresh_iccid())
    )
    return server.orders.order(profile.upp, profile.metadata)


def test_fault_of_an_order_or_a_card_leaves_others_alone(make_lpa, server, pki, code_of):
    mine, theirs = (new_order(server) for _ in range(2))
    one, other = make_lpa(), make_lpa(pki=issue_euicc(pki, OTHER), eid=OTHER)
    for word in ({"order": mine.number}, {"eid": str(one.card.eid)}):
        with server.fault("es9.answer.fail", subject="8.1", reason="4.8", **word) as active:
            one.initiate()
            assert code_of(one.authenticate(mine.matching_id)) == "8.1/4.8"
            other.initiate()
            assert code_of(other.authenticate(theirs.matching_id)) == "Executed-Success"
            assert active.acted == 1


def test_fault_of_a_session_acts_in_it_alone(make_lpa, server, profile, code_of):
    order = server.orders.order(profile.upp, profile.metadata)
    one, other = make_lpa(), make_lpa()
    one.initiate()
    other.initiate()
    transaction = str(one.transaction_id).lower()
    with server.fault("es9.answer.fail", subject="8.1", reason="4.8", transaction=transaction):
        assert code_of(other.authenticate(order.matching_id)) == "Executed-Success"
        assert code_of(one.authenticate(order.matching_id)) == "8.1/4.8"


def test_notifications_are_of_their_order(lpa, server, profile):
    order = server.orders.order(profile.upp, profile.metadata)
    lpa.download(order.matching_id)
    result = lpa.card.result(lpa.transaction_id, profile.metadata.iccid)
    for word in ({"order": order.number}, {"eid": str(lpa.card.eid)}):
        with server.fault("http.status", status=500, **word), pytest.raises(AssertionError):
            lpa.notify(result)
    lpa.notify(result)
    deleted = lpa.card.notification(NotificationEvent.notificationDelete, profile.metadata.iccid)
    with server.fault("http.status", status=500, order=order.number + 1):
        lpa.notify(deleted)
    with (
        server.fault("http.status", status=500, order=order.number),
        pytest.raises(AssertionError),
    ):
        lpa.notify(deleted)


def test_request_without_card_and_order_is_not_theirs(lpa, server):
    with server.fault("http.status", status=500, order=1):
        assert statuses(lpa) == [200]
        assert lpa.post("handleNotification", {"pendingNotification": "!"}).status == 204
        assert lpa.post("authenticateClient", b"{").status == 400


def test_fault_acts_after_some_requests_and_some_times(lpa):
    lpa.server.faults.on("http.status", status=500, after=2, times=2)
    assert statuses(lpa, 6) == [200, 200, 500, 500, 200, 200]
    assert lpa.server.faults.active == ()


def test_chance_is_drawn_from_a_seed(make_server, make_lpa):
    def drawn(seed):
        lpa = make_lpa(server=make_server())
        lpa.server.faults.on("http.status", status=500, probability=0.25, seed=seed)
        return statuses(lpa, 200)

    assert drawn("a") == drawn("a") != drawn("b")
    assert 30 <= drawn("a").count(500) <= 70


def test_some_times_by_chance_are_counted_when_it_acts(lpa):
    lpa.server.faults.on("http.status", status=500, probability=0.5, times=3)
    assert statuses(lpa, 60).count(500) == 3


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("http.status", {"function": "nope"}, "expected one of initiateAuthentication"),
        ("http.status", {"times": 0}, "expected 1 or more"),
        ("http.status", {"after": -1}, "expected 0 or more"),
        ("http.status", {"probability": 0}, "more than 0"),
        ("http.status", {"probability": 1.5}, "at most 1"),
        ("http.status", {"probability": True}, "expected float"),
        ("http.status", {"order": 0}, "from 1"),
        ("http.status", {"order": "1"}, "expected int"),
        ("http.status", {"eid": "1"}, "expected 32 digits"),
        ("http.status", {"transaction": "XY"}, "expected hexadecimal"),
        ("http.status", {"status": 99}, "expected 200 to 599"),
        ("http.status", {"named": "x"}, "it takes status, function, order"),
        ("http.status", {"name": "x"}, "no parameter 'name'"),
        ("http.header", {"field": "X\r\nA"}, "a name of a header field"),
        ("http.header", {"value": "\u20ac"}, "ISO 8859-1"),
        ("http.header", {"value": "a\nb"}, "one line"),
        ("es8.control_ref_template.host_id", {"value": "zz"}, "hexadecimal"),
        ("es8.store_metadata.iccid", {"iccid": "1"}, "digits"),
        ("es9.server_certificate.role", {"role": "NOPE"}, "expected one of CI"),
        ("es9.server_certificate.role", {"role": "DP_TLS"}, "no such certificate with a key"),
        ("es9.server_certificate.other_server", {"server": 9}, "which has 2"),
        ("es9.server_certificate.other_server", {"server": 1}, "another SM-DP"),
        ("es9.answer.base64", {"form": "nope"}, "expected one of unpadded"),
        ("es9.status_code_data.omit", {"members": "message,other"}, "some of message"),
        ("es8.profile_elements.swap", {"first": 1, "second": 1}, "the same data object"),
        ("order.expired", {"function": "cancelSession"}, "acts on authenticateClient alone"),
        ("tcp.refuse", {"times": 1}, "until it is switched off"),
        ("tcp.reset_on_connect", {"function": "cancelSession"}, "before a request is known"),
    ],
)
def test_fault_that_could_never_act_is_refused(server, name, given, expected):
    with pytest.raises(LocalError, match=expected) as caught:
        server.faults.on(name, **given)
    assert str(caught.value).startswith(f"fault {name}: ")
    assert server.faults.active == ()


def edges(value):
    """Returns odd values of the type of a parameter."""
    if isinstance(value, bool):
        return (True, False)
    if isinstance(value, int):
        return (-1, 0, 1, 16, 127, 128, 255, 256, 1008, 65_536, 1 << 20, 1 << 24, 1 << 40)
    return ("", "0", "00", "zz", "FF" * 16, "04" * 65, "x" * 300, "\x00", "\ud800", "é", "a b")


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_whatever_is_allowed_is_answered(make_server, make_lpa, fault):
    server = make_server()
    for key, default in fault.parameters.items():
        for value in edges(default):
            order = new_order(server)
            lpa = make_lpa(server=server)
            try:
                active = server.faults.on(fault.name, **{key: value})
            except LocalError:
                continue
            bugs = []
            plain = server.handle

            def handle(request, plain=plain, bugs=bugs):
                try:
                    return plain(request)
                except Exception as error:
                    bugs.append(error)
                    raise

            lpa.server = type("Server", (), {"handle": staticmethod(handle)})
            with suppress(Exception):  # a wrong answer may stop the client anywhere
                lpa.download(order.matching_id)
            assert bugs == [], (key, value)
            server.faults.drop(active)


def test_words_are_read_from_a_command_line(pki):
    server = SmDpPlus(pki, rng=SeededRng(b"s"), clock=ManualClock(), faults=server_faults)
    switch_faults(
        server.faults, ["http.refuse,status=502,after=1,probability=5%,order=3,seed=x", "http.cut"]
    )
    first, second = server.faults.active
    assert first.parameters == {"status": 502}
    assert first.scope == FaultScope(after=1, probability=0.05, order=3, seed="x")
    assert second.scope == FaultScope()
    for wrong in ("http.refuse,probability=x", "es9.smdp_signed2.cc_required_flag,value=maybe"):
        with pytest.raises(LocalError, match="expected"):
            switch_faults(server.faults, [wrong])
