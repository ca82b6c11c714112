"""TLS 1.2 with a pre-shared key, server side, in memory: octets in, octets out.

The suites are those of SCP81 that protect what they carry (GlobalPlatform Card Specification,
Amendment B; RFC 4279 and RFC 5487). Keys never appear in an error.
"""

import ssl
from collections.abc import Mapping
from typing import Final

from rspharness.lpa.bip import Peer
from rspharness.record.verdicts import Inconclusive

__all__ = ["CIPHERS", "TlsServer", "psk_context"]

CIPHERS: Final = "PSK-AES128-CBC-SHA256:PSK-AES128-GCM-SHA256"
"""TLS_PSK_WITH_AES_128_CBC_SHA256 and TLS_PSK_WITH_AES_128_GCM_SHA256, as OpenSSL names them."""

_READ_OCTETS: Final = 16_384


def psk_context(keys: Mapping[str, bytes]) -> ssl.SSLContext:
    """Returns the context of a server that has these keys, by their identities.

    Raises:
        Inconclusive: this Python or its TLS library has no pre-shared keys.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Known to the type checker from Python 3.13 on only, as to the interpreter.
    set_callback = getattr(context, "set_psk_server_callback", None)
    if set_callback is None or not getattr(ssl, "HAS_PSK", False):
        raise Inconclusive(
            "no TLS with pre-shared keys: the ssl module of this Python has none; "
            "run the suites on Python 3.13 or later, built on an OpenSSL with PSK"
        )
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)

    def key_of(identity: str | None) -> bytes:
        return keys.get(identity or "", b"")  # no octets end the handshake

    set_callback(key_of)
    return context


class TlsServer:
    """A peer that speaks TLS and passes the decrypted octets to another one.

    Attributes:
        fault: Why TLS broke off, in words; None when it did not.
        established: True once the handshake is done.
        closed: True once the card has sent close_notify; what it sends then is not read.
    """

    def __init__(self, context: ssl.SSLContext, inner: Peer) -> None:
        self.fault: str | None = None
        self.established = False
        self.closed = False
        self._inner = inner
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def exchange(self, octets: bytes) -> bytes:
        """Takes octets of the card and returns the records that answer them, an alert included."""
        self._incoming.write(octets)
        if self.fault is None and not self.closed:
            try:
                self._advance()
            except ssl.SSLWantReadError:
                pass  # a record or a flight is not complete; more will come
            except ssl.SSLError as error:
                self.fault = f"TLS: {error.reason or error}"
        return self._outgoing.read()

    def _advance(self) -> None:
        """Continues as far as the octets reach; `SSLWantReadError` means that they are used up."""
        if not self.established:
            self._tls.do_handshake()
            self.established = True
        while opened := self._tls.read(_READ_OCTETS):
            answer = self._inner.exchange(opened)
            if answer:
                self._tls.write(answer)
        self.closed = True
        self._tls.unwrap()  # the card sent close_notify: so does the server
