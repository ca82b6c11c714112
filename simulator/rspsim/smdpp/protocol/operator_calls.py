"""Calls of operators (ES2+): who may call, which calls are sent again, and what is answered.

A caller shows a TLS certificate of an SM-DP+ or SM-DS kind under one of the server's CIs; its
registeredID is the caller. Calls answered last are kept in memory, so after a restart a resend is
a new call.

Source: SGP.22 v2, 5.3 and 6.5.1.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from rspcore.errors import DecodeError
from rspcore.messages.es2p import ES2P_PREFIX
from rspcore.messages.es9p import (
    ExecutionStatus,
    FailureResponse,
    FunctionExecutionStatus,
    Response,
    ResponseHeader,
    StatusCodeData,
)
from rspcore.messages.es12 import CallHeader
from rspcore.messages.json_codec import MissingMemberError, dump_object, load_object
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.verification import tls_certificate_flaws
from rspcore.printable_text import printable
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.protocol.es2p import FUNCTIONS
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.http_binding import json_answer, partner_fault, plain_answer
from rspsim.smdpp.protocol.resends import AnsweredCall, CallName, repeated
from rspsim.smdpp.status_codes import FUNCTION_DATA_INVALID, FUNCTION_DATA_MISSING

__all__ = ["OperatorCalls"]

_Function = Callable[[Environment, Mapping[str, object]], Response | StatusCodeData]
_MOST_KEPT: Final = 1000
_ROLES: Final = frozenset((Role.DP_TLS, Role.DS_TLS))


class OperatorCalls:
    """Answers the calls of operators."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._answered: OrderedDict[CallName, AnsweredCall] = OrderedDict()

    @staticmethod
    def function(path: str) -> str:
        """Returns the name of the function at a path, empty when there is none."""
        name = path.removeprefix(ES2P_PREFIX)
        return name if name != path and name in FUNCTIONS else ""

    def answer(self, request: HttpRequest) -> tuple[HttpResponse, str]:
        """Answers a call of `function`, and returns the result in words, too."""
        run = FUNCTIONS[self.function(request.path)]
        caller = self._caller(request)
        if not isinstance(caller, str):
            return _with_summary(caller)
        fault = partner_fault(request, self._environment.policy)
        if fault is not None:
            return _with_summary(fault)
        try:
            body = load_object(request.body)
        except DecodeError as error:
            return _with_summary(plain_answer(400, str(error)))
        try:
            answer, summary = self._once(run, request.path, body, caller)
        except DecodeError as error:
            answer, summary = _refused(_unreadable(error))
        return json_answer(answer, request, self._environment.policy.version), summary

    def _once(
        self, run: _Function, path: str, body: Mapping[str, object], caller: str
    ) -> tuple[dict[str, object], str]:
        """Calls the function, unless this is a resend of a call that it executed."""
        header = _header(body)
        name = CallName(
            f"{caller}/{header.function_requester_identifier}", header.function_call_identifier
        )
        now = self._environment.clock.now()
        again = repeated(self._answered.get(name), path, body, now)
        if again is not None:
            return load_object(again), f"{ExecutionStatus.SUCCESS}, a resend"
        decided: Response | StatusCodeData = run(self._environment, body)
        if isinstance(decided, StatusCodeData):
            return _refused(decided)
        answer = decided.to_json()
        self._answered[name] = AnsweredCall.of(name, path, body, now, dump_object(answer))
        self._answered.move_to_end(name)
        while len(self._answered) > _MOST_KEPT:
            self._answered.popitem(last=False)
        return answer, ExecutionStatus.SUCCESS.value

    def _caller(self, request: HttpRequest) -> str | HttpResponse:
        """Returns the OID in the caller's TLS certificate, or 403 for none or a wrong one."""
        if not request.client_certificate:
            return plain_answer(403, "expected a TLS client certificate; none was shown")
        try:
            shown = Certificate.from_der(request.client_certificate)
        except DecodeError as error:
            return plain_answer(403, f"client certificate: {error}")
        identity, now = self._environment.identity, self._environment.clock.now()
        curve = identity.curve_of(shown.authority_key_identifier)
        if curve is None:
            return plain_answer(403, "client certificate of a CI that is not known here")
        host = next(iter(shown.dns_names), "")
        flaws = tls_certificate_flaws(shown, _ROLES, identity.ci(curve), now, host)
        wrong = ", ".join(map(str, flaws))
        if wrong:
            return plain_answer(403, f"client certificate: {wrong}")
        return str(shown.registered_id)


def _header(body: Mapping[str, object]) -> CallHeader:
    value = body.get("header")
    if value is None:
        raise MissingMemberError("header", "member header is missing")
    return CallHeader.from_json(value)


def _unreadable(error: DecodeError) -> StatusCodeData:
    member = getattr(error, "member", None)
    if isinstance(error, MissingMemberError):
        return FUNCTION_DATA_MISSING(str(error), identifier=member)
    return FUNCTION_DATA_INVALID(str(error), identifier=member)


def _refused(refusal: StatusCodeData) -> tuple[dict[str, object], str]:
    status = FunctionExecutionStatus(status=ExecutionStatus.FAILED, status_code_data=refusal)
    failure = FailureResponse(header=ResponseHeader(function_execution_status=status))
    return failure.to_json(), f"Failed {printable(str(refusal))}"


def _with_summary(response: HttpResponse) -> tuple[HttpResponse, str]:
    text = response.body.decode("utf-8", "replace").strip()
    return response, f"HTTP {response.status}, {text}"
