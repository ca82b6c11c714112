"""Binding of a profile to one card, and the segments in which the result is sent to the card.

A BoundProfilePackage is made in steps, each a function here: sign the key agreement request, derive
the channel, protect group after group, join. `bind` takes them all; a caller that needs one part
wrong takes them one by one, changes a member of `BindingInputs`, or replaces one of `Pieces`.

    BF36 { BF23 request | A0 { 87 ConfigureISDP } | A1 { 88 StoreMetadata ... }
           | A2 { 87 ReplaceSessionKeys }, if any | A3 { 86 profile elements ... } }

Nothing here depends on profile elements: the octets of the unprotected package are cut by size
alone.

Source: SGP.22 v2, 2.5.3, 2.5.5, 5.5 and annex H.
"""

from collections.abc import Iterable, Iterator

from rspcore import tlv
from rspcore.crypto.bsp import MAX_ENCRYPTED_PLAINTEXT, MAX_MACED_PLAINTEXT, MAX_TLV, Bsp
from rspcore.crypto.kdf import KEY_LENGTH, KEY_TYPE_AES, BspKeys, session_keys
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.errors import DecodeError, LocalError
from rspcore.frozen import dataclass
from rspcore.ids import Eid, TransactionId
from rspcore.messages.es8p import (
    ControlRefTemplate,
    InitialiseSecureChannelRequest,
    RemoteOpId,
    ReplaceSessionKeysRequest,
)
from rspcore.tags import Tag

__all__ = [
    "CONFIGURE_ISDP",
    "BindingInputs",
    "Pieces",
    "bind",
    "control_reference_template",
    "cut",
    "initialise_secure_channel",
    "key_agreement_request",
    "protect_group",
    "replace_session_keys",
    "secure_channel_tbs",
    "segments",
]

CONFIGURE_ISDP = bytes.fromhex("BF2400")
"""ConfigureISDP without dpProprietaryData."""

_SENT_HEADER_FIRST = (int(Tag.SequenceOf88), int(Tag.SequenceOf86))
_MAC_ONLY = int(Tag.Protected88)
_GROWTH = 16 + 8 + 4
"""Octets that padding, MAC and header add to a plaintext at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """The data objects of a BoundProfilePackage, each protected TLV separate.

    Attributes:
        initialise_secure_channel: BF23.
        configure_isdp: The 87 of A0.
        store_metadata: The 88s of A1.
        replace_session_keys: The 87 of A2; A2 is left out when there is none.
        profile_elements: The 86s of A3.
    """

    initialise_secure_channel: bytes
    configure_isdp: tuple[bytes, ...]
    store_metadata: tuple[bytes, ...]
    replace_session_keys: tuple[bytes, ...] = ()
    profile_elements: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Returns the package, BF36."""
        second: tuple[bytes, ...] = ()
        if self.replace_session_keys:
            second = (tlv.encode(Tag.SecondSequenceOf87, *self.replace_session_keys),)
        return tlv.encode(
            Tag.BoundProfilePackage,
            self.initialise_secure_channel,
            tlv.encode(Tag.FirstSequenceOf87, *self.configure_isdp),
            tlv.encode(Tag.SequenceOf88, *self.store_metadata),
            *second,
            tlv.encode(Tag.SequenceOf86, *self.profile_elements),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingInputs:
    """What a package is made of.

    Attributes:
        key_dp: SK.DPpb.ECDSA, signs the key agreement request.
        transaction_id: TransactionID of the RSP session.
        otsk_dp: otSK.DP.ECKA, on the curve of the card's one-time key.
        otpk_euicc: otPK.EUICC.ECKA.
        eid: EID of the card.
        host_id: hostId of the control reference template, 1 to 16 octets.
        metadata: StoreMetadataRequest, BF25 with its header.
        upp: Unprotected profile package, any octets.
        segment_octets: Most plaintext octets of one 86; more than 1007 make TLVs longer than SGP.22
            allows, as some servers do.
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
    segment_octets: int = MAX_ENCRYPTED_PLAINTEXT
    metadata_octets: int = MAX_MACED_PLAINTEXT
    replace_keys: BspKeys | None = None
    configure_isdp: bytes = CONFIGURE_ISDP
    remote_op_id: int = RemoteOpId.installBoundProfilePackage
    key_type: int = KEY_TYPE_AES
    key_length: int = KEY_LENGTH


def bind(inputs: BindingInputs) -> Pieces:
    """Binds a profile to one card; `encode` of the result is the package.

    Raises:
        CryptoError: the two one-time keys are on different curves.
    """
    keys = session_keys(
        inputs.otsk_dp.agree(inputs.otpk_euicc),
        host_id=inputs.host_id,
        eid=inputs.eid,
        key_type=inputs.key_type,
        key_length=inputs.key_length,
    )
    longest = max(MAX_TLV, inputs.segment_octets + _GROWTH, len(inputs.configure_isdp) + _GROWTH)
    bsp = Bsp(keys, max_tlv=longest)
    configure, bsp = protect_group(bsp, Tag.Protected87, (inputs.configure_isdp,))
    metadata, bsp = protect_group(
        bsp, Tag.Protected88, cut(inputs.metadata, inputs.metadata_octets)
    )
    replacement: tuple[bytes, ...] = ()
    if inputs.replace_keys is not None:
        request = replace_session_keys(inputs.replace_keys)
        replacement, bsp = protect_group(bsp, Tag.Protected87, (request,))
        bsp = bsp.replaced(inputs.replace_keys)
    elements, _ = protect_group(bsp, Tag.Protected86, cut(inputs.upp, inputs.segment_octets))
    return Pieces(
        initialise_secure_channel=key_agreement_request(inputs),
        configure_isdp=configure,
        store_metadata=metadata,
        replace_session_keys=replacement,
        profile_elements=elements,
    )


def key_agreement_request(inputs: BindingInputs) -> bytes:
    """Returns the signed InitialiseSecureChannelRequest of a package, BF23 with its header."""
    template = control_reference_template(
        inputs.host_id, key_type=inputs.key_type, key_length=inputs.key_length
    )
    return initialise_secure_channel(
        inputs.key_dp,
        inputs.transaction_id,
        template,
        inputs.otsk_dp.public,
        inputs.otpk_euicc,
        remote_op_id=inputs.remote_op_id,
    )


def control_reference_template(
    host_id: bytes, *, key_type: int = KEY_TYPE_AES, key_length: int = KEY_LENGTH
) -> ControlRefTemplate:
    """Returns the control reference template of a key agreement request."""
    return ControlRefTemplate(
        key_type=bytes((key_type,)), key_len=bytes((key_length,)), host_id=host_id
    )


def initialise_secure_channel(
    key_dp: PrivateKey,
    transaction_id: TransactionId,
    crt: ControlRefTemplate,
    otpk_dp: PublicKey,
    otpk_euicc: PublicKey,
    *,
    remote_op_id: int = RemoteOpId.installBoundProfilePackage,
) -> bytes:
    """Returns a signed InitialiseSecureChannelRequest, BF23 with its header (5.5.1)."""
    unsigned = InitialiseSecureChannelRequest(
        remote_op_id=remote_op_id,
        transaction_id=transaction_id,
        control_ref_template=crt,
        smdp_otpk=otpk_dp.point,
        smdp_sign=b"",
    ).encode()
    signature = key_dp.sign(secure_channel_tbs(unsigned, otpk_euicc))
    content = [bytes(one.raw) for one in tlv.parse(unsigned).children()[:-1]]
    return tlv.encode(Tag.InitialiseSecureChannel, *content, tlv.encode(Tag.Signature, signature))


def secure_channel_tbs(request: bytes | memoryview, otpk_euicc: PublicKey) -> bytes:
    """Returns the octets that smdpSign covers: the request's own, then otPK.EUICC (5.5.1).

    Args:
        request: InitialiseSecureChannelRequest as received, BF23 with its header.
        otpk_euicc: Key of the card, which the request itself does not carry.

    Raises:
        DecodeError: the request is not a sequence of data objects.
    """
    parts = [bytes(one.raw) for one in tlv.parse(request).children() if one.tag != Tag.Signature]
    return b"".join((*parts, tlv.encode(Tag.OneTimePublicKey, otpk_euicc.point)))


def replace_session_keys(keys: BspKeys) -> bytes:
    """Returns ReplaceSessionKeysRequest, BF26 with its header (5.5.4)."""
    return ReplaceSessionKeysRequest(
        initial_mac_chaining_value=keys.mac_chaining_value,
        ppk_enc=keys.s_enc,
        ppk_cmac=keys.s_mac,
    ).encode()


def cut(octets: bytes, size: int) -> tuple[bytes, ...]:
    """Cuts octets into pieces of this size and a rest; no octets give no piece.

    Raises:
        LocalError: the size is not positive.
    """
    if size < 1:
        raise LocalError(f"segment size {size}: expected at least 1 octet")
    return tuple(octets[start : start + size] for start in range(0, len(octets), size))


def protect_group(bsp: Bsp, tag: int, plaintexts: Iterable[bytes]) -> tuple[tuple[bytes, ...], Bsp]:
    """Protects one TLV for each plaintext: 88 by a MAC alone, any other tag encrypted as well.

    Returns:
        The TLVs, and the value for the TLV after them.

    Raises:
        LocalError: a TLV would be longer than the channel's `max_tlv`.
    """
    if tag != _MAC_ONLY:
        return bsp.protect_all(tag, plaintexts)
    made = []
    for plaintext in plaintexts:
        one, bsp = bsp.protect_mac_only(tag, plaintext)
        made.append(one)
    return tuple(made), bsp


def segments(bpp: bytes) -> tuple[bytes, ...]:
    """Cuts a package for the card; each segment is its own chain of STORE DATA commands (2.5.5).

    The first segment is the header of BF36 with the whole BF23; A0 and A2 go whole; the headers of
    A1 and A3 go alone, and each 88 and 86 after them. Data objects that do not belong there go
    whole: the card has to refuse them.

    Args:
        bpp: BoundProfilePackage, BF36 with its header.

    Raises:
        DecodeError: another tag, or lengths that do not fit.
    """
    outer = tlv.parse(bpp)
    if outer.tag != Tag.BoundProfilePackage:
        raise DecodeError(
            f"BoundProfilePackage: expected tag BF36, got {outer.tag:02X}", tag=outer.tag
        )
    header = bpp[: len(bpp) - len(outer.value)]
    first, *groups = outer.children() or (None,)
    cuts = [header if first is None else header + bytes(first.raw)]
    for group in groups:
        cuts += _group_segments(group)
    return tuple(cuts)


def _group_segments(group: tlv.Tlv) -> Iterator[bytes]:
    if group.tag not in _SENT_HEADER_FIRST:
        yield bytes(group.raw)
        return
    yield bytes(group.raw[: len(group.raw) - len(group.value)])
    for one in group.children():
        yield bytes(one.raw)
