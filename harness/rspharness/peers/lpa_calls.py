"""S_LPAd, the LPA of the tester: calls functions one by one, and lets a case change each call.

What a card or an LPA checks of an answer in passing is required here, so that a server whose
answers cannot be used fails where it gives them.

Source: SGP.22 v2, 5.6 and 6.5.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final, Protocol, TypeVar

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.ids import TransactionId
from rspcore.messages import es10b
from rspcore.messages.codec import Structure
from rspcore.pki.certificate import Certificate
from rspcore.tags import Tag
from rspharness.lpa.es9p_client import HttpReply
from rspharness.peers.bindings import (
    ASN1_PATH,
    ASN1_TYPE,
    JSON_TYPE,
    read_asn1,
    read_json,
    written,
)
from rspharness.peers.opened_package import OpenedPackage, open_package
from rspharness.peers.server_answer import Answer
from rspharness.peers.signing_card import SigningCard
from rspharness.record.verdicts import ExpectationError

__all__ = ["LpaCalls", "Wire", "base64_text", "read_certificate", "signature_octets"]

PATH: Final = "/gsma/rsp2/es9plus/"
_SIGNATURE_OCTETS: Final = 64

_Signed = TypeVar("_Signed", bound=Structure)


class Wire(Protocol):
    """The way to the server under test."""

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Sends a request and returns the answer.

        Raises:
            ExpectationError: the server gave none, and is there.
            TargetLost: the server is not there any more.
        """


def base64_text(octets: bytes) -> str:
    """Returns octets in base64 of RFC 4648."""
    return base64.b64encode(octets).decode("ascii")


class LpaCalls:
    """One session of an LPA with the server.

    Attributes:
        card: The card of the tester.
        address: Address of the server as the LPA names it.
        asn1: Whether calls are made in the ASN.1 binding.
        initiated: Answer of InitiateAuthentication.
        authenticated: Answer of AuthenticateClient.
        signature1: euiccSignature1 as sent, 64 octets.
    """

    def __init__(
        self, wire: Wire, card: SigningCard, address: str, *, asn1: bool = False, es11: bool = False
    ) -> None:
        self._wire = wire
        self.card = card
        self.address = address
        self.asn1 = asn1
        self._es11 = es11
        self.headers: dict[str, str] = {}
        self.initiated: Answer | None = None
        self.authenticated: Answer | None = None
        self.signature1 = b""
        self._dp_pb: Certificate | None = None

    def post(
        self, function: str, body: bytes, *, path: str = "", drop: str = "", **fields: str
    ) -> HttpReply:
        """Sends octets with the fields of an LPA.

        Args:
            function: Name of the function.
            body: Octets of the body.
            path: Path in place of that of the function.
            drop: Name of a field that is left out.
            **fields: Fields in place of the usual ones, with _ for -.
        """
        headers = {
            "User-Agent": "gsma-rsp-lpad",
            "X-Admin-Protocol": "gsma/rsp/v2.5.0",
            "Content-Type": ASN1_TYPE if self.asn1 else JSON_TYPE,
            **self.headers,
            **{name.replace("_", "-"): value for name, value in fields.items()},
        }
        headers.pop(drop, None)
        usual = ASN1_PATH if self.asn1 else PATH + function
        return self._wire.post(path or usual, headers, body)

    def call(self, function: str, members: Mapping[str, Any], **fields: str) -> Answer:
        """Calls a function; members that are None are left out.

        Raises:
            ExpectationError: what came with status 200 is no answer of the function.
        """
        given = {name: value for name, value in members.items() if value is not None}
        body = written(function, given) if self.asn1 else json.dumps(given).encode()
        reply = self.post(function, body, **fields)
        found: dict[str, object] = {}
        refusal = ""
        if reply.status == 200:
            self._require_type(function, reply)
            if self.asn1:
                found, refusal = read_asn1(function, reply.body, es11=self._es11)
            else:
                found, refusal = read_json(function, reply.body)
        return Answer(
            function=function,
            status=reply.status,
            headers=reply.headers,
            body=reply.body,
            asn1=self.asn1,
            members=found,
            refusal=refusal,
        )

    def _require_type(self, function: str, reply: HttpReply) -> None:
        wanted = ASN1_TYPE if self.asn1 else JSON_TYPE
        given = (reply.header("Content-Type") or "").partition(";")[0].strip().lower()
        if given != wanted:
            raise ExpectationError(f"Content-Type {wanted}", repr(given), about=function)

    def initiate(self, **changes: Any) -> Answer:
        """Calls InitiateAuthentication; the answer of a success is kept.

        Args:
            **changes: Members in place of the usual ones; None leaves one out.
        """
        self._challenge = self.card.octets(16)
        usual = {
            "smdpAddress": self.address,
            "euiccChallenge": base64_text(self._challenge),
            "euiccInfo1": base64_text(self.card.info1()),
        }
        answer = self.call("initiateAuthentication", usual | changes)
        if answer.status == 200 and not answer.refusal:
            self.initiated = answer
        return answer

    @property
    def opened(self) -> Answer:
        """Returns the answer of InitiateAuthentication, which is called if it was not."""
        if self.initiated is None:
            self.initiate().accepted()
        assert self.initiated is not None  # noqa: S101  kept by the call before
        return self.initiated

    @property
    def transaction_id(self) -> TransactionId:
        """Returns the TransactionID of the session.

        Raises:
            ExpectationError: it is none of 1 to 16 octets.
        """
        text = self.opened.text("transactionId")
        try:
            return TransactionId.from_hex(text)
        except DecodeError as error:
            raise ExpectationError("transactionId, 1 to 16 octets", repr(text)) from error

    @property
    def server_signed1(self) -> es10b.ServerSigned1:
        """Returns serverSigned1 as received.

        Raises:
            ExpectationError: it is none.
        """
        return _decoded(es10b.ServerSigned1, self.opened, "serverSigned1")

    def server_certificate(self) -> Certificate:
        """Returns CERT.DPauth or CERT.DSauth.

        Raises:
            ExpectationError: it cannot be read.
        """
        certificate = read_certificate(self.opened, "serverCertificate")
        self.card.server_oid = certificate.registered_id
        return certificate

    def authenticate(
        self, matching_id: str | None = None, bf38: bytes | None = None, **changes: Any
    ) -> Answer:
        """Calls AuthenticateClient; the answer of a success is kept.

        Args:
            matching_id: MatchingID, None for none.
            bf38: AuthenticateServerResponse in place of the card's.
            **changes: Fields of euiccSigned1; `transaction` is the member transactionId.
        """
        transaction = changes.pop("transaction", None) or self.opened.text("transactionId")
        self.server_certificate()
        if bf38 is None:
            bf38 = self.card.authenticate(self.server_signed1, matching_id, **changes)
            self.signature1 = _signature_in(bf38)
        answer = self.call(
            "authenticateClient",
            {"transactionId": transaction, "authenticateServerResponse": base64_text(bf38)},
        )
        if answer.status == 200 and not answer.refusal:
            self.authenticated = answer
        return answer

    def authenticate_with_info(self, info2: bytes, matching_id: str | None) -> Answer:
        """Calls AuthenticateClient with these octets in place of EUICCInfo2 (BF22)."""
        self.server_certificate()
        bf38 = self.card.authenticate(self.server_signed1, matching_id, euicc_info2_octets=info2)
        self.signature1 = _signature_in(bf38)
        return self.authenticate(matching_id, bf38=bf38)

    @property
    def offered(self) -> Answer:
        """Returns the answer of AuthenticateClient.

        Raises:
            ExpectationError: there was none of success.
        """
        if self.authenticated is None:
            raise ExpectationError("a session with an offered Profile", "none")
        return self.authenticated

    @property
    def smdp_signed2(self) -> es10b.SmdpSigned2:
        """Returns smdpSigned2 as received.

        Raises:
            ExpectationError: it is none.
        """
        return _decoded(es10b.SmdpSigned2, self.offered, "smdpSigned2")

    def smdp_certificate(self) -> Certificate:
        """Returns CERT.DPpb.

        Raises:
            ExpectationError: it cannot be read.
        """
        return read_certificate(self.offered, "smdpCertificate")

    def prepared(self, code: str | None = None, **changes: Any) -> bytes:
        """Returns the card's PrepareDownloadResponse (BF21)."""
        signature2 = self.offered.octets("smdpSignature2")
        return self.card.prepare(self.smdp_signed2, signature2, code, **changes)

    def get_package(
        self, code: str | None = None, bf21: bytes | None = None, **changes: Any
    ) -> Answer:
        """Calls GetBoundProfilePackage.

        Args:
            code: Confirmation Code, None for none.
            bf21: PrepareDownloadResponse in place of the card's.
            **changes: Fields of euiccSigned2; `transaction` is the member transactionId.
        """
        transaction = changes.pop("transaction", None) or self.opened.text("transactionId")
        octets = self.prepared(code, **changes) if bf21 is None else bf21
        return self.call(
            "getBoundProfilePackage",
            {"transactionId": transaction, "prepareDownloadResponse": base64_text(octets)},
        )

    def opened_package(self, answer: Answer) -> OpenedPackage:
        """Returns what the card finds in the package of an answer.

        Raises:
            ExpectationError: the card could not load it.
        """
        octets = answer.accepted().octets("boundProfilePackage")
        if self.card.otsk is None:
            raise ExpectationError("a session with a one-time key", "none")
        return open_package(octets, self.card.otsk, self.card.eid, self.smdp_certificate())

    def download(self, matching_id: str | None, code: str | None = None) -> OpenedPackage:
        """Goes from InitiateAuthentication to the opened package.

        Raises:
            ExpectationError: a step is refused, or the package cannot be opened.
        """
        self.initiate().accepted()
        self.authenticate(matching_id).accepted()
        return self.opened_package(self.get_package(code))

    def cancel(self, reason: int, bf41: bytes | None = None, **changes: Any) -> Answer:
        """Calls CancelSession; `oid` and `signed_id` change what is signed."""
        transaction = changes.pop("transaction", None) or self.opened.text("transactionId")
        signed_id = changes.pop("signed_id", None) or self.transaction_id
        self.server_certificate()
        octets = self.card.cancel(signed_id, reason, **changes) if bf41 is None else bf41
        return self.call(
            "cancelSession",
            {"transactionId": transaction, "cancelSessionResponse": base64_text(octets)},
        )

    def notify(self, octets: bytes) -> Answer:
        """Calls HandleNotification with a PendingNotification."""
        return self.call("handleNotification", {"pendingNotification": base64_text(octets)})


def _signature_in(bf38: bytes) -> bytes:
    (ok,) = tlv.parse(bf38).children()
    found = next(one for one in ok.children() if one.tag == Tag.Signature)
    return bytes(found.value)


def _decoded(kind: type[_Signed], answer: Answer, name: str) -> _Signed:
    octets = answer.octets(name)
    try:
        return kind.decode(octets)
    except DecodeError as error:
        raise ExpectationError(f"{name} as SGP.22 has it", str(error)) from error


def read_certificate(answer: Answer, name: str) -> Certificate:
    """Returns a certificate of an answer.

    Raises:
        ExpectationError: it cannot be read.
    """
    try:
        return Certificate.from_der(answer.octets(name))
    except DecodeError as error:
        raise ExpectationError(f"{name}, an X.509 certificate", str(error)) from error


def signature_octets(answer: Answer, name: str) -> bytes:
    """Returns the 64 octets of a signature in its TLV.

    Raises:
        ExpectationError: it is not `5F 37 40` with 64 octets.
    """
    octets = answer.octets(name)
    head = bytes.fromhex("5F3740")
    if octets[:3] != head or len(octets) != len(head) + _SIGNATURE_OCTETS:
        shown = octets[:8].hex(" ").upper()
        raise ExpectationError(f"{name}: 5F 37 40 and 64 octets", f"{len(octets)} octets, {shown}")
    return octets[3:]
