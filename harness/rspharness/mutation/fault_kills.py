"""Runs every case on the faulty cards whose faults it has to find.

A suite that has never failed has not been tested. With `--kills`, each case runs once for each card
fault that names one of its requirements in `breaks`, and has to fail there: the fault is killed. A
case that passes lets the fault survive, and fails the run; so does one that was inconclusive. Card
faults whose requirements have no case are listed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import pytest

from rspcore.crypto.curves import Curve
from rspharness.mutation.case_copies import label, label_of
from rspharness.mutation.server_faults import read_server_faults
from rspharness.run.collection import Collected, catalogue_path
from rspharness.run.option_values import value
from rspharness.run.stash import COLLECTED
from rspsim.faults.registry import card_faults

__all__ = ["FaultKills", "of_cards", "of_servers"]

_OUTPUT: Final = "rsplab-kills"


class FaultKills:
    """The plugin of pytest behind `--kills`."""

    def __init__(
        self,
        kind: str,
        breaks: Mapping[str, tuple[str, ...]],
        curves: Mapping[str, Curve | None] = MappingProxyType({}),
    ) -> None:
        """Takes the faults.

        Args:
            kind: What they are, such as "card fault".
            breaks: The requirements that each of them breaks, by its name.
            curves: The only curve on which one of them shows, by its name; others show on each.
        """
        self._kind, self._breaks, self._curves = kind, breaks, curves
        self._without_case: list[str] = []
        self._faults: dict[str, list[str]] = defaultdict(list)
        for name, rows in breaks.items():
            for requirement in rows:
                self._faults[requirement].append(name)

    @pytest.hookimpl(trylast=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Makes pytest collect a case once for each fault that names one of its requirements."""
        ids = set(_requirements(metafunc))
        names = dict.fromkeys(fault for one in sorted(ids) for fault in self._faults.get(one, ()))
        if names:
            label(metafunc, tuple(names))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keeps the copies whose own requirements the fault breaks."""
        collected = config.stash.get(COLLECTED, None)
        if collected is not None:
            items[:] = self._copies(items, collected)
            self._without_case = list(self._without(collected))

    def _copies(self, items: list[pytest.Item], collected: Collected) -> Iterator[pytest.Item]:
        for item in items:
            case, fault = collected.cases.get(item.nodeid), label_of(item)
            if case is None or not fault:
                continue
            named = any(fault in self._faults.get(row.id, ()) for row in case.requirements)
            if named and _shows(self._curves.get(fault), item):
                collected.cases[item.nodeid] = replace(case, fault=fault)
                yield item

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hands over the list of this process, if it is a worker."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = self._without_case

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes the list that a worker hands over; all workers have the same list."""
        self._without_case = getattr(node, "workeroutput", {}).get(_OUTPUT, self._without_case)

    def _without(self, collected: Collected) -> Iterator[str]:
        have = {row.id for case in collected.cases.values() for row in case.requirements}
        have |= collected.left_out
        for name, rows in self._breaks.items():
            if not have.intersection(rows):
                yield f"{name}: it breaks {', '.join(rows)}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the faults that no case can find."""
        if not terminalreporter.config.getoption("collectonly"):
            for line in self._without_case:
                terminalreporter.write_line(f"no case for the {self._kind} {line}")


def _shows(curve: Curve | None, item: pytest.Item) -> bool:
    """Returns whether a fault of a curve shows in a case: not in one on another curve."""
    parameters = getattr(item, "callspec", None)
    own = None if parameters is None else parameters.params.get("curve")
    return None in (curve, own) or curve is own


def _requirements(metafunc: pytest.Metafunc) -> Iterator[str]:
    """Yields the ids in the markers of a test function, those of its parameters included."""
    definition = metafunc.definition
    for mark in definition.iter_markers("testcase"):
        yield from mark.args
    for parametrized in definition.iter_markers("parametrize"):
        for values in parametrized.args[1]:
            for mark in getattr(values, "marks", ()):
                if mark.name == "testcase":
                    yield from mark.args


def of_cards(config: pytest.Config) -> FaultKills:  # noqa: ARG001  as `of_servers`
    """Returns the plugin with the faults of cards."""
    faults = card_faults()
    curves = {fault.name: fault.curve for fault in faults}
    return FaultKills("card fault", {fault.name: fault.breaks for fault in faults}, curves)


def of_servers(config: pytest.Config) -> FaultKills:
    """Returns the plugin with the faults of our own server."""
    product = "smdpp" if value(config, "smdpp") else "smds"
    faults = read_server_faults(catalogue_path(config).parent, product)
    return FaultKills("server fault", {one.name: one.breaks for one in faults.values()})
