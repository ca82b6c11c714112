"""The HTTPS front: real TLS, keep-alive, no client that waits for another, one request at a time.

The front turns HTTP into `HttpRequest` values and back and does nothing else. Each curve has a
listener of its own: brainpoolP256r1 exists in TLS 1.2 alone and most clients offer it only when
configured to, so it must not block the other curves. TLS certificates are made or chosen by the
caller; nothing here looks at roles.

One thread serves every connection as far as its socket allows and passes complete requests to a
second one, which calls the handler; so a client that is silent, slow or broken keeps nobody waiting
(`rspsim.transports.http_loop`). A handler that waits for nothing is called at once. Octets that are
no request of HTTP are answered with 4xx and noted.

Source: SGP.22 v2, 2.6.6 and 6.2.
"""

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Final, Self, TypeVar

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, StoreError
from rspcore.frozen import dataclass
from rspcore.pki.bundle import Credential
from rspcore.pki.certificate import Certificate
from rspsim.smdpp.greeting import Greeting
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.transports.door import Door
from rspsim.transports.http_connection import FrontLimits
from rspsim.transports.http_loop import Loop
from rspsim.transports.http_wire import Refusal, refusal_answer
from rspsim.transports.own_certificate import load_own

__all__ = [
    "LOOPBACK",
    "Aside",
    "Front",
    "FrontLimits",
    "Handler",
    "Listener",
    "Note",
    "free_port",
    "tls_context",
]

LOOPBACK: Final = "127.0.0.1"
Handler = Callable[[HttpRequest], HttpResponse]
Note = Callable[[HttpRequest, HttpResponse, str], None]
"""Takes what was known of a request that never reached the handler, the answer, and the reason."""

_Asked = TypeVar("_Asked")
_LOG: Final = logging.getLogger(__name__)
_BACKLOG: Final = 128
_USUAL: Final = FrontLimits()
_UNAVAILABLE: Final = HttpResponse(
    status=503,
    headers={"Content-Type": "text/plain; charset=utf-8", "Retry-After": "1"},
    body=b"the state of this server cannot be kept at the moment; nothing was changed\n",
)
_GROUPS: Final = {Curve.NIST_P256: None, Curve.BRAINPOOL_P256R1: "brainpoolP256r1"}
"""Group for the key exchange, None for those that the TLS library offers by itself."""


def tls_context(
    credential: Credential, *, clients: tuple[Certificate, ...] = (), required: bool = False
) -> ssl.SSLContext:
    """Makes the server side of TLS 1.2 and up from a certificate and its key.

    A brainpoolP256r1 certificate limits the context to TLS 1.2 and to its own curve.

    Args:
        credential: Certificate and key of the server.
        clients: CAs whose clients may show a certificate; none is asked for when empty.
        required: True to refuse the handshake of a client that shows none.

    Raises:
        ConfigError: the TLS library does not accept certificate or key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    curve = credential.key.curve if credential.key else None
    group = None if curve is None else _GROUPS[curve]
    if group is not None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ecdh_curve(group)
    try:
        load_own(context, credential.certificate.der, credential.private_key)
    except ssl.SSLError as error:
        raise ConfigError(
            f"{credential.certificate!r} cannot serve TLS ({error.reason or error}); "
            "use another certificate or leave out its curve"
        ) from error
    if clients:
        context.load_verify_locations(cadata=b"".join(one.der for one in clients))
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return context


def free_port(host: str = LOOPBACK) -> int:
    """Returns a port that is free at this moment, for callers that need it before they listen.

    Raises:
        ConfigError: the address is not one of this machine.
    """
    try:
        with _listening(host, 0) as found:
            return int(found.getsockname()[1])
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}: {error}. Choose another address") from error


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen, and with which TLS context.

    Attributes:
        host: Address to bind.
        port: Port to bind, 0 for any that is free.
        tls: Context of the server side, or None for plain HTTP.
        greet: Returns how a client that has just connected is met, or None for by `tls` as always.
    """

    host: str = LOOPBACK
    port: int = 0
    tls: ssl.SSLContext | None = None
    greet: Callable[[], Greeting | None] | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """Requests that are answered in a thread of their own, without the lock of the front.

    Attributes:
        concerns: Tells which they are.
        handler: Answers them one after the other, and takes the lock when it uses the server.
    """

    concerns: Callable[[HttpRequest], bool]
    handler: Handler


class Front:
    """Serves a handler on some listeners, one request at a time.

    Use it as a context manager, or call `start` and `stop`.
    """

    def __init__(  # noqa: PLR0913  what a front is made of, each part once
        self,
        handler: Handler,
        listeners: tuple[Listener, ...],
        *,
        lock: "threading.Lock | None" = None,
        limits: FrontLimits = _USUAL,
        note: Note | None = None,
        aside: Aside | None = None,
        waits: bool = True,
    ) -> None:
        """Takes a handler and its listeners; nothing is bound yet.

        Args:
            handler: Answers requests; is never called by two threads at a time.
            listeners: Where to listen.
            lock: Lock around the handler, when others use the same state.
            limits: How much time and memory clients get.
            note: Called, as the handler is, with each request that is refused before it reaches the
                handler.
            aside: Requests whose answer waits for another server, and what answers them.
            waits: False when the handler never waits for a disk or another process; it is then
                called in the thread of the connections while nobody else holds the lock.
        """
        self._waits = waits
        self._aside = aside
        self._handler = handler
        self._listeners = listeners
        self._lock = threading.Lock() if lock is None else lock
        self._limits = limits
        self._note = note
        self._ports = tuple(one.port for one in listeners)
        self._loop: Loop | None = None

    def __enter__(self) -> Self:
        """Starts serving."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stops serving."""
        self.stop()

    @property
    def ports(self) -> tuple[int, ...]:
        """Returns the port of each listener once `start` has bound it."""
        return self._ports

    def start(self) -> None:
        """Binds every listener, then serves them in threads of its own.

        Raises:
            ConfigError: a port cannot be bound; the ports bound before are released.
        """
        bound = []
        for one in self._listeners:
            try:
                bound.append(Door(_listening(one.host, one.port), one.tls, one.greet))
            except OSError as error:
                for before in bound:
                    before.listening.close()
                raise ConfigError(
                    f"cannot listen on {one.host} port {one.port}: {error}. Choose another port"
                ) from error
        self._ports = tuple(one.listening.getsockname()[1] for one in bound)
        at_once = None if self._waits else self._at_once
        self._loop = Loop(tuple(bound), self._answer, self._limits, self._is_aside, at_once)
        self._loop.start()

    def set_open(self, wanted: bool) -> None:  # noqa: FBT001  the only thing it takes
        """Opens or closes the ports while it serves; connections are not touched."""
        if self._loop is not None:
            self._loop.set_open(wanted)

    def stop(self) -> None:
        """Finishes the requests under way, closes every connection and releases the ports."""
        if self._loop is not None:
            self._loop.stop()
            self._loop = None

    def _is_aside(self, request: HttpRequest) -> bool:
        return self._aside is not None and self._aside.concerns(request)

    def _answer(self, asked: HttpRequest | Refusal) -> HttpResponse:
        """Returns the answer of the handler, 503 when its state cannot be kept, 500 for a bug."""
        aside = self._aside
        if aside is not None and isinstance(asked, HttpRequest) and aside.concerns(asked):
            return _safely(aside.handler, asked)
        with self._lock:
            return _safely(self._handled, asked)

    def _at_once(self, asked: HttpRequest | Refusal) -> HttpResponse | None:
        """Returns the answer as `_answer` does, or None when somebody holds the lock."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return _safely(self._handled, asked)
        finally:
            self._lock.release()

    def _handled(self, asked: HttpRequest | Refusal) -> HttpResponse:
        if isinstance(asked, HttpRequest):
            return self._handler(asked)
        response = refusal_answer(asked)
        if self._note is not None:
            self._note(asked.request, response, asked.reason)
        return response


def _safely(run: Callable[[_Asked], HttpResponse], asked: _Asked) -> HttpResponse:
    try:
        return run(asked)
    except StoreError as error:
        _LOG.warning("answered with 503: %s", error)
        return _UNAVAILABLE
    except Exception:  # noqa: BLE001  whatever it is, it is logged, and others are served
        _LOG.exception("a bug in the handler, answered with 500")
        return HttpResponse(status=500)
