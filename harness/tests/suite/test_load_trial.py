"""A load taken to a command on the simulated card, and what the card has to do with it."""

import pytest

from rspcore.messages.es10c import ProfileState
from rspcore.messages.euicc_response import PeStatusCode
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.profile_maker.editing import removed
from rspharness.record.steps import Steps
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError
from rspharness.run.run import Run, RunOptions
from rspharness.servers import load_result
from rspharness.servers.rsp_server import profile, server_maker
from rspharness.suite.load_trial import LoadTrial, taken_to

TWO = profile("PROFILE_OPERATIONAL2")
CHANNEL, ISDP = BppCommandId.initialiseSecureChannel, BppCommandId.configureISDP
METADATA, ELEMENTS = BppCommandId.storeMetadata, BppCommandId.loadProfileElements
SECURITY, STRUCTURE = ErrorReason.scp03tSecurityError, ErrorReason.scp03tStructureError


@pytest.fixture
def run():
    return Run(RunOptions())


@pytest.fixture
def card(run):
    return run.open_card(Trace(), Timings())


@pytest.fixture
def server(run):
    return server_maker(run.pki, run.options.curve, "test", run.options.started)()


@pytest.fixture
def step():
    return Steps(Trace())


@pytest.mark.parametrize(
    ("command", "title", "segments"),
    [
        (CHANNEL, "Initial conditions: PrepareDownload done", 1),
        (ISDP, "Initial conditions: InitialiseSecureChannel accepted", 1),
        (METADATA, "Initial conditions: ConfigureISDP accepted", 2),
    ],
)
def test_trial_begins_in_one_step_at_its_command(card, server, step, command, title, segments):
    trial = LoadTrial.begin(card, server, step, TWO, command)
    assert [(one.title, one.outcome) for one in step.steps] == [(title, "done")]
    assert {one.command for one in trial.under_test.segments} == {command}
    assert len(trial.under_test) == segments
    assert trial.package.until(segments) == trial.under_test
    load_result.continued(trial.send())
    load_result.installed(trial.session, trial.send(trial.package.since(segments)))


def test_trial_begins_at_the_first_command_unless_another_is_given(card, server, step):
    before = card.observe()
    trial = LoadTrial.begin(card, server, step, TWO)
    assert trial.under_test.segments[0].command is CHANNEL
    assert trial.before == before
    load_result.installed(trial.session, trial.send(trial.package))


def test_load_is_taken_to_a_command_without_a_step(card, server):
    session, package = taken_to(ELEMENTS, card, server, TWO)
    assert {one.command for one in package.segments} == {ELEMENTS}
    info = load_result.installed(session, session.load(package))
    assert (info.iccid, info.profile_state) == (TWO.metadata.iccid, ProfileState.disabled)


def test_command_that_is_refused_before_the_one_under_test_fails(card, server, step):
    with pytest.raises(ExpectationError, match="segment 1"):
        LoadTrial.begin(card, server, step, TWO, METADATA, configure_isdp=b"\xbf\x2a\x00")
    assert [one.outcome for one in step.steps] == ["failed"]


def test_trial_requires_the_end_at_its_command(card, server, step):
    trial = LoadTrial.begin(card, server, step, TWO, METADATA)
    loaded = trial.send(trial.under_test.flipped(1))
    result = trial.ended(loaded, METADATA, STRUCTURE, SECURITY)
    assert (result.bpp_command_id, result.error_reason) == (METADATA, SECURITY)
    trial.refused_or_ended(loaded, load_result.MISPLACED, METADATA, SECURITY)
    trial.went_on_or_ended(loaded, METADATA, SECURITY)
    trial.installed_or_ended(loaded, METADATA, SECURITY)
    for required in (trial.ended, trial.went_on_or_ended, trial.installed_or_ended):
        with pytest.raises(ExpectationError, match="scp03tSecurityError"):
            required(loaded, METADATA, STRUCTURE)


def test_trial_requires_the_status_of_a_refused_element(card, server, step):
    trial = LoadTrial.begin(card, server, step, TWO, upp=removed(TWO.upp, "pinCodes", number=-1))
    loaded = trial.send(trial.package)
    missing = PeStatusCode.pin_code_missing
    assert trial.element_refused(loaded, missing).status == missing
    with pytest.raises(ExpectationError, match="status of the profile element"):
        trial.element_refused(loaded, PeStatusCode.ok)


def test_trial_takes_a_refusal_by_status_word(card, server, step):
    trial = LoadTrial.begin(card, server, step, TWO, METADATA)
    late = trial.send(trial.package.since(len(trial.under_test)))
    trial.refused_or_ended(late, load_result.MISPLACED, METADATA, STRUCTURE)
    with pytest.raises(ExpectationError):
        trial.refused_or_ended(late, (0x6A80,), METADATA, STRUCTURE)


def test_trial_notices_what_else_moved(card, server, step):
    server.install(card, "PROFILE_OPERATIONAL1")
    trial = LoadTrial.begin(card, server, step, TWO, METADATA)
    loaded = trial.send(trial.under_test.flipped(1))
    server.install(card, "PROFILE_OPERATIONAL3")
    with pytest.raises(ExpectationError, match=r"[Pp]rofiles|Notifications"):
        trial.ended(loaded, METADATA, SECURITY)
