"""Options of a card: read from what it reports, completed by what its target file declares.

The names are those of the catalogue's conditions. Most can be read from EUICCInfo2, the RAT and the
answer to SELECT ISD-R; the others (`PROVISIONING`, `CATBUSY` ...) have to be declared, and count as
absent until they are. A declared value wins over the one read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.messages.es10b import GetEuiccInfo2Request, GetRatRequest
from rspcore.messages.euicc_info import EuiccInfo2, RspCapability, TreProperty, UiccCapability
from rspcore.messages.metadata import PprId, ProfilePolicyAuthorisationRule
from rspcore.tags import Tag
from rspharness.card.card_under_test import Card

__all__ = ["DECLARED_ONLY", "Capabilities", "options_of_rat", "read_capabilities"]

DECLARED_ONLY: Final = frozenset(
    {
        "ALLOW_LIST",
        "CATBUSY",
        "EXT_CHANNELS",
        "MIN_SEC_LEVEL",
        "O_E_2_PIR",
        "O_E_MEP",
        "O_E_REUSE_OTPK",
        "PRELOADED_TEST",
        "PROVISIONING",
        "SCP81",
    }
)
"""Options that no standard command shows."""

_LPAE_BITS: Final = 0x03  # BIT STRING inside the E0 template

Rules = tuple[ProfilePolicyAuthorisationRule, ...]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The options of a card.

    Attributes:
        options: Value of each option known.
        contradictions: Options whose declared value is not the one read, in words.
    """

    options: Mapping[str, bool]
    contradictions: tuple[str, ...] = field(default=())


def read_capabilities(
    card: Card, declared: Mapping[str, bool], ci_keys: Mapping[str, bytes]
) -> Capabilities:
    """Reads the options of a card.

    Args:
        card: The card; only reading commands are sent.
        declared: Options of the target file.
        ci_keys: Key identifier of the CI under which the suites hold credentials, by option
            (O_E_NIST, O_E_BRP).
    """
    if card.number is None:
        card.open()
    info = card.send(GetEuiccInfo2Request())
    rules = options_of_rat(card.send(GetRatRequest()).rat)
    read = _of_info(info, ci_keys) | rules | _of_fci(card.fci)
    contradictions = tuple(
        f"{name}: declared {declared[name]}, the card says {value}"
        for name, value in sorted(read.items())
        if declared.get(name, value) != value
    )
    return Capabilities(read | dict(declared), contradictions)


def _of_info(info: EuiccInfo2, ci_keys: Mapping[str, bytes]) -> dict[str, bool]:
    forbidden = info.forbidden_profile_policy_rules or frozenset()
    uicc, rsp = info.uicc_capability, info.rsp_capability
    both = set(info.euicc_ci_pkid_list_for_verification) & set(info.euicc_ci_pkid_list_for_signing)
    return {name: key in both for name, key in ci_keys.items()} | {
        "CRL_V2": RspCapability.crlSupport in rsp,
        "TEST_PROFILE": RspCapability.testProfileSupport in rsp,
        "DEVINFO_EXT": RspCapability.deviceInfoExtensibilitySupport in rsp,
        "SVC_DATA": RspCapability.serviceSpecificDataSupport in rsp,
        "FORBIDDEN_PPR1": PprId.ppr1 in forbidden,
        "FORBIDDEN_PPR2": PprId.ppr2 in forbidden,
        "FORBIDDEN_PPR": bool({PprId.ppr1, PprId.ppr2} & forbidden),
        "JAVACARD": UiccCapability.javacard in uicc,
        "MILENAGE": UiccCapability.akaMilenage in uicc,
        "TUAK": bool({UiccCapability.akaTuak128, UiccCapability.akaTuak256} & uicc),
        "GET_IDENTITY": UiccCapability.getIdentity in uicc,
        "SUCI_A": UiccCapability.profile_a_x25519 in uicc,
        "SUCI_B": UiccCapability.profile_b_p256 in uicc,
        "O_E_INTEGRATED": TreProperty.isIntegrated in (info.tre_properties or ()),
    }


def options_of_rat(rules: Rules) -> dict[str, bool]:
    """Returns the options a rules authorisation table has."""
    operators = [operator for rule in rules for operator in rule.allowed_operators]
    codes = [operator.mcc_mnc.octets.hex() for operator in operators]
    gids = [operator.gid1 for operator in operators]
    both = any({PprId.ppr1, PprId.ppr2} <= rule.ppr_ids for rule in rules)
    ppr1 = any(PprId.ppr1 in rule.ppr_ids for rule in rules)
    ppr2 = any(PprId.ppr2 in rule.ppr_ids for rule in rules)
    return {
        "RAT_PPR1": ppr1,
        "RAT_PPR2": ppr2,
        "RAT_NO_PPR": not rules,
        "RAT_OPERATOR": any("e" not in code for code in codes),
        "RAT_WILDCARD": any("e" in code for code in codes),
        "RAT_GID": any(gid for gid in gids),
        "RAT_GID_ANY": any(gid == b"" for gid in gids),
        "RAT_NO_GID": any(gid is None for gid in gids),
        "RAT_SPLIT": ppr1 and ppr2 and not both,
    }


def _of_fci(fci: bytes) -> dict[str, bool]:
    try:
        template = tlv.parse(fci).find(Tag.IsdrSelectData) if fci else None
        bits = template.find(_LPAE_BITS) if template else None
    except DecodeError:
        bits = None
    octet = bits.value[1] if bits is not None and len(bits.value) > 1 else 0
    return {
        "O_E_LPAe": bool(octet),
        "LPAE_CAT": bool(octet & 0x80),
        "LPAE_SCWS": bool(octet & 0x40),
    }
