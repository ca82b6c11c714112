"""S_OTA: the operator's server, which reaches the MNO-SD of the Enabled Profile over SMS-PP.

A script of commands becomes a secured packet (SCP80), the packet one or more short messages, each
an ENVELOPE. The proof of receipt comes in the answer to the last one, or as SEND SHORT MESSAGE
after 91XX; both are taken. Keys are those of the test profiles (`ProfileParameters`).

Source: SGP.22 v2, 5.4.1; ETSI TS 102 225 and TS 102 226; 3GPP TS 31.115.
"""

from collections.abc import Sequence
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import CryptoError, DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.messages.metadata import UpdateMetadataRequest
from rspcore.ota.packet import (
    CommandPacket,
    CounterMode,
    KeySet,
    PacketError,
    ResponsePacket,
    ResponseStatus,
    SecurityParameters,
)
from rspcore.ota.script import ScriptResponse, expanded, read_response
from rspcore.ota.sms import (
    UserData,
    address,
    command_deliveries,
    envelope,
    read_submit,
    reassemble,
)
from rspcore.profile_maker import ProfileParameters
from rspcore.status import StatusWord, describe, is_success
from rspcore.tags import ISDP_OWN_AID
from rspharness.card.card_under_test import Card
from rspharness.card.listed import UnobservedError
from rspharness.lpa.proactive import ProactiveCommand, fetch, terminal_response
from rspharness.record.verdicts import Inconclusive

__all__ = ["MNO_SD_TAR", "OtaServer", "Receipt", "personalisation_script"]

MNO_SD_TAR: Final = bytes.fromhex("B20100")
"""Toolkit application reference of the MNO-SD in the test profiles."""

_SECURITY: Final = SecurityParameters(spi1=0x16, spi2=0x19, kic=0x12, kid=0x12)
"""Checksum and ciphering with AES and key set 1, counter higher; proof of receipt likewise."""

_RECEIPT_BY_SUBMIT: Final = 0x20
"""Bit of SPI2 that asks for the proof of receipt as a separate short message of the card."""

_GET_DATA: Final = CommandApdu(0x80, Ins.GET_DATA, 0x00, 0x66, le=256)
"""A command that changes nothing, whatever the MNO-SD answers."""

_ORIGINATOR: Final = address("12345")
_TIMESTAMP: Final = bytes.fromhex("42100121436500")
_SEND_SHORT_MESSAGE: Final = 0x13
_RECEIPT_ROW: Final = "UICC.Ota#01"
"""The requirement that owns a proof of receipt that cannot be opened."""
_PROTECTED_ROW: Final = "UICC.SecuredPacket#01"
"""The requirement that owns a proof of receipt that lacks the protection asked for."""
_MAX_COMMANDS: Final = 8
_ALWAYS: Final = 0x01
"""Bits of SPI2 that ask for a proof of receipt in any case."""
_COUNTER_SHIFT: Final = 3
_LAST_COUNTER: Final = 0xFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the card answered to a script.

    Attributes:
        status: Response status of the packet, None when no proof of receipt came.
        script: Answer to the commands, None when there is none or it cannot be read.
        last: Answer to the last ENVELOPE.
        counter: Counter in the proof of receipt, None when none came.
    """

    status: int | None
    script: ScriptResponse | None
    last: ResponseApdu
    counter: int | None = None

    @property
    def sw(self) -> int | None:
        """Returns the status word of the last command executed, None when there is none."""
        responses = self.script.responses if self.script is not None else ()
        return responses[-1].sw if responses else None

    @property
    def accepted(self) -> bool:
        """Returns whether the proof of receipt reports that everything was done: 00 and 9000."""
        sw = self.sw
        return self.status == ResponseStatus.POR_OK and sw is not None and is_success(sw)

    def describe(self) -> str:
        """Returns the receipt in words."""
        if self.status is None:
            return f"no proof of receipt, ENVELOPE SW {describe(self.last.sw)}"
        shown = "no command executed" if self.sw is None else f"SW {describe(self.sw)}"
        return f"proof of receipt with status {self.status:02X}, {shown}"


def personalisation_script(
    data: bytes, *, aid: bytes = ISDP_OWN_AID.octets, block: int = 200
) -> tuple[CommandApdu, ...]:
    """Returns INSTALL [for personalization] and the STORE DATA commands with the data.

    Args:
        data: What is stored, for example an UpdateMetadataRequest.
        aid: Application it is for; the ISD-P of the own Profile by default.
        block: Data octets of one STORE DATA.
    """
    install = b"\x00\x00" + bytes((len(aid),)) + aid + b"\x00\x00\x00"
    starts = range(0, max(len(data), 1), block)
    stores = (
        CommandApdu(
            0x80,
            Ins.STORE_DATA,
            0x91 if number == len(starts) - 1 else 0x11,
            number & 0xFF,
            data[start : start + block],
        )
        for number, start in enumerate(starts)
    )
    return (CommandApdu(0x80, Ins.INSTALL, 0x20, 0x00, install), *stores)


class OtaServer:
    """Sends scripts to one Profile; the counter rises with every packet.

    Attributes:
        keys: Key set of the MNO-SD.
        security: SPI, KIc and KID of the packets.
        counter: Counter of the next packet.
        tar: Toolkit application reference the packets are for.
    """

    def __init__(self, parameters: ProfileParameters, *, counter: int = 1) -> None:
        self.keys = KeySet(1, parameters.kic, parameters.kid, parameters.dek)
        self.security = _SECURITY
        self.counter = counter
        self.tar = MNO_SD_TAR

    def packet(self, script: Sequence[CommandApdu]) -> bytes:
        """Returns a script as a secured packet and increments the counter."""
        return self.secured(expanded(script))

    def secured(self, data: bytes) -> bytes:
        """Returns data of any kind as a secured packet and increments the counter."""
        made = CommandPacket(self.security, self.tar, self.counter, data)
        self.counter += 1
        return made.encode(self.keys)

    def send(self, card: Card, script: Sequence[CommandApdu]) -> Receipt:
        """Sends a script and returns the proof of receipt."""
        return self.deliver(card, self.packet(script))

    @staticmethod
    def script_of(request: UpdateMetadataRequest) -> tuple[CommandApdu, ...]:
        """Returns the script of ES6.UpdateMetadata for the own Profile."""
        return personalisation_script(request.encode())

    @staticmethod
    def messages(packet: bytes) -> int:
        """Returns how many short messages a packet takes; each is one ENVELOPE."""
        parts = command_deliveries(packet, originator=_ORIGINATOR, timestamp=_TIMESTAMP)
        return len(tuple(parts))

    def update_metadata(self, card: Card, request: UpdateMetadataRequest | bytes) -> Receipt:
        """Sends ES6.UpdateMetadata for the own Profile."""
        octets = request if isinstance(request, bytes) else request.encode()
        return self.send(card, personalisation_script(octets))

    def deliver(self, card: Card, packet: bytes) -> Receipt:
        """Sends a packet, sound or damaged, in as many short messages as it takes.

        Raises:
            UnobservedError: a proof of receipt came and cannot be opened.
        """
        response = _enveloped(card, packet)
        return self._receipt(packet, response, response.data or _submitted(card))

    def push(self, card: Card, data: bytes) -> Receipt:
        """Sends data, such as a trigger, and leaves what the card then announces to the caller.

        Raises:
            UnobservedError: a proof of receipt came and cannot be opened.
        """
        packet = self.secured(data)
        response = _enveloped(card, packet)
        return self._receipt(packet, response, response.data)

    def _counter_of(self, packet: bytes) -> int | None:
        """Returns the counter of a packet that the card can open, None for a damaged one."""
        try:
            return CommandPacket.decode(packet, self.keys).counter
        except (DecodeError, CryptoError):
            return None

    def _receipt(self, packet: bytes, response: ResponseApdu, receipt: bytes) -> Receipt:
        if not receipt:
            return Receipt(None, None, response)
        try:
            opened = ResponsePacket.decode(_without_header(receipt), self.security, self.keys)
        except (DecodeError, PacketError) as error:
            raise _unopened(error) from error
        if opened.bare and (opened.status == ResponseStatus.POR_OK or opened.data):
            asked = f"a proof of receipt protected as SPI2 {self.security.spi2:02X} asks"
            shown = f"status {opened.status:02X} without checksum and ciphering"
            raise UnobservedError(_PROTECTED_ROW, asked, shown)
        sent = self._counter_of(packet)
        proved = opened.status == ResponseStatus.POR_OK or self.security.response_ciphered
        if proved and not opened.bare and sent not in (None, opened.counter):
            shown = f"counter {opened.counter:010X}, status {opened.status:02X}"
            raise UnobservedError(_PROTECTED_ROW, f"a proof of receipt for {sent:010X}", shown)
        return Receipt(opened.status, _script(opened.data), response, opened.counter)

    def find_counter(self, card: Card) -> bool:
        """Sets the counter to the one that the card takes next; nothing but its counter changes.

        Harmless packets ask for the number exactly one above the card's: it answers whether theirs
        is lower or higher, so that no number is skipped.

        Returns:
            Whether the card showed it; else the counter stays as it was.

        Raises:
            UnobservedError: as `deliver`.
        """
        plain, before = self.security, self.counter
        counting = plain.spi1 | CounterMode.NEXT << _COUNTER_SHIFT
        self.security = replace(plain, spi1=counting, spi2=plain.spi2 & ~3 | _ALWAYS)
        low, high = 0, _LAST_COUNTER + 1
        try:
            while high - low > 1:
                known = high <= _LAST_COUNTER
                asked = (low + high) // 2 if known else min(2 * low or 1, _LAST_COUNTER)
                self.counter = asked
                status = self.send(card, (_GET_DATA,)).status
                if status == ResponseStatus.POR_OK:
                    return True
                if status not in (ResponseStatus.CNTR_LOW, ResponseStatus.CNTR_HIGH):
                    break
                low, high = (asked, high) if status == ResponseStatus.CNTR_LOW else (low, asked)
        finally:
            self.security = plain
        self.counter = before
        return False

    def open_proactive_session(self, card: Card) -> ProactiveCommand:
        """Makes the card send a short message and leaves it waiting for the terminal's answer.

        The proof of receipt of a harmless script is asked for as SEND SHORT MESSAGE. That command
        is fetched and not answered, so a proactive session is open.

        Raises:
            Inconclusive: the card announced no proactive command.
        """
        plain = self.security
        self.security = replace(plain, spi2=plain.spi2 | _RECEIPT_BY_SUBMIT)
        try:
            response = _enveloped(card, self.packet((_GET_DATA,)))
        finally:
            self.security = plain
        if card.pending_proactive is None:
            raise Inconclusive(
                "no proactive session: the card announced no SEND SHORT MESSAGE after ENVELOPE, "
                f"SW {describe(response.sw)}"
            )
        return fetch(card)


def _enveloped(card: Card, packet: bytes) -> ResponseApdu:
    """Sends a packet in as many short messages as it takes; returns the answer to the last."""
    response = ResponseApdu(b"", StatusWord.OK)
    for one in command_deliveries(packet, originator=_ORIGINATOR, timestamp=_TIMESTAMP):
        data = envelope(one)
        response = card.transmit(CommandApdu(0x80, Ins.ENVELOPE, 0, 0, data, 256))
        if not is_success(response.sw):
            break
    return response


def _without_header(receipt: bytes) -> bytes:
    """Returns the response packet from its 02 71 00, wherever the user data begins."""
    start = receipt.find(b"\x02\x71\x00")
    return receipt[max(start, 0) :]


def _script(data: bytes) -> ScriptResponse | None:
    try:
        return read_response(data) if data else None
    except DecodeError:
        return None


def _unopened(error: Exception) -> UnobservedError:
    return UnobservedError(_RECEIPT_ROW, "a proof of receipt that can be opened", str(error))


def _submitted(card: Card) -> bytes:
    """Fetches the short messages the card wants to send; returns the packet in them, or nothing.

    Raises:
        UnobservedError: they cannot be read.
    """
    parts: list[UserData] = []
    for _ in range(_MAX_COMMANDS):
        if card.pending_proactive is None:
            break
        command = fetch(card)
        terminal_response(card, command, 0x00)
        if command.kind != _SEND_SHORT_MESSAGE:
            continue
        try:
            children = tlv.parse(command.raw).children()
            parts += [read_submit(bytes(one.value)) for one in children if one.tag & 0x7F == 0x0B]
        except DecodeError as error:
            raise _unopened(error) from error
    if not parts:
        return b""
    try:
        return b"\x02\x71\x00" + reassemble(parts)
    except DecodeError as error:
        raise _unopened(error) from error
