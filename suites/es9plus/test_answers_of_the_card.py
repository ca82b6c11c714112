"""GetBoundProfilePackage and CancelSession: whose answer it is, and of which session."""

from rspcore.ids import TransactionId
from rspharness import testcase

POSTPONED = 1
OTHER_ID = "00" * 16
PACKAGE, CANCEL = "getBoundProfilePackage", "cancelSession"


def offered(sm_dp_plus, step, asn1):
    """Returns an LPA that is offered a Profile."""
    with step("Initial conditions: a Profile is ordered, released and offered"):
        ordered = sm_dp_plus.order()
        lpa = sm_dp_plus.lpa(asn1=asn1)
        lpa.initiate().accepted()
        lpa.authenticate(ordered.matching_id).accepted()
    return lpa


def called(lpa, function, signed=None, transaction=None):
    """Calls a function with a transactionId, and with one that the card has signed."""
    if function == CANCEL:
        return lpa.cancel(POSTPONED, transaction=transaction, signed_id=signed)
    changes = {} if signed is None else {"transaction_id": signed}
    return lpa.get_package(transaction=transaction, **changes)


@testcase.each(
    "function, asn1, integer",
    {
        "ES9+.GetBoundProfilePackage#40": (PACKAGE, False, 95),
        "ES9+.GetBoundProfilePackage#41": (PACKAGE, True, 95),
        "ES9+.CancelSession#40": (CANCEL, False, 1),
        "ES9+.CancelSession#41": (CANCEL, True, 1),
    },
)
def test_unknown_transaction_id(sm_dp_plus, step, function, asn1, integer):
    """A transactionId that no session has is refused."""
    lpa = offered(sm_dp_plus, step, asn1)
    with step(f"S_LPAd -> SM-DP+: {function}, unknown transactionId"):
        answer = called(lpa, function, TransactionId.from_hex(OTHER_ID), OTHER_ID)
    with step(f"Expected: refused, 8.10.1/3.9; {integer}"):
        answer.refused(f"8.10.1/3.9; {integer}")


@testcase.each(
    "function, asn1, integer",
    {
        "ES9+.GetBoundProfilePackage#42": (PACKAGE, False, 1),
        "ES9+.GetBoundProfilePackage#43": (PACKAGE, True, 1),
        "ES9+.CancelSession#42": (CANCEL, False, 2),
        "ES9+.CancelSession#43": (CANCEL, True, 2),
    },
)
def test_wrong_signature(sm_dp_plus, step, function, asn1, integer):
    """A signature that is not the card's is refused."""
    lpa = offered(sm_dp_plus, step, asn1)
    lpa.card.key = lpa.card.pki.eum(lpa.card.curve).private_key
    with step(f"S_LPAd -> SM-DP+: {function}, signed by another key"):
        answer = called(lpa, function)
    with step(f"Expected: refused, 8.1/6.1; {integer}"):
        answer.refused(f"8.1/6.1; {integer}")


@testcase.each(
    "function, asn1, integer",
    {
        "ES9+.GetBoundProfilePackage#44": (PACKAGE, False, 95),
        "ES9+.GetBoundProfilePackage#45": (PACKAGE, True, 95),
        "ES9+.CancelSession#44": (CANCEL, False, 1),
        "ES9+.CancelSession#45": (CANCEL, True, 1),
    },
)
def test_another_transaction_id_is_signed(sm_dp_plus, step, function, asn1, integer):
    """A card that signs another transactionId is refused."""
    lpa = offered(sm_dp_plus, step, asn1)
    with step(f"S_LPAd -> SM-DP+: {function}, another transactionId signed"):
        answer = called(lpa, function, TransactionId.from_hex(OTHER_ID))
    with step(f"Expected: refused, 8.10.1/3.9; {integer}"):
        answer.refused(f"8.10.1/3.9; {integer}")
