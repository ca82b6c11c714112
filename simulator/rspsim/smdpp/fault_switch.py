"""Server faults as values, and the switch that applies those that are on.

A `ServerFault` names the point it is attached to, the parameters it takes and what a client or card
has to do; its `change` takes the value that passes the point and returns another. Two parameters
belong to every fault: `function`, which limits it to one ES9+ function, and `times`, after which it
is switched off.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from rspcore.errors import LocalError
from rspsim.named import find_named
from rspsim.smdpp.fault_points import Point

__all__ = ["Active", "FaultSwitch", "Parameter", "ServerFault"]

Parameter = str | int | bool
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFault:
    """One server fault: the point it is attached to and what it changes there.

    Attributes:
        name: Name by which it is switched on and off.
        point: The point whose values it changes.
        summary: What a server with it does, one sentence.
        expected: What an LPA or card has to do when it meets the fault, with the clause.
        change: Takes the value and the parameters, returns the wrong value.
        parameters: Names and default values.
    """

    name: str
    point: Point[Any]
    summary: str
    expected: str
    change: Callable[..., Any]
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(slots=True)
class Active:
    """A fault that is switched on.

    Attributes:
        fault: The fault.
        parameters: Its parameters, defaults filled in.
        function: Name of the one function it is limited to, or empty.
        times: How often it still acts, or None for no limit.
    """

    fault: ServerFault
    parameters: Mapping[str, Parameter]
    function: str = ""
    times: int | None = None


class FaultSwitch:
    """The faults of one server: switches them on and off and applies those that are on."""

    def __init__(self, faults: tuple[ServerFault, ...]) -> None:
        self._known = {fault.name: fault for fault in faults}
        self._active: list[Active] = []

    @property
    def known(self) -> tuple[ServerFault, ...]:
        """Returns every fault that can be switched on."""
        return tuple(self._known.values())

    @property
    def active(self) -> tuple[Active, ...]:
        """Returns the faults that are on, in the order they were switched on."""
        return tuple(self._active)

    def fault(self, name: str) -> ServerFault:
        """Returns the fault of this name.

        Raises:
            LocalError: there is none; the message names those that come near.
        """
        return find_named(name, self._known.values(), "server fault", "rsplab smdpp faults")

    def on(
        self, name: str, *, function: str = "", times: int | None = None, **parameters: Parameter
    ) -> Active:
        """Switches a fault on; the same fault may be on more than once.

        Raises:
            LocalError: there is no such fault or parameter, or a parameter has another type.
                Nothing was switched.
        """
        fault = self.fault(name)
        for key, value in parameters.items():
            if key not in fault.parameters:
                raise LocalError(
                    f"fault {name}: no parameter {key!r}; "
                    f"it takes {', '.join((*fault.parameters, 'function', 'times'))}"
                )
            if type(value) is not type(fault.parameters[key]):
                raise LocalError(
                    f"fault {name}: parameter {key} is {value!r}; "
                    f"expected {type(fault.parameters[key]).__name__}"
                )
        active = Active(fault, {**fault.parameters, **parameters}, function, times)
        self._active.append(active)
        return active

    def off(self, name: str = "") -> None:
        """Switches a fault off wherever it is on, or all faults when no name is given."""
        self._active = [one for one in self._active if name and one.fault.name != name]

    def drop(self, active: Active) -> None:
        """Switches one fault off; nothing happens if it is off already."""
        self._active = [one for one in self._active if one is not active]

    @contextmanager
    def held(
        self, name: str, *, function: str = "", times: int | None = None, **parameters: Parameter
    ) -> Iterator[Active]:
        """Switches a fault on for the length of a with block.

        Raises:
            LocalError: as for `on`.
        """
        active = self.on(name, function=function, times=times, **parameters)
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
        for active in tuple(self._active):
            if active.fault.point is not point or active.function not in ("", function):
                continue
            if active.times is not None:
                active.times -= 1
                if active.times <= 0:
                    self._active = [one for one in self._active if one is not active]
            value = active.fault.change(value, **active.parameters)
        return value
