"""The fixtures of the conformance suites: card, servers, options, initial conditions."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from rspharness.card.aboard import NOBODY
from rspharness.record.testcase import Level
from rspharness.record.timing import Timings
from rspharness.run.stash import COLLECTED, RUN, case_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rspcore.crypto.curves import Curve
    from rspcore.pki.bundle import Pki
    from rspharness.card.capabilities import Options
    from rspharness.card.card_under_test import Card
    from rspharness.record.steps import Steps
    from rspharness.run.case_state import CaseState
    from rspharness.run.run import Run
    from rspharness.servers.https_ota_server import HttpsOtaServer
    from rspharness.servers.ota_server import OtaServer
    from rspharness.servers.rsp_server import RspServer
    from rspharness.suite.cards import Cards
    from rspharness.suite.initial_conditions import Conditions
    from rspharness.suite.stories.story import Story

__all__ = [
    "card",
    "cards",
    "case_state",
    "curve",
    "declared",
    "given",
    "make_https_ota",
    "make_ota",
    "make_server",
    "note",
    "options",
    "pki",
    "power_lost_inside",
    "rising",
    "run_state",
    "server",
    "server2",
    "smds",
    "step",
    "story",
    "throw_away",
]


@pytest.fixture
def case_state(request: pytest.FixtureRequest) -> "CaseState":
    """Returns the state of the running case; for fixtures, not for suites.

    It is the first fixture of each case, and skips one that does not apply here before anything is
    sent for it.
    """
    case = case_of(request.node)
    if case is None:
        pytest.fail("a conformance case needs @testcase(...)", pytrace=False)
    from rspharness.plugin import lifecycle  # noqa: PLC0415  only where there are cases

    run = request.node.stash[RUN]
    parameters = getattr(request.node, "callspec", None)
    own = None if parameters is None else parameters.params.get("curve")
    lifecycle.require_applicable(case, run, request.config, request.fixturenames, own)
    return case


@pytest.fixture
def run_state(request: pytest.FixtureRequest) -> "Run":
    """Returns what the cases of this process share; for fixtures, not for suites."""
    run: Run = request.node.stash[RUN]
    return run


@pytest.fixture
def card(case_state: "CaseState", run_state: "Run") -> "Iterator[Card]":
    """Yields the card under test, just reset; a simulated one is new.

    From a card that is kept, what the case left is removed afterwards; what could not be removed
    is noted in the case.
    """
    with _opened(case_state, run_state, case_state.timings) as opened:
        yield opened
        if run_state.options.session_keys:
            case_state.session_keys = opened.secrets.session_keys


@contextmanager
def _opened(case: "CaseState", run: "Run", timings: "Timings") -> "Iterator[Card]":
    """Opens a card of a case and removes afterwards what the case left on one that is kept."""
    aboard = run.case_aboard  # may read the card, so it comes first
    opened = run.open_card(case.trace, timings, case.seed)
    if case.card is None:
        case.card = opened
    opened.aboard = aboard
    opened.rows = frozenset(case.ids)
    opened.wanting = frozenset(case.known_causes)
    if opened.aboard != NOBODY:
        from rspharness.card.untouched import UntouchedLink  # noqa: PLC0415  kept cards only

        opened.link = UntouchedLink(opened.link, opened.aboard)
    changing = not run.target.simulated and case.level is not Level.READ_ONLY
    run.traces |= changing
    yield opened
    from rspharness.plugin.lifecycle import look_for_secrets  # noqa: PLC0415  only where cases are

    look_for_secrets(run, case.ids[0], opened, case.trace.answered())
    opened.link.close()
    if changing and run.traces:
        from rspharness.plugin.lifecycle import remove_traces  # noqa: PLC0415  kept cards only

        remove_traces(case, run)


@pytest.fixture
def cards(
    request: pytest.FixtureRequest, case_state: "CaseState", run_state: "Run", card: "Card"
) -> "Iterator[Cards]":
    """Yields what gives the case further cards, `cards(2)` or `cards.another()`.

    Those in readers (`--with-card`) are opened when they are asked for, without Profiles of the
    suites, and are cleaned up as the card under test is.
    """
    from rspharness.suite.cards import Cards  # noqa: PLC0415  only where used

    collected = request.config.stash[COLLECTED]
    further = [] if run_state.target.simulated else collected.further
    with ExitStack() as held:
        real = [partial(_further, held, request, case_state, one) for one in further]
        yield Cards(card, case_state, run_state, real)


def _further(
    held: ExitStack, request: pytest.FixtureRequest, case: "CaseState", run: "Run"
) -> "Card":
    """Opens a further card in a reader, brought to a state without Profiles of the suites.

    Raises:
        NotApplicable: the card lacks the CI of the run, or has what the case would erase.
        Blocked: an earlier case left something on it.
    """
    from rspharness.plugin.lifecycle import require_usable  # noqa: PLC0415  only where used
    from rspharness.suite.initial_conditions import Conditions  # noqa: PLC0415  likewise

    require_usable(case, run)
    card = held.enter_context(_opened(case, run, Timings()))
    server: RspServer = request.getfixturevalue("make_server")()
    with case.steps(f"Initial conditions of {run.place}"):
        Conditions(card, server, run, case.steps).none()
    return card


@pytest.fixture
def power_lost_inside(
    card: "Card", run_state: "Run"
) -> "Callable[[int], AbstractContextManager[None]]":
    """Returns the block in which the next command that writes something loses the power.

    Its argument is how many of the pieces that the card writes are kept. A target that cannot do
    this makes the case not applicable.

    Raises:
        NotApplicable: the power of this card cannot be taken inside a command.
    """
    from rspharness.record.verdicts import NotApplicable  # noqa: PLC0415  only where used
    from rspharness.targets.power_inside import PowerLosing  # noqa: PLC0415  likewise

    target = run_state.target
    if not isinstance(target, PowerLosing):
        raise NotApplicable("the power of this card cannot be taken inside a command")
    return lambda pieces: card.power_lost_inside(target, pieces)


@pytest.fixture
def leaks(card: "Card", case_state: "CaseState") -> "Callable[[], tuple[str, ...]]":
    """Returns the function that says which secrets of the run the card has answered so far."""
    return lambda: card.secrets.within(case_state.trace.answered())


@pytest.fixture
def step(case_state: "CaseState") -> "Steps":
    """Returns the recorder of steps; a case opens each step by a with statement."""
    return case_state.steps


@pytest.fixture
def note(case_state: "CaseState") -> "Callable[[str], None]":
    """Returns the function that records an observation for the report."""
    return case_state.steps.note


@pytest.fixture
def pki(run_state: "Run") -> "Pki":
    """Returns the credentials of the run."""
    return run_state.pki


@pytest.fixture
def curve(run_state: "Run") -> "Curve":
    """Returns the curve of the run; a case on both curves has its own (`testcase.both_curves`)."""
    return run_state.options.curve


@pytest.fixture
def declared(run_state: "Run") -> "dict[str, Any]":
    """Returns the values that the target file declares, such as root_ds_address."""
    return dict(run_state.target.settings.values)


@pytest.fixture
def options(run_state: "Run") -> "Options":
    """Returns the options of the card by the catalogue's names; an unknown one raises."""
    from rspharness.card.capabilities import Options  # noqa: PLC0415  only where used

    return Options(run_state.capabilities)


@pytest.fixture
def make_server(
    case_state: "CaseState", run_state: "Run", curve: "Curve"
) -> "Callable[..., RspServer]":
    """Returns the function that makes servers under the control of the case.

    They are on the curve of the case, which is that of the run unless the case runs on both. A
    server on a curve without a CI of the card makes the case not applicable.
    """
    from rspharness.run.applicability import require_trust  # noqa: PLC0415  only where used
    from rspharness.servers.rsp_server import server_maker  # noqa: PLC0415  only where used

    chosen = run_state.options
    seed = chosen.seed + case_state.seed
    make = server_maker(run_state.pki, curve, seed, chosen.started)

    def make_trusted(number: int = 1, **choice: Any) -> "RspServer":
        if "curve" in choice:
            require_trust(run_state, choice["curve"])
        return make(number, **choice)

    return make_trusted


@pytest.fixture
def server(make_server: "Callable[..., RspServer]", case_state: "CaseState") -> "RspServer":
    """Returns S_SM-DP+ on the curve of the run: the second one in half of the cases.

    So a card that knows one server, or one address, by heart is found.
    """
    return make_server(number=2 if case_state.uses_second_server else 1)


@pytest.fixture
def server2(make_server: "Callable[..., RspServer]", case_state: "CaseState") -> "RspServer":
    """Returns a second S_SM-DP+ of another owner: that which `server` is not."""
    return make_server(number=1 if case_state.uses_second_server else 2)


@pytest.fixture
def smds(make_server: "Callable[..., RspServer]") -> "RspServer":
    """Returns S_SM-DS."""
    return make_server(smds=True)


@pytest.fixture
def rising(run_state: "Run") -> "Iterator[int]":
    """Returns numbers that rise from case to case on a card that is kept, such as a cRLNumber."""
    return run_state.rising()


@pytest.fixture
def throw_away(server: "RspServer", rising: "Iterator[int]") -> "RspServer":
    """Returns a server whose certificates are made for this case alone, and may be revoked."""
    return server.throw_away(next(rising))


@pytest.fixture
def make_https_ota(case_state: "CaseState") -> "Callable[..., HttpsOtaServer]":
    """Returns the maker of S_OTA over HTTPS; its HTTP messages stand in the trace, without TLS."""
    from rspharness.servers.https_ota_server import HttpsOtaServer  # noqa: PLC0415  only where used

    return partial(HttpsOtaServer, trace=case_state.trace)


@pytest.fixture
def make_ota() -> "Callable[..., OtaServer]":
    """Returns the maker of S_OTA, the operator's server: `make_ota(profile.parameters)`."""
    from rspharness.servers.ota_server import OtaServer  # noqa: PLC0415  only where used

    return OtaServer


@pytest.fixture
def given(
    request: pytest.FixtureRequest, case_state: "CaseState", run_state: "Run", card: "Card"
) -> "Conditions":
    """Returns the helper that reaches initial conditions by standard commands.

    Its server is not among the fixtures that a case names: only conditions with a Profile need a
    card that trusts it.
    """
    from rspharness.suite.initial_conditions import Conditions  # noqa: PLC0415  only where used

    server: RspServer = request.getfixturevalue("make_server")()
    return Conditions(card, server, run_state, case_state.steps)


@pytest.fixture
def story(
    case_state: "CaseState", run_state: "Run", cards: "Cards", given: "Conditions"
) -> "Iterator[Story]":
    """Yields a user's story: phones, servers with orders, and steps in the user's words."""
    from rspharness.suite.stories.story import Story  # noqa: PLC0415  only where used

    made = Story(cards, given, case_state, run_state)
    yield made
    made.remember_secrets()
