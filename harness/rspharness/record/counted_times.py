"""Times of functions beside how many Profiles and Notifications the card had at that moment.

The numbers are those of the card's own lists. Between two commands that may change a list its
number stays, so a list says it for what was asked before and after it too. Where no list says it,
the number is not known, and the time is not counted. The time of a function is that of its STORE
DATA commands and of the GET RESPONSE commands that fetch its answer.
"""

from dataclasses import dataclass
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.tags import Tag
from rspcore.tlv import Tlv, parse_prefix

__all__ = [
    "LISTING",
    "NOTIFICATIONS",
    "PROFILES",
    "READING",
    "SWITCHING",
    "CountedTime",
    "CountedTimes",
]

READING: Final = (
    "GetEuiccInfo1",
    "GetEuiccInfo2",
    "GetEuiccData",
    "GetRat",
    "GetEuiccConfiguredAddresses",
    "GetEuiccChallenge",
)
"""Functions whose work does not hang on what is on the card."""

SWITCHING: Final = {"EnableProfile": True, "DisableProfile": False}
"""Functions that switch a Profile, and whether one is Enabled afterwards."""

PROFILES: Final = "Profiles"
NOTIFICATIONS: Final = "Notifications"
LISTING: Final = {
    "GetProfilesInfo": PROFILES,
    "ListNotification": NOTIFICATIONS,
    "RetrieveNotificationsList": NOTIFICATIONS,
}
"""Functions whose answers list what is counted."""

_LISTS: Final = {
    "GetProfilesInfo": 0xA0,
    "ListNotification": 0x81,
    "RetrieveNotificationsList": 0xA0,
}
"""Functions that list, and the tag of a request that asks for a part of the list."""

_KEEP_LISTS: Final = {
    *READING,
    *_LISTS,
    "AuthenticateServer",
    "PrepareDownload",
    "CancelSession",
    "SetNickname",
    "SetDefaultDpAddress",
}
_LISTED: Final = 0xA0
_STATE: Final = 0x9F70
_ENABLED: Final = b"\x01"
_STORE: Final = "STORE DATA "
_FETCH: Final = "GET RESPONSE after STORE DATA "
_LAST_BLOCK: Final = 0x80
_STATUS: Final = 2
_MORE: Final = b"\x61"
_DONE: Final = (b"\x90", b"\x91")
"""First octets of a status word of success; with 91 a proactive command waits."""

CountedTime = tuple[str, int | None, int | None, str, float]
"""Function, Profiles, Notifications, what else sets its work, and milliseconds."""


@dataclass(slots=True)
class _Span:
    """The time in which a number stays as it is.

    Attributes:
        number: The number; None until a list says it.
    """

    number: int | None = None


@dataclass(slots=True)
class _Asked:
    """A function while it is asked.

    Attributes:
        function: Its name.
        enabled: Whether a Profile was Enabled before; None where that is not known.
        spans: Those of Profiles and Notifications before it.
        request: Data of its commands so far.
        answer: Data of its answer so far.
        elapsed_ms: Its time so far.
    """

    function: str
    enabled: bool | None
    spans: tuple[_Span, _Span]
    request: bytes = b""
    answer: bytes = b""
    elapsed_ms: float = 0.0


class CountedTimes:
    """Counts while commands pass."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, tuple[_Span, _Span], str, float]] = []
        self._spans = _Span(), _Span()
        self._enabled: bool | None = None
        self._asked: _Asked | None = None

    def rows(self) -> list[CountedTime]:
        """Returns the times whose numbers are known, in the order in which they were taken."""
        resolved = (
            (name, profiles.number, notifications.number, work, elapsed_ms)
            for name, (profiles, notifications), work, elapsed_ms in self._rows
        )
        return [one for one in resolved if (one[1], one[2]) != (None, None)]

    def forget(self) -> None:
        """Takes nothing of the lists as known from now on: the card is in another state."""
        self._spans = _Span(), _Span()
        self._enabled = None

    def add(self, name: str, command: bytes, response: bytes, elapsed_ms: float) -> None:
        """Takes a command that passed.

        Args:
            name: Its name (`CommandNames`).
            command: The command.
            response: Its response, with status word.
            elapsed_ms: Its time.
        """
        if name.startswith(_STORE):
            self._stored(name.removeprefix(_STORE), command)
        elif not (self._asked and name == _FETCH + self._asked.function):
            self._asked = None
            if command[1:2] == bytes((Ins.ENVELOPE,)):
                self.forget()
            return
        asked = self._asked
        if asked is None:
            return
        asked.answer += response[:-_STATUS]
        asked.elapsed_ms += elapsed_ms
        last = name.startswith(_FETCH) or bool(command[2] & _LAST_BLOCK)
        if last and response[-_STATUS:-1] != _MORE:
            self._asked = None
            if response[-_STATUS:-1] in _DONE:
                self._done(asked)

    def _stored(self, function: str, command: bytes) -> None:
        try:
            parsed = CommandApdu.parse(command)
        except DecodeError:
            self._asked = None
            self.forget()
            return
        if parsed.p2 == 0 or self._asked is None:
            self._asked = _Asked(function, self._enabled, self._spans)
            self._begin(function)
        self._asked.request += parsed.data

    def _begin(self, function: str) -> None:
        """Ends the spans of what a function may change."""
        if function in _KEEP_LISTS:
            return
        profiles, _ = self._spans
        if function in SWITCHING or function == "NotificationSent":
            self._spans = profiles, _Span()
            self._enabled = self._enabled if function == "NotificationSent" else None
        else:
            self.forget()

    def _done(self, asked: _Asked) -> None:
        if asked.function in READING:
            self._rows.append((asked.function, asked.spans, "", asked.elapsed_ms))
        elif asked.function in _LISTS:
            self._listed(asked)
        elif asked.function in SWITCHING:
            self._switched(asked)

    def _listed(self, asked: _Asked) -> None:
        members = _members(asked.answer)
        filtered = any(one.tag == _LISTS[asked.function] for one in _children(asked.request))
        if members is None or filtered:
            return
        of_profiles = LISTING[asked.function] == PROFILES
        span = self._spans[0 if of_profiles else 1]
        if span.number not in (None, len(members)):
            self.forget()  # it changed without a command; what was before is as it was
            span = self._spans[0 if of_profiles else 1]
        span.number = len(members)
        self._rows.append((asked.function, self._spans, "", asked.elapsed_ms))
        if of_profiles:
            states = [one.value for member in members for one in member if one.tag == _STATE]
            if len(states) == len(members):
                self._enabled = _ENABLED in states

    def _switched(self, asked: _Asked) -> None:
        ok = Tag[asked.function].to_bytes(2, "big") + b"\x03\x80\x01\x00"
        if asked.answer != ok:
            return
        if asked.enabled is not None:
            work = "one Enabled" if asked.enabled else "none Enabled"
            self._rows.append((asked.function, asked.spans, work, asked.elapsed_ms))
        self._enabled = SWITCHING[asked.function]


def _children(octets: bytes) -> tuple[Tlv, ...]:
    try:
        return parse_prefix(octets).children()
    except DecodeError:
        return ()


def _members(answer: bytes) -> list[tuple[Tlv, ...]] | None:
    """Returns the members of a list, each with its children; None where it is none."""
    found = next((one for one in _children(answer) if one.tag == _LISTED), None)
    if found is None:
        return None
    try:
        return [_inside(one) for one in found.children()]
    except DecodeError:
        return None


def _inside(member: Tlv) -> tuple[Tlv, ...]:
    try:
        return member.children()
    except DecodeError:
        return ()
