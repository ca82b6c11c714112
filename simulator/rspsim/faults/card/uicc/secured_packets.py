"""Faults of secured packets: receipts, counters, key sets, checksums, parts."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from rspcore.ota import sms
from rspcore.ota.algorithms import decipher
from rspcore.ota.packet import (
    CommandPacket,
    CounterMode,
    KeySet,
    PacketError,
    ResponsePacket,
    ResponseStatus,
    SecurityParameters,
)
from rspsim.euicc import startup
from rspsim.euicc.channel_context import SmsParts
from rspsim.euicc.outcome import View
from rspsim.euicc.profile_content.model import ProfileContent
from rspsim.euicc.state import CardState
from rspsim.euicc.uicc.ota import delivery, receivers, secured
from rspsim.faults.card.card_fault import CardFault, Change, swap

__all__ = ["FAULTS"]

_ROW = "UICC.SecuredPacket#"
_BY_SUBMIT, _CHECKSUM, _CIPHERED = 0x20, 0x0C, 0x10
_TAR, _SPI2 = slice(7, 10), 4
_SECRET, _PADDING = 10, 5
_OF_THE_UICC = bytes.fromhex("B00120")


def _receipt(lacking: Callable[[int], int]) -> Change:
    """Returns a change of the proof of receipt: it is protected as another SPI2 would ask."""

    def encode(
        answer: ResponsePacket, parameters: SecurityParameters, keys: KeySet | None
    ) -> bytes:
        return answer.encode(replace(parameters, spi2=lacking(parameters.spi2)), keys)

    return swap(secured.PROTECTED, encode)


def _counter_is_higher(mode: CounterMode, held: int, given: int) -> ResponseStatus:
    mode = CounterMode.HIGHER if mode is CounterMode.NEXT else mode
    return secured.COUNTER.standard(mode, held, given)


def _last_counter_alone(mode: CounterMode, held: int, given: int) -> ResponseStatus:
    if mode is CounterMode.HIGHER and given < held:
        return ResponseStatus.POR_OK
    return secured.COUNTER.standard(mode, held, given)


def _counters_forgotten(state: CardState, /) -> CardState:
    def forgotten(content: ProfileContent) -> ProfileContent:
        domains = (replace(one, counters=()) for one in content.security_domains)
        return replace(content, security_domains=tuple(domains))

    profiles = (replace(one, content=forgotten(one.content)) for one in state.profiles)
    return replace(state, profiles=tuple(profiles))


def _opened_as(variants: Callable[[bytes], Iterable[bytes]]) -> Change:
    """Returns a change of the check: a packet is accepted when a variant of it is sound."""

    def decode(octets: bytes, keys: KeySet | None = None) -> CommandPacket:
        try:
            return CommandPacket.decode(octets, keys)
        except PacketError as error:
            for variant in variants(octets):
                try:
                    return CommandPacket.decode(variant, keys)
                except PacketError:
                    continue
            raise error from error

    return swap(secured.CHECK_PACKET, decode)


def _any_checksum(octets: bytes, keys: KeySet | None = None) -> CommandPacket:
    try:
        return CommandPacket.decode(octets, keys)
    except PacketError:
        parameters, tar, length = CommandPacket.read_header(octets)
        secret = octets[_SECRET:]
        if parameters.ciphered and keys is not None:
            secret = decipher(parameters.cipher, keys.kic, secret)
        body = secret[_PADDING + 1 + length :]
        counter = int.from_bytes(secret[:_PADDING], "big")
        return CommandPacket(parameters, tar, counter, body[: len(body) - secret[_PADDING]])


def _with_octet(place: int, change: Callable[[int], int]) -> Callable[[bytes], Iterable[bytes]]:
    def variants(octets: bytes) -> Iterable[bytes]:
        changed = bytearray(octets)
        changed[place] = change(changed[place])
        yield bytes(changed)

    return variants


def _other_tar(octets: bytes) -> Iterable[bytes]:
    yield octets[: _TAR.start] + _OF_THE_UICC + octets[_TAR.stop :]


def _in_order_alone(view: View, message: sms.Deliver) -> tuple[View, bytes | None]:
    """Leaves out a part that does not follow the one before it."""
    place = sms.UserData.decode(message.user_data).concatenation
    held = view.volatile.sms_parts
    due = 1 if held is None else len(held.parts) + 1
    if place is not None and place[2] != due:
        return view, None
    return delivery.COLLECTED.standard(view, message)


def _every_part_counts(view: View, message: sms.Deliver) -> tuple[View, bytes | None]:
    """Counts a part that comes twice as two."""
    place = sms.UserData.decode(message.user_data).concatenation
    held = view.volatile.sms_parts
    if place is not None and held is not None and place[2] in dict(held.parts):
        number = max(dict(held.parts)) + 1
        parts = (*held.parts, (number, message.user_data))
        kept = SmsParts(key=held.key, parts=parts)
        view = replace(view, volatile=replace(view.volatile, sms_parts=kept))
        return view, None
    return delivery.COLLECTED.standard(view, message)


def _uncounted_when_failed(before: CardState, counted: CardState, after: CardState) -> CardState:
    return before if after is counted else after


FAULTS: Final = (
    CardFault(
        "ota.receipt-without-checksum",
        "The proof of receipt in a DELIVER-REPORT has no checksum.",
        (_ROW + "01",),
        _receipt(lambda spi2: spi2 if spi2 & _BY_SUBMIT else spi2 & ~_CHECKSUM),
    ),
    CardFault(
        "ota.receipt-in-clear",
        "The proof of receipt in a DELIVER-REPORT is not ciphered.",
        (_ROW + "01",),
        _receipt(lambda spi2: spi2 if spi2 & _BY_SUBMIT else spi2 & ~_CIPHERED),
    ),
    CardFault(
        "ota.submit-without-checksum",
        "The proof of receipt in a SUBMIT has no checksum.",
        (_ROW + "02",),
        _receipt(lambda spi2: spi2 & ~_CHECKSUM if spi2 & _BY_SUBMIT else spi2),
    ),
    CardFault(
        "ota.receipt-always",
        "A proof of receipt is sent to every packet.",
        (_ROW + "03", _ROW + "04"),
        swap(secured.WANTED, lambda _parameters, _status: True),
    ),
    CardFault(
        "ota.receipt-on-error-is-always",
        "A receipt that is wanted on error is sent without one, too.",
        (_ROW + "04",),
        swap(secured.WANTED, lambda parameters, _status: bool(parameters.spi2 & 3)),
    ),
    CardFault(
        "ota.counters-forgotten",
        "A reset forgets the counters of packets.",
        (_ROW + "05",),
        swap(startup.KEPT, _counters_forgotten),
    ),
    CardFault(
        "ota.next-is-higher",
        "Any higher counter is taken where the next one is asked for.",
        (_ROW + "06",),
        swap(secured.COUNTER, _counter_is_higher),
    ),
    CardFault(
        "ota.last-counter-alone",
        "Of the counters used, the last alone is refused.",
        (_ROW + "05", _ROW + "21"),
        swap(secured.COUNTER, _last_counter_alone),
    ),
    CardFault(
        "ota.any-checksum",
        "The checksum of a packet is not compared.",
        (_ROW + "07", _ROW + "15", _ROW + "16", _ROW + "17"),
        swap(secured.CHECK_PACKET, _any_checksum),
    ),
    CardFault(
        "ota.failed-script-uncounted",
        "A script that changes nothing does not use its counter.",
        (_ROW + "08",),
        swap(secured.COUNTED, _uncounted_when_failed),
    ),
    CardFault(
        "ota.one-counter-for-all-sets",
        "All key sets share one counter.",
        (_ROW + "09",),
        swap(
            receivers.HELD_COUNTER,
            lambda domain, _version: max((value for _, value in domain.counters), default=0),
        ),
    ),
    CardFault(
        "ota.set-of-kic",
        "The key set of KIc is used whatever KID names.",
        (_ROW + "10",),
        swap(receivers.SET_NAMED, lambda octets: octets[0] >> 4),
    ),
    CardFault(
        "ota.first-set-instead",
        "The first key set is used in the place of one that is not there.",
        (_ROW + "11",),
        swap(
            receivers.SET_NAMED,
            lambda octets: (
                min(octets[0] >> 4, 1)
                if octets[0] >> 4 > 2
                else receivers.SET_NAMED.standard(octets)
            ),
        ),
    ),
    CardFault(
        "ota.any-algorithm",
        "A key is used with every algorithm.",
        (_ROW + "12",),
        swap(receivers.ALGORITHM_FITS, lambda _algorithm, key: key is not None),
    ),
    CardFault(
        "ota.redundancy-is-enough",
        "A redundancy check satisfies a minimum of a checksum.",
        (_ROW + "13",),
        swap(
            receivers.LEVEL_REACHED,
            lambda given, minimum: (
                bool(given & 3) and receivers.LEVEL_REACHED.standard(given | 2, minimum)
            ),
        ),
    ),
    CardFault(
        "ota.ciphering-is-enough",
        "Ciphering satisfies a minimum of a checksum.",
        (_ROW + "14",),
        swap(
            receivers.LEVEL_REACHED,
            lambda given, minimum: (
                bool(given & 4) or receivers.LEVEL_REACHED.standard(given, minimum)
            ),
        ),
    ),
    CardFault(
        "ota.tar-not-in-the-checksum",
        "The TAR is not part of the checksum.",
        (_ROW + "15",),
        _opened_as(_other_tar),
    ),
    CardFault(
        "ota.spi2-not-in-the-checksum",
        "The fifth bit of SPI2 is not part of the checksum.",
        (_ROW + "16",),
        _opened_as(_with_octet(_SPI2, lambda octet: octet ^ _CIPHERED)),
    ),
    CardFault(
        "ota.last-octet-not-in-the-checksum",
        "A bit of the last octet is not part of the checksum.",
        (_ROW + "17",),
        _opened_as(_with_octet(-1, lambda octet: octet ^ 0x10)),
    ),
    CardFault(
        "ota.parts-in-order-alone",
        "Parts that do not come in order are left out.",
        (_ROW + "18", _ROW + "19"),
        swap(delivery.COLLECTED, _in_order_alone),
    ),
    CardFault(
        "ota.every-part-counts",
        "A part that comes twice counts as two.",
        (_ROW + "20",),
        swap(delivery.COLLECTED, _every_part_counts),
    ),
)
