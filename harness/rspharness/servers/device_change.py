"""Device Change and Profile Recovery of S_SM-DP+: sessions, requests and what the card signs.

    change = device_change.prepared(server, card, one.iccid)
    response = card.ask(change.verify_request(change.data(activation_code)))

What the signatures are made over is not public: first each is made over the last signature of the
card too, and, where PrepareDeviceChange answers invalidSignature(2), in a second session without.
`Change.forms` says which of them the card takes.

Source: SGP.22 v3.1, 3.11 and 5.7.
"""

from typing import Any, Final, cast

from rspcore import tlv
from rspcore.crypto.bsp import Bsp
from rspcore.crypto.confirmation import hash_cc
from rspcore.crypto.kdf import KEY_LENGTH, KEY_TYPE_AES, session_keys
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid, Iccid, TransactionId
from rspcore.messages.v3.card_and_device import DeviceCapabilities, DeviceInfo
from rspcore.messages.v3.device_change import (
    DeviceChangeData,
    DownloadErrorCode,
    PrepareDeviceChangeResponse,
)
from rspcore.messages.v3.profile_metadata import (
    DeviceChangeConfiguration,
    RequestToDp,
    StoreMetadataRequest,
    UsingStoredAc,
)
from rspcore.messages.v3.server_authentication import (
    CtxParamsForDeviceChange,
    CtxParamsForProfileRecovery,
)
from rspcore.profile_maker import TestProfile
from rspcore.tags import Tag
from rspharness.card import expect, tlv_edit
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import ExpectationError, Inconclusive
from rspharness.servers import newer_server
from rspharness.servers.request_overrides import DEVICE_INFO
from rspharness.servers.rsp_server import RspServer, profile
from rspharness.servers.rsp_session import Session

__all__ = [
    "ACTIVATION_CODE",
    "Change",
    "change_context",
    "movable",
    "movable_at",
    "opened",
    "prepare_request",
    "prepared",
    "recovery_context",
    "request_to_dp",
    "signed_answer",
    "smdp_signed4",
    "stored_code",
]

ACTIVATION_CODE: Final = "1$testsmdpplus1.example.com$NEXT-DEVICE"
_SIGNATURE_ROWS: Final = (
    "ES10b.PrepareDeviceChange#01",
    "ES10b.PrepareDeviceChange#03",
    "procedure.DeviceChange#01",
)


def request_to_dp(address: str, **words: Any) -> bytes:
    """Returns deviceChangeConfiguration (BF20) of a Profile that is moved by asking an SM-DP+."""
    asked = RequestToDp(smdp_address_for_dc=address, **words)
    return DeviceChangeConfiguration(request_to_dp=asked).encode()


def stored_code(code: str, *, delete: bool = False) -> bytes:
    """Returns deviceChangeConfiguration (BF20) with an activation code for the next device."""
    stored = UsingStoredAc(activation_code_for_dc=code, delete_old_profile=delete or None)
    return DeviceChangeConfiguration(using_stored_ac=stored).encode()


def movable(what: TestProfile, configuration: bytes) -> TestProfile:
    """Returns a Profile with deviceChangeConfiguration."""
    octets = tlv_edit.appended(what.metadata.encode(), configuration)
    return replace(what, metadata=StoreMetadataRequest.decode(octets))


def movable_at(server: RspServer, what: TestProfile | None = None) -> TestProfile:
    """Returns a Profile that this server moves; PROFILE_OPERATIONAL1 when none is named."""
    whole = profile("PROFILE_OPERATIONAL1") if what is None else what
    return movable(whole, request_to_dp(server.address))


def _device() -> DeviceInfo:
    return DeviceInfo(tac=DEVICE_INFO.tac, device_capabilities=DeviceCapabilities())


def change_context(iccid: Iccid, eid: Eid | None = None, tac: bytes | None = None) -> bytes:
    """Returns ctxParams1 (A1) of a Device Change; EID and TAC are of the next device."""
    return CtxParamsForDeviceChange(
        iccid=iccid, device_info=_device(), target_eid_value=eid, target_tac_value=tac
    ).encode()


def recovery_context(iccid: Iccid) -> bytes:
    """Returns ctxParams1 (A2) of a recovery."""
    return CtxParamsForProfileRecovery(iccid=iccid, device_info=_device()).encode()


def opened(server: RspServer, card: Card, context: bytes) -> Session:
    """Returns a session in which the server is authenticated for this ctxParams1.

    Raises:
        Inconclusive: the card refused.
    """
    session = server.open(card)
    signed = newer_server.server_signed1(session)
    return session.authenticated(server_signed1=signed, ctx_params1=context)


def signed_answer(
    session: Session,
    signed: bytes,
    *,
    covered: bool = True,
    last: bytes | None = None,
) -> bytes:
    """Returns a signed object and its signature (5F37) by SK.DPauth.

    Args:
        session: The session.
        signed: The object.
        covered: The signature covers the last one of the card, too.
        last: That signature, 64 octets; euiccSignature1 where it is not given.
    """
    before = session.euicc_signature1 if last is None else last
    data = signed + (tlv.encode(Tag.Signature, before) if covered else b"")
    return signed + tlv.encode(Tag.Signature, session.server.auth.private_key.sign(data))


def smdp_signed4(
    session: Session,
    *,
    cc_required: bool = False,
    transaction_id: TransactionId | None = None,
    activation_code: str | None = None,
) -> bytes:
    """Returns smdpSigned4 (30)."""
    named = session.transaction_id if transaction_id is None else transaction_id
    return tlv.encode(
        Tag.Sequence,
        tlv.encode(0x80, named.octets),
        tlv.encode(Tag.Boolean, b"\xff" if cc_required else b"\x00"),
        b"" if activation_code is None else tlv.encode(0x81, activation_code.encode()),
    )


def prepare_request(
    session: Session,
    *,
    confirmation_code: str | None = None,
    cc_required: bool | None = None,
    transaction_id: TransactionId | None = None,
    covered: bool = True,
) -> bytes:
    """Returns a PrepareDeviceChange request (BF4D); a code sets ccRequiredFlag and hashCc."""
    code = confirmation_code
    required = code is not None if cc_required is None else cc_required
    signed = smdp_signed4(session, cc_required=required, transaction_id=transaction_id)
    hashed = b""
    if code is not None:
        hashed = tlv.encode(Tag.OctetString, hash_cc(code, session.transaction_id))
    return tlv.encode(
        Tag.PrepareDeviceChange, signed_answer(session, signed, covered=covered), hashed
    )


@dataclass(frozen=True, slots=True)
class Change:
    """A Device Change that the card has prepared.

    Attributes:
        session: The session.
        iccid: The Profile.
        response: Answer of PrepareDeviceChange, ok.
        covered: Signatures are made over the last signature of the other side, too.
        forms: In words, what signatures are made over.
    """

    session: Session
    iccid: Iccid
    response: PrepareDeviceChangeResponse
    covered: bool
    forms: str

    @property
    def otpk(self) -> bytes | None:
        """Returns eacEuiccOtpk, None where there is none."""
        return cast("bytes | None", _ok(self.response).euicc_signed3.eac_euicc_otpk)

    def data(self, **words: Any) -> DeviceChangeData:
        """Returns deviceChangeData of this Profile with these components."""
        given = {"iccid": self.iccid, "activation_code_for_dc": ACTIVATION_CODE, **words}
        return DeviceChangeData(**given)

    def _signed5(self, content: bytes, transaction_id: TransactionId | None) -> bytes:
        named = self.session.transaction_id if transaction_id is None else transaction_id
        return tlv.encode(Tag.Sequence, tlv.encode(0x80, named.octets), tlv.encode(0xA1, content))

    def verify_request(
        self, data: DeviceChangeData, transaction_id: TransactionId | None = None
    ) -> bytes:
        """Returns a VerifyDeviceChange request (BF4B) with the data in clear."""
        return self._request(self._signed5(data.encode(), transaction_id))

    def encrypted_request(
        self, data: DeviceChangeData, *, key_type: int = KEY_TYPE_AES, damaged: bool = False
    ) -> bytes:
        """Returns a VerifyDeviceChange request (BF4B) with protected data.

        Args:
            data: The data.
            key_type: keyType in the CRT.
            damaged: Change the MAC.

        Raises:
            ExpectationError: the card offered no one-time key.
        """
        server, host_id = self.session.server, b"\x01\x02\x03\x04"
        if self.otpk is None:
            raise ExpectationError("eacEuiccOtpk in euiccSigned3", "none")
        own: PrivateKey = server.one_time_key()
        point = PublicKey.from_point(server.curve, self.otpk)
        keys = session_keys(own.agree(point), host_id=host_id, eid=self.session.eid)
        protected, _ = Bsp(keys).protect(Tag.Protected87, data.encode())
        if damaged:
            protected = protected[:-1] + bytes((protected[-1] ^ 1,))
        template = tlv.encode(
            0xA6,
            tlv.encode(0x80, bytes((key_type,))),
            tlv.encode(0x81, bytes((KEY_LENGTH,))),
            tlv.encode(0x84, host_id),
        )
        point_sent = tlv.encode(Tag.OneTimePublicKey, own.public.point)
        content = tlv.encode(0xA1, template, point_sent, tlv.encode(0xA1, protected))
        return self._request(self._signed5(content, None))

    def _request(self, signed5: bytes) -> bytes:
        last = _ok(self.response).euicc_signature3
        whole = signed_answer(self.session, signed5, covered=self.covered, last=last)
        return tlv.encode(Tag.VerifyDeviceChange, whole)


def _ok(response: PrepareDeviceChangeResponse) -> Any:
    return response.prepare_device_change_response_ok


def prepared(
    server: RspServer, card: Card, iccid: Iccid, *, confirmation_code: str | None = None
) -> Change:
    """Opens a session for a Device Change and prepares it; requires a sound answer.

    Raises:
        Inconclusive: the card refused.
        ExpectationError: what it signed does not fit.
    """
    for covered in (True, False):
        session = opened(server, card, change_context(iccid))
        octets = prepare_request(session, confirmation_code=confirmation_code, covered=covered)
        response = cast("PrepareDeviceChangeResponse", card.ask(octets))
        code = expect.code_of(response)
        if code == DownloadErrorCode.invalidSignature and covered:
            continue
        if code is not None:
            raise Inconclusive(f"PrepareDeviceChange, as an initial condition: error {code}")
        over = _verified(session, response, octets)
        forms = f"smdpSignature4 with{'' if covered else 'out'} euiccSignature1, {over}"
        return Change(session, iccid, response, covered, forms)
    raise AssertionError("two forms, and neither was returned")


def _verified(session: Session, response: PrepareDeviceChangeResponse, request: bytes) -> str:
    """Requires a sound prepareDeviceChangeResponseOk; returns what its signature is over."""
    ok = _ok(response)
    expect.equal(ok.euicc_signed3.transaction_id, session.transaction_id, "transactionId")
    signed = tlv_edit.at(response.encode(), 0xA0, Tag.Sequence)
    with session.card.owned_by(*_SIGNATURE_ROWS):
        key, found = session.euicc_key, ok.euicc_signature3
        if key.verify(found, signed + tlv_edit.at(request, Tag.Signature)):
            return "euiccSignature3 with smdpSignature4"
        if key.verify(found, signed):
            return "euiccSignature3 alone"
        raise ExpectationError("euiccSignature3 that verifies, in one of two forms", "neither does")
    return "euiccSignature3 does not verify"
