"""ES10b.VerifyProfileRecovery: the activation code to get a Profile back by (v3.1, 3.11.2)."""

from typing import Final

from rspcore.messages.v3.device_change import (
    VerifyProfileRecoveryRequest,
    VerifyProfileRecoveryResponse,
)
from rspcore.messages.v3.server_authentication import CtxParamsForProfileRecovery
from rspsim.euicc.decisions import Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.isdr.es10b.verify_smdp_response import of_v3_1
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security.signed_answer import SignedAnswer, checks_of

__all__ = ["CHECKS", "VERIFY_PROFILE_RECOVERY"]

CHECKS: Final[Decision[Checks[SignedAnswer]]] = Decision(
    "es10b.verify_profile_recovery", checks_of(), "checks of VerifyProfileRecovery"
)


def _handle(request: VerifyProfileRecoveryRequest, view: View) -> Outcome:
    attempt = SignedAnswer(
        signed=request.smdp_signed4.encode(),
        signature=request.smdp_signature4,
        transaction_id=request.smdp_signed4.transaction_id,
        context=CtxParamsForProfileRecovery.TAG,
        view=view,
    )
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    if refusal is not None:
        return view.answer(VerifyProfileRecoveryResponse(verify_profile_recovery_error=refusal))
    return view.answer(VerifyProfileRecoveryResponse(verify_profile_recovery_ok=True))


VERIFY_PROFILE_RECOVERY: Final = Function(
    "ES10b.VerifyProfileRecovery",
    VerifyProfileRecoveryRequest,
    _handle,
    Interface.ES10B,
    available=of_v3_1,
)
