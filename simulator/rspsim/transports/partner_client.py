"""Calls to other servers over HTTPS, with a certificate on both sides and a time limit."""

import http.client
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from rspcore.pki.bundle import Credential
from rspcore.pki.certificate import Certificate
from rspsim.smdpp.partner_calls import PartnerCall, PartnerReply, Steps

__all__ = ["PartnerClient", "answered_in_steps"]

_Item = TypeVar("_Item")
_LIMIT_S = 5.0
_MOST_OCTETS = 1 << 20
_BRAINPOOL = "brainpoolP256r1"
_NO_COMMON_CURVE = frozenset(("SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INTERNAL_ERROR"))
"""What a server says that accepts none of the usual curves."""


class PartnerClient:
    """Makes calls as one server."""

    def __init__(
        self,
        own: Credential,
        trusted: tuple[Certificate, ...],
        *,
        brainpool: Credential | None = None,
    ) -> None:
        """Prepares TLS for both curves.

        Args:
            own: TLS certificate to show, with its key.
            trusted: CIs of the partners.
            brainpool: The one to show to partners that have brainpoolP256r1 alone, which take no
                certificate on another curve.
        """
        self._contexts = (
            _context(own, trusted, None),
            _context(brainpool or own, trusted, _BRAINPOOL),
        )

    def post(self, call: PartnerCall) -> PartnerReply:
        """Makes a call; a partner that is away or no HTTPS server is a reply without status.

        One with which there is no curve in common is called again on brainpoolP256r1, which has to
        be offered on its own and exists up to TLS 1.2.
        """
        usual, brainpool = self._contexts
        try:
            return _posted(call, usual)
        except ssl.SSLError as error:
            if error.reason not in _NO_COMMON_CURVE:
                return _no_answer(error)
        except (OSError, http.client.HTTPException) as error:
            return _no_answer(error)
        try:
            return _posted(call, brainpool)
        except (OSError, http.client.HTTPException) as error:
            return _no_answer(error)


def _posted(call: PartnerCall, context: ssl.SSLContext) -> PartnerReply:
    connection = http.client.HTTPSConnection(call.address, context=context, timeout=_LIMIT_S)
    try:
        connection.request("POST", call.path, call.body, dict(call.headers))
        answer = connection.getresponse()
        return PartnerReply(status=answer.status, body=answer.read(_MOST_OCTETS))
    finally:
        connection.close()


def _no_answer(error: Exception) -> PartnerReply:
    return PartnerReply(status=None, reason=f"{type(error).__name__}: {error}")


def _context(
    own: Credential, trusted: tuple[Certificate, ...], group: str | None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if group is not None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ecdh_curve(group)
    context.load_verify_locations(cadata=b"".join(one.der for one in trusted))
    with TemporaryDirectory() as folder:  # the library reads certificates only from files
        certificate, key = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        certificate.write_text(ssl.DER_cert_to_PEM_cert(own.certificate.der))
        key.write_bytes(own.private_key.to_pem())
        context.load_cert_chain(certificate, key)
    return context


def answered_in_steps(
    steps: Callable[[], Steps[_Item]], lock: threading.Lock, client: PartnerClient
) -> _Item:
    """Runs a function that calls partners; the lock is held between the calls, never during one."""
    try:
        with lock:
            running = steps()
            call = next(running)
        while True:
            reply = client.post(call)
            with lock:
                call = running.send(reply)
    except StopIteration as end:
        answer: _Item = end.value
        return answer
