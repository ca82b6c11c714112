"""What a card finds in a bound package, when it checks signature, MACs, order and lengths.

Source: SGP.22 v2, 2.5.3, 2.6.4, 5.5.
"""

from typing import Final

from rspcore import bpp, tlv
from rspcore.crypto.bsp import MAX_TLV, Bsp
from rspcore.crypto.kdf import BspKeys, session_keys
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.errors import CryptoError, DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Eid, TransactionId
from rspcore.messages.es8p import InitialiseSecureChannelRequest, ReplaceSessionKeysRequest
from rspcore.pki.certificate import Certificate
from rspcore.tags import Tag
from rspharness.record.verdicts import ExpectationError

__all__ = ["OpenedPackage", "open_package"]

_CONFIGURE, _METADATA, _KEYS, _PROFILE = 0xA0, 0xA1, 0xA2, 0xA3
_AES, _SIXTEEN = b"\x88", b"\x10"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPackage:
    """The content of a BoundProfilePackage.

    Attributes:
        transaction_id: TransactionID in BF23.
        otpk_dp: One-time public key of the server, 65 octets.
        host_id: hostId of the control reference template.
        remote_op_id: remoteOpId.
        smdp_sign_verifies: Whether smdpSign verifies with CERT.DPpb.
        crt_is_aes128: Whether keyType and keyLen are those of AES-128.
        configure_isdp: ConfigureISDP (BF24), decrypted.
        metadata: StoreMetadata (BF25), put together.
        upp: The profile package, put together.
        replaced: Whether ReplaceSessionKeys was there.
        longest: Octets of the longest protected TLV.
        segments: The octets of all protected TLVs of A0 to A3, to compare two packages.
    """

    transaction_id: TransactionId
    otpk_dp: bytes
    host_id: bytes
    remote_op_id: int
    smdp_sign_verifies: bool
    crt_is_aes128: bool
    configure_isdp: bytes
    metadata: bytes
    upp: bytes
    replaced: bool
    longest: int
    segments: tuple[bytes, ...]


MOST_OCTETS: Final = MAX_TLV
"""Octets of a protected TLV at most, tag and length included (SGP.22 v2, 2.5.3)."""


def open_package(package: bytes, otsk: PrivateKey, eid: Eid, dp_pb: Certificate) -> OpenedPackage:
    """Opens a package with the card's one-time key, all MACs checked.

    Raises:
        ExpectationError: a card could not load it.
    """
    try:
        return _opened(package, otsk, eid, dp_pb)
    except (DecodeError, CryptoError, KeyError, ValueError) as error:
        text = str(error) or type(error).__name__
        raise ExpectationError("a package that the card can open", text) from error


def _opened(package: bytes, otsk: PrivateKey, eid: Eid, dp_pb: Certificate) -> OpenedPackage:
    outer = tlv.parse(package)
    if outer.tag != Tag.BoundProfilePackage:
        raise DecodeError(f"tag {outer.tag:X}, not BF36")
    request_tlv, *groups = outer.children()
    octets = bytes(request_tlv.raw)
    request = InitialiseSecureChannelRequest.decode(octets)
    key = dp_pb.public_key
    tbs = bpp.secure_channel_tbs(octets, otsk.public)
    crt = request.control_ref_template
    z = otsk.agree(PublicKey.from_point(otsk.curve, request.smdp_otpk))
    bsp = Bsp(session_keys(z, host_id=crt.host_id, eid=eid))
    by_tag = {group.tag: group.children() for group in groups}
    (configure,) = by_tag[_CONFIGURE]
    opened, bsp = bsp.unprotect(configure)
    metadata = b""
    for one in by_tag[_METADATA]:
        part, bsp = bsp.unprotect_mac_only(one)
        metadata += part
    if _KEYS in by_tag:
        (replacement,) = by_tag[_KEYS]
        plain, bsp = bsp.unprotect(replacement)
        keys = ReplaceSessionKeysRequest.decode(plain)
        bsp = bsp.replaced(BspKeys(keys.initial_mac_chaining_value, keys.ppk_enc, keys.ppk_cmac))
    upp = b""
    for one in by_tag[_PROFILE]:
        part, bsp = bsp.unprotect(one)
        upp += part
    segments = tuple(bytes(one.raw) for group in groups for one in group.children())
    return OpenedPackage(
        transaction_id=request.transaction_id,
        otpk_dp=request.smdp_otpk,
        host_id=crt.host_id,
        remote_op_id=int(request.remote_op_id),
        smdp_sign_verifies=key is not None and key.verify(request.smdp_sign, tbs),
        crt_is_aes128=(crt.key_type, crt.key_len) == (_AES, _SIXTEEN),
        configure_isdp=opened,
        metadata=metadata,
        upp=upp,
        replaced=_KEYS in by_tag,
        longest=max(map(len, segments)),
        segments=segments,
    )
