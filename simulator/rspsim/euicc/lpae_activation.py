"""LpaeActivation: a card without an LPA of its own answers notSupported (SGP.22 v2, 5.7.1)."""

from typing import Final

from rspcore.messages.isdr import (
    LpaeActivationRequest,
    LpaeActivationResponse,
    LpaeActivationResult,
)
from rspsim.euicc.function import Function, Interface
from rspsim.euicc.outcome import Outcome, View

__all__ = ["LPAE_ACTIVATION"]


def _activate(request: LpaeActivationRequest, view: View) -> Outcome:
    supported = view.state.personality.lpae_support or frozenset()
    fits = bool(request.lpae_option) and request.lpae_option <= supported
    result = LpaeActivationResult.ok if fits else LpaeActivationResult.notSupported
    return view.answer(LpaeActivationResponse(lpae_activation_result=result))


LPAE_ACTIVATION: Final = Function(
    "ISD-R.LpaeActivation", LpaeActivationRequest, _activate, Interface.ISDR
)
