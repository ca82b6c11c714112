"""Faults of GetProfilesInfo: which Profiles are told of, by which objects, in what form."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.ids import Aid, MccMnc
from rspcore.messages.es10c import (
    ProfileInfo,
    ProfileInfoListError,
    ProfileInfoListRequest,
    ProfileInfoListResponse,
    ProfileState,
)
from rspcore.messages.metadata import OperatorId
from rspcore.profile.facts import ProfileFacts
from rspcore.tags import ISDP_PREFIX, Tag
from rspsim.euicc import isdp, isdr, startup
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.es10c.get_profiles_info import (
    DEFAULT_TAGS,
    DESCRIBED,
    GET_PROFILES_INFO,
    MATCHES,
    PRESENT,
    WANTED,
)
from rspsim.euicc.faults.fault import Change, Fault, swap
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Profile

__all__ = ["FAULTS"]

_EMPTY = ProfileInfoListResponse(profile_info_list_ok=()).encode()
_UNDEFINED = ProfileInfoListResponse(profile_info_list_error=ProfileInfoListError.undefinedError)


class _Backwards(ProfileInfo):
    """Write the objects in the opposite order."""

    def content(self) -> bytes:
        """Return the value field."""
        whole = ProfileInfo.content(self)
        return b"".join(bytes(one.raw) for one in reversed(tlv.parse_all(whole)))


def _telling(change: Callable[[ProfileInfo, Profile], ProfileInfo]) -> Change:
    """Change what is told of each Profile."""

    def described(profile: Profile, tags: frozenset[int], state: CardState) -> ProfileInfo:
        return change(DESCRIBED.standard(profile, tags, state), profile)

    return swap(DESCRIBED, described)


def _without(name: str) -> Change:
    """Leave one object of each Profile out."""
    changes: dict[str, Any] = {name: None}
    return _telling(lambda info, _profile: replace(info, **changes))


def _backwards(info: ProfileInfo, _profile: Profile) -> ProfileInfo:
    if info.isdp_aid is not None:
        return info
    told = {one.name: getattr(info, one.name) for one in fields(info) if one.init}
    return _Backwards(**told)


def _disabled(info: ProfileInfo, _profile: Profile) -> ProfileInfo:
    told = None if info.profile_state is None else ProfileState.disabled
    return replace(info, profile_state=told)


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


def _none_is_an_error(decisions: Decisions) -> Decisions:
    table = decisions[isdr.FUNCTIONS]
    plain = table[GET_PROFILES_INFO.tag]

    def handle(request: ProfileInfoListRequest, view: View) -> Outcome:
        outcome = plain.handle(request, view)
        if outcome.response.data != _EMPTY or request.tag_list is not None:
            return outcome
        return view.answer(_UNDEFINED)

    changed = {**table, plain.tag: replace(plain, handle=handle)}
    return decisions.having(isdr.FUNCTIONS, changed)


def _with_loading(view: View, /) -> tuple[Profile, ...]:
    load = view.session.load
    if load is None or load.aid is None or load.metadata is None:
        return view.state.profiles
    return (*view.state.profiles, Profile(aid=load.aid, metadata=load.metadata))


def _unknown_refused(tag_list: bytes | None, default: frozenset[int]) -> frozenset[int]:
    tags = WANTED.standard(tag_list, default)
    if any(tag in (0xDF7E, 0xC9) for tag in tags):
        raise DecodeError("a tag this card does not know")
    return tags


def _empty_refused(tag_list: bytes | None, default: frozenset[int]) -> frozenset[int]:
    if tag_list == b"":
        raise DecodeError("a tag list without a tag")
    return WANTED.standard(tag_list, default)


def _half_tag_taken(tag_list: bytes | None, default: frozenset[int]) -> frozenset[int]:
    try:
        return WANTED.standard(tag_list, default)
    except DecodeError:
        return default


def _malformed_by_status_word(decisions: Decisions) -> Decisions:
    table = decisions[isdr.FUNCTIONS]
    plain = replace(table[GET_PROFILES_INFO.tag], malformed=None)
    return decisions.having(isdr.FUNCTIONS, {**table, plain.tag: plain})


def _malformed_taken(decisions: Decisions) -> Decisions:
    table = decisions[isdr.FUNCTIONS]
    lax = replace(table[GET_PROFILES_INFO.tag], malformed=_everything)
    return decisions.having(isdr.FUNCTIONS, {**table, lax.tag: lax})


def _everything(view: View) -> Outcome:
    tags = view.decisions[DEFAULT_TAGS]
    told = tuple(DESCRIBED.standard(one, tags, view.state) for one in view.state.profiles)
    return view.answer(ProfileInfoListResponse(profile_info_list_ok=told))


def _low_aid(state: CardState, /) -> Aid | None:
    used = {profile.aid for profile in state.profiles}
    aids = (Aid(ISDP_PREFIX + bytes((0, number, 0))) for number in range(3, 16))
    return next((aid for aid in aids if aid not in used), None)


def _renumbered(state: CardState, /) -> CardState:
    numbers = range(0x1010, 0x1010 + len(state.profiles))
    aids = (Aid(ISDP_PREFIX + number.to_bytes(2, "big") + b"\x00") for number in numbers)
    given = tuple(
        replace(profile, aid=aid) for profile, aid in zip(state.profiles, aids, strict=True)
    )
    return replace(state, profiles=tuple(reversed(given)))


FAULTS: Final = (
    Fault(
        "es10c.get-profiles-info.filter-ignored",
        "Every Profile is listed, whatever the criteria ask for.",
        ("ES10c.GetProfilesInfo#03", "ES10c.GetProfilesInfo#04", "ES10c.GetProfilesInfo#05"),
        swap(MATCHES, lambda _profile, _criteria: True),
    ),
    Fault(
        "es10c.get-profiles-info.tag-list-ignored",
        "The default objects are told, whatever the tag list asks for.",
        ("ES10c.GetProfilesInfo#10", "ES10c.GetProfilesInfo#11", "ES10c.GetProfilesInfo#12"),
        swap(WANTED, lambda _tag_list, default: default),
    ),
    Fault(
        "es10c.get-profiles-info.class-not-default",
        "Without a tag list the class is not told.",
        ("ES10c.GetProfilesInfo#01",),
        swap(DEFAULT_TAGS, DEFAULT_TAGS.standard - {Tag.ProfileClass}),
    ),
    Fault(
        "es10c.get-profiles-info.owner-by-default",
        "Without a tag list the owner is told, too.",
        ("ES10c.GetProfilesInfo#01",),
        swap(DEFAULT_TAGS, DEFAULT_TAGS.standard | {Tag.ProfileOwner}),
    ),
    Fault(
        "es10c.get-profiles-info.none-is-an-error",
        "Without a tag list an empty list is answered undefinedError(127).",
        ("ES10c.GetProfilesInfo#02", "ES10c.GetProfilesInfo#08", "ES10c.GetProfilesInfo#09"),
        _none_is_an_error,
    ),
    Fault(
        "es10c.get-profiles-info.all-disabled",
        "Every Profile is told to be Disabled.",
        ("ES10c.GetProfilesInfo#01", "ES10c.GetProfilesInfo#12", "ES10c.GetProfilesInfo#37"),
        _telling(_disabled),
    ),
    Fault(
        "es10c.get-profiles-info.names-exchanged",
        "Service provider name and Profile name are told under each other's tag.",
        ("ES10c.GetProfilesInfo#01", "ES10c.GetProfilesInfo#14", "ES10c.GetProfilesInfo#15"),
        _telling(_names_exchanged),
    ),
    Fault(
        "es10c.get-profiles-info.icon-left-out",
        "The icon of a Profile is not told.",
        ("ES10c.GetProfilesInfo#01", "ES10c.GetProfilesInfo#17", "ES10c.GetProfilesInfo#32"),
        _without("icon"),
    ),
    Fault(
        "es10c.get-profiles-info.icon-type-left-out",
        "The type of an icon is not told.",
        ("ES10c.GetProfilesInfo#01", "ES10c.GetProfilesInfo#16", "ES10c.GetProfilesInfo#32"),
        _without("icon_type"),
    ),
    Fault(
        "es10c.get-profiles-info.class-left-out",
        "The class of a Profile is not told.",
        ("ES10c.GetProfilesInfo#01", "ES10c.GetProfilesInfo#18", "ES10c.GetProfilesInfo#32"),
        _without("profile_class"),
    ),
    Fault(
        "es10c.get-profiles-info.owner-left-out",
        "The owner of a Profile is not told.",
        ("ES10c.GetProfilesInfo#20", "ES10c.GetProfilesInfo#32"),
        _without("profile_owner"),
    ),
    Fault(
        "es10c.get-profiles-info.rules-left-out",
        "The policy rules of a Profile are not told.",
        ("ES10c.GetProfilesInfo#22",),
        _without("profile_policy_rules"),
    ),
    Fault(
        "es10c.get-profiles-info.dp-data-left-out",
        "dpProprietaryData is not told.",
        ("ES10c.GetProfilesInfo#21", "ES10c.GetProfilesInfo#32"),
        _without("dp_proprietary_data"),
    ),
    Fault(
        "es10c.get-profiles-info.service-data-left-out",
        "The service specific data of a Profile are not told.",
        ("ES10c.GetProfilesInfo#23", "ES10c.GetProfilesInfo#32"),
        _without("service_specific_data_stored_in_euicc"),
    ),
    Fault(
        "es10c.get-profiles-info.one-configuration-entry",
        "Of notificationConfigurationInfo only the first entry is told.",
        ("ES10c.GetProfilesInfo#40",),
        _telling(_first_entry),
    ),
    Fault(
        "es10c.get-profiles-info.absent-as-empty",
        "A nickname or icon a Profile does not have is told without content.",
        ("ES10c.GetProfilesInfo#01", "ES10c.GetProfilesInfo#13", "ES10c.GetProfilesInfo#17"),
        swap(DESCRIBED, _absent_as_empty),
    ),
    Fault(
        "es10c.get-profiles-info.owner-of-imsi",
        "The owner that is not stored is made of EF.IMSI, though PIN1 protects it.",
        ("ES10c.GetProfilesInfo#20", "ES10c.GetProfilesInfo#38"),
        swap(DESCRIBED, _owner_of_imsi),
    ),
    Fault(
        "es10c.get-profiles-info.backwards",
        "Objects asked for without the ISD-P AID come in the opposite order.",
        ("ES10c.GetProfilesInfo#41", "ES10c.GetProfilesInfo#49"),
        _telling(_backwards),
    ),
    Fault(
        "es10c.get-profiles-info.loading-listed",
        "A Profile is listed while it is being loaded.",
        ("ES10c.GetProfilesInfo#46",),
        swap(PRESENT, _with_loading),
    ),
    Fault(
        "es10c.get-profiles-info.malformed-by-status-word",
        "A request that cannot be read is refused by 6A80.",
        ("ES10c.GetProfilesInfo#42", "ES10c.GetProfilesInfo#43"),
        _malformed_by_status_word,
    ),
    Fault(
        "es10c.get-profiles-info.malformed-taken",
        "A request that cannot be read lists everything.",
        ("ES10c.GetProfilesInfo#42", "ES10c.GetProfilesInfo#43"),
        _malformed_taken,
    ),
    Fault(
        "es10c.get-profiles-info.unknown-tags-refused",
        "Unknown tags in a tag list are an error.",
        ("ES10c.GetProfilesInfo#33",),
        swap(WANTED, _unknown_refused),
    ),
    Fault(
        "es10c.get-profiles-info.half-tag-taken",
        "A tag list that ends inside a tag counts as none.",
        ("ES10c.GetProfilesInfo#50",),
        swap(WANTED, _half_tag_taken),
    ),
    Fault(
        "es10c.get-profiles-info.empty-tag-list-refused",
        "A tag list without a tag is an error.",
        ("ES10c.GetProfilesInfo#35",),
        swap(WANTED, _empty_refused),
    ),
    Fault(
        "isdp.aid.outside-range",
        "ISD-Ps get AIDs below the range of ISD-Ps.",
        ("ES10c.GetProfilesInfo#48",),
        swap(isdp.FREE_AID, _low_aid),
    ),
    Fault(
        "isdp.aid.renumbered-at-reset",
        "ISD-Ps get other AIDs at a reset.",
        ("ES10c.DeleteProfile#22", "ES10c.DisableProfile#06", "ES10c.DisableProfile#30"),
        swap(startup.KEPT, _renumbered),
    ),
)
