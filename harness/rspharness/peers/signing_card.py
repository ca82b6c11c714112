"""S_EUICC, the card of the tester: it signs what a card signs, and opens what a card opens.

It is made of the vocabulary alone and not of the simulated card, and everything it sends can be
made wrong: values before they are signed, the key that signs, certificates, lists. What a server
sends it is judged as a card judges it, by `ExpectationError`.

Source: SGP.22 v2, 2.5, 5.5, 5.7.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from rspcore import tlv
from rspcore.crypto.confirmation import hash_cc
from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.ids import Aid, Eid, Iccid, Oid, TransactionId, Version
from rspcore.messages import es10b
from rspcore.messages.euicc_info import (
    DeviceCapabilities,
    DeviceInfo,
    EuiccInfo1,
    EuiccInfo2,
    ExtCardResource,
    RspCapability,
    UiccCapability,
)
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import (
    ErrorResult,
    FinalResult,
    NotificationMetadata,
    OtherSignedNotification,
    ProfileInstallationResult,
    ProfileInstallationResultData,
    SuccessResult,
)
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.generate import make_pki
from rspcore.pki.issue import Contents, issue
from rspcore.pki.roles import Role
from rspcore.tags import Tag
from rspharness.record.verdicts import NotApplicable

__all__ = ["SigningCard"]

_OID: Final = Oid("2.999.10")
_AID: Final = "A0000005591010FFFFFFFF8900001000"
_OF_A_CA: Final = (Oid("2.5.29.15"), Oid("2.5.29.19"))
"""keyUsage and basicConstraints."""
_SIMA_OK: Final = bytes.fromhex("3007A0053003800100")


class SigningCard:
    """A card whose answers a case can change.

    Attributes:
        curve: Curve of its key.
        certificate: CERT.EUICC as sent, DER.
        eum: CERT.EUM as sent, DER.
        key: Key that signs.
        verification: Key identifiers it says it verifies with, in this order.
        signing: Key identifiers it says it can sign under, in this order.
        svn: Version it says it has.
        info2: Changes to its EUICCInfo2, by field.
        others: What follows nextCertInChain towards the CI in a chain of version 3, DER each.
        device_extra: Octets added to deviceInfo.
        otsk: Its one-time key pair, None before the first PrepareDownload.
        server_oid: registeredID of CERT.DPauth, None before.
    """

    def __init__(self, pki: Pki, curve: Curve, seed: str, eid: Eid | None = None) -> None:
        """Makes a card on a curve.

        Raises:
            NotApplicable: the credentials of the run have no card on it.
        """
        self.pki = pki
        _require(pki, Role.EUICC, curve)
        self.curve = curve
        self._eid = eid
        credential = pki.euicc(curve, eid)
        self.certificate = credential.certificate.der
        self.eum = pki.eum(curve).certificate.der
        self.key = credential.private_key
        self.verification = tuple(self.ci_key(one) for one in pki.curves)
        others = (one for one in pki.curves if one is not curve)
        self.signing = (self.ci_key(curve), *(self.ci_key(one) for one in others))
        self.svn = Version.from_text("2.5.0")
        self.info2: dict[str, Any] = {}
        self.others: tuple[bytes, ...] = ()
        self.device_extra = b""
        self.otsk: PrivateKey | None = None
        self.server_oid: Oid | None = None
        self._seed, self._drawn, self._seq = seed, 0, 0

    def ci_key(self, curve: Curve) -> bytes:
        """Returns the key identifier of the CI on a curve, 20 octets.

        Raises:
            NotApplicable: the credentials of the run have no CI on it.
        """
        _require(self.pki, Role.CI, curve)
        return self.pki.ci(curve).certificate.subject_key_identifier or b""

    @property
    def eid(self) -> Eid:
        """Returns its EID, by its own certificate."""
        eid = self.pki.euicc(self.curve, self._eid).certificate.eid
        assert eid is not None  # noqa: S101  a CERT.EUICC has one
        return eid

    def octets(self, count: int) -> bytes:
        """Returns random octets that follow from the seed; each call draws others."""
        self._drawn += 1
        drawn, part = b"", 0
        while len(drawn) < count:
            drawn += sha256(f"{self._seed} {self._drawn} {part}".encode()).digest()
            part += 1
        return drawn[:count]

    def reissue(self, role: Role, *, key: str = "", **changes: Any) -> None:
        """Puts another certificate of EUM or card in place of its own, signed anew.

        Args:
            role: `Role.EUM` or `Role.EUICC`.
            key: "wrong" for a signature by a key that is not the issuer's.
            **changes: Fields of the certificate (`rspcore.pki.issue.Contents`).

        Raises:
            NotApplicable: the credentials of the run have no key of the issuer.
        """
        own = self.pki.eum(self.curve)
        issuer = self.pki.ci(self.curve)
        if role is Role.EUICC:
            own, issuer = self.pki.euicc(self.curve, self._eid), own
        signer = self.key if key == "wrong" else _key_of(issuer)
        made = issue(replace(Contents.of(own.certificate), **changes), signer).der
        if role is Role.EUM:
            self.eum = made
        else:
            self.certificate = made

    def of_unknown_ci(self) -> None:
        """Puts a sound chain in place that ends in a CI which no server of the run knows."""
        stranger = make_pki(b"another laboratory", eid=self.eid)
        credential = stranger.euicc(self.curve)
        self.certificate, self.key = credential.certificate.der, credential.private_key
        self.eum = stranger.eum(self.curve).certificate.der

    def eum_as_leaf(self) -> None:
        """Puts a CERT.EUM in place that is no CA, and signs no certificates.

        Raises:
            NotApplicable: the credentials of the run have no key of the CI.
        """
        own = Contents.of(self.pki.eum(self.curve).certificate)
        leaf = Contents.of(self.pki.euicc(self.curve, self._eid).certificate)
        kinds = {one.oid: one for one in leaf.extensions}
        changed = tuple(
            kinds[one.oid] if one.oid in _OF_A_CA and one.oid in kinds else one
            for one in own.extensions
            if one.oid not in _OF_A_CA or one.oid in kinds
        )
        made = issue(replace(own, extensions=changed), _key_of(self.pki.ci(self.curve)))
        self.eum = made.der

    def expire(self, role: Role, now: datetime) -> None:
        """Puts a certificate in place whose validity ended a day before.

        Raises:
            NotApplicable: the credentials of the run have no key of its issuer.
        """
        self.reissue(role, not_after=now - timedelta(days=1))

    def info1(self) -> bytes:
        """Returns its EUICCInfo1 (BF20)."""
        return EuiccInfo1(
            svn=self.svn,
            euicc_ci_pkid_list_for_verification=self.verification,
            euicc_ci_pkid_list_for_signing=self.signing,
        ).encode()

    def full_info2(self) -> EuiccInfo2:
        """Returns its EUICCInfo2 with the changes of the case."""
        standard = EuiccInfo2(
            profile_version=Version.from_text("2.3.1"),
            svn=self.svn,
            euicc_firmware_ver=Version.from_text("1.0.0"),
            ext_card_resource=ExtCardResource(
                number_of_installed_applications=b"\x00",
                free_non_volatile_memory=(500_000).to_bytes(4, "big"),
                free_volatile_memory=(30_000).to_bytes(4, "big"),
            ),
            uicc_capability=frozenset(UiccCapability),
            rsp_capability=frozenset(
                {RspCapability.additionalProfile, RspCapability.testProfileSupport}
            ),
            euicc_ci_pkid_list_for_verification=self.verification,
            euicc_ci_pkid_list_for_signing=self.signing,
            pp_version=Version.from_text("1.0.0"),
            sas_acreditation_number="TS-00-00-0000",
        )
        return replace(standard, **self.info2)

    def authenticate(
        self, signed1: es10b.ServerSigned1, matching_id: str | None, **changes: Any
    ) -> bytes:
        """Returns AuthenticateServerResponse (BF38).

        Args:
            signed1: serverSigned1 as received.
            matching_id: MatchingID, None for none.
            **changes: Fields of euiccSigned1; `euicc_info2_octets` takes the place of EUICCInfo2.
        """
        info2_octets: bytes | None = changes.pop("euicc_info2_octets", None)
        matching = () if matching_id is None else (tlv.encode(0x80, matching_id.encode()),)
        device = DeviceInfo(tac=bytes(4), device_capabilities=DeviceCapabilities())
        values: dict[str, Any] = {
            "transaction_id": signed1.transaction_id,
            "server_address": signed1.server_address,
            "server_challenge": signed1.server_challenge,
            "euicc_info2": self.full_info2(),
            "ctx_params1": tlv.encode(
                0xA0, *matching, tlv.encode(0xA1, device.content(), self.device_extra)
            ),
        }
        signed = es10b.EuiccSigned1(**(values | changes)).encode()
        if info2_octets is not None:
            parts = (
                info2_octets if one.tag == Tag.GetEuiccInfo2 else bytes(one.raw)
                for one in tlv.parse(signed).children()
            )
            signed = tlv.encode(0x30, *parts)
        signature = tlv.encode(Tag.Signature, self.key.sign(signed))
        others = (tlv.encode(0xA0, *self.others),) if self.others else ()
        inner = tlv.encode(0xA0, signed, signature, self.certificate, self.eum, *others)
        return tlv.encode(Tag.AuthenticateServer, inner)

    def prepare(
        self,
        signed2: es10b.SmdpSigned2,
        signature2: bytes,
        code: str | None = None,
        **changes: Any,
    ) -> bytes:
        """Returns PrepareDownloadResponse (BF21).

        The one-time key pair is kept where the server offers it, and made anew otherwise.

        Args:
            signed2: smdpSigned2 as received.
            signature2: smdpSignature2 as received, tag included.
            code: Confirmation Code, None for no hashCc.
            **changes: Fields of euiccSigned2.
        """
        kept = self.otsk.public.point if self.otsk else None
        if self.otsk is None or signed2.bpp_euicc_otpk != kept:
            self.otsk = PrivateKey.from_random(self.curve, self.octets(48))
        transaction_id = signed2.transaction_id
        values: dict[str, Any] = {
            "transaction_id": transaction_id,
            "euicc_otpk": self.otsk.public.point,
            "hash_cc": None if code is None else hash_cc(code, transaction_id),
        }
        signed = es10b.EuiccSigned2(**(values | changes)).encode()
        signature = tlv.encode(Tag.Signature, self.key.sign(signed + signature2))
        return tlv.encode(Tag.PrepareDownload, tlv.encode(0xA0, signed, signature))

    def cancel(self, transaction_id: TransactionId, reason: int, oid: Oid | None = None) -> bytes:
        """Returns CancelSessionResponse (BF41)."""
        signed = es10b.EuiccCancelSessionSigned(
            transaction_id=transaction_id, smdp_oid=oid or self.server_oid or _OID, reason=reason
        )
        return es10b.CancelSessionResponse(
            cancel_session_response_ok=es10b.CancelSessionResponseOk(
                euicc_cancel_session_signed=signed,
                euicc_cancel_session_signature=self.key.sign(signed.encode()),
            )
        ).encode()

    def result(
        self,
        transaction_id: TransactionId,
        iccid: Iccid,
        address: str,
        error: tuple[int, int] | None = None,
    ) -> bytes:
        """Returns a ProfileInstallationResult (BF37); `error` is bppCommandId and errorReason."""
        if error is None:
            success = SuccessResult(aid=Aid.from_hex(_AID), sima_response=_SIMA_OK)
            final = FinalResult(success_result=success)
        else:
            failure = ErrorResult(bpp_command_id=error[0], error_reason=error[1])
            final = FinalResult(error_result=failure)
        data = ProfileInstallationResultData(
            transaction_id=transaction_id,
            notification_metadata=self._metadata(
                NotificationEvent.notificationInstall, iccid, address
            ),
            smdp_oid=self.server_oid or _OID,
            final_result=final,
        )
        signature = self.key.sign(data.encode())
        return ProfileInstallationResult(data=data, euicc_sign_pir=signature).encode()

    def notification(self, event: NotificationEvent, iccid: Iccid, address: str) -> bytes:
        """Returns an OtherSignedNotification (30)."""
        metadata = self._metadata(event, iccid, address)
        return OtherSignedNotification(
            tbs_other_notification=metadata,
            euicc_notification_signature=self.key.sign(metadata.encode()),
            euicc_certificate=self.certificate,
            eum_certificate=self.eum,
        ).encode()

    def _metadata(
        self, event: NotificationEvent, iccid: Iccid, address: str
    ) -> NotificationMetadata:
        self._seq += 1
        return NotificationMetadata(
            seq_number=self._seq,
            profile_management_operation=frozenset({event}),
            notification_address=address,
            iccid=iccid,
        )


def _require(pki: Pki, role: Role, curve: Curve) -> None:
    if not pki.all(role, curve):
        raise NotApplicable(f"--pki has no CERT.{role.name} on {curve.value}")


def _key_of(issuer: Credential) -> PrivateKey:
    if issuer.key is None:
        raise NotApplicable(
            f"no certificate under {issuer.certificate!r} can be made: --pki has no key of it"
        )
    return issuer.key
