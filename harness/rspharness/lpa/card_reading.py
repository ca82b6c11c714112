"""Reading of a card to show it: each part on its own, and of each part whatever can be read.

A part that the card refuses or that cannot be decoded hides no other. What is wrong is kept in
words, with the octets received, so that a user sees what the card says and not only that it is odd.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from rspcore import tlv
from rspcore.errors import DecodeError, RemoteError
from rspcore.frozen import dataclass
from rspcore.messages.codec import Structure
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import (
    GetEuiccInfo1Request,
    GetEuiccInfo2Request,
    GetRatRequest,
    ListNotificationRequest,
)
from rspcore.messages.es10c import GetEuiccDataRequest, ProfileInfo, ProfileInfoListRequest
from rspcore.messages.notifications import NotificationMetadata
from rspcore.messages.partial import Partial, Unread
from rspharness.lpa.es10_functions import function_of
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import code_text
from rspharness.lpa.newer.newer_reading import TAGS, is_newer, read_partly
from rspharness.record.owning_rows import owning_row, unread_components

__all__ = ["CardReading", "ListReading", "Part", "read_card", "read_lists"]

PROFILE_TAGS: Final = bytes.fromhex("5A4F9F709091929599B7")
"""Tag list of what is shown of a Profile: identity, state, names, class, rules and owner."""

_LIST: Final = 0xA0
_ERROR: Final = 0x81


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One answer of the card, as far as it can be read.

    Attributes:
        name: Name of the part, such as EUICCInfo2.
        found: Members read, unknown ones, and those that cannot be read.
        problem: What is wrong with it, with the octets received; empty when nothing is.
    """

    name: str
    found: Partial = field(default_factory=lambda: Partial(values={}))
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReading:
    """What a card reports about itself, in parts.

    Attributes:
        eid: GetEID.
        addresses: GetEuiccConfiguredAddresses.
        info1: EUICCInfo1.
        info2: EUICCInfo2.
        rat: GetRAT.
    """

    eid: Part
    addresses: Part
    info1: Part
    info2: Part
    rat: Part

    @property
    def parts(self) -> tuple[Part, ...]:
        """Returns all parts, in the order in which they are shown."""
        return self.eid, self.addresses, self.info1, self.info2, self.rat


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReading:
    """The lists of a card.

    Attributes:
        profiles: The Profiles, in the order of the card; None when the card gives no list.
        notifications: The Notifications that wait.
        problems: What is wrong with the lists, with the octets received.
    """

    profiles: tuple[Partial, ...] | None
    notifications: tuple[Partial, ...]
    problems: tuple[str, ...] = ()


def read_card(card: IsdrChannel) -> CardReading:
    """Reads EID, addresses, EUICCInfo1, EUICCInfo2 and the RAT.

    Raises:
        TargetLost: the card does not answer.
    """
    return CardReading(
        eid=_part(card, "EID", GetEuiccDataRequest()),
        addresses=_part(card, "configured addresses", EuiccConfiguredAddressesRequest()),
        info1=_part(card, "EUICCInfo1", GetEuiccInfo1Request()),
        info2=_part(card, "EUICCInfo2", GetEuiccInfo2Request()),
        rat=_part(card, "RAT", GetRatRequest()),
    )


def read_lists(card: IsdrChannel) -> ListReading:
    """Reads the Profiles, with owner and rules, and the Notifications that wait.

    A card of version 3 is asked for what that added to a Profile, too. A card that refuses a tag
    list is asked for its default members; that is a problem of the list.

    Raises:
        TargetLost: the card does not answer.
    """
    name = "list of Profiles"
    tags = PROFILE_TAGS + (TAGS if is_newer(card) else b"")
    profiles, problem = _elements(card, name, ProfileInfoListRequest(tag_list=tags), ProfileInfo)
    problems = [problem]
    if profiles is None:
        profiles, again = _elements(card, name, ProfileInfoListRequest(), ProfileInfo)
        problems = [f"with a tag list: {problem}", again]
    waiting, no_list = _elements(
        card, "list of Notifications", ListNotificationRequest(), NotificationMetadata
    )
    return ListReading(
        profiles=profiles,
        notifications=waiting or (),
        problems=tuple(one for one in (*problems, no_list) if one),
    )


def _answer(card: IsdrChannel, name: str, request: Structure) -> tuple[bytes, str]:
    """Returns the octets of an answer, and what is wrong with them."""
    function = function_of(request)
    try:
        data = card.exchange(function.name, request.encode())
    except RemoteError as error:
        return b"", f"{name}: {error}"
    try:
        answer = function.response.decode(data)
    except DecodeError as error:
        found = [(error, owning_row(request, function.response, error))]
    else:
        found = list(unread_components(answer))
    if not found:
        return data, ""
    why = "; ".join(f"{error} ({row} fails for it)" for error, row in found)
    return data, f"{name}: {why}; octets received: {data.hex().upper() or 'none'}"


def _part(card: IsdrChannel, name: str, request: Structure) -> Part:
    data, problem = _answer(card, name, request)
    if not data:
        return Part(name=name, problem=problem)
    kind = function_of(request).response
    return Part(name=name, found=_read(kind, data), problem=problem)


def _read(kind: type[Structure], data: bytes) -> Partial:
    try:
        one = tlv.parse_prefix(data)
    except DecodeError as error:
        whole = Unread(name="", octets=data, reason=str(error))
        return Partial(values={}, unread=(whole,))
    return read_partly(kind, one.value)


def _elements(
    card: IsdrChannel, name: str, request: Structure, kind: type[Structure]
) -> tuple[tuple[Partial, ...] | None, str]:
    """Returns the elements of a list and what is wrong with it; None where there is no list."""
    data, problem = _answer(card, name, request)
    try:
        alternatives: Mapping[int, tlv.Tlv] = (
            {one.tag: one for one in tlv.iterate(tlv.parse_prefix(data).value)} if data else {}
        )
    except DecodeError:
        alternatives = {}
    if _LIST in alternatives:
        octets = _objects(alternatives[_LIST].value, kind.TAG)
        return tuple(read_partly(kind, one) for one in octets), problem
    error = alternatives.get(_ERROR)
    if error is not None and not problem:
        answered: Any = function_of(request).response.decode(data)
        code = next(getattr(answered, one) for one in _ERRORS if hasattr(answered, one))
        problem = f"{name}: the card answered {code_text(code)}"
    return None, problem


_ERRORS: Final = ("profile_info_list_error", "list_notifications_result_error")


def _objects(listed: tlv.Octets, tag: int) -> tuple[tlv.Octets, ...]:
    """Returns the value field of each element; octets that are no element come whole."""
    found: list[tlv.Octets] = []
    position = 0
    try:
        for one in tlv.iterate(listed):
            position += len(one.raw)
            found.append(one.value if one.tag == tag else one.raw)
    except DecodeError:
        found.append(listed[position:])
    return tuple(found)
