"""The way to real servers: HTTPS by urllib3, with the certificate checks of an LPA.

TLS is 1.2 or later with the server's certificate alone (SGP.22 v2, 2.6.6). Beyond what TLS itself
checks (chain, validity, serverAuth, dNSName), an LPA demands the role of an SM-DP+ or SM-DS in the
certificate policy. brainpoolP256r1 has to be offered on its own and exists only up to TLS 1.2, so
a server that accepts none of the usual curves is tried a second time with it. Redirects are not
followed and no proxy is used.
"""

import ssl
import warnings
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError, InsecureRequestWarning, SSLError

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, DecodeError, RspError
from rspcore.frozen import dataclass
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.verification import tls_certificate_flaws
from rspcore.server_address import host_of, in_brackets, split_address
from rspharness.lpa.es9p_client import HttpReply, ServerUnreachableError
from rspharness.lpa.https_failures import (
    OPENSSL_BRAINPOOL,
    dates_shown,
    flaw_text,
    is_about_dates,
    no_common_curve,
    unreachable,
)
from rspharness.lpa.newer.server_names import NameService, TlsName, is_fatal_alert, ways_to
from rspharness.record.timing import stopwatch

__all__ = ["HttpsOptions", "HttpsPort"]

_HTTPS_PORT: Final = 443
_MAX_BODY_OCTETS: Final = 8 * 1024 * 1024


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
        timeout_s: Seconds for one exchange in all: connection, request and whole answer.
        headers: Header fields in place of those of the client, such as User-Agent.
        tls_keys: File to which the keys of each TLS connection are added, for Wireshark; None for
            none.
        newer_names: True for an LPA of version 3, which tries the name of version 3 of a server
            first (`rspharness.lpa.newer.server_names`).
        hosts: IP addresses by name in lower case, in place of DNS; None for DNS.
    """

    ca_certificates: tuple[bytes, ...] = ()
    insecure: bool = False
    connect_to: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    curve: Curve | None = None
    timeout_s: float = 30.0
    headers: Mapping[str, str] = field(default_factory=dict)
    tls_keys: Path | None = None
    newer_names: bool = False
    hosts: Mapping[str, str] | None = None


class HttpsPort:
    """Carries ES9+ requests over HTTPS; connections are kept open per server.

    Use it as a context manager, or call `close`.
    """

    def __init__(self, options: HttpsOptions | None = None) -> None:
        self._options = options or HttpsOptions()
        self._pools: dict[str, urllib3.HTTPSConnectionPool] = {}
        self._ci_pkids: frozenset[bytes] | None = None
        self._roles: dict[str, Role | None] = {}
        self._certificates: dict[str, bytes] = {}
        self._deadline = _Deadline()
        self._last_curve: Curve | None = None
        self._service = NameService(self._options.hosts)

    def limit_roots(self, ci_pkids: Collection[bytes]) -> None:
        """Accepts from now on only servers under these CI keys (20 octets each).

        What `insecure` of the options leaves unchecked stays so. Open connections are closed when
        the keys are others than before.
        """
        wanted = frozenset(ci_pkids)
        if wanted != self._ci_pkids:
            self.close()
            self._ci_pkids = wanted

    def expect_role(self, address: str, role: Role | None) -> None:
        """Accepts from the server of an address only a certificate of this role, None for any."""
        if self._roles.get(address.lower()) is not role:
            self._roles[address.lower()] = role
            pool = self._pools.pop(address, None)
            if pool is not None:
                pool.close()

    def server_certificate(self, address: str) -> bytes | None:
        """Returns the DER octets of the certificate that was checked last, or None."""
        return self._certificates.get(address.lower())

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
            ServerUnreachableError: no connection, no trust, or no whole answer; an answer of more
                than 8 MiB is not read to its end.
            ConfigError: a CA certificate given cannot be used.
        """
        self._deadline.start(self._options.timeout_s)
        headers = {**headers, **self._options.headers}
        pool = self._pools.get(address)
        try:
            if pool is not None:
                return self._request(pool, address, path, headers, body)
            return self._first_request(address, path, headers, body)
        except HTTPError as error:
            raise unreachable(address, error, self._dates_shown(address, error)) from error

    def _dates_shown(self, address: str, error: HTTPError) -> str:
        """Returns the dates of the certificate if they are what is wrong, else an empty text."""
        if not is_about_dates(error):
            return ""
        brainpool = Curve.BRAINPOOL_P256R1 in (self._options.curve, self._last_curve)
        try:
            seconds = self._deadline.left()
        except TimeoutError:
            return ""
        return dates_shown(self._place(address), host_of(address), seconds, brainpool=brainpool)

    def _first_request(
        self, address: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpReply:
        *others, last = self._ways(host_of(address))
        for way in others:
            try:
                return self._request_by(way, address, path, headers, body)
            except SSLError as error:
                if not is_fatal_alert(error):
                    raise
        return self._request_by(last, address, path, headers, body)

    def _ways(self, name: str) -> list[TlsName]:
        """Returns the names to try, at least one."""
        options, service = self._options, self._service
        if not options.newer_names:
            return [TlsName(name, name)]
        if options.connect_to and options.hosts is None:  # these take the place of DNS
            service = NameService({one.partition(":")[0]: one for one in options.connect_to})
        return list(ways_to(name, service))

    def _request_by(
        self, way: TlsName, address: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpReply:
        curve = self._options.curve
        curves = (curve,) if curve else (Curve.NIST_P256, Curve.BRAINPOOL_P256R1)
        for last in curves[:-1]:
            pool = self._pool(address, way, last)
            try:
                reply = self._request(pool, address, path, headers, body)
            except SSLError as error:
                if not no_common_curve(error):
                    raise
                pool.close()
            else:
                self._pools[address] = pool
                return reply
        pool = self._pool(address, way, curves[-1])
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
            pool.close()
            raise ServerUnreachableError(
                f"{address}: the answer has more than {_MAX_BODY_OCTETS:,} octets; not read on"
            )
        return HttpReply(response.status, dict(response.headers), content)

    def _place(self, address: str, host: str = "") -> tuple[str, int]:
        """Returns host and port to connect to for an address, by another name of it if given."""
        name, port_text = split_address(address.lower())
        name = host or name
        port = int(port_text) if port_text else _HTTPS_PORT
        keys = (f"{in_brackets(name)}:{port}", name, "")
        places = (self._options.connect_to.get(key) for key in keys)
        return next((place for place in places if place), (self._service.place(name), port))

    def _pool(self, address: str, way: TlsName, curve: Curve) -> urllib3.HTTPSConnectionPool:
        options, name = self._options, way.certificate
        host, port = self._place(address, way.host)
        self._last_curve = curve
        pool = urllib3.HTTPSConnectionPool(
            host,
            port,
            timeout=urllib3.Timeout(connect=options.timeout_s, read=options.timeout_s),
            maxsize=1,
            ssl_context=self._context(curve, said=way.said),
            server_hostname=way.host,
            assert_hostname=False if options.insecure else name,
        )
        if not options.insecure:
            connection: Any = self._checked_connection(address, name)
            pool.ConnectionCls = connection
        return pool

    def _checked_connection(self, address: str, name: str) -> type[HTTPSConnection]:
        check = self._check

        class Checked(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                sock = self.sock
                der = sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else b""
                try:
                    check(address, name, der or b"")
                except RspError:
                    self.close()
                    raise

        return Checked

    def _check(self, address: str, name: str, der: bytes) -> None:
        """Checks a TLS certificate by the rules of `rspcore.pki.verification`."""
        try:
            certificate = Certificate.from_der(der)
        except DecodeError as error:
            raise ServerUnreachableError(f"TLS certificate of {address}: {error}") from error
        issuer = self._issuer(certificate)
        role = self._roles.get(address.lower())
        roles = (Role.DP_TLS, Role.DS_TLS) if role is None else (role,)
        now = datetime.now(UTC)  # noqa: TID251  TLS is held against the real clock
        flaw = next(tls_certificate_flaws(certificate, roles, issuer, now, name), None)
        if flaw is not None:
            raise ServerUnreachableError(
                f"TLS certificate of {address}: {flaw_text(flaw, certificate, roles)}. "
                "Nothing was sent"
            )
        self._certificates[address.lower()] = der

    def _issuer(self, certificate: Certificate) -> Certificate | None:
        named = certificate.authority_key_identifier
        trusted = map(Certificate.from_der, self._trusted())
        return next((one for one in trusted if one.subject_key_identifier == named), None)

    def _trusted(self) -> tuple[bytes, ...]:
        """Returns the CI certificates given, less those the card does not list.

        Raises:
            ConfigError: none is left.
        """
        given = self._options.ca_certificates
        if self._ci_pkids is None or not given:
            return given
        kept = tuple(
            der
            for der in given
            if Certificate.from_der(der).subject_key_identifier in self._ci_pkids
        )
        if not kept:
            listed = ", ".join(sorted(one.hex().upper() for one in self._ci_pkids)) or "none"
            raise ConfigError(
                f"none of the {len(given)} CI certificates is one the card verifies with "
                f"(it lists {listed}); name another with --ca"
            )
        return kept

    def _context(self, curve: Curve, *, said: bool) -> ssl.SSLContext:
        kind = ssl.SSLContext if said else _Nameless
        context = _context(kind, self._options, curve, self._trusted())
        deadline = self._deadline

        class Timed(ssl.SSLSocket):
            """A socket whose every step has what is left of the time of the exchange."""

            def recv_into(self, *given: Any, **named: Any) -> int:
                self.settimeout(deadline.left())
                return super().recv_into(*given, **named)

            def send(self, *given: Any, **named: Any) -> int:
                self.settimeout(deadline.left())
                return super().send(*given, **named)

        context.sslsocket_class = Timed
        return context


class _Nameless(ssl.SSLContext):
    """A context whose ClientHello says no name."""

    def wrap_socket(self, *given: Any, **named: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*given, **{**named, "server_hostname": None})


class _Deadline:
    """The end of the exchange under way."""

    def __init__(self) -> None:
        self._seconds, self._elapsed_ms = 0.0, stopwatch()

    def start(self, seconds: float) -> None:
        self._seconds, self._elapsed_ms = seconds, stopwatch()

    def left(self) -> float:
        """Returns the seconds left.

        Raises:
            TimeoutError: none.
        """
        left = self._seconds - self._elapsed_ms() / 1000
        if left <= 0:
            raise TimeoutError("the exchange took longer than --timeout allows")
        return left


def _context(
    kind: type[ssl.SSLContext], options: HttpsOptions, curve: Curve, trusted: tuple[bytes, ...]
) -> ssl.SSLContext:
    context = kind(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if options.tls_keys is not None:
        context.keylog_filename = str(options.tls_keys)
    if curve is Curve.BRAINPOOL_P256R1:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ecdh_curve(OPENSSL_BRAINPOOL)
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif trusted:
        _trust(context, trusted)
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
