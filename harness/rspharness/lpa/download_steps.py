"""The steps of a Profile download, each its own function, so that a test can stop between any two.

    initiate_authentication   GetEUICCChallenge, GetEUICCInfo, ES9+.InitiateAuthentication
    authenticate              AuthenticateServer, ES9+.AuthenticateClient
    prepare_download          PrepareDownload
    get_bound_profile_package ES9+.GetBoundProfilePackage
    load_package              LoadBoundProfilePackage, one STORE DATA chain per segment
    cancel_session            CancelSession at the card, then ES9+.CancelSession

Source: SGP.22 v2, 3.0.1, 3.0.2, 3.1.3. What a server sends goes to the card octet for octet, and
vice versa: requests are put together from the data objects that came, never re-encoded.
The steps check only what they need to go on; `rspharness.lpa.download` runs them all, makes the
checks of an LPA between them and cleans up after a failure.
"""

from collections.abc import Callable
from typing import Final

from rspcore import tlv
from rspcore.bpp import segments
from rspcore.crypto.confirmation import hash_cc
from rspcore.errors import DecodeError, RemoteError
from rspcore.frozen import dataclass
from rspcore.ids import TransactionId, Version
from rspcore.messages import es9p
from rspcore.messages.codec import bits as bit_string
from rspcore.messages.codec import components
from rspcore.messages.es10b import (
    AuthenticateServerRequest,
    CancelSessionReason,
    CancelSessionRequest,
    CancelSessionResponse,
    CtxParamsForCommonAuthentication,
    GetEuiccChallengeRequest,
    GetEuiccInfo1Request,
    PrepareDownloadRequest,
    PrepareDownloadResponse,
    ServerSigned1,
    SmdpSigned2,
)
from rspcore.messages.euicc_info import DeviceCapabilities, DeviceInfo, EuiccInfo1
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.messages.notifications import ProfileInstallationResult
from rspcore.messages.v3 import card_and_device as v3
from rspcore.messages.v3 import server_authentication as v3_authentication
from rspcore.messages.v3.capability_bits import EuiccRspCapability, LpaRspCapability
from rspcore.messages.v3.server_authentication import MatchingIdSource
from rspcore.status import describe, is_success
from rspcore.tags import Tag
from rspharness.lpa.es9p_client import (
    PROTOCOL_VERSION,
    Es9Client,
    ServerRefusedError,
    TransportFaultError,
)
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import authenticate_error_text, code_text

__all__ = [
    "STANDARD_DEVICE",
    "STANDARD_DEVICE_V3",
    "Authenticated",
    "CardRefusedError",
    "Initiated",
    "LoadRefusedError",
    "Prepared",
    "authenticate",
    "authenticate_server_request",
    "cancel_session",
    "device_for",
    "get_bound_profile_package",
    "initiate_authentication",
    "load_package",
    "prepare_download",
    "prepare_download_request",
    "protocol_of",
]

_RELEASE_15: Final = Version(bytes((15, 0, 0)))
STANDARD_DEVICE: Final = DeviceInfo(
    tac=bytes.fromhex("35290611"),
    device_capabilities=DeviceCapabilities(
        gsm_supported_release=_RELEASE_15,
        utran_supported_release=_RELEASE_15,
        eutran_epc_supported_release=_RELEASE_15,
    ),
)
"""The device this LPA says it runs in, as an LPA of version 2."""

STANDARD_DEVICE_V3: Final = v3.DeviceInfo(
    tac=STANDARD_DEVICE.tac,
    device_capabilities=v3.DeviceCapabilities(
        gsm_supported_release=_RELEASE_15,
        utran_supported_release=_RELEASE_15,
        eutran_epc_supported_release=_RELEASE_15,
        lpa_svn=Version.from_text("3.1.0"),
        euicc_form_factor_type=v3.EuiccFormFactorType.removableEuicc,
    ),
    lpa_rsp_capability=frozenset(
        {
            LpaRspCapability.crlStaplingV3Support,
            LpaRspCapability.certChainV3Support,
            LpaRspCapability.apduApiSupport,
            LpaRspCapability.signedSmdsResponseV3Support,
            LpaRspCapability.eventCheckingSupport,
            LpaRspCapability.pushServiceSupport,
        }
    ),
)
"""The same as an LPA of version 3. It says what it can do, and no more."""


class CardRefusedError(RemoteError):
    """Reports that the card answered an error, which the server has received.

    The session at the server is over; at the card it may be open.
    """


class LoadRefusedError(RemoteError):
    """Reports that the card refused a segment of a package; no result has come from it.

    Attributes:
        segment: Number of the segment, counted from 1.
    """

    def __init__(self, message: str, *, segment: int, code: str = "") -> None:
        super().__init__(message, code=code)
        self.segment = segment


@dataclass(frozen=True, slots=True)
class Initiated:
    """What InitiateAuthentication returned.

    Attributes:
        answer: The server's answer.
        server_signed1: serverSigned1, read.
        info1: EUICCInfo1 of the card.
    """

    answer: es9p.InitiateAuthenticationResponse
    server_signed1: ServerSigned1
    info1: EuiccInfo1

    @property
    def transaction_id(self) -> TransactionId:
        """Returns the TransactionID of the session."""
        return self.answer.transaction_id


@dataclass(frozen=True, slots=True)
class Authenticated:
    """What AuthenticateClient returned.

    Attributes:
        answer: The server's answer.
        metadata: profileMetadata, read.
        smdp_signed2: smdpSigned2, read.
    """

    answer: es9p.AuthenticateClientResponse
    metadata: StoreMetadataRequest
    smdp_signed2: SmdpSigned2

    @property
    def transaction_id(self) -> TransactionId:
        """Returns the TransactionID of the session."""
        return self.answer.transaction_id


@dataclass(frozen=True, slots=True)
class Prepared:
    """The card's answer to PrepareDownload.

    Attributes:
        transaction_id: TransactionID of the session.
        response: The card's answer.
    """

    transaction_id: TransactionId
    response: PrepareDownloadResponse


def protocol_of(device: DeviceInfo) -> str:
    """Returns the highest version that an LPA in this device supports, for X-Admin-Protocol."""
    newer = device.device_capabilities.lpa_svn if isinstance(device, v3.DeviceInfo) else None
    return PROTOCOL_VERSION if newer is None else str(newer)


def device_for(info1: EuiccInfo1, device: DeviceInfo) -> DeviceInfo:
    """Returns what is said of the device to a card: what version 3 added only if it takes that.

    Args:
        info1: EUICCInfo1 of the card; one of version 2 has no capability bits in it.
        device: All there is to say.
    """
    if not isinstance(device, v3.DeviceInfo) or _taken(info1, _B.deviceInfoExtensibilitySupport):
        return device
    known = device.device_capabilities
    fields = {one: getattr(known, one) for one in _OF_VERSION_2}
    return DeviceInfo(
        tac=device.tac, device_capabilities=DeviceCapabilities(**fields), imei=device.imei
    )


_LPA_BITS: Final = bit_string(LpaRspCapability)
_OF_VERSION_2: Final = tuple(one.name for one in components(DeviceCapabilities))
_B: Final = EuiccRspCapability


def _taken(info1: EuiccInfo1, bit: EuiccRspCapability) -> bool:
    """Returns whether a card of version 3 has a capability; one of version 2 has none of them."""
    whole = v3.EuiccInfo1.decode(info1.encode())
    return whole.highest_svn is not None and bit in (whole.euicc_rsp_capability or ())


def _context(
    info1: EuiccInfo1, matching_id: str | None, device: DeviceInfo
) -> CtxParamsForCommonAuthentication:
    said = device_for(info1, device)
    if not isinstance(said, v3.DeviceInfo):
        return CtxParamsForCommonAuthentication(matching_id=matching_id, device_info=said)
    source = None
    if _taken(info1, _B.v3ObjectsInCtxParamsCASupport):
        named = MatchingIdSource(activation_code=True)
        source = named if matching_id else MatchingIdSource(none=True)
    return v3_authentication.CtxParamsForCommonAuthentication(
        matching_id=matching_id, device_info=said, matching_id_source=source
    )


def initiate_authentication(
    card: IsdrChannel, es9: Es9Client, device: DeviceInfo = STANDARD_DEVICE
) -> Initiated:
    """Opens a session at the card and at the server.

    Args:
        card: The channel.
        es9: The server.
        device: What the device says of itself; that of an LPA of version 3 has its capabilities.

    Raises:
        RemoteError: the card or the server refused; the card holds a challenge and nothing else.
        ServerUnreachableError: no answer came.
    """
    challenge = card.send(GetEuiccChallengeRequest()).euicc_challenge
    info1 = card.send(GetEuiccInfo1Request())
    es9.limit_roots(info1.euicc_ci_pkid_list_for_verification)
    bits = device.lpa_rsp_capability if isinstance(device, v3.DeviceInfo) else None
    capability = None if bits is None else tlv.encode(0x85, _LPA_BITS.encode(bits))
    answer = es9.initiate_authentication(challenge, info1.encode(), capability)
    try:
        signed = ServerSigned1.decode(answer.server_signed1)
    except DecodeError as error:
        raise RemoteError(
            f"ES9+.InitiateAuthentication: serverSigned1 cannot be read: {error}"
        ) from error
    _require_transaction("InitiateAuthentication", answer.transaction_id, signed.transaction_id)
    return Initiated(answer, signed, info1)


def authenticate_server_request(
    initiated: Initiated,
    matching_id: str | None,
    device: DeviceInfo = STANDARD_DEVICE,
    *,
    context: bytes = b"",
) -> AuthenticateServerRequest:
    """Builds the AuthenticateServer request from what the server sent.

    Args:
        initiated: The step before.
        matching_id: MatchingID of the order.
        device: What the device says of itself.
        context: ctxParams1 in place of that of a download.

    Raises:
        RemoteError: the server's data objects do not make one.
    """
    context = context or _context(initiated.info1, matching_id, device).encode()
    answer = initiated.answer
    octets = tlv.encode(
        Tag.AuthenticateServer,
        answer.server_signed1,
        answer.server_signature1,
        answer.euicc_ci_pkid_to_be_used,
        answer.server_certificate,
        context,
        *chain_and_crls(initiated),
    )
    try:
        return AuthenticateServerRequest.decode(octets)
    except DecodeError as error:
        raise RemoteError(
            f"ES9+.InitiateAuthentication: what the server sent makes no request: {error}"
        ) from error


def chain_and_crls(initiated: Initiated) -> tuple[bytes, ...]:
    """Returns otherCertsInChain (A1) and crlList (A2), as far as the server has sent them."""
    answer = initiated.answer
    listed = ((0xA1, answer.other_certs_in_chain), (0xA2, answer.crl_list))
    return tuple(tlv.encode(tag, *values) for tag, values in listed if values)


def authenticate(
    card: IsdrChannel,
    es9: Es9Client,
    initiated: Initiated,
    *,
    matching_id: str | None = None,
    device: DeviceInfo = STANDARD_DEVICE,
) -> Authenticated:
    """Has the card check the server and the server check the card.

    An error of the card is sent to the server, which ends its session with it, and then raised.

    Args:
        card: The channel.
        es9: The server.
        initiated: The step before.
        matching_id: MatchingID of the order; None or empty lets the server look for the EID.
        device: What the device says of itself.

    Raises:
        CardRefusedError: the card refused; the code is the AuthenticateErrorCode.
        RemoteError: the card refused with a status word, or the server refused.
        ServerUnreachableError: no answer came.
    """
    response = card.send(authenticate_server_request(initiated, matching_id, device))
    request = es9p.AuthenticateClientRequest(
        transaction_id=initiated.transaction_id, authenticate_server_response=response.encode()
    )
    refused = response.authenticate_response_error
    if refused is not None:
        _report_card_error(lambda: es9.authenticate_client(request))
        text = authenticate_error_text(refused.authenticate_error_code)
        raise CardRefusedError(f"ES10b.AuthenticateServer: the card answered {text}", code=text)
    answer = es9.authenticate_client(request)
    try:
        metadata = StoreMetadataRequest.decode(answer.profile_metadata)
        signed = SmdpSigned2.decode(answer.smdp_signed2)
    except DecodeError as error:
        raise RemoteError(f"ES9+.AuthenticateClient: the answer cannot be read: {error}") from error
    _require_transaction("AuthenticateClient", answer.transaction_id, signed.transaction_id)
    return Authenticated(answer, metadata, signed)


def _require_transaction(function: str, named: TransactionId, signed: TransactionId) -> None:
    if named != signed:
        raise TransportFaultError(
            function, f"the answer is for TransactionID {named}, what is signed in it for {signed}"
        )


def _report_card_error(call: Callable[[], object]) -> None:
    """Sends an error of the card to the server, which refuses the function: that is expected."""
    try:
        call()
    except ServerRefusedError:
        return


def prepare_download_request(
    authenticated: Authenticated, confirmation_code: str | None = None
) -> PrepareDownloadRequest:
    """Builds the PrepareDownload request; a Confirmation Code enters as hashCc.

    Raises:
        RemoteError: the server's data objects do not make one.
    """
    answer = authenticated.answer
    hashed = b""
    if confirmation_code is not None:
        hashed = tlv.encode(Tag.OctetString, hash_cc(confirmation_code, answer.transaction_id))
    octets = tlv.encode(
        Tag.PrepareDownload,
        answer.smdp_signed2,
        answer.smdp_signature2,
        hashed,
        answer.smdp_certificate,
    )
    try:
        return PrepareDownloadRequest.decode(octets)
    except DecodeError as error:
        raise RemoteError(
            f"ES9+.AuthenticateClient: what the server sent makes no request: {error}"
        ) from error


def prepare_download(
    card: IsdrChannel, authenticated: Authenticated, confirmation_code: str | None = None
) -> Prepared:
    """Has the card check the Profile's server and make its one-time key.

    An error of the card is returned, because the server has to receive it in the next step.

    Raises:
        RemoteError: the card refused with a status word, or the server's data make no request.
    """
    request = prepare_download_request(authenticated, confirmation_code)
    return Prepared(authenticated.transaction_id, card.send(request))


def get_bound_profile_package(es9: Es9Client, prepared: Prepared) -> bytes:
    """Sends the card's one-time key to the server and returns the package bound to it (BF36).

    An error of the card is sent to the server, which ends its session with it, and then raised.

    Raises:
        CardRefusedError: the card refused; the code is the DownloadErrorCode.
        RemoteError: the server refused.
        ServerUnreachableError: no answer came.
    """
    request = es9p.GetBoundProfilePackageRequest(
        transaction_id=prepared.transaction_id,
        prepare_download_response=prepared.response.encode(),
    )
    refused = prepared.response.download_response_error
    if refused is not None:
        _report_card_error(lambda: es9.get_bound_profile_package(request))
        text = code_text(refused.download_error_code)
        raise CardRefusedError(f"ES10b.PrepareDownload: the card answered {text}", code=text)
    return es9.get_bound_profile_package(request).bound_profile_package


def load_package(
    card: IsdrChannel, bpp: bytes, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> ProfileInstallationResult:
    """Loads a package segment by segment until the card gives its result.

    Args:
        card: The channel.
        bpp: The BoundProfilePackage (BF36).
        progress: Called after each accepted segment with the octets loaded and the octets in all.

    Returns:
        The result, of success or of failure. The card keeps it until it is removed from the list.

    Raises:
        LoadRefusedError: the card refused a segment with a status word, or gave no result after the
            last one. The session at the card is still open.
        DecodeError: bpp is no package (nothing was loaded), or what came is no result.
    """
    parts = segments(bpp)
    total, done = sum(map(len, parts)), 0
    for number, segment in enumerate(parts, 1):
        data, sw = card.load_segment(segment)
        if not is_success(sw):
            raise LoadRefusedError(
                f"ES10b.LoadBoundProfilePackage: segment {number} of {len(parts)} "
                f"({len(segment):,} octets): the card answered SW {describe(sw)}",
                segment=number,
                code=f"{sw:04X}",
            )
        done += len(segment)
        progress(done, total)
        if data:
            return ProfileInstallationResult.decode(data)
    raise LoadRefusedError(
        f"ES10b.LoadBoundProfilePackage: all {len(parts)} segments were accepted, but no "
        "ProfileInstallationResult came",
        segment=len(parts),
    )


def cancel_session(
    card: IsdrChannel,
    es9: Es9Client | None,
    transaction_id: TransactionId,
    reason: CancelSessionReason,
) -> CancelSessionResponse:
    """Ends a session at the card, then at the server.

    Args:
        card: The channel.
        es9: The server; None when it has no session that it could check the signature in.
        transaction_id: TransactionID of the session.
        reason: Why; signed by the card.

    Returns:
        The card's answer. Without a signature in it the server is not asked; the session at the
        card is over or was none.

    Raises:
        RemoteError: the card refused with a status word, or the server refused.
        ServerUnreachableError: no answer came; the session at the card is over.
    """
    response = card.send(CancelSessionRequest(transaction_id=transaction_id, reason=reason))
    if es9 is not None and response.cancel_session_response_ok is not None:
        es9.cancel_session(
            es9p.CancelSessionRequest(
                transaction_id=transaction_id, cancel_session_response=response.encode()
            )
        )
    return response
