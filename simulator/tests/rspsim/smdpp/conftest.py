"""An eUICC and an LPA made of rspcore primitives, just enough of them to talk to the server.

They are deliberately not the simulated card: the server is tested against the specification, not
against the card of this project.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from rspcore import bpp, tlv
from rspcore.crypto.bsp import MAX_TLV, Bsp
from rspcore.crypto.confirmation import hash_cc
from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import BspKeys, session_keys
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.ids import Aid, Eid, Iccid, Oid, TransactionId, Version
from rspcore.messages import es10b
from rspcore.messages.es8p import InitialiseSecureChannelRequest, ReplaceSessionKeysRequest
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
from rspcore.pki.certificate import Certificate
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import TestProfile, make_profile, preset
from rspcore.tags import Tag
from rspsim.env import ManualClock, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.smdpp import HttpRequest, HttpResponse, Policy, SmDpPlus

HEADERS = {
    "User-Agent": "gsma-rsp-lpad",
    "X-Admin-Protocol": "gsma/rsp/v2.5.0",
    "Content-Type": "application/json",
}
ADDRESS = "testsmdpplus1.example.com"


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def unb64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


@dataclass
class Loaded:
    """What a card finds in a bound package, after checking signature, MACs and segment lengths."""

    transaction_id: TransactionId
    otpk_dp: bytes
    host_id: bytes
    configure_isdp: bytes
    metadata: bytes
    upp: bytes
    replaced: bool
    metadata_segments: int
    profile_segments: tuple[int, ...]


class CardStandIn:
    """A stand-in for a card: signs what a card signs, and opens what a card opens."""

    def __init__(self, pki: Pki, curve: Curve = Curve.NIST_P256, eid: Eid | None = None) -> None:
        self.pki = pki
        self.curve = curve
        self.euicc: Credential = pki.euicc(curve, eid)
        self.eum: bytes = pki.eum(curve).certificate.der
        self.certificate: bytes = self.euicc.certificate.der
        self.rng = SeededRng(b"card" + self.euicc.certificate.der[-8:])
        self.verification = tuple(self.ski(c) for c in pki.curves)
        self.signing = (self.ski(curve), *(self.ski(c) for c in pki.curves if c is not curve))
        self.svn = Version.from_text("2.5.0")
        self.info2_changes: dict[str, Any] = {}
        self.device_info_extra = b""
        self.otsk: PrivateKey | None = None
        self.server_oid: Oid | None = None
        self.seq_number = 0

    def ski(self, curve: Curve) -> bytes:
        return self.pki.ci(curve).certificate.subject_key_identifier or b""

    @property
    def eid(self) -> Eid:
        eid = Certificate.from_der(self.certificate).eid
        assert eid is not None
        return eid

    def sign(self, data: bytes) -> bytes:
        return self.euicc.private_key.sign(data)

    def info1(self) -> bytes:
        return EuiccInfo1(
            svn=self.svn,
            euicc_ci_pkid_list_for_verification=self.verification,
            euicc_ci_pkid_list_for_signing=self.signing,
        ).encode()

    def info2(self) -> EuiccInfo2:
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
        return replace(standard, **self.info2_changes)

    def device_info(self) -> bytes:
        made = DeviceInfo(tac=bytes(4), device_capabilities=DeviceCapabilities())
        return tlv.encode(0xA1, made.content(), self.device_info_extra)

    def authenticate(
        self, answer: dict[str, Any], matching_id: str | None, **changes: Any
    ) -> bytes:
        """Checks an InitiateAuthentication answer as a card does and returns BF38."""
        signed1 = unb64(answer["serverSigned1"])
        parsed = es10b.ServerSigned1.decode(signed1)
        server = Certificate.from_der(unb64(answer["serverCertificate"]))
        signature = tlv.parse(unb64(answer["serverSignature1"]))
        assert signature.tag == Tag.Signature
        assert server.public_key is not None
        assert server.public_key.verify(bytes(signature.value), signed1)
        assert server.authority_key_identifier in self.verification
        chosen = tlv.parse(unb64(answer["euiccCiPKIdToBeUsed"]))
        assert (chosen.tag, bytes(chosen.value) in self.signing) == (0x04, True)
        self.server_oid = server.registered_id
        matching = () if matching_id is None else (tlv.encode(0x80, matching_id.encode()),)
        context = tlv.encode(0xA0, *matching, self.device_info())
        values = {
            "transaction_id": parsed.transaction_id,
            "server_address": parsed.server_address,
            "server_challenge": parsed.server_challenge,
            "euicc_info2": self.info2(),
            "ctx_params1": context,
        }
        signed = es10b.EuiccSigned1(**(values | changes)).encode()
        return tlv.encode(
            Tag.AuthenticateServer,
            tlv.encode(
                0xA0,
                signed,
                tlv.encode(Tag.Signature, self.sign(signed)),
                self.certificate,
                self.eum,
            ),
        )

    def prepare_download(
        self, answer: dict[str, Any], signature1: bytes, code: str | None = None, **changes: Any
    ) -> bytes:
        """Checks an AuthenticateClient answer as a card does and returns BF21."""
        signed2 = unb64(answer["smdpSigned2"])
        parsed = es10b.SmdpSigned2.decode(signed2)
        server = Certificate.from_der(unb64(answer["smdpCertificate"]))
        signature2 = unb64(answer["smdpSignature2"])
        assert server.public_key is not None
        assert server.registered_id == self.server_oid
        assert server.public_key.verify(
            bytes(tlv.parse(signature2).value), signed2 + tlv.encode(Tag.Signature, signature1)
        )
        self.pb = server
        kept = self.otsk.public.point if self.otsk else None
        if (
            self.otsk is None
            or parsed.bpp_euicc_otpk != kept
            or self.otsk.curve is not server.curve
        ):
            assert server.curve is not None
            self.otsk = PrivateKey.from_random(server.curve, self.rng.octets(48))
        values = {
            "transaction_id": parsed.transaction_id,
            "euicc_otpk": self.otsk.public.point,
            "hash_cc": None if code is None else hash_cc(code, parsed.transaction_id),
        }
        signed = es10b.EuiccSigned2(**(values | changes)).encode()
        return tlv.encode(
            Tag.PrepareDownload,
            tlv.encode(0xA0, signed, tlv.encode(Tag.Signature, self.sign(signed + signature2))),
        )

    def load(self, package: bytes) -> Loaded:
        """Opens a bound package as a card does; AssertionError or CryptoError if it is wrong."""
        assert self.otsk is not None
        outer = tlv.parse(package)
        assert outer.tag == Tag.BoundProfilePackage
        request_tlv, *groups = outer.children()
        request = InitialiseSecureChannelRequest.decode(bytes(request_tlv.raw))
        assert self.pb.public_key is not None
        tbs = bpp.secure_channel_tbs(bytes(request_tlv.raw), self.otsk.public)
        assert self.pb.public_key.verify(request.smdp_sign, tbs)
        crt = request.control_ref_template
        assert (crt.key_type, crt.key_len) == (b"\x88", b"\x10")
        peer = PublicKey.from_point(self.otsk.curve, request.smdp_otpk)
        z = self.otsk.agree(peer)
        bsp = Bsp(session_keys(z, host_id=crt.host_id, eid=self.eid))
        by_tag = {group.tag: group.children() for group in groups}
        (configure,) = by_tag[0xA0]
        opened, bsp = bsp.unprotect(configure)
        metadata = b""
        for one in by_tag[0xA1]:
            part, bsp = bsp.unprotect_mac_only(one)
            metadata += part
        if 0xA2 in by_tag:
            (replacement,) = by_tag[0xA2]
            plain, bsp = bsp.unprotect(replacement)
            keys = ReplaceSessionKeysRequest.decode(plain)
            bsp = bsp.replaced(
                BspKeys(keys.initial_mac_chaining_value, keys.ppk_enc, keys.ppk_cmac)
            )
        upp = b""
        for one in by_tag[0xA3]:
            assert len(one.raw) <= MAX_TLV
            part, bsp = bsp.unprotect(one)
            upp += part
        return Loaded(
            request.transaction_id,
            request.smdp_otpk,
            crt.host_id,
            opened,
            metadata,
            upp,
            0xA2 in by_tag,
            len(by_tag[0xA1]),
            tuple(len(one.raw) for one in by_tag[0xA3]),
        )

    def _metadata(self, event: NotificationEvent, iccid: Iccid) -> NotificationMetadata:
        self.seq_number += 1
        return NotificationMetadata(
            seq_number=self.seq_number,
            profile_management_operation=frozenset({event}),
            notification_address=ADDRESS,
            iccid=iccid,
        )

    def result(
        self,
        transaction_id: TransactionId,
        iccid: Iccid,
        error: tuple[int, int] | None = None,
        oid: Oid | None = None,
    ) -> bytes:
        """Returns a ProfileInstallationResult, BF37."""
        if error is None:
            final = FinalResult(
                success_result=SuccessResult(
                    aid=Aid.from_hex("A0000005591010FFFFFFFF8900001000"),
                    sima_response=bytes.fromhex("3007A0053003800100"),
                )
            )
        else:
            final = FinalResult(
                error_result=ErrorResult(bpp_command_id=error[0], error_reason=error[1])
            )
        data = ProfileInstallationResultData(
            transaction_id=transaction_id,
            notification_metadata=self._metadata(NotificationEvent.notificationInstall, iccid),
            smdp_oid=oid or self.server_oid or Oid("2.999.10"),
            final_result=final,
        )
        return ProfileInstallationResult(
            data=data, euicc_sign_pir=self.sign(data.encode())
        ).encode()

    def notification(self, event: NotificationEvent, iccid: Iccid) -> bytes:
        """Returns an OtherSignedNotification."""
        metadata = self._metadata(event, iccid)
        return OtherSignedNotification(
            tbs_other_notification=metadata,
            euicc_notification_signature=self.sign(metadata.encode()),
            euicc_certificate=self.certificate,
            eum_certificate=self.eum,
        ).encode()

    def cancel(self, transaction_id: TransactionId, reason: int, oid: Oid | None = None) -> bytes:
        """Returns CancelSessionResponse, BF41."""
        signed = es10b.EuiccCancelSessionSigned(
            transaction_id=transaction_id,
            smdp_oid=oid or self.server_oid or Oid("2.999.10"),
            reason=reason,
        )
        return es10b.CancelSessionResponse(
            cancel_session_response_ok=es10b.CancelSessionResponseOk(
                euicc_cancel_session_signed=signed,
                euicc_cancel_session_signature=self.sign(signed.encode()),
            )
        ).encode()


@dataclass
class Lpa:
    """Calls the functions one by one; each keeps its answer and accepts changes to its request."""

    server: SmDpPlus
    card: CardStandIn
    address: str = ADDRESS
    initiated: dict[str, Any] = field(default_factory=dict)
    authenticated: dict[str, Any] = field(default_factory=dict)
    bf38: bytes = b""
    bf21: bytes = b""

    def post(self, function: str, body: Any, **headers: str) -> HttpResponse:
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.server.handle(
            HttpRequest(
                method="POST",
                path=f"/gsma/rsp2/es9plus/{function}",
                headers=HEADERS | headers,
                body=octets,
            )
        )

    def call(self, function: str, body: Any) -> dict[str, Any]:
        response = self.post(function, body)
        assert response.status == 200, response.body
        assert response.header("content-type") == "application/json"
        answer: dict[str, Any] = json.loads(response.body)
        return answer

    @property
    def transaction_id(self) -> TransactionId:
        return TransactionId.from_hex(self.initiated["transactionId"])

    @property
    def signature1(self) -> bytes:
        response = es10b.AuthenticateServerResponse.decode(self.bf38)
        assert response.authenticate_response_ok is not None
        return response.authenticate_response_ok.euicc_signature1

    def initiate(self, **changes: Any) -> dict[str, Any]:
        body = {
            "smdpAddress": self.address,
            "euiccChallenge": b64(self.card.rng.octets(16)),
            "euiccInfo1": b64(self.card.info1()),
        }
        answer = self.call("initiateAuthentication", body | changes)
        if "transactionId" in answer:
            self.initiated = answer
        return answer

    def authenticate(
        self, matching_id: str | None = None, bf38: bytes | None = None, **changes: Any
    ) -> dict[str, Any]:
        if bf38 is None:
            bf38 = self.card.authenticate(self.initiated, matching_id, **changes)
        self.bf38 = bf38
        answer = self.call(
            "authenticateClient",
            {
                "transactionId": self.initiated["transactionId"],
                "authenticateServerResponse": b64(bf38),
            },
        )
        if "smdpSigned2" in answer:
            self.authenticated = answer
        return answer

    def get_package(
        self, code: str | None = None, bf21: bytes | None = None, **changes: Any
    ) -> dict[str, Any]:
        if bf21 is None:
            bf21 = self.card.prepare_download(self.authenticated, self.signature1, code, **changes)
        self.bf21 = bf21
        return self.call(
            "getBoundProfilePackage",
            {
                "transactionId": self.initiated["transactionId"],
                "prepareDownloadResponse": b64(bf21),
            },
        )

    def cancel(self, reason: int, bf41: bytes | None = None, **changes: Any) -> dict[str, Any]:
        bf41 = bf41 or self.card.cancel(self.transaction_id, reason, **changes)
        return self.call(
            "cancelSession",
            {
                "transactionId": self.initiated["transactionId"],
                "cancelSessionResponse": b64(bf41),
            },
        )

    def notify(self, octets: bytes) -> None:
        response = self.post("handleNotification", {"pendingNotification": b64(octets)})
        assert (response.status, response.body) == (204, b"")

    def download(self, matching_id: str | None, code: str | None = None) -> Loaded:
        """Calls the three functions and opens the package."""
        assert code_of(self.initiate()) == "Executed-Success"
        assert code_of(self.authenticate(matching_id)) == "Executed-Success"
        answer = self.get_package(code)
        assert code_of(answer) == "Executed-Success"
        return self.card.load(unb64(answer["boundProfilePackage"]))


def code_of(answer: dict[str, Any]) -> str:
    """Returns the status, or "subject/reason" of a failure, which must contain only a header."""
    status = answer["header"]["functionExecutionStatus"]
    if "statusCodeData" not in status:
        return str(status["status"])
    assert status["status"] == "Failed"
    assert set(answer) == {"header"}
    codes = status["statusCodeData"]
    return f"{codes['subjectCode']}/{codes['reasonCode']}"


@pytest.fixture(name="code_of")
def code_of_fixture() -> Callable[[dict[str, Any]], str]:
    return code_of


@pytest.fixture(scope="session")
def pki() -> Pki:
    return make_pki()


@pytest.fixture(scope="session")
def profile() -> TestProfile:
    return make_profile(preset("PROFILE_OPERATIONAL1"))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def make_server(pki: Pki, clock: ManualClock) -> Callable[..., SmDpPlus]:
    def make(**options: Any) -> SmDpPlus:
        policy = options.pop("policy", Policy())
        seed = options.pop("seed", b"server")
        bundle, going = options.pop("pki", pki), options.pop("clock", clock)
        return SmDpPlus(
            bundle, rng=SeededRng(seed), clock=going, policy=policy, faults=server_faults, **options
        )

    return make


@pytest.fixture
def server(make_server: Callable[..., SmDpPlus]) -> SmDpPlus:
    return make_server()


@pytest.fixture
def make_lpa(pki: Pki, server: SmDpPlus) -> Callable[..., Lpa]:
    def make(curve: Curve = Curve.NIST_P256, *, eid: Eid | None = None, **options: Any) -> Lpa:
        bundle = options.get("pki", pki)
        return Lpa(options.get("server", server), CardStandIn(bundle, curve, eid))

    return make


@pytest.fixture
def lpa(make_lpa: Callable[..., Lpa]) -> Lpa:
    return make_lpa()
