"""Enterprise Profiles: what their rules ask for when a Profile is installed, enabled or disabled.

The rules hold on an enterprise capable Device alone, and come from the one Profile that has the
reference rule. Which rules a card looks at first is not public, nor what a Device that is not
enterprise capable changes at an installation: this card refuses rules there.

Source: SGP.22 v3.1, 2.4a and 5.5.3; bit 6 of TERMINAL CAPABILITY.
"""

from typing import Final

from rspcore import tlv
from rspcore.messages.metadata import PprId
from rspcore.messages.v3.profile_metadata import EnterpriseConfiguration, EnterpriseRule
from rspcore.tags import Tag
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import View
from rspsim.euicc.state import CardState, Profile

__all__ = [
    "CAPABLE",
    "allowed_number",
    "configuration_in",
    "has_rule",
    "may_be_disabled",
    "may_be_enabled",
    "only_enterprise",
    "others_of",
    "ppr1_installed",
    "reference_of",
]

_CAPABLE_BIT: Final = 0x20


def _capable(view: View) -> bool:
    return bool((view.volatile.cat.terminal_capability or 0) & _CAPABLE_BIT)


CAPABLE: Final = Decision(
    "enterprise.capable", _capable, "whether TERMINAL CAPABILITY announced enterprise Profiles"
)


def configuration_in(objects: tuple[bytes, ...]) -> EnterpriseConfiguration | None:
    """Returns enterpriseConfiguration among whole data objects of metadata, or None."""
    for octets in objects:
        if tlv.parse(octets).tag == Tag.EnterpriseConfiguration:
            return EnterpriseConfiguration.decode(octets)
    return None


def has_rule(configuration: EnterpriseConfiguration | None, rule: EnterpriseRule) -> bool:
    """Returns whether a configuration sets a rule."""
    rules = None if configuration is None else configuration.enterprise_rules
    return rules is not None and rule in rules.enterprise_rule_bits


def others_of(state: CardState) -> tuple[EnterpriseConfiguration, ...]:
    """Returns the configurations of the installed enterprise Profiles."""
    found = (configuration_in(profile.further_objects) for profile in state.profiles)
    return tuple(one for one in found if one is not None)


def reference_of(state: CardState) -> Profile | None:
    """Returns the Profile with the reference rule, or None."""
    wanted = EnterpriseRule.referenceEnterpriseRule
    return next(
        (p for p in state.profiles if has_rule(configuration_in(p.further_objects), wanted)), None
    )


def ppr1_installed(state: CardState) -> bool:
    """Returns whether a Profile with PPR1 is installed; no enterprise Profile may join it."""
    return any(PprId.ppr1 in profile.policy_rules for profile in state.profiles)


def only_enterprise(state: CardState) -> bool:
    """Returns whether the reference rule lets no other than enterprise Profiles be installed."""
    reference = reference_of(state)
    rule = EnterpriseRule.onlyEnterpriseProfilesCanBeInstalled
    return reference is not None and has_rule(configuration_in(reference.further_objects), rule)


def allowed_number(state: CardState) -> int | None:
    """Returns how many other Profiles may be enabled, None for any number."""
    reference = reference_of(state)
    found = None if reference is None else configuration_in(reference.further_objects)
    rules = None if found is None else found.enterprise_rules
    return None if rules is None else rules.number_of_non_enterprise_profiles


def may_be_enabled(view: View, target: Profile | None) -> bool:
    """Returns whether the rules let a Profile be the one that is enabled.

    An enterprise Profile always may. Another may not where none may be enabled, nor before the
    Profile with the rule of priority.
    """
    reference = reference_of(view.state)
    if target is None or reference is None or not view.decisions[CAPABLE](view):
        return True
    if configuration_in(target.further_objects) is not None:
        return True
    priority = EnterpriseRule.priorityEnterpriseProfile
    if has_rule(configuration_in(reference.further_objects), priority):
        return False
    return allowed_number(view.state) != 0


def may_be_disabled(view: View, target: Profile | None) -> bool:
    """Returns whether the rules let a Profile be disabled: not the one that has priority."""
    if target is None or not view.decisions[CAPABLE](view):
        return True
    found = configuration_in(target.further_objects)
    reference = has_rule(found, EnterpriseRule.referenceEnterpriseRule)
    return not (reference and has_rule(found, EnterpriseRule.priorityEnterpriseProfile))
