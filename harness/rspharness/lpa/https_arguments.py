"""The CI certificates an LPA trusts and the places it connects to, from a command line.

The CI certificates come from one file or from every file below a folder; anything that is no
self-signed certificate is skipped, so that a whole PKI folder can be named. Nothing is fetched.
"""

import binascii
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rspcore.errors import ConfigError, DecodeError, LocalError
from rspcore.pki.certificate import Certificate
from rspcore.server_address import split_address
from rspharness.lpa.activation_code import check_server_address

__all__ = ["parse_connect_to", "read_ci_certificates"]

_PEM = re.compile(
    rb"-----BEGIN (?:TRUSTED )?CERTIFICATE-----(.*?)-----END (?:TRUSTED )?CERTIFICATE-----",
    re.DOTALL,
)
_MAX_FILE_OCTETS = 64 * 1024


def read_ci_certificates(place: Path) -> tuple[bytes, ...]:
    """Returns the DER octets of the CI certificates in a file or below a folder, each once.

    Raises:
        ConfigError: no such place, or no CI certificate in it.
    """
    if not place.exists():
        raise ConfigError(f"{place}: no such file or folder; --ca wants CI certificates")
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    found: dict[bytes, None] = {}
    for file in files:
        if file.is_file() and file.stat().st_size <= _MAX_FILE_OCTETS:
            found.update((der, None) for der in _certificates(file.read_bytes()) if _is_ci(der))
    if not found:
        raise ConfigError(
            f"{place}: no CI certificate found; expected a self-signed one of a CA, DER or PEM"
        )
    return tuple(found)


def _certificates(octets: bytes) -> Iterator[bytes]:
    if b"-----BEGIN" not in octets:
        yield octets
        return
    for match in _PEM.finditer(octets):
        try:
            yield binascii.a2b_base64(match.group(1))
        except binascii.Error:
            continue


def _is_ci(der: bytes) -> bool:
    try:
        certificate = Certificate.from_der(der)
    except DecodeError:
        return False
    return certificate.is_ca and certificate.issuer == certificate.subject


def parse_connect_to(texts: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Reads `NAME=HOST:PORT` entries: where a server of that name really is.

    An entry without NAME stands for every server, under the empty name. NAME may carry a port.

    Raises:
        LocalError: an entry has not that form.
    """
    places: dict[str, tuple[str, int]] = {}
    for text in texts:
        name, equals, place = text.rpartition("=")
        host, port = split_address(place)
        try:
            check_server_address(place)
            if name:
                check_server_address(name)
        except DecodeError as error:
            raise LocalError(f"--connect-to {text!r}: {error}") from error
        if not port or (equals and not name):
            raise LocalError(f"--connect-to {text!r}: expected [NAME=]HOST:PORT")
        places[name.lower()] = (host, int(port))
    return places
