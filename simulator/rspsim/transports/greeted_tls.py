"""TLS contexts for clients that a server meets otherwise than usual, because a fault is on."""

import ssl
import warnings
from functools import lru_cache
from typing import Final

from rspcore.crypto.keys import PrivateKey
from rspcore.errors import ConfigError
from rspsim.smdpp.greeting import Greeting
from rspsim.transports.own_certificate import load_own

__all__ = ["greeted_context"]

_VERSIONS: Final = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_KEPT: Final = 64


def greeted_context(greeting: Greeting) -> ssl.SSLContext:
    """Makes the server side of TLS as a greeting wants it.

    Raises:
        ConfigError: the TLS library does not accept the certificate.
    """
    return _context(
        greeting.certificate, greeting.credential.private_key, greeting.lowest, greeting.highest
    )


@lru_cache(_KEPT)
def _context(certificate: bytes, key: PrivateKey, lowest: str, highest: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what is asked for
        context.minimum_version = _VERSIONS[lowest]
        context.maximum_version = _VERSIONS[highest]
    if lowest in ("1.0", "1.1"):
        context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        load_own(context, certificate, key)
    except ssl.SSLError as error:
        raise ConfigError(
            f"the TLS library serves no such certificate ({error.reason or error})"
        ) from error
    return context
