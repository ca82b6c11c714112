"""A BoundProfilePackage as its inputs: bound for one session, with one part wrong where wanted.

`PackageInputs` holds every input with its correct value; `dataclasses.replace` changes one.
`bind_package` makes the segments the LPA sends (SGP.22 v2, 2.5.5), each a STORE DATA chain of its
own, and `Package` removes segments, inserts others, or inverts a bit in one. Signatures and MACs
cover a change of the inputs, but not a change of the package.
"""

from collections.abc import Callable

from rspcore import tlv
from rspcore.bpp import (
    CONFIGURE_ISDP,
    control_reference_template,
    cut,
    replace_session_keys,
)
from rspcore.crypto.bsp import MAX_ENCRYPTED_PLAINTEXT, MAX_MACED_PLAINTEXT, Bsp
from rspcore.crypto.kdf import KEY_LENGTH, KEY_TYPE_AES, BspKeys, session_keys
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid
from rspcore.messages.es8p import RemoteOpId
from rspcore.messages.notifications import BppCommandId
from rspcore.tags import Tag

__all__ = ["Package", "PackageInputs", "Protect", "Segment", "bind_package"]

_MAX_TLV = 65535  # a case decides what is too long

Protect = Callable[[BppCommandId, int, Bsp, bytes], tuple[bytes, Bsp]]
"""Protects one TLV: its command, its number within the group (from 0), the channel, the plaintext.

Returns the TLV and the channel for the next one.
"""


def protect_correctly(
    command: BppCommandId, number: int, bsp: Bsp, plaintext: bytes
) -> tuple[bytes, Bsp]:
    """Protects one TLV as the specification requires."""
    del number
    if command is BppCommandId.storeMetadata:
        return bsp.protect_mac_only(Tag.Protected88, plaintext)
    if command is BppCommandId.loadProfileElements:
        return bsp.protect(Tag.Protected86, plaintext)
    return bsp.protect(Tag.Protected87, plaintext)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageInputs:
    """The inputs of a package.

    Attributes:
        transaction_id: transactionId of InitialiseSecureChannel, any octets.
        key_dp: Signs InitialiseSecureChannel (SK.DPpb).
        otsk_dp: One-time key of the server.
        otpk_euicc: One-time key of the card, which the signature covers.
        eid: EID of the card.
        metadata: StoreMetadataRequest, BF25.
        upp: Unprotected profile package.
        host_id: hostId.
        remote_op_id: remoteOpId.
        key_type: keyType octet.
        key_length: keyLen octet.
        smdp_otpk: Octets sent as otPK.DP; None for the public half of `otsk_dp`.
        signature: smdpSign to use; None to make it.
        initialise_secure_channel: BF23 to send as it is; None to make it.
        configure_isdp: ConfigureISDPRequest, BF24; None leaves the group A0 out.
        metadata_pieces: Plaintexts of the 88s; None to cut `metadata`.
        metadata_size: Plaintext octets of one 88.
        replace_keys: Profile protection keys; None for session keys all the way.
        replace_request: BF26 to protect in place of the one made from `replace_keys`.
        profile_pieces: Plaintexts of the 86s; None to cut `upp`.
        segment_size: Plaintext octets of one 86.
        keys: Session keys; None to agree on them.
        protect: Protects one TLV.
        lengths: Lengths to write in BF36, A0, A1, A2, A3 in place of the true ones, by tag.
    """

    transaction_id: bytes
    key_dp: PrivateKey
    otsk_dp: PrivateKey
    otpk_euicc: PublicKey
    eid: Eid
    metadata: bytes
    upp: bytes
    host_id: bytes = b"rsplab"
    remote_op_id: int = RemoteOpId.installBoundProfilePackage
    key_type: int = KEY_TYPE_AES
    key_length: int = KEY_LENGTH
    smdp_otpk: bytes | None = None
    signature: bytes | None = None
    initialise_secure_channel: bytes | None = None
    configure_isdp: bytes | None = CONFIGURE_ISDP
    metadata_pieces: tuple[bytes, ...] | None = None
    metadata_size: int = MAX_MACED_PLAINTEXT
    replace_keys: BspKeys | None = None
    replace_request: bytes | None = None
    profile_pieces: tuple[bytes, ...] | None = None
    segment_size: int = MAX_ENCRYPTED_PLAINTEXT
    keys: BspKeys | None = None
    protect: Protect = protect_correctly
    lengths: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment.

    Attributes:
        command: ES8+ command it belongs to.
        octets: What is sent.
    """

    command: BppCommandId
    octets: bytes


@dataclass(frozen=True, slots=True)
class Package:
    """The segments of a package in the order they are sent."""

    segments: tuple[Segment, ...]

    def __len__(self) -> int:
        """Returns the number of segments."""
        return len(self.segments)

    def of(self, command: BppCommandId) -> tuple[int, ...]:
        """Returns the places of a command's segments, from 0, without lone group headers."""
        return tuple(
            place
            for place, segment in enumerate(self.segments)
            if segment.command is command and not _lone_header(segment.octets)
        )

    def header_of(self, command: BppCommandId) -> int:
        """Returns the place of the segment with a command's group header (A0, A1, A2, A3)."""
        return next(p for p, segment in enumerate(self.segments) if segment.command is command)

    def replaced(self, place: int, octets: bytes) -> "Package":
        """Returns the package with other octets at a place."""
        parts = list(self.segments)
        parts[place] = replace(parts[place], octets=octets)
        return Package(tuple(parts))

    def inserted(self, place: int, octets: bytes) -> "Package":
        """Returns the package with one more segment before a place."""
        at = self.segments[min(place, len(self.segments) - 1)].command
        parts = list(self.segments)
        parts.insert(place, Segment(at, octets))
        return Package(tuple(parts))

    def without(self, *places: int) -> "Package":
        """Returns the package with segments left out."""
        kept = (one for place, one in enumerate(self.segments) if place not in places)
        return Package(tuple(kept))

    def swapped(self, one: int, other: int) -> "Package":
        """Returns the package with two segments exchanged."""
        parts = list(self.segments)
        parts[one], parts[other] = parts[other], parts[one]
        return Package(tuple(parts))

    def repeated(self, place: int) -> "Package":
        """Returns the package with a segment twice in a row."""
        return self.inserted(place, self.segments[place].octets)

    def flipped(self, place: int, *, bit: int = 0) -> "Package":
        """Returns the package with one bit inverted; bit 0 is the lowest of the last octet."""
        octets = self.segments[place].octets
        turned = int.from_bytes(octets, "big") ^ (1 << bit)
        return self.replaced(place, turned.to_bytes(len(octets), "big"))

    def until(self, place: int) -> "Package":
        """Returns the segments before a place."""
        return Package(self.segments[:place])

    def since(self, place: int) -> "Package":
        """Returns the segments from a place on."""
        return Package(self.segments[place:])


def _lone_header(octets: bytes) -> bool:
    tag, header, _ = tlv.read_header(octets) if octets else (0, 0, 0)
    return tag in (Tag.SequenceOf88, Tag.SequenceOf86) and header == len(octets)


def bind_package(inputs: PackageInputs) -> Package:
    """Makes the segments of a package."""
    request = inputs.initialise_secure_channel or initialise_secure_channel(inputs)
    groups = _groups(inputs)
    lengths = dict(inputs.lengths)
    bodies = {tag: b"".join(tlvs) for _, tag, tlvs in groups}
    headers = {tag: _header(tag, lengths.get(tag, len(body))) for tag, body in bodies.items()}
    whole = len(request) + sum(len(headers[tag]) + len(body) for tag, body in bodies.items())
    first = _header(Tag.BoundProfilePackage, lengths.get(Tag.BoundProfilePackage, whole))
    segments = [Segment(BppCommandId.initialiseSecureChannel, first + request)]
    for command, tag, tlvs in groups:
        if tag in (Tag.SequenceOf88, Tag.SequenceOf86):
            segments.append(Segment(command, headers[tag]))
            segments.extend(Segment(command, one) for one in tlvs)
        else:
            segments.append(Segment(command, headers[tag] + bodies[tag]))
    return Package(tuple(segments))


def _header(tag: int, length: int) -> bytes:
    return tlv.encode_tag(tag) + tlv.encode_length(length)


def initialise_secure_channel(inputs: PackageInputs) -> bytes:
    """Makes InitialiseSecureChannelRequest, BF23, signed over what the inputs contain."""
    template = control_reference_template(
        inputs.host_id, key_type=inputs.key_type, key_length=inputs.key_length
    )
    point = inputs.otsk_dp.public.point if inputs.smdp_otpk is None else inputs.smdp_otpk
    parts = (
        tlv.encode(0x82, _integer(inputs.remote_op_id)),
        tlv.encode(0x80, inputs.transaction_id),
        template.encode(),
        tlv.encode(Tag.OneTimePublicKey, point),
    )
    signed = b"".join((*parts, tlv.encode(Tag.OneTimePublicKey, inputs.otpk_euicc.point)))
    signature = inputs.key_dp.sign(signed) if inputs.signature is None else inputs.signature
    return tlv.encode(Tag.InitialiseSecureChannel, *parts, tlv.encode(Tag.Signature, signature))


def _integer(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def _groups(inputs: PackageInputs) -> list[tuple[BppCommandId, int, tuple[bytes, ...]]]:
    keys = inputs.keys or session_keys(
        inputs.otsk_dp.agree(inputs.otpk_euicc),
        host_id=inputs.host_id,
        eid=inputs.eid,
        key_type=inputs.key_type,
        key_length=inputs.key_length,
    )
    bsp = Bsp(keys, max_tlv=_MAX_TLV)
    groups: list[tuple[BppCommandId, int, tuple[bytes, ...]]] = []

    def group(command: BppCommandId, tag: int, plaintexts: tuple[bytes, ...]) -> None:
        nonlocal bsp
        made = []
        for number, plaintext in enumerate(plaintexts):
            one, bsp = inputs.protect(command, number, bsp, plaintext)
            made.append(one)
        groups.append((command, tag, tuple(made)))

    if inputs.configure_isdp is not None:
        group(BppCommandId.configureISDP, Tag.FirstSequenceOf87, (inputs.configure_isdp,))
    pieces = inputs.metadata_pieces
    if pieces is None:
        pieces = cut(inputs.metadata, inputs.metadata_size)
    group(BppCommandId.storeMetadata, Tag.SequenceOf88, pieces)
    request = inputs.replace_request
    if request is None and inputs.replace_keys is not None:
        request = replace_session_keys(inputs.replace_keys)
    if request is not None:
        group(BppCommandId.replaceSessionKeys, Tag.SecondSequenceOf87, (request,))
    if inputs.replace_keys is not None:
        bsp = bsp.replaced(inputs.replace_keys)
    elements = inputs.profile_pieces
    if elements is None:
        elements = cut(inputs.upp, inputs.segment_size)
    group(BppCommandId.loadProfileElements, Tag.SequenceOf86, elements)
    return groups
