"""The management API: finds the route of a request, reads its query and body, writes the answer.

Like the server itself this is a value machine; the port it listens on is
`rspsim.transports.management_port`. A guard, such as the lock of the server's own front, is held
only while the server is read or changed, never while a package is made or an answer is written:
clients of ES9+ do not wait for those. The API is not part of any specification; `GET /openapi.json`
describes it, and is made of the same routes.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl

from rspcore.errors import DecodeError, RspError, StoreError
from rspcore.messages.es9p import JSON_CONTENT_TYPE
from rspcore.messages.json_codec import dump_object, load_object
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.management import (
    clock_routes,
    fault_routes,
    message_routes,
    openapi,
    session_routes,
    snapshot_routes,
)
from rspsim.smdpp.management.route import Call, Desk, Managed, Route, UnknownError
from rspsim.smdpp.setting_kinds import Kind

__all__ = ["ManagementApi", "common_routes"]

_Server = TypeVar("_Server", bound=Managed)
_DESCRIPTION: Final = "/openapi.json"


def common_routes(without: frozenset[str] = frozenset()) -> tuple[Route[Any], ...]:
    """Returns the routes of every kind of server.

    Args:
        without: Words of requests that are none of this kind of server, such as an order.
    """
    return (
        *session_routes.ROUTES,
        *message_routes.message_routes(without),
        *fault_routes.fault_routes(without),
        *clock_routes.ROUTES,
        *snapshot_routes.ROUTES,
    )


class ManagementApi(Generic[_Server]):
    """Answers management requests for one server.

    Attributes:
        routes: Its routes.
    """

    def __init__(
        self,
        server: _Server,
        guard: AbstractContextManager[object] | None,
        routes: Sequence[Route[_Server]],
        kind: str,
    ) -> None:
        """Sets up the API.

        Args:
            server: The server.
            guard: What to hold while it is read or changed; nothing when None.
            routes: What can be asked.
            kind: What kind of server it is, for the description.
        """
        self._desk = Desk(
            server=server,
            guard=nullcontext() if guard is None else guard,
            first_policy=server.policy,
        )
        self.routes: tuple[Route[_Server], ...] = (*routes, self._description(kind))

    def _description(self, kind: str) -> Route[_Server]:
        return Route(
            method="GET",
            path=_DESCRIPTION,
            summary="this API, as OpenAPI 3.1",
            run=lambda _: openapi.document(self.routes, kind),
        )

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answers one request: 200 with JSON, 404, 405, 415, or 400 with the reason.

        Raises:
            StoreError: the state of the server cannot be kept; nothing was changed.
        """
        found = [
            (route, item)
            for route in self.routes
            if (item := _item(route.path, request.path)) is not None
        ]
        route, item = next(
            ((route, item) for route, item in found if route.method == request.method),
            (None, None),
        )
        if route is None or item is None:
            return self._no_route(request, [one.method for one, _ in found])
        given = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
        if request.body and given != JSON_CONTENT_TYPE:
            return _answer(415, {"error": f"Content-Type: expected {JSON_CONTENT_TYPE}"})
        try:
            result = route.run(self._call(route, item, request))
        except StoreError:
            raise  # the front answers 503
        except UnknownError as error:
            return _answer(404, {"error": str(error)})
        except RspError as error:
            return _answer(400, {"error": str(error)})
        if route.path == _DESCRIPTION and isinstance(result, dict):
            return _answer(200, result)
        return _answer(200, {"result": result})

    def _call(self, route: Route[_Server], item: str, request: HttpRequest) -> Call[_Server]:
        body = load_object(request.body) if request.body else {}
        if body and route.body is None:
            raise DecodeError(f"{route.method} {route.path} takes no body")
        if route.body is not None and not route.free:
            _refuse_unknown(body, route.body)
        missing = [name for name in route.required if name not in body]
        if missing:
            raise DecodeError(f"missing: {', '.join(missing)}")
        return Call(desk=self._desk, item=item, query=_query(route.query, request.query), body=body)

    def _no_route(self, request: HttpRequest, methods: list[str]) -> HttpResponse:
        if methods:
            allowed = ", ".join(methods)
            error = {"error": f"{request.path}: expected {allowed}, got {request.method}"}
            return _answer(405, error, {"Allow": allowed})
        paths = ", ".join(dict.fromkeys(route.path for route in self.routes))
        return _answer(404, {"error": f"no route for {request.path}; there are {paths}"})


def _item(route: str, path: str) -> str | None:
    """Returns what a path has in the place of the name in braces, "" for a route without one."""
    wanted, given = route.strip("/").split("/"), path.strip("/").split("/")
    if len(wanted) != len(given):
        return None
    item = ""
    for one, other in zip(wanted, given, strict=True):
        if one.startswith("{") and other:
            item = other
        elif one != other:
            return None
    return item


def _query(kinds: Mapping[str, Kind], text: str) -> dict[str, Any]:
    """Reads the query.

    Raises:
        DecodeError: a parameter is unknown, comes twice, or is not of its kind.
    """
    values: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        kind = kinds.get(name)
        if kind is None:
            known = ", ".join(kinds) or "none"
            raise DecodeError(f"unknown parameter {name!r}; known are {known}")
        if name in values:
            raise DecodeError(f"parameter {name} comes twice")
        try:
            values[name] = kind.read(kind.of_text(value))
        except DecodeError as error:
            raise DecodeError(f"parameter {name}: {error}") from error
    return values


def _refuse_unknown(body: Mapping[str, object], known: Mapping[str, object]) -> None:
    unknown = sorted(name for name in body if name not in known)
    if unknown:
        raise DecodeError(f"unknown: {', '.join(unknown)}; known are {', '.join(known)}")


def _answer(
    status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> HttpResponse:
    given = {"Content-Type": "application/json", **(headers or {})}
    return HttpResponse(status=status, headers=given, body=dump_object(body))
