"""What went wrong on the way to a server, in words that a user can do something with."""

import re
import socket
import ssl
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from urllib3.exceptions import HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as HttpTimeoutError

from rspcore.errors import DecodeError
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.verification import CertificateFlaw
from rspharness.lpa.es9p_client import ServerUnreachableError

__all__ = [
    "OPENSSL_BRAINPOOL",
    "dates_shown",
    "flaw_text",
    "is_about_dates",
    "no_common_curve",
    "unreachable",
]

OPENSSL_BRAINPOOL: Final = "brainpoolP256r1"
"""Name of the curve in the TLS library."""

_OBJECT: Final = re.compile(r"^<?[\w.]*Connection(?:Pool)?\([^)]*\)[^:]*: ")
"""The connection object that urllib3's messages begin with, of no use to a reader."""


def is_about_dates(error: HTTPError) -> bool:
    """Returns whether the TLS library refused a certificate for its dates."""
    text = str(error).lower()
    return isinstance(error, SSLError) and ("expired" in text or "not yet valid" in text)


def dates_shown(place: tuple[str, int], name: str, seconds: float, *, brainpool: bool) -> str:
    """Asks a server for its certificate and returns its dates in words, if they do not fit.

    The TLS library does not give a certificate that it refuses. Nothing but the handshake is sent.

    Args:
        place: Where to connect to.
        name: Host name to ask for.
        seconds: Longest time for each step.
        brainpool: True to offer brainpoolP256r1.

    Returns:
        The words; empty when there is no certificate, or one whose dates fit.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if brainpool:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ecdh_curve(OPENSSL_BRAINPOOL)
    try:
        with (
            socket.create_connection(place, seconds) as bare,
            context.wrap_socket(bare, server_hostname=name) as secured,
        ):
            shown = Certificate.from_der(secured.getpeercert(binary_form=True) or b"")
    except (OSError, DecodeError):
        return ""
    now = datetime.now(UTC)  # noqa: TID251  TLS is held against the real clock
    if shown.not_before <= now <= shown.not_after:
        return ""
    return f"it is valid from {shown.not_before:%Y-%m-%d} to {shown.not_after:%Y-%m-%d}"


def flaw_text(flaw: CertificateFlaw, certificate: Certificate, roles: Collection[Role]) -> str:
    """Returns what is wrong with a TLS certificate, in words."""
    if flaw in (CertificateFlaw.EXPIRED, CertificateFlaw.NOT_YET_VALID):
        return f"{flaw}: valid from {certificate.not_before} to {certificate.not_after}"
    if flaw in (CertificateFlaw.NO_ROLE, CertificateFlaw.WRONG_ROLE):
        role = certificate.role
        expected = " or ".join(one.name for one in roles)
        return f"role {role.name if role else 'none'}; expected {expected}"
    return f"{flaw} is not as the profile of such a certificate says (SGP.22 v2, 4.5.2)"


def no_common_curve(error: SSLError) -> bool:
    """Returns whether the two sides have no curve in common."""
    return "handshake_failure" in str(error).lower().replace(" ", "_")


def unreachable(address: str, error: HTTPError, dates: str) -> ServerUnreachableError:
    """Returns the error to raise for one of the HTTP library; dates are those of `dates_shown`."""
    text = _OBJECT.sub("", str(error))
    if isinstance(error, SSLError):
        hint = ""
        if "expired" in text.lower() or "not yet valid" in text.lower():
            hint = f"; {dates or 'its dates do not fit'}, compare with the clock of this machine"
        elif "certificate verify failed" in text.lower():
            hint = "; name the CI with --ca, or accept any certificate with --insecure"
        return ServerUnreachableError(f"{address}: no TLS connection: {text}{hint}")
    if isinstance(error, NewConnectionError):
        return ServerUnreachableError(
            f"{address}: no connection: {text}; say where it is with --connect-to HOST:PORT"
        )
    if isinstance(error, HttpTimeoutError):
        return ServerUnreachableError(f"{address}: no answer in time: {text}")
    return ServerUnreachableError(f"{address}: the connection broke: {text}")
