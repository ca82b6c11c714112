"""Options of a card: read from what it reports, completed by what its target file declares.

The names are those of the catalogue's conditions. Most can be read from EUICCInfo2, the RAT and the
answer to SELECT ISD-R; the others (`PROVISIONING`, `CATBUSY` ...) have to be declared. A declared
value wins over the one read. An option that is neither declared nor read is unknown, which is not
"no": each part of the card is read on its own, and what cannot be decoded leaves only its own
options unknown.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import partial
from typing import Final, TypeVar

from rspcore import tlv
from rspcore.errors import DecodeError, RspError
from rspcore.frozen import dataclass
from rspcore.ids import Version
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import GetEuiccInfo1Request, GetEuiccInfo2Request, GetRatRequest
from rspcore.messages.euicc_info import (
    EuiccInfo1,
    EuiccInfo2,
    RspCapability,
    TreProperty,
    UiccCapability,
)
from rspcore.messages.metadata import PprId, ProfilePolicyAuthorisationRule
from rspcore.messages.v3 import card_and_device
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.messages.v3.profile_management import EuiccConfiguredDataResponse
from rspcore.pki.variants import Variant
from rspcore.tags import Tag
from rspharness.card.card_under_test import Card
from rspharness.card.esim_port_options import MEP_OPTIONS, offered
from rspharness.card.plain_sim import is_plain_sim
from rspharness.record.verdicts import Inconclusive, TargetLost

__all__ = [
    "CHAIN_OPTIONS",
    "DECLARED_ONLY",
    "NOT_DECLARED",
    "Capabilities",
    "Options",
    "options_beside_profiles",
    "options_of_rat",
    "read_capabilities",
]

DECLARED_ONLY: Final = frozenset(
    {
        "ALLOW_LIST",
        "CATBUSY",
        "EVENT_CHECK",
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

NOT_DECLARED: Final = "neither read from the card nor declared"
"""Why an option of `DECLARED_ONLY` is unknown."""

CHAIN_OPTIONS: Final = {
    "O_VAR_OV3": Variant.OV3,
    "VAR_A": Variant.A,
    "VAR_B": Variant.B,
    "VAR_C": Variant.C,
}
"""Which variant the chain of version 3 of the eUICC is: of cards with one, to be declared."""

_V3_0: Final = Version.from_text("3.0.0")
_V3_1: Final = Version.from_text("3.1.0")
_LPAE_BITS: Final = 0x03  # BIT STRING inside the E0 template
_CAT, _SCWS, _E4E = 0x80, 0x40, 0x10

T = TypeVar("T")

Rules = tuple[ProfilePolicyAuthorisationRule, ...]
_Part = tuple[frozenset[str], Mapping[str, bool] | None, str]
"""Names of options, their values or None, and why there are none."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The options of a card, and the CIs it works with.

    Attributes:
        options: Value of each option known.
        contradictions: Options whose declared value is not the one read, in words.
        unknown: Options neither declared nor read, each with the reason.
        info: EUICCInfo2, None when it could not be read.
        ci_pkids: Key identifiers of the CIs in both lists of EUICCInfo2, or of EUICCInfo1 where
            those cannot be read; None when neither can.
        curves: Options of the curves on which the run and the card have a CI in common, as read.
        rat: The rules authorisation table; None when it could not be read.
        version: v3 for a card whose highest version of SGP.22 is 3 or later, otherwise v2.
    """

    options: Mapping[str, bool]
    contradictions: tuple[str, ...] = field(default=())
    unknown: Mapping[str, str] = field(default_factory=dict)
    info: EuiccInfo2 | None = None
    ci_pkids: frozenset[bytes] | None = None
    curves: frozenset[str] = frozenset()
    rat: Rules | None = None
    version: str = "v2"


class Options(Mapping[str, bool]):
    """The options of a card by name, for a case that builds on them.

    Asking for an unknown option raises, also by `get`: no default hides it.
    """

    def __init__(self, capabilities: Capabilities) -> None:
        self._known = capabilities.options
        self._unknown = capabilities.unknown

    def __getitem__(self, name: str) -> bool:
        """Returns the value of an option.

        Raises:
            Inconclusive: it is unknown.
            KeyError: no option has this name.
        """
        if name in self._unknown and name not in self._known:
            raise Inconclusive(
                f"option {name} is unknown ({self._unknown[name]}); declare it in the table "
                "[options] of a target file"
            )
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        """Yields the names of the options known."""
        return iter(self._known)

    def __len__(self) -> int:
        """Returns how many options are known."""
        return len(self._known)


def read_capabilities(
    card: Card, declared: Mapping[str, bool], ci_keys: Mapping[str, bytes]
) -> Capabilities:
    """Reads the options of a card; a SIM that is no eUICC has none of them.

    Args:
        card: The card; only reading commands are sent.
        declared: Options of the target file.
        ci_keys: Key identifier of the CI under which the suites hold credentials, by option
            (O_E_NIST, O_E_BRP).

    Raises:
        TargetLost: the card does not answer.
    """
    if is_plain_sim(card):
        of_info = {name for options in _OPTIONS_BY_BITS.values() for name in options}
        of_euiccs = {*of_info, *ci_keys, *options_of_rat(()), *_OF_FCI, *_VERSION_3, *DECLARED_ONLY}
        return Capabilities(dict.fromkeys(of_euiccs, False) | dict(declared))
    if card.number is None:
        card.open()
    info, no_info = _part("EUICCInfo2", lambda: card.send(GetEuiccInfo2Request()))
    rat, no_rat = _part("GetRAT", lambda: card.send(GetRatRequest()).rat)
    both, no_lists = None, no_info
    if info is not None:
        both, no_lists = _part("EUICCInfo2", lambda: _in_both(info))
    if both is None:
        both, _ = _part("EUICCInfo1", lambda: _in_both(card.send(GetEuiccInfo1Request())))
    cis = None if both is None else {name: key in both for name, key in ci_keys.items()}
    lpae = _of_fci(card.fci)
    of_version_3: tuple[_Part, ...] = ()
    if _version(info) == "v3":
        named, no_data = _part("GetEuiccConfiguredData", lambda: _of_configured_data(card))
        of_version_3 = (
            (_OF_CONFIGURED_DATA, named, no_data),
            (MEP_OPTIONS, offered(card), NOT_DECLARED),
        )
    parts: tuple[_Part, ...] = (
        (frozenset(ci_keys), cis, no_lists),
        (frozenset(options_of_rat(())), None if rat is None else options_of_rat(rat), no_rat),
        (_OF_FCI, lpae, "the answer to SELECT ISD-R cannot be decoded"),
        *of_version_3,
    )
    read: dict[str, bool] = {}
    unknown = dict.fromkeys(sorted(DECLARED_ONLY), NOT_DECLARED)
    for names, values, reason in parts:
        if values is None:
            unknown |= dict.fromkeys(sorted(names), reason)
        else:
            read |= values
    for name, held, reason in (*_of_info(info, no_info), *_of_version_3(info, no_info)):
        if held is None:
            unknown[name] = reason
        else:
            read[name] = held
    contradictions = tuple(
        f"{name}: declared {declared[name]}, the card says {value}"
        for name, value in sorted(read.items())
        if declared.get(name, value) != value
    )
    return Capabilities(
        read | dict(declared),
        contradictions,
        {name: reason for name, reason in unknown.items() if name not in {**read, **declared}},
        info,
        both,
        frozenset(name for name in ci_keys if read.get(name)),
        rat,
        _version(info),
    )


def _part(name: str, read: Callable[[], T]) -> tuple[T | None, str]:
    """Returns one answer of the card; or None and why it could not be read."""
    try:
        return read(), ""
    except TargetLost:
        raise
    except RspError as error:
        return None, f"{name}: {error}"


def _in_both(lists: EuiccInfo1 | EuiccInfo2) -> frozenset[bytes]:
    verifying = frozenset(lists.euicc_ci_pkid_list_for_verification)
    return verifying & frozenset(lists.euicc_ci_pkid_list_for_signing)


def _of_info(info: EuiccInfo2 | None, no_info: str) -> Iterator[tuple[str, bool | None, str]]:
    """Yields each option of EUICCInfo2 with its value, None where that is unknown, and why."""
    for component, options in _OPTIONS_BY_BITS.items():
        bits: frozenset[int] | None = None
        reason = no_info
        if info is not None:
            bits, reason = _part("EUICCInfo2", partial(_bits, info, component))
        for name, anyone in options.items():
            yield name, None if bits is None else not anyone.isdisjoint(bits), reason


def _of_version_3(info: EuiccInfo2 | None, no_info: str) -> Iterator[tuple[str, bool | None, str]]:
    """Yields the options of rows of version 3 that are no bit, as `_of_info` does."""
    for name, holds in _VERSION_3.items():
        held, reason = None, no_info
        if info is not None:
            whole = card_and_device.EuiccInfo2.decode(info.raw or info.encode())
            held, reason = _part("EUICCInfo2", partial(holds, whole))
            reason = reason or NOT_DECLARED
        yield name, held, reason


def _version(info: EuiccInfo2 | None) -> str:
    """Returns the version of the rows for a card; one that says nothing of version 3 is of v2."""
    if info is None:
        return "v2"
    whole, _ = _part(
        "EUICCInfo2", lambda: card_and_device.EuiccInfo2.decode(info.raw or info.encode())
    )
    highest = None if whole is None else whole.highest_svn
    return "v3" if highest is not None and highest >= _V3_0 else "v2"


def _is_v3_1(info: card_and_device.EuiccInfo2) -> bool:
    return info.highest_svn is not None and info.highest_svn >= _V3_1


def _signs_flat(info: card_and_device.EuiccInfo2) -> bool:
    return bool(info.euicc_ci_pkid_list_for_signing)


def _has_no_newer_chain(info: card_and_device.EuiccInfo2) -> bool | None:
    """Returns False without a list for version 3, None with one: any chain may be behind it."""
    return None if info.euicc_ci_pkid_list_for_signing_v3 else False


_VERSION_3: Final[Mapping[str, Callable[[card_and_device.EuiccInfo2], bool | None]]] = {
    "V3_1": _is_v3_1,
    "O_VAR_O": _signs_flat,
    **dict.fromkeys(CHAIN_OPTIONS, _has_no_newer_chain),
}


def _bits(info: EuiccInfo2, component: str) -> frozenset[int]:
    found: frozenset[int] | None = getattr(info, component)
    return found or frozenset()


def options_beside_profiles(options: Mapping[str, bool]) -> dict[str, bool]:
    """Returns the options of a card with Profiles of somebody else, as it has them without these.

    PPR1 is reported as forbidden while an operational Profile is installed, also where the RAT
    allows it (SGP.22 v2, 2.9.2.1): that is a state of the card and no option.
    """
    out = dict(options)
    if out.get("RAT_PPR1") and "FORBIDDEN_PPR1" in out:
        out["FORBIDDEN_PPR1"] = False
        out["FORBIDDEN_PPR"] = out["FORBIDDEN_PPR2"]
    return out


_B: Final = EuiccRspCapability
_OPTIONS_OF_V3: Final = {
    "O_E_RPM": _B.rpmSupport,
    "O_E_HRI_ADDRESS_IN_PM": _B.hriServerAddressSupport,
    "SP_MSG": _B.serviceProviderMessageSupport,
    "O_E_LPA_PROXY": _B.lpaProxySupport,
    "O_E_ENTERPRISE": _B.enterpriseProfilesSupport,
    "SVC_DESC": _B.serviceDescriptionSupport,
    "O_E_DEVICE_CHANGE": _B.deviceChangeSupport,
    "ENC_DC": _B.encryptedDeviceChangeDataSupport,
    "EST_SIZE": _B.estimatedProfileSizeIndicationSupport,
    "O_E_PROFILE_SIZE_IN_PROFILE_INFO": _B.profileSizeInProfilesInfoSupport,
    "CRL_STAPLING": _B.crlStaplingV3Support,
    "SIGNED_SMDS": _B.signedSmdsResponseV3Support,
    "O_E_OS_UPDATE": _B.osUpdateSupport,
    "CANCEL_EMPTY_NAME": _B.cancelForEmptySpnPnSupport,
    "UPD_NOTIF": _B.updateNotifConfigInfoSupport,
    "UPD_META_V3": _B.updateMetadataV3Support,
    "V3_CTX": _B.v3ObjectsInCtxParamsCASupport,
    "PUSH": _B.pushServiceRegistrationSupport,
}
"""Options of rows of version 3, each a bit of euiccRspCapability."""

_OPTIONS_BY_BITS: Final[Mapping[str, Mapping[str, frozenset[int]]]] = {
    "rsp_capability": {
        "CRL_V2": frozenset({RspCapability.crlSupport}),
        "TEST_PROFILE": frozenset({RspCapability.testProfileSupport}),
        "DEVINFO_EXT": frozenset({RspCapability.deviceInfoExtensibilitySupport}),
        "SVC_DATA": frozenset({RspCapability.serviceSpecificDataSupport}),
        **{name: frozenset({bit}) for name, bit in _OPTIONS_OF_V3.items()},
    },
    "forbidden_profile_policy_rules": {
        "FORBIDDEN_PPR1": frozenset({PprId.ppr1}),
        "FORBIDDEN_PPR2": frozenset({PprId.ppr2}),
        "FORBIDDEN_PPR": frozenset({PprId.ppr1, PprId.ppr2}),
    },
    "uicc_capability": {
        "JAVACARD": frozenset({UiccCapability.javacard}),
        "MILENAGE": frozenset({UiccCapability.akaMilenage}),
        "ISIM": frozenset({UiccCapability.isimSupport}),
        "CSIM": frozenset({UiccCapability.csimSupport}),
        "TUAK": frozenset({UiccCapability.akaTuak128, UiccCapability.akaTuak256}),
        "TUAK256": frozenset({UiccCapability.akaTuak256}),
        "USIM_TEST": frozenset({UiccCapability.usimTestAlgorithm}),
        "GET_IDENTITY": frozenset({UiccCapability.getIdentity}),
        "SUCI_A": frozenset({UiccCapability.profile_a_x25519}),
        "SUCI_B": frozenset({UiccCapability.profile_b_p256}),
        "BER_TLV": frozenset({UiccCapability.berTlvFileSupport}),
    },
    "tre_properties": {"O_E_INTEGRATED": frozenset({TreProperty.isIntegrated})},
}
"""Options read from EUICCInfo2, by component: each is there when one of these bits is set."""

_OF_CONFIGURED_DATA: Final = frozenset({"ADD_ROOT_DS", "CI_LIST"})


def _of_configured_data(card: Card) -> dict[str, bool]:
    """Returns what GetEuiccConfiguredData has besides addresses of one SM-DP+ and one SM-DS."""
    data = card.store(EuiccConfiguredAddressesRequest().encode()).data
    found = EuiccConfiguredDataResponse.decode(data)
    return {
        "ADD_ROOT_DS": bool(found.additional_root_ds_addresses),
        "CI_LIST": bool(found.ci_list),
    }


_OF_FCI: Final = frozenset({"O_E_LPAe", "LPAE_CAT", "LPAE_SCWS", "LPAE_E4E"})


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


def _of_fci(fci: bytes) -> dict[str, bool] | None:
    """Returns what the answer to SELECT ISD-R says of the LPAe; None when it cannot be decoded.

    Only the bits of the interfaces count: another one says whether a Profile is enabled (v3).
    """
    try:
        template = tlv.parse(fci).find(Tag.IsdrSelectData) if fci else None
        bits = template.find(_LPAE_BITS) if template else None
    except DecodeError:
        return None
    octet = bits.value[1] if bits is not None and len(bits.value) > 1 else 0
    return {
        "O_E_LPAe": bool(octet & (_CAT | _SCWS | _E4E)),
        "LPAE_CAT": bool(octet & _CAT),
        "LPAE_SCWS": bool(octet & _SCWS),
        "LPAE_E4E": bool(octet & _E4E),
    }
