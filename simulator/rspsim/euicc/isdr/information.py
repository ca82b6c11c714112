"""EUICCInfo1 and EUICCInfo2: fixed facts of the personality and current values of the card.

The same value is answered to ES10b.GetEUICCInfo and signed in euiccSigned1, so it is made in one
place (SGP.22 v2, 5.7.8 and 5.7.13).
"""

from typing import Final

from rspcore.messages.euicc_info import EuiccInfo1, EuiccInfo2, ExtCardResource, RspCapability
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
    return tuple(c.ci_pkid for c in state.credentials if c.signs)


def euicc_info1(state: CardState) -> EuiccInfo1:
    """Returns EUICCInfo1."""
    return EuiccInfo1(
        svn=state.personality.svn,
        euicc_ci_pkid_list_for_verification=_verification_list(state),
        euicc_ci_pkid_list_for_signing=_signing_list(state),
    )


def euicc_info2(state: CardState, decisions: Decisions) -> EuiccInfo2:
    """Returns EUICCInfo2 with the current memory, capabilities and forbidden rules."""
    fixed = state.personality
    capability = fixed.rsp_capability
    if decisions[memory.FREE](state) < memory.ROOM_FOR_PROFILE:
        capability = capability - {RspCapability.additionalProfile}
    return EuiccInfo2(
        profile_version=fixed.profile_version,
        svn=fixed.svn,
        euicc_firmware_ver=fixed.firmware_version,
        ext_card_resource=decisions[RESOURCES](state, decisions),
        uicc_capability=fixed.uicc_capability,
        ts102241_version=fixed.ts102241_version,
        globalplatform_version=fixed.globalplatform_version,
        rsp_capability=capability,
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
