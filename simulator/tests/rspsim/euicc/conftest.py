"""A card with a server and an LPA around it, both made of `rspcore` alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import pytest

from rspcore import tlv
from rspcore.bpp import BindingInputs, Pieces, bind, segments
from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import BspKeys
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.ids import Iccid, TransactionId
from rspcore.messages import es10b, es10c
from rspcore.messages.codec import Structure
from rspcore.messages.euicc_info import DeviceCapabilities, DeviceInfo
from rspcore.messages.notifications import ProfileInstallationResult
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import ProfileParameters, TestProfile, make_profile
from rspcore.tags import Tag
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.decisions import STANDARD, Decisions
from rspsim.euicc.options import Options
from rspsim.euicc.outcome import View
from rspsim.euicc.personality import personality_named
from rspsim.euicc.session import SessionState
from rspsim.euicc.state import CardState, Volatile
from rspsim.personalise import personalise
from rspsim.stores.memory import MemoryStore

ADDRESS = "testsmdpplus1.example.com"
TRANSACTION = TransactionId(bytes.fromhex("000102030405060708090A0B0C0D0E0F"))
HOST_ID = bytes.fromhex("0102030405060708")
DEVICE = DeviceInfo(tac=bytes.fromhex("35290611"), device_capabilities=DeviceCapabilities())


@dataclass
class Server:
    """An SM-DP+ (or, with its authentication certificate, an SM-DS) that signs what it is given."""

    pki: Pki
    curve: Curve = Curve.NIST_P256
    number: int = 1
    transaction: TransactionId = TRANSACTION
    auth: Credential | None = None
    pb: Credential | None = None
    one_time: PrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.auth = self.auth or self.pki.dp_auth(self.curve, self.number)
        self.pb = self.pb or self.pki.dp_pb(self.curve, self.number)
        self.one_time = PrivateKey.from_random(self.curve, sha256(b"otSK.DP").digest() * 2)

    def authenticate_request(
        self,
        challenge: bytes,
        *,
        ci_pkid: bytes | None = None,
        edit: Callable[[bytes], bytes] = lambda signed: signed,
        signature: Callable[[bytes], bytes] = lambda signature: signature,
    ) -> bytes:
        signed = es10b.ServerSigned1(
            transaction_id=self.transaction,
            euicc_challenge=challenge,
            server_address=ADDRESS,
            server_challenge=bytes(range(16)),
        ).encode()
        ctx = es10b.CtxParamsForCommonAuthentication(matching_id="M-1", device_info=DEVICE)
        ci = self.pki.ci(self.curve).certificate.subject_key_identifier
        return tlv.encode(
            Tag.AuthenticateServer,
            edit(signed),
            tlv.encode(Tag.Signature, signature(self.auth.private_key.sign(signed))),
            tlv.encode(Tag.OctetString, ci if ci_pkid is None else ci_pkid),
            self.auth.certificate.der,
            ctx.encode(),
        )

    def download_request(
        self,
        euicc_signature1: bytes,
        *,
        transaction: TransactionId | None = None,
        hash_cc: bytes | None = None,
        cc_required: bool = False,
        otpk: bytes | None = None,
        key: PrivateKey | None = None,
    ) -> bytes:
        signed = es10b.SmdpSigned2(
            transaction_id=transaction or self.transaction,
            cc_required_flag=cc_required,
            bpp_euicc_otpk=otpk,
        ).encode()
        data = signed + tlv.encode(Tag.Signature, euicc_signature1)
        signer = key or self.pb.private_key
        parts = [signed, tlv.encode(Tag.Signature, signer.sign(data))]
        if hash_cc is not None:
            parts.append(tlv.encode(Tag.OctetString, hash_cc))
        parts.append(self.pb.certificate.der)
        return tlv.encode(Tag.PrepareDownload, *parts)

    def bind(
        self,
        lab: "Lab",
        otpk: bytes,
        profile: TestProfile,
        *,
        metadata: bytes | None = None,
        upp: bytes | None = None,
        replace_keys: BspKeys | None = None,
        **others: Any,
    ) -> Pieces:
        inputs = BindingInputs(
            key_dp=self.pb.private_key,
            transaction_id=self.transaction,
            otsk_dp=self.one_time,
            otpk_euicc=PublicKey.from_point(self.curve, otpk),
            eid=lab.state.eid,
            host_id=HOST_ID,
            metadata=profile.metadata.encode() if metadata is None else metadata,
            upp=profile.upp if upp is None else upp,
            replace_keys=replace_keys,
            **others,
        )
        return bind(inputs)


class Lab:
    """A card with the ISD-R selected on channel 1, and the operations of an LPA on it."""

    def __init__(
        self,
        *,
        options: Options | None = None,
        decisions: Decisions = STANDARD,
        personality: str = "v2.5",
        state: CardState | None = None,
        **personal: Any,
    ) -> None:
        self.pki = make_pki()
        if state is None:
            chosen = options or personality_named(personality).options
            state = personalise(self.pki, personality=personality, options=chosen, **personal)
        self.store = MemoryStore(state)
        self.rng = SeededRng(b"lab")
        self.card = Euicc(state, self.store, self.rng, decisions)
        self.decisions = decisions
        self.channel = 1
        self.start()

    def start(self) -> bytes:
        atr = self.card.reset()
        assert self.apdu("0070000001") == b"\x01\x90\x00"
        self.select()
        return atr

    def select(self) -> None:
        aid = "A0000005591010FFFFFFFF8900000100"
        assert self.apdu(f"0{self.channel}A4040C10{aid}")[-2:] == b"\x90\x00"

    def reboot(self) -> None:
        """Builds a new card from what the store has, as after a cut."""
        self.card = Euicc(self.store.load(), self.store, self.rng, self.decisions)
        self.start()

    @property
    def state(self) -> CardState:
        return self.card.state

    def view(self) -> View:
        return View(self.card.state, self.card.volatile, self.rng, self.decisions, 1)

    def apdu(self, command: str | bytes) -> bytes:
        octets = bytes.fromhex(command) if isinstance(command, str) else command
        return self.card.transmit(octets)

    def send(self, octets: bytes, size: int = 120) -> tuple[bytes, int]:
        """Sends one command over STORE DATA and collects its answer."""
        blocks = [octets[i : i + size] for i in range(0, len(octets), size)] or [b""]
        cla = 0x80 | self.channel
        for number, block in enumerate(blocks):
            last = number == len(blocks) - 1
            header = bytes((cla, 0xE2, 0x91 if last else 0x11, number % 256, len(block)))
            answer = self.apdu(header + block)
            if not last and answer != b"\x90\x00":
                return b"", int.from_bytes(answer[-2:], "big")
        data = answer[:-2]
        while answer[-2] == 0x61:
            answer = self.apdu(bytes((self.channel, 0xC0, 0, 0, answer[-1])))
            data += answer[:-2]
        return data, int.from_bytes(answer[-2:], "big")

    def call(self, request: Structure | bytes, response: type[Structure]) -> Any:
        octets = request if isinstance(request, bytes) else request.encode()
        data, sw = self.send(octets)
        assert sw == 0x9000 or sw >> 8 == 0x91, f"SW {sw:04X}"
        return response.decode(data)

    def challenge(self) -> bytes:
        request, response = es10b.GetEuiccChallengeRequest(), es10b.GetEuiccChallengeResponse
        return self.call(request, response).euicc_challenge

    def server(self, curve: Curve = Curve.NIST_P256, number: int = 1, **changes: Any) -> Server:
        return Server(self.pki, curve, number, **changes)

    def authenticate(self, server: Server, **edits: Any) -> es10b.AuthenticateServerResponse:
        request = server.authenticate_request(self.challenge(), **edits)
        return self.call(request, es10b.AuthenticateServerResponse)

    def authenticated(self, server: Server, **edits: Any) -> bytes:
        ok = self.authenticate(server, **edits).authenticate_response_ok
        assert ok is not None
        return ok.euicc_signature1

    def prepare(self, server: Server, signature1: bytes, **edits: Any) -> Any:
        request = server.download_request(signature1, **edits)
        return self.call(request, es10b.PrepareDownloadResponse)

    def prepared(self, server: Server, **edits: Any) -> bytes:
        """Authenticates and prepares; returns otPK.EUICC."""
        answer = self.prepare(server, self.authenticated(server), **edits)
        assert answer.download_response_ok is not None, answer
        return answer.download_response_ok.euicc_signed2.euicc_otpk

    def load(self, pieces: Pieces | Iterable[bytes]) -> tuple[bytes, int]:
        """Sends segments until one answers with data or an error."""
        cut = segments(pieces.encode()) if isinstance(pieces, Pieces) else pieces
        data, sw = b"", 0
        for segment in cut:
            data, sw = self.send(segment)
            if data or sw != 0x9000:
                break
        return data, sw

    def download(
        self, profile: TestProfile, server: Server | None = None, **others: Any
    ) -> ProfileInstallationResult:
        server = server or self.server()
        otpk = self.prepared(server)
        data, sw = self.load(server.bind(self, otpk, profile, **others))
        assert data, f"no result, SW {sw:04X}"
        return ProfileInstallationResult.decode(data)

    def refused(self, data: bytes) -> tuple[int, int]:
        """Returns command and reason of an error result, after checking what it left."""
        assert data, "no result"
        result = ProfileInstallationResult.decode(data)
        error = result.data.final_result.error_result
        assert error is not None, result
        assert self.euicc_key().verify(result.euicc_sign_pir, result.data.encode())
        assert self.state.notifications[-1].octets == data
        assert self.card.volatile.session.state is SessionState.IDLE
        return error.bpp_command_id, error.error_reason

    def refusal_of(self, pieces: Pieces) -> tuple[int, int]:
        """Loads a package that must fail; returns command and reason."""
        return self.refused(self.load(pieces)[0])

    def success_of(self, data: bytes) -> Any:
        return ProfileInstallationResult.decode(data).data.final_result.success_result

    def error_of(self, data: bytes) -> Any:
        return ProfileInstallationResult.decode(data).data.final_result.error_result

    def bound(self, profile: TestProfile, **others: Any) -> Pieces:
        """Prepares a download and binds a profile to it."""
        server = self.server()
        return server.bind(self, self.prepared(server), profile, **others)

    def install(self, *profiles: TestProfile) -> None:
        for profile in profiles:
            result = self.download(profile).data.final_result
            assert result.success_result is not None, result

    def enable(self, iccid: Iccid, *, refresh: bool = False) -> int:
        named = es10c.ProfileIdentifier(iccid=iccid)
        request = es10c.EnableProfileRequest(profile_identifier=named, refresh_flag=refresh)
        return self.call(request, es10c.EnableProfileResponse).enable_result

    def disable(self, iccid: Iccid, *, refresh: bool = False) -> int:
        named = es10c.ProfileIdentifier(iccid=iccid)
        request = es10c.DisableProfileRequest(profile_identifier=named, refresh_flag=refresh)
        return self.call(request, es10c.DisableProfileResponse).disable_result

    def delete(self, iccid: Iccid) -> int:
        request = es10c.DeleteProfileRequest(iccid=iccid)
        return self.call(request, es10c.DeleteProfileResponse).delete_result

    def reset_memory(self, *options: int) -> int:
        request = es10c.EuiccMemoryResetRequest(reset_options=frozenset(options))
        return self.call(request, es10c.EuiccMemoryResetResponse).reset_result

    def states(self) -> dict[str, int]:
        listed = self.call(es10c.ProfileInfoListRequest(), es10c.ProfileInfoListResponse)
        return {str(one.iccid): one.profile_state for one in listed.profile_info_list_ok}

    def pending(self) -> list[tuple[int, str | None]]:
        """Returns event and ICCID of each pending notification, in order."""
        listed = self.call(es10b.ListNotificationRequest(), es10b.ListNotificationResponse)
        return [
            (min(one.profile_management_operation), str(one.iccid) if one.iccid else None)
            for one in listed.notification_metadata_list
        ]

    def forget(self) -> None:
        """Removes every pending notification."""
        for one in self.state.notifications:
            request = es10b.NotificationSentRequest(seq_number=one.seq_number)
            self.call(request, es10b.NotificationSentResponse)

    def euicc_key(self, curve: Curve = Curve.NIST_P256) -> PublicKey:
        key = self.pki.euicc(curve).certificate.public_key
        assert key is not None
        return key


@pytest.fixture(scope="session")
def lab_type() -> type[Lab]:
    return Lab


@pytest.fixture
def lab() -> Lab:
    """A card with standard decisions and options."""
    return Lab()


@pytest.fixture(scope="session")
def profile_of() -> Callable[..., TestProfile]:
    """Makes a small test profile; the number makes ICCID and IMSI."""

    def make(number: int = 1, **parameters: Any) -> TestProfile:
        given = {
            "iccid": Iccid.from_digits(f"8900112233445566{number:03d}"),
            "imsi": f"00101{number:010d}",
            **parameters,
        }
        return make_profile(ProfileParameters(**given))

    return make


@pytest.fixture
def fresh_view(lab: Lab) -> View:
    """A view of a card just reset, for calling handlers directly."""
    return View(lab.state, Volatile(), SeededRng(b"view"), STANDARD, 0)


@pytest.fixture(scope="session")
def certificate_of() -> Callable[[bytes], Certificate]:
    return Certificate.from_der


__all__ = ["ADDRESS", "HOST_ID", "TRANSACTION", "Lab", "Server", "replace"]
