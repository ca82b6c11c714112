"""Faults that no LPA notices: a server that checks nothing again, repeats itself, or errs in codes.

They are for the cases of servers under test (`rsplab run --smdpp own --kills`), which have to find
them; a download goes on or fails as it would without them, or with another code.
"""

from dataclasses import replace
from typing import Final

from rspcore.bpp import BindingInputs
from rspcore.crypto.keys import PrivateKey
from rspcore.messages.es9p import AuthenticateClientResponse, ExecutionStatus
from rspcore.messages.es10b import ServerSigned1
from rspsim.faults.server.octet_changes import from_hex
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_rules import Parameter, hexadecimal
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.http_messages import HttpResponse

__all__ = ["CARELESS"]

_SILENT: Final = "the LPA notices nothing"
_Body = dict[str, object]


def _challenge(signed: ServerSigned1, value: str) -> ServerSigned1:
    return replace(signed, server_challenge=from_hex("value", value))


def _short(answer: AuthenticateClientResponse) -> AuthenticateClientResponse:
    octets = answer.smdp_signature2
    return replace(answer, smdp_signature2=octets[:2] + b"\x3f" + octets[3:-1])


def _constant_key(inputs: BindingInputs) -> BindingInputs:
    return replace(inputs, otsk_dp=PrivateKey.from_random(inputs.otsk_dp.curve, b"\x11" * 48))


def _status(body: _Body) -> _Body:
    header = body.get("header")
    status = header.get("functionExecutionStatus") if isinstance(header, dict) else None
    return dict(status) if isinstance(status, dict) else {}


def _other_code(body: _Body, pair: str, to: str) -> _Body:
    status = _status(body)
    data = status.get("statusCodeData")
    if not isinstance(data, dict):
        return body
    if f"{data.get('subjectCode')}/{data.get('reasonCode')}" != pair:
        return body
    subject, reason = to.split("/")
    codes = {"subjectCode": subject, "reasonCode": reason}
    return {**body, "header": {"functionExecutionStatus": {**status, "statusCodeData": codes}}}


def _succeed(body: _Body) -> _Body:
    if _status(body).get("status") != ExecutionStatus.FAILED:
        return body
    return {**body, "header": {"functionExecutionStatus": {"status": "Executed-Success"}}}


def _dropped(_: HttpResponse | None) -> HttpResponse:
    return HttpResponse(status=204)


def _a_pair(value: Parameter) -> str:
    subject, _, reason = str(value).partition("/")
    return "" if subject and reason else "a pair such as 8.1/6.1"


CARELESS: Final = (
    ServerFault(
        name="es9.server_signed1.server_challenge",
        kind=FaultClass.MESSAGE,
        point=fault_points.SERVER_SIGNED1,
        summary="serverChallenge is always the same.",
        expected=_SILENT,
        change=_challenge,
        parameters={"value": "11" * 16},
        rules={"value": hexadecimal(16, 16)},
    ),
    ServerFault(
        name="es9.smdp_signature2.short",
        kind=FaultClass.SIGNATURE,
        point=fault_points.AUTHENTICATE_CLIENT_RESPONSE,
        summary="smdpSignature2 has 63 octets.",
        expected="the card answers PrepareDownload with invalidSignature (SGP.22 v2, 5.7.5)",
        change=_short,
    ),
    ServerFault(
        name="es8.initialise_secure_channel.constant_otpk",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary="The one-time key pair of the server is always the same.",
        expected=_SILENT,
        change=_constant_key,
    ),
    ServerFault(
        name="es9.answer.other_code",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="A failure of the given pair is answered with another pair.",
        expected="the LPA shows subject and reason code as received (SGP.22 v2, 5.2.6)",
        change=_other_code,
        parameters={"pair": "8.1/6.1", "to": "8.1/4.2"},
        rules={"pair": _a_pair, "to": _a_pair},
    ),
    ServerFault(
        name="es9.answer.succeed",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="A failure is reported as Executed-Success.",
        expected="the LPA misses the members of the answer and ends the session (SGP.22 v2, 6.5.2)",
        change=_succeed,
    ),
    ServerFault(
        name="es9.notification.dropped",
        kind=FaultClass.ORDER,
        point=fault_points.ARRIVAL,
        summary="A Notification is answered with 204, and nothing is done with it.",
        expected=_SILENT,
        change=_dropped,
        function="handleNotification",
    ),
)
"""Every careless fault; to add one, add an entry."""
