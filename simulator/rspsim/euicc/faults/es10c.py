"""Faults of ES10c: enabling, disabling, deleting, memory reset, nicknames."""

from dataclasses import replace
from typing import Final

from rspcore.messages.es10c import EnableResult
from rspsim.euicc import isdp, startup
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.es10c import (
    delete_profile,
    disable_profile,
    enable_profile,
    euicc_memory_reset,
    set_nickname,
    switching,
)
from rspsim.euicc.faults.fault import Fault, answers, skip, swap
from rspsim.euicc.state import CardState, Profile

__all__ = ["FAULTS"]


def _cut_nickname(state: CardState, profile: Profile, nickname: str) -> CardState:
    octets = nickname.encode()[:64]
    cut = octets.decode("utf-8", "ignore")
    return state.with_profile(replace(profile, nickname=cut))


def _silently_removed(state: CardState, _decisions: Decisions, profile: Profile) -> CardState:
    return state.without_profile(profile.aid)


FAULTS: Final = (
    Fault(
        "es10c.enable-profile.two-enabled",
        "Enabling a Profile leaves the former one enabled.",
        ("ES10c.EnableProfile#11", "ES10c.EnableProfile#36"),
        swap(isdp.DISABLES_FORMER, value=False),
    ),
    Fault(
        "es10c.enable-profile.not-found-undefined",
        "An unknown Profile is answered undefinedError(127).",
        ("ES10c.EnableProfile#17", "ES10c.EnableProfile#18"),
        answers(enable_profile.CHECKS, "profile_found", EnableResult.undefinedError),
    ),
    Fault(
        "es10c.enable-profile.any-state",
        "A Profile that is enabled is enabled again.",
        ("ES10c.EnableProfile#16",),
        skip(enable_profile.CHECKS, "profile_disabled"),
    ),
    Fault(
        "es10c.enable-profile.ppr1-ignored",
        "PPR1 does not keep the enabled Profile enabled.",
        ("ES10c.EnableProfile#20", "procedure.PolicyRules#02"),
        skip(enable_profile.CHECKS, "policy"),
    ),
    Fault(
        "es10c.enable-profile.any-after-test",
        "Any operational Profile may follow a test Profile.",
        ("ES10c.EnableProfile#14",),
        skip(enable_profile.CHECKS, "may_follow_test"),
    ),
    Fault(
        "es10c.switch.before-refresh",
        "A change with refreshFlag is made at once.",
        ("procedure.EnableProcess#06", "ES10c.EnableProfile#08"),
        swap(switching.APPLIES_AT_ONCE, value=True),
    ),
    Fault(
        "es10c.switch.lost-at-reset",
        "A change that waits for its REFRESH is forgotten at a reset.",
        ("ES10c.EnableProfile#10", "ES10c.EnableProfile#48"),
        swap(startup.COMPLETES_SWITCH, value=False),
    ),
    Fault(
        "es10c.disable-profile.ppr1-ignored",
        "PPR1 does not keep a Profile from being disabled.",
        ("ES10c.DisableProfile#11", "procedure.PolicyRules#01"),
        skip(disable_profile.CHECKS, "policy"),
    ),
    Fault(
        "es10c.disable-profile.no-return",
        "After a test Profile no operational Profile comes back.",
        ("ES10c.DisableProfile#06",),
        swap(disable_profile.RETURN_TARGET, lambda _state, _profile: None),
    ),
    Fault(
        "es10c.delete-profile.ppr2-ignored",
        "PPR2 does not keep a Profile from being deleted.",
        ("ES10c.DeleteProfile#06", "procedure.PolicyRules#06"),
        skip(delete_profile.CHECKS, "policy"),
    ),
    Fault(
        "es10c.delete-profile.enabled-too",
        "An enabled Profile can be deleted.",
        ("ES10c.DeleteProfile#03",),
        skip(delete_profile.CHECKS, "profile_disabled"),
    ),
    Fault(
        "es10c.delete-profile.silent",
        "Deleting a Profile leaves no notification.",
        ("ES10c.DeleteProfile#12", "ES10c.DeleteProfile#13"),
        swap(delete_profile.REMOVED, _silently_removed),
    ),
    Fault(
        "es10c.memory-reset.everything",
        "A memory reset deletes every Profile, whatever its options choose.",
        ("ES10c.eUICCMemoryReset#04", "ES10c.eUICCMemoryReset#06"),
        swap(euicc_memory_reset.SELECTED, lambda state, _options: state.profiles),
    ),
    Fault(
        "es10c.set-nickname.cut",
        "A nickname is cut after 64 octets in place of characters.",
        ("ES10c.SetNickname#05",),
        swap(set_nickname.STORED, _cut_nickname),
    ),
)
