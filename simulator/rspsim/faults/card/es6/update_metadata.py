"""Faults of ES6.UpdateMetadata: what an operator may and may not change over the air."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.ids import Aid
from rspcore.messages.metadata import StoreMetadataRequest, UpdateMetadataRequest
from rspcore.ota.packet import CommandPacket, KeySet, PacketError, ResponseStatus
from rspcore.tags import ISDP_OWN_AID, Tag
from rspsim.euicc.es6 import update_metadata
from rspsim.euicc.uicc.ota import domain, secured
from rspsim.euicc.uicc.ota.domain_session import DomainContext
from rspsim.faults.card.card_fault import CardFault, Change, swap

__all__ = ["FAULTS"]

Updated = Callable[[StoreMetadataRequest, UpdateMetadataRequest], StoreMetadataRequest]


def _without(**parts: Any) -> Change:
    """Returns a change that ignores parts of a request."""

    def updated(
        stored: StoreMetadataRequest, request: UpdateMetadataRequest
    ) -> StoreMetadataRequest:
        return update_metadata.UPDATED.standard(stored, replace(request, **parts))

    return swap(update_metadata.UPDATED, updated)


def _then(change: Updated) -> Change:
    """Returns a change of the metadata after an update."""

    def updated(
        stored: StoreMetadataRequest, request: UpdateMetadataRequest
    ) -> StoreMetadataRequest:
        return change(update_metadata.UPDATED.standard(stored, request), request)

    return swap(update_metadata.UPDATED, updated)


def _rules_set(
    stored: StoreMetadataRequest, request: UpdateMetadataRequest
) -> StoreMetadataRequest:
    rules = request.profile_policy_rules
    return stored if rules is None else replace(stored, profile_policy_rules=rules or None)


def _rules_cleared(
    stored: StoreMetadataRequest, request: UpdateMetadataRequest
) -> StoreMetadataRequest:
    del request
    return replace(stored, profile_policy_rules=None)


def _names_cut(
    stored: StoreMetadataRequest, request: UpdateMetadataRequest
) -> StoreMetadataRequest:
    del request
    return replace(stored, profile_name=stored.profile_name[:32])


def _icon_cut(stored: StoreMetadataRequest, request: UpdateMetadataRequest) -> StoreMetadataRequest:
    del request
    return replace(stored, icon=None if stored.icon is None else stored.icon[:512])


def _others_reset(
    stored: StoreMetadataRequest, request: UpdateMetadataRequest
) -> StoreMetadataRequest:
    if request.profile_name is None:
        return replace(stored, profile_name="")
    return stored


def _as_far_as_readable(octets: bytes) -> UpdateMetadataRequest:
    """Reads a request and leaves out objects that cannot be read."""
    kept: list[bytes] = []
    for one in tlv.parse(octets).children():
        try:
            UpdateMetadataRequest.decode(tlv.encode(Tag.UpdateMetadata, *kept, one.raw))
        except DecodeError:
            continue
        kept.append(bytes(one.raw))
    kept = [one for one in kept if one[0] != Tag.IconType]
    return UpdateMetadataRequest.decode(tlv.encode(Tag.UpdateMetadata, *kept))


def _any_profile(context: DomainContext, named: bytes) -> Aid | None:
    if named == ISDP_OWN_AID.octets:
        return context.profile
    return Aid(named)


def _any_checksum(octets: bytes, keys: KeySet | None = None) -> CommandPacket:
    """Opens a packet without verifying its checksum."""
    try:
        return CommandPacket.decode(octets, keys)
    except PacketError as error:
        if keys is None or error.status != ResponseStatus.RC_CC_DS_FAILED:
            raise
        return CommandPacket.decode(octets, replace(keys, kid=bytes(len(keys.kid))))


FAULTS: Final = (
    CardFault(
        "es6.update-metadata.provider-name-kept",
        "The service provider name is not replaced.",
        ("ES6.UpdateMetadata#08", "ES6.UpdateMetadata#11"),
        _without(service_provider_name=None),
    ),
    CardFault(
        "es6.update-metadata.profile-name-kept",
        "The profile name is not replaced.",
        ("ES6.UpdateMetadata#09", "ES6.UpdateMetadata#11", "ES6.UpdateMetadata#33"),
        _without(profile_name=None),
    ),
    CardFault(
        "es6.update-metadata.icon-kept",
        "Icon and type are not replaced.",
        ("ES6.UpdateMetadata#02", "ES6.UpdateMetadata#10", "ES6.UpdateMetadata#32"),
        _without(icon=None, icon_type=None),
    ),
    CardFault(
        "es6.update-metadata.icon-cut",
        "No more than 512 octets of an icon are kept.",
        ("ES6.UpdateMetadata#12",),
        _then(_icon_cut),
    ),
    CardFault(
        "es6.update-metadata.profile-name-cut",
        "No more than 32 characters of a profile name are kept.",
        ("ES6.UpdateMetadata#12",),
        _then(_names_cut),
    ),
    CardFault(
        "es6.update-metadata.others-reset",
        "An update without a profile name empties the stored one.",
        ("ES6.UpdateMetadata#08", "ES6.UpdateMetadata#10"),
        _then(_others_reset),
    ),
    CardFault(
        "es6.update-metadata.rules-kept",
        "Policy rules are never cleared.",
        (
            "ES6.UpdateMetadata#01",
            "ES6.UpdateMetadata#02",
            "ES6.UpdateMetadata#15",
            "ES6.UpdateMetadata#16",
            "ES6.UpdateMetadata#17",
            "ES10c.DeleteProfile#07",
        ),
        _without(profile_policy_rules=None),
    ),
    CardFault(
        "es6.update-metadata.rules-set",
        "Policy rules are set as the request says, including rules that were not stored.",
        ("ES6.UpdateMetadata#18", "ES6.UpdateMetadata#19"),
        _then(_rules_set),
    ),
    CardFault(
        "es6.update-metadata.rules-cleared",
        "Every update clears all policy rules.",
        ("ES6.UpdateMetadata#58",),
        _then(_rules_cleared),
    ),
    CardFault(
        "es6.update-metadata.data-not-stored",
        "Service-specific data are not replaced.",
        ("ES6.UpdateMetadata#05", "ES6.UpdateMetadata#06", "ES6.UpdateMetadata#07"),
        _without(service_specific_data_stored_in_euicc=None),
    ),
    CardFault(
        "es6.update-metadata.data-lost",
        "Every update removes the service-specific data.",
        ("ES6.UpdateMetadata#07",),
        _then(lambda stored, _: replace(stored, service_specific_data_stored_in_euicc=None)),
    ),
    CardFault(
        "es6.update-metadata.half-done",
        "Readable objects of a request are stored although others cannot be read.",
        ("ES6.UpdateMetadata#57",),
        swap(update_metadata.READ, _as_far_as_readable),
    ),
    CardFault(
        "es6.any-checksum",
        "The checksum of a packet is not verified.",
        ("ES6.UpdateMetadata#27",),
        swap(secured.CHECK_PACKET, _any_checksum),
    ),
    CardFault(
        "es6.any-counter",
        "A packet with a counter that was already used is accepted.",
        ("ES6.UpdateMetadata#28",),
        swap(secured.COUNTER, lambda _mode, _held, _given: ResponseStatus.POR_OK),
    ),
    CardFault(
        "es6.any-profile",
        "An operator may personalise any Profile by its ISD-P AID.",
        ("ES6.UpdateMetadata#29",),
        swap(domain.TARGET, _any_profile),
    ),
)
