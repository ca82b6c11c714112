"""The HTTP side of ES9+: how requests of an LPA are recognised and how answers are written.

A request that breaks a rule here never reaches a function and gets a 4xx with one line of text; the
JSON codes are for functions that ran.

Source: SGP.22 v2, 6.5.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from rspcore.errors import DecodeError
from rspcore.ids import Version
from rspcore.messages.es9p import (
    ADMIN_PROTOCOL_HEADER,
    ADMIN_PROTOCOL_PREFIX,
    JSON_CONTENT_TYPE,
)
from rspcore.messages.json_codec import dump_object
from rspcore.printable_text import printable
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.policy import Policy

__all__ = [
    "ASN1_PATH",
    "LOWEST_PROTOCOL",
    "json_answer",
    "partner_fault",
    "plain_answer",
    "transport_fault",
]

ASN1_PATH: Final = "/gsma/rsp2/asn1"
"""Path of every function in the ASN.1 binding."""

LOWEST_PROTOCOL: Final = Version.from_text("2.0.0")
"""Lowest version of the protocol that the servers speak."""

_LPA: Final = "gsma-rsp-lpa"
_PROTOCOL: Final = re.compile(re.escape(ADMIN_PROTOCOL_PREFIX) + r"(\d{1,3}\.\d{1,3}\.\d{1,3})\Z")


def plain_answer(status: int, text: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Returns an answer with one line of text."""
    return HttpResponse(
        status=status,
        headers={"Content-Type": "text/plain;charset=UTF-8", **(headers or {})},
        body=(text + "\n").encode("utf-8", "replace"),
    )


def json_answer(body: Mapping[str, object], request: HttpRequest, own: Version) -> HttpResponse:
    """Returns an answer of a function that ran.

    Args:
        body: The JSON object.
        request: The request; its X-Admin-Protocol limits the version, unless it names one that
            this server never speaks.
        own: Highest version of this server.
    """
    caller = _protocol_version(request)
    version = own if caller is None or caller < LOWEST_PROTOCOL else min(own, caller)
    return HttpResponse(
        status=200,
        headers={
            "Content-Type": JSON_CONTENT_TYPE,
            ADMIN_PROTOCOL_HEADER: f"{ADMIN_PROTOCOL_PREFIX}{version}",
        },
        body=dump_object(body),
    )


def transport_fault(request: HttpRequest, policy: Policy) -> HttpResponse | None:
    """Returns the answer to a request that is not one an LPA sends, or None."""
    return _first_fault(_STRICT_RULES if policy.strict_headers else _RULES, request, policy)


def partner_fault(request: HttpRequest, policy: Policy) -> HttpResponse | None:
    """Returns the answer to a request that no server or operator sends, or None.

    Such callers send any User-Agent they like.
    """
    rules = (*_RULES, _admin_protocol) if policy.strict_headers else _RULES
    return _first_fault(rules, request, policy)


def _first_fault(
    rules: "tuple[_Rule, ...]", request: HttpRequest, policy: Policy
) -> HttpResponse | None:
    for rule in rules:
        fault = rule(request, policy)
        if fault is not None:
            return fault
    return None


def _method(request: HttpRequest, _: Policy) -> HttpResponse | None:
    if request.method == "POST":
        return None
    return plain_answer(405, "functions are called by POST", {"Allow": "POST"})


def _length(request: HttpRequest, policy: Policy) -> HttpResponse | None:
    if len(request.body) <= policy.max_body_octets:
        return None
    return plain_answer(413, f"at most {policy.max_body_octets:,} octets are read")


def _content_type(request: HttpRequest, _: Policy) -> HttpResponse | None:
    given = (request.header("Content-Type") or "").partition(";")[0].strip()
    if given.lower() == JSON_CONTENT_TYPE:
        return None
    shown = printable(given, 100)
    return plain_answer(415, f"Content-Type '{shown}': expected {JSON_CONTENT_TYPE}")


def _user_agent(request: HttpRequest, _: Policy) -> HttpResponse | None:
    if (request.header("User-Agent") or "").startswith(_LPA):
        return None
    return plain_answer(400, f"User-Agent: expected one that starts with {_LPA}")


def _admin_protocol(request: HttpRequest, _: Policy) -> HttpResponse | None:
    version = _protocol_version(request)
    if version is not None and version >= LOWEST_PROTOCOL:
        return None
    return plain_answer(
        400,
        f"{ADMIN_PROTOCOL_HEADER}: expected {ADMIN_PROTOCOL_PREFIX}<x.y.z>, "
        f"{LOWEST_PROTOCOL} or higher",
    )


_Rule = Callable[[HttpRequest, Policy], HttpResponse | None]
_RULES: Final[tuple[_Rule, ...]] = (_method, _length, _content_type)
_STRICT_RULES: Final[tuple[_Rule, ...]] = (*_RULES, _user_agent, _admin_protocol)


def _protocol_version(request: HttpRequest) -> Version | None:
    return _version_in(request.header(ADMIN_PROTOCOL_HEADER) or "")


@lru_cache(maxsize=64)
def _version_in(text: str) -> Version | None:
    found = _PROTOCOL.match(text)
    if found is None:
        return None
    try:
        return Version.from_text(found[1])
    except DecodeError:
        return None
