"""Faults of the answer as a whole: its JSON object, its status codes, its transfer over HTTP."""

import base64
from dataclasses import replace
from typing import Final

from rspcore.errors import LocalError
from rspcore.messages.es9p import ExecutionStatus
from rspsim.faults.server.octet_changes import from_hex
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_rules import (
    Parameter,
    between,
    header_name,
    hexadecimal,
    latin1_line,
    of_length,
    one_of,
)
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.http_messages import HttpResponse

__all__ = ["FAULTS"]

_CODE: Final = of_length(1, 20)
_Body = dict[str, object]
_OPTIONAL: Final = ("message", "subjectIdentifier")


def _optional_members(value: Parameter) -> str:
    named = str(value).split(",")
    return "" if set(named) <= set(_OPTIONAL) else f"some of {','.join(_OPTIONAL)}"


def _execution_status(body: _Body) -> dict[str, object]:
    header = body.get("header")
    status = header.get("functionExecutionStatus") if isinstance(header, dict) else None
    return dict(status) if isinstance(status, dict) else {}


def _with_status(body: _Body, status: dict[str, object]) -> _Body:
    return {**body, "header": {"functionExecutionStatus": status}}


def _fail(_: _Body, subject: str, reason: str, status: str) -> _Body:
    codes = {"subjectCode": subject, "reasonCode": reason, "message": "a fault is switched on"}
    return _with_status({}, {"status": status, "statusCodeData": codes})


def _generic(body: _Body, subject: str, reason: str) -> _Body:
    status = _execution_status(body)
    if status.get("status") != ExecutionStatus.FAILED:
        return body
    return _with_status(
        body, {**status, "statusCodeData": {"subjectCode": subject, "reasonCode": reason}}
    )


def _omit_texts(body: _Body, members: str) -> _Body:
    status = _execution_status(body)
    codes = status.get("statusCodeData")
    if not isinstance(codes, dict):
        return body
    left = {name: value for name, value in codes.items() if name not in members.split(",")}
    return _with_status(body, {**status, "statusCodeData": left})


def _no_header(body: _Body) -> _Body:
    return {name: value for name, value in body.items() if name != "header"}


def _transaction_id(body: _Body, value: str) -> _Body:
    return {**body, "transactionId": value} if "transactionId" in body else body


def _drop(body: _Body, member: str) -> _Body:
    return {name: value for name, value in body.items() if name != member}


def _rename(body: _Body, member: str, to: str) -> _Body:
    return {to if name == member else name: value for name, value in body.items()}


def _null(body: _Body, member: str) -> _Body:
    return {name: None if name == member else value for name, value in body.items()}


def _extra(body: _Body) -> _Body:
    extra = {"otherCertsInChain": [], "x-unknown": {"nested": [1, None, True]}}
    return {**extra, **body}


def _other_base64(body: _Body, form: str) -> _Body:
    return {name: _recode(name, value, form) for name, value in body.items()}


def _recode(name: str, value: object, form: str) -> object:
    if not isinstance(value, str) or name == "transactionId":
        return value
    if form == "unpadded":
        return value.rstrip("=")
    if form == "wrapped":
        return "\r\n".join(value[at : at + 64] for at in range(0, len(value), 64))
    if form == "url":
        return base64.urlsafe_b64encode(base64.b64decode(value)).decode("ascii")
    raise LocalError(f"base64 form {form!r}")


def _refuse(_: HttpResponse | None, status: int) -> HttpResponse:
    return HttpResponse(status=status, headers={"Retry-After": "1"})


def _status(response: HttpResponse, status: int) -> HttpResponse:
    return replace(response, status=status)


def _error_page(response: HttpResponse, status: int) -> HttpResponse:
    return replace(
        response,
        status=status,
        headers={"Content-Type": "text/html"},
        body=b"<html><body>this is a fault</body></html>",
    )


def _truncate(response: HttpResponse, octets: int) -> HttpResponse:
    return replace(response, body=response.body[:octets])


def _cut(response: HttpResponse, octets: int) -> HttpResponse:
    return replace(response, cut_after=octets)


def _slow(response: HttpResponse, milliseconds: int) -> HttpResponse:
    return replace(response, delay_ms=response.delay_ms + milliseconds)


def _redirect(response: HttpResponse, status: int, location: str) -> HttpResponse:
    return replace(response, status=status, headers={"Location": location}, body=b"")


def _body(response: HttpResponse, octets: str) -> HttpResponse:
    return replace(response, body=from_hex("octets", octets))


def _header(response: HttpResponse, field: str, value: str) -> HttpResponse:
    others = {k: v for k, v in response.headers.items() if k.lower() != field.lower()}
    return replace(response, headers={**others, field: value} if value else others)


FAULTS: Final = (
    ServerFault(
        name="es9.answer.fail",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="The function is carried out, and the answer is a failure with the given codes.",
        expected="the LPA shows subject and reason code as received (SGP.22 v2, 5.2.6)",
        change=_fail,
        parameters={"subject": "8.2.6", "reason": "3.8", "status": "Failed"},
        rules={"subject": _CODE, "reason": _CODE, "status": of_length(1, 40)},
    ),
    ServerFault(
        name="es9.answer.generic_codes",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="Every failure has the same codes and no text.",
        expected="the LPA shows subject and reason code as received (SGP.22 v2, 5.2.6)",
        change=_generic,
        parameters={"subject": "1.6", "reason": "2.1"},
        rules={"subject": _CODE, "reason": _CODE},
    ),
    ServerFault(
        name="es9.status_code_data.omit",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="statusCodeData lacks the given optional members.",
        expected="the LPA reports the failure without the optional members (SGP.22 v2, 6.5.1)",
        change=_omit_texts,
        parameters={"members": "message,subjectIdentifier"},
        rules={"members": _optional_members},
    ),
    ServerFault(
        name="es9.header.missing",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="The JSON object has no header.",
        expected="the LPA ends the session with an error message (SGP.22 v2, 6.5.1)",
        change=_no_header,
    ),
    ServerFault(
        name="es9.answer.transaction_id",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="The JSON object has another TransactionID than the signed data in it.",
        expected="the LPA compares the two and ends the session (SGP.22 v2, 3.0.1)",
        change=_transaction_id,
        parameters={"value": "FF" * 16},
        rules={"value": of_length(0, 64)},
    ),
    ServerFault(
        name="es9.answer.drop_member",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="One member of the JSON object is missing.",
        expected="the LPA ends the session with an error message (SGP.22 v2, 6.5.2)",
        change=_drop,
        parameters={"member": "transactionId"},
        rules={"member": of_length(1, 64)},
    ),
    ServerFault(
        name="es9.answer.rename_member",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="One member of the JSON object has another name.",
        expected=(
            "the LPA takes the member as missing; it may accept another spelling (SGP.22 v2, 6.5.2)"
        ),
        change=_rename,
        parameters={"member": "euiccCiPKIdToBeUsed", "to": "euiccCiPKIdTobeUsed"},
        rules={"member": of_length(1, 64), "to": of_length(1, 64)},
    ),
    ServerFault(
        name="es9.answer.null_member",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="One member of the JSON object is null.",
        expected="the LPA ends the session with an error message (SGP.22 v2, 6.5.2)",
        change=_null,
        parameters={"member": "transactionId"},
        rules={"member": of_length(1, 64)},
    ),
    ServerFault(
        name="es9.answer.extra_members",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="The JSON object starts with unknown members.",
        expected="the LPA ignores unknown members, such as those of version 3 (SGP.22 v2, 6.5.2)",
        change=_extra,
    ),
    ServerFault(
        name="es9.answer.base64",
        kind=FaultClass.JSON,
        point=fault_points.JSON,
        summary="Base64 is in another form: unpadded, wrapped or url.",
        expected="the LPA decodes the octets or ends the session with an error message (RFC 4648)",
        change=_other_base64,
        parameters={"form": "unpadded"},
        rules={"form": one_of("unpadded", "wrapped", "url")},
    ),
    ServerFault(
        name="http.refuse",
        kind=FaultClass.HTTP,
        point=fault_points.ARRIVAL,
        summary="The request is answered with the given status and not carried out.",
        expected="the LPA reports the error, and the user can try again later (SGP.22 v2, 6.5)",
        change=_refuse,
        parameters={"status": 503},
        rules={"status": between(400, 599)},
    ),
    ServerFault(
        name="http.status",
        kind=FaultClass.HTTP,
        point=fault_points.HTTP,
        summary="The request is carried out and answered with another status.",
        expected=(
            "the LPA reports the error; it removes a notification only after 204 (SGP.22 v2, 6.5)"
        ),
        change=_status,
        parameters={"status": 500},
        rules={"status": between(200, 599)},
    ),
    ServerFault(
        name="http.error_page",
        kind=FaultClass.HTTP,
        point=fault_points.HTTP,
        summary="The request is carried out and answered with a page that is not JSON.",
        expected=(
            "the LPA reports the error; card and order can be used afterwards (SGP.22 v2, 6.5)"
        ),
        change=_error_page,
        parameters={"status": 502},
        rules={"status": between(400, 599)},
    ),
    ServerFault(
        name="http.truncate_body",
        kind=FaultClass.HTTP,
        point=fault_points.HTTP,
        summary="The body ends after the given number of octets, and its length is correct.",
        expected=(
            "the LPA reports JSON that cannot be read; card and order can be used afterwards "
            "(SGP.22 v2, 6.5.2)"
        ),
        change=_truncate,
        parameters={"octets": 100},
        rules={"octets": between(0, 1 << 20)},
    ),
    ServerFault(
        name="http.cut",
        kind=FaultClass.TCP,
        point=fault_points.HTTP,
        summary="The connection is closed after the given number of octets of the body.",
        expected=(
            "the LPA reports the error; card and order can be used afterwards (only over a real "
            "connection)"
        ),
        change=_cut,
        parameters={"octets": 100},
        rules={"octets": between(0, 1 << 20)},
    ),
    ServerFault(
        name="http.slow",
        kind=FaultClass.TIME,
        point=fault_points.HTTP,
        summary="The answer is delayed by the given time.",
        expected=(
            "the LPA waits or reports a timeout; card and order can be used afterwards (only over "
            "a real connection)"
        ),
        change=_slow,
        parameters={"milliseconds": 1000},
        rules={"milliseconds": between(1, 600_000)},
    ),
    ServerFault(
        name="http.redirect",
        kind=FaultClass.HTTP,
        point=fault_points.HTTP,
        summary="The answer redirects the client to another address.",
        expected="the LPA need not follow; card and order can be used afterwards",
        change=_redirect,
        parameters={"status": 302, "location": "https://other.example.com/"},
        rules={"status": between(300, 399), "location": latin1_line},
    ),
    ServerFault(
        name="http.body",
        kind=FaultClass.HTTP,
        point=fault_points.HTTP,
        summary="The body is the given octets (hexadecimal).",
        expected="the LPA accepts only an empty body with 204 (SGP.22 v2, 6.5)",
        change=_body,
        parameters={"octets": "7B7D"},
        rules={"octets": hexadecimal(0, 1 << 16)},
    ),
    ServerFault(
        name="http.header",
        kind=FaultClass.HTTP,
        point=fault_points.HTTP,
        summary="A header field has the given value, or is missing if the value is empty.",
        expected="the LPA checks the header fields of the answer (SGP.22 v2, 6.5.1)",
        change=_header,
        parameters={"field": "X-Admin-Protocol", "value": ""},
        rules={"field": header_name, "value": latin1_line},
    ),
)
