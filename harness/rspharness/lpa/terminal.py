"""A plain terminal: what a device without screen, user or network answers to proactive commands.

Every operator SIM asks for something after TERMINAL PROFILE: a menu, an event list, a poll
interval, a timer. A terminal takes these, and says so; what needs a user, a radio or another card
is refused for good, because a temporary refusal invites the card to ask again. Local information is
that of a test device in a test network. Nothing here sends anything: `Terminal.answer` turns the
octets of a command into an answer, and `rspharness.lpa.proactive` carries both. REFRESH is not
answered here, because it changes the channel to the card.

Source: ETSI TS 102 223, 6.4 and 6.6 (commands), 6.8 (TERMINAL RESPONSE), 8 (data objects), 8.12
(results), 9.3 (coding). Not looked up in its text, so uncertain: that a terminal may refuse PROVIDE
LOCAL INFORMATION of an unknown kind with 30.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass

__all__ = ["Answer", "Proactive", "Result", "Terminal", "comprehension_objects"]


class Proactive(IntEnum):
    """The types of proactive command (TS 102 223, 9.4)."""

    REFRESH = 0x01
    MORE_TIME = 0x02
    POLL_INTERVAL = 0x03
    POLLING_OFF = 0x04
    SET_UP_EVENT_LIST = 0x05
    SET_UP_CALL = 0x10
    SEND_SS = 0x11
    SEND_USSD = 0x12
    SEND_SHORT_MESSAGE = 0x13
    SEND_DTMF = 0x14
    LAUNCH_BROWSER = 0x15
    GEOGRAPHICAL_LOCATION_REQUEST = 0x16
    PLAY_TONE = 0x20
    DISPLAY_TEXT = 0x21
    GET_INKEY = 0x22
    GET_INPUT = 0x23
    SELECT_ITEM = 0x24
    SET_UP_MENU = 0x25
    PROVIDE_LOCAL_INFORMATION = 0x26
    TIMER_MANAGEMENT = 0x27
    SET_UP_IDLE_MODE_TEXT = 0x28
    PERFORM_CARD_APDU = 0x30
    POWER_ON_CARD = 0x31
    POWER_OFF_CARD = 0x32
    GET_READER_STATUS = 0x33
    RUN_AT_COMMAND = 0x34
    LANGUAGE_NOTIFICATION = 0x35
    OPEN_CHANNEL = 0x40
    CLOSE_CHANNEL = 0x41
    RECEIVE_DATA = 0x42
    SEND_DATA = 0x43
    GET_CHANNEL_STATUS = 0x44


class Result(IntEnum):
    """The general results this project's terminals give (TS 102 223, 8.12)."""

    PERFORMED = 0x00
    MISSING_INFORMATION = 0x02
    WITH_MODIFICATION = 0x07
    TIMER_STATE = 0x24
    BEYOND_CAPABILITIES = 0x30
    TYPE_NOT_UNDERSTOOD = 0x31
    DATA_NOT_UNDERSTOOD = 0x32
    VALUES_MISSING = 0x36
    BIP_ERROR = 0x3A


@dataclass(frozen=True, slots=True)
class Answer:
    """What a TERMINAL RESPONSE says.

    Attributes:
        result: General result.
        objects: Data objects after the result, encoded.
    """

    result: Result
    objects: bytes = b""


_DURATION, _IMEI, _LOCATION, _EVENT_LIST = 0x04, 0x14, 0x13, 0x19
_TIMER, _TIMER_VALUE, _DATE_TIME, _LANGUAGE = 0x24, 0x25, 0x26, 0x2D
_TIMING_ADVANCE, _ACCESS_TECHNOLOGY, _IMEISV = 0x2E, 0x3F, 0x62
_SEARCH_MODE, _BATTERY = 0x65, 0x63
_REQUIRED: Final = 0x80
"""The comprehension bit of a tag."""

_PERFORMED: Final = Answer(Result.PERFORMED)
_BEYOND: Final = Answer(Result.BEYOND_CAPABILITIES)

_TAKEN: Final = frozenset(
    {
        Proactive.MORE_TIME,
        Proactive.POLLING_OFF,
        Proactive.SET_UP_MENU,
        Proactive.SET_UP_IDLE_MODE_TEXT,
        Proactive.LANGUAGE_NOTIFICATION,
    }
)
"""Commands that ask for nothing but to be taken."""

_IMEI_DIGITS: Final = "004999010640000"
"""An IMEI of the range for test devices (TAC beginning with 00)."""
_IMEISV_DIGITS: Final = _IMEI_DIGITS[:14] + "01"

_LOCAL_INFORMATION: Final[Mapping[int, tuple[int, str]]] = {
    0x00: (_LOCATION, "00F110 0001 0001"),  # test network 001 01, area 1, cell 1
    0x03: (_DATE_TIME, "52100100000000"),  # 1 January 2025, 00:00:00, UTC
    0x04: (_LANGUAGE, b"en".hex()),
    0x05: (_TIMING_ADVANCE, "0000"),  # idle, none
    0x06: (_ACCESS_TECHNOLOGY, "08"),  # E-UTRAN
    0x09: (_SEARCH_MODE, "01"),  # automatic
    0x0A: (_BATTERY, "04"),  # full
}
"""Tag and value of each kind of local information, by the qualifier that asks for it."""


class Terminal:
    """What a terminal keeps between a reset of the card and the next.

    Attributes:
        events: Event list that the card has set up last.
        timers: Value of each timer that runs, as the card has given it; none ever expires.
    """

    def __init__(self) -> None:
        self.events: frozenset[int] = frozenset()
        self.timers: dict[int, bytes] = {}
        self._answers: dict[int, Callable[[int, Mapping[int, bytes]], Answer]] = {
            Proactive.POLL_INTERVAL: _poll_interval,
            Proactive.SET_UP_EVENT_LIST: self._set_up_event_list,
            Proactive.PROVIDE_LOCAL_INFORMATION: _local_information,
            Proactive.TIMER_MANAGEMENT: self._timer_management,
        }

    def answer(self, kind: int, qualifier: int, octets: bytes) -> Answer:
        """Returns the answer to a command.

        Args:
            kind: Type of command.
            qualifier: Command qualifier.
            octets: The whole command, D0 included.
        """
        try:
            objects = dict(comprehension_objects(octets))
        except DecodeError:
            return Answer(Result.DATA_NOT_UNDERSTOOD)
        if kind in self._answers:
            return self._answers[kind](qualifier, objects)
        if kind in _TAKEN:
            return _PERFORMED
        return _BEYOND if kind in frozenset(Proactive) else Answer(Result.TYPE_NOT_UNDERSTOOD)

    def _set_up_event_list(self, _qualifier: int, objects: Mapping[int, bytes]) -> Answer:
        if _EVENT_LIST not in objects:
            return Answer(Result.VALUES_MISSING)
        self.events = frozenset(objects[_EVENT_LIST])
        return _PERFORMED

    def _timer_management(self, qualifier: int, objects: Mapping[int, bytes]) -> Answer:
        """Starts a timer (00), stops one (01) or tells what is left of it (02)."""
        start, stop, tell = 0x00, 0x01, 0x02
        named = objects.get(_TIMER, b"")
        if len(named) != 1:
            return Answer(Result.VALUES_MISSING)
        timer = named[0]
        identified = tlv.encode(_REQUIRED | _TIMER, named)
        if qualifier & 0x03 == start:
            if _TIMER_VALUE not in objects:
                return Answer(Result.VALUES_MISSING)
            self.timers[timer] = objects[_TIMER_VALUE]
            return Answer(Result.PERFORMED, identified)
        if qualifier & 0x03 not in (stop, tell):
            return Answer(Result.DATA_NOT_UNDERSTOOD)
        if timer not in self.timers:
            return Answer(Result.TIMER_STATE, identified)
        left = self.timers.pop(timer) if qualifier & 0x03 == stop else self.timers[timer]
        return Answer(Result.PERFORMED, identified + tlv.encode(_REQUIRED | _TIMER_VALUE, left))


def _poll_interval(_qualifier: int, objects: Mapping[int, bytes]) -> Answer:
    """Grants the interval asked for."""
    if _DURATION not in objects:
        return Answer(Result.VALUES_MISSING)
    return Answer(Result.PERFORMED, tlv.encode(_REQUIRED | _DURATION, objects[_DURATION]))


def _local_information(qualifier: int, _objects: Mapping[int, bytes]) -> Answer:
    imei, imeisv = 0x01, 0x08
    if qualifier == imei:
        tag, value = _IMEI, _identity(_IMEI_DIGITS, odd=True)
    elif qualifier == imeisv:
        tag, value = _IMEISV, _identity(_IMEISV_DIGITS, odd=False)
    elif qualifier in _LOCAL_INFORMATION:
        tag, text = _LOCAL_INFORMATION[qualifier]
        value = bytes.fromhex(text)
    else:
        return _BEYOND
    return Answer(Result.PERFORMED, tlv.encode(_REQUIRED | tag, value))


def _identity(digits: str, *, odd: bool) -> bytes:
    """Writes an IMEI or IMEISV as a mobile identity (3GPP TS 24.008, 10.5.1.4)."""
    imei, imeisv = 0x0A, 0x03
    first = int(digits[0]) << 4 | (imei if odd else imeisv)
    rest = digits[1:] if odd else digits[1:] + "F"
    return bytes((first,)) + bytes(
        int(rest[place + 1] + rest[place], 16) for place in range(0, len(rest), 2)
    )


def comprehension_objects(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields tag without comprehension bit and value of each data object of a command.

    These are COMPREHENSION-TLV data objects (TS 101 220, 7.1.1): a tag is one octet, whatever its
    bits say, or three that begin with 7F. So 9F, the icons of a menu, is a whole tag here.

    Args:
        octets: The command, D0 included.

    Raises:
        DecodeError: not D0, or the value is not a whole number of data objects.
    """
    template = 0xD0
    one = tlv.parse(octets)
    if one.tag != template:
        raise DecodeError(f"proactive command: expected tag D0, got {one.tag:02X}", tag=one.tag)
    data = bytes(one.value)
    place = 0
    while place < len(data):
        tag, place = _tag(data, place)
        length, place = _length(data, place, tag)
        if place + length > len(data):
            raise DecodeError(
                f"proactive command: {tag:02X} says {length} octets, {len(data) - place} remain",
                offset=place,
                tag=tag,
            )
        yield tag, data[place : place + length]
        place += length


def _tag(data: bytes, place: int) -> tuple[int, int]:
    three_octets = 0x7F
    if data[place] != three_octets:
        return data[place] & ~_REQUIRED, place + 1
    found = data[place + 1 : place + 3]
    if len(found) != 2:
        raise DecodeError("proactive command: a tag 7F of three octets is cut short", offset=place)
    return int.from_bytes(found) & 0x7FFF, place + 3


def _length(data: bytes, place: int, tag: int) -> tuple[int, int]:
    count = 1
    if place < len(data) and data[place] > 0x80:
        count = data[place] & 0x7F
        place += 1
    field = data[place : place + count]
    if len(field) != count or count > 3 or field == b"\x80":
        raise DecodeError(
            f"proactive command: {tag:02X} has no length field of 1 to 4 octets", offset=place
        )
    return int.from_bytes(field), place + count
