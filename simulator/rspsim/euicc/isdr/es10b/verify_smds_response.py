"""ES10b.VerifySmdsResponse: the card vouches for a list of events, or for a registration for push.

The answer of the SM-DS is verified with its key of the session; nothing of it is kept. What the
signature covers beside smdsSigned2, and whether the session ends, is not public: both are options.

Source: SGP.22 v3.1, 5.7 and ES11.
"""

from typing import Final

from rspcore import tlv
from rspcore.crypto.keys import PublicKey
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.messages.v3.event_lists import (
    VerifySmdsResponseError,
    VerifySmdsResponseRequest,
    VerifySmdsResponseResponse,
)
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session import SessionEvent
from rspsim.euicc.session_context import AuthenticatedServer

__all__ = ["CHECKS", "VERIFIES", "VERIFY_SMDS_RESPONSE", "ResponseAttempt"]


@dataclass(frozen=True)
class ResponseAttempt:
    """A request and the view for its checks."""

    request: VerifySmdsResponseRequest
    view: View

    @property
    def server(self) -> AuthenticatedServer | None:
        """Returns the server of the session."""
        return self.view.session.server

    @property
    def session_open(self) -> bool:
        """Returns whether an SM-DS is authenticated."""
        return self.view.permits(SessionEvent.SMDS_RESPONSE_VERIFIED)

    @property
    def transaction_fits(self) -> bool:
        """Returns whether the SM-DS names the session's TransactionID."""
        named = self.request.smds_signed2.transaction_id
        return self.server is not None and named == self.server.transaction_id

    @property
    def signature_fits(self) -> bool:
        """Returns whether smdsSignature2 is that of the SM-DS over what the option says."""
        server = self.server
        if server is None or server.server_key is None:
            return False
        signed = self.request.smds_signed2.encode()
        if not self.view.options.smds_signature2_over_signed2_alone:
            signed += tlv.encode(Tag.Signature, server.euicc_signature1)
        verifies = self.view.decisions[VERIFIES]
        return verifies(server.server_key, self.request.smds_signature2, signed)


def _verifies(key: PublicKey, signature: bytes, data: bytes) -> bool:
    return key.verify(signature, data)


_E = VerifySmdsResponseError
CHECKS: Final[Decision[Checks[ResponseAttempt]]] = Decision(
    "es10b.verify_smds_response",
    (
        Check("session_open", lambda a: a.session_open, _E.noSession),
        Check("transaction_id", lambda a: a.transaction_fits, _E.invalidTransactionId),
        Check("smds_signature2", lambda a: a.signature_fits, _E.invalidSignature),
    ),
    "checks of VerifySmdsResponse",
)
VERIFIES: Final = Decision(
    "es10b.verify_smds_response.verifies", _verifies, "whether smdsSignature2 is good"
)


def _handle(request: VerifySmdsResponseRequest, view: View) -> Outcome:
    signed = request.smds_signed2
    try:
        _ = signed.event_list, signed.registration
    except DecodeError:
        return view.refuse(StatusWord.WRONG_DATA)
    refusal = first_refusal(view.decisions[CHECKS], ResponseAttempt(request, view))
    if refusal is not None:
        return view.answer(VerifySmdsResponseResponse(verify_smds_response_error=refusal))
    ok = VerifySmdsResponseResponse(verify_smds_response_ok=True)
    if not view.options.smds_response_ends_session:
        return view.answer(ok)
    return view.answer(ok, session=view.session_after(SessionEvent.SMDS_RESPONSE_VERIFIED))


def _available(view: View) -> bool:
    personality = view.state.personality
    signed = EuiccRspCapability.signedSmdsResponseV3Support
    return personality.version_3 and signed in personality.rsp_capability


VERIFY_SMDS_RESPONSE: Final = Function(
    "ES10b.VerifySmdsResponse",
    VerifySmdsResponseRequest,
    _handle,
    Interface.ES10B,
    available=_available,
)
