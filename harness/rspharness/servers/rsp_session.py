"""One RSP session of a controlled server with the card: every request, right or with one mistake.

A session keeps what both sides have sent, so that each request follows from the ones before. All
request builders take keyword overrides: a field of what is signed (the signature then covers the
change), the certificate, the key that signs, or the signature itself. They return octets, because a
mistake may make them unreadable; `card.ask(octets)` sends them and gives the typed response.

The functions that only send (`authenticate`, `prepare`, `load`) return what the
card answered. Those that continue the session to a state (`authenticated`, `prepared`) raise
`Inconclusive` when the card refuses.
"""

from datetime import datetime
from hashlib import sha256
from typing import Final, Protocol, Unpack, cast

from rspcore import tlv
from rspcore.apdu import ResponseApdu
from rspcore.crypto.confirmation import hash_cc
from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.errors import DecodeError, LocalError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid, Oid, TransactionId
from rspcore.messages.es10b import (
    AuthenticateResponseOk,
    AuthenticateServerResponse,
    CancelSessionReason,
    CancelSessionResponse,
    CtxParamsForCommonAuthentication,
    GetEuiccChallengeRequest,
    PrepareDownloadResponse,
)
from rspcore.messages.notifications import ProfileInstallationResult
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.certificate import Certificate
from rspcore.profile_maker import TestProfile
from rspcore.status import is_success
from rspcore.tags import Tag
from rspharness.card import expect
from rspharness.card.aboard import cannot_be_lifted
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import ExpectationError, Inconclusive, NotApplicable
from rspharness.servers.bound_package import Package, PackageInputs, bind_package
from rspharness.servers.request_overrides import (
    DEVICE_INFO,
    AuthenticateFields,
    PackageFields,
    PrepareFields,
    der_of,
    octets_of,
)
from rspharness.servers.secrets_of_session import remember

__all__ = ["Loaded", "Session", "SessionServer"]

_LONGEST_HOST_ID: Final = 16


class SessionServer(Protocol):
    """What a session uses of its server: credentials, address, randomness.

    Attributes:
        pki: Credentials of the run.
        curve: Curve of the server's own certificates.
        auth: CERT.DPauth or CERT.DSauth with its key.
        address: FQDN of the server.
        matching_id: MatchingID sent in ctxParams1 unless a case chooses another.
        now: Time of the run, for the validity of the card's certificates.
    """

    pki: Pki
    curve: Curve
    auth: Credential
    address: str
    matching_id: str | None
    now: datetime

    @property
    def pb(self) -> Credential:
        """Returns CERT.DPpb with its key."""

    @property
    def oid(self) -> Oid:
        """Returns the registeredID of the server's authentication certificate."""

    @property
    def ci_pkid(self) -> bytes:
        """Returns the key identifier of the CI on this server's curve, 20 octets."""

    def octets(self, count: int) -> bytes:
        """Returns random octets of the server."""

    def one_time_key(self) -> PrivateKey:
        """Returns a new one-time key pair on the server's curve."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the card answered while a package was loaded.

    Attributes:
        responses: One answer for each segment sent.
        pir: The ProfileInstallationResult, if one came.
    """

    responses: tuple[ResponseApdu, ...]
    pir: ProfileInstallationResult | None

    @property
    def last(self) -> ResponseApdu:
        """Returns the answer to the last segment sent."""
        return self.responses[-1]


class Session:
    """One RSP session.

    Attributes:
        server: The server.
        card: The card.
        transaction_id: TransactionID of the session.
        euicc_challenge: Challenge of the card.
        server_challenge: Challenge of the server.
        server_address: Address in serverSigned1.
        ctx_params1: What was last sent as ctxParams1.
        ci_pkid: What was last sent as euiccCiPKIdToBeUsed.
        authentication: Response of AuthenticateServer, None before it succeeded.
        smdp_signature2: Signature of the last PrepareDownload request, 64 octets.
        preparation: Response of PrepareDownload, None before it succeeded.
        hash_cc: hashCc last sent, or None.
    """

    def __init__(self, server: SessionServer, card: Card) -> None:
        self.server = server
        self.card = card
        self.transaction_id = TransactionId(server.octets(16))
        self.server_challenge = server.octets(16)
        self.server_address = server.address
        self.euicc_challenge = b""
        self.ctx_params1 = b""
        self.ci_pkid = b""
        self.authentication: AuthenticateServerResponse | None = None
        self.smdp_signature2 = b""
        self.preparation: PrepareDownloadResponse | None = None
        self.hash_cc: bytes | None = None
        self._eid: Eid | None = None

    def challenge(self) -> bytes:
        """Sends GetEUICCChallenge, which opens a session on the card, and keeps the challenge."""
        self.euicc_challenge = self.card.send(GetEuiccChallengeRequest()).euicc_challenge
        self.authentication = self.preparation = None
        return self.euicc_challenge

    # AuthenticateServer

    def server_signed1(self, **fields: Unpack[AuthenticateFields]) -> bytes:
        """Returns serverSigned1 (30) with the overrides."""
        transaction_id = fields.get("transaction_id", self.transaction_id)
        address = fields.get("server_address", self.server_address)
        return tlv.encode(
            Tag.Sequence,
            tlv.encode(0x80, octets_of(transaction_id)),
            tlv.encode(0x81, fields.get("euicc_challenge", self.euicc_challenge)),
            tlv.encode(0x83, address.encode()),
            tlv.encode(0x84, fields.get("server_challenge", self.server_challenge)),
        )

    def authenticate_request(self, **fields: Unpack[AuthenticateFields]) -> bytes:
        """Returns an AuthenticateServer request (BF38).

        Keyword Args:
            transaction_id, euicc_challenge, server_address, server_challenge: Fields of
                serverSigned1; the signature covers them.
            server_signed1: The whole of serverSigned1 (30), signed as it is.
            certificate: Certificate in place of CERT.DPauth (or CERT.DSauth).
            sign_with: Key in place of its private key.
            signature: Octets in place of serverSignature1.
            ci_pkid: euiccCiPKIdToBeUsed; None leaves it out (version 3).
            matching_id: MatchingID in ctxParams1; None leaves it out.
            device_info: DeviceInfo in ctxParams1.
            ctx_params1: The whole of ctxParams1 (A0; A1 to A3 in version 3).
            certificates_and_crls: otherCertsInChain (A1) and crlList (A2) of version 3.
        """
        signed = fields.get("server_signed1") or self.server_signed1(**fields)
        credential = self.server.auth
        key = fields.get("sign_with") or credential.private_key
        signature = fields["signature"] if "signature" in fields else key.sign(signed)
        self.ctx_params1 = (
            fields.get("ctx_params1")
            or CtxParamsForCommonAuthentication(
                matching_id=fields.get("matching_id", self.server.matching_id),
                device_info=fields.get("device_info", DEVICE_INFO),
            ).encode()
        )
        named = fields.get("ci_pkid", self.server.ci_pkid)
        self.ci_pkid = named or b""
        return tlv.encode(
            Tag.AuthenticateServer,
            signed,
            tlv.encode(Tag.Signature, signature),
            b"" if named is None else tlv.encode(Tag.OctetString, named),
            der_of(fields.get("certificate", credential)),
            self.ctx_params1,
            fields.get("certificates_and_crls", b""),
        )

    def authenticate(self, **fields: Unpack[AuthenticateFields]) -> AuthenticateServerResponse:
        """Sends AuthenticateServer with the overrides; a good answer is kept in the session."""
        request = self.authenticate_request(**fields)
        with self.card.timings.procedure("AuthenticateServer"):
            response = cast("AuthenticateServerResponse", self.card.ask(request))
        if response.authenticate_response_ok is not None:
            self.authentication = response
            used = fields.get("transaction_id", self.transaction_id)
            self.transaction_id = used if isinstance(used, TransactionId) else TransactionId(used)
        return response

    def authenticated(self, **fields: Unpack[AuthenticateFields]) -> "Session":
        """Continues the session until it is *authenticated*.

        Raises:
            Inconclusive: the card refused.
        """
        self._reach("AuthenticateServer", self.authenticate(**fields))
        return self

    @property
    def euicc_key(self) -> PublicKey:
        """Returns the public key of CERT.EUICC as the card gave it.

        Raises:
            ExpectationError: the certificate cannot be read or has no key on a known curve.
        """
        key = self.euicc_certificate.public_key
        if key is None:
            raise ExpectationError("CERT.EUICC on a known curve", "another key")
        return key

    @property
    def euicc_certificate(self) -> Certificate:
        """Returns CERT.EUICC as the card gave it."""
        return _certificate(self._ok().euicc_certificate, "CERT.EUICC")

    @property
    def eum_certificate(self) -> Certificate:
        """Returns CERT.EUM as the card gave it."""
        return _certificate(self._ok().eum_certificate, "CERT.EUM")

    def _ok(self) -> AuthenticateResponseOk:
        if self.authentication is None or self.authentication.authenticate_response_ok is None:
            raise LocalError("the session is not authenticated")
        return self.authentication.authenticate_response_ok

    @property
    def euicc_signature1(self) -> bytes:
        """Returns euiccSignature1, 64 octets."""
        return self._ok().euicc_signature1

    # PrepareDownload

    def smdp_signed2(self, **fields: Unpack[PrepareFields]) -> bytes:
        """Returns smdpSigned2 (30) with the overrides."""
        otpk = fields.get("bpp_euicc_otpk")
        cc = fields.get("cc_required", fields.get("confirmation_code") is not None)
        return tlv.encode(
            Tag.Sequence,
            tlv.encode(0x80, octets_of(fields.get("transaction_id", self.transaction_id))),
            tlv.encode(Tag.Boolean, b"\xff" if cc else b"\x00"),
            b"" if otpk is None else tlv.encode(Tag.OneTimePublicKey, otpk),
        )

    def prepare_request(self, **fields: Unpack[PrepareFields]) -> bytes:
        """Returns a PrepareDownload request (BF21).

        Keyword Args:
            transaction_id, cc_required, bpp_euicc_otpk: Fields of smdpSigned2; the signature
                covers them.
            smdp_signed2: The whole of smdpSigned2 (30), signed as it is.
            euicc_signature1: euiccSignature1 the signature covers, 64 octets.
            certificate: Certificate in place of CERT.DPpb.
            sign_with: Key in place of its private key.
            signature: Octets in place of smdpSignature2.
            confirmation_code: Code whose hash is sent; sets cc_required unless that is given.
            hash_cc: hashCc as it is; None leaves it out though a code is required.
        """
        signed = fields.get("smdp_signed2") or self.smdp_signed2(**fields)
        key = fields.get("sign_with") or self.server.pb.private_key
        if "signature" in fields:
            signature = fields["signature"]
        else:
            first = fields.get("euicc_signature1") or self.euicc_signature1
            signature = key.sign(signed + tlv.encode(Tag.Signature, first))
        self.smdp_signature2 = signature
        code = fields.get("confirmation_code")
        self.hash_cc = None if code is None else hash_cc(code, self.transaction_id)
        if "hash_cc" in fields:
            self.hash_cc = fields["hash_cc"]
        return tlv.encode(
            Tag.PrepareDownload,
            signed,
            tlv.encode(Tag.Signature, signature),
            b"" if self.hash_cc is None else tlv.encode(Tag.OctetString, self.hash_cc),
            der_of(fields.get("certificate", self.server.pb)),
        )

    def prepare(self, **fields: Unpack[PrepareFields]) -> PrepareDownloadResponse:
        """Sends PrepareDownload with the overrides; a good answer is kept in the session."""
        request = self.prepare_request(**fields)
        with self.card.timings.procedure("PrepareDownload"):
            response = cast("PrepareDownloadResponse", self.card.ask(request))
        if response.download_response_ok is not None:
            self.preparation = response
        return response

    def prepared(self, **fields: Unpack[PrepareFields]) -> "Session":
        """Continues the session until it is *prepared*: the card has given its one-time key.

        Raises:
            Inconclusive: the card refused.
        """
        if self.authentication is None:
            self.authenticated()
        self._reach("PrepareDownload", self.prepare(**fields))
        return self

    @property
    def otpk_euicc(self) -> PublicKey:
        """Returns otPK.EUICC.

        Raises:
            ExpectationError: it is not a point of the curve.
            LocalError: the session is not prepared.
        """
        if self.preparation is None or self.preparation.download_response_ok is None:
            raise LocalError("the session is not prepared")
        octets = self.preparation.download_response_ok.euicc_signed2.euicc_otpk
        return expect.point(self.server.curve, octets, "euiccOtpk")

    # BoundProfilePackage

    def package_inputs(
        self, profile: TestProfile, **fields: Unpack[PackageFields]
    ) -> PackageInputs:
        """Returns the inputs of a package for this session, with the overrides.

        Raises:
            NotApplicable: it has policy rules, and no Profile of the suites can be Enabled on this
                card, so that nothing could lift them.
        """
        otsk = fields.get("otsk_dp") or self.server.one_time_key()
        sound = PackageInputs(
            transaction_id=self.transaction_id.octets,
            key_dp=self.server.pb.private_key,
            otsk_dp=otsk,
            otpk_euicc=fields.get("otpk_euicc") or self.otpk_euicc,
            eid=fields.get("eid") or self.eid,
            metadata=profile.metadata.encode(),
            upp=profile.upp,
            host_id=_host_id(otsk),
        )
        metadata = fields.pop("metadata", None)
        if metadata is not None:
            octets = metadata if isinstance(metadata, bytes) else metadata.encode()
            sound = replace(sound, metadata=octets)
        if self.card.aboard.stays_enabled and _has_rules(sound.metadata):
            raise NotApplicable(cannot_be_lifted(self.card.aboard))
        inputs = replace(sound, **cast("dict[str, bytes]", fields))  # type: ignore[arg-type]
        remember(self.card.secrets, profile, inputs)
        return inputs

    def package(self, profile: TestProfile, **fields: Unpack[PackageFields]) -> Package:
        """Returns the segments of a package for this session.

        Args:
            profile: What is bound.
            fields: Attributes of `PackageInputs` to change.

        Raises:
            NotApplicable: a Profile of somebody else on the card has this ICCID.
        """
        iccid = profile.metadata.iccid
        if iccid in self.card.aboard.profiles:
            raise NotApplicable(
                f"the case loads a Profile with ICCID {iccid}, and one that this run did not "
                "install is on the card; `rsplab lpa delete` deletes it, if it is yours"
            )
        return bind_package(self.package_inputs(profile, **fields))

    def load(self, package: Package, *, stop: bool = True) -> Loaded:
        """Sends the segments of a package.

        Args:
            package: Segments, or part of them.
            stop: Stop at the first answer with data or a refusal; False sends all.
        """
        responses = []
        pir = None
        with self.card.timings.procedure("LoadBoundProfilePackage"):
            for segment in package.segments:
                response = ResponseApdu(*self.card.load_segment(segment.octets))
                responses.append(response)
                pir = pir or _pir(response)
                if stop and (response.data or not is_success(response.sw)):
                    break
        return Loaded(tuple(responses), pir)

    def install(self, profile: TestProfile, **fields: Unpack[PackageFields]) -> Loaded:
        """Sends a whole package for this session, which is prepared first if it is not yet."""
        if self.preparation is None:
            self.prepared()
        return self.load(self.package(profile, **fields))

    # CancelSession

    def cancel_request(
        self,
        reason: int = CancelSessionReason.endUserRejection,
        transaction_id: TransactionId | bytes | None = None,
    ) -> bytes:
        """Returns a CancelSession request (BF41); the reason may be any number."""
        wanted = self.transaction_id if transaction_id is None else transaction_id
        number = int(reason)
        return tlv.encode(
            Tag.CancelSession,
            tlv.encode(0x80, octets_of(wanted)),
            tlv.encode(0x81, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)),
        )

    def cancel(
        self,
        reason: int = CancelSessionReason.endUserRejection,
        transaction_id: TransactionId | bytes | None = None,
    ) -> CancelSessionResponse:
        """Sends CancelSession."""
        return cast(
            "CancelSessionResponse", self.card.ask(self.cancel_request(reason, transaction_id))
        )

    @property
    def eid(self) -> Eid:
        """Returns the EID of the card, which is read once."""
        if self._eid is None:
            certificate = self.euicc_certificate if self.authentication is not None else None
            self._eid = (certificate.eid if certificate else None) or self.card.eid()
        return self._eid

    def _reach(
        self, name: str, response: AuthenticateServerResponse | PrepareDownloadResponse
    ) -> None:
        try:
            expect.ok(response)
        except ExpectationError as error:
            raise Inconclusive(f"{name}, as an initial condition: {error}") from error


def _has_rules(metadata: bytes) -> bool:
    """Returns whether metadata has policy rules; what cannot be read has none."""
    try:
        rules = tlv.parse(metadata).find(Tag.ProfilePolicyRules)
    except DecodeError:
        return False
    return rules is not None and any(rules.value[1:])


def _host_id(otsk: PrivateKey) -> bytes:
    """Returns a hostId of 1 to 16 octets, another one for each one-time key (5.5.1)."""
    drawn = sha256(otsk.public.point).digest()
    return drawn[: 1 + drawn[-1] % _LONGEST_HOST_ID]


def _pir(response: ResponseApdu) -> ProfileInstallationResult | None:
    if not response.data:
        return None
    try:
        return ProfileInstallationResult.decode(response.data)
    except DecodeError as error:
        raise ExpectationError("a ProfileInstallationResult (BF37)", str(error)) from error


def _certificate(octets: bytes, name: str) -> Certificate:
    try:
        return Certificate.from_der(octets)
    except DecodeError as error:
        raise ExpectationError(f"{name} that can be read", str(error)) from error
