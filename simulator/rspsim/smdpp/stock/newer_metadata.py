"""Metadata that version 3 added, from the words of an order or of `rsplab profile make`.

Several words of `rspsim.smdpp.stock.newer_words` make one data object: who may manage the Profile
from afar, the enterprise, the way to the next device.

Source: SGP.22 v3.1, 2.4a and 5.5.3.
"""

from collections.abc import Mapping
from typing import Any

from rspcore.errors import LocalError
from rspcore.frozen import replace
from rspcore.messages import metadata
from rspcore.messages.v3.profile_metadata import (
    DeviceChangeConfiguration,
    EnterpriseConfiguration,
    EnterpriseRules,
    LocalisedTextMessage,
    LprConfiguration,
    ManagingDp,
    RequestToDp,
    RpmConfiguration,
    StoreMetadataRequest,
    UsingStoredAc,
)
from rspsim.smdpp.stock.newer_words import NAMES

__all__ = ["with_newer"]


def with_newer(
    plain: metadata.StoreMetadataRequest, values: Mapping[str, Any]
) -> metadata.StoreMetadataRequest:
    """Returns metadata with what version 3 added; the same object where no word asks for it.

    Args:
        plain: The metadata.
        values: Values by word; other words are passed over.

    Raises:
        LocalError: a word is missing that another needs, or two exclude each other.
    """
    given = {name: values[name] for name in values if name in NAMES}
    if not given:
        return plain
    _require(given, ("rpm_servers", "rpm_polling_address"), "rpm_owner")
    _require(given, ("enterprise_name", "enterprise_rules"), "enterprise")
    _require(given, ("other_profiles",), "enterprise_rules")
    _require(given, ("message_language",), "provider_message")
    _require(given, ("change_needs",), "change_address")
    if {"change_address", "change_activation_code"} <= given.keys():
        raise LocalError("change_address and change_activation_code: only one of them")
    made = {
        "rpm_configuration": _rpm(given),
        "hri_server_address": given.get("hri_address"),
        "service_provider_message": _message(given),
        "lpr_configuration": _lpr(given),
        "enterprise_configuration": _enterprise(given),
        "service_description": given.get("service_description"),
        "device_change_configuration": _change(given),
        "estimated_profile_size": given.get("estimated_size"),
    }
    changes: dict[str, Any] = {name: one for name, one in made.items() if one is not None}
    return replace(StoreMetadataRequest.decode(plain.encode()), **changes)


def _require(given: Mapping[str, Any], names: tuple[str, ...], needed: str) -> None:
    found = [name for name in names if name in given]
    if found and needed not in given:
        raise LocalError(f"{' and '.join(found)}: expected {needed}, too")


def _rpm(given: Mapping[str, Any]) -> RpmConfiguration | None:
    if "rpm_owner" not in given:
        return None
    entries = tuple(
        ManagingDp(managing_dp_oid=oid, rpm_type=types)
        for oid, types in given.get("rpm_servers", ())
    )
    return RpmConfiguration(
        managing_dp_list=entries or None,
        polling_address=given.get("rpm_polling_address"),
        profile_owner_oid=given["rpm_owner"],
    )


def _message(given: Mapping[str, Any]) -> LocalisedTextMessage | None:
    if "provider_message" not in given:
        return None
    language = given.get("message_language", "en")
    return LocalisedTextMessage(language_tag=language, message=given["provider_message"])


def _lpr(given: Mapping[str, Any]) -> LprConfiguration | None:
    address = given.get("lpr_address")
    return None if address is None else LprConfiguration(pcmp_address=address)


def _enterprise(given: Mapping[str, Any]) -> EnterpriseConfiguration | None:
    if "enterprise" not in given:
        return None
    rules = None
    if "enterprise_rules" in given:
        rules = EnterpriseRules(
            enterprise_rule_bits=given["enterprise_rules"],
            number_of_non_enterprise_profiles=given.get("other_profiles", 0),
        )
    return EnterpriseConfiguration(
        enterprise_oid=given["enterprise"],
        enterprise_name=given.get("enterprise_name", ""),
        enterprise_rules=rules,
    )


def _change(given: Mapping[str, Any]) -> DeviceChangeConfiguration | None:
    if "change_activation_code" in given:
        stored = UsingStoredAc(activation_code_for_dc=given["change_activation_code"])
        return DeviceChangeConfiguration(using_stored_ac=stored)
    if "change_address" not in given:
        return None
    needs = given.get("change_needs", frozenset())
    asked = RequestToDp(
        smdp_address_for_dc=given["change_address"],
        eid_required=True if "eid" in needs else None,
        tac_required=True if "tac" in needs else None,
    )
    return DeviceChangeConfiguration(request_to_dp=asked)
