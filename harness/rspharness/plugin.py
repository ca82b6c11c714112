"""The pytest plugin: options, hooks and fixtures of the conformance suites.

An installed plugin loads in every pytest run, so this module only registers options and looks for
the `testcase` marker; everything behind it is imported when a marked case is found. How a case is
judged is in `outcome`, what a run shares in `run`, what the reports say in `report`.
"""

from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from rspharness.cases import TestCaseMarker

if TYPE_CHECKING:
    from rspcore.crypto.curves import Curve
    from rspcore.pki.bundle import Pki
    from rspharness.card import Card
    from rspharness.collecting import Collected
    from rspharness.conditions import Conditions
    from rspharness.mutant_matrix import Neighbourhoods
    from rspharness.outcome import CaseState
    from rspharness.run import Run
    from rspharness.servers.ota import OtaServer
    from rspharness.servers.rsp_server import RspServer
    from rspharness.simulated import ReaderCards
    from rspharness.steps import Steps

_OPTIONS: Final = (
    ("--target", "inprocess", "inprocess, vpcd, pcsc, or the path of a target file"),
    ("--reader", "", "name of the card reader, or its beginning (pcsc)"),
    ("--eid", "", "EID of the card; on a real one needed for anything but reading"),
    ("--level", "", "read-only, profiles or destructive: the harshest allowed"),
    ("--pki", "", "folder with certificates and keys, instead of generated ones"),
    ("--personality", "", "personality of a simulated card"),
    ("--card-fault", "", "name of a fault of a simulated card: proof that suites fail"),
    ("--curve", "nistP256", "nistP256 or brainpoolP256r1: where a case does not choose one"),
    ("--seed", "1", "seed of everything random on this side"),
    ("--report", "", "folder for reports; the default is reports/ beside pyproject.toml"),
    ("--requirements", "", "catalogue of requirements (CSV)"),
)

_RUN: "Final[pytest.StashKey[Run]]" = pytest.StashKey()
_COLLECTED: "Final[pytest.StashKey[Collected]]" = pytest.StashKey()
_CASE: "Final[pytest.StashKey[CaseState]]" = pytest.StashKey()
_NEIGHBOURHOODS: "Final[pytest.StashKey[Neighbourhoods]]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options of the suites."""
    group = parser.getgroup("rsplab", "conformance suites for eUICCs")
    for name, default, text in _OPTIONS:
        group.addoption(name, default=default, metavar="TEXT", help=text)
    group.addoption(
        "--case", action="append", default=[], metavar="ID", help="run this case; * is allowed"
    )
    group.addoption(
        "--also",
        action="append",
        default=[],
        metavar="FILE",
        help="target file of another simulated card, or a folder of them: for the cases that do "
        "not apply to the first one",
    )
    group.addoption(
        "--mutants",
        action="store_true",
        help="run each case on the faulty cards it has to find, instead of the sound one",
    )
    group.addoption(
        "--mutant-matrix",
        action="store_true",
        help="run each case on a sound card, then on every faulty card that can change it",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers", "testcase(*ids, level): requirements a conformance case answers"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(name: str, obj: object) -> list[pytest.Item] | None:
    """Keep pytest from taking the decorator for a test, whose name begins like one."""
    return [] if name == "testcase" and isinstance(obj, TestCaseMarker) else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check the ids of the cases and choose those of --case."""
    if not any(item.get_closest_marker("testcase") for item in items):
        return
    from rspharness import collecting  # noqa: PLC0415  only where there are cases

    collected = collecting.collect(config, items)
    collected.runs = collecting.make_runs(config)
    config.stash[_COLLECTED] = collected
    chosen, left = collecting.choose(items, config.getoption("--case"))
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = chosen
    if config.getoption("--mutants"):
        from rspharness import mutants  # noqa: PLC0415  only to try the suites themselves

        items[:] = mutants.multiplied(items, collected)
        collected.unasked = list(mutants.unasked(collected))
    if config.getoption("--mutant-matrix"):
        from rspharness import mutant_matrix  # noqa: PLC0415  only to try the suites themselves

        mutant_matrix.require_declared(config.rootpath)


def _case(item: pytest.Item) -> "CaseState | None":
    return item.stash.get(_CASE, None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a case and all its mutants, when the matrix is asked for."""
    collected = item.config.stash.get(_COLLECTED, None)
    if collected is None or not item.config.getoption("--mutant-matrix"):
        return None
    if item.nodeid not in collected.cases or not isinstance(item, pytest.Function):
        return None
    from rspharness import mutant_matrix  # noqa: PLC0415  only to try the suites themselves

    neighbourhoods = item.config.stash.setdefault(
        _NEIGHBOURHOODS, mutant_matrix.Neighbourhoods(collected, _case)
    )
    neighbourhoods.surround(item, nextitem)
    collected.matrix, collected.tried = neighbourhoods.matrix, neighbourhoods.tried
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Begin a case, and judge what keeps it from being set up."""
    collected = item.config.stash.get(_COLLECTED, None)
    if collected is None or item.nodeid not in collected.cases:
        return (yield)
    from rspharness import conduct  # noqa: PLC0415  only where there are cases

    run = item.stash[_RUN] = collected.run_of(item.nodeid)
    case = conduct.begin(item, collected.cases[item.nodeid], run)
    item.stash[_CASE] = case
    with conduct.judged(case, run, setup=True):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge what a case raised."""
    case = _case(item)
    if case is None:
        return (yield)
    from rspharness import conduct  # noqa: PLC0415  only where there are cases
    from rspharness.report.allure import attach_evidence  # noqa: PLC0415  likewise

    result: object = None
    if case.fault:
        required = not item.config.getoption("--mutant-matrix")
        with conduct.hunted(case, required=required):
            result = yield
        return result
    try:
        with conduct.judged(case, item.stash[_RUN]):
            result = yield
            case.passed()
            conduct.require_no_surprise(case)
    finally:
        attach_evidence(item.config, case)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the verdict, and at the end the whole record, onto pytest's report."""
    report = yield
    case = _case(item)
    if case is not None:
        from rspharness import conduct  # noqa: PLC0415  only where there are cases

        conduct.complete(case, report)
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Show the verdict instead of pytest's word."""
    status: tuple[str, str, str] | None = getattr(report, "rsplab_status", None)
    return status


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to collect results in the process that writes the reports."""
    from rspharness.report.collector import Collector  # noqa: PLC0415  light

    config = session.config
    if not hasattr(config, "workerinput"):
        collector = Collector(config, datetime.now().astimezone())  # noqa: TID251  the start of the run
        config.pluginmanager.register(collector, "rsplab-collector")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[object]) -> None:
    """Start pcscd once, with a slot for each worker, before the workers look for it."""
    if config.getoption("--target") == "vpcd":
        from rspharness.targets.vpcd import start_daemon  # noqa: PLC0415  only for this target

        config.add_cleanup(start_daemon(len(specs)).stop)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let the target go and hand over what this process knows of the run."""
    collected = session.config.stash.get(_COLLECTED, None)
    if collected is None:
        return
    from rspharness import conduct  # noqa: PLC0415  only where there are cases

    conduct.hand_over(session.config, collected)
    collected.close()


@pytest.fixture
def simulated_card() -> "Callable[..., Any]":
    """Give the maker of simulated cards, for tests of other software (`rspharness.simulated`)."""
    from rspharness.simulated import simulated_card as make  # noqa: PLC0415  only where used

    return make


@pytest.fixture
def card_in_reader() -> "Iterator[ReaderCards]":
    """Give the function that puts simulated cards into PC/SC readers, for tests of other software.

    A test is skipped where no virtual reader can be had.
    """
    from rspcore.errors import ConfigError  # noqa: PLC0415  only where used
    from rspharness.simulated import ReaderCards  # noqa: PLC0415  only where used

    try:
        cards = ReaderCards()
    except ConfigError as problem:
        pytest.skip(f"no virtual PC/SC reader: {problem}")
    yield cards
    cards.close()


@pytest.fixture
def case_state(request: pytest.FixtureRequest) -> "CaseState":
    """Return the state of the running case; the first fixture of each case, and not for suites.

    A case that does not apply here is skipped by it, before anything is sent for its sake.
    """
    case = _case(request.node)
    if case is None:
        pytest.fail("a conformance case needs @testcase(...)", pytrace=False)
    from rspharness import conduct  # noqa: PLC0415  only where there are cases

    conduct.require_applicable(case, request.node.stash[_RUN])
    return case


@pytest.fixture
def run_state(request: pytest.FixtureRequest) -> "Run":
    """Return what the cases of this process share; for fixtures, not for suites."""
    run: Run = request.node.stash[_RUN]
    return run


@pytest.fixture
def card(case_state: "CaseState", run_state: "Run") -> "Iterator[Card]":
    """Give the card under test, just reset; a simulated one is new."""
    opened = run_state.open_card(case_state.trace, case_state.timings, case_state.seed)
    case_state.card = opened
    yield opened
    opened.link.close()


@pytest.fixture
def step(case_state: "CaseState") -> "Steps":
    """Give the recorder of steps; a case opens one by a with statement."""
    return case_state.steps


@pytest.fixture
def note(case_state: "CaseState") -> "Callable[[str], None]":
    """Give the function that keeps an observation for the report."""
    return case_state.steps.note


@pytest.fixture
def pki(run_state: "Run") -> "Pki":
    """Give the credentials of the run."""
    return run_state.pki


@pytest.fixture
def curve(run_state: "Run") -> "Curve":
    """Give the curve of the run."""
    return run_state.options.curve


@pytest.fixture
def declared(run_state: "Run") -> "dict[str, Any]":
    """Give the values the target file declares, such as root_ds_address."""
    return dict(run_state.target.settings.values)


@pytest.fixture
def options(run_state: "Run") -> "dict[str, bool]":
    """Give the options of the card by the catalogue's names."""
    return dict(run_state.capabilities.options)


@pytest.fixture
def make_server(case_state: "CaseState", run_state: "Run") -> "Callable[..., RspServer]":
    """Give the maker of servers under the control of the case."""
    from rspharness.servers.rsp_server import server_maker  # noqa: PLC0415  only where used

    chosen = run_state.options
    return server_maker(run_state.pki, chosen.curve, chosen.seed + case_state.seed, chosen.started)


@pytest.fixture
def server(make_server: "Callable[..., RspServer]") -> "RspServer":
    """Give S_SM-DP+, the first one, on the curve of the run."""
    return make_server()


@pytest.fixture
def server2(make_server: "Callable[..., RspServer]") -> "RspServer":
    """Give a second S_SM-DP+ of another owner."""
    return make_server(number=2)


@pytest.fixture
def smds(make_server: "Callable[..., RspServer]") -> "RspServer":
    """Give S_SM-DS."""
    return make_server(smds=True)


@pytest.fixture
def make_ota() -> "Callable[..., OtaServer]":
    """Give the maker of S_OTA, the operator's server: `make_ota(profile.parameters)`."""
    from rspharness.servers.ota import OtaServer  # noqa: PLC0415  only where used

    return OtaServer


@pytest.fixture
def given(
    case_state: "CaseState", run_state: "Run", card: "Card", server: "RspServer"
) -> "Conditions":
    """Give the means to reach initial conditions by standard commands."""
    from rspharness.conditions import Conditions  # noqa: PLC0415  only where used

    return Conditions(card, server, run_state, case_state.steps)
