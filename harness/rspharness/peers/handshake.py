"""A TLS connection that only looks: which version, suite and certificate a server has."""

import socket
import ssl
import warnings
from typing import Final

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.pki.certificate import Certificate
from rspcore.server_address import host_of, split_address
from rspharness.record.verdicts import ExpectationError

__all__ = ["BRAINPOOL", "Handshake", "is_there", "looking_context", "shake_hands"]

_LIMIT_S: Final = 10.0
_LOOK_S: Final = 5.0
_HTTPS: Final = 443
BRAINPOOL: Final = "brainpoolP256r1"
"""The curve that is offered alone, up to TLS 1.2, where the usual ones are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """What came of a handshake.

    Attributes:
        version: Version of TLS, empty where there is no connection.
        cipher: Name of the cipher suite, likewise.
        refusal: Why there is none.
        octets: Certificate of the server, DER.
    """

    version: str = ""
    cipher: str = ""
    refusal: str = ""
    octets: bytes = b""

    @property
    def certificate(self) -> Certificate:
        """Returns the certificate.

        Raises:
            ExpectationError: there is none, or it cannot be read.
        """
        try:
            return Certificate.from_der(self.octets)
        except DecodeError as error:
            raise ExpectationError(
                "a TLS certificate that can be read", self.refusal or str(error)
            ) from error


def shake_hands(
    address: str, *, highest: ssl.TLSVersion | None = None, ciphers: str = ""
) -> Handshake:
    """Connects, looks and disconnects; nothing is checked and no request is sent.

    Args:
        address: Host, and port where it is not 443.
        highest: Highest version offered; one below 1.2 is offered alone.
        ciphers: Cipher suites offered up to TLS 1.2, all usual ones when empty.
    """
    made = _shaken(address, highest, ciphers, "")
    if made.version or (highest is not None and highest < ssl.TLSVersion.TLSv1_2):
        return made
    again = _shaken(address, ssl.TLSVersion.TLSv1_2, ciphers, BRAINPOOL)
    return again if again.version else made


def looking_context(curve: str = "") -> ssl.SSLContext:
    """Returns a context that checks nothing, for the usual curves or one that is named."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if curve:
        context.set_ecdh_curve(curve)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _shaken(address: str, highest: ssl.TLSVersion | None, ciphers: str, curve: str) -> Handshake:
    context = looking_context(curve)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if highest is not None and highest < ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
        if highest is not None:
            context.maximum_version = highest
    if ciphers:
        context.set_ciphers(ciphers)
    host, port = split_address(address)
    try:
        with (
            socket.create_connection((host, int(port or _HTTPS)), _LIMIT_S) as plain,
            context.wrap_socket(plain, server_hostname=host_of(address)) as made,
        ):
            cipher = made.cipher()
            return Handshake(
                version=made.version() or "",
                cipher=cipher[0] if cipher else "",
                octets=made.getpeercert(binary_form=True) or b"",
            )
    except OSError as error:
        return Handshake(refusal=str(error))


def is_there(address: str) -> bool:
    """Returns whether a server takes connections."""
    host, port = split_address(address)
    try:
        with socket.create_connection((host, int(port or _HTTPS)), _LOOK_S):
            return True
    except OSError:
        return False
