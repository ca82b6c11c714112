"""The way to real servers: HTTPS by urllib3, with the certificate checks of an LPA.

TLS is 1.2 or later with the server's certificate alone (SGP.22 v2, 2.6.6). Beyond what TLS itself
checks (chain, validity, serverAuth, dNSName), an LPA demands the role of an SM-DP+ or SM-DS in the
certificate policy. brainpoolP256r1 has to be offered on its own and exists only up to TLS 1.2, so
a server that accepts none of the usual curves is tried a second time with it. Redirects are not
followed and no proxy is used.
"""

import re
import ssl
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError, InsecureRequestWarning, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as HttpTimeoutError

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, DecodeError, RemoteError
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspharness.lpa.es9p_client import HttpReply, ServerUnreachableError

__all__ = ["HttpsOptions", "HttpsPort"]

_HTTPS_PORT: Final = 443
_OPENSSL_BRAINPOOL: Final = "brainpoolP256r1"
_MAX_BODY_OCTETS: Final = 8 * 1024 * 1024
_OBJECT: Final = re.compile(r"^<?[\w.]*Connection(?:Pool)?\([^)]*\)[^:]*: ")
"""The connection object that urllib3's messages begin with, of no use to a reader."""
_SERVER_ROLES: Final = frozenset({Role.DP_TLS, Role.DS_TLS})


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsOptions:
    """Which certificates an LPA trusts and where it connects.

    Attributes:
        ca_certificates: DER octets of the CI certificates trusted; empty for the system's own.
        insecure: True to check nothing about the server's certificate.
        connect_to: Where a server really is: FQDN in lower case, with or without a port, to (host,
            port); the empty name stands for every server. Certificate and Host field are still
            those of the FQDN.
        curve: Curve to offer, None for the usual ones first and brainpoolP256r1 if they fail.
        timeout_s: Seconds to wait for a connection and for each part of an answer.
    """

    ca_certificates: tuple[bytes, ...] = ()
    insecure: bool = False
    connect_to: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    curve: Curve | None = None
    timeout_s: float = 30.0


class HttpsPort:
    """Carries ES9+ requests over HTTPS; connections are kept open per server.

    Use it as a context manager, or call `close`.
    """

    def __init__(self, options: HttpsOptions | None = None) -> None:
        self._options = options or HttpsOptions()
        self._pools: dict[str, urllib3.HTTPSConnectionPool] = {}

    def __enter__(self) -> Self:
        """Returns the port."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the connections."""
        self.close()

    def close(self) -> None:
        """Closes the connections; the port can still be used and then opens new ones."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def post(self, address: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Sends a request and returns the answer, whatever its status.

        Raises:
            ServerUnreachableError: no connection, no trust, or no whole answer.
            RemoteError: the certificate has no role of a server, or the answer is too long.
            ConfigError: a CA certificate given cannot be used.
        """
        pool = self._pools.get(address)
        try:
            if pool is not None:
                return self._request(pool, address, path, headers, body)
            return self._first_request(address, path, headers, body)
        except HTTPError as error:
            raise _unreachable(address, error) from error

    def _first_request(
        self, address: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpReply:
        curve = self._options.curve
        curves = (curve,) if curve else (Curve.NIST_P256, Curve.BRAINPOOL_P256R1)
        for last in curves[:-1]:
            pool = self._pool(address, last)
            try:
                reply = self._request(pool, address, path, headers, body)
            except SSLError as error:
                if not _no_common_curve(error):
                    raise
                pool.close()
            else:
                self._pools[address] = pool
                return reply
        pool = self._pool(address, curves[-1])
        reply = self._request(pool, address, path, headers, body)
        self._pools[address] = pool
        return reply

    def _request(
        self,
        pool: urllib3.HTTPSConnectionPool,
        address: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> HttpReply:
        with warnings.catch_warnings():
            if self._options.insecure:  # asked for, so no warning is needed
                warnings.simplefilter("ignore", InsecureRequestWarning)
            response = pool.request(
                "POST",
                path,
                body=body,
                headers={"Host": address, **headers},
                redirect=False,
                retries=False,
                preload_content=False,
            )
        with response:
            content = response.read(_MAX_BODY_OCTETS + 1)
        if len(content) > _MAX_BODY_OCTETS:
            raise RemoteError(
                f"{address}: the answer has more than {_MAX_BODY_OCTETS:,} octets; not read on"
            )
        return HttpReply(response.status, dict(response.headers), content)

    def _pool(self, address: str, curve: Curve) -> urllib3.HTTPSConnectionPool:
        options = self._options
        name, _, port_text = address.lower().partition(":")
        port = int(port_text) if port_text else _HTTPS_PORT
        places = (options.connect_to.get(key) for key in (f"{name}:{port}", name, ""))
        host, port = next((place for place in places if place), (name, port))
        pool = urllib3.HTTPSConnectionPool(
            host,
            port,
            timeout=urllib3.Timeout(connect=options.timeout_s, read=options.timeout_s),
            maxsize=1,
            ssl_context=_context(options, curve),
            server_hostname=name,
            assert_hostname=False if options.insecure else name,
        )
        if not options.insecure:
            pool.ConnectionCls = _RoleCheckedConnection
        return pool


class _RoleCheckedConnection(HTTPSConnection):
    """A connection that checks the server's role in the certificate before anything is sent."""

    def connect(self) -> None:
        """Connects and checks the role.

        Raises:
            RemoteError: the certificate has another role or none. Nothing was sent.
        """
        super().connect()
        der = (
            self.sock.getpeercert(binary_form=True) if isinstance(self.sock, ssl.SSLSocket) else b""
        )
        try:
            role = Certificate.from_der(der or b"").role
        except DecodeError as error:
            self.close()
            raise RemoteError(f"TLS certificate of {self.host}: {error}") from error
        if role not in _SERVER_ROLES:
            self.close()
            raise RemoteError(
                f"TLS certificate of {self.server_hostname or self.host}: role "
                f"{role.name if role else 'none'}; expected DP_TLS or DS_TLS. Nothing was sent"
            )


def _context(options: HttpsOptions, curve: Curve) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if curve is Curve.BRAINPOOL_P256R1:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ecdh_curve(_OPENSSL_BRAINPOOL)
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif options.ca_certificates:
        _trust(context, options.ca_certificates)
    else:
        context.load_default_certs()
    return context


def _trust(context: ssl.SSLContext, certificates: Iterable[bytes]) -> None:
    for der in certificates:
        try:
            context.load_verify_locations(cadata=der)
        except ssl.SSLError as error:
            raise ConfigError(
                f"CA certificate of {len(der):,} octets cannot be used: {error}; expected a CI "
                "certificate, DER or PEM"
            ) from error


def _no_common_curve(error: SSLError) -> bool:
    return "handshake_failure" in str(error).lower().replace(" ", "_")


def _unreachable(address: str, error: HTTPError) -> ServerUnreachableError:
    text = _OBJECT.sub("", str(error))
    if isinstance(error, SSLError):
        hint = ""
        if "certificate verify failed" in text.lower():
            hint = "; name the CI with --ca, or accept any certificate with --insecure"
        return ServerUnreachableError(f"{address}: no TLS connection: {text}{hint}")
    if isinstance(error, NewConnectionError):
        return ServerUnreachableError(
            f"{address}: no connection: {text}; say where it is with --connect-to HOST:PORT"
        )
    if isinstance(error, HttpTimeoutError):
        return ServerUnreachableError(f"{address}: no answer in time: {text}")
    return ServerUnreachableError(f"{address}: the connection broke: {text}")
