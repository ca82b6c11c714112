"""EUICCInfo1 and EUICCInfo2: fixed facts of the personality and current values of the card.

The same value is answered to ES10b.GetEUICCInfo and signed in euiccSigned1, so it is made in one
place (SGP.22 v2, 5.7.8 and 5.7.13).
"""

from typing import Any, Final

from rspcore.messages.codec import Structure, components
from rspcore.messages.euicc_info import EuiccInfo1, EuiccInfo2, ExtCardResource, RspCapability
from rspcore.messages.v3 import card_and_device
from rspsim.euicc import memory
from rspsim.euicc.decisions import Decision, Decisions
from rspsim.euicc.security import policy_rules
from rspsim.euicc.state import CardState

__all__ = ["FORBIDDEN_RULES", "RESOURCES", "euicc_info1", "euicc_info2"]


def _number(value: int) -> bytes:
    return value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big")


def _resources(state: CardState, decisions: Decisions) -> ExtCardResource:
    return ExtCardResource(
        number_of_installed_applications=_number(len(state.profiles)),
        free_non_volatile_memory=decisions[memory.FREE](state).to_bytes(4, "big"),
        free_volatile_memory=_number(state.personality.ram_size),
    )


RESOURCES: Final = Decision("info.resources", _resources, "extCardResource")
FORBIDDEN_RULES: Final = Decision(
    "info.forbidden_rules", policy_rules.forbidden_rules, "forbiddenProfilePolicyRules"
)


def _verification_list(state: CardState) -> tuple[bytes, ...]:
    return tuple(c.ci_pkid for c in state.credentials if c.verifies)


def _signing_list(state: CardState) -> tuple[bytes, ...]:
    return tuple(c.ci_pkid for c in state.credentials if c.signs and c.euicc_certificate)


def _signing_list_v3(state: CardState) -> tuple[bytes, ...] | None:
    return tuple(c.ci_pkid for c in state.credentials if c.signs_in_version_3) or None


def euicc_info1(state: CardState, decisions: Decisions) -> EuiccInfo1:
    """Returns EUICCInfo1, that of version 3 on a card of version 3."""
    old = EuiccInfo1(
        svn=state.personality.svn,
        euicc_ci_pkid_list_for_verification=_verification_list(state),
        euicc_ci_pkid_list_for_signing=_signing_list(state),
    )
    if not state.personality.version_3:
        return old
    return card_and_device.EuiccInfo1(
        **_values(old),
        euicc_ci_pkid_list_for_signing_v3=_signing_list_v3(state),
        euicc_rsp_capability=_capability(state, decisions),
        highest_svn=state.personality.highest_svn,
    )


def _capability(state: CardState, decisions: Decisions) -> frozenset[int]:
    """Returns the capability bits: no further Profile while the memory is too small for one."""
    if decisions[memory.FREE](state) < memory.ROOM_FOR_PROFILE:
        return state.personality.rsp_capability - {RspCapability.additionalProfile}
    return state.personality.rsp_capability


def _values(message: Structure) -> dict[str, Any]:
    return {one.name: getattr(message, one.name) for one in components(type(message))}


def euicc_info2(state: CardState, decisions: Decisions) -> EuiccInfo2:
    """Returns EUICCInfo2 with the current memory, capabilities and forbidden rules.

    On a card of version 3 it is that of version 3.
    """
    fixed = state.personality
    old = EuiccInfo2(
        profile_version=fixed.profile_version,
        svn=fixed.svn,
        euicc_firmware_ver=fixed.firmware_version,
        ext_card_resource=decisions[RESOURCES](state, decisions),
        uicc_capability=fixed.uicc_capability,
        ts102241_version=fixed.ts102241_version,
        globalplatform_version=fixed.globalplatform_version,
        rsp_capability=_capability(state, decisions),
        euicc_ci_pkid_list_for_verification=_verification_list(state),
        euicc_ci_pkid_list_for_signing=_signing_list(state),
        euicc_category=fixed.category,
        forbidden_profile_policy_rules=decisions[FORBIDDEN_RULES](state) or None,
        pp_version=fixed.pp_version,
        sas_acreditation_number=fixed.sas_accreditation_number,
        certification_data_object=fixed.certification_data_object,
        tre_properties=fixed.tre_properties,
        tre_product_reference=fixed.tre_product_reference,
        additional_euicc_profile_package_versions=fixed.additional_profile_versions,
    )
    if not fixed.version_3:
        return old
    return card_and_device.EuiccInfo2(
        **_values(old),
        lpa_mode=fixed.lpa_mode,
        euicc_ci_pkid_list_for_signing_v3=_signing_list_v3(state),
        highest_svn=fixed.highest_svn,
    )
