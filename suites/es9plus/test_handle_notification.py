"""ES9+.HandleNotification: the SM-DP+ takes what a card reports, and always answers 204."""

from rspcore.crypto.curves import Curve
from rspcore.ids import Iccid, TransactionId
from rspcore.messages.metadata import NotificationEvent, StoreMetadataRequest
from rspharness import testcase
from rspharness.peers.server_answer import require

STORE, LOAD = 2, 5
ERRORS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 127)
INTERRUPTION = 11
NEVER_SERVED = "8999901000000000005"
EVENTS = (
    NotificationEvent.notificationInstall,
    NotificationEvent.notificationEnable,
    NotificationEvent.notificationDisable,
    NotificationEvent.notificationDelete,
)


def loaded(sm_dp_plus, step, *, asn1=False):
    """Returns an LPA whose card has a package, the ICCID in it, and the order."""
    with step("Initial conditions: a package is delivered"):
        ordered = sm_dp_plus.order()
        lpa = sm_dp_plus.lpa(asn1=asn1)
        package = lpa.download(ordered.matching_id)
        iccid = StoreMetadataRequest.decode(package.metadata).iccid
    return lpa, iccid, ordered


def installed(sm_dp_plus, step):
    """Returns an LPA whose card has installed a Profile, its ICCID, and the order."""
    lpa, iccid, ordered = loaded(sm_dp_plus, step)
    with step("Initial conditions: its ProfileInstallationResult says success"):
        lpa.notify(lpa.card.result(lpa.transaction_id, iccid, lpa.address)).taken()
    return lpa, iccid, ordered


@testcase.each(
    "asn1",
    {"ES9+.HandleNotification#11": False, "ES9+.HandleNotification#12": True},
)
def test_result_of_success(sm_dp_plus, step, asn1):
    """A result of success is answered with 204."""
    lpa, iccid, _ = loaded(sm_dp_plus, step, asn1=asn1)
    with step("S_LPAd -> SM-DP+: HandleNotification, success"):
        answer = lpa.notify(lpa.card.result(lpa.transaction_id, iccid, lpa.address))
    with step("Expected: 204 without a body"):
        answer.taken()


@testcase("ES9+.HandleNotification#13")
def test_state_after_success(sm_dp_plus, step):
    """After a result of success the Profile is Installed."""
    _, _, ordered = installed(sm_dp_plus, step)
    with step("Expected: Installed"):
        state = sm_dp_plus.state(ordered)
        require(state == "Installed", "Installed", state)


@testcase.each(
    "reason",
    {f"ES9+.HandleNotification#{20 + at}": reason for at, reason in enumerate(ERRORS)},
    level="destructive",
)
def test_result_of_failure(sm_dp_plus, step, reason):
    """A result with each errorReason is answered with 204."""
    lpa, iccid, _ = loaded(sm_dp_plus, step)
    with step(f"S_LPAd -> SM-DP+: HandleNotification, errorReason {reason}"):
        error = (STORE if reason < 7 else LOAD, reason)
        answer = lpa.notify(lpa.card.result(lpa.transaction_id, iccid, lpa.address, error))
    with step("Expected: 204 without a body"):
        answer.taken()


@testcase.each(
    "event",
    {f"ES9+.HandleNotification#{36 + at}": event for at, event in enumerate(EVENTS)},
)
def test_other_notification(sm_dp_plus, step, event):
    """A Notification of each event is answered with 204."""
    lpa, iccid, _ = installed(sm_dp_plus, step)
    with step(f"S_LPAd -> SM-DP+: HandleNotification, {event.name}"):
        answer = lpa.notify(lpa.card.notification(event, iccid, lpa.address))
    with step("Expected: 204 without a body"):
        answer.taken()


@testcase("ES9+.HandleNotification#40", level="read-only")
def test_unknown_transaction(sm_dp_plus, step):
    """A result for an unknown transaction is answered with 204."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: HandleNotification, unknown transactionId"):
        unknown = TransactionId(lpa.card.octets(16))
        result = lpa.card.result(unknown, Iccid.from_digits(NEVER_SERVED), lpa.address)
        answer = lpa.notify(result)
    with step("Expected: 204 without a body"):
        answer.taken()


@testcase("ES9+.HandleNotification#41")
def test_result_with_a_wrong_signature(sm_dp_plus, step):
    """A result whose signature does not verify is answered with 204."""
    lpa, iccid, _ = loaded(sm_dp_plus, step)
    lpa.card.key = lpa.card.pki.eum(lpa.card.curve).private_key
    with step("S_LPAd -> SM-DP+: HandleNotification, signed by another key"):
        answer = lpa.notify(lpa.card.result(lpa.transaction_id, iccid, lpa.address))
    with step("Expected: 204 without a body"):
        answer.taken()


@testcase("ES9+.HandleNotification#42")
def test_state_after_a_wrong_signature(sm_dp_plus, step):
    """A result whose signature does not verify installs nothing."""
    lpa, iccid, ordered = loaded(sm_dp_plus, step)
    lpa.card.key = lpa.card.pki.eum(lpa.card.curve).private_key
    with step("S_LPAd -> SM-DP+: HandleNotification, signed by another key"):
        lpa.notify(lpa.card.result(lpa.transaction_id, iccid, lpa.address))
    with step("Expected: not Installed"):
        state = sm_dp_plus.state(ordered)
        require(state != "Installed", "a state other than Installed", state)


@testcase("ES9+.HandleNotification#43")
def test_result_that_comes_twice(sm_dp_plus, step):
    """A result that comes twice is answered with 204 both times."""
    lpa, iccid, _ = loaded(sm_dp_plus, step)
    result = lpa.card.result(lpa.transaction_id, iccid, lpa.address)
    with step("S_LPAd -> SM-DP+: HandleNotification, twice"):
        first, second = lpa.notify(result), lpa.notify(result)
    with step("Expected: 204 without a body, twice"):
        first.taken()
        second.taken()


@testcase("ES9+.HandleNotification#44", level="read-only")
def test_iccid_never_served(sm_dp_plus, step):
    """A Notification about an ICCID never served is answered with 204."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: HandleNotification, ICCID of nobody"):
        iccid = Iccid.from_digits(NEVER_SERVED)
        answer = lpa.notify(lpa.card.notification(EVENTS[1], iccid, lpa.address))
    with step("Expected: 204 without a body"):
        answer.taken()


@testcase("ES9+.HandleNotification#45")
def test_notification_with_a_wrong_signature(sm_dp_plus, step):
    """A Notification whose signature does not verify is answered with 204."""
    lpa, iccid, _ = installed(sm_dp_plus, step)
    lpa.card.key = lpa.card.pki.eum(lpa.card.curve).private_key
    with step("S_LPAd -> SM-DP+: HandleNotification, signed by another key"):
        answer = lpa.notify(lpa.card.notification(EVENTS[1], iccid, lpa.address))
    with step("Expected: 204 without a body"):
        answer.taken()


@testcase("ES9+.HandleNotification#46")
def test_falling_numbers(sm_dp_plus, step):
    """Notifications whose numbers fall are answered with 204 each time."""
    lpa, iccid, _ = installed(sm_dp_plus, step)
    made = [lpa.card.notification(event, iccid, lpa.address) for event in EVENTS[1:3]]
    with step("S_LPAd -> SM-DP+: HandleNotification, the later one first"):
        answers = [lpa.notify(octets) for octets in reversed(made)]
    with step("Expected: 204 without a body, twice"):
        for answer in answers:
            answer.taken()


@testcase("ES9+.HandleNotification#47")
def test_download_after_an_interruption(sm_dp_plus, step):
    """After installFailedDueToInterruption the Profile is offered again."""
    lpa, iccid, ordered = loaded(sm_dp_plus, step)
    with step("Initial conditions: the result says installFailedDueToInterruption"):
        error = (LOAD, INTERRUPTION)
        lpa.notify(lpa.card.result(lpa.transaction_id, iccid, lpa.address, error)).taken()
    with step("S_LPAd -> SM-DP+: a new session for the same order"):
        lpa.initiate().accepted()
        answer = lpa.authenticate(ordered.matching_id)
    with step("Expected: the Profile is offered"):
        answer.accepted()


@testcase("ES9+.HandleNotification#48")
def test_download_after_success(sm_dp_plus, step):
    """An order that is installed offers nothing any more."""
    lpa, _, ordered = installed(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: a new session for the same order"):
        lpa.initiate().accepted()
        answer = lpa.authenticate(ordered.matching_id)
    with step("Expected: no Profile"):
        require(answer.refusal or answer.status != 200, "no Profile", answer.words)


@testcase("ES9+.HandleNotification#49")
def test_result_of_a_card_on_brainpool(sm_dp_plus, step):
    """A result that a card on brainpoolP256r1 has signed is answered with 204."""
    with step("Initial conditions: a package is delivered to a card of the brainpool CI alone"):
        ordered = sm_dp_plus.order()
        lpa = sm_dp_plus.lpa(curve=Curve.BRAINPOOL_P256R1)
        lpa.card.verification = lpa.card.signing = (lpa.card.ci_key(Curve.BRAINPOOL_P256R1),)
        package = lpa.download(ordered.matching_id)
        iccid = StoreMetadataRequest.decode(package.metadata).iccid
    with step("S_LPAd -> SM-DP+: HandleNotification, success"):
        answer = lpa.notify(lpa.card.result(lpa.transaction_id, iccid, lpa.address))
    with step("Expected: 204 without a body"):
        answer.taken()


@testcase("ES9+.HandleNotification#50")
def test_result_of_another_card(sm_dp_plus, step):
    """A result that another card has signed installs nothing."""
    lpa, iccid, ordered = loaded(sm_dp_plus, step)
    other = sm_dp_plus.lpa(other_card=True)
    other.card.server_oid = lpa.server_certificate().registered_id
    with step("S_LPAd -> SM-DP+: HandleNotification, success, signed by another card"):
        lpa.notify(other.card.result(lpa.transaction_id, iccid, lpa.address)).taken()
    with step("Expected: not Installed"):
        state = sm_dp_plus.state(ordered)
        require(state != "Installed", "a state other than Installed", state)
