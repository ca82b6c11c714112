"""ES10c.SetNickname: an empty nickname removes the one stored (SGP.22 v2, 5.7.21)."""

from typing import Final

from rspcore.frozen import dataclass, replace
from rspcore.messages.es10c import SetNicknameRequest, SetNicknameResponse, SetNicknameResult
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Profile

__all__ = ["CHECKS", "SET_NICKNAME", "STORED", "NicknameAttempt"]


@dataclass(frozen=True, slots=True)
class NicknameAttempt:
    """A request and the view for its checks."""

    request: SetNicknameRequest
    view: View

    @property
    def profile(self) -> Profile | None:
        """Returns the Profile named, or None."""
        return self.view.state.profile_by_iccid(self.request.iccid)


def _stored(state: CardState, profile: Profile, nickname: str) -> CardState:
    return state.with_profile(replace(profile, nickname=nickname))


CHECKS: Final[Decision[Checks[NicknameAttempt]]] = Decision(
    "es10c.set_nickname",
    (Check("profile_found", lambda a: a.profile is not None, SetNicknameResult.iccidNotFound),),
    "checks of SetNickname",
)
STORED: Final = Decision("es10c.set_nickname.stored", _stored, "state after a new nickname")


def _handle(request: SetNicknameRequest, view: View) -> Outcome:
    attempt = NicknameAttempt(request, view)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    profile = attempt.profile
    if refusal is not None or profile is None:
        code = SetNicknameResult.undefinedError if refusal is None else refusal
        return view.answer(SetNicknameResponse(set_nickname_result=code))
    return view.answer(
        SetNicknameResponse(set_nickname_result=SetNicknameResult.ok),
        state=view.decisions[STORED](view.state, profile, request.profile_nickname),
    )


SET_NICKNAME: Final = Function("ES10c.SetNickname", SetNicknameRequest, _handle, Interface.ES10C)
