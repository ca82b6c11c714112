"""Faults of metadata that version 3 added, and of the rules of enterprise Profiles."""

from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.messages.es10c import ProfileInfo
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.profile_metadata import EnterpriseConfiguration
from rspcore.tags import Tag
from rspsim.euicc.es6 import objects_of_version_3, update_metadata
from rspsim.euicc.es6.objects_of_version_3 import FurtherUpdate
from rspsim.euicc.isdr.es10c import enable_profile, get_profiles_info
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.euicc.security import enterprise
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, Change, decides, skip, swap

__all__ = ["FAULTS"]


def _losing(tag: int) -> Change:
    """Returns a change that does not keep an object."""

    def further(octets: bytes, state: CardState) -> tuple[bytes, ...]:
        kept = store_metadata.FURTHER.standard(octets, state)
        return tuple(one for one in kept if tlv.parse(one).tag != tag)

    return swap(store_metadata.FURTHER, further)


def _without_rules(octets: bytes, state: CardState) -> tuple[bytes, ...]:
    kept = store_metadata.FURTHER.standard(octets, state)
    wanted = Tag.EnterpriseConfiguration
    return tuple(_ruleless(one) if tlv.parse(one).tag == wanted else one for one in kept)


def _ruleless(octets: bytes) -> bytes:
    return replace(EnterpriseConfiguration.decode(octets), enterprise_rules=None).encode()


def _refusing(tag: int) -> Change:
    """Returns a change that takes an object for unknown."""
    return decides(
        store_metadata.CHECKS,
        "tags_known",
        lambda attempt: attempt.tags_known and tag not in attempt.tags_of_version_3,
    )


def _first_of_enterprise(attempt: MetadataAttempt) -> bool:
    given = enterprise.configuration_in(attempt.step.load.further_objects)
    return attempt.enterprise_same and (
        given is None or not enterprise.others_of(attempt.step.view.state)
    )


def _sizeless(profile: Profile, tags: frozenset[int], state: CardState) -> ProfileInfo:
    info = get_profiles_info.DESCRIBED.standard(profile, tags, state)
    return replace(info, profile_size=None) if isinstance(info, v3.ProfileInfo) else info


def _passing_over(tag: int) -> Change:
    """Returns a change that takes an object of an update and leaves what was stored."""

    def objects(stored: tuple[bytes, ...], update: FurtherUpdate) -> tuple[bytes, ...]:
        kept = tuple(one for one in update.objects if tlv.parse(one).tag != tag)
        return objects_of_version_3.OBJECTS.standard(stored, replace(update, objects=kept))

    return swap(objects_of_version_3.OBJECTS, objects)


_UPDATE: Final = "ES6.UpdateMetadata"
_STORE: Final = "ES8+.StoreMetadata"
_LIST: Final = "ES10c.GetProfilesInfo"

FAULTS: Final = (
    *(
        CardFault(f"v3.store-metadata.{name}-lost", f"Does not keep {what}.", rows, _losing(tag))
        for name, what, rows, tag in (
            (
                "hri-address",
                "hriServerAddress",
                (f"{_STORE}#59", f"{_LIST}#25"),
                Tag.HriServerAddress,
            ),
            (
                "lpr",
                "lprConfiguration",
                (f"{_STORE}#61", f"{_LIST}#26"),
                Tag.LprConfiguration,
            ),
            (
                "service-description",
                "serviceDescription",
                (f"{_STORE}#65", f"{_LIST}#28"),
                Tag.ServiceDescription,
            ),
            (
                "access-rules",
                "the carrier access rules",
                (f"{_STORE}#91",),
                Tag.CarrierAccessRules,
            ),
        )
    ),
    CardFault(
        "v3.store-metadata.enterprise-lost",
        "Does not keep enterpriseConfiguration.",
        (f"{_STORE}#68", f"{_LIST}#27"),
        _losing(Tag.EnterpriseConfiguration),
    ),
    CardFault(
        "v3.store-metadata.enterprise-rules-lost",
        "Keeps enterpriseConfiguration without its rules.",
        (f"{_STORE}#69", "procedure.Enterprise#01"),
        swap(store_metadata.FURTHER, _without_rules),
    ),
    CardFault(
        "v3.store-metadata.message-unknown",
        "Does not know serviceProviderMessage.",
        (f"{_STORE}#66",),
        _refusing(Tag.ServiceProviderMessage),
    ),
    CardFault(
        "v3.store-metadata.size-unknown",
        "Does not know estimatedProfileSize.",
        (f"{_STORE}#67",),
        _refusing(Tag.EstimatedProfileSize),
    ),
    *(
        CardFault(
            f"v3.store-metadata.{name.replace('_', '-')}-unasked",
            summary,
            rows,
            skip(store_metadata.CHECKS, name),
        )
        for name, summary, rows in (
            (
                "enterprise_allowed",
                "Installs an enterprise Profile beside one with PPR1.",
                (f"{_STORE}#72",),
            ),
            (
                "enterprise_same",
                "Installs Profiles of several enterprises.",
                (f"{_STORE}#73", "procedure.Enterprise#02"),
            ),
            (
                "reference_single",
                "Installs a second Profile with the reference rule.",
                (f"{_STORE}#74",),
            ),
            (
                "others_installable",
                "Installs a Profile of no enterprise where none may be.",
                (f"{_STORE}#75", "procedure.Enterprise#04"),
            ),
        )
    ),
    CardFault(
        "v3.store-metadata.one-of-enterprise",
        "Takes one Profile of an enterprise and no second.",
        ("procedure.Enterprise#03",),
        decides(store_metadata.CHECKS, "enterprise_same", _first_of_enterprise),
    ),
    CardFault(
        "v3.enable-profile.enterprise-rules-unasked",
        "Enables a Profile that the rules of an enterprise Profile forbid.",
        ("ES10c.EnableProfile#25", "procedure.Enterprise#05"),
        skip(enable_profile.CHECKS, "enterprise_rules"),
    ),
    *(
        CardFault(
            f"v3.update-metadata.{name}-passed-over",
            f"Accepts a new {what} and keeps the old.",
            (row,),
            _passing_over(tag),
        )
        for name, what, row, tag in (
            ("hri-address", "hriServerAddress", f"{_UPDATE}#50", Tag.HriServerAddress),
            ("lpr", "lprConfiguration", f"{_UPDATE}#51", Tag.LprConfiguration),
            (
                "enterprise",
                "enterpriseConfiguration",
                f"{_UPDATE}#03",
                Tag.EnterpriseConfiguration,
            ),
        )
    ),
    CardFault(
        "v3.update-metadata.enterprise-unasked",
        "Gives rules to an enterprise Profile that had none.",
        (f"{_UPDATE}#04",),
        skip(update_metadata.CHECKS, "enterprise"),
    ),
    CardFault(
        "v3.update-metadata.notifications-passed-over",
        "Accepts a new notificationConfigurationInfo and keeps the old.",
        (f"{_UPDATE}#34",),
        swap(update_metadata.CONFIGURED, lambda stored, _given: stored),
    ),
    CardFault(
        "v3.profiles-info.size-missing",
        "Does not list profileSize.",
        (f"{_LIST}#31",),
        swap(get_profiles_info.DESCRIBED, _sizeless),
    ),
)
"""Faults of metadata of version 3."""
