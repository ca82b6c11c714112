"""ES9+.CancelSession: ends a session and applies its reason to the order.

Source: SGP.22 v2, 5.6.5 and 3.1.3.1.
"""

from collections.abc import Mapping
from typing import Final

from rspcore.frozen import dataclass, replace
from rspcore.ids import Oid, TransactionId
from rspcore.messages.es9p import CancelSessionRequest, CancelSessionResponse, StatusCodeData
from rspcore.messages.es10b import CancelSessionResponse as CardResponse
from rspcore.messages.es10b import CancelSessionResponseOk
from rspsim.smdpp.protocol.es9p_function import Environment, Es9pFunction, Outcome, run_checks
from rspsim.smdpp.status_codes import (
    EUICC_VERIFICATION_FAILED,
    SMDP_OID_MISMATCH,
    TRANSACTION_UNKNOWN,
)
from rspsim.smdpp.stock.operations import Operation, OperationState
from rspsim.smdpp.stock.orders import NotificationPoint, Order
from rspsim.smdpp.stock.sessions import Session

__all__ = ["FUNCTION"]

NAME: Final = "cancelSession"


@dataclass(frozen=True, slots=True)
class Content:
    """A request that could be read.

    Attributes:
        transaction_id: TransactionID of the JSON object.
        ok: What the card signed, or None when it sent an error.
        error_code: cancelSessionResponseError, or None.
    """

    transaction_id: TransactionId
    ok: CancelSessionResponseOk | None
    error_code: int | None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A signed cancellation, with its session and the OID of this server."""

    content: Content
    ok: CancelSessionResponseOk
    session: Session
    oid: Oid | None


def read(body: Mapping[str, object]) -> Content:
    """Reads the request and CancelSessionResponse of the card.

    Raises:
        DecodeError: a member or a data object is missing or has the wrong form.
    """
    request = CancelSessionRequest.from_json(body)
    response = CardResponse.decode(request.cancel_session_response)
    return Content(
        request.transaction_id,
        response.cancel_session_response_ok,
        response.cancel_session_response_error,
    )


def signed_transaction_id(cancellation: Cancellation) -> StatusCodeData | None:
    """Checks the TransactionID the card signed against the JSON object: 8.10.1/3.9."""
    signed = cancellation.ok.euicc_cancel_session_signed.transaction_id
    if signed == cancellation.content.transaction_id:
        return None
    return TRANSACTION_UNKNOWN(
        "euiccCancelSessionSigned names another TransactionID", identifier=str(signed)
    )


def euicc_cancel_session_signature(cancellation: Cancellation) -> StatusCodeData | None:
    """Checks the signature over euiccCancelSessionSigned as received: 8.1/6.1.

    Before AuthenticateClient the server has no certificate of the card, so the check fails.
    """
    client, ok = cancellation.session.client, cancellation.ok
    key = client.certificate.public_key if client else None
    signed = ok.euicc_cancel_session_signed.raw or b""
    if key is not None and key.verify(ok.euicc_cancel_session_signature, signed):
        return None
    return EUICC_VERIFICATION_FAILED(
        "euiccCancelSessionSignature does not verify euiccCancelSessionSigned"
        if client
        else "the card has not been authenticated in this session"
    )


def smdp_oid(cancellation: Cancellation) -> StatusCodeData | None:
    """Checks the OID the card took from CERT.DPauth: 8.8/3.10."""
    signed = cancellation.ok.euicc_cancel_session_signed.smdp_oid
    if signed == cancellation.oid:
        return None
    return SMDP_OID_MISMATCH(f"this server is {cancellation.oid}", identifier=str(signed))


CHECKS: Final = (signed_transaction_id, euicc_cancel_session_signature, smdp_oid)
"""The checks in the order of SGP.22 v2, 5.6.5; a refusal leaves the session as it is."""


def run(environment: Environment, content: Content) -> Outcome:
    """Ends the session, or refuses to."""
    session = environment.sessions.live(content.transaction_id, environment.clock.now())
    if session is None:
        return Outcome(
            answer=TRANSACTION_UNKNOWN(
                "no session with this TransactionID is open",
                identifier=str(content.transaction_id),
            )
        )
    if content.ok is None:
        return Outcome(
            answer=EUICC_VERIFICATION_FAILED(
                f"the card did not cancel: cancelSessionResponseError {content.error_code!r}"
            )
        )
    cancellation = Cancellation(content, content.ok, session, environment.identity.oid)
    refusal = run_checks(CHECKS, environment.policy, cancellation)
    if refusal is not None:
        return Outcome(answer=refusal)
    return Outcome(
        answer=CancelSessionResponse(),
        sessions=(session.ended(),),
        orders=_consequence(environment, session, content.ok),
        operations=_operations(environment, session, content.ok),
    )


def _operations(
    environment: Environment, session: Session, ok: CancelSessionResponseOk
) -> tuple[Operation, ...]:
    """Returns RPM package or Device Change of the session after its end: it waits on, or ends."""
    effect = environment.policy.cancel_effect(ok.euicc_cancel_session_signed.reason)
    after = OperationState.WAITING if effect is None else OperationState.ENDED
    return tuple(
        replace(one, state=after)
        for one in environment.operations.all()
        if one.session == session.transaction_id and one.open
    )


def _consequence(
    environment: Environment, session: Session, ok: CancelSessionResponseOk
) -> tuple[Order, ...]:
    """Returns the order as changed by the reason, or nothing when the reason changes nothing."""
    if session.order is None:
        return ()
    order = environment.orders.get(session.order)
    reason = ok.euicc_cancel_session_signed.reason
    event = environment.policy.cancel_effect(reason)
    if event is None:
        return ()
    reported = order.with_progress(
        NotificationPoint.BPP_DOWNLOAD,
        environment.clock.now(),
        f"Failed, cancelled by the card: {getattr(reason, 'name', reason)}",
    )
    return (reported.after(event),)


FUNCTION: Final = Es9pFunction(name=NAME, read=read, run=run)
