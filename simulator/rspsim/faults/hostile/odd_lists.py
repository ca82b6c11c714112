"""Hostile cards whose lists are odd, and two that are odd and right."""

from collections.abc import Callable
from dataclasses import replace

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.tags import Tag
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.load.es8p import store_metadata
from rspsim.faults.card.card_fault import swap
from rspsim.faults.hostile.erring_card import ErringCard
from rspsim.transports.vpcd import Card, CardRemoved

__all__ = [
    "NotToBeTouched",
    "OtherOrder",
    "ShortIccid",
    "StoresLongNickname",
    "UnknownMembers",
    "taking_short_iccid",
]

_MOST_CHARACTERS = 64
_UNKNOWN = bytes.fromhex("9F7D0100")
"""A data object that no function of SGP.22 v2 defines."""
_LISTS = {0xBF2D: Tag.ProfileInfo, 0xBF28: Tag.NotificationMetadata}
"""Tags of lists, and of the entries in them."""
_PLAIN = {0xBF20, 0xBF2E, 0xBF3C, 0xBF3E}
"""Tags of other answers that are not signed."""
_TOUCHING = {0xBF29, 0xBF30, 0xBF31, 0xBF32, 0xBF33}
"""Requests that change the Profile, or remove the Notification, that they name."""
_FOREIGN = bytes.fromhex("989907")
"""Beginning of the ICCIDs of an operator's Profiles on a card that was used."""
_SHORT = 9


def _tag(octets: bytes) -> int:
    return int.from_bytes(octets[:2])


def _entries(answer: bytes, change: Callable[[tlv.Tlv], bytes]) -> bytes:
    """Returns a list with each of its entries changed; an error code as it is."""
    whole = tlv.parse(answer)
    listed = whole.find(0xA0)
    if listed is None:
        return answer
    entries = (change(one) for one in listed.children())
    return tlv.encode(whole.tag, tlv.encode(0xA0, *entries))


class OtherOrder(ErringCard):
    """Lists the objects of a Profile in the opposite order."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Turns the objects of each entry round."""
        if _tag(request) != Tag.GetProfilesInfo or _tag(answer) != Tag.GetProfilesInfo:
            return answer
        return _entries(answer, _turned)


def _turned(entry: tlv.Tlv) -> bytes:
    return tlv.encode(entry.tag, *(bytes(one.raw) for one in reversed(entry.children())))


class ShortIccid(ErringCard):
    """Lists each ICCID that ends with a filler octet as one of 9 octets."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Cuts the last octet of such an ICCID."""
        if _tag(request) != Tag.GetProfilesInfo or _tag(answer) != Tag.GetProfilesInfo:
            return answer
        return _entries(answer, _with_short_iccid)


def _with_short_iccid(entry: tlv.Tlv) -> bytes:
    objects = (
        tlv.encode(one.tag, bytes(one.value)[:_SHORT])
        if one.tag == Tag.Iccid and bytes(one.value).startswith(_FOREIGN)
        else bytes(one.raw)
        for one in entry.children()
    )
    return tlv.encode(entry.tag, *objects)


def taking_short_iccid(decisions: Decisions) -> Decisions:
    """Returns decisions of a card that takes metadata with an ICCID of 9 octets."""

    def read(octets: bytes) -> StoreMetadataRequest:
        whole = tlv.parse(octets)
        objects = (
            tlv.encode(one.tag, bytes(one.value).ljust(10, b"\xff"))
            if one.tag == Tag.Iccid and len(one.value) == _SHORT
            else bytes(one.raw)
            for one in whole.children()
        )
        return store_metadata.READ.standard(tlv.encode(whole.tag, *objects))

    return swap(store_metadata.READ, read)(decisions)


class StoresLongNickname(ErringCard):
    """Stores nicknames of any length."""

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self._long: dict[bytes, bytes] = {}

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Has the beginning of a long nickname stored, and remembers the whole."""
        if apdu.ins != Ins.STORE_DATA or _tag(apdu.data) != Tag.SetNickname:
            return None
        try:
            request = tlv.parse(apdu.data)
        except DecodeError:
            return None  # the first of several blocks
        iccid, nickname = request.find(Tag.Iccid), request.find(Tag.ProfileNickname)
        if iccid is None or nickname is None:
            return None
        text = bytes(nickname.value).decode("utf-8", "replace")
        if len(text) <= _MOST_CHARACTERS:
            self._long.pop(bytes(iccid.value), None)
            return None
        kept = tlv.encode(Tag.ProfileNickname, text[:_MOST_CHARACTERS].encode())
        data = tlv.encode(request.tag, bytes(iccid.raw), kept)
        self._long[bytes(iccid.value)] = bytes(nickname.value)
        return self._card.transmit(replace(apdu, data=data).encode())

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Lists the whole nickname of an entry that names its Profile."""
        if _tag(request) != Tag.GetProfilesInfo or _tag(answer) != Tag.GetProfilesInfo:
            return answer
        return _entries(answer, self._named)

    def _named(self, entry: tlv.Tlv) -> bytes:
        iccid = entry.find(Tag.Iccid)
        whole = None if iccid is None else self._long.get(bytes(iccid.value))
        objects = (
            tlv.encode(one.tag, whole)
            if one.tag == Tag.ProfileNickname and whole is not None
            else bytes(one.raw)
            for one in entry.children()
        )
        return tlv.encode(entry.tag, *objects)


class UnknownMembers(ErringCard):
    """Adds an object nobody knows to everything that is extensible and not signed.

    That is right: receivers skip what they do not know (SGP.22 v2, annex H). A list asked for by a
    tag list has those objects alone.
    """

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Adds the object at the end of the answer, or of each entry of a list."""
        tag = _tag(answer)
        if tag in _PLAIN:
            whole = tlv.parse(answer)
            return tlv.encode(whole.tag, bytes(whole.value), _UNKNOWN)
        if tag not in _LISTS or (tag == Tag.GetProfilesInfo and not _asks_for_defaults(request)):
            return answer
        return _entries(answer, lambda entry: tlv.encode(entry.tag, bytes(entry.value), _UNKNOWN))


def _asks_for_defaults(request: bytes) -> bool:
    """Returns whether a list is asked for without a tag list; a damaged request is not."""
    try:
        return tlv.parse(request).find(Tag.TagList) is None
    except DecodeError:
        return False


class NotToBeTouched(ErringCard):
    """Leaves the reader when a Profile or a Notification of the operator is changed."""

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self._names: set[bytes] = set()

    def refused(self, request: bytes) -> int | None:
        """Looks whether a request names something of the operator.

        Raises:
            CardRemoved: it does.
        """
        if _tag(request) in _TOUCHING and any(name in request for name in self._names):
            raise CardRemoved
        return None

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Learns what is the operator's from the lists, and changes nothing."""
        del request
        kind = _LISTS.get(_tag(answer))
        if kind is not None and (listed := tlv.parse(answer).find(0xA0)) is not None:
            for entry in listed.children():
                iccid = entry.find(Tag.Iccid)
                if iccid is None or not bytes(iccid.value).startswith(_FOREIGN):
                    continue
                name = entry.find(Tag.IsdpAid if kind == Tag.ProfileInfo else 0x80)
                self._names.add(bytes(iccid.raw))
                if name is not None:
                    self._names.add(bytes(name.raw))
        return answer
