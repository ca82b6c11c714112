"""What the maker of a simulated card declares about it, as a lab does for a card in a reader.

Cases compare these values with the answers of the card. They come from its personalisation and not
from its answers, so a card that answers something else is found. How values are written:
`rspharness.card.declared_values`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rspcore.messages.es10b import GetRatResponse
from rspcore.messages.euicc_info import TreProperty, UiccCapability
from rspcore.messages.isdr import LpaeSupport
from rspcore.messages.metadata import PprId
from rspcore.messages.v3.card_and_device import EuiccConfiguration
from rspcore.messages.v3.lsi_configuration import MepMode
from rspharness.card.capabilities import CHAIN_OPTIONS, options_of_rat
from rspharness.card.declared_values import ABSENT, bit_names, capability_names

if TYPE_CHECKING:
    from rspsim.euicc.state import CardState

__all__ = ["declared_values", "options_of"]


def options_of(state: "CardState") -> dict[str, bool]:
    """Returns the options that follow from how a simulated card was personalised."""
    interfaces = state.personality.lpae_support or frozenset()
    modes = state.personality.mep_modes
    return {
        **options_of_rat(state.rat),
        "O_E_LPAe": bool(interfaces),
        "LPAE_CAT": LpaeSupport.lpaeUsingCat in interfaces,
        "LPAE_SCWS": LpaeSupport.lpaeUsingScws in interfaces,
        "LPAE_E4E": EuiccConfiguration.lpaeUsingE4Esupported in interfaces,
        "ALERT": state.options.alerts,
        "ADD_ROOT_DS": bool(state.addresses.more_root_ds),
        "CI_LIST": state.options.ci_names,
        "O_E_MEP": bool(modes),
        "MEP_A1": MepMode.A1 in modes,
        "MEP_A2": MepMode.A2 in modes,
        "MEP_B": MepMode.B in modes,
        **chain_options(state),
        "EVENT_CHECK": state.personality.version_3,
        "O_E_INTEGRATED": TreProperty.isIntegrated in (state.personality.tre_properties or ()),
    }


def chain_options(state: "CardState") -> dict[str, bool]:
    """Returns which variant of version 3 the card's own chain is."""
    has = any(one.signs_in_version_3 for one in state.credentials)
    chain = state.personality.chain if has else None
    return {name: chain is variant for name, variant in CHAIN_OPTIONS.items()}


def declared_values(state: "CardState") -> dict[str, str | int | bool]:
    """Returns the declared values of a simulated card."""
    personality = state.personality
    dloa = personality.certification_data_object
    versions = personality.additional_profile_versions
    values: dict[str, object | None] = {
        "eid": state.eid,
        "ein": str(state.eid)[:8],
        "root_ds_address": state.addresses.root_ds,
        "additional_root_ds_addresses": _listed(state.addresses.more_root_ds) or None,
        "factory_default_dp_address": state.addresses.factory_default_dp or "",
        "rsp_version": personality.svn,
        "profile_version": personality.profile_version,
        "firmware_version": personality.firmware_version,
        "ts102241_version": personality.ts102241_version,
        "globalplatform_version": personality.globalplatform_version,
        "pp_version": personality.pp_version,
        "additional_profile_versions": None if versions is None else _listed(versions),
        "uicc_capability": bit_names(personality.uicc_capability, UiccCapability),
        "rsp_capability": capability_names(personality.rsp_capability),
        "highest_svn": personality.highest_svn,
        "esim_ports": personality.esim_ports,
        "lpae_pin": state.lpae_pin or None,
        **_signatures(state),
        "sas_number": personality.sas_accreditation_number,
        "platform_label": dloa.platform_label if dloa else None,
        "discovery_base_url": dloa.discovery_base_url if dloa else None,
        "tre_product_reference": personality.tre_product_reference,
        "forbidden_pprs": bit_names(_never_allowed(state), PprId),
        "ci_pkids": _listed(one.ci_pkid.hex().upper() for one in state.credentials),
        "ci_pkids_v3": _listed(
            one.ci_pkid.hex().upper() for one in state.credentials if one.signs_in_version_3
        ),
        "rat": GetRatResponse(rat=state.rat).encode().hex().upper(),
    }
    return {name: ABSENT if value is None else str(value) for name, value in values.items()}


def _signatures(state: "CardState") -> dict[str, str | None]:
    """Returns whether signatures of version 3 cover the last one of the other side, too."""
    options, newer = state.options, state.personality.version_3
    covered = {
        "rpm_signature1_covered": options.rpm_signature1_covered,
        "change_signatures_covered": options.change_signatures_covered,
    }
    return {name: ("yes" if one else "no") if newer else None for name, one in covered.items()}


def _listed(values: Iterable[object]) -> str:
    return " ".join(map(str, values))


def _never_allowed(state: "CardState") -> frozenset[int]:
    """Returns the PPRs that no rule of the RAT names."""
    named = frozenset[int]().union(*(rule.ppr_ids for rule in state.rat))
    return frozenset({PprId.ppr1, PprId.ppr2}) - named
