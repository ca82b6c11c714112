"""The checks of a signed answer of an SM-DP+ that changes nothing on the card (v3.1, 5.7).

VerifySmdpResponse and VerifyProfileRecovery are alike but for what is signed and what the session
was opened for. The session goes on after either.
"""

from rspcore.frozen import dataclass
from rspcore.ids import TransactionId
from rspcore.messages.v3.device_change import VerifyError
from rspsim.euicc.decisions import Check, Checks
from rspsim.euicc.outcome import View
from rspsim.euicc.security import change_session
from rspsim.euicc.session import SessionEvent
from rspsim.euicc.session_context import AuthenticatedServer

__all__ = ["SignedAnswer", "checks_of"]


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """What a server signed, and the view for its checks.

    Attributes:
        signed: The signed object, whole.
        signature: The signature.
        transaction_id: TransactionID in the signed object.
        context: Tag of the alternative of ctxParams1 that the session has to be opened with.
        view: The card.
    """

    signed: bytes
    signature: bytes
    transaction_id: TransactionId
    context: int
    view: View

    @property
    def server(self) -> AuthenticatedServer | None:
        """Returns the server of the session."""
        return self.view.session.server

    @property
    def session_open(self) -> bool:
        """Returns whether an SM-DP+ is authenticated for this."""
        open_ = self.server is not None and self.view.permits(SessionEvent.CHANGE_PREPARED)
        return open_ and change_session.for_context(self.server, self.context)

    @property
    def signature_fits(self) -> bool:
        """Returns whether the signature is good."""
        last = b"" if self.server is None else self.server.euicc_signature1
        return change_session.verifies(self.view, self.server, self.signature, self.signed, last)

    @property
    def transaction_fits(self) -> bool:
        """Returns whether the server names the session's TransactionID."""
        return self.server is not None and self.transaction_id == self.server.transaction_id


def checks_of() -> Checks[SignedAnswer]:
    """Returns the checks in their order."""
    return (
        Check("session_open", lambda a: a.session_open, VerifyError.noSession),
        Check("signature", lambda a: a.signature_fits, VerifyError.invalidSignature),
        Check("transaction_id", lambda a: a.transaction_fits, VerifyError.invalidTransactionId),
    )
