"""Mistakes in loads, updates, packets and secure channels, from a second list."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.crypto.bsp import Bsp, BspStructureError
from rspcore.crypto.kdf import BspKeys
from rspcore.ids import Eid
from rspcore.messages.metadata import StoreMetadataRequest, UpdateMetadataRequest
from rspcore.ota.packet import (
    CounterMode,
    KeySet,
    ResponsePacket,
    ResponseStatus,
    SecurityParameters,
)
from rspcore.ota.sms import Deliver, UserData
from rspcore.status import StatusWord, is_success
from rspcore.tlv import Tlv
from rspsim.euicc import channels, startup
from rspsim.euicc.es6 import update_metadata
from rspsim.euicc.load import segments
from rspsim.euicc.load import step as protection
from rspsim.euicc.load.es8p import initialise_secure_channel, store_metadata
from rspsim.euicc.load.step import Step
from rspsim.euicc.load_progress import Load
from rspsim.euicc.outcome import View
from rspsim.euicc.profile_content.interpreter import generic_file_management
from rspsim.euicc.profile_content.interpreter.file_making import FilePlan
from rspsim.euicc.profile_content.model import ProfileContent
from rspsim.euicc.state import Profile, Volatile
from rspsim.euicc.uicc.ota import delivery, receivers, secured
from rspsim.euicc.uicc.ota import domain as security_domain
from rspsim.euicc.uicc.ota.domain_session import Answer, DomainContext, said
from rspsim.faults.card.card_fault import CardFault, Change, swap
from rspsim.faults.card.handler_changes import entry_instead

__all__ = ["FAULTS", "NOT_CAUGHT"]

Command = Callable[[CommandApdu, DomainContext], Answer]

_LONGEST_HOST_ID = 16
_SHORT_PIECE = 4
_ENTRIES = 4
_OCTET = 256
_INDICES_KEPT = 16
_BLOCKS = 2
_32_BITS = 0xFFFFFFFF
_COUNTER_BITS = 0x18
_16_BIT_REFERENCE = 0x08
_KEY_SETS = 0xD2


def _fifteen_octets(z: bytes, host_id: bytes, eid: Eid) -> BspKeys:
    cut = host_id[:-1] if len(host_id) == _LONGEST_HOST_ID else host_id
    return initialise_secure_channel.KEYS.standard(z, cut, eid)


def _never_empty(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    content, after = protection.UNPROTECT.standard(bsp, one)
    if not content:
        raise BspStructureError("no content")
    return content, after


def _with_a_header(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    content, after = protection.UNPROTECT_MAC_ONLY.standard(bsp, one)
    if len(content) < _SHORT_PIECE:
        raise BspStructureError("no header of a data object")
    return content, after


def _four_entries(request: StoreMetadataRequest) -> StoreMetadataRequest:
    kept = store_metadata.KEPT.standard(request)
    entries = kept.notification_configuration_info
    cut = None if entries is None else entries[:_ENTRIES]
    return replace(kept, notification_configuration_info=cut)


def _size_in_an_octet(request: StoreMetadataRequest) -> StoreMetadataRequest:
    kept = store_metadata.KEPT.standard(request)
    icon = kept.icon
    return kept if icon is None else replace(kept, icon=icon[: len(icon) % _OCTET])


def _installed_with(change: Callable[[ProfileContent], ProfileContent]) -> Change:
    def installed(standing: Load, step: Step) -> Profile:
        made = segments.INSTALLED.standard(standing, step)
        return replace(made, content=change(made.content))

    return swap(segments.INSTALLED, installed)


def _tries_exchanged(content: ProfileContent) -> ProfileContent:
    pins = (replace(p, maximum=p.remaining, remaining=p.maximum) for p in content.pins)
    return replace(content, pins=tuple(pins))


def _sixteen_numbers(content: ProfileContent) -> ProfileContent:
    aka = (
        replace(p, seq=p.seq[:_INDICES_KEPT] + (0,) * (len(p.seq) - _INDICES_KEPT))
        for p in content.aka
    )
    return replace(content, aka=tuple(aka))


def _offset_in_an_octet(plan: FilePlan, content: bytes) -> FilePlan:
    return generic_file_management.WRITTEN.standard(
        replace(plan, position=plan.position % _OCTET), content
    )


def _command(instruction: int, change: Callable[[Command], Command]) -> Change:
    return entry_instead(security_domain.COMMANDS, instruction, change)


def _nickname_gone(run: Command) -> Command:
    def store(command: CommandApdu, context: DomainContext) -> Answer:
        response, after = run(command, context)
        for one in after.state.profiles:
            held = context.state.profile_by_aid(one.aid)
            if held is not None and held.metadata != one.metadata:
                state = after.state.with_profile(replace(one, nickname=""))
                after = replace(after, state=state)
        return response, after

    return store


def _first_profile(run: Command) -> Command:
    def store(command: CommandApdu, context: DomainContext) -> Answer:
        response, after = run(command, context)
        updated, before = after.owner, context.owner
        first = after.state.profiles[0]
        if updated.metadata == before.metadata or first.aid == updated.aid:
            return response, after
        names = replace(
            first.metadata,
            profile_name=updated.metadata.profile_name,
            service_provider_name=updated.metadata.service_provider_name,
        )
        state = after.state.with_profile(replace(updated, metadata=before.metadata))
        state = state.with_profile(replace(first, metadata=names))
        return response, replace(after, state=state)

    return store


def _two_blocks(run: Command) -> Command:
    def store(command: CommandApdu, context: DomainContext) -> Answer:
        if command.p2 >= _BLOCKS:
            return said(context, StatusWord.INCORRECT_P1_P2)
        return run(command, context)

    return store


def _both_cleared(
    stored: StoreMetadataRequest, request: UpdateMetadataRequest
) -> StoreMetadataRequest:
    updated = update_metadata.UPDATED.standard(stored, request)
    if updated.profile_policy_rules != stored.profile_policy_rules:
        return replace(updated, profile_policy_rules=None)
    return updated


def _low_counter(mode: CounterMode, held: int, given: int) -> ResponseStatus:
    return secured.COUNTER.standard(mode, held & _32_BITS, given & _32_BITS)


def _short_references(view: View, delivered: Deliver) -> tuple[View, bytes | None]:
    elements = UserData.decode(delivered.user_data).elements
    if any(identifier == _16_BIT_REFERENCE for identifier, _ in elements):
        return view, None
    return delivery.COLLECTED.standard(view, delivered)


def _from_anybody(view: View, delivered: Deliver) -> tuple[View, bytes | None]:
    return delivery.COLLECTED.standard(view, replace(delivered, originator=b""))


def _data_of_success(
    packet: ResponsePacket, parameters: SecurityParameters, keys: KeySet | None
) -> bytes:
    word = int.from_bytes(packet.data[1:3], "big")
    sound = packet if is_success(word) else replace(packet, data=b"")
    return secured.PROTECTED.standard(sound, parameters, keys)


def _any_counter_mode(spi1: int, minimum: int | None) -> bool:
    return receivers.LEVEL_REACHED.standard(spi1 | _COUNTER_BITS, minimum)


def _no_receipt_of_replays(parameters: SecurityParameters, status: ResponseStatus) -> bool:
    if status is ResponseStatus.CNTR_LOW:
        return False
    return secured.WANTED.standard(parameters, status)


def _parts_stay(before: Volatile, /) -> Volatile:
    return replace(startup.FORGOTTEN.standard(before), sms_parts=before.sms_parts)


def _any_version(octets: bytes) -> CommandApdu:
    command = CommandApdu.parse(octets)
    return replace(command, p1=0) if command.ins == Ins.INITIALIZE_UPDATE else command


def _only_set(run: Command) -> Command:
    def put(command: CommandApdu, context: DomainContext) -> Answer:
        response, after = run(command, context)
        if not is_success(response.sw) or not command.p1 & 0x7F:
            return response, after
        domain = after.security_domain
        kept = tuple(key for key in domain.keys if key.version == command.data[0])
        return response, after.with_domain(replace(domain, keys=kept))

    return put


def _every_set(run: Command) -> Command:
    def delete(command: CommandApdu, context: DomainContext) -> Answer:
        response, after = run(command, context)
        if not is_success(response.sw) or command.data[:1] != bytes((_KEY_SETS,)):
            return response, after
        return response, after.with_domain(replace(after.security_domain, keys=()))

    return delete


def _every_application(run: Command) -> Command:
    def status(command: CommandApdu, context: DomainContext) -> Answer:
        return run(replace(command, data=b"\x4f\x00"), context)

    return status


FAULTS: Final[tuple[CardFault, ...]] = (
    CardFault(
        "unseen.20-fifteen-octets-of-host",
        "A hostId of 16 octets loses its last one in the key derivation.",
        ("ES8+.InitialiseSecureChannel#12",),
        swap(initialise_secure_channel.KEYS, _fifteen_octets),
    ),
    CardFault(
        "unseen.22-piece-with-header",
        "An 88 with fewer than four octets of metadata is refused.",
        ("ES8+.StoreMetadata#92",),
        swap(protection.UNPROTECT_MAC_ONLY, _with_a_header),
    ),
    CardFault(
        "unseen.23-four-entries",
        "Of a notification configuration four entries are kept.",
        ("procedure.Notifications#20",),
        swap(store_metadata.KEPT, _four_entries),
    ),
    CardFault(
        "unseen.24-icon-size-in-an-octet",
        "The size of an icon is kept on one octet.",
        (
            "ES8+.StoreMetadata#04",
            "ES8+.StoreMetadata#84",
        ),
        swap(store_metadata.KEPT, _size_in_an_octet),
    ),
    CardFault(
        "unseen.25-tries-exchanged",
        "Maximum and remaining tries of a PIN in a package are exchanged.",
        ("Profile.PIN#01",),
        _installed_with(_tries_exchanged),
    ),
    CardFault(
        "unseen.26-sixteen-first-numbers",
        "First sequence numbers of a package are kept for 16 indices.",
        ("Profile.AKA#10",),
        _installed_with(_sixteen_numbers),
    ),
    CardFault(
        "unseen.27-offset-in-an-octet",
        "The place of content in a script is kept on one octet.",
        ("Profile.GFM#10",),
        swap(generic_file_management.WRITTEN, _offset_in_an_octet),
    ),
    CardFault(
        "unseen.28-update-takes-nickname",
        "UpdateMetadata removes the nickname.",
        ("ES6.UpdateMetadata#63",),
        _command(Ins.STORE_DATA, _nickname_gone),
    ),
    CardFault(
        "unseen.29-first-profile-updated",
        "UpdateMetadata changes the names of the Profile that was installed first.",
        ("ES6.UpdateMetadata#63",),
        _command(Ins.STORE_DATA, _first_profile),
    ),
    CardFault(
        "unseen.30-two-blocks",
        "The third block of STORE DATA to a security domain is refused.",
        ("ES6.UpdateMetadata#12",),
        _command(Ins.STORE_DATA, _two_blocks),
    ),
    CardFault(
        "unseen.31-both-rules-cleared",
        "An update that clears one policy rule clears the other one too.",
        ("ES6.UpdateMetadata#62",),
        swap(update_metadata.UPDATED, _both_cleared),
    ),
    CardFault(
        "unseen.32-counter-of-32-bits",
        "The counter of packets is compared on 32 bits.",
        ("UICC.SecuredPacket#22",),
        swap(secured.COUNTER, _low_counter),
    ),
    CardFault(
        "unseen.34-parts-from-anybody",
        "Parts of messages from two senders are joined.",
        ("UICC.SecuredPacket#23",),
        swap(delivery.COLLECTED, _from_anybody),
    ),
    CardFault(
        "unseen.35-no-data-of-failure",
        "The receipt of a script that failed has no data.",
        ("UICC.Ota#06",),
        swap(secured.PROTECTED, _data_of_success),
    ),
    CardFault(
        "unseen.36-counter-mode-not-required",
        "The counter mode of a minimum security level is not compared.",
        ("UICC.SecuredPacket#24",),
        swap(receivers.LEVEL_REACHED, _any_counter_mode),
    ),
    CardFault(
        "unseen.37-silent-about-replays",
        "A packet with a counter that was used gets no receipt.",
        ("UICC.SecuredPacket#22",),
        swap(secured.WANTED, _no_receipt_of_replays),
    ),
    CardFault(
        "unseen.39-any-key-version",
        "INITIALIZE UPDATE opens a session with the first key set, whichever is named.",
        (
            "UICC.DeleteKey#01",
            "UICC.DeleteKey#03",
            "UICC.PutKey#01",
        ),
        swap(channels.PARSE, _any_version),
    ),
    CardFault(
        "unseen.40-one-key-set",
        "PUT KEY in the place of a key set removes all others.",
        ("UICC.PutKey#04",),
        _command(Ins.PUT_KEY, _only_set),
    ),
    CardFault(
        "unseen.41-every-key-set-deleted",
        "DELETE of a key set removes all of them.",
        ("UICC.DeleteKey#01",),
        _command(Ins.DELETE, _every_set),
    ),
    CardFault(
        "unseen.42-every-application",
        "GET STATUS lists every application whatever AID is asked for.",
        ("UICC.DomainData#04",),
        _command(Ins.GET_STATUS, _every_application),
    ),
)

NOT_CAUGHT: Final[tuple[CardFault, ...]] = (
    CardFault(
        "unseen.21-never-empty",
        "An 86 with no content but padding is refused.",
        (),
        swap(protection.UNPROTECT, _never_empty),
    ),
    CardFault(
        "unseen.33-short-references",
        "Parts of a message with a reference of 16 bits are not joined.",
        (),
        swap(delivery.COLLECTED, _short_references),
    ),
    CardFault(
        "unseen.38-parts-over-a-reset",
        "A reset keeps the parts of a message that is not whole.",
        (),
        swap(startup.FORGOTTEN, _parts_stay),
    ),
)
"""Mistakes that no strict verdict finds; they are no faults to choose until a case does."""
