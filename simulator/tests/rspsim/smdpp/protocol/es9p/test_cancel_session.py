"""ES9+.CancelSession: each reason after each step, and each fault."""

import pytest

from rspcore.ids import Oid, TransactionId
from rspcore.messages.es10b import CancelSessionReason, CancelSessionResponse
from rspsim.smdpp import OrderState, Policy

FINAL = (0, 3, 4, 127, 17, 25, 99)
HARMLESS = (1, 2, 5, 16, 30)


@pytest.fixture
def order(server, profile):
    return server.orders.order(profile.upp, profile.metadata)


def after(step, lpa, order):
    lpa.initiate()
    lpa.authenticate(order.matching_id)
    if step == "getBoundProfilePackage":
        lpa.get_package()


@pytest.mark.parametrize("step", ["authenticateClient", "getBoundProfilePackage"])
@pytest.mark.parametrize("reason", [*FINAL, *HARMLESS])
def test_reason_decides_the_state_of_the_order(lpa, server, order, code_of, step, reason):
    after(step, lpa, order)
    before = server.orders.get(order.number).state

    answer = lpa.cancel(reason)

    assert answer == {"header": {"functionExecutionStatus": {"status": "Executed-Success"}}}
    expected = OrderState.ERROR if reason in FINAL else before
    assert server.orders.get(order.number).state is expected
    assert code_of(lpa.cancel(reason)) == "8.10.1/3.9"


@pytest.mark.parametrize("reason", HARMLESS)
def test_profile_can_be_downloaded_after_a_harmless_cancellation(lpa, order, reason):
    after("getBoundProfilePackage", lpa, order)
    lpa.cancel(reason)
    assert lpa.download(order.matching_id).upp


def test_effect_of_a_reason_depends_on_the_policy(make_server, make_lpa, profile):
    server = make_server(
        policy=Policy(cancel_effects=((CancelSessionReason.endUserRejection, None),))
    )
    order = server.orders.order(profile.upp, profile.metadata)
    lpa = make_lpa(server=server)
    after("authenticateClient", lpa, order)
    lpa.cancel(CancelSessionReason.endUserRejection)
    assert server.orders.get(order.number).state is OrderState.RELEASED


@pytest.mark.parametrize("step", ["authenticateClient", "getBoundProfilePackage"])
def test_each_wrong_request_is_refused_and_leaves_the_session(lpa, server, order, code_of, step):
    after(step, lpa, order)
    before = server.orders.get(order.number)
    good = lpa.card.cancel(lpa.transaction_id, 0)
    assert code_of(lpa.cancel(0, bf41=good[:-1] + bytes((good[-1] ^ 1,)))) == "8.1/6.1"
    assert code_of(lpa.cancel(0, oid=Oid("2.999.12"))) == "8.8/3.10"
    other = lpa.card.cancel(TransactionId(bytes(16)), 0)
    assert code_of(lpa.cancel(0, bf41=other)) == "8.10.1/3.9"
    error = CancelSessionResponse(cancel_session_response_error=5).encode()
    assert code_of(lpa.cancel(0, bf41=error)) == "8.1/6.1"
    for unreadable in ("", "BF4100", "BF4102A000", "BF3800"):
        assert code_of(lpa.cancel(0, bf41=bytes.fromhex(unreadable) or b"\x00")) == "1.6/2.1"
    assert server.orders.get(order.number) == before
    assert code_of(lpa.cancel(0, bf41=good)) == "Executed-Success"


def test_unknown_transaction_id_is_refused(lpa, order, code_of):
    after("authenticateClient", lpa, order)
    good = lpa.card.cancel(lpa.transaction_id, 0)
    lpa.initiated["transactionId"] = "00"
    assert code_of(lpa.cancel(0, bf41=good)) == "8.10.1/3.9"


def test_card_that_is_not_authenticated_cannot_cancel(lpa, order, code_of):
    lpa.initiate()
    assert code_of(lpa.cancel(0)) == "8.1/6.1"
    assert code_of(lpa.authenticate(order.matching_id)) == "Executed-Success"
