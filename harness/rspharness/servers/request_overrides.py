"""What a case may override in the requests of a session, by keyword.

Each class lists the keywords of one request builder of `Session`; all are optional. Fields of what
is signed are changed before it is signed.
"""

from typing import TypedDict

from rspcore.crypto.kdf import BspKeys
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.ids import Eid, TransactionId
from rspcore.messages.euicc_info import DeviceCapabilities, DeviceInfo
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.pki.bundle import Credential
from rspcore.pki.certificate import Certificate
from rspharness.servers.bound_package import Protect

__all__ = [
    "DEVICE_INFO",
    "AuthenticateFields",
    "CertificateLike",
    "PackageFields",
    "PrepareFields",
    "der_of",
    "octets_of",
]

CertificateLike = Credential | Certificate | bytes
"""A certificate in any form; octets are sent unchanged."""

DEVICE_INFO = DeviceInfo(
    tac=bytes.fromhex("35290611"),
    device_capabilities=DeviceCapabilities(),
)
"""A device with a TAC of the test range and no capabilities named."""


class AuthenticateFields(TypedDict, total=False):
    """Overrides of AuthenticateServer."""

    transaction_id: TransactionId | bytes
    euicc_challenge: bytes
    server_address: str
    server_challenge: bytes
    server_signed1: bytes
    certificate: CertificateLike
    sign_with: PrivateKey
    signature: bytes
    ci_pkid: bytes | None
    matching_id: str | None
    device_info: DeviceInfo
    ctx_params1: bytes
    certificates_and_crls: bytes


class PrepareFields(TypedDict, total=False):
    """Overrides of PrepareDownload."""

    transaction_id: TransactionId | bytes
    cc_required: bool
    bpp_euicc_otpk: bytes | None
    smdp_signed2: bytes
    euicc_signature1: bytes
    certificate: CertificateLike
    sign_with: PrivateKey
    signature: bytes
    confirmation_code: str | None
    hash_cc: bytes | None


class PackageFields(TypedDict, total=False):
    """Overrides of the BoundProfilePackage; each is an attribute of `PackageInputs`."""

    transaction_id: bytes
    key_dp: PrivateKey
    otsk_dp: PrivateKey
    otpk_euicc: PublicKey
    eid: Eid
    metadata: bytes | StoreMetadataRequest
    upp: bytes
    host_id: bytes
    remote_op_id: int
    key_type: int
    key_length: int
    smdp_otpk: bytes | None
    signature: bytes | None
    initialise_secure_channel: bytes | None
    configure_isdp: bytes | None
    metadata_pieces: tuple[bytes, ...] | None
    metadata_size: int
    replace_keys: BspKeys | None
    replace_request: bytes | None
    profile_pieces: tuple[bytes, ...] | None
    segment_size: int
    keys: BspKeys | None
    protect: Protect
    lengths: tuple[tuple[int, int], ...]


def octets_of(value: TransactionId | bytes) -> bytes:
    """Returns a TransactionID as octets, whatever its length."""
    return value.octets if isinstance(value, TransactionId) else value


def der_of(certificate: CertificateLike) -> bytes:
    """Returns a certificate as DER; octets are returned unchanged."""
    if isinstance(certificate, Credential):
        return certificate.certificate.der
    return certificate.der if isinstance(certificate, Certificate) else certificate
