"""ES10c.DeleteProfile: removes a disabled Profile and all that is its own (SGP.22 v2, 5.7.18)."""

from typing import Final

from rspcore.messages.es10c import DeleteProfileRequest, DeleteProfileResponse, DeleteResult
from rspcore.messages.metadata import PprId, ProfileClass
from rspcore.messages.v3 import profile_management as v3
from rspsim.euicc import isdp
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.isdr.es10c.profile_attempt import ProfileAttempt
from rspsim.euicc.outcome import Outcome, View

__all__ = ["CHECKS", "DELETE_PROFILE", "REMOVED"]


def _policy_allows(attempt: ProfileAttempt) -> bool:
    """Returns whether PPR2 lets the Profile be deleted (2.9.3.2)."""
    return attempt.profile is None or PprId.ppr2 not in attempt.profile.policy_rules


def _returns_there(attempt: ProfileAttempt) -> bool:
    """Returns whether a card of version 3 goes back to this Profile when the Test Profile ends."""
    current, profile = attempt.current, attempt.profile
    if not attempt.view.state.personality.version_3 or current is None or profile is None:
        return False
    back = attempt.view.state.return_to
    return current.profile_class == ProfileClass.test and back == profile.aid


_E = DeleteResult

CHECKS: Final[Decision[Checks[ProfileAttempt]]] = Decision(
    "es10c.delete_profile",
    (
        Check("profile_found", lambda a: a.profile is not None, _E.iccidOrAidNotFound),
        Check("profile_disabled", lambda a: not a.enabled, _E.profileNotInDisabledState),
        Check(
            "not_in_test_mode",
            lambda a: not _returns_there(a),
            v3.DeleteResult.disallowedInTestMode,
        ),
        Check("policy", _policy_allows, _E.disallowedByPolicy),
        Check("no_switch_waits", lambda a: a.no_switch_waits, _E.undefinedError),
    ),
    "checks of DeleteProfile",
)
REMOVED: Final = Decision("es10c.delete_profile.removed", isdp.removed, "state without a Profile")


def _handle(request: DeleteProfileRequest, view: View) -> Outcome:
    attempt = ProfileAttempt(request.isdp_aid, request.iccid, view)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    profile = attempt.profile
    if refusal is not None or profile is None:
        code = _E.undefinedError if refusal is None else refusal
        return view.answer(DeleteProfileResponse(delete_result=code))
    state = view.decisions[REMOVED](view.state, view.decisions, profile)
    return view.answer(DeleteProfileResponse(delete_result=_E.ok), state=state)


DELETE_PROFILE: Final = Function(
    "ES10c.DeleteProfile", DeleteProfileRequest, _handle, Interface.ES10C
)
