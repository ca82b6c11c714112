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


class PartnerClient:
    """Makes calls as one server."""

    def __init__(self, own: Credential, trusted: tuple[Certificate, ...]) -> None:
        """Takes the TLS certificate to show, with its key, and the CIs of the partners."""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.load_verify_locations(cadata=b"".join(one.der for one in trusted))
        with TemporaryDirectory() as folder:  # the library reads certificates only from files
            certificate, key = Path(folder, "certificate.pem"), Path(folder, "key.pem")
            certificate.write_text(ssl.DER_cert_to_PEM_cert(own.certificate.der))
            key.write_bytes(own.private_key.to_pem())
            self._context.load_cert_chain(certificate, key)

    def post(self, call: PartnerCall) -> PartnerReply:
        """Makes a call; a partner that is away or no HTTPS server is a reply without status."""
        connection = http.client.HTTPSConnection(
            call.address, context=self._context, timeout=_LIMIT_S
        )
        try:
            connection.request("POST", call.path, call.body, dict(call.headers))
            answer = connection.getresponse()
            return PartnerReply(status=answer.status, body=answer.read(_MOST_OCTETS))
        except (OSError, http.client.HTTPException) as error:
            return PartnerReply(status=None, reason=f"{type(error).__name__}: {error}")
        finally:
            connection.close()


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
