"""A route of the management API, and what its function gets.

Most routes are the same for SM-DP+ and SM-DS: they ask for no more than `Managed` has. Those of one
kind of server name it, as `Call[SmDpPlus]`.
"""

from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from dataclasses import field
from typing import Any, Generic, Protocol, TypeVar

from rspcore.errors import DecodeError, LocalError
from rspcore.frozen import dataclass
from rspsim.env import Clock
from rspsim.smdpp.fault_switch import FaultSwitch
from rspsim.smdpp.history import History
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.setting_kinds import Kind
from rspsim.smdpp.stock.sessions import Session, SessionBook

__all__ = ["Call", "Desk", "Managed", "Route", "UnknownError", "members_of"]


class KeptState(Protocol):
    """What a server must not forget, as a whole."""

    @property
    def snapshots(self) -> MutableMapping[str, object]:
        """Returns the snapshots that are kept, by name."""

    def unit(self) -> AbstractContextManager[object]:
        """Opens a unit of work: no other process changes the state before its end."""

    def clear(self) -> None:
        """Forgets everything."""

    def snapshot(self) -> object:
        """Returns what is kept, to be put back in this process."""

    def restore(self, snapshot: object) -> None:
        """Puts back what a snapshot has; raises LocalError for one of another kind."""


class Managed(Protocol):
    """A server, as far as managing it is the same for each kind."""

    @property
    def clock(self) -> Clock:
        """Returns the clock it goes by."""

    @property
    def history(self) -> History:
        """Returns requests and answers."""

    @property
    def faults(self) -> FaultSwitch:
        """Returns the switch of the faults."""

    @property
    def state(self) -> KeptState:
        """Returns what must not be forgotten."""

    @property
    def policy(self) -> Policy:
        """Returns the policy in force."""

    @property
    def sessions(self) -> SessionBook:
        """Returns the RSP sessions."""

    def change_policy(self, policy: Policy) -> None:
        """Goes on under another policy."""

    def keep_clock(self) -> None:
        """Keeps the clock as it was just set, for every process."""

    def session_named(self, transaction_id: str) -> Session | None:
        """Returns the session of a TransactionID in hexadecimal digits, or None."""


Server_co = TypeVar("Server_co", bound=Managed, covariant=True)
Server_contra = TypeVar("Server_contra", bound=Managed, contravariant=True)


class UnknownError(LocalError):
    """Reports a thing that was named and does not exist. Nothing was changed."""


@dataclass(slots=True, kw_only=True)
class Desk(Generic[Server_co]):
    """The server, and what management itself keeps.

    Attributes:
        server: The server.
        guard: What to hold while it is read or changed; never while anything else is done.
        first_policy: The policy at the start.
    """

    server: Server_co
    guard: AbstractContextManager[object]
    first_policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Server_co]):
    """One request.

    Attributes:
        desk: The server, and what management keeps.
        item: What stands in the path where the route has a name in braces, or "".
        query: The parameters that are there, read.
        body: Members of the body.
    """

    desk: Desk[Server_co]
    item: str
    query: Mapping[str, Any]
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Generic[Server_contra]):
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
    run: Callable[[Call[Server_contra]], object]
    body: Mapping[str, Mapping[str, object]] | None = None
    required: tuple[str, ...] = ()
    query: Mapping[str, Kind] = field(default_factory=dict)
    free: bool = False


def members_of(call: Call[Managed], *known: str) -> dict[str, object]:
    """Returns the members of the body.

    Raises:
        DecodeError: there are others; the message lists those that are known.
    """
    unknown = sorted(name for name in call.body if name not in known)
    if unknown:
        raise DecodeError(f"unknown: {', '.join(unknown)}; known are {', '.join(known) or 'none'}")
    return dict(call.body)
