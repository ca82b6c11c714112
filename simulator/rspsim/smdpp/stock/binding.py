"""From unprotected to bound: what a package is made of, and how it is made or made again.

Thin over `rspcore.bpp`, which knows the steps. What was bound to a card is kept with its order:
when the card comes back with the same one-time key, the same protected data objects go out again
under a new key agreement request, because only that names the session (SGP.22 v2, 3.1.3.3, 5.6.2).
"""

from dataclasses import dataclass

from rspcore.bpp import (
    CONFIGURE_ISDP,
    Pieces,
    control_reference_template,
    cut,
    initialise_secure_channel,
    protect_group,
    replace_session_keys,
)
from rspcore.crypto.bsp import MAX_TLV, Bsp
from rspcore.crypto.kdf import KEY_LENGTH, KEY_TYPE_AES, BspKeys, session_keys
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.ids import Eid, TransactionId
from rspcore.messages.es8p import RemoteOpId
from rspcore.tags import Tag
from rspsim.env import Rng

__all__ = ["BindingInput", "bind", "new_host_id", "new_keys", "request_for"]

_GROWTH = 16 + 8 + 4
"""Octets that padding, MAC and header add to a plaintext at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingChoice:
    """Say how packages are bound where several ways are legal.

    Attributes:
        replace_session_keys: True to protect the profile under its own keys (PPK), announced by
            ReplaceSessionKeys; False to protect it under the session keys.
        segment_octets: Most plaintext octets of one 86.
        metadata_octets: Most plaintext octets of one 88.
        host_id_octets: Length of hostId, 1 to 16.
    """

    replace_session_keys: bool = False
    segment_octets: int = 1007
    metadata_octets: int = 1008
    host_id_octets: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingInput:
    """Hold what a package is made of.

    Attributes:
        key_dp: SK.DPpb, signs the key agreement request.
        transaction_id: TransactionID of the session.
        otsk_dp: One-time key pair of the server.
        otpk_euicc: One-time key of the card.
        eid: EID of the card.
        host_id: hostId, 1 to 16 octets.
        metadata: StoreMetadataRequest, BF25 with its header.
        upp: Unprotected profile package.
        segment_octets: Most plaintext octets of one 86.
        metadata_octets: Most plaintext octets of one 88.
        replace_keys: Profile protection keys, or None to protect under the session keys.
        configure_isdp: ConfigureISDPRequest, BF24 with its header.
        remote_op_id: remoteOpId of the request.
        key_type: keyType of the control reference template and of the derivation.
        key_length: keyLen of both.
    """

    key_dp: PrivateKey
    transaction_id: TransactionId
    otsk_dp: PrivateKey
    otpk_euicc: PublicKey
    eid: Eid
    host_id: bytes
    metadata: bytes
    upp: bytes
    segment_octets: int
    metadata_octets: int
    replace_keys: BspKeys | None = None
    configure_isdp: bytes = CONFIGURE_ISDP
    remote_op_id: int = RemoteOpId.installBoundProfilePackage
    key_type: int = KEY_TYPE_AES
    key_length: int = KEY_LENGTH


def new_host_id(rng: Rng, choice: BindingChoice) -> bytes:
    """Draw a hostId of the length chosen."""
    return rng.octets(choice.host_id_octets)


def new_keys(rng: Rng, choice: BindingChoice) -> BspKeys | None:
    """Draw profile protection keys, or none when the session keys are to protect the profile."""
    if not choice.replace_session_keys:
        return None
    return BspKeys(rng.octets(16), rng.octets(16), rng.octets(16))


def request_for(given: BindingInput) -> bytes:
    """Return the signed key agreement request, BF23."""
    template = control_reference_template(
        given.host_id, key_type=given.key_type, key_length=given.key_length
    )
    return initialise_secure_channel(
        given.key_dp,
        given.transaction_id,
        template,
        given.otsk_dp.public,
        given.otpk_euicc,
        remote_op_id=given.remote_op_id,
    )


def bind(given: BindingInput) -> Pieces:
    """Protect metadata and profile for one card.

    Raises:
        CryptoError: the two one-time keys are on different curves.
    """
    keys = session_keys(
        given.otsk_dp.agree(given.otpk_euicc),
        host_id=given.host_id,
        eid=given.eid,
        key_type=given.key_type,
        key_length=given.key_length,
    )
    longest = max(MAX_TLV, given.segment_octets + _GROWTH, len(given.configure_isdp) + _GROWTH)
    bsp = Bsp(keys, max_tlv=longest)
    configure, bsp = protect_group(bsp, Tag.Protected87, (given.configure_isdp,))
    metadata, bsp = protect_group(bsp, Tag.Protected88, cut(given.metadata, given.metadata_octets))
    replacement: tuple[bytes, ...] = ()
    if given.replace_keys is not None:
        replacement, bsp = protect_group(
            bsp, Tag.Protected87, (replace_session_keys(given.replace_keys),)
        )
        bsp = bsp.replaced(given.replace_keys)
    elements, _ = protect_group(bsp, Tag.Protected86, cut(given.upp, given.segment_octets))
    return Pieces(
        initialise_secure_channel=request_for(given),
        configure_isdp=configure,
        store_metadata=metadata,
        replace_session_keys=replacement,
        profile_elements=elements,
    )
