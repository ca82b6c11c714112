"""Calls to other servers over HTTPS, with a certificate on both sides and a time limit."""

import ssl
import threading
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from rspcore.pki.bundle import Credential
from rspcore.pki.certificate import Certificate
from rspsim.smdpp.partner_calls import PartnerCall, PartnerReply, Steps
from rspsim.transports.own_certificate import load_own

__all__ = ["PartnerClient", "answered_in_steps"]

_Item = TypeVar("_Item")
_LIMIT_S = 5.0
_MOST_OCTETS = 1 << 20
_BRAINPOOL = "brainpoolP256r1"
_NO_COMMON_CURVE = frozenset(("SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INTERNAL_ERROR"))
"""What a server says that accepts none of the usual curves."""


class PartnerClient:
    """Makes calls as one server. What only a call needs is prepared when one is made."""

    def __init__(
        self,
        own: Credential,
        trusted: tuple[Certificate, ...],
        *,
        brainpool: Callable[[], Credential] | None = None,
    ) -> None:
        """Makes no call yet.

        Args:
            own: TLS certificate to show, with its key.
            trusted: CIs of the partners.
            brainpool: Makes the one to show to partners that have brainpoolP256r1 alone, which
                take no certificate on another curve.
        """
        self._own = own
        self._trusted = trusted
        self._own_on_brainpool = brainpool

    @cached_property
    def _usual(self) -> ssl.SSLContext:
        return _context(self._own, self._trusted, None)

    @cached_property
    def _brainpool(self) -> ssl.SSLContext:
        own = self._own if self._own_on_brainpool is None else self._own_on_brainpool()
        return _context(own, self._trusted, _BRAINPOOL)

    def post(self, call: PartnerCall) -> PartnerReply:
        """Makes a call; a partner that is away or no HTTPS server is a reply without status.

        One with which there is no curve in common is called again on brainpoolP256r1, which has to
        be offered on its own and exists up to TLS 1.2.
        """
        from http.client import HTTPException  # noqa: PLC0415  most servers call nobody

        try:
            return _posted(call, self._usual)
        except ssl.SSLError as error:
            if error.reason not in _NO_COMMON_CURVE:
                return _no_answer(error)
        except (OSError, HTTPException) as error:
            return _no_answer(error)
        try:
            return _posted(call, self._brainpool)
        except (OSError, HTTPException) as error:
            return _no_answer(error)


def _posted(call: PartnerCall, context: ssl.SSLContext) -> PartnerReply:
    from http.client import HTTPSConnection  # noqa: PLC0415  likewise

    connection = HTTPSConnection(call.address, context=context, timeout=_LIMIT_S)
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
    load_own(context, own.certificate.der, own.private_key)
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
