"""Faults of what a card answers before any session: challenge, EID, RAT."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.ids import MccMnc
from rspcore.messages.es10b import GetRatResponse
from rspcore.messages.metadata import ProfilePolicyAuthorisationRule
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc import manage_channel, startup
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr import dispatch
from rspsim.euicc.isdr.dispatch import Requested
from rspsim.euicc.isdr.es10b.get_euicc_challenge import GET_EUICC_CHALLENGE
from rspsim.euicc.isdr.es10b.get_rat import GET_RAT
from rspsim.euicc.isdr.es10c import get_eid
from rspsim.euicc.isdr.es10c.euicc_memory_reset import EUICC_MEMORY_RESET
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import Volatile
from rspsim.faults.card.card_fault import (
    CardFault,
    Change,
    adds,
    answering_data,
    behind,
    skip,
    swap,
)

__all__ = ["FAULTS"]

Rules = tuple[ProfilePolicyAuthorisationRule, ...]


def _rat(change: Callable[[Rules], Rules]) -> Change:
    def changed(outcome: Outcome, _view: View) -> Outcome:
        rules = GetRatResponse.decode(outcome.response.data).rat
        return answering_data(outcome, GetRatResponse(rat=change(rules)).encode())

    return behind(GET_RAT, changed)


def _refused_when_enabled(tag: int) -> Change:
    check: Check[Requested] = Check(
        "nothing_enabled",
        lambda r: r.tag != tag or r.view.state.enabled_profile is None,
        StatusWord.CONDITIONS_NOT_SATISFIED,
    )
    return adds(dispatch.CHECKS, check)


def _short_challenge(outcome: Outcome, _view: View) -> Outcome:
    challenge = tlv.encode(0x80, outcome.response.data[-8:])
    return answering_data(outcome, tlv.encode(Tag.GetEuiccChallenge, challenge))


def _challenge_replaced(volatile: Volatile, number: int) -> Volatile:
    after = manage_channel.CLOSED.standard(volatile, number)
    return replace(after, session=replace(after.session, challenge=bytes(16)))


def _without_wildcards(rules: Rules) -> Rules:
    """Returns rules with the filler nibble F in place of wildcard nibbles."""
    return tuple(
        replace(
            rule,
            allowed_operators=tuple(
                replace(
                    one,
                    mcc_mnc=MccMnc(bytes.fromhex(one.mcc_mnc.octets.hex().replace("e", "f"))),
                )
                for one in rule.allowed_operators
            ),
        )
        for rule in rules
    )


def _table_emptied(outcome: Outcome, _view: View) -> Outcome:
    return replace(outcome, state=replace(outcome.state, rat=()))


def _never_empty(rules: Rules) -> Rules:
    empty = ProfilePolicyAuthorisationRule(
        ppr_ids=frozenset(), allowed_operators=(), ppr_flags=frozenset()
    )
    return rules or (empty,)


def _eid_without_lpad(outcome: Outcome, view: View) -> Outcome:
    """Returns the EID with other check digits to a device that announced no LPAd."""
    return outcome if view.volatile.cat.terminal_capability else _other_check_digit(outcome, view)


def _eid_when_enabled(outcome: Outcome, view: View) -> Outcome:
    """Returns the EID with other check digits while a Profile is Enabled."""
    enabled = view.state.enabled_profile
    return outcome if enabled is None else _other_check_digit(outcome, view)


def _other_check_digit(outcome: Outcome, _view: View) -> Outcome:
    data = outcome.response.data
    return answering_data(outcome, data and data[:-1] + bytes((data[-1] ^ 1,)))


FAULTS: Final = (
    CardFault(
        "information.challenge.short",
        "The euiccChallenge has 8 octets.",
        ("ES10b.GetEUICCChallenge#01",),
        behind(GET_EUICC_CHALLENGE, _short_challenge),
    ),
    CardFault(
        "information.challenge.refused-when-enabled",
        "With a Profile Enabled, GetEUICCChallenge is answered 6985.",
        ("ES10b.GetEUICCChallenge#08",),
        _refused_when_enabled(Tag.GetEuiccChallenge),
    ),
    CardFault(
        "information.challenge.outlives-reset",
        "The RSP session continues after a reset.",
        ("ES10b.GetEUICCChallenge#06",),
        swap(startup.FORGOTTEN, lambda before: replace(Volatile(), session=before.session)),
    ),
    CardFault(
        "information.challenge.lost-with-channel",
        "When a channel is closed, the outstanding challenge is replaced by another one.",
        ("ES10b.GetEUICCChallenge#07",),
        swap(manage_channel.CLOSED, _challenge_replaced),
    ),
    CardFault(
        "information.rat.empty",
        "GetRAT returns no rule.",
        ("ES10b.GetRAT#01", "ES10b.GetRAT#03", "ES10b.GetRAT#04"),
        _rat(lambda _rules: ()),
    ),
    CardFault(
        "information.rat.never-empty",
        "GetRAT returns a rule without operators when the table has no rule.",
        ("ES10b.GetRAT#02",),
        _rat(_never_empty),
    ),
    CardFault(
        "information.rat.wildcards-lost",
        "GetRAT returns filler nibbles in place of wildcards.",
        ("ES10b.GetRAT#01", "ES10b.GetRAT#03"),
        _rat(_without_wildcards),
    ),
    CardFault(
        "information.rat.consent-lost",
        "GetRAT never returns the flag that consent is required.",
        ("ES10b.GetRAT#01", "ES10b.GetRAT#04"),
        _rat(lambda rules: tuple(replace(rule, ppr_flags=frozenset()) for rule in rules)),
    ),
    CardFault(
        "information.rat.last-first",
        "GetRAT returns the last rule at the beginning as well.",
        ("ES10b.GetRAT#03", "procedure.PolicyRules#15", "ES10b.GetRAT#01"),
        _rat(lambda rules: (*rules[-1:], *rules)),
    ),
    CardFault(
        "information.rat.gone-with-memory-reset",
        "A memory reset empties the rules authorisation table.",
        (
            "procedure.MemoryResetProcess#03",
            "ES10b.GetRAT#05",
            "ES10c.eUICCMemoryReset#20",
        ),
        behind(EUICC_MEMORY_RESET, _table_emptied),
    ),
    CardFault(
        "information.rat.refused-when-enabled",
        "With a Profile Enabled, GetRAT is answered 6985.",
        ("ES10b.GetRAT#05", "ES10b.GetRAT#07"),
        _refused_when_enabled(Tag.GetRat),
    ),
    CardFault(
        "information.eid.other-check-digit",
        "The check digits of the EID are wrong.",
        ("ES10c.GetEID#01", "ES10c.GetEID#02", "ES10c.GetEID#03"),
        behind(get_eid.GET_EID, _other_check_digit),
    ),
    CardFault(
        "information.eid.any-tag-list",
        "GetEID returns the EID whatever tag it is asked for.",
        ("ES10c.GetEID#04",),
        skip(get_eid.CHECKS, "tag_list"),
    ),
    CardFault(
        "information.eid.other-without-lpad",
        "A device without LPAd gets another EID.",
        ("ES10c.GetEID#06",),
        behind(get_eid.GET_EID, _eid_without_lpad),
    ),
    CardFault(
        "information.eid.other-when-enabled",
        "With a Profile Enabled, GetEID returns another EID.",
        (
            "ES10c.EnableProfile#49",
            "ES10c.GetEID#05",
        ),
        behind(get_eid.GET_EID, _eid_when_enabled),
    ),
)
