"""Faults of ES10b.LoadBoundProfilePackage: the order of a load, how it ends, what it leaves."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.messages.codec import Structure
from rspcore.messages.es10c import EnableProfileResponse, EnableResult
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc import memory
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.isdr import dispatch
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.isdr.es10b.get_euicc_challenge import DISCARDS
from rspsim.euicc.isdr.es10c.enable_profile import ENABLE_PROFILE
from rspsim.euicc.isdr.es10c.get_profiles_info import GET_PROFILES_INFO
from rspsim.euicc.load import segments
from rspsim.euicc.load.es8p import load_profile_elements
from rspsim.euicc.load.step import Step
from rspsim.euicc.load_progress import Load, LoadPosition
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session import SessionEvent, SessionState
from rspsim.euicc.session_context import IDLE_SESSION
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, Change, allows, behind, leads, swap, together
from rspsim.faults.card.load.installation_result import is_result

__all__ = ["FAULTS"]

_S = SessionState


def _half_a_profile(standing: Load, step: Step) -> CardState:
    """Stores the Profile as soon as its metadata have been received."""
    state = segments.NOTED.standard(standing, step)
    if standing.metadata is None or standing.aid is None:
        return state
    half = Profile(aid=standing.aid, metadata=standing.metadata, size=1024)
    others = tuple(one for one in state.profiles if one.aid != half.aid)
    return replace(state, profiles=(*others, half))


def _profile_left(standing: Load, step: Step) -> CardState:
    """Keeps the Profile of a load that failed."""
    state = step.view.state
    if standing.metadata is None or standing.aid is None:
        return state
    left = Profile(aid=standing.aid, metadata=standing.metadata, size=1024)
    return replace(state, profiles=(*state.profiles, left))


def _memory_left(state: CardState) -> int:
    """Returns less free memory for each result, as if the ISD-P of a failed load stayed."""
    taken = 1024 * sum(is_result(one) for one in state.notifications)
    return max(memory.FREE.standard(state) - taken, 0)


def _one_profile(state: CardState) -> int:
    return 0 if state.profiles else memory.FREE.standard(state)


def _load_ended(outcome: Outcome, view: View) -> Outcome:
    """Ends the load that is in progress."""
    if view.session.state is not _S.LOADING:
        return outcome
    return replace(outcome, volatile=replace(outcome.volatile, session=IDLE_SESSION))


def _busy(outcome: Outcome, view: View) -> Outcome:
    """Answers catBusy(5) while a load is in progress."""
    if view.session.state is not _S.LOADING:
        return outcome
    return view.answer(EnableProfileResponse(enable_result=EnableResult.catBusy))


class _Unknown(Structure):
    """A segment with an unknown tag."""

    TAG = 0x85


class _Encrypted(Structure):
    """An encrypted data object that is no segment."""

    TAG = Tag.Protected87


def _dropped(_request: Structure, view: View) -> Outcome:
    return view.outcome(sw=StatusWord.REFERENCED_DATA_NOT_FOUND, session=IDLE_SESSION)


def _ignored(_request: Structure, view: View) -> Outcome:
    return view.outcome()


def _handled(kind: type[Structure], handle: Callable[[Structure, View], Outcome]) -> Change:
    """Returns a change that handles a tag that is no segment as a function."""

    def change(decisions: Decisions) -> Decisions:
        function = Function(
            "unknown", kind, handle, Interface.ES10B, malformed=lambda view: handle(kind(), view)
        )
        known = decisions[dispatch.FUNCTIONS]
        return decisions.having(dispatch.FUNCTIONS, {**known, kind.TAG: function})

    return change


FAULTS: Final = (
    CardFault(
        "es10b.load.any-order",
        "Every segment is accepted wherever it comes.",
        (
            "ES8+.LoadProfileElements#24",
            "ES8+.InitialiseSecureChannel#10",
            "ES8+.ConfigureISDP#10",
            "ES8+.ConfigureISDP#11",
            "ES8+.ReplaceSessionKeys#09",
            "ES8+.ReplaceSessionKeys#10",
            "ES10b.LoadBoundProfilePackage#17",
        ),
        swap(segments.FOLLOWING, dict.fromkeys(LoadPosition, segments.SEGMENT_TAGS)),
    ),
    CardFault(
        "es10b.load.misplaced-in-silence",
        "A segment out of order is answered 9000 and ignored.",
        (
            "ES8+.InitialiseSecureChannel#10",
            "ES8+.InitialiseSecureChannel#17",
            "ES8+.InitialiseSecureChannel#18",
            "ES8+.ConfigureISDP#10",
            "ES8+.ConfigureISDP#11",
            "ES8+.ReplaceSessionKeys#09",
            "ES8+.ReplaceSessionKeys#10",
            "ES10b.LoadBoundProfilePackage#13",
            "ES10b.LoadBoundProfilePackage#14",
            "ES10b.LoadBoundProfilePackage#20",
            "ES10b.LoadBoundProfilePackage#21",
        ),
        swap(segments.MISPLACED, lambda _view: int(StatusWord.OK)),
    ),
    CardFault(
        "es10b.load.misplaced-is-wrong-data",
        "A segment out of order is answered 6A80.",
        (
            "ES8+.InitialiseSecureChannel#10",
            "ES8+.InitialiseSecureChannel#17",
            "ES8+.InitialiseSecureChannel#18",
            "ES8+.ConfigureISDP#10",
            "ES8+.ConfigureISDP#11",
            "ES8+.ReplaceSessionKeys#09",
            "ES8+.ReplaceSessionKeys#10",
            "ES10b.LoadBoundProfilePackage#13",
            "ES10b.LoadBoundProfilePackage#14",
            "ES10b.LoadBoundProfilePackage#17",
            "ES10b.LoadBoundProfilePackage#20",
            "ES10b.LoadBoundProfilePackage#21",
        ),
        swap(segments.MISPLACED, lambda _view: int(StatusWord.WRONG_DATA)),
    ),
    CardFault(
        "es10b.load.misshapen-in-silence",
        "A segment with wrong boundaries is answered 9000 and ignored.",
        ("ES10b.LoadBoundProfilePackage#12",),
        swap(segments.MISSHAPEN, int(StatusWord.OK)),
    ),
    CardFault(
        "es10b.load.any-length",
        "More element segments are accepted than A3 announces.",
        ("ES10b.LoadBoundProfilePackage#19",),
        swap(load_profile_elements.FITS, lambda _length, _remaining: True),
    ),
    CardFault(
        "es10b.load.ends-with-the-package",
        "A load ends with PE-End although A3 announces more.",
        ("ES10b.LoadBoundProfilePackage#18",),
        swap(load_profile_elements.COMPLETE, lambda load: load.installation.ended),
    ),
    CardFault(
        "es10b.load.survives-challenge",
        "A load continues after a new challenge.",
        (
            "ES8+.InitialiseSecureChannel#12",
            "ES10b.LoadBoundProfilePackage#20",
        ),
        together(
            swap(DISCARDS, value=False),
            allows(SessionEvent.SEGMENT_ACCEPTED, _S.LOADING, _S.CHALLENGED),
        ),
    ),
    CardFault(
        "es10b.load.survives-cancel",
        "A load continues after CancelSession.",
        (
            "ES8+.InitialiseSecureChannel#18",
            "ES10b.LoadBoundProfilePackage#21",
        ),
        leads(SessionEvent.CANCELLED, {_S.PREPARED: _S.PREPARED, _S.LOADING: _S.LOADING}),
    ),
    CardFault(
        "es10b.load.session-survives",
        "The RSP session continues after the result of a load.",
        (
            "ES8+.InitialiseSecureChannel#24",
            "ES10b.LoadBoundProfilePackage#27",
            "ES10b.LoadBoundProfilePackage#28",
        ),
        leads(
            SessionEvent.RESULT_MADE,
            {_S.PREPARED: _S.AUTHENTICATED_DP, _S.LOADING: _S.AUTHENTICATED_DP},
        ),
    ),
    CardFault(
        "es10b.load.ended-by-reading",
        "GetProfilesInfo ends a load.",
        ("ES10b.LoadBoundProfilePackage#22",),
        behind(GET_PROFILES_INFO, _load_ended),
    ),
    CardFault(
        "es10b.load.ended-by-unknown-segment",
        "A segment with an unknown tag ends the load.",
        ("ES10b.LoadBoundProfilePackage#26",),
        _handled(_Unknown, _dropped),
    ),
    CardFault(
        "es10b.load.unknown-segment-in-silence",
        "A data object that is no segment is answered 9000 and ignored.",
        (
            "ES8+.StoreMetadata#48",
            "ES10b.LoadBoundProfilePackage#26",
        ),
        together(_handled(_Unknown, _ignored), _handled(_Encrypted, _ignored)),
    ),
    CardFault(
        "es10b.load.is-a-proactive-session",
        "During a load EnableProfile answers catBusy(5).",
        ("ES10b.LoadBoundProfilePackage#31",),
        behind(ENABLE_PROFILE, _busy),
    ),
    CardFault(
        "es10b.load.half-a-profile",
        "The Profile is listed once its metadata are received, and stays after a failure.",
        (
            "ES10b.LoadBoundProfilePackage#18",
            "ES10b.LoadBoundProfilePackage#20",
            "ES10b.LoadBoundProfilePackage#21",
            "ES10b.LoadBoundProfilePackage#23",
        ),
        swap(segments.NOTED, _half_a_profile),
    ),
    CardFault(
        "es10b.load.profile-left",
        "The Profile of a load that failed stays in the list.",
        (
            "ES8+.StoreMetadata#25",
            "ES8+.StoreMetadata#29",
            "ES8+.ReplaceSessionKeys#04",
        ),
        swap(segments.LEFT, _profile_left),
    ),
    CardFault(
        "es10b.load.memory-left",
        "The memory of a failed load stays allocated until its result is removed.",
        (
            "ES8+.ConfigureISDP#12",
            "ES8+.StoreMetadata#77",
            "ES8+.StoreMetadata#79",
        ),
        swap(memory.FREE, _memory_left),
    ),
    CardFault(
        "es10b.load.one-profile",
        "There is memory for one Profile only.",
        ("ES10b.LoadBoundProfilePackage#11",),
        swap(memory.FREE, _one_profile),
    ),
)
