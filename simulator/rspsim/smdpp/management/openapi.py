"""The description of the management API, OpenAPI 3.1, made of its routes."""

import re
from collections.abc import Iterable
from typing import Any, Final

from rspsim.smdpp.management.route import Route

__all__ = ["document"]

_NAME: Final = re.compile(r"\{(\w+)\}")
_ERRORS: Final = {
    "400": "a member, a parameter or a value is wrong; the text says what was expected",
    "401": "no token, or a wrong one",
    "403": "not for this port: Host or Origin is foreign",
    "404": "there is no such thing",
    "415": "the body is not application/json",
    "503": "the state cannot be kept at the moment; nothing was changed",
}


def document(routes: Iterable[Route[Any]], server: str) -> dict[str, object]:
    """Returns the description of the routes of a kind of server as a JSON value."""
    paths: dict[str, dict[str, object]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"rsplab {server} management",
            "version": "1",
            "description": f"Controls the mock {server}. Not part of any specification.",
        },
        "security": [{"token": []}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "paths": paths,
    }


def _operation(route: Route[Any]) -> dict[str, object]:
    parameters: list[dict[str, object]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _NAME.findall(route.path)
    ]
    parameters += [
        {"name": name, "in": "query", "schema": dict(kind.schema)}
        for name, kind in route.query.items()
    ]
    operation: dict[str, object] = {
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "done; the result",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **{status: {"description": text} for status, text in _ERRORS.items()},
        },
    }
    if route.body is not None:
        schema = {
            "type": "object",
            "properties": {name: dict(one) for name, one in route.body.items()},
            "required": list(route.required),
            "additionalProperties": route.free,
        }
        operation["requestBody"] = {
            "required": bool(route.required),
            "content": {"application/json": {"schema": schema}},
        }
    return operation
