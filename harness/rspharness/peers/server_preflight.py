"""What is looked at before the first case runs at a server; none of it costs an order."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rspcore.pki.bundle import Pki
from rspcore.pki.roles import Role
from rspcore.server_address import host_of
from rspharness.peers import certificate_expect
from rspharness.peers.handshake import shake_hands
from rspharness.peers.lpa_calls import LpaCalls
from rspharness.peers.operator_calls import EventCalls, OperatorCalls
from rspharness.record.verdicts import Cause, ExpectationError, TargetLost
from rspharness.run.preflight import Preflight
from rspharness.run.run import NoCardError

__all__ = ["require_session", "require_takers"]

_NO_CI: Final = ("8.8.2/3.1", "8.8.4/3.7", "8.9.2/3.1", "8.9.4/3.7")
"""Refusals of a server that has no CI in common with the card."""
_NOBODY: Final[Mapping[str, Any]] = {"iccid": "8999901000000000005"}
_NO_EVENT: Final[Mapping[str, Any]] = {
    "eid": "89049032000000000000000000000000",
    "eventId": "RSPLAB-NO-SUCH-EVENT",
}
_REFUSED: Final = (401, 403)
_OF_FLAWS: Final = {
    "no_role": "06",
    "wrong_role": "06",
    "host_name": "07",
    "extended_key_usage": "09",
}
"""Rows of TLS that own a flaw of the certificate; the others are those of 05."""


def require_session(calls: LpaCalls, seen: Preflight, pki: Pki, *, sm_ds: bool) -> str:
    """Opens one session.

    Args:
        calls: An LPA.
        seen: Takes what is found; a session that is refused leaves no case to run but its own, and
            so does a TLS certificate that an LPA does not accept.
        pki: Credentials of the run.
        sm_ds: Whether the server is an SM-DS.

    Returns:
        X-Admin-Protocol of the answer, empty where there is none.

    Raises:
        NoCardError: the server is not reached, or has no CI in common with the credentials.
    """
    interface, option = ("ES11", "--smds") if sm_ds else ("ES9+", "--smdpp")
    row = f"{interface}.InitiateAuthentication#11"
    remedy = f"mend {interface}.InitiateAuthentication, then run again"
    try:
        answer = calls.initiate()
    except TargetLost as error:
        raise NoCardError(f"{error}; start it, or name another by {option}") from error
    except ExpectationError as error:
        cause = Cause(row, str(error), remedy)
        if "TLS" in error.actual or "certificate" in error.actual:
            role = Role.DS_TLS if sm_ds else Role.DP_TLS
            cause = _tls_cause(calls.address, role, pki, interface)
        seen.find("session", cause.row, cause.finding, cause.remedy)
        seen.stops = seen.findings[-1]
        return ""
    if answer.refusal in _NO_CI:
        raise NoCardError(
            f"the server knows no CI of the credentials of the run ({answer.refusal}); --pki names "
            "the folder of those that it knows"
        )
    if answer.status != 200 or answer.refusal:
        seen.find("session", row, f"a session is refused: {answer.words}", remedy)
        seen.stops = seen.findings[-1]
        return ""
    version = answer.header("X-Admin-Protocol")
    seen.lines["session"] = f"opened; X-Admin-Protocol {version or 'not there'}"
    return version


def _tls_cause(address: str, role: Role, pki: Pki, interface: str) -> Cause:
    """Returns what keeps an LPA from a TLS connection, by the row that owns it.

    Raises:
        NoCardError: the certificate is under no CI of the run: who is right is not known.
    """
    remedy = "mend the TLS certificate of the server, then run again"
    made = shake_hands(address)
    if not made.version:
        row = f"{interface}.TLS#01"
        return Cause(row, f"no TLS connection: {made.refusal}", f"mend {interface}.TLS")
    try:
        flaws = certificate_expect.of_tls(made.certificate, role, pki, host_of(address))
    except ExpectationError as error:
        raise NoCardError(
            f"TLS certificate of {address}: {error}; --pki names the folder with the CI of the "
            "server"
        ) from error
    first = next(iter(flaws), "no flaw that is known; the TLS library refuses it")
    number = _OF_FLAWS.get(first, "05")
    return Cause(f"{interface}.TLS#{number}", f"TLS certificate of {address}: {first}", remedy)


def require_takers(calls: OperatorCalls, client: Path, seen: Preflight) -> None:
    """Requires the server to take the certificate of an operator, or of an SM-DP+ that has events.

    It is asked about what it cannot have; whatever it answers, it has let the caller in.

    Args:
        calls: The caller.
        client: Folder with its certificate.
        seen: Takes what is found.

    Raises:
        NoCardError: it is not reached, or does not take the certificate.
    """
    of_events = isinstance(calls, EventCalls)
    option = "--es12-client" if of_events else "--es2plus-client"
    function, members = ("deleteEvent", _NO_EVENT) if of_events else ("releaseProfile", _NOBODY)
    try:
        answer = calls.call(function, **members)
    except TargetLost as error:
        place = "--smds" if of_events else "--es2plus"
        raise NoCardError(f"{error}; start it, or name another place by {place}") from error
    except ExpectationError as error:
        if error.expected != "an answer":  # it let the caller in; its row says the rest
            seen.lines[calls.interface] = f"answers otherwise: {error.actual}"
            return
        raise NoCardError(
            f"{calls.interface}: {error.actual}; {option} {client} has the certificate that was "
            "shown"
        ) from error
    if answer.status in _REFUSED:
        raise NoCardError(
            f"{calls.interface} refuses the certificate in {client} (HTTP status {answer.status}); "
            f"{option} names the folder of one that it takes"
        )
    seen.lines[calls.interface] = f"takes the certificate in {client.name}"
