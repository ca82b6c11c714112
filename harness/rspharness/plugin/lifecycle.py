"""What happens around a case: begin, applicability, judgement, the record for the report.

The hooks of the plugin call these functions. Verdicts are decided by `CaseState`, not here.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Final

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, CryptoError, DecodeError, RemoteError, RspError
from rspharness.card.card_under_test import Card
from rspharness.card.listed import UnobservedError
from rspharness.record.testcase import Level
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import (
    NOTHING_RAN,
    Blocked,
    Cause,
    ExpectationError,
    Inconclusive,
    LinkFault,
    MachineLacksError,
    NotApplicable,
    TargetLost,
    Verdict,
)
from rspharness.report.allure import allure_listeners, describe_case
from rspharness.report.identities import Identities
from rspharness.run.again import run_again
from rspharness.run.applicability import (
    doubts,
    excuses,
    foreign_excuse,
    level_excuse,
    require_trust,
    trust_excuse,
)
from rspharness.run.case_state import CaseState
from rspharness.run.collection import CaseIds, Collected
from rspharness.run.option_values import value
from rspharness.run.preflight import examine
from rspharness.run.run import NoCardError, Run
from rspharness.run.stash import COLLECTED, RunStoppedError
from rspharness.suite import cleanup
from rspharness.targets.transport import PoweredLink

__all__ = [
    "NOT_LOOKED_FOR",
    "begin",
    "complete",
    "judged",
    "judged_with_fault",
    "look_for_secrets",
    "masks",
    "put_cards_back",
    "refuse_unexpected_pass",
    "remove_traces",
    "require_applicable",
    "require_usable",
]


_COPY = re.compile(r"-?<[a-z0-9.-]+>|\[<[a-z0-9.-]+>\]")
"""What the label of a copy adds to the node id of a case (`rspharness.mutation.case_copies`)."""

_SECRETS_ROW: Final = "procedure.Secrets#01"
"""The requirement that no secret stands in an answer."""

NOT_LOOKED_FOR: Final = "not looked for in answers"
"""Beginning of a note on kinds of secrets that are too short or too regular."""

_LETTERS = {
    Verdict.PASS: ("passed", "."),
    Verdict.FAIL: ("failed", "F"),
    Verdict.INCONCLUSIVE: ("inconclusive", "I"),
    Verdict.BLOCKED: ("blocked", "B"),
    Verdict.NOT_APPLICABLE: ("not applicable", "n"),
    Verdict.ERROR: ("error", "E"),
    Verdict.PROBE: ("probe", "p"),
    Verdict.DEVIATION: ("known deviation", "d"),
}


def begin(item: pytest.Item, ids: CaseIds, run: Run) -> CaseState:
    """Makes the state of a case."""
    path, line, _ = item.location
    doc = (getattr(getattr(item, "obj", None), "__doc__", None) or item.name).strip()
    case = CaseState(
        nodeid=item.nodeid,
        seed=_seed(item, ids),
        title=doc.partition("\n")[0],
        location=f"{path}:{(line or 0) + 1}",
        target=run.options.target,
        requirements=ids.requirements,
        level=ids.level,
        again=run_again(run.options, ids.requirements[0].id, value(item.config, "shuffle")),
        fault=ids.fault,
        listeners=allure_listeners(item.config),
    )
    describe_case(item.config, case)
    return case


def _seed(item: pytest.Item, ids: CaseIds) -> str:
    """Returns the seed of a case: its requirements and parameters, wherever and however it stands.

    So a case keeps its octets when it is moved or renamed, and when it runs as a labelled copy.
    """
    parameters = _COPY.sub("", item.nodeid).partition("[")[2].rstrip("]")
    return f"{' '.join(row.id for row in ids.requirements)} {parameters}"


def require_applicable(
    case: CaseState,
    run: Run,
    config: pytest.Config,
    fixtures: Collection[str] = (),
    curve: Curve | None = None,
) -> None:
    """Skips a case that does not apply here.

    Args:
        case: The case.
        run: Its run.
        config: Shows what is read of a kept card before its first case.
        fixtures: Names of all fixtures that the case and its fixtures name; some need a card that
            trusts the servers of the run.
        curve: Curve of the case, where it is not that of the run.

    Raises:
        NotApplicable: the card in the reader does not have the CI of the run.
        pytest.skip.Exception: no requirement of it applies, or its level is not allowed.
        Inconclusive: the target was lost earlier.
        Blocked: an earlier case left something on the card that could not be removed.
    """
    run.check()
    if run.preflight is None or run.preflight.stops is None:
        _examine(run, config)
    if run.preflight is not None:
        case.known_causes = run.preflight.by_function
        if run.preflight.stops is not None:
            _require_owner(case, run, run.preflight.stops)
    run.find_out(frozenset[str]().union(*(row.condition.names for row in case.requirements)))
    excused = excuses(run, case.requirements)
    case.excused = excused
    excuse = ""
    if len(excused) == len(case.requirements):
        excuse = "; ".join(dict.fromkeys(excused.values()))
    excuse = excuse or level_excuse(run, case.level) or foreign_excuse(run, case.level)
    if excuse:
        case.verdict, case.reason = Verdict.NOT_APPLICABLE, excuse
        pytest.skip(f"not applicable: {excuse}")
    if run.left is not None and case.level is not Level.READ_ONLY:
        raise Blocked(run.left)
    if excuse := trust_excuse(run, fixtures, curve):
        raise NotApplicable(excuse)
    case.doubted = doubts(run, case.requirements)
    if case.doubted:
        names = ", ".join(dict.fromkeys(case.doubted.values()))
        case.steps.note(
            f"hangs on {names}, unknown of this {run.product}: what it does is only recorded"
        )
    deviations = run.target.settings.deviations
    declared = [name for name in case.ids if name in deviations]
    case.deviation = "; ".join(deviations[name] for name in declared)
    case.strict = not run.target.settings.lenient.issuperset(declared)


def require_usable(case: CaseState, run: Run) -> None:
    """Requires that a further card in a reader can be used in a case.

    Raises:
        NotApplicable: it lacks the CI of the run's servers, or has what the case would erase.
        Inconclusive: it was lost earlier.
        Blocked: an earlier case left something on it that could not be removed.
    """
    run.check()
    run.reach()
    if run.left is not None and case.level is not Level.READ_ONLY:
        raise Blocked(run.left)
    require_trust(run)
    if excuse := foreign_excuse(run, case.level):
        raise NotApplicable(f"{run.place}: {excuse}")


def _require_owner(case: CaseState, run: Run, stops: Cause) -> None:
    """Lets only the case of the finding run on a card of which no option can be read.

    Raises:
        Blocked: it is another case.
    """
    if excuse := level_excuse(run, case.level):
        case.verdict, case.reason = Verdict.NOT_APPLICABLE, excuse
        pytest.skip(f"not applicable: {excuse}")
    if stops.row not in case.ids:
        raise Blocked(stops)


def _examine(run: Run, config: pytest.Config) -> None:
    """Reads a card that is kept once, before its first case; a new card for each case is not.

    Of further cards the EIDs are read: a wrong card ends the run before its first case.
    """
    run.reach()
    for further in config.stash[COLLECTED].further:
        if not further.broken:
            further.reach()
    if run.target.simulated or run.preflight is not None:
        return
    trace = run.own_trace()
    trace.remark("preflight")
    try:
        card = run.open_card(trace, Timings())
        run.preflight = examine(card, partial(require_trust, run), run.owns)
    except TargetLost as error:
        run.broken = run.broken or f"preflight: {error}"
        raise
    run.facts.update({f"preflight {name}": text for name, text in run.preflight.lines.items()})
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if terminal is None:
        return
    seen = Identities()
    if masks(run):
        seen.add_eid(run.facts.get("eid", ""))
        seen.read(trace.text())
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        terminal.ensure_newline()
        for name, text in {**run.target.facts(), **run.preflight.lines}.items():
            terminal.write_line(seen.masked(f"{name:<14}{text}"))


def look_for_secrets(run: Run, case: str, card: Card, answered: bytes) -> None:
    """Looks for the secrets of a case in what the card answered in it.

    What is found is noted in the case, and fails the requirement on secrets. Kinds that are too
    short or too regular to be looked for are notes of the run.

    Args:
        run: The run.
        case: Id of the first requirement of the case.
        card: The card, with the secrets.
        answered: The data of all its answers.
    """
    _note_left_out(run, card.secrets.left_out)
    for words in card.secrets.within(answered):
        card.note(f"also: {words} stands in an answer ({_SECRETS_ROW})")
        finding = Cause(_SECRETS_ROW, f"{words} stands in an answer, first in {case}", "")
        if not any(one.finding.startswith(words) for one in run.leaks):
            run.leaks.append(finding)


def _note_left_out(run: Run, kinds: Collection[str]) -> None:
    """Keeps one note of the run that names every kind of secret that is not looked for."""
    begin = f"{NOT_LOOKED_FOR}, because short or regular: "
    known = [one.removeprefix(begin).split(", ") for one in run.notes if one.startswith(begin)]
    every = sorted({*kinds, *(kind for one in known for kind in one)})
    if every:
        others = [one for one in run.notes if not one.startswith(begin)]
        run.notes[:] = [*others, begin + ", ".join(every)]


def remove_traces(case: CaseState, run: Run) -> None:
    """Removes from a kept card what a case left on it; a second time after a power cycle.

    What the card refuses to remove is noted in the case, and blocks the changing cases after it.
    """
    with case.steps("Afterwards: Profiles, Notifications and address of these suites removed"):
        problem = _remaining(run, case.trace)
        if problem is not None and not run.broken:
            problem = _remaining(run, case.trace, power_cycle=True)
    if problem is None:
        return
    finding = f"what this case left on the card could not be removed: {problem}"
    case.steps.note(finding)
    if not isinstance(problem, UnobservedError | TargetLost | Inconclusive):
        run.left = Cause(case.ids[0], finding, "`rsplab recover`, or delete it by `rsplab lpa`")


def put_cards_back(config: pytest.Config, collected: Collected) -> None:
    """Puts the cards of a run back; what an impatient user leaves undone is a note of the run."""
    runs = (*collected.runs, *collected.further)
    try:
        for run in runs:
            _remove_last_traces(config, run)
        collected.put_back()
    except KeyboardInterrupt:
        for run in runs:
            run.leave()


def _remove_last_traces(config: pytest.Config, run: Run) -> None:
    """Removes from a kept card what an interrupted case left; says so when it cannot be removed."""
    problem = _remaining(run, Trace()) if run.traces else None
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if problem is not None and terminal is not None:
        terminal.write_line(
            f"rsplab: Profiles of the suites may be left on the card: {problem}; "
            "`rsplab lpa list` shows them"
        )


def _remaining(run: Run, trace: Trace, *, power_cycle: bool = False) -> RspError | None:
    """Removes the traces of a case; returns why some may remain, or None."""
    if run.broken:
        return TargetLost(run.broken)
    try:
        card = run.open_card(trace, Timings())
        if power_cycle and isinstance(card.link, PoweredLink):
            card.power_cycle()
        cleanup.remove_own(card, run)
    except RspError as error:
        return error
    run.traces = False
    return None


@contextmanager
def judged(case: CaseState, run: Run, *, setup: bool = False) -> Iterator[None]:
    """Turns an exception raised inside into a verdict, and into pytest's outcome for it.

    Args:
        case: The case.
        run: Its run; marked as broken when the target is lost.
        setup: True before the case itself has begun, when a refusal is inconclusive.

    Raises:
        RunStoppedError: the card or what the machine needs is gone; no further case is run.
    """
    try:
        yield
    except (KeyboardInterrupt, pytest.exit.Exception):
        raise
    except (NoCardError, MachineLacksError) as error:
        case.judge(error)
        raise RunStoppedError(str(error), returncode=NOTHING_RAN) from error
    except pytest.skip.Exception as skipped:
        if case.verdict is None:
            case.verdict, case.reason = Verdict.NOT_APPLICABLE, str(skipped)
        raise
    except pytest.fail.Exception as failed:
        if case.verdict is None:
            case.verdict, case.reason = Verdict.FAIL, str(failed)
        raise
    except (ExpectationError, RemoteError, DecodeError, CryptoError) as error:
        if not setup or not case.of_card(error):
            _raise(case, run, error)
            return
        case.judge_setup(error)
        raise
    except BaseException as error:  # noqa: BLE001  judged, and raised again as the verdict requires
        _raise(case, run, error)


@contextmanager
def judged_with_fault(case: CaseState, *, required: bool) -> Iterator[None]:
    """Judges a case that runs inside on a faulty card.

    Args:
        case: The case.
        required: True when it has to find the fault of its card.
    """
    try:
        yield
        case.passed()
    except (KeyboardInterrupt, pytest.exit.Exception, pytest.skip.Exception):
        raise
    except BaseException as error:  # noqa: BLE001  judged: the case has to find the fault
        case.judge(error)
    if required and not case.killed:
        shown = case.reason or "the case passes"
        pytest.fail(f"{case.fault} survives {' '.join(case.ids)}: {shown}", pytrace=False)


def _raise(case: CaseState, run: Run, error: BaseException) -> None:
    error = run.explained(error, case)
    verdict = case.judge(error)
    if isinstance(error, TargetLost | ConfigError) and not isinstance(error, LinkFault):
        run.lost(case)
    if verdict is Verdict.NOT_APPLICABLE:
        pytest.skip(f"not applicable: {case.reason}")
    if verdict is Verdict.PROBE:
        return
    if verdict is Verdict.DEVIATION:
        pytest.xfail(case.reason)
    if verdict is Verdict.FAIL:
        pytest.fail(case.explain(), pytrace=False)
    if isinstance(error, Inconclusive):  # its reason says all; a traceback each costs a minute
        raise pytest.fail.Exception(case.reason, pytrace=False) from None
    raise error


def refuse_unexpected_pass(case: CaseState) -> None:
    """Fails a case that passes although the target file declares a known deviation."""
    if case.verdict is Verdict.FAIL:
        pytest.fail(case.explain(), pytrace=False)


def complete(case: CaseState, report: pytest.TestReport) -> None:
    """Adds the verdict to a report of pytest, and the record to the last report."""
    case.duration_s += report.duration
    if case.fault:
        _complete_with_fault(report)
        return
    if report.when == "teardown":
        if report.failed:
            case.verdict, case.reason = Verdict.ERROR, "tearing the case down went wrong"
            case.traceback = report.longreprtext
        keys = "".join(f"{name} {key.hex().upper()}\n" for name, key in case.session_keys)
        texts = {"trace": case.trace.text(), "session_keys": keys}
        report.rsplab = {**case.record(), **texts}  # type: ignore[attr-defined]
        return
    verdict = case.verdict
    if verdict is None or (report.when == "setup" and report.passed):
        return
    if verdict is Verdict.ERROR:
        case.traceback = report.longreprtext
    elif verdict in (Verdict.INCONCLUSIVE, Verdict.BLOCKED):
        report.longrepr = case.explain()
    category, letter = _LETTERS[verdict]
    report.rsplab_status = category, letter, verdict.upper()  # type: ignore[attr-defined]


def _complete_with_fault(report: pytest.TestReport) -> None:
    if report.skipped or (report.when != "call" and report.passed):
        return
    status = ("failed", "S", "SURVIVED") if report.failed else ("killed", "k", "KILLED")
    report.rsplab_status = status  # type: ignore[attr-defined]


def masks(run: Run) -> bool:
    """Returns whether the views of the run hide what names its card: it is real, or treated so."""
    return not (run.target.simulated or run.options.no_redact)
