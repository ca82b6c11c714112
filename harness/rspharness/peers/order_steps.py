"""Steps of an operator that cases of ES2+ have in common."""

from rspharness.peers.operator_calls import OperatorCalls
from rspharness.peers.order_wish import OrderWish
from rspharness.peers.server_under_test import ServerUnderTest
from rspharness.record.steps import Steps

__all__ = ["confirmed", "ordered", "profile_type"]


def profile_type(server: ServerUnderTest) -> str:
    """Returns the profileType that the server is declared to have."""
    return str(server.declared.get("profile_type", OrderWish().profile))


def ordered(
    server: ServerUnderTest, operator: OperatorCalls, step: Steps, eid: str | None = None
) -> str:
    """Orders a Profile; returns its ICCID.

    Raises:
        ExpectationError: the server refuses it.
    """
    with step("Initial conditions: DownloadOrder done"):
        made = operator.call("downloadOrder", profileType=profile_type(server), eid=eid)
        return made.accepted().text("iccid")


def confirmed(
    server: ServerUnderTest, operator: OperatorCalls, step: Steps, **members: object
) -> tuple[str, str]:
    """Orders and confirms a Profile; returns ICCID and MatchingID.

    Args:
        server: The server under test.
        operator: The operator.
        step: Makes the steps.
        **members: Members of ConfirmOrder in place of the usual ones.

    Raises:
        ExpectationError: the server refuses it.
    """
    iccid = ordered(server, operator, step)
    with step("Initial conditions: ConfirmOrder done"):
        given: dict[str, object] = {"iccid": iccid, "releaseFlag": False, **members}
        answer = operator.call("confirmOrder", **given)  # type: ignore[arg-type]
        return iccid, answer.accepted().text("matchingId")
