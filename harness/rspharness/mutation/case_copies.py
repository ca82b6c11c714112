"""Copies of a case, each under a label of its own, and how one of them runs without a report.

pytest itself makes the copies: the label is one more parameter of the test function, and the module
of a case can be collected again whenever copies are needed. The label stands in the node id in
angle brackets, so that `test_eid[ES10c.GetEID#01]` has the copy
`test_eid[ES10c.GetEID#01-<es10c.get-eid.other>]`. A test function never receives the parameter.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal

import pytest

from rspharness.run.stash import QUIET

__all__ = ["CaseCopies", "label", "label_of", "run_quietly"]

LABEL: Final = "copy_label"

Phase = Literal["setup", "call", "teardown"]


def label(metafunc: pytest.Metafunc, labels: Sequence[str]) -> None:
    """Makes pytest collect a test function once for each label."""
    metafunc.fixturenames.append(LABEL)
    metafunc.parametrize(LABEL, labels, ids=[f"<{one}>" for one in labels])


def label_of(item: pytest.Item) -> str:
    """Returns the label of a copy, or an empty text for a case itself."""
    found = _parameters(item).get(LABEL, "")
    return str(found)


def _parameters(item: pytest.Item) -> Mapping[str, object]:
    callspec = getattr(item, "callspec", None)
    return {} if callspec is None else callspec.params


def _words(item: pytest.Item) -> str:
    """Returns what stands in square brackets in the node id; two cases may share their values."""
    callspec = getattr(item, "callspec", None)
    return "" if callspec is None else str(callspec.id)


class CaseCopies:
    """A plugin of pytest that makes copies of cases while they run."""

    def __init__(self) -> None:
        self._function: Callable[..., object] | None = None
        self._labels: Sequence[str] = ()

    @pytest.hookimpl(trylast=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Labels the function whose copies are needed."""
        if self._function is not None and metafunc.function is self._function:
            label(metafunc, self._labels)

    def of(self, item: pytest.Function, labels: Sequence[str]) -> Iterator[pytest.Function]:
        """Yields a new copy of a case for each label, in their order."""
        if not labels or not isinstance(item.parent, pytest.Collector):
            return
        self._function, self._labels = item.function, labels
        try:
            made = list(item.parent.collect())
        finally:
            self._function, self._labels = None, ()
        for one in made:
            if isinstance(one, pytest.Function) and one.function is item.function:
                words = (_words(item), f"<{label_of(one)}>")
                if _words(one) == "-".join(word for word in words if word):
                    yield one


def run_quietly(item: pytest.Item, following: pytest.Item) -> None:
    """Sets a case up, calls it and tears it down through the hooks of pytest; reports nothing.

    Args:
        item: The case; it must not have run before.
        following: The item that runs next; what both share stays set up.
    """
    hook = item.ihook
    item.config.stash[QUIET] = True
    if _phase(item, "setup", lambda: hook.pytest_runtest_setup(item=item)):
        _phase(item, "call", lambda: hook.pytest_runtest_call(item=item))
    _phase(item, "teardown", lambda: hook.pytest_runtest_teardown(item=item, nextitem=following))
    item.config.stash[QUIET] = False


def _phase(item: pytest.Item, when: Phase, act: Callable[[], object]) -> bool:
    """Runs one phase and returns whether it passed."""
    call = pytest.CallInfo.from_call(
        act, when=when, reraise=(pytest.exit.Exception, KeyboardInterrupt)
    )
    report: pytest.TestReport = item.ihook.pytest_runtest_makereport(item=item, call=call)
    return report.passed
