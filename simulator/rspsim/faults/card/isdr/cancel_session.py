"""Faults of ES10b.CancelSession: what is signed, what it ends, what it leaves."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.ids import Aid, Oid, TransactionId
from rspcore.messages.es10b import (
    CancelSessionReason,
    CancelSessionResponseError,
    EuiccCancelSessionSigned,
)
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import ISDP_PREFIX
from rspsim.euicc import notifications
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr.es10b import authenticate_server, cancel_session
from rspsim.euicc.isdr.es10b.cancel_session import CancelAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session import SessionEvent, SessionState
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.euicc.state import Profile
from rspsim.faults.card.card_fault import CardFault, adds, answers, behind, leads, skip, swap

__all__ = ["FAULTS"]

_CHECKS = cancel_session.CHECKS
_FUNCTION = cancel_session.CANCEL_SESSION
_E = CancelSessionResponseError
_S = SessionState
_Signed = Callable[[CancelAttempt, AuthenticatedServer], EuiccCancelSessionSigned]


def _reason(reason: CancelSessionReason) -> _Signed:
    """Returns a function that makes euiccCancelSessionSigned with always this reason."""

    def signed(attempt: CancelAttempt, server: AuthenticatedServer) -> EuiccCancelSessionSigned:
        return replace(cancel_session.SIGNED.standard(attempt, server), reason=reason)

    return signed


def _no_transaction(
    attempt: CancelAttempt, server: AuthenticatedServer
) -> EuiccCancelSessionSigned:
    made = cancel_session.SIGNED.standard(attempt, server)
    return replace(made, transaction_id=TransactionId(bytes(16)))


def _one_oid(attempt: CancelAttempt, server: AuthenticatedServer) -> EuiccCancelSessionSigned:
    made = cancel_session.SIGNED.standard(attempt, server)
    return replace(made, smdp_oid=Oid("2.999.10"))


def _fits_phase(attempt: CancelAttempt) -> bool:
    loading = attempt.view.session.state is _S.LOADING
    return loading or attempt.request.reason != CancelSessionReason.loadBppExecutionError


def _other_key(outcome: Outcome, _view: View) -> Outcome:
    """Sets another CI for the signatures that follow AuthenticateServer."""
    session, state = outcome.volatile.session, outcome.state
    if session.server is None:
        return outcome
    others = [c.ci_pkid for c in state.credentials if c.signs]
    other = next((one for one in others if one != session.server.ci_pkid), others[0])
    turned = replace(session, server=replace(session.server, ci_pkid=other))
    return replace(outcome, volatile=replace(outcome.volatile, session=turned))


def _profile_left(outcome: Outcome, view: View) -> Outcome:
    """Adds the Profile of a cancelled load to the list."""
    standing = view.session.load
    if standing is None or standing.metadata is None or outcome.volatile.session.load is not None:
        return outcome
    left = Profile(aid=standing.aid or Aid(ISDP_PREFIX + bytes(3)), metadata=standing.metadata)
    state = replace(outcome.state, profiles=(*outcome.state.profiles, left))
    return replace(outcome, state=state)


def _result_left(outcome: Outcome, view: View) -> Outcome:
    """Adds a ProfileInstallationResult for a cancelled load."""
    session = view.session
    if session.load is None or session.server is None or session.download is None:
        return outcome
    ended = notifications.Ended(
        transaction_id=session.server.transaction_id,
        address=session.server.address,
        smdp_oid=session.download.smdp_oid,
        ci_pkid=session.server.ci_pkid,
        iccid=None if session.load.metadata is None else session.load.metadata.iccid,
    )
    result = notifications.failure(
        BppCommandId.loadProfileElements, ErrorReason.installFailedDueToInterruption
    )
    state, _ = notifications.with_result(outcome.state, view.decisions, ended, result)
    return replace(outcome, state=state)


FAULTS: Final = (
    CardFault(
        "es10b.cancel-session.any-transaction",
        "CancelSession ends the session whatever TransactionID the request has.",
        ("ES10b.CancelSession#25",),
        skip(_CHECKS, "transaction_id"),
    ),
    CardFault(
        "es10b.cancel-session.transaction-undefined",
        "A wrong TransactionID is answered undefinedError(127).",
        ("ES10b.CancelSession#25",),
        answers(_CHECKS, "transaction_id", _E.undefinedError),
    ),
    CardFault(
        "es10b.cancel-session.session-undefined",
        "CancelSession without a session is answered undefinedError(127).",
        ("ES10b.CancelSession#26", "ES10b.CancelSession#27"),
        answers(_CHECKS, "session_open", _E.undefinedError),
    ),
    CardFault(
        "es10b.cancel-session.refusal-ends-session",
        "A refused CancelSession ends the session.",
        ("ES10b.CancelSession#25",),
        leads(SessionEvent.CANCEL_REFUSED, {_S.AUTHENTICATED_DP: _S.IDLE}),
    ),
    CardFault(
        "es10b.cancel-session.refusal-keeps-challenge",
        "A CancelSession without a session to cancel leaves the challenge usable.",
        ("ES10b.CancelSession#27",),
        leads(SessionEvent.CANCEL_REFUSED, {_S.CHALLENGED: _S.CHALLENGED}),
    ),
    CardFault(
        "es10b.cancel-session.reason-lost",
        "CancelSession signs undefinedReason(127) for every reason.",
        (
            "ES10b.CancelSession#01",
            "ES10b.CancelSession#02",
            "ES10b.CancelSession#03",
            "ES10b.CancelSession#04",
            "ES10b.CancelSession#05",
            "ES10b.CancelSession#06",
            "ES10b.CancelSession#28",
            "procedure.Retry#01",
        ),
        swap(cancel_session.SIGNED, _reason(CancelSessionReason.undefinedReason)),
    ),
    CardFault(
        "es10b.cancel-session.one-reason",
        "CancelSession signs endUserRejection(0) for every reason.",
        ("ES10b.CancelSession#02", "ES10b.CancelSession#21", "ES10b.CancelSession#23"),
        swap(cancel_session.SIGNED, _reason(CancelSessionReason.endUserRejection)),
    ),
    CardFault(
        "es10b.cancel-session.reason-of-phase",
        "The reason loadBppExecutionError is refused before a load.",
        ("ES10b.CancelSession#06", "ES10b.CancelSession#28"),
        adds(_CHECKS, Check("fits_phase", _fits_phase, _E.undefinedError)),
    ),
    CardFault(
        "es10b.cancel-session.any-reason",
        "A reason that the specification does not define is signed.",
        ("ES10b.CancelSession#32",),
        skip(_CHECKS, "reason_defined"),
    ),
    CardFault(
        "es10b.cancel-session.transaction-lost",
        "CancelSession signs a TransactionID of zeros.",
        ("ES10b.CancelSession#01", "ES10b.CancelSession#22", "ES10b.CancelSession#23"),
        swap(cancel_session.SIGNED, _no_transaction),
    ),
    CardFault(
        "es10b.cancel-session.one-oid",
        "CancelSession signs the OID of one SM-DP+, whichever server the session is with.",
        ("ES10b.CancelSession#22", "ES10b.CancelSession#31"),
        swap(cancel_session.SIGNED, _one_oid),
    ),
    CardFault(
        "es10b.cancel-session.other-key",
        "After AuthenticateServer the card signs under another CI.",
        (
            "ES10b.CancelSession#01",
            "ES10b.CancelSession#34",
            "ES10b.PrepareDownload#01",
            "ES10b.PrepareDownload#03",
        ),
        behind(authenticate_server.AUTHENTICATE_SERVER, _other_key),
    ),
    CardFault(
        "es10b.cancel-session.after-refusal",
        "After a refused server, CancelSession is answered with an undefined code.",
        ("ES10b.CancelSession#24",),
        answers(_CHECKS, "session_open", 1),
    ),
    CardFault(
        "es10b.cancel-session.not-before-load",
        "A prepared download cannot be cancelled.",
        ("ES10b.CancelSession#23", "procedure.Retry#01"),
        adds(
            _CHECKS,
            Check(
                "not_prepared",
                lambda a: a.view.session.state is not _S.PREPARED,
                _E.undefinedError,
            ),
        ),
    ),
    CardFault(
        "es10b.cancel-session.profile-left",
        "The Profile of a cancelled load stays in the list.",
        ("ES10b.CancelSession#30",),
        behind(_FUNCTION, _profile_left),
    ),
    CardFault(
        "es10b.cancel-session.result-left",
        "A cancelled load leaves a ProfileInstallationResult.",
        ("ES10b.CancelSession#33",),
        behind(_FUNCTION, _result_left),
    ),
)
