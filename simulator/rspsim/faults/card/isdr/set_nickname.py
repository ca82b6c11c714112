"""Faults of SetNickname: what is stored, for whom, and for how long."""

from typing import Annotated, ClassVar, Final

from rspcore.frozen import dataclass, replace
from rspcore.ids import Iccid
from rspcore.messages.codec import ICCID, At, Structure, utf8
from rspcore.messages.es10c import SetNicknameResult
from rspcore.tags import Tag
from rspsim.euicc import startup
from rspsim.euicc.decisions import Check, Decisions
from rspsim.euicc.isdr import dispatch
from rspsim.euicc.isdr.es10c import set_nickname
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, adds, answers, swap, together

__all__ = ["FAULTS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _AnyNickname(Structure):
    """A SetNickname request with a nickname of any length, or none."""

    TAG: ClassVar[int] = Tag.SetNickname

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]
    profile_nickname: Annotated[str | None, At(Tag.ProfileNickname, utf8(0, 255))] = None


def _any_nickname_taken(decisions: Decisions) -> Decisions:
    table = decisions[dispatch.FUNCTIONS]
    lax = replace(table[Tag.SetNickname], request=_AnyNickname)
    return decisions.having(dispatch.FUNCTIONS, {**table, lax.tag: lax})


def _with_nickname(state: CardState, profile: Profile, nickname: str | None) -> CardState:
    return state.with_profile(replace(profile, nickname=nickname or ""))


def _cut_nickname(state: CardState, profile: Profile, nickname: str) -> CardState:
    octets = nickname.encode()[:64]
    return _with_nickname(state, profile, octets.decode("utf-8", "ignore"))


def _first_nickname(state: CardState, profile: Profile, nickname: str) -> CardState:
    return _with_nickname(state, profile, profile.nickname or nickname)


def _never_emptied(state: CardState, profile: Profile, nickname: str) -> CardState:
    return _with_nickname(state, profile, nickname or profile.nickname)


def _nicknames_removed(state: CardState, /) -> CardState:
    return replace(state, profiles=tuple(replace(one, nickname="") for one in state.profiles))


_N = SetNicknameResult

FAULTS: Final = (
    CardFault(
        "es10c.set-nickname.not-stored",
        "A nickname is confirmed and not stored.",
        (
            "ES10c.SetNickname#01",
            "ES10c.SetNickname#02",
            "ES10c.SetNickname#04",
            "ES10c.SetNickname#05",
            "ES10c.SetNickname#06",
            "ES10c.SetNickname#09",
            "ES10c.GetProfilesInfo#01",
            "ES10c.GetProfilesInfo#13",
            "ES10c.GetProfilesInfo#32",
        ),
        swap(set_nickname.STORED, lambda state, _profile, _nickname: state),
    ),
    CardFault(
        "es10c.set-nickname.first-kept",
        "A nickname cannot be replaced by another.",
        (
            "ES10c.SetNickname#02",
            "ES10c.SetNickname#03",
        ),
        swap(set_nickname.STORED, _first_nickname),
    ),
    CardFault(
        "es10c.set-nickname.empty-ignored",
        "An empty nickname does not remove the stored one.",
        ("ES10c.SetNickname#03",),
        swap(set_nickname.STORED, _never_emptied),
    ),
    CardFault(
        "es10c.set-nickname.cut",
        "A nickname is cut after 64 octets instead of 64 characters.",
        ("ES10c.SetNickname#05",),
        swap(set_nickname.STORED, _cut_nickname),
    ),
    CardFault(
        "es10c.set-nickname.short",
        "A nickname is cut after 32 characters.",
        (
            "ES10c.SetNickname#04",
            "ES10c.SetNickname#05",
        ),
        swap(
            set_nickname.STORED,
            lambda state, profile, nickname: _with_nickname(state, profile, nickname[:32]),
        ),
    ),
    CardFault(
        "es10c.set-nickname.disabled-only",
        "The nickname of the enabled Profile cannot be set.",
        ("ES10c.SetNickname#06",),
        adds(
            set_nickname.CHECKS,
            Check(
                "disabled",
                lambda attempt: attempt.profile is None or not attempt.profile.enabled,
                _N.undefinedError,
            ),
        ),
    ),
    CardFault(
        "es10c.set-nickname.not-found-undefined",
        "An unknown Profile is answered undefinedError(127).",
        (
            "procedure.DeleteProcess#01",
            "ES10c.SetNickname#07",
        ),
        answers(set_nickname.CHECKS, "profile_found", _N.undefinedError),
    ),
    CardFault(
        "es10c.set-nickname.any",
        "A nickname of any length is accepted, and a missing one counts as empty.",
        (
            "ES10c.SetNickname#08",
            "ES10c.SetNickname#11",
        ),
        together(_any_nickname_taken, swap(set_nickname.STORED, _with_nickname)),
    ),
    CardFault(
        "es10c.set-nickname.lost-at-reset",
        "A reset removes all nicknames.",
        ("ES10c.SetNickname#09",),
        swap(startup.KEPT, _nicknames_removed),
    ),
)
