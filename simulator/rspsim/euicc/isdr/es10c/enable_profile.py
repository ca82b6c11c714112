"""ES10c.EnableProfile: enables one Profile in place of another (SGP.22 v2 and v3.1, 5.7.16)."""

from typing import Final

from rspcore.messages.es10c import EnableProfileRequest, EnableProfileResponse, EnableResult
from rspcore.messages.metadata import ProfileClass
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.profile_management import EnableResult as V3Result
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.esim_ports import ports
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.isdr.es10c import port_targets, switching
from rspsim.euicc.isdr.es10c.profile_attempt import ProfileAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import enterprise, policy_rules
from rspsim.euicc.state import PendingSwitch

__all__ = ["CHECKS", "ENABLE_PROFILE"]


def _may_follow_test(attempt: ProfileAttempt) -> bool:
    """Returns whether the target may take the place of an enabled test Profile (2.4.5.3).

    Only another test Profile may, or the operational one that was enabled before the first.
    """
    current, target = attempt.current, attempt.profile
    if current is None or target is None or current.profile_class != ProfileClass.test:
        return True
    return target.profile_class == ProfileClass.test or target.aid == attempt.view.state.return_to


def _policy_allows(attempt: ProfileAttempt) -> bool:
    """Returns whether PPR1 of the enabled Profile lets the target take its place (2.9.3.1)."""
    current = attempt.current
    return current is None or not policy_rules.disabling_forbidden(current, attempt.profile)


_E = EnableResult

CHECKS: Final[Decision[Checks[ProfileAttempt]]] = Decision(
    "es10c.enable_profile",
    (
        Check("profile_found", lambda a: a.profile is not None, _E.iccidOrAidNotFound),
        Check("profile_disabled", lambda a: not a.enabled, _E.profileNotInDisabledState),
        Check("may_follow_test", _may_follow_test, _E.wrongProfileReenabling),
        Check("policy", _policy_allows, _E.disallowedByPolicy),
        Check(
            "enterprise_rules",
            lambda a: enterprise.may_be_enabled(a.view, a.profile),
            V3Result.disallowedByEnterpriseRule,
        ),
        Check("cat_free", lambda a: a.cat_free, _E.catBusy),
    ),
    "checks of EnableProfile",
)


def _handle(request: EnableProfileRequest, view: View) -> Outcome:
    known = ports.agreed(view)
    if known is None:
        return _enable(request, view)
    return port_targets.enabled(request, view, known, _enable)


def _enable(request: EnableProfileRequest, view: View) -> Outcome:
    named = request.profile_identifier
    attempt = ProfileAttempt(named.isdp_aid, named.iccid, view)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    target = attempt.profile
    if refusal is not None or target is None:
        code = _E.undefinedError if refusal is None else refusal
        return view.answer(EnableProfileResponse(enable_result=code))
    current = attempt.current
    change = PendingSwitch(disable=current.aid if current else None, enable=target.aid)
    response = EnableProfileResponse(enable_result=_E.ok)
    return switching.accepted(view, change, response, refresh=request.refresh_flag)


ENABLE_PROFILE: Final = Function(
    "ES10c.EnableProfile",
    EnableProfileRequest,
    _handle,
    Interface.ES10C,
    request_v3=v3.EnableProfileRequest,
)
