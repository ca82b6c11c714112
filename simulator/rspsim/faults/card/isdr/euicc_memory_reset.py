"""Faults of eUICCMemoryReset: what it selects, keeps, notifies and answers."""

from dataclasses import replace
from typing import Final

from rspcore.messages.es10c import ResetResult
from rspcore.messages.metadata import (
    PprId,
    ProfileClass,
)
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.isdr.es10c import euicc_memory_reset
from rspsim.euicc.isdr.es10c.euicc_memory_reset import SELECTED
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import Addresses, CardState, Profile
from rspsim.faults.card.card_fault import CardFault, answers, behind, skip, swap, together

__all__ = ["FAULTS"]


def _silently_removed(state: CardState, _decisions: Decisions, profile: Profile, /) -> CardState:
    return state.without_profile(profile.aid)


def _without_ppr2(state: CardState, options: frozenset[int]) -> tuple[Profile, ...]:
    chosen = SELECTED.standard(state, options)
    return tuple(one for one in chosen if PprId.ppr2 not in one.policy_rules)


def _without_tests(state: CardState, options: frozenset[int]) -> tuple[Profile, ...]:
    chosen = SELECTED.standard(state, options)
    return tuple(one for one in chosen if one.profile_class != ProfileClass.test)


def _preloaded_too(state: CardState, options: frozenset[int]) -> tuple[Profile, ...]:
    plain = replace(
        state, profiles=tuple(replace(one, field_loaded=True) for one in state.profiles)
    )
    return SELECTED.standard(plain, options)


def _root_address(addresses: Addresses, /) -> Addresses:
    return replace(addresses, default_dp=addresses.root_ds)


def _notifications_cleared(outcome: Outcome, _view: View) -> Outcome:
    return replace(outcome, state=replace(outcome.state, notifications=()))


def _numbers_restarted(outcome: Outcome, view: View) -> Outcome:
    first = view.options.first_seq_number
    return replace(outcome, state=replace(outcome.state, next_seq_number=first))


RESET = euicc_memory_reset.EUICC_MEMORY_RESET

FAULTS: Final = (
    CardFault(
        "es10c.memory-reset.everything",
        "A memory reset deletes every Profile, whatever its options select.",
        (
            "ES10c.eUICCMemoryReset#04",
            "ES10c.eUICCMemoryReset#06",
            "ES10c.eUICCMemoryReset#08",
            "ES10c.eUICCMemoryReset#11",
            "ES10c.eUICCMemoryReset#14",
            "ES10c.eUICCMemoryReset#16",
            "ES10c.eUICCMemoryReset#17",
            "ES10c.eUICCMemoryReset#27",
        ),
        swap(SELECTED, lambda state, _options: state.profiles),
    ),
    CardFault(
        "es10c.memory-reset.nothing",
        "A memory reset never finds a Profile to delete.",
        (
            "ES10c.eUICCMemoryReset#01",
            "ES10c.eUICCMemoryReset#02",
            "ES10c.eUICCMemoryReset#03",
            "ES10c.eUICCMemoryReset#04",
            "ES10c.eUICCMemoryReset#05",
            "ES10c.eUICCMemoryReset#06",
            "ES10c.eUICCMemoryReset#10",
            "ES10c.eUICCMemoryReset#11",
            "ES10c.eUICCMemoryReset#12",
            "ES10c.eUICCMemoryReset#19",
            "ES10c.eUICCMemoryReset#20",
            "ES10c.eUICCMemoryReset#21",
            "ES10c.eUICCMemoryReset#22",
            "ES10c.eUICCMemoryReset#23",
        ),
        swap(SELECTED, lambda _state, _options: ()),
    ),
    CardFault(
        "es10c.memory-reset.one",
        "A memory reset deletes one Profile only.",
        (
            "ES10c.eUICCMemoryReset#03",
            "ES10c.eUICCMemoryReset#10",
            "ES10c.eUICCMemoryReset#12",
            "ES10c.eUICCMemoryReset#21",
            "ES10c.eUICCMemoryReset#24",
        ),
        swap(SELECTED, lambda state, options: SELECTED.standard(state, options)[:1]),
    ),
    CardFault(
        "es10c.memory-reset.ppr2-kept",
        "A memory reset keeps Profiles with PPR2.",
        ("ES10c.eUICCMemoryReset#19",),
        swap(SELECTED, _without_ppr2),
    ),
    CardFault(
        "es10c.memory-reset.test-kept",
        "A memory reset deletes no test Profile.",
        (
            "ES10c.eUICCMemoryReset#05",
            "ES10c.eUICCMemoryReset#06",
            "ES10c.eUICCMemoryReset#10",
            "ES10c.eUICCMemoryReset#12",
            "ES10c.eUICCMemoryReset#27",
            "ES10c.eUICCMemoryReset#28",
        ),
        swap(SELECTED, _without_tests),
    ),
    CardFault(
        "es10c.memory-reset.preloaded-too",
        "A memory reset deletes test Profiles that were preloaded.",
        ("ES10c.eUICCMemoryReset#26",),
        swap(SELECTED, _preloaded_too),
    ),
    CardFault(
        "es10c.memory-reset.nothing-undefined",
        "A memory reset that has nothing to delete is answered undefinedError(127).",
        ("ES10c.eUICCMemoryReset#14", "ES10c.eUICCMemoryReset#15", "ES10c.eUICCMemoryReset#17"),
        answers(euicc_memory_reset.CHECKS, "something_to_do", ResetResult.undefinedError),
    ),
    CardFault(
        "es10c.memory-reset.address-kept",
        "A memory reset never clears the default SM-DP+ address.",
        (
            "ES10c.eUICCMemoryReset#08",
            "ES10c.eUICCMemoryReset#11",
            "ES10c.eUICCMemoryReset#12",
        ),
        swap(euicc_memory_reset.ADDRESSES, lambda addresses: addresses),
    ),
    CardFault(
        "es10c.memory-reset.other-address",
        "A memory reset sets the default SM-DP+ address to the root SM-DS address.",
        (
            "ES10c.eUICCMemoryReset#08",
            "ES10c.eUICCMemoryReset#11",
            "ES10c.eUICCMemoryReset#12",
            "ES10c.eUICCMemoryReset#16",
            "ES10c.eUICCMemoryReset#17",
        ),
        together(
            skip(euicc_memory_reset.CHECKS, "something_to_do"),
            swap(euicc_memory_reset.ADDRESSES, _root_address),
        ),
    ),
    CardFault(
        "es10c.memory-reset.silent",
        "A memory reset leaves no notification.",
        (
            "procedure.PowerLoss#09",
            "ES10c.eUICCMemoryReset#21",
        ),
        swap(euicc_memory_reset.REMOVED, _silently_removed),
    ),
    CardFault(
        "es10c.memory-reset.no-return",
        "A memory reset that deletes the enabled test Profile enables no other one.",
        ("ES10c.eUICCMemoryReset#27",),
        swap(euicc_memory_reset.RETURN_TARGET, lambda _state, _profile: None),
    ),
    CardFault(
        "es10c.memory-reset.notifications-cleared",
        "A memory reset clears the list of notifications.",
        (
            "ES10c.eUICCMemoryReset#21",
            "ES10c.eUICCMemoryReset#22",
        ),
        behind(RESET, _notifications_cleared),
    ),
    CardFault(
        "es10c.memory-reset.numbers-restarted",
        "After a memory reset, notifications are numbered from the beginning.",
        (
            "procedure.Notifications#06",
            "ES10c.eUICCMemoryReset#25",
        ),
        behind(RESET, _numbers_restarted),
    ),
)
