"""An RPM package as the answer to ES9+.AuthenticateClient (SGP.22 v3.1, 5.6.3 and 3.7).

What smdpSignature3 is made over is not public. Here it is made over smdpSigned3 and the card's
euiccSignature1; the policy `signatures_covered` leaves the second out. Which goes first where an
order waits too is the server's choice: the package.
"""

from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import replace
from rspcore.ids import Version
from rspcore.messages.v3.rpm_package import SmdpSigned3
from rspcore.messages.v3.server_authentication import (
    CtxParamsForCommonAuthentication,
    OperationType,
)
from rspcore.messages.v3.server_functions import AuthenticateClientRpmResponse
from rspsim.smdpp import fault_points
from rspsim.smdpp.protocol.changes import Asked, dp_auth_signer
from rspsim.smdpp.protocol.es9p_function import Environment, Outcome
from rspsim.smdpp.status_codes import MATCHING_ID_REFUSED
from rspsim.smdpp.stock.operations import Operation, OperationKind, OperationState
from rspsim.smdpp.stock.sessions import Stage

__all__ = ["offered"]

NAME: Final = "authenticateClient"
_VERSION_3: Final = Version.from_text("3.0.0")


def offered(environment: Environment, asked: Asked) -> Outcome | None:
    """Answers a session for RPM with a package that waits.

    Returns:
        The answer; None for a session that is not for RPM, or is for a download too and has no
        package.
    """
    if environment.policy.version < _VERSION_3 or asked.context[0] != _COMMON:
        return None
    try:
        context = CtxParamsForCommonAuthentication.decode(asked.context)
    except DecodeError:
        return None
    operations = context.operation_type or frozenset({OperationType.profileDownload})
    if OperationType.rpm not in operations:
        return None
    waiting = _waiting(environment, asked, context.matching_id)
    if waiting:
        return _answer(environment, asked, waiting)
    if OperationType.profileDownload in operations:
        return None
    refused = MATCHING_ID_REFUSED(
        "no RPM package waits for this card",
        identifier=context.matching_id or str(asked.client.eid),
    )
    return Outcome(answer=refused, sessions=(asked.session.ended(),))


_COMMON: Final = CtxParamsForCommonAuthentication.TAG


def _waiting(
    environment: Environment, asked: Asked, matching_id: str | None
) -> tuple[Operation, ...]:
    """Returns the packages for this card, that of the MatchingID first; none for a wrong one."""
    own = [
        one
        for one in environment.operations.all()
        if one.kind is OperationKind.RPM and one.open and one.eid == asked.client.eid
    ]
    if matching_id:
        named = [one for one in own if one.key == matching_id]
        own = named + [one for one in own if one.key != matching_id] if named else []
    return tuple(own)


def _answer(environment: Environment, asked: Asked, waiting: tuple[Operation, ...]) -> Outcome:
    session, operation = asked.session, waiting[0]
    signer = dp_auth_signer(environment, session)
    commands = tuple(bytes(one.raw) for one in tlv.iterate(operation.content))
    package = SmdpSigned3(
        transaction_id=session.transaction_id,
        rpm_package=commands,
        rpm_pending=len(waiting) > 1 or None,
    )
    signed = environment.faults.through(fault_points.SMDP_SIGNED3, package, NAME).encode()
    response = AuthenticateClientRpmResponse(
        transaction_id=session.transaction_id,
        smdp_signed3=signed,
        smdp_signature3=asked.signature(environment, signer, signed),
    )
    authenticated = replace(
        session, stage=Stage.AUTHENTICATED, touched=asked.now, client=asked.client
    )
    taken = replace(operation, state=OperationState.OFFERED, session=session.transaction_id)
    return Outcome(answer=response, sessions=(authenticated,), operations=(taken,))
