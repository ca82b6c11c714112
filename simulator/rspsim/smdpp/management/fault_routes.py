"""Server faults: which there are, which are on, and switching them."""

from collections.abc import Mapping
from typing import Any, Final

from rspcore.errors import LocalError
from rspsim.smdpp.fault_scope import SCOPE_WORDS
from rspsim.smdpp.management.route import Call, Managed, Route, UnknownError

__all__ = ["fault_routes"]

_NEW: Final[Mapping[str, Mapping[str, object]]] = {
    "name": {"type": "string", "description": "name of the fault"},
    "function": {"type": "string", "description": "the one function"},
    "order": {"type": ["integer", "null"], "description": "number of the one order"},
    "eid": {"type": "string", "description": "EID of the one card"},
    "transaction": {"type": "string", "description": "the one TransactionID"},
    "after": {"type": "integer", "description": "how often it could act before it first does"},
    "times": {
        "type": ["integer", "null"],
        "description": "how often it acts; always when null or left out",
    },
    "probability": {
        "type": "number",
        "description": "share of the occasions on which it acts, above 0 and at most 1",
    },
    "seed": {"type": "string", "description": "what the occasions are drawn from"},
}


def _faults(call: Call[Managed]) -> object:
    switch = call.desk.server.faults
    with call.desk.guard:
        on = switch.active
    return {
        "known": [
            {
                "name": fault.name,
                "class": fault.kind.value,
                "point": fault.point.name,
                "summary": fault.summary,
                "expected": fault.expected,
                "parameters": dict(fault.parameters),
            }
            for fault in switch.known
        ],
        "active": [
            {
                "name": one.fault.name,
                "function": one.function,
                "times": one.times,
                "acted": one.acted,
                "scope": {name: getattr(one.scope, name) for name in SCOPE_WORDS},
                "parameters": dict(one.parameters),
            }
            for one in on
        ],
    }


def _on(call: Call[Managed]) -> object:
    given = dict(call.body)
    name = call.item or given.pop("name", "")
    if not isinstance(name, str):
        raise LocalError("fault: expected its name, its parameters and the words of its scope")
    with call.desk.guard:
        call.desk.server.faults.on(name, **given)
    return _faults(call)


def _off(call: Call[Managed]) -> object:
    if call.item and all(one.name != call.item for one in call.desk.server.faults.known):
        raise UnknownError(f"fault {call.item!r} is not known")
    with call.desk.guard:
        call.desk.server.faults.off(call.item)
    return _faults(call)


def fault_routes(without: frozenset[str]) -> tuple[Route[Any], ...]:
    """Returns the routes; some words of a scope may be none of this kind of server."""
    words = {name: schema for name, schema in _NEW.items() if name not in without}
    return (
        Route(
            method="GET", path="/faults", summary="the faults there are, and those on", run=_faults
        ),
        Route(
            method="POST",
            path="/faults",
            summary="switch a fault on; further members are its parameters",
            run=_on,
            body=words,
            required=("name",),
            free=True,
        ),
        Route(
            method="POST",
            path="/faults/{name}",
            summary="switch a fault on; further members are its parameters",
            run=_on,
            body={name: schema for name, schema in words.items() if name != "name"},
            free=True,
        ),
        Route(method="DELETE", path="/faults", summary="switch every fault off", run=_off),
        Route(method="DELETE", path="/faults/{name}", summary="switch one off", run=_off),
    )
