"""Faults of GetProfilesInfo: which Profiles are listed, and which requests are refused."""

from dataclasses import replace
from typing import Final

from rspcore.errors import DecodeError
from rspcore.ids import Aid
from rspcore.messages.es10c import (
    ProfileInfoListError,
    ProfileInfoListRequest,
    ProfileInfoListResponse,
)
from rspcore.tags import ISDP_PREFIX
from rspsim.euicc import isdp, startup
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.isdr import dispatch
from rspsim.euicc.isdr.es10c.get_profiles_info import (
    DEFAULT_TAGS,
    DESCRIBED,
    GET_PROFILES_INFO,
    MATCHES,
    PRESENT,
    WANTED,
)
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, swap

__all__ = ["FAULTS"]

_EMPTY = ProfileInfoListResponse(profile_info_list_ok=()).encode()
_UNDEFINED = ProfileInfoListResponse(profile_info_list_error=ProfileInfoListError.undefinedError)


def _none_is_an_error(decisions: Decisions) -> Decisions:
    table = decisions[dispatch.FUNCTIONS]
    plain = table[GET_PROFILES_INFO.tag]

    def handle(request: ProfileInfoListRequest, view: View) -> Outcome:
        outcome = plain.handle(request, view)
        if outcome.response.data != _EMPTY or request.tag_list is not None:
            return outcome
        return view.answer(_UNDEFINED)

    changed = {**table, plain.tag: replace(plain, handle=handle)}
    return decisions.having(dispatch.FUNCTIONS, changed)


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


def _half_tag_accepted(tag_list: bytes | None, default: frozenset[int]) -> frozenset[int]:
    try:
        return WANTED.standard(tag_list, default)
    except DecodeError:
        return default


def _malformed_by_status_word(decisions: Decisions) -> Decisions:
    table = decisions[dispatch.FUNCTIONS]
    plain = replace(table[GET_PROFILES_INFO.tag], malformed=None)
    return decisions.having(dispatch.FUNCTIONS, {**table, plain.tag: plain})


def _malformed_accepted(decisions: Decisions) -> Decisions:
    table = decisions[dispatch.FUNCTIONS]
    lax = replace(table[GET_PROFILES_INFO.tag], malformed=_everything)
    return decisions.having(dispatch.FUNCTIONS, {**table, lax.tag: lax})


def _everything(view: View) -> Outcome:
    tags = view.decisions[DEFAULT_TAGS]
    described = tuple(DESCRIBED.standard(one, tags, view.state) for one in view.state.profiles)
    return view.answer(ProfileInfoListResponse(profile_info_list_ok=described))


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
    CardFault(
        "es10c.get-profiles-info.filter-ignored",
        "Every Profile is listed, whatever the search criteria are.",
        (
            "ES10c.GetProfilesInfo#03",
            "ES10c.GetProfilesInfo#04",
            "ES10c.GetProfilesInfo#05",
            "ES10c.GetProfilesInfo#06",
            "ES10c.GetProfilesInfo#07",
            "ES10c.GetProfilesInfo#08",
            "ES10c.GetProfilesInfo#09",
            "ES10c.GetProfilesInfo#36",
            "ES10c.GetProfilesInfo#51",
        ),
        swap(MATCHES, lambda _profile, _criteria: True),
    ),
    CardFault(
        "es10c.get-profiles-info.tag-list-ignored",
        "The default objects are returned, whatever the tag list asks for.",
        (
            "ES10c.GetProfilesInfo#10",
            "ES10c.GetProfilesInfo#11",
            "ES10c.GetProfilesInfo#12",
            "ES10c.GetProfilesInfo#13",
            "ES10c.GetProfilesInfo#14",
            "ES10c.GetProfilesInfo#15",
            "ES10c.GetProfilesInfo#16",
            "ES10c.GetProfilesInfo#17",
            "ES10c.GetProfilesInfo#18",
            "ES10c.GetProfilesInfo#19",
            "ES10c.GetProfilesInfo#20",
            "ES10c.GetProfilesInfo#21",
            "ES10c.GetProfilesInfo#22",
            "ES10c.GetProfilesInfo#23",
        ),
        swap(WANTED, lambda _tag_list, default: default),
    ),
    CardFault(
        "es10c.get-profiles-info.none-is-an-error",
        "Without a tag list, an empty list is answered undefinedError(127).",
        (
            "ES10b.AuthenticateServer#74",
            "ES10c.GetProfilesInfo#02",
            "ES10c.GetProfilesInfo#08",
            "ES10c.GetProfilesInfo#09",
            "ES10c.GetProfilesInfo#51",
            "ES10c.DeleteProfile#18",
        ),
        _none_is_an_error,
    ),
    CardFault(
        "es10c.get-profiles-info.loading-listed",
        "A Profile is listed while it is being loaded.",
        ("ES10c.GetProfilesInfo#46",),
        swap(PRESENT, _with_loading),
    ),
    CardFault(
        "es10c.get-profiles-info.malformed-by-status-word",
        "A request that cannot be read is answered 6A80.",
        (
            "ES10c.GetProfilesInfo#42",
            "ES10c.GetProfilesInfo#43",
            "ES10c.GetProfilesInfo#44",
        ),
        _malformed_by_status_word,
    ),
    CardFault(
        "es10c.get-profiles-info.malformed-taken",
        "A request that cannot be read is answered with a list of all Profiles.",
        (
            "ES10c.GetProfilesInfo#42",
            "ES10c.GetProfilesInfo#43",
            "ES10c.GetProfilesInfo#44",
        ),
        _malformed_accepted,
    ),
    CardFault(
        "es10c.get-profiles-info.unknown-tags-refused",
        "Unknown tags in a tag list are refused.",
        ("ES10c.GetProfilesInfo#33",),
        swap(WANTED, _unknown_refused),
    ),
    CardFault(
        "es10c.get-profiles-info.half-tag-taken",
        "A tag list that ends inside a tag is ignored.",
        ("ES10c.GetProfilesInfo#50",),
        swap(WANTED, _half_tag_accepted),
    ),
    CardFault(
        "es10c.get-profiles-info.empty-tag-list-refused",
        "An empty tag list is refused.",
        ("ES10c.GetProfilesInfo#35",),
        swap(WANTED, _empty_refused),
    ),
    CardFault(
        "isdp.aid.outside-range",
        "ISD-Ps get AIDs below the range of ISD-Ps.",
        ("ES10c.GetProfilesInfo#48",),
        swap(isdp.FREE_AID, _low_aid),
    ),
    CardFault(
        "isdp.aid.renumbered-at-reset",
        "A reset changes the AIDs of the ISD-Ps.",
        (
            "ES10c.GetProfilesInfo#48",
            "ES10c.DeleteProfile#22",
            "ES10c.DisableProfile#06",
            "ES10c.DisableProfile#30",
            "ES10c.EnableProfile#10",
            "ES10c.EnableProfile#13",
            "ES10c.EnableProfile#24",
            "ES10c.EnableProfile#46",
            "ES10c.eUICCMemoryReset#27",
        ),
        swap(startup.KEPT, _renumbered),
    ),
)
