"""Faults of what a Profile says of its remote management, and of a download that waits for it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.messages.v3.profile_metadata import RpmConfiguration
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check
from rspsim.euicc.es6 import objects_of_version_3, update_metadata
from rspsim.euicc.es6.objects_of_version_3 import FurtherUpdate
from rspsim.euicc.isdr.es10b import prepare_download
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.state import CardState
from rspsim.faults.card.card_fault import CardFault, Change, begins_with, skip, swap

__all__ = ["FAULTS"]

_RESULT_EVENT: Final = 7


def _losing(lost: Callable[[RpmConfiguration], bool]) -> Change:
    """Returns a change that does not keep an rpmConfiguration of a kind."""

    def further(octets: bytes, state: CardState) -> tuple[bytes, ...]:
        kept = store_metadata.FURTHER.standard(octets, state)
        return tuple(
            one
            for one in kept
            if tlv.parse(one).tag != Tag.RpmConfiguration or not lost(RpmConfiguration.decode(one))
        )

    return swap(store_metadata.FURTHER, further)


def _old_events(request: StoreMetadataRequest) -> StoreMetadataRequest:
    kept = store_metadata.KEPT.standard(request)
    entries = tuple(
        replace(
            one,
            profile_management_operation=frozenset(
                bit
                for bit in one.profile_management_operation
                if bit != _RESULT_EVENT  # the others stay, so that Notifications do not change
            ),
        )
        for one in kept.notification_configuration_info or ()
    )
    return replace(kept, notification_configuration_info=entries or None)


def _passed_over(stored: tuple[bytes, ...], update: FurtherUpdate) -> tuple[bytes, ...]:
    kept = tuple(one for one in update.objects if tlv.parse(one).tag != Tag.RpmConfiguration)
    return objects_of_version_3.OBJECTS.standard(stored, replace(update, objects=kept))


def _download_alone(attempt: prepare_download.DownloadAttempt) -> bool:
    signed = attempt.request.smdp_signed2
    return tlv.parse(signed.encode()).find(0x05) is None


FAULTS: Final = (
    CardFault(
        "v3.store-metadata.rpm-lost",
        "Does not keep an rpmConfiguration with a polling address.",
        ("ES8+.StoreMetadata#57", "ES10c.GetProfilesInfo#24"),
        _losing(lambda one: one.polling_address is not None),
    ),
    CardFault(
        "v3.store-metadata.rpm-types-needed",
        "Does not keep an rpmConfiguration without rpmType.",
        ("ES8+.StoreMetadata#86",),
        _losing(lambda one: any(each.rpm_type is None for each in one.managing_dp_list or ())),
    ),
    CardFault(
        "v3.store-metadata.result-event-lost",
        "Does not keep the event loadRpmPackageResult of a configuration of Notifications.",
        ("ES8+.StoreMetadata#56",),
        swap(store_metadata.KEPT, _old_events),
    ),
    CardFault(
        "v3.update-metadata.rpm-passed-over",
        "Accepts a new rpmConfiguration and keeps the old.",
        ("ES6.UpdateMetadata#48",),
        swap(objects_of_version_3.OBJECTS, _passed_over),
    ),
    CardFault(
        "v3.update-metadata.rpm-unasked",
        "Takes an rpmConfiguration without owner or managing SM-DP+.",
        ("ES6.UpdateMetadata#49",),
        skip(update_metadata.CHECKS, "rpm_configuration"),
    ),
    CardFault(
        "v3.prepare-download.pending-refused",
        "Refuses a download with rpmPending.",
        ("ES10b.PrepareDownload#12",),
        begins_with(prepare_download.CHECKS, Check("pending", _download_alone, 127)),
    ),
)
"""Faults of rpmConfiguration."""
