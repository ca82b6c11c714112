"""ES9+.HandleNotification: always 204; the checks decide the effect, nothing else."""

import base64

import pytest

from rspcore.crypto.curves import Curve
from rspcore.ids import Eid, Iccid, Oid, TransactionId
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import ErrorReason
from rspcore.pki.generate import issue_euicc, make_pki
from rspsim.smdpp import OrderEvent, OrderState, Policy
from rspsim.smdpp.stock.receipts import Verdict

PERMANENT = {6, 12, 13, 14, 15}
OTHER_EID = Eid.from_first_digits("890490321234512345123456789099")
OTHER_ICCID = Iccid.from_digits("89000000000000000001")


@pytest.fixture
def order(server, profile):
    return server.orders.order(profile.upp, profile.metadata)


@pytest.fixture
def loaded(lpa, order):
    lpa.download(order.matching_id)
    return lpa


def verdict(server):
    return server.notifications[-1].verdict


def state(server, order):
    return server.orders.get(order.number).state


@pytest.mark.parametrize("reason", [*ErrorReason, 17, 26])
def test_result_with_each_error_reason(loaded, server, order, reason):
    loaded.notify(loaded.card.result(loaded.transaction_id, order.iccid, error=(5, reason)))
    expected = OrderState.ERROR if reason in PERMANENT else OrderState.DOWNLOADED
    assert (verdict(server), state(server, order)) == (Verdict.ACCEPTED, expected)


def test_profile_can_be_downloaded_after_a_harmless_error(loaded, server, order):
    loaded.notify(loaded.card.result(loaded.transaction_id, order.iccid, error=(5, 11)))
    loaded.download(order.matching_id)
    loaded.notify(loaded.card.result(loaded.transaction_id, order.iccid))
    assert state(server, order) is OrderState.INSTALLED


def test_result_after_the_session_was_cancelled_still_counts(loaded, server, order):
    loaded.cancel(5)
    loaded.notify(loaded.card.result(loaded.transaction_id, order.iccid))
    assert (verdict(server), state(server, order)) == (Verdict.ACCEPTED, OrderState.INSTALLED)


def test_result_ends_the_session(loaded, order, code_of):
    loaded.notify(loaded.card.result(loaded.transaction_id, order.iccid))
    assert code_of(loaded.cancel(1)) == "8.10.1/3.9"


def test_each_point_is_reported_to_the_operator(loaded, server, order):
    loaded.notify(loaded.card.result(loaded.transaction_id, order.iccid))
    progress = server.orders.get(order.number).progress
    assert [(one.point, one.outcome) for one in progress] == [
        (3, "Executed-Success"),
        (4, "Executed-Success"),
    ]


def test_result_twice_is_a_duplicate(loaded, server, order):
    result = loaded.card.result(loaded.transaction_id, order.iccid, error=(5, 11))
    loaded.notify(result)
    loaded.notify(result)
    assert verdict(server) is Verdict.DUPLICATE
    assert len(server.orders.get(order.number).progress) == 2


def test_card_that_starts_again_may_reuse_its_numbers(make_lpa, server, profile, order):
    for matching_id in (order.matching_id, "SECOND"):
        lpa = make_lpa()
        lpa.download(matching_id)
        lpa.notify(lpa.card.result(lpa.transaction_id, order.iccid))
        assert (verdict(server), lpa.card.seq_number) == (Verdict.ACCEPTED, 1)
        if matching_id != "SECOND":
            server.orders.order(profile.upp, profile.metadata, matching_id="SECOND")


def test_result_for_an_order_in_error_has_no_effect(loaded, server, order):
    loaded.cancel(0)
    loaded.notify(loaded.card.result(loaded.transaction_id, order.iccid))
    assert (verdict(server), state(server, order)) == (Verdict.NO_EFFECT, OrderState.ERROR)


@pytest.mark.parametrize(
    ("spoiled", "expected"),
    [
        ({"transaction_id": TransactionId(b"\x01")}, Verdict.UNKNOWN_TRANSACTION),
        ({"oid": Oid("2.999.12")}, Verdict.FOREIGN_OID),
        ({"iccid": OTHER_ICCID}, Verdict.OTHER_PROFILE),
    ],
)
def test_result_for_another_server_or_profile_has_no_effect(
    loaded, server, order, spoiled, expected
):
    values = {"transaction_id": loaded.transaction_id, "iccid": order.iccid}
    loaded.notify(loaded.card.result(**(values | spoiled)))
    assert (verdict(server), state(server, order)) == (expected, OrderState.DOWNLOADED)


def test_result_with_a_bad_signature_has_no_effect(loaded, server, order):
    result = loaded.card.result(loaded.transaction_id, order.iccid)
    loaded.notify(result[:-1] + bytes((result[-1] ^ 1,)))
    assert (verdict(server), state(server, order)) == (Verdict.BAD_SIGNATURE, OrderState.DOWNLOADED)
    loaded.notify(result)
    assert (verdict(server), state(server, order)) == (Verdict.ACCEPTED, OrderState.INSTALLED)


def test_result_before_the_card_was_authenticated_is_unknown(lpa, server, order):
    lpa.initiate()
    lpa.notify(lpa.card.result(lpa.transaction_id, order.iccid))
    assert verdict(server) is Verdict.UNKNOWN_TRANSACTION


@pytest.fixture
def installed(loaded, order):
    loaded.notify(loaded.card.result(loaded.transaction_id, order.iccid))
    return loaded


@pytest.mark.parametrize("event", list(NotificationEvent))
def test_only_a_delete_notification_changes_an_installed_profile(installed, server, order, event):
    installed.notify(installed.card.notification(event, order.iccid))
    deleted = event is NotificationEvent.notificationDelete
    expected = OrderState.UNAVAILABLE if deleted else OrderState.INSTALLED
    assert (verdict(server), state(server, order)) == (Verdict.ACCEPTED, expected)
    assert server.notifications[-1].event == event.name


def test_deleted_profile_goes_back_to_stock_where_the_policy_says(make_server, make_lpa, profile):
    server = make_server(policy=Policy(after_deletion=OrderEvent.DELETED_FOR_REUSE))
    order = server.orders.order(profile.upp, profile.metadata)
    lpa = make_lpa(server=server)
    lpa.download(order.matching_id)
    lpa.notify(lpa.card.result(lpa.transaction_id, order.iccid))
    lpa.notify(lpa.card.notification(NotificationEvent.notificationDelete, order.iccid))
    assert state(server, order) is OrderState.AVAILABLE


def test_profile_back_in_stock_is_as_new_for_another_card(make_server, make_lpa, pki, profile):
    server = make_server(policy=Policy(after_deletion=OrderEvent.DELETED_FOR_REUSE))
    order = server.orders.order(profile.upp, profile.metadata, confirmation_code="1")
    first = make_lpa(server=server)
    first.download(order.matching_id, "1")
    first.notify(first.card.result(first.transaction_id, order.iccid))
    first.notify(first.card.notification(NotificationEvent.notificationDelete, order.iccid))
    stock = server.orders.get(order.number)
    assert (stock.matching_id, stock.binding, stock.reserved_by) == ("", None, None)
    assert (stock.downloads, stock.progress, stock.confirmation_code_hash) == (0, (), None)
    server.orders.change(order.number, OrderEvent.DOWNLOAD_ORDERED)
    again = server.orders.change(order.number, OrderEvent.CONFIRMED_AND_RELEASED)
    second = make_lpa(server=server, pki=issue_euicc(pki, OTHER_EID), eid=OTHER_EID)
    second.download(again.matching_id)
    second.notify(second.card.result(second.transaction_id, order.iccid))
    assert state(server, order) is OrderState.INSTALLED


@pytest.fixture
def reinstalled(installed, server, profile, order):
    """A Profile installed (1), deleted (2, not delivered), ordered again and installed (3)."""
    late = installed.card.notification(NotificationEvent.notificationDelete, order.iccid)
    again = server.orders.order(profile.upp, profile.metadata, matching_id="AGAIN")
    installed.download(again.matching_id)
    installed.notify(installed.card.result(installed.transaction_id, order.iccid))
    return installed, again, late


def test_late_deletion_is_booked_on_the_installation_it_is_about(reinstalled, server, order):
    lpa, again, late = reinstalled
    lpa.notify(late)
    assert state(server, order) is OrderState.UNAVAILABLE
    assert state(server, again) is OrderState.INSTALLED
    assert server.notifications[-1].order == order.number


def test_deletions_of_both_installations_come_newest_first(reinstalled, server, order):
    lpa, again, late = reinstalled
    lpa.notify(lpa.card.notification(NotificationEvent.notificationDelete, order.iccid))
    assert (state(server, order), state(server, again)) == (
        OrderState.INSTALLED,
        OrderState.UNAVAILABLE,
    )
    lpa.notify(late)
    assert state(server, order) is OrderState.UNAVAILABLE


def test_deletion_may_come_before_the_result_of_its_installation(loaded, server, order):
    result = loaded.card.result(loaded.transaction_id, order.iccid)
    loaded.notify(loaded.card.notification(NotificationEvent.notificationDelete, order.iccid))
    assert state(server, order) is OrderState.DOWNLOADED
    loaded.notify(result)
    assert (verdict(server), state(server, order)) == (Verdict.ACCEPTED, OrderState.UNAVAILABLE)


def test_notification_of_a_profile_never_served_has_no_effect(installed, server, order):
    installed.notify(installed.card.notification(NotificationEvent.notificationDelete, OTHER_ICCID))
    assert verdict(server) is Verdict.UNKNOWN_INSTALLATION
    assert state(server, order) is OrderState.INSTALLED


def test_notification_twice_is_a_duplicate(installed, server, order):
    notification = installed.card.notification(NotificationEvent.notificationEnable, order.iccid)
    installed.notify(notification)
    installed.notify(notification)
    assert verdict(server) is Verdict.DUPLICATE


def test_notification_with_a_bad_signature_has_no_effect(installed, server, order):
    good = installed.card.notification(NotificationEvent.notificationDelete, order.iccid)
    at = good.index(b"\x5f\x37\x40") + 30
    installed.notify(good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :])
    assert (verdict(server), state(server, order)) == (Verdict.BAD_SIGNATURE, OrderState.INSTALLED)


def test_notification_under_an_unknown_ci_has_no_effect(installed, server, order):
    stranger = make_pki(b"another laboratory")
    installed.card.euicc = stranger.euicc(Curve.NIST_P256)
    installed.card.certificate = installed.card.euicc.certificate.der
    installed.card.eum = stranger.eum(Curve.NIST_P256).certificate.der
    installed.notify(installed.card.notification(NotificationEvent.notificationDelete, order.iccid))
    assert (verdict(server), state(server, order)) == (
        Verdict.BAD_CERTIFICATE,
        OrderState.INSTALLED,
    )


@pytest.mark.parametrize(
    "octets", ["", "00", "30", "3000", "BF3700", "BF36020500", "A100", "BF37FF"]
)
def test_octets_that_are_not_a_notification_are_answered_with_204(lpa, server, octets):
    lpa.notify(bytes.fromhex(octets))
    assert verdict(server) is Verdict.UNREADABLE
    assert server.notifications[-1].octets == bytes.fromhex(octets)


@pytest.mark.parametrize(
    "body",
    [{}, {"pendingNotification": None}, {"pendingNotification": 7}, {"pendingNotification": "!"}],
)
def test_request_without_a_notification_is_answered_with_204(lpa, server, body):
    response = lpa.post("handleNotification", body)
    assert (response.status, response.body) == (204, b"")
    assert verdict(server) is Verdict.UNREADABLE


def test_history_can_be_read(loaded, server, order):
    result = loaded.card.result(loaded.transaction_id, order.iccid)
    loaded.notify(result)
    receipt = server.notifications[-1]
    assert (receipt.kind, receipt.event) == ("ProfileInstallationResult", "installed")
    assert (receipt.octets, receipt.seq_number) == (result, 1)
    assert (receipt.eid, receipt.iccid, receipt.order) == (
        loaded.card.eid,
        order.iccid,
        order.number,
    )
    last = list(server.history)[-1]
    assert last.function == "handleNotification"
    assert base64.b64encode(result) in last.request.body
