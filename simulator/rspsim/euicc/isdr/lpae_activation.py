"""LpaeActivation: a card without an LPA of its own answers notSupported (SGP.22 v2, 5.7.1).

On a card of version 3 lpaMode says from then on, until a reset, that the LPAe is in use.
"""

from typing import Final

from rspcore.frozen import replace
from rspcore.messages.isdr import (
    LpaeActivationRequest,
    LpaeActivationResponse,
    LpaeActivationResult,
)
from rspsim.euicc.decisions import Decision
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState

__all__ = ["LPAE_ACTIVATION", "SUPPORTED"]


def _supported(state: CardState, wanted: frozenset[int]) -> bool:
    offered = state.personality.lpae_support or frozenset()
    return bool(wanted) and wanted <= offered


SUPPORTED: Final = Decision(
    "isdr.lpae_activation.supported", _supported, "whether the card has the LPAe asked for"
)


def _activate(request: LpaeActivationRequest, view: View) -> Outcome:
    fits = view.decisions[SUPPORTED](view.state, request.lpae_option)
    result = LpaeActivationResult.ok if fits else LpaeActivationResult.notSupported
    answer = LpaeActivationResponse(lpae_activation_result=result)
    if not fits or not view.state.personality.version_3:
        return view.answer(answer)
    return view.answer(answer, volatile=replace(view.volatile, lpae_active=True))


LPAE_ACTIVATION: Final = Function(
    "ISD-R.LpaeActivation", LpaeActivationRequest, _activate, Interface.ISDR
)
