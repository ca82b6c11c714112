"""Faults of the metadata of a Profile: the card stores and returns other than it received."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.messages.metadata import PprId, ProfileClass, StoreMetadataRequest
from rspcore.tags import Tag
from rspsim.euicc import notifications
from rspsim.euicc.load import segments
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load.step import Step
from rspsim.euicc.load_progress import Load
from rspsim.euicc.state import Profile
from rspsim.faults.card.card_fault import CardFault, Change, swap

__all__ = ["FAULTS"]


def _keeping(change: Callable[[StoreMetadataRequest], StoreMetadataRequest]) -> Change:
    """Returns a change of the metadata that are stored."""
    return swap(store_metadata.KEPT, lambda request: change(store_metadata.KEPT.standard(request)))


def _names_cut(request: StoreMetadataRequest) -> StoreMetadataRequest:
    """Keeps 32 octets of each name, in place of 32 and 64 characters."""
    return replace(
        request,
        service_provider_name=_cut(request.service_provider_name),
        profile_name=_cut(request.profile_name),
    )


def _cut(name: str) -> str:
    return name.encode()[:32].decode(errors="ignore")


def _icon_cut(request: StoreMetadataRequest) -> StoreMetadataRequest:
    return replace(request, icon=None if request.icon is None else request.icon[:512])


def _everything(request: StoreMetadataRequest) -> StoreMetadataRequest:
    """Keeps service-specific data that are not meant for the card."""
    for_device = request.service_specific_data_not_stored_in_euicc
    if for_device is None:
        return store_metadata.KEPT.standard(request)
    kept = tlv.encode(0xBF22, tlv.parse(for_device).value)
    return replace(request, service_specific_data_stored_in_euicc=kept)


def _update_control_is_ppr1(request: StoreMetadataRequest) -> StoreMetadataRequest:
    given = request.profile_policy_rules or frozenset()
    kept = store_metadata.KEPT.standard(request)
    if PprId.pprUpdateControl not in given:
        return kept
    return replace(kept, profile_policy_rules=frozenset(given) | {PprId.ppr1})


def _nickname_taken(standing: Load, step: Step) -> Profile:
    made = segments.INSTALLED.standard(standing, step)
    nickname = tlv.parse(standing.metadata_octets).find(Tag.ProfileNickname)
    return made if nickname is None else replace(made, nickname=bytes(nickname.value).decode())


FAULTS: Final = (
    CardFault(
        "es8p.store-metadata.rules-lost",
        "Policy rules are accepted and not stored.",
        (
            "ES8+.StoreMetadata#19",
            "ES8+.StoreMetadata#20",
            "ES8+.StoreMetadata#21",
            "ES8+.StoreMetadata#82",
        ),
        _keeping(lambda request: replace(request, profile_policy_rules=None)),
    ),
    CardFault(
        "es8p.store-metadata.update-control-is-ppr1",
        "pprUpdateControl is stored as PPR1.",
        ("ES8+.StoreMetadata#82",),
        swap(store_metadata.KEPT, _update_control_is_ppr1),
    ),
    CardFault(
        "es8p.store-metadata.names-cut",
        "Only 32 octets of each name are stored.",
        (
            "Transport.StoreData#08",
            "ES8+.StoreMetadata#05",
            "ES8+.StoreMetadata#06",
        ),
        _keeping(_names_cut),
    ),
    CardFault(
        "es8p.store-metadata.icon-cut",
        "Only 512 octets of an icon are stored.",
        (
            "ES8+.StoreMetadata#04",
            "ES8+.StoreMetadata#84",
        ),
        _keeping(_icon_cut),
    ),
    CardFault(
        "es8p.store-metadata.icon-is-png",
        "Every icon is stored as a PNG.",
        (
            "ES10c.GetProfilesInfo#16",
            "ES8+.StoreMetadata#03",
        ),
        _keeping(lambda request: replace(request, icon_type=1)),
    ),
    CardFault(
        "es8p.store-metadata.all-operational",
        "Every Profile is stored as operational.",
        (
            "ES8+.StoreMetadata#10",
            "ES8+.StoreMetadata#11",
        ),
        _keeping(lambda request: replace(request, profile_class=ProfileClass.operational)),
    ),
    CardFault(
        "es8p.store-metadata.all-provisioning",
        "Every Profile is stored as provisioning.",
        (
            "ES8+.StoreMetadata#02",
            "ES8+.StoreMetadata#08",
            "ES8+.StoreMetadata#09",
            "ES8+.StoreMetadata#11",
            "ES8+.StoreMetadata#84",
        ),
        _keeping(lambda request: replace(request, profile_class=ProfileClass.provisioning)),
    ),
    CardFault(
        "es8p.store-metadata.configuration-lost",
        "The notification configuration is not stored.",
        (
            "ES8+.StoreMetadata#02",
            "ES8+.StoreMetadata#14",
            "ES8+.StoreMetadata#15",
            "ES8+.StoreMetadata#16",
            "ES8+.StoreMetadata#84",
        ),
        _keeping(lambda request: replace(request, notification_configuration_info=None)),
    ),
    CardFault(
        "es8p.store-metadata.owner-lost",
        "The owner is not stored.",
        (
            "ES8+.StoreMetadata#02",
            "ES8+.StoreMetadata#17",
            "ES8+.StoreMetadata#18",
            "ES8+.StoreMetadata#84",
        ),
        _keeping(lambda request: replace(request, profile_owner=None)),
    ),
    CardFault(
        "es8p.store-metadata.service-data-lost",
        "Service-specific data are not stored.",
        (
            "ES8+.StoreMetadata#52",
            "ES8+.StoreMetadata#54",
        ),
        _keeping(lambda request: replace(request, service_specific_data_stored_in_euicc=None)),
    ),
    CardFault(
        "es8p.store-metadata.service-data-exchanged",
        "Data not for the eUICC (BF23) are stored in place of those for it (BF22).",
        (
            "ES8+.StoreMetadata#53",
            "ES8+.StoreMetadata#54",
        ),
        swap(store_metadata.KEPT, _everything),
    ),
    CardFault(
        "es8p.store-metadata.nickname-taken",
        "A nickname in the metadata is stored.",
        ("ES8+.StoreMetadata#42",),
        swap(segments.INSTALLED, _nickname_taken),
    ),
    CardFault(
        "es8p.store-metadata.every-event-is-install",
        "Every notification address gets notifications of all events.",
        (
            "ES10b.ListNotification#12",
            "ES8+.StoreMetadata#16",
        ),
        swap(
            notifications.ADDRESSES,
            lambda profile, _event: tuple(
                entry.notification_address
                for entry in profile.metadata.notification_configuration_info or ()
            ),
        ),
    ),
)
