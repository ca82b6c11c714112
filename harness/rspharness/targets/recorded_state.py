"""The state of a recorded card, as far as its answers may depend on it.

Nothing of the card is known but what was sent, so its state is what was sent: the commands since
the last reset that do more than read, those before it that may have changed the card for good, and
an answer that is under way. Two places of a recording with the same of these are taken for the same
state.
"""

from hashlib import sha256
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import LocalError
from rspcore.tags import Tag
from rspharness.record.testcase import Level
from rspharness.targets.guard_tables import commands_of, read_leniently, request_level, tag_of

__all__ = ["RecordedState", "StateKey"]

StateKey = tuple[bytes, bytes, bytes]
"""What changed the card for good, what was done since the reset, what is under way."""

_READS: Final = frozenset(
    {
        Tag.GetEuiccInfo1,
        Tag.GetEuiccInfo2,
        Tag.GetEuiccConfiguredAddresses,
        Tag.GetProfilesInfo,
        Tag.ListNotification,
        Tag.RetrieveNotificationsList,
        Tag.GetRat,
        Tag.GetEuiccData,
    }
)
"""Functions of the ISD-R that read and touch no session."""

_WHOLE: Final = 0x91
_SHORT_FILE: Final = 0x80
_ABSOLUTE: Final = 4
"""P2 of READ RECORD that names a record of the current file; others move the record pointer."""
_MORE: Final = (0x61, 0x6C)


class RecordedState:
    """Follows what is sent to a card and what it answers."""

    def __init__(self) -> None:
        self._lasting = b""
        self._since_reset = b""
        self._under_way = b""

    @property
    def key(self) -> StateKey:
        """Returns the state."""
        return self._lasting, self._since_reset, self._under_way

    def open(self, *, new: bool) -> None:
        """Begins a session, on a new card or on the same one."""
        self._since_reset = self._under_way = b""
        if new:
            self._lasting = b""

    def reset(self) -> None:
        """Forgets what a reset ends."""
        self._since_reset = self._under_way = b""

    def answered(self, command: bytes, response: bytes) -> None:
        """Takes a command and its answer."""
        if response[-2:-1] in (bytes((one,)) for one in _MORE):
            self._under_way = _added(self._under_way, command, response)
        else:
            self._under_way = b""
        try:
            parsed = read_leniently(command)
        except LocalError:  # fewer octets than a header: it may do anything
            self._since_reset = _added(self._since_reset, command, response)
            return
        if _reads(parsed):
            return
        self._since_reset = _added(self._since_reset, command, response)
        if not _is_read_only(parsed):
            self._lasting = _added(self._lasting, command, response)


def _added(digest: bytes, command: bytes, response: bytes) -> bytes:
    return sha256(b"%b%d %b%b" % (digest, len(command), command, response)).digest()


def _reads(command: CommandApdu) -> bool:
    """Returns whether a command leaves the card as it is, whatever it answers."""
    match command.ins:
        case Ins.GET_RESPONSE | Ins.GET_STATUS | Ins.GET_DATA:
            return True
        case Ins.READ_BINARY:
            return not command.p1 & _SHORT_FILE  # that would select the file
        case Ins.READ_RECORD:
            return command.p2 == _ABSOLUTE
    whole = command.ins == Ins.STORE_DATA and command.p1 == _WHOLE and command.p2 == 0
    return whole and tag_of(command.data) in _READS


def _is_read_only(command: CommandApdu) -> bool:
    """Returns whether a command is known to change nothing for good."""
    if command.ins == Ins.STORE_DATA:
        begins = command.p2 == 0
        return begins and request_level(command.data) == Level.READ_ONLY
    return any(level == Level.READ_ONLY for level, _ in commands_of(command))
