"""A route of the management API, and what its function gets."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from rspcore.errors import DecodeError, LocalError
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.setting_kinds import Kind

__all__ = ["Call", "Desk", "Route", "UnknownError", "members_of"]


class UnknownError(LocalError):
    """Reports a thing that was named and does not exist. Nothing was changed."""


@dataclass(slots=True, kw_only=True)
class Desk:
    """The server, and what management itself keeps.

    Attributes:
        server: The server.
        guard: What to hold while it is read or changed; never while anything else is done.
        first_policy: The policy at the start.
        snapshots: Snapshots of the state, by name.
    """

    server: SmDpPlus
    guard: AbstractContextManager[object]
    first_policy: Policy
    snapshots: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request.

    Attributes:
        desk: The server, and what management keeps.
        item: What stands in the path where the route has a name in braces, or "".
        query: The parameters that are there, read.
        body: Members of the body.
    """

    desk: Desk
    item: str
    query: Mapping[str, Any]
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method on one path.

    Attributes:
        method: Method.
        path: Path; one segment may be a name in braces.
        summary: What it does.
        run: Does it, and returns the result as a JSON value.
        body: Members of the body by name: schema and description of each; None for no body.
        required: Members that have to be there.
        query: Parameters it takes.
        free: True when the body may have further members, which `run` refuses or takes.
    """

    method: str
    path: str
    summary: str
    run: Callable[[Call], object]
    body: Mapping[str, Mapping[str, object]] | None = None
    required: tuple[str, ...] = ()
    query: Mapping[str, Kind] = field(default_factory=dict)
    free: bool = False


def members_of(call: Call, *known: str) -> dict[str, object]:
    """Returns the members of the body.

    Raises:
        DecodeError: there are others; the message lists those that are known.
    """
    unknown = sorted(name for name in call.body if name not in known)
    if unknown:
        raise DecodeError(f"unknown: {', '.join(unknown)}; known are {', '.join(known) or 'none'}")
    return dict(call.body)
