"""The complete flow on both curves: order, authenticate, bind, install, delete."""

import pytest

from rspcore.bpp import CONFIGURE_ISDP
from rspcore.crypto.curves import Curve
from rspcore.messages.metadata import NotificationEvent
from rspsim.smdpp import OrderState
from rspsim.smdpp.stock.receipts import Verdict


@pytest.mark.parametrize("curve", list(Curve))
def test_profile_is_delivered_installed_and_deleted(make_lpa, server, profile, curve):
    order = server.orders.order(profile.upp, profile.metadata, confirmation_code="4711")
    assert order.activation_code == f"LPA:1$testsmdpplus1.example.com${order.matching_id}$$1"
    lpa = make_lpa(curve)

    loaded = lpa.download(order.matching_id, code="4711")

    assert loaded.upp == profile.upp
    assert loaded.metadata == profile.metadata.encode()
    assert loaded.configure_isdp == CONFIGURE_ISDP
    assert loaded.transaction_id == lpa.transaction_id
    assert server.orders.get(order.number).state is OrderState.DOWNLOADED
    lpa.notify(lpa.card.result(lpa.transaction_id, order.iccid))
    assert server.orders.get(order.number).state is OrderState.INSTALLED
    for event in (NotificationEvent.notificationEnable, NotificationEvent.notificationDisable):
        lpa.notify(lpa.card.notification(event, order.iccid))
        assert server.orders.get(order.number).state is OrderState.INSTALLED
    lpa.notify(lpa.card.notification(NotificationEvent.notificationDelete, order.iccid))
    assert server.orders.get(order.number).state is OrderState.UNAVAILABLE
    assert [receipt.verdict for receipt in server.notifications] == [Verdict.ACCEPTED] * 4
    assert [one.summary for one in server.history][:3] == ["Executed-Success"] * 3
