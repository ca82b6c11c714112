"""Faults of what a card tells: the challenge, EUICCInfo1, EUICCInfo2, the RAT, the EID."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.apdu import ResponseApdu
from rspcore.ids import MccMnc, Version
from rspcore.messages.es10b import GetRatResponse
from rspcore.messages.euicc_info import (
    EuiccInfo1,
    EuiccInfo2,
    RspCapability,
    TreProperty,
    UiccCapability,
)
from rspcore.messages.metadata import ProfilePolicyAuthorisationRule
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc import info, isdr, manage_channel, startup
from rspsim.euicc.decisions import Check
from rspsim.euicc.es10b.get_euicc_challenge import GET_EUICC_CHALLENGE
from rspsim.euicc.es10b.get_euicc_info import GET_EUICC_INFO1, GET_EUICC_INFO2
from rspsim.euicc.es10b.get_rat import GET_RAT
from rspsim.euicc.es10c import get_eid
from rspsim.euicc.es10c.euicc_memory_reset import EUICC_MEMORY_RESET
from rspsim.euicc.faults.fault import Change, Fault, adds, behind, skip, swap
from rspsim.euicc.isdr import Requested
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import Volatile

__all__ = ["FAULTS"]

Rules = tuple[ProfilePolicyAuthorisationRule, ...]
_VERSION: Final = Version.from_text("9.9.9")


def _retold(outcome: Outcome, data: bytes) -> Outcome:
    return replace(outcome, response=ResponseApdu(data, outcome.response.sw))


def _info1(change: Callable[[EuiccInfo1, View], EuiccInfo1]) -> Change:
    def changed(outcome: Outcome, view: View) -> Outcome:
        told = replace(EuiccInfo1.decode(outcome.response.data))
        return _retold(outcome, change(told, view).encode())

    return behind(GET_EUICC_INFO1, changed)


def _info2(change: Callable[[EuiccInfo2], EuiccInfo2]) -> Change:
    def changed(outcome: Outcome, _view: View) -> Outcome:
        told = replace(EuiccInfo2.decode(outcome.response.data))
        return _retold(outcome, change(told).encode())

    return behind(GET_EUICC_INFO2, changed)


def _info2_without(tag: int) -> Change:
    def changed(outcome: Outcome, _view: View) -> Outcome:
        whole = tlv.parse(outcome.response.data)
        kept = (bytes(one.raw) for one in whole.children() if one.tag != tag)
        return _retold(outcome, tlv.encode(whole.tag, *kept))

    return behind(GET_EUICC_INFO2, changed)


def _rat(change: Callable[[Rules], Rules]) -> Change:
    def changed(outcome: Outcome, _view: View) -> Outcome:
        rules = GetRatResponse.decode(outcome.response.data).rat
        return _retold(outcome, GetRatResponse(rat=change(rules)).encode())

    return behind(GET_RAT, changed)


def _refused_when_enabled(tag: int) -> Change:
    check: Check[Requested] = Check(
        "nothing_enabled",
        lambda r: r.tag != tag or r.view.state.enabled_profile is None,
        StatusWord.CONDITIONS_NOT_SATISFIED,
    )
    return adds(isdr.CHECKS, check)


def _short_challenge(outcome: Outcome, _view: View) -> Outcome:
    challenge = tlv.encode(0x80, outcome.response.data[-8:])
    return _retold(outcome, tlv.encode(Tag.GetEuiccChallenge, challenge))


def _challenge_replaced(volatile: Volatile, number: int) -> Volatile:
    after = manage_channel.CLOSED.standard(volatile, number)
    return replace(after, session=replace(after.session, challenge=bytes(16)))


def _by_chance(told: EuiccInfo1, view: View) -> EuiccInfo1:
    if view.rng.octets(1)[0] & 1:
        return told
    return replace(
        told,
        euicc_ci_pkid_list_for_verification=told.euicc_ci_pkid_list_for_verification[::-1],
        euicc_ci_pkid_list_for_signing=told.euicc_ci_pkid_list_for_signing[::-1],
    )


def _other_when_enabled(told: EuiccInfo1, view: View) -> EuiccInfo1:
    return told if view.state.enabled_profile is None else replace(told, svn=_VERSION)


def _emptied_resource(told: EuiccInfo2) -> EuiccInfo2:
    resource = replace(told.ext_card_resource, free_volatile_memory=b"")
    return replace(told, ext_card_resource=resource)


def _rounded_resource(told: EuiccInfo2) -> EuiccInfo2:
    """Return free memory rounded to 4 octets of kilooctets, as nobody signs it."""
    free = int.from_bytes(told.ext_card_resource.free_non_volatile_memory, "big") >> 10 << 10
    resource = replace(told.ext_card_resource, free_non_volatile_memory=free.to_bytes(4, "big"))
    return replace(told, ext_card_resource=resource)


def _without_wildcards(rules: Rules) -> Rules:
    """Return rules in which wildcard nibbles have become the filler nibble F."""
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
    nobody = ProfilePolicyAuthorisationRule(
        ppr_ids=frozenset(), allowed_operators=(), ppr_flags=frozenset()
    )
    return rules or (nobody,)


def _eid_without_lpad(outcome: Outcome, view: View) -> Outcome:
    """Return the EID with other check digits to a device that announced no LPAd."""
    return outcome if view.volatile.cat.terminal_capability else _other_check_digit(outcome, view)


def _eid_of_the_day(outcome: Outcome, view: View) -> Outcome:
    """Return the EID with other check digits while a Profile is Enabled."""
    enabled = view.state.enabled_profile
    return outcome if enabled is None else _other_check_digit(outcome, view)


def _other_check_digit(outcome: Outcome, _view: View) -> Outcome:
    data = outcome.response.data
    return _retold(outcome, data and data[:-1] + bytes((data[-1] ^ 1,)))


FAULTS: Final = (
    Fault(
        "information.challenge.short",
        "The euiccChallenge has 8 octets.",
        ("ES10b.GetEUICCChallenge#01",),
        behind(GET_EUICC_CHALLENGE, _short_challenge),
    ),
    Fault(
        "information.challenge.refused-when-enabled",
        "With a Profile Enabled, GetEUICCChallenge is answered 6985.",
        ("ES10b.GetEUICCChallenge#08",),
        _refused_when_enabled(Tag.GetEuiccChallenge),
    ),
    Fault(
        "information.challenge.outlives-reset",
        "A reset leaves the RSP session.",
        ("ES10b.GetEUICCChallenge#06",),
        swap(startup.FORGOTTEN, lambda before: replace(Volatile(), session=before.session)),
    ),
    Fault(
        "information.challenge.lost-with-channel",
        "When a channel is closed, the challenge is another one that nobody knows.",
        ("ES10b.GetEUICCChallenge#07",),
        swap(manage_channel.CLOSED, _challenge_replaced),
    ),
    Fault(
        "information.info1.other-version",
        "EUICCInfo1 tells another version.",
        ("ES10b.GetEUICCInfo1#01", "ES10b.GetEUICCInfo2#06", "ISD-R.Select#11"),
        _info1(lambda told, _view: replace(told, svn=_VERSION)),
    ),
    Fault(
        "information.info1.key-left-out",
        "EUICCInfo1 leaves the last CI key for verification out.",
        (
            "ES10b.GetEUICCInfo1#02",
            "ES10b.GetEUICCInfo1#07",
            "ES10b.GetEUICCInfo2#13",
        ),
        _info1(
            lambda told, _view: replace(
                told,
                euicc_ci_pkid_list_for_verification=told.euicc_ci_pkid_list_for_verification[:-1],
            )
        ),
    ),
    Fault(
        "information.info1.signing-key-left-out",
        "EUICCInfo1 leaves the last CI key for signing out.",
        (
            "ES10b.GetEUICCInfo1#03",
            "ES10b.GetEUICCInfo1#07",
            "ES10b.GetEUICCInfo2#14",
        ),
        _info1(
            lambda told, _view: replace(
                told, euicc_ci_pkid_list_for_signing=told.euicc_ci_pkid_list_for_signing[:-1]
            )
        ),
    ),
    Fault(
        "information.info1.any-order",
        "EUICCInfo1 lists the CI keys in an order of chance.",
        ("ES10b.GetEUICCInfo1#08", "Transport.StoreData#47"),
        _info1(_by_chance),
    ),
    Fault(
        "information.info1.other-when-enabled",
        "With a Profile Enabled, EUICCInfo1 tells another version.",
        ("ES10b.GetEUICCInfo1#09",),
        _info1(_other_when_enabled),
    ),
    Fault(
        "information.info2.no-pp-version",
        "EUICCInfo2 lacks the version of the protection profile.",
        ("ES10b.GetEUICCInfo2#01", "ES10b.GetEUICCInfo2#02", "ES10b.GetEUICCInfo2#17"),
        _info2_without(Tag.OctetString),
    ),
    Fault(
        "information.info2.other-versions",
        "EUICCInfo2 tells other versions.",
        (
            "ES10b.GetEUICCInfo2#05",
            "ES10b.GetEUICCInfo2#06",
            "ES10b.GetEUICCInfo2#07",
            "ES10b.GetEUICCInfo2#10",
            "ES10b.GetEUICCInfo2#11",
            "ES10b.GetEUICCInfo2#17",
            "ES10b.GetEUICCInfo2#27",
        ),
        _info2(
            lambda told: replace(
                told,
                profile_version=_VERSION,
                svn=_VERSION,
                euicc_firmware_ver=_VERSION,
                ts102241_version=_VERSION,
                globalplatform_version=_VERSION,
                pp_version=_VERSION,
            )
        ),
    ),
    Fault(
        "information.info2.no-java-card-version",
        "EUICCInfo2 tells of Java Card, and not of its version.",
        ("ES10b.GetEUICCInfo2#10",),
        _info2(lambda told: replace(told, ts102241_version=None)),
    ),
    Fault(
        "information.info2.resource-empty",
        "extCardResource in EUICCInfo2 has an empty number.",
        ("ES10b.GetEUICCInfo2#08",),
        _info2(_emptied_resource),
    ),
    Fault(
        "information.info2.resource-rounded",
        "EUICCInfo2 tells free memory in whole kilooctets, and signs it to the octet.",
        ("ES10b.GetEUICCInfo2#28",),
        _info2(_rounded_resource),
    ),
    Fault(
        "information.info2.other-capabilities",
        "EUICCInfo2 tells capabilities the card does not have.",
        ("ES10b.GetEUICCInfo2#09", "ES10b.GetEUICCInfo2#12"),
        _info2(
            lambda told: replace(
                told,
                uicc_capability=told.uicc_capability | {UiccCapability.multos},
                rsp_capability=told.rsp_capability | {RspCapability.rpmSupport},
            )
        ),
    ),
    Fault(
        "information.info2.keys-turned",
        "EUICCInfo2 lists the CI keys in another order than EUICCInfo1.",
        ("ES10b.GetEUICCInfo2#13", "ES10b.GetEUICCInfo2#14"),
        _info2(
            lambda told: replace(
                told,
                euicc_ci_pkid_list_for_verification=told.euicc_ci_pkid_list_for_verification[::-1],
                euicc_ci_pkid_list_for_signing=told.euicc_ci_pkid_list_for_signing[::-1],
            )
        ),
    ),
    Fault(
        "information.info2.unknown-category",
        "EUICCInfo2 tells a category nobody knows.",
        ("ES10b.GetEUICCInfo2#15",),
        _info2(lambda told: replace(told, euicc_category=9)),
    ),
    Fault(
        "information.info2.nothing-forbidden",
        "EUICCInfo2 tells of no PPR that nobody may bring.",
        ("ES10b.GetEUICCInfo2#16", "ES10b.GetEUICCInfo2#29"),
        swap(info.FORBIDDEN_RULES, lambda _state: frozenset()),
    ),
    Fault(
        "information.info2.other-texts",
        "EUICCInfo2 tells the accreditation, platform and product of another card.",
        ("ES10b.GetEUICCInfo2#04", "ES10b.GetEUICCInfo2#18", "ES10b.GetEUICCInfo2#19"),
        _info2(
            lambda told: replace(
                told,
                sas_acreditation_number="OTHER",
                certification_data_object=None,
                tre_properties=frozenset({TreProperty.isDiscrete}),
            )
        ),
    ),
    Fault(
        "information.info2.other-package-versions",
        "EUICCInfo2 tells other additional versions of profile packages.",
        ("ES10b.GetEUICCInfo2#20",),
        _info2(lambda told: replace(told, additional_euicc_profile_package_versions=(_VERSION,))),
    ),
    Fault(
        "information.info2.always-room",
        "EUICCInfo2 always tells of room for one more Profile.",
        ("ES10b.GetEUICCInfo2#26",),
        _info2(
            lambda told: replace(
                told, rsp_capability=told.rsp_capability | {RspCapability.additionalProfile}
            )
        ),
    ),
    Fault(
        "information.rat.empty",
        "GetRAT tells of no rule.",
        ("ES10b.GetRAT#01", "ES10b.GetRAT#03", "ES10b.GetRAT#04"),
        _rat(lambda _rules: ()),
    ),
    Fault(
        "information.rat.never-empty",
        "GetRAT tells a rule for nobody where there is no rule.",
        ("ES10b.GetRAT#02",),
        _rat(_never_empty),
    ),
    Fault(
        "information.rat.wildcards-lost",
        "GetRAT tells filler nibbles in the place of wildcards.",
        ("ES10b.GetRAT#01", "ES10b.GetRAT#03"),
        _rat(_without_wildcards),
    ),
    Fault(
        "information.rat.consent-lost",
        "GetRAT tells of no consent that is required.",
        ("ES10b.GetRAT#01", "ES10b.GetRAT#04"),
        _rat(lambda rules: tuple(replace(rule, ppr_flags=frozenset()) for rule in rules)),
    ),
    Fault(
        "information.rat.last-first",
        "GetRAT tells the last rule at the beginning as well.",
        ("procedure.PolicyRules#15", "ES10b.GetRAT#01"),
        _rat(lambda rules: (*rules[-1:], *rules)),
    ),
    Fault(
        "information.rat.gone-with-memory-reset",
        "A memory reset empties the rules authorisation table.",
        (
            "ES10b.GetRAT#05",
            "ES10c.eUICCMemoryReset#20",
        ),
        behind(EUICC_MEMORY_RESET, _table_emptied),
    ),
    Fault(
        "information.rat.refused-when-enabled",
        "With a Profile Enabled, GetRAT is answered 6985.",
        ("ES10b.GetRAT#05", "ES10b.GetRAT#07"),
        _refused_when_enabled(Tag.GetRat),
    ),
    Fault(
        "information.eid.other-check-digit",
        "The check digits of the EID are wrong.",
        ("ES10c.GetEID#01", "ES10c.GetEID#02", "ES10c.GetEID#03"),
        behind(get_eid.GET_EID, _other_check_digit),
    ),
    Fault(
        "information.eid.any-tag-list",
        "GetEID gives the EID whatever tag it is asked for.",
        ("ES10c.GetEID#04",),
        skip(get_eid.CHECKS, "tag_list"),
    ),
    Fault(
        "information.eid.other-without-lpad",
        "A device without LPAd is told another EID.",
        ("ES10c.GetEID#06",),
        behind(get_eid.GET_EID, _eid_without_lpad),
    ),
    Fault(
        "information.eid.other-when-enabled",
        "With a Profile Enabled, the EID is another one.",
        ("ES10c.GetEID#05",),
        behind(get_eid.GET_EID, _eid_of_the_day),
    ),
)
