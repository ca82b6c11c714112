"""ES10b.LoadBoundProfilePackage: which segment may follow which, and what each step answers.

How it works. The LPA cuts a BoundProfilePackage into segments (SGP.22 v2, 2.5.5): the header of
BF36 with the whole BF23; A0 whole; the header of A1 alone, then each 88; A2 whole, if there is one;
the header of A3 alone, then each 86. `FOLLOWING` says which first tag is due at which position.

- A tag that is no segment at all is not handled here; the ISD-R answers 6A88 and the load stays as
  it was.
- A segment at the wrong place, or without a prepared download, changes nothing either: 6985, or
  what `misplaced_segment` of the options says. No result is made.
- Otherwise the load goes on, fails or finishes with the command of the segment. Going on answers
  nothing. Failing and finishing make a ProfileInstallationResult, which is kept and answered in one
  step with the Profile, if there is one, and end the session (5.7.6).
"""

from collections.abc import Callable, Mapping
from typing import Final

from rspcore.errors import LocalError
from rspcore.frozen import changer, replace
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import (
    BppCommandId,
    ErrorReason,
    FinalResult,
    SuccessResult,
)
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc import memory, notifications
from rspsim.euicc.decisions import Decision
from rspsim.euicc.load.es8p.configure_isdp import configure
from rspsim.euicc.load.es8p.initialise_secure_channel import initialise
from rspsim.euicc.load.es8p.load_profile_elements import begin_elements, take_elements
from rspsim.euicc.load.es8p.replace_session_keys import replace_keys
from rspsim.euicc.load.es8p.store_metadata import begin_metadata, take_metadata
from rspsim.euicc.load.step import Failure, Finished, Step
from rspsim.euicc.load_progress import Load, LoadPosition
from rspsim.euicc.options import MisplacedSegment
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import one_time_keys
from rspsim.euicc.session import SessionEvent
from rspsim.euicc.session_context import Session
from rspsim.euicc.state import CardState, OpenInstallation, Profile

__all__ = [
    "ANSWER",
    "FOLLOWING",
    "INSTALLED",
    "LEFT",
    "MISPLACED",
    "MISSHAPEN",
    "NOTED",
    "SEGMENT_TAGS",
    "load",
    "open_installation",
]

_with_load: Final = changer(Session, "load")

Command = Callable[[bytes, Step], Load | Failure | Finished | None]

_COMMANDS: Final[Mapping[int, Command]] = {
    Tag.BoundProfilePackage: initialise,
    Tag.FirstSequenceOf87: configure,
    Tag.SequenceOf88: begin_metadata,
    Tag.Protected88: take_metadata,
    Tag.SecondSequenceOf87: replace_keys,
    Tag.SequenceOf86: begin_elements,
    Tag.Protected86: take_elements,
}
SEGMENT_TAGS: Final = frozenset(int(tag) for tag in _COMMANDS)
"""First tags of segments; a bare 87 is not one of them."""

_P = LoadPosition

FOLLOWING: Final[Decision[Mapping[LoadPosition, frozenset[int]]]] = Decision(
    "es8p.following",
    {
        _P.BEGIN: frozenset({Tag.BoundProfilePackage}),
        _P.SECURED: frozenset({Tag.FirstSequenceOf87}),
        _P.CONFIGURED: frozenset({Tag.SequenceOf88}),
        _P.IN_METADATA: frozenset({Tag.Protected88}),
        _P.METADATA_STORED: frozenset({Tag.SecondSequenceOf87, Tag.SequenceOf86}),
        _P.KEYS_REPLACED: frozenset({Tag.SequenceOf86}),
        _P.IN_ELEMENTS: frozenset({Tag.Protected86}),
    },
    "first tags due at each position of a load",
)

_COMMAND_AT: Final = {
    _P.BEGIN: BppCommandId.initialiseSecureChannel,
    _P.SECURED: BppCommandId.configureISDP,
    _P.CONFIGURED: BppCommandId.storeMetadata,
    _P.IN_METADATA: BppCommandId.storeMetadata,
    _P.METADATA_STORED: BppCommandId.loadProfileElements,
    _P.KEYS_REPLACED: BppCommandId.loadProfileElements,
    _P.IN_ELEMENTS: BppCommandId.loadProfileElements,
}
"""Command at each position of a load, for the result when the load ends there."""


def load(tag: int, octets: bytes, view: View) -> Outcome:
    """Takes one segment.

    Args:
        tag: Its first tag, one of `SEGMENT_TAGS`.
        octets: The whole segment; its first header is readable.
        view: The card.
    """
    step = _step(view)
    if step is None:
        return view.refuse(view.decisions[MISPLACED](view))
    if step.load.channel != view.channel_number and view.options.load_bound_to_channel:
        return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    if tag not in view.decisions[FOLLOWING][step.load.position]:
        return _out_of_place(step)
    result = _COMMANDS[tag](octets, step)
    if result is None:
        return view.refuse(view.decisions[MISSHAPEN])
    return _answered(result, step)


def _step(view: View) -> Step | None:
    """Returns where the load stands, None when no download is prepared."""
    session = view.session
    if session.server is None or session.download is None:
        return None
    if not view.permits(SessionEvent.SEGMENT_ACCEPTED):
        return None
    standing = session.load or Load(channel=view.channel_number)
    return Step(view, standing, session.server, session.download)


def _answered(result: Load | Failure | Finished, step: Step) -> Outcome:
    if isinstance(result, Failure):
        return _failed(result, step)
    if isinstance(result, Finished):
        return _finished(result, step)
    return _accepted(result, step)


def _out_of_place(step: Step) -> Outcome:
    if step.view.options.misplaced_segment is MisplacedSegment.FAIL:
        command = _COMMAND_AT[step.load.position]
        return _failed(Failure(command, ErrorReason.scp03tStructureError), step)
    return step.view.refuse(step.view.decisions[MISPLACED](step.view))


def _misplaced(view: View, /) -> int:
    if view.options.misplaced_segment is MisplacedSegment.NOT_FOUND:
        return StatusWord.REFERENCED_DATA_NOT_FOUND
    return StatusWord.CONDITIONS_NOT_SATISFIED


def _accepted(standing: Load, step: Step) -> Outcome:
    view = step.view
    session = _with_load(view.session_after(SessionEvent.SEGMENT_ACCEPTED), standing)
    return view.outcome(state=view.decisions[NOTED](standing, step), session=session)


def _noted(standing: Load, step: Step, /) -> CardState:
    """Returns the state while a load goes on: as it was.

    With the option `interruption_pir` it also holds what a result needs after a power loss now.
    """
    state = step.view.state
    if not step.view.options.interruption_pir:
        return state
    noted = open_installation(standing, step)
    if noted == state.open_installation:
        return state
    return replace(state, open_installation=noted)


def open_installation(standing: Load, step: Step) -> OpenInstallation:
    """Returns what a result needs of a load after a loss of power."""
    return OpenInstallation(
        transaction_id=step.server.transaction_id,
        server_address=step.server.address,
        smdp_oid=step.download.smdp_oid,
        ci_pkid=step.server.ci_pkid,
        command_id=_COMMAND_AT[standing.position],
        iccid=None if standing.metadata is None else standing.metadata.iccid,
    )


def _left(_standing: Load, step: Step, /) -> CardState:
    """Returns the state after a load that failed: nothing of it is left (5.7.6)."""
    return step.view.state


def _failed(failure: Failure, step: Step) -> Outcome:
    standing = failure.load or step.load
    result = notifications.failure(failure.command, failure.reason, failure.response)
    return _ended(step.view.decisions[LEFT](standing, step), standing, step, result)


def _finished(finished: Finished, step: Step) -> Outcome:
    """Adds the Profile, its result and its install notifications to the state."""
    view, standing = step.view, finished.load
    installed = view.decisions[INSTALLED](standing, step)
    state = replace(view.state, profiles=(*view.state.profiles, installed))
    state = view.decisions[one_time_keys.DROPPED](state, step.download.one_time_key)
    success = SuccessResult(aid=installed.aid, sima_response=finished.response)
    outcome = _ended(state, standing, step, FinalResult(success_result=success))
    event = NotificationEvent.notificationInstall
    notified = notifications.with_events(outcome.state, view.decisions, installed, event)
    return replace(outcome, state=notified)


def _answer(octets: bytes, _result: FinalResult, /) -> bytes:
    return octets


def _ended(state: CardState, standing: Load, step: Step, result: FinalResult) -> Outcome:
    """Ends the session with a result, kept before it is answered."""
    view = step.view
    ended = notifications.Ended(
        transaction_id=step.server.transaction_id,
        address=step.server.address,
        smdp_oid=step.download.smdp_oid,
        ci_pkid=step.server.ci_pkid,
        iccid=None if standing.metadata is None else standing.metadata.iccid,
    )
    if state.open_installation is not None:
        state = replace(state, open_installation=None)
    state, octets = notifications.with_result(state, view.decisions, ended, result)
    session = view.session_after(SessionEvent.RESULT_MADE)
    answer = view.decisions[ANSWER](octets, result)
    return view.outcome(answer, state=state, session=session)


def _installed(standing: Load, step: Step) -> Profile:
    """Returns the Profile that a finished load makes."""
    if standing.metadata is None or standing.aid is None:
        raise LocalError("a load cannot be finished before its metadata and ISD-P are there")
    package = standing.installation.package
    return Profile(
        aid=standing.aid,
        metadata=standing.metadata,
        further_objects=standing.further_objects,
        dp_proprietary_data=standing.dp_proprietary_data,
        ci_pkid=step.server.ci_pkid,
        newer_chain=step.server.newer_chain,
        smdp_oid=step.download.smdp_oid,
        package=package,
        content=standing.installation.content,
        size=memory.profile_size(len(package), len(standing.metadata_octets)),
    )


INSTALLED: Final = Decision("es8p.installed", _installed, "Profile made of a finished load")
NOTED: Final = Decision("es8p.noted", _noted, "lasting state while a load goes on")
LEFT: Final = Decision("es8p.left", _left, "lasting state after a load that failed")
ANSWER: Final = Decision("es8p.answer", _answer, "what is answered when a load ends")
MISPLACED: Final = Decision("es8p.misplaced", _misplaced, "status word for what is not due")
MISSHAPEN: Final = Decision(
    "es8p.misshapen", int(StatusWord.WRONG_DATA), "status word for a segment cut elsewhere"
)
