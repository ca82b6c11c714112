"""The certificate that one side of TLS shows, with its key, given to the TLS library.

The library reads certificates and keys from files alone. Where the system has files in memory, the
key never comes to a disk.
"""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rspcore.crypto.keys import PrivateKey

__all__ = ["load_own"]


def load_own(context: ssl.SSLContext, certificate: bytes, key: PrivateKey) -> None:
    """Makes a context show a certificate.

    Args:
        context: The context of one side of TLS.
        certificate: The certificate, DER.
        key: Its private key.

    Raises:
        ssl.SSLError: the library does not accept the certificate, or not with this key.
    """
    with _file(key.to_pem() + ssl.DER_cert_to_PEM_cert(certificate).encode()) as name:
        context.load_cert_chain(name)


@contextmanager
def _file(octets: bytes) -> Iterator[str]:
    """Yields the name of a file of this process that has these octets."""
    if not hasattr(os, "memfd_create"):
        from tempfile import TemporaryDirectory  # noqa: PLC0415  not needed on Linux

        with TemporaryDirectory() as folder:
            file = Path(folder, "own.pem")
            file.write_bytes(octets)
            yield str(file)
        return
    number = os.memfd_create("own.pem")
    try:
        os.write(number, octets)
        yield f"/proc/self/fd/{number}"
    finally:
        os.close(number)
