"""Lists of a card, read leniently: what clean-up needs of them, whatever else is wrong.

The strict decoder of `rspcore.messages` refuses a whole list for one mistake in it, which is right
for the case that is about the list. Elsewhere an entry that cannot be read is kept with its octets,
and with its ICCID where one can be found, so that one mistake does not end a run.

>>> (one,) = read_profiles(bytes.fromhex("BF2D13A011E30F5A099892090121436587099F700101"))
>>> one.iccid, one.profile_state, one.problem
(None, 1, 'ICCID of 9 octets; expected 10')
"""

from collections.abc import Iterator
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Aid, Iccid
from rspcore.messages.codec import components
from rspcore.messages.es10c import ProfileInfo, ProfileInfoListResponse
from rspcore.tags import Tag
from rspharness.record.verdicts import ExpectationError

__all__ = [
    "ListedNotification",
    "ListedProfile",
    "UnobservedError",
    "in_order",
    "read_notifications",
    "read_pending",
    "read_profiles",
]

_PROFILES: Final = 0xBF2D
_NOTIFICATIONS: Final = 0xBF28
_LIST: Final = 0xA0
_NUMBER: Final = 0x80
_WHOLE_ICCID: Final = bytes.fromhex("5A0A")
_ICCID_OCTETS: Final = 10
_PPR1: Final = 0x40


class UnobservedError(ExpectationError):
    """Reports that a function by which cases look at the card gives nothing that can be read.

    That is a fail of the rows of this function, and leaves those of others without a verdict.

    Attributes:
        function: The function, as the ids of its rows begin: "ES10b.ListNotification".
        row: Id of the row that is about this answer.
    """

    def __init__(self, row: str, expected: str, actual: str) -> None:
        function = row.partition("#")[0]
        super().__init__(expected, actual, about=function)
        self.function = function
        self.row = row


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProfile:
    """One entry of a list of Profiles; None for what is absent or cannot be read.

    Attributes:
        raw: The entry as received.
        iccid: ICCID.
        isdp_aid: AID of the ISD-P.
        profile_state: profileState.
        profile_class: profileClass.
        nickname: profileNickname, empty for none.
        problem: What of these cannot be read, in words; empty when nothing is wrong.
    """

    raw: bytes
    iccid: Iccid | None = None
    isdp_aid: Aid | None = None
    profile_state: int | None = None
    profile_class: int | None = None
    nickname: str = ""
    problem: str = ""

    @property
    def keeps_enabled(self) -> bool:
        """Returns whether it is listed with PPR1, which forbids to disable it (SGP.22 v2, 2.9.1).

        Rules that are not listed, or cannot be read, are none.
        """
        try:
            rules = tlv.parse(self.raw).find(Tag.ProfilePolicyRules)
        except DecodeError:
            return False
        bits = b"" if rules is None else rules.value[1:2]  # after the number of unused bits
        return bool(bits) and bool(bits[0] & _PPR1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNotification:
    """One entry of a list of Notifications; None for what is absent or cannot be read.

    Attributes:
        raw: The entry as received.
        seq_number: seqNumber.
        iccid: ICCID of the Profile.
        notification_address: Address it is for, empty for none.
        problem: What of these cannot be read, in words; empty when nothing is wrong.
    """

    raw: bytes
    seq_number: int | None = None
    iccid: Iccid | None = None
    notification_address: str = ""
    problem: str = ""


def read_profiles(octets: bytes) -> tuple[ListedProfile, ...] | None:
    """Reads the answer to GetProfilesInfo; None when it is no list.

    A list whose lengths do not fit gives the entries before the mistake, and those after it of
    which an ICCID is found.
    """
    read = _entries(octets, _PROFILES, Tag.ProfileInfo)
    if read is None:
        return None
    entries, rest = read
    return (*map(_profile, entries), *_found(rest))


def in_order(octets: bytes) -> bytes | None:
    """Returns a list of Profiles with the objects of each in the order of the ASN.1 module.

    Unknown objects come last. None when it cannot be read even so.
    """
    order = [component.tag for component in components(ProfileInfo)]

    def place(one: tlv.Tlv) -> int:
        return order.index(one.tag) if one.tag in order else len(order)

    try:
        entries = (
            tlv.encode(entry.tag, *(bytes(one.raw) for one in sorted(entry.children(), key=place)))
            for entry in tlv.parse(tlv.parse(octets).value).children()
        )
        ordered = tlv.encode(_PROFILES, tlv.encode(_LIST, *entries))
        ProfileInfoListResponse.decode(ordered)
    except DecodeError:
        return None
    return ordered


def read_notifications(octets: bytes) -> tuple[ListedNotification, ...] | None:
    """Reads the answer to ListNotification; None when it is no list, or its lengths do not fit."""
    read = _entries(octets, _NOTIFICATIONS, Tag.NotificationMetadata)
    if read is None or read[1]:
        return None
    return tuple(map(_notification, read[0]))


def read_pending(octets: bytes) -> tuple[ListedNotification, ...]:
    """Reads the metadata in the answer to RetrieveNotificationsList, as far as they can be read."""
    try:
        answer = tlv.parse(octets)
        listed = answer.find(_LIST)
        pending = () if listed is None else listed.children()
    except DecodeError:
        return ()
    found = (_metadata(one) for one in pending)
    return tuple(_notification(raw) for raw in found if raw is not None)


def _metadata(one: tlv.Tlv) -> bytes | None:
    """Returns the metadata (BF2F) inside a Notification, however deep."""
    if one.tag == Tag.NotificationMetadata:
        return bytes(one.raw)
    try:
        inside = (_metadata(child) for child in one.children()) if one.constructed else ()
        return next((raw for raw in inside if raw is not None), None)
    except DecodeError:
        return None


def _entries(octets: bytes, tag: int, entry: int) -> tuple[list[bytes], bytes] | None:
    """Returns the entries of a list, and the octets from where its lengths do not fit."""
    head = tlv.encode_tag(tag)
    try:
        answer = tlv.parse(octets)
    except DecodeError:
        return ([], octets) if octets.startswith(head) and _WHOLE_ICCID in octets else None
    if answer.tag != tag or answer.value[:1] != bytes((_LIST,)):
        return None
    entries: list[bytes] = []
    try:
        listed = tlv.parse(answer.value)
        entries.extend(bytes(one.raw) for one in tlv.iterate(listed.value) if one.tag == entry)
    except DecodeError:
        return entries, bytes(answer.value)[sum(map(len, entries)) :]
    return entries, b""


def _objects(raw: bytes) -> tuple[dict[int, bytes], str]:
    """Returns the values inside an entry by tag, and why there are no more."""
    found: dict[int, bytes] = {}
    try:
        for one in tlv.parse(raw).children():
            found.setdefault(one.tag, bytes(one.value))
    except DecodeError as error:
        return found, str(error)
    return found, ""


def _profile(raw: bytes) -> ListedProfile:
    found, problem = _objects(raw)
    iccid, wrong_iccid = _iccid(found, raw)
    aid, wrong_aid = None, ""
    if Tag.IsdpAid in found:
        try:
            aid = Aid(found[Tag.IsdpAid])
        except DecodeError as error:
            wrong_aid = str(error)
    return ListedProfile(
        raw=raw,
        iccid=iccid,
        isdp_aid=aid,
        profile_state=_integer(found, Tag.ProfileState),
        profile_class=_integer(found, Tag.ProfileClass),
        nickname=found.get(Tag.ProfileNickname, b"").decode("utf-8", "replace"),
        problem=problem or wrong_iccid or wrong_aid,
    )


def _notification(raw: bytes) -> ListedNotification:
    found, problem = _objects(raw)
    iccid, wrong_iccid = _iccid(found, raw)
    number = _integer(found, _NUMBER)
    return ListedNotification(
        raw=raw,
        seq_number=number,
        iccid=iccid,
        notification_address=found.get(Tag.Utf8String, b"").decode("utf-8", "replace"),
        problem=problem or wrong_iccid or ("no seqNumber" if number is None else ""),
    )


def _iccid(found: dict[int, bytes], raw: bytes) -> tuple[Iccid | None, str]:
    """Returns the ICCID of an entry, else the first that its octets contain, and the problem."""
    if Tag.Iccid in found:
        try:
            return Iccid(found[Tag.Iccid]), ""
        except DecodeError as error:
            return None, str(error)
    return next((one.iccid for one in _found(raw)), None), ""


def _integer(found: dict[int, bytes], tag: int) -> int | None:
    return int.from_bytes(found[tag]) if found.get(tag) else None


def _found(octets: bytes) -> Iterator[ListedProfile]:
    """Yields a Profile for each ICCID of full length that octets contain."""
    place = octets.find(_WHOLE_ICCID)
    while place >= 0:
        after = octets.find(_WHOLE_ICCID, place + len(_WHOLE_ICCID) + _ICCID_OCTETS)
        raw = octets[place : after if after >= 0 else len(octets)]
        digits = raw[len(_WHOLE_ICCID) :][:_ICCID_OCTETS]
        if len(digits) == _ICCID_OCTETS:
            problem = "the lengths of its list do not fit"
            yield ListedProfile(raw=raw, iccid=Iccid(digits), problem=problem)
        place = after
