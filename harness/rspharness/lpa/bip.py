"""The terminal's side of the Bearer Independent Protocol: a TCP channel between card and peer.

The card opens, uses and closes a channel by proactive commands; the terminal carries the octets to
a peer in memory, and reports by ENVELOPE (EVENT DOWNLOAD - Data available) when an answer waits. No
socket is opened. Besides the five commands of the protocol it answers those that an administration
agent also uses: event list, timers that never expire, polling and short messages; any other one is
beyond the capabilities of this terminal.

Source: ETSI TS 102 223, 6.4.27 to 6.4.31 (commands), 6.8 (TERMINAL RESPONSE), 7.5.10 (event), 8
(data objects). Not looked up in its text, so uncertain: that a RECEIVE DATA for more octets than
wait is answered "performed with missing information"; it is what terminals do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError, RemoteError
from rspcore.ota.http_session import Connection
from rspcore.status import StatusWord, is_success
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.proactive import ProactiveCommand, fetch, terminal_response
from rspharness.lpa.terminal import Proactive, Result, comprehension_objects

__all__ = ["BipError", "BipTerminal", "Network", "Peer", "Proactive", "Result"]


class BipError(IntEnum):
    """The additional information on a Bearer Independent Protocol error (8.12.11)."""

    NO_CHANNEL_AVAILABLE = 0x01
    CHANNEL_IDENTIFIER_NOT_VALID = 0x03
    BUFFER_SIZE_NOT_AVAILABLE = 0x04
    REMOTE_DEVICE_NOT_REACHABLE = 0x07


class Peer(Protocol):
    """The far end of a TCP connection."""

    def exchange(self, octets: bytes) -> bytes:
        """Takes octets from the card and returns those that come back, none or many."""


Network = Callable[[Connection], Peer | None]
"""Returns the peer at an address and port, or None where nothing listens."""

Answer = tuple[Result, BipError | None, bytes]

_DATA_AVAILABLE: Final = 0x09
_CHANNELS: Final = range(1, 8)
_FIRST_CHANNEL_DEVICE: Final = 0x20
_BUFFER_OCTETS: Final = 1500
_MOST_AT_ONCE: Final = 237
"""Channel data of one TERMINAL RESPONSE, so that its command stays within 255 octets of data."""
_MAX_ROUNDS: Final = 4096
_IDLE_POLLS: Final = 20

_PERFORMED: Final[Answer] = (Result.PERFORMED, None, b"")


@dataclass(slots=True)
class _Channel:
    """One open channel.

    Attributes:
        peer: Far end.
        size: Octets of its buffers.
        sending: Octets the card wants stored until it asks to send them.
        received: Octets that wait for the card.
        announced: True once the card has been informed of those.
    """

    peer: Peer
    size: int
    sending: bytes = b""
    received: bytes = b""
    announced: bool = False

    def send(self) -> None:
        octets, self.sending = self.sending, b""
        answer = self.peer.exchange(octets)
        if answer and not self.received:
            self.announced = False
        self.received += answer

    def status(self, number: int) -> bytes:
        return tlv.encode(0xB8, bytes((0x80 | number, 0x00)))

    def waiting(self) -> bytes:
        return tlv.encode(0xB7, bytes((min(len(self.received), 0xFF),)))


class BipTerminal:
    """A terminal that carries out what a card announces, until it announces nothing more.

    Attributes:
        card: The channel to the card; its announcements are taken from there.
        events: Event list the card has set up last.
        done: Types of the commands fetched so far, in order.
        opened: Connections the card has asked for, those refused included.
    """

    def __init__(self, card: IsdrChannel, network: Network) -> None:
        self.card = card
        self.events: frozenset[int] = frozenset()
        self.done: list[int] = []
        self.opened: list[Connection] = []
        self._network = network
        self._channels: dict[int, _Channel] = {}
        self._answers: dict[int, Callable[[ProactiveCommand, dict[int, bytes]], Answer]] = {
            Proactive.POLL_INTERVAL: _poll_interval,
            Proactive.SET_UP_EVENT_LIST: self._set_up_event_list,
            Proactive.TIMER_MANAGEMENT: _timer_management,
            Proactive.OPEN_CHANNEL: self._open_channel,
            Proactive.CLOSE_CHANNEL: self._close_channel,
            Proactive.RECEIVE_DATA: self._receive_data,
            Proactive.SEND_DATA: self._send_data,
            Proactive.GET_CHANNEL_STATUS: self._get_channel_status,
        }

    def serve(self) -> None:
        """Answers commands, announces data and polls by STATUS, until polling brings nothing more.

        A card that keeps a channel open is polled longer than one that has closed it.

        Raises:
            RemoteError: the card refused FETCH or TERMINAL RESPONSE, or never stops.
            DecodeError: what was fetched is no proactive command.
        """
        idle = 0
        for _ in range(_MAX_ROUNDS):
            if self.card.pending_proactive is not None:
                self._answer(fetch(self.card))
                idle = 0
            elif idle >= (1 if self.opened and not self._channels else _IDLE_POLLS):
                return
            else:
                idle = 0 if self._announced_data() else idle + 1
        raise RemoteError(f"the card has not stopped after {_MAX_ROUNDS} rounds")

    def _announced_data(self) -> bool:
        """Announces data of a channel, else sends STATUS; True for data the card accepted."""
        for number, channel in self._channels.items():
            if _DATA_AVAILABLE in self.events and channel.received and not channel.announced:
                event = tlv.encode(0x99, bytes((_DATA_AVAILABLE,))) + bytes.fromhex("82028281")
                data = tlv.encode(0xD6, event + channel.status(number) + channel.waiting())
                response = self.card.transmit(CommandApdu(0x80, Ins.ENVELOPE, 0, 0, data))
                channel.announced = response.sw != StatusWord.TOOLKIT_BUSY
                return is_success(response.sw)
        self.card.transmit(CommandApdu(0x80, Ins.GET_STATUS, 0x00, 0x0C))
        return False

    def _answer(self, command: ProactiveCommand) -> None:
        self.done.append(command.kind)
        answer: Answer = (Result.BEYOND_CAPABILITIES, None, b"")
        try:
            objects = dict(comprehension_objects(command.raw))
            if command.kind in self._answers:
                answer = self._answers[command.kind](command, objects)
            elif command.kind in _NOTHING_TO_DO:
                answer = _PERFORMED
        except DecodeError:
            answer = (Result.DATA_NOT_UNDERSTOOD, None, b"")
        result, cause, more = answer
        terminal_response(self.card, command, result, cause=cause, objects=more)

    def _set_up_event_list(self, _command: ProactiveCommand, objects: dict[int, bytes]) -> Answer:
        self.events = frozenset(objects.get(0x19, b""))
        return _PERFORMED

    def _open_channel(self, _command: ProactiveCommand, objects: dict[int, bytes]) -> Answer:
        parts = b"".join(tlv.encode(tag, value) for tag, value in objects.items() if tag > 0x02)
        wanted = Connection.decode(parts)
        self.opened.append(wanted)
        number = next((one for one in _CHANNELS if one not in self._channels), None)
        if number is None:
            return Result.BIP_ERROR, BipError.NO_CHANNEL_AVAILABLE, b""
        peer = self._network(wanted)
        if peer is None:
            return Result.BIP_ERROR, BipError.REMOTE_DEVICE_NOT_REACHABLE, b""
        channel = _Channel(peer, min(wanted.buffer_size, _BUFFER_OCTETS))
        self._channels[number] = channel
        granted = channel.size == wanted.buffer_size
        answer = (
            channel.status(number)
            + tlv.encode(0xB5, wanted.bearer)
            + tlv.encode(0xB9, channel.size.to_bytes(2, "big"))
        )
        return Result.PERFORMED if granted else Result.WITH_MODIFICATION, None, answer

    def _channel(self, objects: dict[int, bytes]) -> _Channel | None:
        return self._channels.get(_number(objects))

    def _close_channel(self, _command: ProactiveCommand, objects: dict[int, bytes]) -> Answer:
        if self._channels.pop(_number(objects), None) is None:
            return _NO_SUCH_CHANNEL
        return _PERFORMED

    def _send_data(self, command: ProactiveCommand, objects: dict[int, bytes]) -> Answer:
        channel = self._channel(objects)
        if channel is None:
            return _NO_SUCH_CHANNEL
        data = objects.get(0x36, b"")
        if len(channel.sending) + len(data) > channel.size:
            return Result.BIP_ERROR, BipError.BUFFER_SIZE_NOT_AVAILABLE, b""
        channel.sending += data
        if command.qualifier & 0x01:
            channel.send()
        free = min(channel.size - len(channel.sending), 0xFF)
        return Result.PERFORMED, None, tlv.encode(0xB7, bytes((free,)))

    def _receive_data(self, _command: ProactiveCommand, objects: dict[int, bytes]) -> Answer:
        channel = self._channel(objects)
        if channel is None:
            return _NO_SUCH_CHANNEL
        wanted = objects.get(0x37, b"")
        if len(wanted) != 1:
            return Result.DATA_NOT_UNDERSTOOD, None, b""
        short = len(channel.received) < wanted[0]
        count = min(wanted[0], _MOST_AT_ONCE)
        data, channel.received = channel.received[:count], channel.received[count:]
        result = Result.MISSING_INFORMATION if short else Result.PERFORMED
        return result, None, tlv.encode(0xB6, data) + channel.waiting()

    def _get_channel_status(self, _command: ProactiveCommand, _objects: dict[int, bytes]) -> Answer:
        statuses = [channel.status(number) for number, channel in self._channels.items()]
        return Result.PERFORMED, None, b"".join(statuses) or tlv.encode(0xB8, b"\x00\x00")


_NO_SUCH_CHANNEL: Final[Answer] = (
    Result.BIP_ERROR,
    BipError.CHANNEL_IDENTIFIER_NOT_VALID,
    b"",
)
_NOTHING_TO_DO: Final = frozenset(
    {Proactive.MORE_TIME, Proactive.POLLING_OFF, Proactive.SEND_SHORT_MESSAGE}
)


def _number(objects: dict[int, bytes]) -> int:
    """Returns the channel that the device identities name: 21 to 27 as destination."""
    return int.from_bytes(objects.get(0x02, b"")[-1:]) - _FIRST_CHANNEL_DEVICE


def _poll_interval(_command: ProactiveCommand, objects: dict[int, bytes]) -> Answer:
    return Result.PERFORMED, None, tlv.encode(0x84, objects.get(0x04, b"\x01\x1e"))


def _timer_management(command: ProactiveCommand, objects: dict[int, bytes]) -> Answer:
    """Starts a timer that never expires, or answers that no time is left."""
    timer = tlv.encode(0xA4, objects.get(0x24, b"\x01"))
    left = tlv.encode(0xA5, bytes(3)) if command.qualifier & 0x03 else b""
    return Result.PERFORMED, None, timer + left
