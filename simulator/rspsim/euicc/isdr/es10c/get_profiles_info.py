"""ES10c.GetProfilesInfo: what the card reports of its Profiles (SGP.22 v2, 5.7.15).

What version 3 added is listed by a card of version 3 where the tag list asks for it, never without.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import filler
from rspcore.messages.codec import components
from rspcore.messages.es10c import (
    ProfileInfo,
    ProfileInfoListError,
    ProfileInfoListRequest,
    ProfileInfoListResponse,
    SearchCriteria,
)
from rspcore.messages.euicc_info import RspCapability
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc.decisions import Decision
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.options import PendingListing
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Profile

__all__ = [
    "DEFAULT_TAGS",
    "DESCRIBED",
    "GET_PROFILES_INFO",
    "MATCHES",
    "PRESENT",
    "WANTED",
]

DEFAULT_TAGS: Final[Decision[frozenset[int]]] = Decision(
    "es10c.get_profiles_info.default_tags",
    frozenset(
        {
            Tag.Iccid,
            Tag.IsdpAid,
            Tag.ProfileState,
            Tag.ProfileNickname,
            Tag.ServiceProviderName,
            Tag.ProfileName,
            Tag.IconType,
            Tag.Icon,
            Tag.ProfileClass,
        }
    ),
    "objects listed when the request has no tag list",
)
_SERVICE_DATA: Final = 0xBF22
_OBJECTS: Final[Mapping[int, str]] = {
    Tag.Iccid: "iccid",
    Tag.IsdpAid: "isdp_aid",
    Tag.ProfileState: "profile_state",
    Tag.ProfileNickname: "profile_nickname",
    Tag.ServiceProviderName: "service_provider_name",
    Tag.ProfileName: "profile_name",
    Tag.IconType: "icon_type",
    Tag.Icon: "icon",
    Tag.ProfileClass: "profile_class",
    Tag.NotificationConfigurationInfo: "notification_configuration_info",
    Tag.ProfileOwner: "profile_owner",
    Tag.DpProprietaryData: "dp_proprietary_data",
    Tag.ProfilePolicyRules: "profile_policy_rules",
    _SERVICE_DATA: "service_specific_data_stored_in_euicc",
}
"""Tag of each object to its component of ProfileInfo."""
_OBJECTS_OF_V3: Final = {
    one.tag: one for one in components(v3.ProfileInfo) if one.tag not in _OBJECTS
}
"""Component of each object that version 3 added, by its tag."""
_TAGS: Final = frozenset(_OBJECTS)
_TAGS_OF_V3: Final = _TAGS | frozenset(_OBJECTS_OF_V3)
_LIST_OK: Final = next(
    one.tag for one in components(ProfileInfoListResponse) if one.name == "profile_info_list_ok"
)
_MOST_KEPT: Final = 4
"""Forms of one ProfileInfo that are kept: a device asks for few."""
_info_of: Final = filler(ProfileInfo)
_KEEPS_SERVICE_DATA: Final = RspCapability.serviceSpecificDataSupport


def _present(view: View, /) -> tuple[Profile, ...]:
    """Returns the Profiles to list; one that is being loaded is not among them."""
    return view.state.profiles


def _wanted(tag_list: bytes | None, default: frozenset[int]) -> frozenset[int]:
    """Returns the tags asked for.

    Raises:
        DecodeError: the list ends inside a tag.
    """
    return default if tag_list is None else tlv.tags_of(tag_list)


def _matches(profile: Profile, criteria: SearchCriteria | None) -> bool:
    """Returns whether a Profile is asked for; without criteria every one is."""
    if criteria is None:
        return True
    if criteria.isdp_aid is not None:
        return profile.aid == criteria.isdp_aid
    if criteria.iccid is not None:
        return profile.iccid == criteria.iccid
    return profile.profile_class == criteria.profile_class


@lru_cache(maxsize=64)
def _left_out(tags: frozenset[int]) -> tuple[str, ...]:
    """Returns the components of ProfileInfo that these tags do not ask for."""
    return tuple(name for tag, name in _OBJECTS.items() if tag not in tags)


def _described(profile: Profile, tags: frozenset[int], state: CardState) -> ProfileInfo:
    """Returns the objects of a Profile that the tags ask for and it has."""
    metadata = profile.metadata
    listed: dict[str, Any] = {
        "raw": None,
        "iccid": profile.iccid,
        "isdp_aid": profile.aid,
        "profile_state": profile.state,
        "profile_nickname": profile.nickname or None,
        "service_provider_name": metadata.service_provider_name,
        "profile_name": metadata.profile_name,
        "icon_type": metadata.icon_type,
        "icon": metadata.icon,
        "profile_class": profile.profile_class,
        "notification_configuration_info": metadata.notification_configuration_info,
        "profile_owner": metadata.profile_owner,
        "dp_proprietary_data": profile.dp_proprietary_data,
        "profile_policy_rules": metadata.profile_policy_rules,
        "service_specific_data_stored_in_euicc": metadata.service_specific_data_stored_in_euicc,
    }
    for name in _left_out(tags):
        listed[name] = None
    if _KEEPS_SERVICE_DATA not in state.personality.rsp_capability:
        listed["service_specific_data_stored_in_euicc"] = None
    if not state.personality.version_3:
        return _info_of(listed)
    del listed["raw"]
    return v3.ProfileInfo(**listed, **_further(profile, tags, state))


def _further(profile: Profile, tags: frozenset[int], state: CardState) -> dict[str, Any]:
    """Returns the objects that version 3 added, of those that the tags ask for."""
    have = (tlv.parse(octets) for octets in profile.further_objects)
    asked = (one for one in have if one.tag in tags)
    found = {
        _OBJECTS_OF_V3[one.tag].name: _OBJECTS_OF_V3[one.tag].codec.decode(one) for one in asked
    }
    sized = EuiccRspCapability.profileSizeInProfilesInfoSupport in state.personality.rsp_capability
    if sized and Tag.ProfileSize in tags:
        found["profile_size"] = profile.size
    if profile.port is not None and Tag.EnabledOnEsimPort in tags:
        found["enabled_on_esim_port"] = profile.port
    return found


PRESENT: Final[Decision[Callable[[View], tuple[Profile, ...]]]] = Decision(
    "es10c.get_profiles_info.present", _present, "Profiles to list"
)
WANTED: Final = Decision(
    "es10c.get_profiles_info.wanted", _wanted, "objects that a tag list or its absence asks for"
)
MATCHES: Final = Decision(
    "es10c.get_profiles_info.matches", _matches, "which Profiles the criteria ask for"
)
DESCRIBED: Final = Decision(
    "es10c.get_profiles_info.described", _described, "objects listed for a Profile"
)


def _handle(request: ProfileInfoListRequest, view: View) -> Outcome:
    waits = view.state.change_waits
    if waits and view.options.pending_listing is PendingListing.REFUSED:
        return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    try:
        tags = view.decisions[WANTED](request.tag_list, view.decisions[DEFAULT_TAGS])
    except DecodeError:
        return _malformed(view)
    known = _TAGS_OF_V3 if view.state.personality.version_3 else _TAGS
    if not tags <= known and view.options.unknown_info_tag_refused:
        return _malformed(view)
    matches, described = view.decisions[MATCHES], view.decisions[DESCRIBED]
    found = [
        profile
        for profile in view.decisions[PRESENT](view)
        if matches(profile, request.search_criteria)
    ]
    if described is _described:
        return view.outcome(_list_of([_info(profile, tags, view.state) for profile in found]))
    listed = tuple(described(profile, tags, view.state) for profile in found)
    return view.answer(ProfileInfoListResponse(profile_info_list_ok=listed))


def _info(profile: Profile, tags: frozenset[int], state: CardState) -> bytes:
    """Returns ProfileInfo in octets, which are kept with the Profile for the next time.

    They follow from the Profile, the tags and two facts about the card.
    """
    personality = state.personality
    kept, asked = profile.listed, (tags, personality.rsp_capability, personality.version_3)
    octets = kept.get(asked)
    if octets is None:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        octets = kept[asked] = _described(profile, tags, state).encode()
    return octets


def _list_of(infos: list[bytes]) -> bytes:
    """Returns ProfileInfoListResponse with these as profileInfoListOk."""
    return tlv.encode(ProfileInfoListResponse.TAG, tlv.encode(_LIST_OK, *infos))


def _malformed(view: View) -> Outcome:
    code = ProfileInfoListError.incorrectInputValues
    return view.answer(ProfileInfoListResponse(profile_info_list_error=code))


GET_PROFILES_INFO: Final = Function(
    "ES10c.GetProfilesInfo",
    ProfileInfoListRequest,
    _handle,
    Interface.ES10C,
    malformed=_malformed,
)
