"""Reading and showing what version 3 added to what a card says of itself and of its Profiles."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, Final

from rspcore import tlv
from rspcore.errors import DecodeError, RemoteError
from rspcore.messages import es10a, es10c, euicc_info
from rspcore.messages.codec import Structure
from rspcore.messages.es10b import GetEuiccInfo1Request
from rspcore.messages.partial import Partial, decode_partly
from rspcore.messages.v3 import card_and_device, profile_management
from rspcore.messages.v3.profile_metadata import (
    DeviceChangeConfiguration,
    EnterpriseConfiguration,
    EnterpriseRule,
    ManagingDp,
    RpmConfiguration,
    RpmType,
    ServiceDescription,
)
from rspcore.tags import Tag
from rspharness.lpa.isdr_channel import IsdrChannel

__all__ = ["TAGS", "is_newer", "newer_members", "read_partly"]

_NEWER: Final[Mapping[type[Structure], type[Structure]]] = {
    es10a.EuiccConfiguredAddressesResponse: profile_management.EuiccConfiguredDataResponse,
    es10c.ProfileInfo: profile_management.ProfileInfo,
    euicc_info.EuiccInfo1: card_and_device.EuiccInfo1,
    euicc_info.EuiccInfo2: card_and_device.EuiccInfo2,
}
"""Structures of version 2, and what version 3 made of them."""

TAGS: Final = b"".join(
    tlv.encode_tag(tag)
    for tag in (
        *(Tag.RpmConfiguration, Tag.HriServerAddress, Tag.LprConfiguration),
        *(Tag.EnterpriseConfiguration, Tag.ServiceDescription, Tag.DeviceChangeConfiguration),
        *(Tag.EnabledOnEsimPort, Tag.ProfileSize),
    )
)
"""Tag list of what version 3 added to a Profile."""

_CONFIGURATION: Final = 0x03
"""euiccConfiguration in the template E0, which a card of version 3 always has."""
_HIGHEST: Final = 0x93


def is_newer(card: IsdrChannel) -> bool:
    """Returns whether a card is one of version 3; EUICCInfo1 is asked for where it may be one.

    Raises:
        TargetLost: the card does not answer.
    """
    try:
        select_data = card.select_data
        if select_data is None or select_data.find(_CONFIGURATION) is None:
            return False
        octets = card.exchange("ES10b.GetEUICCInfo", GetEuiccInfo1Request().encode())
        highest = tlv.parse(octets).find(_HIGHEST)
    except (DecodeError, RemoteError):
        return False
    return highest is not None and bytes(highest.value[:1]) >= b"\x03"


def read_partly(kind: type[Structure], content: tlv.Octets) -> Partial:
    """Reads a structure as far as it can be read; by version 3 where that knows more of it.

    Args:
        kind: The structure of version 2.
        content: Its value field.
    """
    plain = decode_partly(kind, content)
    if kind not in _NEWER or not (plain.unknown or plain.unread):
        return plain
    newer = decode_partly(_NEWER[kind], content)
    return newer if _odd(newer) < _odd(plain) else plain


def _odd(part: Partial) -> int:
    return len(part.unknown) + len(part.unread)


def newer_members(values: Mapping[str, Any]) -> dict[str, object]:
    """Returns what version 3 added to a Profile as it is shown, by the names of ASN.1.

    Args:
        values: Members of a ProfileInfo by component; those that are not there are left out.
    """
    shown = {
        "enabledOnEsimPort": values.get("enabled_on_esim_port"),
        "profileSize": values.get("profile_size"),
        "rpmConfiguration": _rpm(values.get("rpm_configuration")),
        "enterpriseConfiguration": _enterprise(values.get("enterprise_configuration")),
        "hriServerAddress": values.get("hri_server_address"),
        "pcmpAddress": getattr(values.get("lpr_configuration"), "pcmp_address", None),
        "serviceDescription": _names(values.get("service_description"), ServiceDescription),
        "deviceChange": _change(values.get("device_change_configuration")),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _names(bits: Iterable[int] | None, kind: type[IntEnum]) -> list[str] | None:
    if bits is None:
        return None
    known = {int(one): one.name for one in kind}
    return [known.get(bit, f"bit {bit}") for bit in sorted(bits)]


def _rpm(one: RpmConfiguration | None) -> dict[str, object] | None:
    if one is None:
        return None
    shown: dict[str, object] = {"owner": str(one.profile_owner_oid)}
    for entry in one.managing_dp_list or ():
        shown[str(entry.managing_dp_oid)] = _types(entry)
    if one.polling_address is not None:
        shown["pollingAddress"] = one.polling_address
    return shown


def _types(entry: ManagingDp) -> list[str]:
    return ["all"] if entry.rpm_type is None else _names(entry.rpm_type, RpmType) or []


def _enterprise(one: EnterpriseConfiguration | None) -> dict[str, object] | None:
    if one is None:
        return None
    shown: dict[str, object] = {"name": one.enterprise_name, "oid": str(one.enterprise_oid)}
    rules = one.enterprise_rules
    if rules is not None:
        shown["rules"] = _names(rules.enterprise_rule_bits, EnterpriseRule) or []
        shown["otherProfiles"] = rules.number_of_non_enterprise_profiles
    return shown


def _change(one: DeviceChangeConfiguration | None) -> str | None:
    if one is None:
        return None
    if one.using_stored_ac is not None:
        return f"activation code {one.using_stored_ac.activation_code_for_dc}"
    return None if one.request_to_dp is None else f"ask {one.request_to_dp.smdp_address_for_dc}"
