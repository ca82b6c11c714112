"""What a card says of itself, in the words of a target file: options and values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rspcore.errors import RspError
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import GetEuiccInfo1Request, GetEuiccInfo2Request, GetRatRequest
from rspcore.messages.euicc_info import EuiccInfo2, UiccCapability
from rspcore.messages.metadata import PprId
from rspcore.messages.v3.card_and_device import EuiccInfo1
from rspcore.messages.v3.profile_management import EuiccConfiguredDataResponse
from rspharness.card.capabilities import read_capabilities
from rspharness.card.card_under_test import Card
from rspharness.card.declared_values import ABSENT, bit_names, capability_names
from rspharness.record.verdicts import TargetLost
from rspharness.targets.settings import TargetSettings

__all__ = ["Said", "contradictions", "said_by"]


@dataclass(slots=True)
class Said:
    """What a card says of itself.

    Attributes:
        atr: Its ATR.
        options: Options of the catalogue that it shows.
        unknown: Those that no command shows, each with the reason.
        values: Values of a target file that it shows.
        unread: What could not be read, each with the reason.
    """

    atr: bytes = b""
    options: dict[str, bool] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def release(self) -> str:
        """Returns the highest version of SGP.22 it claims; empty where that was not read."""
        return self.values.get("highest_svn") or self.values.get("rsp_version", "")


def said_by(card: Card, ci_keys: Mapping[str, bytes] | None = None) -> Said:
    """Reads what a card, just reset, says of itself; only reading commands are sent.

    Args:
        card: The card.
        ci_keys: Key identifiers of the CIs under which there are credentials, by option.

    Raises:
        TargetLost: it does not answer.
    """
    said = Said(atr=card.atr)
    read = read_capabilities(card, {}, ci_keys or {})
    said.options, said.unknown = dict(read.options), dict(read.unknown)
    for name, take in (
        ("EID", _eid),
        ("EUICCInfo2", _info2),
        ("EUICCInfo1", _info1),
        ("RAT", _rat),
        ("addresses", _addresses),
        ("version 3", _of_version_3),
    ):
        try:
            said.values |= take(card)
        except TargetLost:
            raise
        except RspError as problem:
            said.unread[name] = str(problem)
    return said


def _eid(card: Card) -> dict[str, str]:
    eid = str(card.eid())
    return {"eid": eid, "ein": eid[:8]}


def _info1(card: Card) -> dict[str, str]:
    info = card.send(GetEuiccInfo1Request())
    signing = info.euicc_ci_pkid_list_for_signing
    both = [one for one in info.euicc_ci_pkid_list_for_verification if one in signing]
    return {"rsp_version": str(info.svn), "ci_pkids": " ".join(x.hex().upper() for x in both)}


def _info2(card: Card) -> dict[str, str]:
    info: EuiccInfo2 = card.send(GetEuiccInfo2Request())
    dloa = info.certification_data_object
    more = info.additional_euicc_profile_package_versions
    found: dict[str, object | None] = {
        "profile_version": info.profile_version,
        "firmware_version": info.euicc_firmware_ver,
        "ts102241_version": info.ts102241_version,
        "globalplatform_version": info.globalplatform_version,
        "pp_version": info.pp_version,
        "additional_profile_versions": None if more is None else " ".join(map(str, more)),
        "uicc_capability": bit_names(info.uicc_capability, UiccCapability),
        "rsp_capability": capability_names(info.rsp_capability),
        "sas_number": info.sas_acreditation_number,
        "platform_label": dloa.platform_label if dloa else None,
        "discovery_base_url": dloa.discovery_base_url if dloa else None,
        "tre_product_reference": info.tre_product_reference,
        "forbidden_pprs": bit_names(info.forbidden_profile_policy_rules, PprId),
    }
    return {name: ABSENT if value is None else str(value) for name, value in found.items()}


def _rat(card: Card) -> dict[str, str]:
    return {"rat": card.send(GetRatRequest()).encode().hex().upper()}


def _addresses(card: Card) -> dict[str, str]:
    return {"root_ds_address": card.send(EuiccConfiguredAddressesRequest()).root_ds_address}


def _of_version_3(card: Card) -> dict[str, str]:
    """Returns what a card of version 3 says besides; nothing for one of version 2."""
    info1 = EuiccInfo1.decode(card.send(GetEuiccInfo1Request()).encode())
    if info1.highest_svn is None:
        return {}
    signing = info1.euicc_ci_pkid_list_for_signing_v3 or ()
    both = [one for one in info1.euicc_ci_pkid_list_for_verification if one in signing]
    found = {
        "highest_svn": str(info1.highest_svn),
        "ci_pkids_v3": " ".join(one.hex().upper() for one in both),
    }
    response = card.store(EuiccConfiguredAddressesRequest().encode())
    more = EuiccConfiguredDataResponse.decode(response.data).additional_root_ds_addresses
    return found | {"additional_root_ds_addresses": " ".join(more) if more else ABSENT}


def contradictions(settings: TargetSettings, said: Said) -> list[str]:
    """Returns what a target file declares and the card says otherwise."""
    found = [
        f"[options] {name}: declared {str(declared).lower()}, the card says "
        f"{str(said.options[name]).lower()}"
        for name, declared in sorted(settings.options.items())
        if said.options.get(name, declared) != declared
    ]
    for name, value in sorted(settings.values.items()):
        actual = said.values.get(name)
        if actual is not None and _plain(value) != _plain(actual):
            found.append(f"[values] {name}: declared {value!r}, the card says {actual!r}")
    if settings.release and said.release:
        actual = said.release
        if f"{actual}.".startswith(f"{settings.release}.") is False:
            found.append(f"release: declared {settings.release!r}, the card says {actual!r}")
    return found


def _plain(value: object) -> object:
    """Returns a value without what does not matter: case, and the order of words."""
    return sorted(str(value).upper().split())
