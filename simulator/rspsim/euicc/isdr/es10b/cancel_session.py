"""ES10b.CancelSession: ends the session and signs the reason (SGP.22 v2, 5.7.14)."""

from collections.abc import Callable
from typing import Final

from rspcore.frozen import dataclass, replace
from rspcore.messages.es10b import (
    CancelSessionReason,
    CancelSessionRequest,
    CancelSessionResponse,
    CancelSessionResponseError,
    CancelSessionResponseOk,
    EuiccCancelSessionSigned,
)
from rspcore.messages.v3 import server_authentication as v3
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import ecasd, one_time_keys
from rspsim.euicc.session import SessionEvent
from rspsim.euicc.session_context import AuthenticatedServer

__all__ = ["CANCEL_SESSION", "CHECKS", "SIGNED", "CancelAttempt"]


@dataclass(frozen=True, slots=True)
class CancelAttempt:
    """A request and the view for its checks."""

    request: CancelSessionRequest
    view: View

    @property
    def server(self) -> AuthenticatedServer | None:
        """Returns the server of the session."""
        return self.view.session.server

    @property
    def session_open(self) -> bool:
        """Returns whether there is a session with a TransactionID."""
        return self.server is not None and self.view.permits(SessionEvent.CANCELLED)

    @property
    def transaction_fits(self) -> bool:
        """Returns whether the LPA names the session's TransactionID."""
        return self.server is not None and self.request.transaction_id == self.server.transaction_id

    @property
    def reason_defined(self) -> bool:
        """Returns whether the reason is one of the list of the card's version."""
        return isinstance(self.request.reason, CancelSessionReason | v3.CancelSessionReason)


def _signed(attempt: CancelAttempt, server: AuthenticatedServer) -> EuiccCancelSessionSigned:
    return EuiccCancelSessionSigned(
        transaction_id=server.transaction_id,
        smdp_oid=server.oid,
        reason=attempt.request.reason,
    )


_E = CancelSessionResponseError

CHECKS: Final[Decision[Checks[CancelAttempt]]] = Decision(
    "es10b.cancel_session",
    (
        Check("session_open", lambda a: a.session_open, _E.invalidTransactionId),
        Check("transaction_id", lambda a: a.transaction_fits, _E.invalidTransactionId),
        Check("reason_defined", lambda a: a.reason_defined, _E.undefinedError),
    ),
    "checks of CancelSession",
)
SIGNED: Final[
    Decision[Callable[[CancelAttempt, AuthenticatedServer], EuiccCancelSessionSigned]]
] = Decision("es10b.cancel_session.signed", _signed, "euiccCancelSessionSigned")


def _handle(request: CancelSessionRequest, view: View) -> Outcome:
    attempt = CancelAttempt(request, view)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    server = attempt.server
    if refusal is None and server is not None:
        return _cancelled(attempt, server)
    return view.answer(
        CancelSessionResponse(
            cancel_session_response_error=_E.undefinedError if refusal is None else refusal
        ),
        session=view.session_after(SessionEvent.CANCEL_REFUSED),
    )


def _cancelled(attempt: CancelAttempt, server: AuthenticatedServer) -> Outcome:
    view = attempt.view
    signed = view.decisions[SIGNED](attempt, server)
    ok = CancelSessionResponseOk(
        euicc_cancel_session_signed=signed,
        euicc_cancel_session_signature=ecasd.sign(
            view.state, view.decisions, server.ci_pkid, signed.encode()
        ),
    )
    state = one_time_keys.dropped_after_cancel(view, attempt.request.reason)
    if state.open_installation is not None:
        state = replace(state, open_installation=None)
    return view.answer(
        CancelSessionResponse(cancel_session_response_ok=ok),
        state=state,
        session=view.session_after(SessionEvent.CANCELLED),
    )


CANCEL_SESSION: Final = Function(
    "ES10b.CancelSession",
    CancelSessionRequest,
    _handle,
    Interface.ES10B,
    request_v3=v3.CancelSessionRequest,
)
