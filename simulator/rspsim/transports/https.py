"""The HTTPS front: real TLS, keep-alive, worker threads, and one lock around the server.

The front turns HTTP into `HttpRequest` values and back and does nothing else. Each curve has a
listener of its own: brainpoolP256r1 exists in TLS 1.2 alone and most clients offer it only when
configured to, so it must not block the other curves. TLS certificates are made or chosen by the
caller; nothing here looks at roles.

A connection gets a worker thread when its client has sent something, and makes its handshake there,
so that a client that connects and sends nothing keeps no other client waiting.

Source: SGP.22 v2, 2.6.6 and 6.2.
"""

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Self

from cheroot.server import Gateway, HTTPConnection, HTTPServer
from cheroot.ssl.builtin import BuiltinSSLAdapter

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.pki.bundle import Credential
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse

__all__ = ["LOOPBACK", "Front", "Handler", "Listener", "free_port", "tls_context"]

LOOPBACK: Final = "127.0.0.1"
Handler = Callable[[HttpRequest], HttpResponse]

_LOG: Final = logging.getLogger(__name__)
_MAX_BODY_OCTETS: Final = 4 << 20
_THREADS: Final = 8
_GROUPS: Final = {Curve.NIST_P256: None, Curve.BRAINPOOL_P256R1: "brainpoolP256r1"}
"""Group for the key exchange, None for those that the TLS library offers by itself."""


def tls_context(credential: Credential) -> ssl.SSLContext:
    """Makes the server side of TLS 1.2 and up from a certificate and its key.

    A brainpoolP256r1 certificate limits the context to TLS 1.2 and to its own curve.

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
    with TemporaryDirectory() as folder:  # the library reads certificates only from files
        certificate, key = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        certificate.write_text(ssl.DER_cert_to_PEM_cert(credential.certificate.der))
        key.write_bytes(credential.private_key.to_pem())
        try:
            context.load_cert_chain(certificate, key)
        except ssl.SSLError as error:
            raise ConfigError(
                f"{credential.certificate!r} cannot serve TLS ({error.reason or error}); "
                "use another certificate or leave out its curve"
            ) from error
    return context


def free_port(host: str = LOOPBACK) -> int:
    """Returns a port that is free at this moment, for callers that need it before they listen.

    Raises:
        ConfigError: the address is not one of this machine.
    """
    try:
        with socket.create_server((host, 0)) as found:
            return int(found.getsockname()[1])
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}: {error}. Choose another address") from error


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen, and with which TLS context.

    Attributes:
        host: Address to bind.
        port: Port to bind, 0 for any that is free.
        tls: Context of the server side, or None for plain HTTP.
    """

    host: str = LOOPBACK
    port: int = 0
    tls: ssl.SSLContext | None = None


class Front:
    """Serves a handler on some listeners, one request at a time.

    Use it as a context manager, or call `start` and `stop`.
    """

    def __init__(
        self,
        handler: Handler,
        listeners: tuple[Listener, ...],
        *,
        lock: "threading.Lock | None" = None,
    ) -> None:
        """Takes a handler and its listeners; nothing is bound yet.

        Args:
            handler: Answers requests; is never called by two threads at a time.
            listeners: Where to listen.
            lock: Lock around the handler, when another front serves the same state.
        """
        self._handler = handler
        self._lock = threading.Lock() if lock is None else lock
        self._stopping = threading.Event()
        self._servers = [_Server(self, listener) for listener in listeners]
        self._threads: list[threading.Thread] = []

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
        return tuple(server.bind_addr[1] for server in self._servers)

    def start(self) -> None:
        """Binds every listener, then serves each in a thread of its own.

        Raises:
            ConfigError: a port cannot be bound; the ports bound before are released.
        """
        for server in self._servers:
            host, port = server.bind_addr[:2]
            try:
                # The HTTP library leaves a socket open when it cannot bind, so test the port first.
                socket.create_server((host, port)).close()
                server.prepare()
            except OSError as error:
                self.stop()
                raise ConfigError(
                    f"cannot listen on {host} port {port}: {error}. Choose another port"
                ) from error
        for server in self._servers:
            thread = threading.Thread(target=server.serve, name="rspsim front", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Finishes the requests under way, closes every connection and releases the ports."""
        self._stopping.set()
        for server in self._servers:
            server.stop()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Calls the handler, then waits as long as its answer says."""
        with self._lock:
            response = self._handler(request)
        if response.delay_ms:
            self._stopping.wait(response.delay_ms / 1000)
        return response


class _Server(HTTPServer):
    """One listener, as cheroot serves it."""

    expiration_interval = 0.1  # how long a stop may take, in seconds
    timeout = 30
    shutdown_timeout = 2
    request_queue_size = 128  # five by default: the sixth client at once would wait a second
    max_request_body_size = _MAX_BODY_OCTETS

    def __init__(self, front: Front, listener: Listener) -> None:
        super().__init__(
            (listener.host, listener.port), _Gateway, minthreads=_THREADS, server_name="rsplab"
        )
        self.front = front
        self.ConnectionClass = _Connection
        if listener.tls is not None:
            self.ssl_adapter = _Adapter(listener.tls)

    def process_conn(self, conn: "_Connection") -> None:
        """Passes a connection to a worker thread, a new one once its client has sent something.

        Otherwise clients that connect and send nothing would occupy every worker.
        """
        if conn.has_sent:
            super().process_conn(conn)
        else:
            conn.has_sent = True
            self.put_conn(conn)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:  # noqa: FBT001, FBT002  as it is called
        """Passes the messages of the HTTP library to the log of this module."""
        _LOG.log(level, "%s", msg, exc_info=traceback)


class _Adapter(BuiltinSSLAdapter):
    """Wraps sockets with a context made elsewhere; the handshake is left to the connection."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def wrap(self, sock: Any) -> tuple[Any, dict[str, str]]:
        """Returns the wrapped socket before its handshake."""
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {}


class _Connection(HTTPConnection):
    """A connection that makes its handshake in the worker thread."""

    has_sent = False
    _handshake_done = False

    def communicate(self) -> bool:
        """Makes the handshake the first time; serves a request each time."""
        if not self._handshake_done and isinstance(self.socket, ssl.SSLSocket):
            try:
                self.socket.do_handshake()
            except OSError as error:
                _LOG.info("%s: no TLS handshake: %s", self.remote_addr, error)
                return False
        self._handshake_done = True
        serve: Callable[[], Any] = super().communicate
        return bool(serve())

    def close(self) -> None:
        """Closes the connection and drops what was not sent, which the library would send again."""
        super().close()
        self.wfile.raw.close()


class _Gateway(Gateway):
    """Passes one request from the library to the front, and the answer back."""

    def respond(self) -> None:
        """Answers one request."""
        incoming = self.req
        request = HttpRequest(
            method=incoming.method.decode("latin-1"),
            path=incoming.path.decode("latin-1"),
            headers={
                name.decode("latin-1").title(): value.decode("latin-1")
                for name, value in incoming.inheaders.items()
            },
            body=incoming.rfile.read(),
        )
        response: HttpResponse = incoming.server.front.answer(request)
        self._send(response)

    def _send(self, response: HttpResponse) -> None:
        outgoing = self.req
        try:
            phrase = HTTPStatus(response.status).phrase
        except ValueError:
            phrase = "Unknown"
        outgoing.status = f"{response.status} {phrase}".encode("latin-1")
        outgoing.outheaders = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in response.headers.items()
        ]
        if response.status != HTTPStatus.NO_CONTENT or response.body:
            length = str(len(response.body)).encode("ascii")
            outgoing.outheaders.append((b"Content-Length", length))
        cut = response.cut_after is not None and response.cut_after < len(response.body)
        outgoing.close_connection = outgoing.close_connection or cut
        outgoing.ensure_headers_sent()
        body = response.body[: response.cut_after] if cut else response.body
        if body:
            outgoing.write(body)
