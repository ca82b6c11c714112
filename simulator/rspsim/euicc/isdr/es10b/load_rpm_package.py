"""ES10b.LoadRpmPackage: verifies a package of an SM-DP+, carries it out, signs the results.

What smdpSignature3 and euiccSignRPR are made over is not public. Here the first is over smdpSigned3
and, by analogy with smdpSignature2, euiccSignature1; the second over the data with the tag of its
type. The options `rpm_signature1_covered` and `rpm_result_tag` choose the other forms.

A signed result, an error too, ends the session and waits among the Notifications; the one REFRESH
of a package, one for each eSIM Port on which it changes something, comes after it. Each command is
kept by itself, the last one with the signed result: after a loss of power the result of those that
were done waits, with interruption(3) at its end. Without the option `rpm_interruption` all of it is
kept at once.

Source: SGP.22 v3.1, 5.7 (LoadRpmPackage).
"""

from typing import Final

from rspcore import tlv
from rspcore.frozen import dataclass, replace
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.messages.v3.rpm_package import (
    LoadRpmPackageErrorCodeNotSigned,
    LoadRpmPackageErrorCodeSigned,
    LoadRpmPackageRequest,
    LoadRpmPackageResult,
    LoadRpmPackageResultNotSigned,
    RpmFinalResult,
)
from rspcore.messages.v3.server_authentication import CtxParams1, OperationType
from rspcore.tags import Tag
from rspsim.euicc import cat
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.esim_ports import ports
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.isdr.es10c import port_targets, switching
from rspsim.euicc.isdr.rpm import signed_result
from rspsim.euicc.isdr.rpm.execution import executed
from rspsim.euicc.isdr.rpm.progress import PortChange, Progress
from rspsim.euicc.isdr.rpm.signed_result import RESULTS, Ended
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session import SessionEvent
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.euicc.state import CardState, Volatile

__all__ = [
    "ASKS_REFRESH",
    "CHECKS",
    "LOAD_RPM_PACKAGE",
    "SESSION_CHECKS",
    "VERIFIES",
    "PackageAttempt",
]


@dataclass(frozen=True, slots=True)
class PackageAttempt:
    """A request and the view for its checks."""

    request: LoadRpmPackageRequest
    view: View

    @property
    def server(self) -> AuthenticatedServer | None:
        """Returns the server of the session."""
        return self.view.session.server

    @property
    def session_open(self) -> bool:
        """Returns whether an SM-DP+ is authenticated and nothing was prepared since."""
        return self.server is not None and self.view.permits(SessionEvent.RPM_EXECUTED)

    @property
    def for_rpm(self) -> bool:
        """Returns whether the session was opened with operationType rpm."""
        if self.server is None:
            return False
        whole = tlv.encode(Tag.Sequence, self.server.ctx_params1)
        context = CtxParams1.from_tlv(tlv.parse(whole)).ctx_params_for_common_authentication
        return context is not None and OperationType.rpm in (context.operation_type or ())

    @property
    def transaction_fits(self) -> bool:
        """Returns whether the server names the session's TransactionID."""
        named = self.request.smdp_signed3.transaction_id
        return self.server is not None and named == self.server.transaction_id

    @property
    def signature_fits(self) -> bool:
        """Returns whether smdpSignature3 is by the key of CERT.DPauth, over what it is made of."""
        return self.server is not None and self.view.decisions[VERIFIES](self, self.server)


def _verifies(attempt: PackageAttempt, server: AuthenticatedServer, /) -> bool:
    signed = attempt.request.smdp_signed3.encode()
    if attempt.view.options.rpm_signature1_covered:
        signed += tlv.encode(Tag.Signature, server.euicc_signature1)
    key = server.server_key
    return key is not None and key.verify(attempt.request.smdp_signature3, signed)


_N, _S = LoadRpmPackageErrorCodeNotSigned, LoadRpmPackageErrorCodeSigned

SESSION_CHECKS: Final[Decision[Checks[PackageAttempt]]] = Decision(
    "es10b.load_rpm_package.session",
    (
        Check("session_open", lambda a: a.session_open, _N.noSession),
        Check("for_rpm", lambda a: a.for_rpm, _N.undefinedError),
    ),
    "checks of LoadRpmPackage whose codes are not signed",
)
CHECKS: Final[Decision[Checks[PackageAttempt]]] = Decision(
    "es10b.load_rpm_package",
    (
        Check("transaction_id", lambda a: a.transaction_fits, _S.invalidTransactionId),
        Check("smdp_signature3", lambda a: a.signature_fits, _S.invalidSignature),
    ),
    "checks of LoadRpmPackage whose codes are signed",
)
VERIFIES: Final = Decision(
    "es10b.load_rpm_package.verifies", _verifies, "whether smdpSignature3 is good"
)


ASKS_REFRESH: Final = Decision(
    "es10b.load_rpm_package.asks_refresh",
    standard=True,
    summary="a package that changes which Profile is enabled asks for REFRESH",
)


def _handle(request: LoadRpmPackageRequest, view: View) -> Outcome:
    if view.state.open_package is not None:
        view = replace(view, state=signed_result.interrupted(view.state, view.decisions))
    attempt = PackageAttempt(request, view)
    refusal = first_refusal(view.decisions[SESSION_CHECKS], attempt)
    server = attempt.server
    if refusal is not None or server is None:
        result = LoadRpmPackageResultNotSigned(
            transaction_id=request.smdp_signed3.transaction_id,
            load_rpm_package_error_code_not_signed=refusal or _N.undefinedError,
        )
        return view.answer(LoadRpmPackageResult(load_rpm_package_result_not_signed=result))
    code = first_refusal(view.decisions[CHECKS], attempt)
    if code is not None:
        final = RpmFinalResult(load_rpm_package_error_code_signed=code)
        return _answered(view, server, final, view.state, view.volatile)
    begun = Progress(view=view, server=server, asked_port=request.target_esim_port)
    steps = (begun, *executed(begun, request.smdp_signed3))
    results = view.decisions[RESULTS](steps[-1].results)
    final = RpmFinalResult(rpm_package_execution_result=results)
    outcome = _with_changes(view, steps[-1])
    answered = _answered(view, server, final, outcome.state, outcome.volatile)
    if not view.options.rpm_interruption:
        return answered
    done = ((_with_changes(view, one).state, one) for one in steps[:-1])
    return replace(answered, on_the_way=tuple(signed_result.noted(*one) for one in done))


def _with_changes(view: View, progress: Progress) -> Outcome:
    """Has the changes of a package so far wait for the REFRESH at its end."""
    outcome = progress.view.outcome()
    for one in progress.changes:
        there = replace(view, state=outcome.state, volatile=outcome.volatile)
        outcome = _changing(there, one)
    return outcome


def _changing(view: View, change: PortChange) -> Outcome:
    """Has a change wait for the REFRESH on its eSIM Port."""

    def waits(there: View) -> Outcome:
        state = there.decisions[switching.WAITS](there.state, change.switch)
        if not there.decisions[ASKS_REFRESH]:
            return there.outcome(state=state)
        return there.outcome(state=state, volatile=cat.with_refresh(there, there.volatile))

    known = ports.agreed(view)
    if known is None or change.number is None:
        return waits(view)
    return port_targets.carried_out(view, known, change.number, waits)


def _answered(
    view: View,
    server: AuthenticatedServer,
    final: RpmFinalResult,
    state: CardState,
    volatile: Volatile,
) -> Outcome:
    """Signs a result, keeps it as a Notification and ends the session."""
    state, signed = signed_result.kept(state, view.decisions, Ended.of(server), final)
    return view.answer(
        LoadRpmPackageResult(load_rpm_package_result_signed=signed),
        state=state,
        volatile=replace(volatile, session=view.session_after(SessionEvent.RPM_EXECUTED)),
    )


def _available(view: View) -> bool:
    personality = view.state.personality
    return personality.version_3 and EuiccRspCapability.rpmSupport in personality.rsp_capability


LOAD_RPM_PACKAGE: Final = Function(
    "ES10b.LoadRpmPackage",
    LoadRpmPackageRequest,
    _handle,
    Interface.ES10B,
    available=_available,
)
