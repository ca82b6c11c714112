"""Server faults as values, and the switch that applies those that are on.

A `ServerFault` names the point it is attached to, the parameters it takes and what a client or card
has to do; its `change` takes the value that passes the point and returns another. The words of
`rspsim.smdpp.fault_scope` belong to every fault. Parameters and words are checked when a fault is
switched on: one that is on can act.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

from rspcore.errors import LocalError
from rspcore.frozen import dataclass
from rspsim.named import find_named
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_points import LISTENING, OF_CONNECTIONS, Point
from rspsim.smdpp.fault_rules import Parameter, Rule
from rspsim.smdpp.fault_scope import NOBODY, SCOPE_WORDS, FaultScope, FaultSubject
from rspsim.smdpp.greeting import TlsOwner

__all__ = ["FUNCTIONS", "SCOPE_TYPES", "Active", "FaultSwitch", "Parameter", "ServerFault"]

Value = TypeVar("Value")

FUNCTIONS: Final = (
    "initiateAuthentication",
    "authenticateClient",
    "getBoundProfilePackage",
    "cancelSession",
    "handleNotification",
    "confirmDeviceChange",
    "checkProgress",
)
"""Functions that a fault can be limited to, those of LPAs."""

SCOPE_TYPES: Final[Mapping[str, type]] = {
    "function": str,
    "order": int,
    "eid": str,
    "transaction": str,
    "after": int,
    "times": int,
    "probability": float,
    "seed": str,
}
"""The types of the words of a scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFault:
    """One server fault: the point it is attached to and what it changes there.

    Attributes:
        name: Name by which it is switched on and off.
        kind: What it is a fault of.
        point: The point whose values it changes.
        summary: What a server with it does, one sentence.
        expected: What an LPA or card has to do when it meets the fault, with the clause.
        change: Takes the value and the parameters, returns the wrong value.
        parameters: Names and default values.
        rules: What a parameter may be, by name; one without a rule may be any of its type.
        fits: Takes the identity of the server and the parameters; returns what the server lacks for
            the fault, or an empty text.
        function: The only function it can act on, empty for several.
        needs: Legal changes at earlier points without which it could not act.
    """

    name: str
    kind: FaultClass
    point: Point[Any]
    summary: str
    expected: str
    change: Callable[..., Any]
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))
    rules: Mapping[str, Rule] = field(default_factory=lambda: MappingProxyType({}))
    fits: Callable[..., str] | None = None
    function: str = ""
    needs: tuple[tuple[Point[Any], Callable[[Any], Any]], ...] = ()


@dataclass(slots=True, eq=False)
class Active:
    """A fault that is switched on.

    Attributes:
        fault: The fault.
        parameters: Its parameters, defaults filled in.
        scope: When it acts.
        occasions: How often it could have acted so far.
        acted: How often it has.
    """

    fault: ServerFault
    parameters: Mapping[str, Parameter]
    scope: FaultScope
    occasions: int = 0
    acted: int = 0

    @property
    def function(self) -> str:
        """Returns the name of the one function it is limited to, or an empty text."""
        return self.scope.function or self.fault.function

    @property
    def times(self) -> int | None:
        """Returns how often it still acts, None for no limit."""
        return None if self.scope.times is None else self.scope.times - self.acted


class FaultSwitch:
    """The faults of one server: switches them on and off and applies those that are on.

    Faults of connections pass from another thread than those of requests; what both change is
    changed by single operations of a dictionary.

    Attributes:
        subject: Returns what is known of the request under way.
    """

    def __init__(
        self,
        faults: Callable[[], tuple[ServerFault, ...]],
        identity: TlsOwner | None = None,
        functions: tuple[str, ...] = FUNCTIONS,
        without: frozenset[str] = frozenset(),
    ) -> None:
        """Sets up a switch.

        Args:
            faults: Returns the faults there are; asked for when one is wanted.
            identity: The server they have to fit to.
            functions: Functions that a fault can be limited to.
            without: Words of a scope that this server knows nothing of.
        """
        self._faults = faults
        self._functions = functions
        self._without = without
        self._identity = identity
        self._active: dict[int, Active] = {}
        self._watchers: list[Callable[[], None]] = []
        self.subject: Callable[[], FaultSubject] = lambda: NOBODY

    @property
    def known(self) -> tuple[ServerFault, ...]:
        """Returns every fault that can be switched on."""
        return self._faults()

    @property
    def active(self) -> tuple[Active, ...]:
        """Returns the faults that are on, in the order they were switched on."""
        return tuple(self._active.values())

    def watch(self, watcher: Callable[[], None]) -> None:
        """Calls something from now on whenever a fault was switched on or off."""
        self._watchers.append(watcher)

    def fault(self, name: str) -> ServerFault:
        """Returns the fault of this name.

        Raises:
            LocalError: there is none; the message names those that come near.
        """
        return find_named(name, self._faults(), "server fault", "rsplab smdpp faults")

    def on(self, name: str, /, **given: object) -> Active:
        """Switches a fault on; the same fault may be on more than once.

        Args:
            name: Name of the fault.
            **given: Its parameters, and words of its scope.

        Raises:
            LocalError: there is no such fault, parameter or word, or a value that is not allowed;
                the message says what is. Nothing was switched.
        """
        fault = self.fault(name)
        try:
            parameters = _parameters(fault, given)
            scope = _scope(fault, self._known_words(given), self._functions)
            lacks = ""
            if fault.fits is not None and self._identity is not None:
                lacks = fault.fits(self._identity, **parameters)
            if lacks:
                raise LocalError(lacks)  # noqa: TRY301  it gets the name of the fault, as the others
        except LocalError as error:
            raise LocalError(f"fault {name}: {error}") from None
        active = Active(fault, parameters, scope)
        self._active[id(active)] = active
        self._changed()
        return active

    def _known_words(self, given: Mapping[str, object]) -> Mapping[str, object]:
        """Returns the words.

        Raises:
            LocalError: this server knows nothing of one.
        """
        for name in sorted(self._without & given.keys()):
            raise LocalError(f"{name}: this server has none, so that it would never act")
        return given

    def off(self, name: str = "") -> None:
        """Switches a fault off wherever it is on, or all faults when no name is given."""
        for one in self.active:
            if not name or one.fault.name == name:
                self._active.pop(id(one), None)
        self._changed()

    def drop(self, active: Active) -> None:
        """Switches one fault off; nothing happens if it is off already."""
        if self._active.pop(id(active), None) is not None:
            self._changed()

    @contextmanager
    def held(self, name: str, /, **given: object) -> Iterator[Active]:
        """Switches a fault on for the length of a with block.

        Raises:
            LocalError: as for `on`.
        """
        active = self.on(name, **given)
        try:
            yield active
        finally:
            self.drop(active)

    def through(self, point: Point[Value], value: Value, function: str) -> Value:
        """Returns a value that passes a point, changed by the faults of the point that are on.

        Args:
            point: The point.
            value: What passes it.
            function: Name of the ES9+ function that is running.
        """
        if not self._active:
            return value
        for active in self.active:
            fault = active.fault
            if active.function not in ("", function) or not active.scope.concerns(self.subject):
                continue
            drawn = active.scope.drawn(active.occasions)
            for needed, prepare in fault.needs:
                if needed is point and drawn:
                    value = prepare(value)
            if fault.point is not point:
                continue
            active.occasions += 1
            if drawn:
                active.acted += 1
                if active.times is not None and active.times <= 0:
                    self.drop(active)
                value = fault.change(value, **active.parameters)
        return value

    def _changed(self) -> None:
        for watcher in self._watchers:
            watcher()


def _parameters(fault: ServerFault, given: Mapping[str, object]) -> dict[str, Parameter]:
    known = (*fault.parameters, *SCOPE_WORDS)
    for key, value in given.items():
        if key not in known:
            raise LocalError(f"no parameter {key!r}; it takes {', '.join(known)}")
        default = fault.parameters.get(key)
        if default is not None and type(value) is not type(default):
            raise LocalError(f"parameter {key} is {value!r}; expected {type(default).__name__}")
    merged: dict[str, Parameter] = {
        key: cast("Parameter", given.get(key, default))  # its type was compared just before
        for key, default in fault.parameters.items()
    }
    for key, rule in fault.rules.items():
        expected = rule(merged[key])
        if expected:
            raise LocalError(f"parameter {key} is {merged[key]!r}; expected {expected}")
    return merged


def _scope(
    fault: ServerFault, given: Mapping[str, object], functions: tuple[str, ...]
) -> FaultScope:
    words: dict[str, Any] = {}
    for name, kind in SCOPE_TYPES.items():
        value = given.get(name)
        if value is None or name in fault.parameters:
            continue
        right = isinstance(value, (int, float) if kind is float else kind)
        if not right or isinstance(value, bool):
            raise LocalError(f"{name} is {value!r}; expected {kind.__name__}")
        words[name] = value
    scope = FaultScope(**words)
    scope.check(functions)
    if fault.function and scope.function not in ("", fault.function):
        raise LocalError(f"function is {scope.function!r}; it acts on {fault.function} alone")
    if fault.point in OF_CONNECTIONS and scope.of_the_request:
        raise LocalError(
            f"{', '.join(scope.of_the_request)}: not possible, it acts before a request is known; "
            "it takes after, times, probability and seed"
        )
    if fault.point is LISTENING and scope != FaultScope():
        raise LocalError("it takes no word: it acts until it is switched off")
    return scope
