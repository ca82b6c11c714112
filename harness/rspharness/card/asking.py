"""Requests of a case to the card, and the lists by which it looks at it.

`AskingChannel` is an `IsdrChannel` whose refusals have an owner: what is refused or cannot be read
is an `ExpectationError` of the case, or an `UnobservedError` of the row that owns the function by
which every case looks at the card.

A case has two ways to read a list: `profiles` and `notifications` are strict, for what a case is
about; `listed_profiles` and `listed_notifications` take what can be read, for everything else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rspcore import tlv
from rspcore.apdu import ResponseApdu
from rspcore.errors import CryptoError, DecodeError, LocalError, RemoteError
from rspcore.ids import Eid, Iccid
from rspcore.messages.codec import Structure
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import (
    GetEuiccInfo2Request,
    ListNotificationRequest,
    RetrieveNotificationsListRequest,
)
from rspcore.messages.es10c import (
    GetEuiccDataRequest,
    ProfileInfo,
    ProfileInfoListRequest,
    ProfileState,
)
from rspcore.messages.notifications import NotificationMetadata
from rspcore.status import StatusWord, describe, is_success
from rspcore.tags import Tag
from rspharness.card.aboard import NOBODY
from rspharness.card.listed import (
    ListedNotification,
    ListedProfile,
    UnobservedError,
    in_order,
    read_notifications,
    read_pending,
    read_profiles,
)
from rspharness.card.snapshot import Part, Snapshot
from rspharness.lpa.es10_functions import FUNCTIONS
from rspharness.lpa.isdr_channel import ChannelOptions, CutShortError, IsdrChannel
from rspharness.record.verdicts import ExpectationError
from rspharness.targets.transport import CardLink

__all__ = ["ALL_TAGS", "AskingChannel", "first_tag", "outline"]

ALL_TAGS: Final = bytes.fromhex("5A4F9F7090919293949599B6B7B8BF22")
"""Tag list of GetProfilesInfo for everything a v2 card keeps about a Profile."""

_STATE_TAGS: Final = bytes.fromhex("5A4F9F7095")
"""Tag list for what clean-up needs of a Profile: ICCID, AID, state and class."""
_LIST_PROFILES: Final = "ES10c.GetProfilesInfo"
_LIST_NOTIFICATIONS: Final = "ES10b.ListNotification"
_OBSERVERS: Final = {
    _LIST_PROFILES: "ES10c.GetProfilesInfo#01",
    _LIST_NOTIFICATIONS: "ES10b.ListNotification#01",
    "ES10b.RetrieveNotificationsList": "ES10b.RetrieveNotificationsList#01",
    "ES10a.GetEuiccConfiguredAddresses": "ES10a.GetEuiccConfiguredAddresses#03",
    "ES10b.GetEUICCChallenge": "ES10b.GetEUICCChallenge#01",
    "ES10b.GetEUICCInfo (EUICCInfo1)": "ES10b.GetEUICCInfo1#01",
    "ES10b.GetEUICCInfo (EUICCInfo2)": "ES10b.GetEUICCInfo2#01",
    "ES10b.GetRAT": "ES10b.GetRAT#01",
    "ES10c.GetEID": "ES10c.GetEID#01",
}
"""Functions by which cases of any other look at the card, each with the row that owns it."""
_ALL_TAGS_ROW: Final = "ES10c.GetProfilesInfo#32"
_ORDER_ROW: Final = "ES10c.GetProfilesInfo#49"
_RETRIEVE_TAG: Final = 0xBF2B
_OBSERVER_TAGS: Final = frozenset(
    {0xBF20, 0xBF22, 0xBF28, _RETRIEVE_TAG, 0xBF2D, 0xBF2E, 0xBF3C, 0xBF3E, 0xBF43}
)

_BY_TAG = {function.request.TAG: function for function in FUNCTIONS}
_BY_NAME = {function.name: function for function in FUNCTIONS}


class AskingChannel(IsdrChannel):
    """The requests of a case, with what the report has to say of their answers.

    Attributes:
        notes: What could not be observed or answered, each said once, for the report.
        aboard: What is somebody else's on the card: left out of the lists that a case reads.
        rows: Ids of the requirements that the case is about; None to take everything as its matter.
        wanting: Functions, as the ids of their rows begin, that were found wanting before.
    """

    def __init__(self, link: CardLink, options: ChannelOptions | None = None) -> None:
        super().__init__(link, options)
        self.notes: list[str] = []
        self.aboard = NOBODY
        self.rows: frozenset[str] | None = None
        self.wanting: frozenset[str] = frozenset()
        self._read: set[tuple[int | None, bool]] = set()

    def send_raw(self, octets: bytes) -> tuple[bytes, int]:
        """Sends octets as one STORE DATA chain, sound or not; returns data and status word."""
        data, sw = super().send_raw(octets)
        tag = first_tag(octets)
        if tag in _OBSERVER_TAGS and is_success(sw):
            self._remember_read(tag, octets, data)
        return data, sw

    def note(self, text: str) -> None:
        """Records once what the report has to say of the card beside the verdict."""
        if text not in self.notes:
            self.notes.append(text)

    def is_wanting(self, row: str) -> bool:
        """Returns whether the function of a row was found wanting before; that is a note then.

        For a case that asks many functions for something else: what one of them does wrong anyway
        fails its own row and not this case.
        """
        function = row.partition("#")[0]
        if function not in self.wanting or self.rows is None or row in self.rows:
            return False
        self.note(f"also: {function} was found wanting before, and is not asked here ({row})")
        return True

    @contextmanager
    def owned_by(self, *rows: str) -> Iterator[None]:
        """Makes what is wrong inside a note, unless the case is about one of these requirements.

        So a mistake that many answers share, such as a signature that does not verify, fails the
        requirements that own it and no other.

        Args:
            rows: Ids of the requirements that own it, the first one for the note.
        """
        try:
            yield
        except (ExpectationError, DecodeError, CryptoError) as error:
            if self.rows is None or not self.rows.isdisjoint(rows):
                raise
            self.note(f"also: {error} ({rows[0]})")

    def answered(self, octets: bytes) -> ResponseApdu:
        """Sends a request with which a case compares others; returns the answer.

        Raises:
            ExpectationError: the card refused; `UnobservedError` as `exchange`.
        """
        function = _BY_TAG.get(first_tag(octets) or 0)
        data, sw = self._successful(function.name if function else "the request", octets)
        return ResponseApdu(data, sw)

    def _successful(self, name: str, octets: bytes) -> tuple[bytes, int]:
        """Sends one command TLV and returns data and status word, which is one of success."""
        try:
            data, sw = self.send_raw(octets)
        except CutShortError as error:
            raise self._not_read(name, octets, "a response APDU", str(error)) from error
        if not is_success(sw):
            raise self._not_read(name, octets, "SW 9000 (OK) or 91XX", f"SW {describe(sw)}")
        return data, sw

    def exchange(self, name: str, octets: bytes) -> bytes:
        """Sends one command TLV and returns the response TLV.

        Raises:
            ExpectationError: the card refused by status word, or its answer cannot be read as the
                response of this function. `UnobservedError` for the lists by which cases look at
                the card, unless such a request was answered earlier in this case.
        """
        data, _ = self._successful(name, octets)
        function = _BY_NAME.get(name)
        if function is not None:
            try:
                function.response.decode(data)
            except DecodeError as error:
                if (ordered := self._in_order(name, data)) is not None:
                    return ordered
                wanted = f"a {function.response.__name__}"
                raise self._not_read(name, octets, wanted, str(error)) from error
        return data

    def _in_order(self, name: str, data: bytes) -> bytes | None:
        """Returns a list of Profiles with its objects in order, None where that is no remedy.

        Their order is a matter of one requirement.
        """
        if name != _LIST_PROFILES or self.rows is None or _ORDER_ROW in self.rows:
            return None
        ordered = in_order(data)
        if ordered is not None:
            self.note(f"also: the objects of a Profile come in another order ({_ORDER_ROW})")
        return ordered

    def _not_read(
        self, name: str, octets: bytes, expected: str, actual: str
    ) -> ExpectationError | UnobservedError:
        """Returns the exception for an answer that is refused or cannot be read.

        A list that could be read earlier in this case, and no longer, is a matter of this case.
        """
        kind = _kind_of_request(octets)
        if name in _OBSERVERS and kind not in self._read:
            listed_by_tags = name == _LIST_PROFILES and kind[1]
            row = _ALL_TAGS_ROW if listed_by_tags else _OBSERVERS[name]
            return UnobservedError(row, expected, actual)
        return ExpectationError(expected, actual, about=name)

    def _remember_read(self, tag: int, octets: bytes, data: bytes) -> None:
        try:
            _BY_TAG[tag].response.decode(data)
        except DecodeError:
            return
        if Part(data).answered or tag == _RETRIEVE_TAG:
            self._read.add(_kind_of_request(octets))

    def ask(self, octets: bytes) -> Structure:
        """Sends an encoded request and returns the response of the function its tag names.

        Raises:
            ExpectationError: as `exchange`.
            LocalError: the tag belongs to no ES10 function.
        """
        tag, _, _ = tlv.read_header(octets)
        function = _BY_TAG.get(tag)
        if function is None:
            raise LocalError(f"{tag:02X} is the request of no ES10 function: use store()")
        return _decoded(function.name, function.response, self.exchange(function.name, octets))

    def eid(self) -> Eid:
        """Reads the EID."""
        return self.send(GetEuiccDataRequest()).eid_value

    def profiles(self, tag_list: bytes | None = ALL_TAGS) -> tuple[ProfileInfo, ...]:
        """Reads the Profiles, with everything known about each, but those of somebody else.

        Raises:
            UnobservedError: the card refused, answered an error, or a list that cannot be read.
        """
        request = ProfileInfoListRequest(tag_list=tag_list)
        response = self.send(request)
        if response.profile_info_list_ok is None:
            code = f"profileInfoListError {response.profile_info_list_error!r}"
            raise self._not_read(_LIST_PROFILES, request.encode(), "profileInfoListOk", code)
        listed = response.profile_info_list_ok
        return tuple(one for one in listed if one.iccid not in self.aboard.profiles)

    def listed_profiles(self) -> tuple[ListedProfile, ...]:
        """Reads ICCID, AID, state and class of each Profile, as far as they can be read.

        Those of somebody else are left out, as everywhere (`aboard`). A card that refuses the tag
        list is asked for fewer tags, then for its own choice.

        Raises:
            UnobservedError: it answers none of these with a list.
        """
        data, sw = b"", 0
        for tag_list in (ALL_TAGS, _STATE_TAGS, None):
            data, sw = self.send_raw(ProfileInfoListRequest(tag_list=tag_list).encode())
            listed = read_profiles(data) if is_success(sw) else None
            if listed is not None:
                self._note_problems("Profile", listed)
                return tuple(one for one in listed if one.iccid not in self.aboard.profiles)
        shown = f"SW {describe(sw)}, {data.hex(' ').upper() or 'no data'}"
        request = ProfileInfoListRequest(tag_list=ALL_TAGS).encode()
        raise self._not_read(_LIST_PROFILES, request, "a list of Profiles", shown)

    def enabled(self) -> tuple[Iccid | None, ...]:
        """Returns the ICCIDs of the Enabled Profiles but those of somebody else.

        Raises:
            UnobservedError: as `listed_profiles`.
        """
        return tuple(
            one.iccid for one in self.listed_profiles() if one.profile_state == ProfileState.enabled
        )

    def notifications(self) -> tuple[NotificationMetadata, ...]:
        """Lists the pending Notifications in the order of the card, but those of somebody else.

        Raises:
            UnobservedError: the card refused, answered an error, or a list that cannot be read.
        """
        request = ListNotificationRequest()
        response = self.send(request)
        if response.notification_metadata_list is None:
            code = f"listNotificationsResultError {response.list_notifications_result_error!r}"
            wanted = "notificationMetadataList"
            raise self._not_read(_LIST_NOTIFICATIONS, request.encode(), wanted, code)
        listed = response.notification_metadata_list
        return tuple(one for one in listed if not self.aboard.owns(one.seq_number, one.iccid))

    def listed_notifications(self) -> tuple[ListedNotification, ...]:
        """Lists number, ICCID and address of each Notification, as far as they can be read.

        A card that has no list to give is asked for the Notifications themselves; one that gives
        neither is noted, and counts as one without Notifications.
        """
        data, sw = self.send_raw(ListNotificationRequest().encode())
        listed = read_notifications(data) if is_success(sw) else None
        if listed is None:
            shown = data.hex(" ").upper() or "no data"
            self.note(f"{_LIST_NOTIFICATIONS} gives no list: SW {describe(sw)}, {shown}")
            return self.retrieved_notifications()
        self._note_problems("Notification", listed)
        return tuple(one for one in listed if not self.aboard.owns(one.seq_number, one.iccid))

    def retrieved_notifications(self) -> tuple[ListedNotification, ...]:
        """Retrieves the Notifications; returns of each what `listed_notifications` does.

        A card that gives none counts as one without Notifications.
        """
        data, sw = self.send_raw(RetrieveNotificationsListRequest().encode())
        retrieved = read_pending(data) if is_success(sw) else ()
        self._note_problems("Notification", retrieved)
        return tuple(one for one in retrieved if not self.aboard.owns(one.seq_number, one.iccid))

    def _note_problems(
        self, kind: str, listed: tuple[ListedProfile, ...] | tuple[ListedNotification, ...]
    ) -> None:
        for one in listed:
            if one.problem:
                self.note(f"a {kind} is listed as {one.raw.hex(' ').upper()}: {one.problem}")

    def pending_notifications(self) -> tuple[bytes, ...]:
        """Retrieves the pending Notifications but those of somebody else, each whole (BF37 or 30).

        noResultAvailable(1), as cards up to v2.5 answer, counts as an empty list.

        Raises:
            UnobservedError: the card refused, or answered a list that cannot be read.
        """
        response = self.send(RetrieveNotificationsListRequest())
        pending = response.notification_list or ()
        return tuple(one for one in pending if not self.aboard.mentioned_in(one))

    def observe(self) -> Snapshot:
        """Reads the lasting state that a refusal must not change, as octets.

        A part that the card refuses, or does not answer as a card does, is noted; that is a matter
        of the rows that own its function.
        """
        profiles = self._part("Profiles", ProfileInfoListRequest(tag_list=ALL_TAGS))
        if profiles is not None and not profiles.answered:
            profiles = self._part("Profiles", ProfileInfoListRequest()) or profiles
        return Snapshot(
            profiles=profiles,
            notifications=self._part("Notifications", ListNotificationRequest()),
            addresses=self._part("addresses", EuiccConfiguredAddressesRequest()),
            info2=self._part("EUICCInfo2", GetEuiccInfo2Request()),
        )

    def _part(self, name: str, request: Structure) -> Part | None:
        try:
            data, sw = self.send_raw(request.encode())
        except (RemoteError, DecodeError) as error:
            self.note(f"{name} not observed: {error}")
            return None
        part = Part(data, StatusWord.OK if is_success(sw) else sw)
        if not part.answered:
            self.note(f"{name} observed as a refusal: {part}")
        return part


def _kind_of_request(octets: bytes) -> tuple[int | None, bool]:
    """Returns the tag of a command, and whether it has a tag list, which some cards do not know."""
    try:
        return first_tag(octets), tlv.parse(octets).find(Tag.TagList) is not None
    except DecodeError:
        return first_tag(octets), False


def first_tag(octets: bytes) -> int | None:
    """Returns the tag of a command, or None when it has none that can be read."""
    try:
        tag, _, _ = tlv.read_header(octets)
    except DecodeError:
        return None
    return tag


def outline(octets: bytes) -> str:
    """Returns name and length of a command, for the message of a failure."""
    tag = first_tag(octets)
    if tag is None:
        return f"malformed command, {len(octets)} octets"
    function = _BY_TAG.get(tag)
    name = function.name if function else f"data object {tag:02X}"
    return f"{name}, {len(octets)} octets"


def _decoded(name: str, kind: type[Structure], data: bytes) -> Structure:
    try:
        return kind.decode(data)
    except DecodeError as error:
        raise ExpectationError(f"a {kind.__name__}", str(error), about=name) from error
