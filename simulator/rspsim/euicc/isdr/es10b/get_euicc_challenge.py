"""ES10b.GetEUICCChallenge: begins a new RSP session in any state (SGP.22 v2, 5.7.7)."""

from typing import Final

from rspcore.frozen import replace
from rspcore.messages.es10b import GetEuiccChallengeRequest, GetEuiccChallengeResponse
from rspsim.env import Rng
from rspsim.euicc.decisions import Decision
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session import SessionEvent
from rspsim.euicc.session_context import Session

__all__ = ["CHALLENGE", "DISCARDS", "GET_EUICC_CHALLENGE"]

_LENGTH = 16


def _challenge(rng: Rng) -> bytes:
    return rng.octets(_LENGTH)


CHALLENGE: Final = Decision(
    "es10b.get_euicc_challenge.challenge", _challenge, "16 unpredictable octets"
)
DISCARDS: Final = Decision(
    "es10b.get_euicc_challenge.discards",
    standard=True,
    summary="a new challenge discards the whole session",
)


def _handle(_request: GetEuiccChallengeRequest, view: View) -> Outcome:
    challenge = view.decisions[CHALLENGE](view.rng)
    begun = view.session_after(SessionEvent.CHALLENGE_ISSUED)
    kept = Session() if view.decisions[DISCARDS] else begun
    state = view.state
    if state.open_installation is not None:
        state = replace(state, open_installation=None)
    return view.answer(
        GetEuiccChallengeResponse(euicc_challenge=challenge),
        state=state,
        session=replace(kept, state=begun.state, challenge=challenge),
    )


GET_EUICC_CHALLENGE: Final = Function(
    "ES10b.GetEUICCChallenge", GetEuiccChallengeRequest, _handle, Interface.ES10B
)
