"""ES10b.PrepareDeviceChange: the card agrees to what a server said of a Device Change (v3.1, 5.7).

A card that takes encrypted data offers a one-time key.
"""

from typing import Final

from rspcore.crypto.keys import PrivateKey
from rspcore.frozen import dataclass, replace
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.messages.v3.device_change import (
    DownloadErrorCode,
    EuiccSigned3,
    PrepareDeviceChangeRequest,
    PrepareDeviceChangeResponse,
    PrepareDeviceChangeResponseError,
    PrepareDeviceChangeResponseOk,
)
from rspcore.messages.v3.server_authentication import CtxParamsForDeviceChange
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import change_session, ecasd
from rspsim.euicc.session import SessionEvent
from rspsim.euicc.session_context import AuthenticatedServer, PreparedChange

__all__ = ["CHECKS", "PREPARE_DEVICE_CHANGE", "SIGNED", "SIGNED_OCTETS", "ChangeAttempt"]


@dataclass(frozen=True, slots=True)
class ChangeAttempt:
    """A request and the view for its checks."""

    request: PrepareDeviceChangeRequest
    view: View

    @property
    def server(self) -> AuthenticatedServer | None:
        """Returns the server of the session."""
        return self.view.session.server

    @property
    def session_open(self) -> bool:
        """Returns whether an SM-DP+ is authenticated and nothing was prepared since."""
        return self.server is not None and self.view.permits(SessionEvent.CHANGE_PREPARED)

    @property
    def for_change(self) -> bool:
        """Returns whether the session was opened for a Device Change."""
        return change_session.for_context(self.server, CtxParamsForDeviceChange.TAG)

    @property
    def signature_fits(self) -> bool:
        """Returns whether smdpSignature4 is good."""
        signed, last = self.request.smdp_signed4.encode(), b""
        if self.server is not None:
            last = self.server.euicc_signature1
        signature = self.request.smdp_signature4
        return change_session.verifies(self.view, self.server, signature, signed, last)

    @property
    def transaction_fits(self) -> bool:
        """Returns whether the server names the session's TransactionID."""
        named = self.request.smdp_signed4.transaction_id
        return self.server is not None and named == self.server.transaction_id

    @property
    def hash_given(self) -> bool:
        """Returns whether hashCc is present where the server requires it."""
        wanted = self.request.smdp_signed4.cc_required_flag
        return not wanted or self.request.hash_cc is not None


_E = DownloadErrorCode

CHECKS: Final[Decision[Checks[ChangeAttempt]]] = Decision(
    "es10b.prepare_device_change",
    (
        Check("session_open", lambda a: a.session_open, _E.noSession),
        Check("for_change", lambda a: a.for_change, _E.noSession),
        Check("smdp_signature4", lambda a: a.signature_fits, _E.invalidSignature),
        Check("transaction_id", lambda a: a.transaction_fits, _E.invalidTransactionId),
        Check("hash_cc", lambda a: a.hash_given, _E.undefinedError),
    ),
    "checks of PrepareDeviceChange",
)


def _signed(attempt: ChangeAttempt, key: PrivateKey | None, /) -> EuiccSigned3:
    return EuiccSigned3(
        transaction_id=attempt.request.smdp_signed4.transaction_id,
        eac_euicc_otpk=None if key is None else key.public.point,
        hash_cc=attempt.request.hash_cc,
    )


def _signed_octets(octets: bytes, /) -> bytes:
    return octets


SIGNED_OCTETS: Final = Decision(
    "es10b.prepare_device_change.signed_octets", _signed_octets, "what euiccSignature3 is over"
)
SIGNED: Final = Decision("es10b.prepare_device_change.signed", _signed, "euiccSigned3")


def _handle(request: PrepareDeviceChangeRequest, view: View) -> Outcome:
    attempt = ChangeAttempt(request, view)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    server = attempt.server
    if refusal is not None or server is None or server.server_key is None:
        error = PrepareDeviceChangeResponseError(
            transaction_id=request.smdp_signed4.transaction_id,
            download_error_code=_E.undefinedError if refusal is None else refusal,
        )
        return view.answer(PrepareDeviceChangeResponse(prepare_device_change_response_error=error))
    encrypts = EuiccRspCapability.encryptedDeviceChangeDataSupport
    key = None
    if encrypts in view.state.personality.rsp_capability:
        key = ecasd.new_one_time_key(view, server.server_key.curve)
    signed = view.decisions[SIGNED](attempt, key)
    data = change_session.over(view, signed.encode(), request.smdp_signature4)
    octets = view.decisions[SIGNED_OCTETS](data)
    signature = ecasd.sign(view.state, view.decisions, server.ci_pkid, octets)
    ok = PrepareDeviceChangeResponseOk(euicc_signed3=signed, euicc_signature3=signature)
    change = PreparedChange(euicc_signature3=signature, one_time_key=key)
    session = replace(view.session_after(SessionEvent.CHANGE_PREPARED), change=change)
    return view.answer(
        PrepareDeviceChangeResponse(prepare_device_change_response_ok=ok), session=session
    )


PREPARE_DEVICE_CHANGE: Final = Function(
    "ES10b.PrepareDeviceChange",
    PrepareDeviceChangeRequest,
    _handle,
    Interface.ES10B,
    available=change_session.available,
)
