"""The management port: plain HTTP with JSON, on the loopback interface and nowhere else.

Loopback is no authentication: other users of the machine reach it, and so does a web page that is
open in a browser, which can read the answers when its own name resolves to loopback. So a request
needs the token of the port (`Authorization: Bearer TOKEN`, else 401), Host has to be a loopback
name with the port, and Origin absent or the same (else 403). The page for people at `/page` has no
secrets and needs no token: it takes it from the fragment of its address, which a browser never
sends.

`GET /history` with `wait` is answered when what it asks for has come; that has a thread of its own,
so that other requests go on.
"""

import hmac
import json
from pathlib import Path
from time import monotonic, sleep  # noqa: TID251  a stopwatch, not the time of day
from typing import Any, Final
from urllib.parse import parse_qs

from rspcore.errors import ConfigError
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.management import ManagementApi
from rspsim.system import SystemRng
from rspsim.transports.https import LOOPBACK, Aside, Front, Handler, Listener

__all__ = ["ManagementFront", "management_front"]

_HTTP_PORT: Final = 80
_TOKEN_OCTETS: Final = 16
_LOOK_EVERY_S: Final = 0.05
_PAGE: Final = Path(__file__).with_name("management_page.html")
_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may do: run its own script and ask this port, nothing else."""


class ManagementFront(Front):
    """The front of a management port.

    Attributes:
        token: What a request has to show.
    """

    token: str = ""


def management_front(
    management: ManagementApi[Any],
    *,
    host: str = LOOPBACK,
    port: int = 0,
    token: str | None = None,
    page: bool = True,
) -> ManagementFront:
    """Makes the front of the management port; it is not started yet.

    Args:
        management: What answers; its guard is the lock that the server's own front uses, held only
            to read or change the server.
        host: Address to bind.
        port: Port to bind, 0 for any that is free.
        token: What a request has to show; drawn when None.
        page: Whether there is the page for people, which shows an SM-DP+.

    Raises:
        ConfigError: the address is not one of the loopback interface, because a client of this
            port can order profiles and read everything; or the token is empty.
    """
    if not (host.startswith("127.") or host in {"localhost", "::1"}):
        raise ConfigError(f"management port on {host}: only the loopback interface is allowed")
    if token == "":
        raise ConfigError("management port: expected a token that is not empty")

    def handle(request: HttpRequest) -> HttpResponse:
        wrong = _foreign(request, host, front.ports[0])
        for_people = page and (request.method, request.path.rstrip("/")) == ("GET", "/page")
        if wrong is None and for_people:
            return _page()
        wrong = wrong or _unknown(request, front.token)
        return management.handle(request) if wrong is None else wrong

    def handle_waiting(request: HttpRequest) -> HttpResponse:
        return _waited(request, handle)

    aside = Aside(_wants_to_wait, handle_waiting)
    front = ManagementFront(handle, (Listener(host, port),), aside=aside)
    front.token = SystemRng().octets(_TOKEN_OCTETS).hex() if token is None else token
    return front


def _foreign(request: HttpRequest, host: str, port: int) -> HttpResponse | None:
    """Returns the answer to a request that does not come for this port, or None."""
    own = {"localhost", "127.0.0.1", "[::1]", f"[{host}]" if ":" in host else host}
    hosts = {f"{name}:{port}" for name in own} | (own if port == _HTTP_PORT else set())
    given, origin = (request.header("Host") or "").lower(), request.header("Origin")
    if given not in hosts:
        return _refused(403, f"Host: expected localhost:{port}")
    if origin is not None and origin.lower() != f"http://{given}":
        return _refused(403, f"Origin: expected none, or http://{given}")
    return None


def _unknown(request: HttpRequest, token: str) -> HttpResponse | None:
    """Returns the answer to a request without the token, or None."""
    kind, _, shown = (request.header("Authorization") or "").partition(" ")
    same = hmac.compare_digest(shown.strip().encode("utf-8"), token.encode("utf-8"))
    if kind.lower() == "bearer" and same:
        return None
    return _refused(
        401, "expected Authorization: Bearer TOKEN, with the token that the server printed"
    )


def _page() -> HttpResponse:
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": _POLICY}
    return HttpResponse(status=200, headers=headers, body=_PAGE.read_bytes())


def _refused(status: int, text: str) -> HttpResponse:
    headers = {"Content-Type": "application/json"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return HttpResponse(
        status=status, headers=headers, body=json.dumps({"error": text}).encode("ascii")
    )


def _wants_to_wait(request: HttpRequest) -> bool:
    return request.path.rstrip("/") == "/history" and "wait=" in request.query


def _waited(request: HttpRequest, handle: Handler) -> HttpResponse:
    """Returns the answer once it has as many exchanges as were asked for, or the time is over."""
    query = parse_qs(request.query)
    begun = monotonic()
    while True:
        response = handle(request)
        if response.status != 200:
            return response
        seconds, wanted = int(query["wait"][0], 0), int(query.get("count", ["1"])[0], 0)
        found = len(json.loads(response.body)["result"])
        if found >= wanted or monotonic() - begun >= seconds:
            return response
        sleep(_LOOK_EVERY_S)
