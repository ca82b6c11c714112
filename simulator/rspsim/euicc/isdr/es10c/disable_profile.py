"""ES10c.DisableProfile: after a test Profile, enables the operational one (SGP.22, 5.7.17)."""

from typing import Final

from rspcore.messages.es10c import DisableProfileRequest, DisableProfileResponse, DisableResult
from rspcore.messages.v3.profile_management import DisableResult as V3Result
from rspsim.euicc import isdp
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.esim_ports import ports
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.isdr.es10c import port_targets, switching
from rspsim.euicc.isdr.es10c.profile_attempt import ProfileAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import enterprise, policy_rules
from rspsim.euicc.state import PendingSwitch

__all__ = ["CHECKS", "DISABLE_PROFILE", "RETURN_TARGET"]


def _policy_allows(attempt: ProfileAttempt) -> bool:
    """Returns whether PPR1 lets the Profile be disabled (2.9.3.1)."""
    profile = attempt.profile
    return profile is None or not policy_rules.disabling_forbidden(profile, None)


_E = DisableResult

CHECKS: Final[Decision[Checks[ProfileAttempt]]] = Decision(
    "es10c.disable_profile",
    (
        Check("profile_found", lambda a: a.profile is not None, _E.iccidOrAidNotFound),
        Check("profile_enabled", lambda a: a.enabled, _E.profileNotInEnabledState),
        Check("policy", _policy_allows, _E.disallowedByPolicy),
        Check(
            "enterprise_rules",
            lambda a: enterprise.may_be_disabled(a.view, a.profile),
            V3Result.disallowedByEnterpriseRule,
        ),
        Check("cat_free", lambda a: a.cat_free, _E.catBusy),
    ),
    "checks of DisableProfile",
)
RETURN_TARGET: Final = Decision(
    "es10c.disable_profile.return_target",
    isdp.return_target,
    "Profile enabled when this one is disabled",
)


def _handle(request: DisableProfileRequest, view: View) -> Outcome:
    known = ports.agreed(view)
    if known is None:
        return _disable(request, view)
    return port_targets.disabled(request, view, known, _disable)


def _disable(request: DisableProfileRequest, view: View) -> Outcome:
    named = request.profile_identifier
    attempt = ProfileAttempt(named.isdp_aid, named.iccid, view)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    profile = attempt.profile
    if refusal is not None or profile is None:
        code = _E.undefinedError if refusal is None else refusal
        return view.answer(DisableProfileResponse(disable_result=code))
    back = view.decisions[RETURN_TARGET](view.state, profile)
    change = PendingSwitch(
        disable=profile.aid, enable=back.aid if back else None, automatic=back is not None
    )
    response = DisableProfileResponse(disable_result=_E.ok)
    return switching.accepted(view, change, response, refresh=request.refresh_flag)


DISABLE_PROFILE: Final = Function(
    "ES10c.DisableProfile", DisableProfileRequest, _handle, Interface.ES10C
)
