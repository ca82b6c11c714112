"""The plugin of the conformance suites: their hooks, with options and fixtures beside them.

`suites/conftest.py` and `rsplab run` load it, and nobody else: what an installation brings into
every run of pytest is `rspharness.plugin.installed`. Everything but the options is imported when a
case with the `testcase` marker is found. How a case is judged is in `rspharness.run.case_state`,
what a run shares in `rspharness.run.run`, what the reports show in `rspharness.report`.
"""

import gc
from collections.abc import Generator
from contextlib import ExitStack, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rspharness.record.testcase import TestCaseMarker
from rspharness.run import option_values
from rspharness.run.stash import CASE, COLLECTED, RUN, WRONG_USE, case_of

if TYPE_CHECKING:
    from rspharness.report.collector import Collector

pytest_plugins = (
    "rspharness.plugin.options",
    "rspharness.plugin.fixtures",
    "rspharness.plugin.peer_fixtures",
)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line(
        "markers", "testcase(*ids, level): requirements that a conformance case tests"
    )
    from rspcore.drawn_codes import draw_codes, seed_of_codes  # noqa: PLC0415  of runs alone
    from rspharness.run.own_secrets import draw  # noqa: PLC0415  after the options are there

    config.add_cleanup(partial(draw_codes, seed_of_codes()))
    draw(config)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(name: str, obj: object) -> list[pytest.Item] | None:
    """Keeps pytest from collecting the decorator, whose name begins like that of a test."""
    return [] if name == "testcase" and isinstance(obj, TestCaseMarker) else None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out the suites of other products than that of the run, and files without its cases."""
    from rspharness.plugin import products  # noqa: PLC0415  light

    if products.is_of_another(collection_path, products.product_of(config)):
        return True
    return collection_path in products.case_index(config).paths or None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Checks the ids of the cases and selects those of --rsp-case."""
    if not any(item.get_closest_marker("testcase") for item in items):
        return
    try:
        _select(config, items)
    except pytest.UsageError as error:
        sent: dict[str, object] | None = getattr(config, "workeroutput", None)
        if sent is None:
            raise
        # A worker that ends otherwise than by itself is a crash for xdist.
        sent[WRONG_USE] = str(error)
        items.clear()


def _select(config: pytest.Config, items: list[pytest.Item]) -> None:
    from rspharness.plugin import products  # noqa: PLC0415  light
    from rspharness.run import collection  # noqa: PLC0415  only where there are cases

    products.keep_own_ids(items, products.product_of(config))
    collected = collection.collect(config, items, products.case_index(config).left_out)
    collected.elsewhere = products.ids_elsewhere(config)
    products.RUNS[products.product_of(config)](config, collected)
    wanted = option_values.values(config, "case")
    chosen, left = collection.choose(items, wanted, collected.left_out)
    chosen, elsewhere = collection.shard(chosen, option_values.value(config, "shard"))
    left = [*left, *elsewhere]
    keep = option_values.value(config, "keep")
    if keep and not (keep.isdecimal() and int(keep)):
        raise pytest.UsageError(f"--keep {keep!r}: expected a number, 1 or more")
    config.stash[COLLECTED] = collected
    if left:
        config.hook.pytest_deselected(items=left)
    items[:] = collection.ordered(chosen, collected, option_values.value(config, "shuffle"))
    gc.freeze()  # what is imported stays; the collections of the run need not walk through it


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Shows the cases or the plan of a run instead of running it, where that is asked for."""
    kind: str | None = session.config.getoption("--rsp-show")
    if not kind:
        return None
    from rspcore.errors import RspError  # noqa: PLC0415  only for this
    from rspharness.plugin.planning import shown  # noqa: PLC0415  likewise
    from rspharness.record.verdicts import NOTHING_RAN  # noqa: PLC0415  likewise

    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    capture = session.config.pluginmanager.get_plugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            for line in shown(session, kind):
                if terminal is not None:
                    terminal.write_line(line)
    except RspError as error:
        raise pytest.exit.Exception(str(error), returncode=NOTHING_RAN) from error
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Begins a case, and judges an exception raised while it is set up."""
    collected = item.config.stash.get(COLLECTED, None)
    if collected is None or item.nodeid not in collected.cases:
        return (yield)
    from rspharness.plugin import lifecycle  # noqa: PLC0415  only where there are cases

    run = item.stash[RUN] = collected.run_of(item.nodeid)
    case = lifecycle.begin(item, collected.cases[item.nodeid], run)
    item.stash[CASE] = case
    with lifecycle.judged(case, run, setup=True):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judges what a case raised."""
    case = case_of(item)
    if case is None:
        return (yield)
    from rspharness.plugin import known_of_run, lifecycle  # noqa: PLC0415  only where there are cases
    from rspharness.report.allure import attach_evidence  # noqa: PLC0415  likewise

    result: object = None
    if not item.config.getoption("--rsp-kills"):  # which writes no report
        known_of_run.begin_records(item.config)
    if case.fault:
        required = not item.config.getoption("--rsp-matrix")
        with lifecycle.judged_with_fault(case, required=required):
            result = yield
        return result
    try:
        with lifecycle.judged(case, item.stash[RUN]):
            result = yield
            case.passed()
            lifecycle.refuse_unexpected_pass(case)
    finally:
        run = item.stash[RUN]
        simulated = run.target.name if run.opened and run.target.simulated else ""
        attach_evidence(item.config, case, run.facts, simulated=simulated)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the verdict to pytest's report, and the whole record to the last one of a case."""
    report = yield
    case = case_of(item)
    if case is not None:
        from rspharness.plugin import known_of_run, lifecycle  # noqa: PLC0415  only where there are cases

        lifecycle.complete(case, report)
        known_of_run.report_run(item.config, report)
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Returns the verdict, which is shown instead of pytest's outcome."""
    status: tuple[str, str, str] | None = getattr(report, "rsplab_status", None)
    return status


def pytest_sessionstart(session: pytest.Session) -> None:
    """Starts the collection of results in the process that writes the reports."""
    from rspharness.report.collector import Collector  # noqa: PLC0415  light

    config = session.config
    collector = None
    if not hasattr(config, "workerinput"):
        collector = Collector(config, datetime.now().astimezone())  # noqa: TID251  the start of the run
        config.pluginmanager.register(collector, "rsplab-collector")
    _register_fault_plugins(config, collector)


def _register_fault_plugins(config: pytest.Config, collector: "Collector | None") -> None:
    """Registers the plugins that run cases on faulty cards, if the options ask for them."""
    if config.getoption("--rsp-kills") and config.getoption("--rsp-matrix"):
        raise pytest.UsageError("--kills and --matrix are two runs: name one of them")
    if config.getoption("--rsp-kills"):
        from rspharness.mutation import fault_kills  # noqa: PLC0415  only on request

        servers = any(option_values.value(config, one) for one in ("smdpp", "smds"))
        made = fault_kills.of_servers if servers else fault_kills.of_cards
        config.pluginmanager.register(made(config), "rsplab-kills")
    if config.getoption("--rsp-matrix"):
        from rspharness.mutation.matrix_plugin import MatrixPlugin  # noqa: PLC0415  likewise

        config.pluginmanager.register(MatrixPlugin(config, collector), "rsplab-matrix")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[object]) -> None:
    """Starts pcscd once, with a slot for each worker, before the workers look for it."""
    if option_values.value(config, "target") == "vpcd":
        from rspharness.simulated.vpcd import virtual_slots  # noqa: PLC0415  only for this target

        held = ExitStack()
        config.add_cleanup(held.close)
        virtual_slots(held, len(specs))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Puts the cards back, hands over what this process knows of the run, closes the targets.

    They are closed at the very end: pytest takes down an interrupted case in between, and that
    still talks to its card.
    """
    collected = session.config.stash.get(COLLECTED, None)
    if collected is None:
        return (yield)
    from rspharness.plugin import interruption, known_of_run, lifecycle  # noqa: PLC0415  only where there are cases

    try:
        with interruption.card_is_put_back():
            lifecycle.put_cards_back(session.config, collected)
    finally:
        known_of_run.hand_over(session.config, collected)
    if interruption.was_interrupted():  # also by one that came before pytest took note of the first
        session.exitstatus = pytest.ExitCode.INTERRUPTED
    try:
        return (yield)
    finally:
        collected.close()
