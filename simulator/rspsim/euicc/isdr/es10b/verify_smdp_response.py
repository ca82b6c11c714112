"""ES10b.VerifySmdpResponse: that a Device Change is delayed is the server's word (v3.1, 5.7)."""

from typing import Final

from rspcore.ids import Version
from rspcore.messages.v3.device_change import VerifySmdpResponseRequest, VerifySmdpResponseResponse
from rspcore.messages.v3.server_authentication import CtxParamsForDeviceChange
from rspsim.euicc.decisions import Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import change_session
from rspsim.euicc.security.signed_answer import SignedAnswer, checks_of

__all__ = ["CHECKS", "VERIFY_SMDP_RESPONSE", "of_v3_1"]

_V3_1: Final = Version.from_text("3.1.0")

CHECKS: Final[Decision[Checks[SignedAnswer]]] = Decision(
    "es10b.verify_smdp_response", checks_of(), "checks of VerifySmdpResponse"
)


def of_v3_1(view: View) -> bool:
    """Returns whether a card has Device Change as of version 3.1."""
    highest = view.state.personality.highest_svn
    return change_session.available(view) and highest is not None and highest >= _V3_1


def _handle(request: VerifySmdpResponseRequest, view: View) -> Outcome:
    attempt = SignedAnswer(
        signed=request.smdp_signed6.encode(),
        signature=request.smdp_signature6,
        transaction_id=request.smdp_signed6.transaction_id,
        context=CtxParamsForDeviceChange.TAG,
        view=view,
    )
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    if refusal is not None:
        return view.answer(VerifySmdpResponseResponse(verify_smdp_response_error=refusal))
    return view.answer(VerifySmdpResponseResponse(verify_smdp_response_ok=True))


VERIFY_SMDP_RESPONSE: Final = Function(
    "ES10b.VerifySmdpResponse",
    VerifySmdpResponseRequest,
    _handle,
    Interface.ES10B,
    available=of_v3_1,
)
