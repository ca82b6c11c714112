"""S_LPAd of version 3: sessions with its capability, RPM, Device Change, CheckEvent.

Source: SGP.22 v3.1, 5.6 and 5.8.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import Any, Final, TypeVar

from rspcore.crypto.keys import PublicKey
from rspcore.errors import DecodeError
from rspcore.ids import Iccid
from rspcore.messages.codec import Structure
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.messages.v3.device_change import SmdpSigned4, SmdpSigned6
from rspcore.messages.v3.rpm_package import SmdpSigned3
from rspcore.messages.v3.server_authentication import (
    OperationType,
    ServerSigned1,
    SessionContext,
)
from rspcore.pki.certificate import Certificate
from rspharness.peers.lpa_calls import LpaCalls, Wire, base64_text, signature_octets
from rspharness.peers.newer.newer_card import NewerCard, lpa_rsp_capability
from rspharness.peers.order_wish import Ordered
from rspharness.peers.server_answer import Answer
from rspharness.record.steps import Steps
from rspharness.record.verdicts import ExpectationError

__all__ = ["NewerCalls", "chain_of", "decoded", "octets_of"]

_PROTOCOL: Final = "gsma/rsp/v3.1.0"
_Signed = TypeVar("_Signed", bound=Structure)
_SIGNATURE: Final = bytes.fromhex("5F3740")


class NewerCalls(LpaCalls):
    """One session of an LPA of version 3 with the server.

    Attributes:
        card: The card of the tester.
    """

    card: NewerCard

    def __init__(
        self, wire: Wire, card: NewerCard, address: str, *, asn1: bool = False, es11: bool = False
    ) -> None:
        super().__init__(wire, card, address, asn1=asn1, es11=es11)
        if card.lpa is not None:
            self.headers["X-Admin-Protocol"] = _PROTOCOL

    def initiate(self, **changes: Any) -> Answer:
        """Calls InitiateAuthentication; the answer of a success is kept.

        Args:
            **changes: Members in place of the usual ones; None leaves one out.
        """
        lpa = self.card.lpa
        if lpa is not None:
            octets = lpa_rsp_capability(lpa)
            changes = {"lpaRspCapability": base64_text(octets), **changes}
        return super().initiate(**changes)

    @property
    def newer_signed1(self) -> ServerSigned1:
        """Returns serverSigned1 as version 3 has it.

        Raises:
            ExpectationError: it cannot be read.
        """
        return decoded(ServerSigned1, self.opened, "serverSigned1")

    @property
    def context(self) -> SessionContext:
        """Returns sessionContext.

        Raises:
            ExpectationError: there is none, as of a server of version 2.
        """
        context = self.newer_signed1.session_context
        if context is None:
            raise ExpectationError("serverSigned1 with sessionContext", "none")
        return context

    def certificates(self, member: str = "otherCertsInChain") -> list[bytes]:
        """Returns a list of certificates or CRLs in the answer of InitiateAuthentication, DER each.

        Raises:
            ExpectationError: it is no list of base64.
        """
        return octets_of(self.opened, member)

    def authenticate(
        self, matching_id: str | None = None, bf38: bytes | None = None, **changes: Any
    ) -> Answer:
        """Calls AuthenticateClient; `ctx_params1` takes the place of that of a download."""
        changes.setdefault("ctx_params1", self.card.for_common(matching_id))
        return super().authenticate(matching_id, bf38, **changes)

    def install(self, ordered: Ordered, step: Steps) -> Iccid:
        """Goes through a download, and reports that the Profile is installed.

        Returns:
            The ICCID of the Profile.

        Raises:
            ExpectationError: a step is refused.
        """
        with step("Initial conditions: a Profile is downloaded and reported as installed"):
            package = self.download(ordered.matching_id)
            iccid = StoreMetadataRequest.decode(package.metadata).iccid
            self.notify(self.card.result(self.transaction_id, iccid, self.address))
        return iccid

    def ask_for(
        self, *operations: OperationType, matching_id: str | None = None, **changes: Any
    ) -> Answer:
        """Calls AuthenticateClient for operations, such as RPM."""
        context = self.card.for_common(matching_id, operations)
        return self.authenticate(matching_id, ctx_params1=context, **changes)

    def ask_to_move(self, iccid: Iccid, **changes: Any) -> Answer:
        """Calls AuthenticateClient for a Device Change."""
        return self.authenticate(ctx_params1=self.card.for_change(iccid), **changes)

    def rpm_package(self, answer: Answer) -> SmdpSigned3:
        """Returns smdpSigned3 of an answer.

        Raises:
            ExpectationError: it has none.
        """
        return decoded(SmdpSigned3, answer, "smdpSigned3")

    def change_offer(self, answer: Answer) -> SmdpSigned4:
        """Returns smdpSigned4 of an answer; the same as above."""
        return decoded(SmdpSigned4, answer, "smdpSigned4")

    def delay(self, answer: Answer) -> SmdpSigned6:
        """Returns smdpSigned6 of an answer; the same as above."""
        return decoded(SmdpSigned6, answer, "smdpSigned6")

    def confirm_change(self, code: str | None = None, **changes: Any) -> Answer:
        """Calls ConfirmDeviceChange with what the card prepared."""
        offered = self.offered
        prepared = self.card.prepare_change(
            self.change_offer(offered), offered.octets("smdpSignature4"), code, **changes
        )
        return self.call(
            "confirmDeviceChange",
            {
                "transactionId": self.opened.text("transactionId"),
                "prepareDeviceChangeResponse": base64_text(prepared),
            },
        )

    def check_progress(self, dc_session_id: bytes) -> Answer:
        """Calls CheckProgress."""
        return self.call("checkProgress", {"dcSessionId": base64_text(dc_session_id)})

    def check_event(self, ec_id: bytes, address: str = "") -> Answer:
        """Calls CheckEvent."""
        members = {"ecId": base64_text(ec_id), "smdsAddress": address or self.address}
        return self.call("checkEvent", members)

    def require_signature(self, answer: Answer, signed: str, signature: str) -> str:
        """Requires a signature of the server over a signed object, alone or with euiccSignature1.

        What it is over is not public: either passes.

        Returns:
            Over what it is, in words.

        Raises:
            ExpectationError: it is over neither, or has not the form of one.
        """
        octets, value = answer.octets(signed), signature_octets(answer, signature)
        key = self.server_certificate().public_key
        forms = {
            f"{signed} and euiccSignature1": octets + _SIGNATURE + self.signature1,
            signed: octets,
        }
        for words, data in forms.items():
            if _verifies(key, value, data):
                return words
        raise ExpectationError(
            f"{signature} by the key of the server's certificate over {' or '.join(forms)}",
            value.hex().upper(),
            about=answer.function,
        )


def _verifies(key: PublicKey | None, signature: bytes, data: bytes) -> bool:
    return key is not None and key.verify(signature, data)


def decoded(kind: type[_Signed], answer: Answer, name: str) -> _Signed:
    """Returns a member of an answer, read.

    Raises:
        ExpectationError: it is not there, or cannot be read.
    """
    octets = answer.octets(name)
    try:
        return kind.decode(octets)
    except DecodeError as error:
        raise ExpectationError(f"{name} as SGP.22 has it", str(error)) from error


def octets_of(answer: Answer, member: str) -> list[bytes]:
    """Returns a list of base64 in an answer, decoded; empty where it is not there.

    Raises:
        ExpectationError: it is something else.
    """
    listed = answer.members.get(member, [])
    if not isinstance(listed, list):
        raise ExpectationError(f"member {member}, a list", repr(listed), about=answer.function)
    try:
        return [base64.b64decode(one, validate=True) for one in listed]
    except (binascii.Error, TypeError) as error:
        raise ExpectationError(f"member {member}, base64 texts", str(error)) from error


def chain_of(leaf: Certificate, others: Iterable[bytes]) -> list[Certificate]:
    """Returns a chain from its leaf on.

    Raises:
        ExpectationError: one of the others is no certificate.
    """
    try:
        return [leaf, *map(Certificate.from_der, others)]
    except DecodeError as error:
        raise ExpectationError("otherCertsInChain, X.509 certificates", str(error)) from error
