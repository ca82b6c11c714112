"""Faults of the answer as a whole: its JSON object, its codes, its way over HTTP."""

import base64
from dataclasses import replace
from typing import Final

from rspcore.errors import LocalError
from rspcore.messages.es9p import ExecutionStatus
from rspsim.faults.server.octet_changes import from_hex
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.http_messages import HttpResponse

__all__ = ["FAULTS"]

_Body = dict[str, object]


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
    raise LocalError(f"base64 form {form!r}: expected unpadded, wrapped or url")


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
        point=fault_points.JSON,
        summary="the function fails with these codes, although it ran",
        serves="5.2.6: every code has to be shown; DP-08",
        change=_fail,
        parameters={"subject": "8.2.6", "reason": "3.8", "status": "Failed"},
    ),
    ServerFault(
        name="es9.answer.generic_codes",
        point=fault_points.JSON,
        summary="every failure has the same codes and no text",
        serves="DP-08",
        change=_generic,
        parameters={"subject": "1.6", "reason": "2.1"},
    ),
    ServerFault(
        name="es9.status_code_data.omit",
        point=fault_points.JSON,
        summary="statusCodeData without its optional members",
        serves="6.5.1: they are optional; DP-07",
        change=_omit_texts,
        parameters={"members": "message,subjectIdentifier"},
    ),
    ServerFault(
        name="es9.header.missing",
        point=fault_points.JSON,
        summary="the JSON object has no header",
        serves="DP-17",
        change=_no_header,
    ),
    ServerFault(
        name="es9.answer.transaction_id",
        point=fault_points.JSON,
        summary="the JSON object names another TransactionID than what is signed in it",
        serves="the LPA compares the two (3.0.1)",
        change=_transaction_id,
        parameters={"value": "FF" * 16},
    ),
    ServerFault(
        name="es9.answer.drop_member",
        point=fault_points.JSON,
        summary="a member is missing",
        serves="6.5.2",
        change=_drop,
        parameters={"member": "transactionId"},
    ),
    ServerFault(
        name="es9.answer.rename_member",
        point=fault_points.JSON,
        summary="a member has another name",
        serves="6.5.2; DP-16",
        change=_rename,
        parameters={"member": "euiccCiPKIdToBeUsed", "to": "euiccCiPKIdTobeUsed"},
    ),
    ServerFault(
        name="es9.answer.null_member",
        point=fault_points.JSON,
        summary="a member is null",
        serves="6.5.2; DP-16",
        change=_null,
        parameters={"member": "transactionId"},
    ),
    ServerFault(
        name="es9.answer.extra_members",
        point=fault_points.JSON,
        summary="members nobody knows come first",
        serves="6.5.2: unknown members are ignored; DP-16, DP-20",
        change=_extra,
    ),
    ServerFault(
        name="es9.answer.base64",
        point=fault_points.JSON,
        summary="base64 in another form: unpadded, wrapped or url",
        serves="RFC 4648; DP-15",
        change=_other_base64,
        parameters={"form": "unpadded"},
    ),
    ServerFault(
        name="http.refuse",
        point=fault_points.ARRIVAL,
        summary="the request is answered with this status and not acted upon",
        serves="6.5: try again later; DP-24",
        change=_refuse,
        parameters={"status": 503},
    ),
    ServerFault(
        name="http.status",
        point=fault_points.HTTP,
        summary="the request is acted upon and answered with another status",
        serves="6.5; DP-13, DP-24",
        change=_status,
        parameters={"status": 500},
    ),
    ServerFault(
        name="http.error_page",
        point=fault_points.HTTP,
        summary="the request is acted upon and answered with a page that is not JSON",
        serves="6.5; DP-24",
        change=_error_page,
        parameters={"status": 502},
    ),
    ServerFault(
        name="http.truncate_body",
        point=fault_points.HTTP,
        summary="the body ends after this many octets, and its length says so",
        serves="6.5.2: not JSON any more; DP-24",
        change=_truncate,
        parameters={"octets": 100},
    ),
    ServerFault(
        name="http.cut",
        point=fault_points.HTTP,
        summary="the connection is dropped after this many octets of the body",
        serves="DP-24; only over a real connection",
        change=_cut,
        parameters={"octets": 100},
    ),
    ServerFault(
        name="http.slow",
        point=fault_points.HTTP,
        summary="the answer takes this long; only over a real connection",
        serves="DP-23, DP-24",
        change=_slow,
        parameters={"milliseconds": 1000},
    ),
    ServerFault(
        name="http.redirect",
        point=fault_points.HTTP,
        summary="the answer sends the client elsewhere",
        serves="a client need not follow; DP-24",
        change=_redirect,
        parameters={"status": 302, "location": "https://other.example.com/"},
    ),
    ServerFault(
        name="http.body",
        point=fault_points.HTTP,
        summary="these octets (hexadecimal) are the body",
        serves="6.5: 204 has none; DP-13",
        change=_body,
        parameters={"octets": "7B7D"},
    ),
    ServerFault(
        name="http.header",
        point=fault_points.HTTP,
        summary="a header field has this value, or is missing when the value is empty",
        serves="6.5.1; DP-17",
        change=_header,
        parameters={"field": "X-Admin-Protocol", "value": ""},
    ),
)
