"""Mutants: every case against a simulated card that is wrong on purpose.

A suite that has never failed has not been tested. With `--mutants`, each case runs once for each
fault of the simulated card that names one of its requirements, and has to fail there: the mutant is
killed. A case that passes lets it survive, and fails the run; so does one that could not ask its
question. Faults whose requirements have no case are listed.

This is one of the modules that may import the simulator.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from rspharness.run.collection import Collected
from rspsim.faults.card import FAULTS

__all__ = ["copied", "multiplied", "unasked"]


def multiplied(items: list[pytest.Item], collected: Collected) -> list[pytest.Item]:
    """Return one item for each case and fault that names one of its requirements."""
    faults: dict[str, list[str]] = {}
    for fault in FAULTS:
        for name in fault.breaks:
            faults.setdefault(name, []).append(fault.name)
    out: list[pytest.Item] = []
    for item in items:
        case = collected.cases.get(item.nodeid)
        if case is None or not isinstance(item, pytest.Function):
            continue
        names = dict.fromkeys(f for row in case.requirements for f in faults.get(row.id, ()))
        for name in names:
            mutant = copied(item, name)
            collected.cases[mutant.nodeid] = replace(case, fault=name)
            out.append(mutant)
    return out


def copied(item: pytest.Function, fault: str) -> pytest.Function:
    """Return an item that runs the same case, with the fault in its name."""
    made: pytest.Function = type(item).from_parent(
        item.parent,
        name=f"{item.name}<{fault}>",
        callspec=getattr(item, "callspec", None),
        callobj=item.obj,
        fixtureinfo=item._fixtureinfo,  # noqa: SLF001  as pytest's own generator of items does
        originalname=f"{item.originalname}<{fault}>",  # the node id is made of it
    )
    made.fixturenames[:] = item.fixturenames
    return made


def unasked(collected: Collected) -> Iterator[str]:
    """Yield the faults none of whose requirements has a case, in words."""
    have = {row.id for case in collected.cases.values() for row in case.requirements}
    for fault in FAULTS:
        if not have.intersection(fault.breaks):
            yield f"{fault.name}: no case for {', '.join(fault.breaks)}"
