"""The management port: plain HTTP with JSON, on the loopback interface and nowhere else.

Loopback is no authentication: a web page that is open on the same machine can send requests there,
and read the answers when its own name resolves to loopback. So Host has to be a loopback name with
the port, and Origin absent or the same; anything else is answered with 403.
"""

import json
import threading
from typing import Final

from rspcore.errors import ConfigError
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.management import Management
from rspsim.smdpp.server import SmDpPlus
from rspsim.transports.https import LOOPBACK, Front, Listener

__all__ = ["management_front"]

_HTTP_PORT: Final = 80


def management_front(
    server: SmDpPlus, lock: threading.Lock, *, host: str = LOOPBACK, port: int = 0
) -> Front:
    """Makes the front of the management port; it is not started yet.

    Args:
        server: The server to manage.
        lock: Lock that the server's own front uses; held only to read or change the server.
        host: Address to bind.
        port: Port to bind, 0 for any that is free.

    Raises:
        ConfigError: the address is not one of the loopback interface; a client of this port can
            order profiles and read everything.
    """
    if not (host.startswith("127.") or host in {"localhost", "::1"}):
        raise ConfigError(f"management port on {host}: only the loopback interface is allowed")
    management = Management(server, lock)

    def handle(request: HttpRequest) -> HttpResponse:
        wrong = _foreign(request, host, front.ports[0])
        return management.handle(request) if wrong is None else wrong

    front = Front(handle, (Listener(host, port),))
    return front


def _foreign(request: HttpRequest, host: str, port: int) -> HttpResponse | None:
    """Returns the answer to a request that does not come for this port, or None."""
    own = {"localhost", "127.0.0.1", "[::1]", f"[{host}]" if ":" in host else host}
    hosts = {f"{name}:{port}" for name in own} | (own if port == _HTTP_PORT else set())
    given, origin = (request.header("Host") or "").lower(), request.header("Origin")
    if given not in hosts:
        return _forbidden(f"Host: expected localhost:{port}")
    if origin is not None and origin.lower() != f"http://{given}":
        return _forbidden(f"Origin: expected none, or http://{given}")
    return None


def _forbidden(text: str) -> HttpResponse:
    return HttpResponse(
        status=403,
        headers={"Content-Type": "application/json"},
        body=json.dumps({"error": text}).encode("ascii"),
    )
