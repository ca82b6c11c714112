"""Calls of operators and of other servers: who may call, which calls are sent again, the answer.

A caller shows a TLS certificate of the right kind under one of the server's CIs; its registeredID
is the caller. A call that succeeded is kept with its answer, so that a resend is executed once.

Source: SGP.22 v2, 5.3, 5.9, 5.10 and 6.5.1.
"""

from collections.abc import Callable, Mapping, Set
from typing import Final, Protocol, TypeVar

from rspcore.crypto.curves import Curve
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Oid
from rspcore.messages.es9p import (
    ExecutionStatus,
    FailureResponse,
    FunctionExecutionStatus,
    Response,
    ResponseHeader,
    StatusCodeData,
)
from rspcore.messages.es12 import CallHeader
from rspcore.messages.json_codec import (
    InvalidMemberError,
    MissingMemberError,
    dump_object,
    load_object,
)
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.verification import tls_certificate_flaws
from rspcore.printable_text import printable
from rspsim.env import Clock
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.partner_calls import Steps
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.protocol.http_binding import json_answer, partner_fault, plain_answer
from rspsim.smdpp.protocol.resends import AnsweredCall, CallName, repeated
from rspsim.smdpp.status_codes import FUNCTION_DATA_INVALID, FUNCTION_DATA_MISSING
from rspsim.smdpp.variation import Steady, Variation

__all__ = ["CallRules", "answered_once", "failed", "unreadable"]

_Decided = TypeVar("_Decided")
_STEADY: Final = Steady()


class _Trust(Protocol):
    """Knows CIs."""

    def curve_of(self, ci_pkid: bytes | None) -> Curve | None:
        """Returns the curve whose CI has this key identifier, or None when none has."""

    def ci(self, curve: Curve) -> Certificate:
        """Returns the CI certificate of a curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRules:
    """What a server looks at when it is called.

    Attributes:
        identity: Knows the CIs of the callers.
        clock: Present time.
        policy: Choices of the server.
        variation: Choices made differently from answer to answer.
    """

    identity: _Trust
    clock: Clock
    policy: Policy
    variation: Variation = _STEADY

    def caller(self, request: HttpRequest, roles: Set[Role]) -> str | HttpResponse:
        """Returns the OID in the caller's TLS certificate, or 403 for none or a wrong one."""
        wanted = " or ".join(sorted(map(str, roles)))
        if not request.client_certificate:
            return plain_answer(403, f"expected a client certificate, {wanted}; none was shown")
        try:
            shown = Certificate.from_der(request.client_certificate)
        except DecodeError as error:
            return plain_answer(403, f"client certificate: {error}")
        curve = self.identity.curve_of(shown.authority_key_identifier)
        if curve is None:
            return plain_answer(403, "client certificate of a CI that is not known here")
        host = next(iter(shown.dns_names), "")
        now, ci = self.clock.now(), self.identity.ci(curve)
        wrong = ", ".join(map(str, tls_certificate_flaws(shown, roles, ci, now, host)))
        if wrong:
            return plain_answer(403, f"client certificate: {wrong}")
        return str(shown.registered_id)


def answered_once(  # noqa: PLR0913  what a call needs, each part once
    rules: CallRules,
    request: HttpRequest,
    roles: Set[Role],
    *,
    kept: Callable[[CallName], AnsweredCall | None],
    run: Callable[[Mapping[str, object], str], Steps[_Decided | StatusCodeData]],
    response: Callable[[_Decided], Response],
    keep: Callable[[_Decided, AnsweredCall], None],
) -> Steps[tuple[HttpResponse, str]]:
    """Answers a call, and executes it unless it is a resend of one that succeeded.

    Args:
        rules: Identity, clock and policy of the server.
        request: The call.
        roles: Kinds of certificate that may call.
        kept: Returns the last call under a name.
        run: The function: takes body and caller, decides, may call partners on the way.
        response: Makes the answer of what was decided.
        keep: Keeps what was decided, and the answered call, together.

    Returns:
        The answer, and the result in words.
    """
    caller = rules.caller(request, roles)
    if not isinstance(caller, str):
        return _with_summary(caller)
    fault = partner_fault(request, rules.policy)
    if fault is not None:
        return _with_summary(fault)
    try:
        body = load_object(request.body)
    except DecodeError as error:
        return _with_summary(plain_answer(400, str(error)))
    version, now, written = rules.policy.version, rules.clock.now(), rules.variation.members
    name = CallName("", "")
    try:
        header = _header(body, rules.policy)
        name = CallName(
            f"{caller}/{header.function_requester_identifier}", header.function_call_identifier
        )
        again = repeated(kept(name), request.path, body, now)
        if again is not None:
            summary = f"{ExecutionStatus.SUCCESS}, a resend"
            return json_answer(written(load_object(again)), request, version), summary
        decided = yield from run(body, caller)
    except DecodeError as error:
        decided = unreadable(error)
    if isinstance(decided, StatusCodeData):
        summary = f"Failed {printable(str(decided))}"
        return json_answer(written(failed(decided)), request, version), summary
    answer = response(decided).to_json()
    keep(decided, AnsweredCall.of(name, request.path, body, now, dump_object(answer)))
    return json_answer(written(answer), request, version), ExecutionStatus.SUCCESS.value


def _header(body: Mapping[str, object], policy: Policy) -> CallHeader:
    value = body.get("header")
    if value is None:
        raise MissingMemberError("header", "member header is missing")
    header = CallHeader.from_json(value)
    if not policy.any_requester:
        try:
            Oid(header.function_requester_identifier)
        except DecodeError as error:
            raise InvalidMemberError("functionRequesterIdentifier", str(error)) from error
    return header


def unreadable(error: DecodeError) -> StatusCodeData:
    """Returns the refusal of a body that cannot be read: 1.6/2.2 or 1.6/2.1."""
    member = getattr(error, "member", None)
    if isinstance(error, MissingMemberError):
        return FUNCTION_DATA_MISSING(str(error), identifier=member)
    return FUNCTION_DATA_INVALID(str(error), identifier=member)


def failed(refusal: StatusCodeData) -> dict[str, object]:
    """Returns the JSON object of a refusal."""
    status = FunctionExecutionStatus(status=ExecutionStatus.FAILED, status_code_data=refusal)
    return FailureResponse(header=ResponseHeader(function_execution_status=status)).to_json()


def _with_summary(response: HttpResponse) -> tuple[HttpResponse, str]:
    text = response.body.decode("utf-8", "replace").strip()
    return response, f"HTTP {response.status}, {text}"
