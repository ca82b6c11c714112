"""Faults of ProfileInfo: which objects are returned, their content and their order."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, Final

from rspcore import tlv
from rspcore.ids import MccMnc
from rspcore.messages.es10c import (
    ProfileInfo,
    ProfileState,
)
from rspcore.messages.metadata import OperatorId
from rspcore.profile_reader.profile_facts import ProfileFacts
from rspcore.tags import Tag
from rspsim.euicc.isdr.es10c.get_profiles_info import DEFAULT_TAGS, DESCRIBED
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, Change, swap

__all__ = ["FAULTS"]


class _ReverseOrder(ProfileInfo):
    """ProfileInfo with its objects in the opposite order."""

    def content(self) -> bytes:
        """Returns the value field."""
        whole = ProfileInfo.content(self)
        return b"".join(bytes(one.raw) for one in reversed(tlv.parse_all(whole)))


def _described_with(change: Callable[[ProfileInfo, Profile], ProfileInfo]) -> Change:
    """Returns a change of the ProfileInfo of each Profile."""

    def described(profile: Profile, tags: frozenset[int], state: CardState) -> ProfileInfo:
        return change(DESCRIBED.standard(profile, tags, state), profile)

    return swap(DESCRIBED, described)


def _without(name: str) -> Change:
    """Returns a change that leaves one object of each Profile out."""
    changes: dict[str, Any] = {name: None}
    return _described_with(lambda info, _profile: replace(info, **changes))


def _in_reverse_order(info: ProfileInfo, _profile: Profile) -> ProfileInfo:
    if info.isdp_aid is not None:
        return info
    values = {one.name: getattr(info, one.name) for one in fields(info) if one.init}
    return _ReverseOrder(**values)


def _disabled(info: ProfileInfo, _profile: Profile) -> ProfileInfo:
    state = None if info.profile_state is None else ProfileState.disabled
    return replace(info, profile_state=state)


def _first_entry(info: ProfileInfo, _profile: Profile) -> ProfileInfo:
    entries = info.notification_configuration_info
    return replace(info, notification_configuration_info=entries[:1] if entries else None)


def _names_exchanged(info: ProfileInfo, _profile: Profile) -> ProfileInfo:
    return replace(
        info, service_provider_name=info.profile_name, profile_name=info.service_provider_name
    )


def _absent_as_empty(profile: Profile, tags: frozenset[int], state: CardState) -> ProfileInfo:
    info = DESCRIBED.standard(profile, tags, state)
    nickname = profile.nickname if Tag.ProfileNickname in tags else None
    icon = info.icon or b"" if Tag.Icon in tags else None
    return replace(info, profile_nickname=nickname, icon=icon)


def _owner_of_imsi(profile: Profile, tags: frozenset[int], state: CardState) -> ProfileInfo:
    info = DESCRIBED.standard(profile, tags, state)
    if info.profile_owner is not None or Tag.ProfileOwner not in tags:
        return info
    imsi = ProfileFacts.of_package(profile.package).imsi or "00101"
    code = MccMnc.from_digits(imsi[:3], imsi[3:5])
    return replace(info, profile_owner=OperatorId(mcc_mnc=code))


FAULTS: Final = (
    CardFault(
        "es10c.get-profiles-info.names-exchanged",
        "Service provider name and Profile name are returned under each other's tag.",
        (
            "ES10c.GetProfilesInfo#01",
            "ES10c.GetProfilesInfo#14",
            "ES10c.GetProfilesInfo#15",
            "ES10c.GetProfilesInfo#32",
            "ES10c.GetProfilesInfo#33",
            "ES10c.GetProfilesInfo#36",
            "ES10c.GetProfilesInfo#41",
            "ES10c.GetProfilesInfo#49",
        ),
        _described_with(_names_exchanged),
    ),
    CardFault(
        "es10c.get-profiles-info.icon-left-out",
        "The icon of a Profile is not returned.",
        (
            "ES10c.GetProfilesInfo#01",
            "ES10c.GetProfilesInfo#17",
            "ES10c.GetProfilesInfo#32",
            "ES10c.GetProfilesInfo#41",
        ),
        _without("icon"),
    ),
    CardFault(
        "es10c.get-profiles-info.icon-type-left-out",
        "The type of an icon is not returned.",
        (
            "ES10c.GetProfilesInfo#01",
            "ES10c.GetProfilesInfo#16",
            "ES10c.GetProfilesInfo#32",
        ),
        _without("icon_type"),
    ),
    CardFault(
        "es10c.get-profiles-info.class-left-out",
        "The class of a Profile is not returned.",
        (
            "ES8+.StoreMetadata#09",
            "ES8+.StoreMetadata#10",
            "ES8+.StoreMetadata#11",
            "ES10c.GetProfilesInfo#01",
            "ES10c.GetProfilesInfo#18",
            "ES10c.GetProfilesInfo#32",
        ),
        _without("profile_class"),
    ),
    CardFault(
        "es10c.get-profiles-info.owner-left-out",
        "The owner of a Profile is not returned.",
        (
            "ES8+.StoreMetadata#02",
            "ES8+.StoreMetadata#17",
            "ES8+.StoreMetadata#18",
            "ES10c.GetProfilesInfo#20",
            "ES10c.GetProfilesInfo#32",
        ),
        _without("profile_owner"),
    ),
    CardFault(
        "es10c.get-profiles-info.rules-left-out",
        "The policy rules of a Profile are not returned.",
        ("ES10c.GetProfilesInfo#22",),
        _without("profile_policy_rules"),
    ),
    CardFault(
        "es10c.get-profiles-info.dp-data-left-out",
        "dpProprietaryData is not returned.",
        (
            "ES10c.GetProfilesInfo#21",
            "ES10c.GetProfilesInfo#32",
        ),
        _without("dp_proprietary_data"),
    ),
    CardFault(
        "es10c.get-profiles-info.service-data-left-out",
        "The service-specific data of a Profile are not returned.",
        (
            "ES10c.GetProfilesInfo#23",
            "ES10c.GetProfilesInfo#32",
        ),
        _without("service_specific_data_stored_in_euicc"),
    ),
    CardFault(
        "es10c.get-profiles-info.one-configuration-entry",
        "Only the first entry of notificationConfigurationInfo is returned.",
        ("ES10c.GetProfilesInfo#40",),
        _described_with(_first_entry),
    ),
    CardFault(
        "es10c.get-profiles-info.absent-as-empty",
        "A nickname or icon that a Profile does not have is returned empty.",
        (
            "ES10c.GetProfilesInfo#01",
            "ES10c.GetProfilesInfo#13",
            "ES10c.GetProfilesInfo#17",
            "ES10c.GetProfilesInfo#47",
            "ES10c.SetNickname#01",
            "ES10c.SetNickname#03",
            "ES10c.SetNickname#04",
            "ES10c.SetNickname#05",
            "ES10c.SetNickname#10",
        ),
        swap(DESCRIBED, _absent_as_empty),
    ),
    CardFault(
        "es10c.get-profiles-info.owner-of-imsi",
        "A missing owner is made from EF.IMSI, although PIN1 protects that file.",
        (
            "ES10c.GetProfilesInfo#20",
            "ES10c.GetProfilesInfo#38",
        ),
        swap(DESCRIBED, _owner_of_imsi),
    ),
    CardFault(
        "es10c.get-profiles-info.backwards",
        "Objects requested without the ISD-P AID come in the opposite order.",
        ("ES10c.GetProfilesInfo#49",),
        _described_with(_in_reverse_order),
    ),
    CardFault(
        "es10c.get-profiles-info.all-disabled",
        "Every Profile is reported as Disabled.",
        (
            "ES10c.GetProfilesInfo#01",
            "ES10c.GetProfilesInfo#12",
            "ES10c.GetProfilesInfo#37",
            "ES10c.DisableProfile#06",
            "ES10c.DisableProfile#30",
            "ES10c.EnableProfile#01",
            "ES10c.EnableProfile#02",
            "ES10c.EnableProfile#03",
            "ES10c.EnableProfile#04",
            "ES10c.EnableProfile#05",
            "ES10c.EnableProfile#07",
            "ES10c.EnableProfile#10",
            "ES10c.EnableProfile#11",
            "ES10c.EnableProfile#12",
        ),
        _described_with(_disabled),
    ),
    CardFault(
        "es10c.get-profiles-info.class-not-default",
        "Without a tag list, the class is not returned.",
        ("ES10c.GetProfilesInfo#01",),
        swap(DEFAULT_TAGS, DEFAULT_TAGS.standard - {Tag.ProfileClass}),
    ),
    CardFault(
        "es10c.get-profiles-info.owner-by-default",
        "Without a tag list, the owner is returned, too.",
        ("ES10c.GetProfilesInfo#01",),
        swap(DEFAULT_TAGS, DEFAULT_TAGS.standard | {Tag.ProfileOwner}),
    ),
)
