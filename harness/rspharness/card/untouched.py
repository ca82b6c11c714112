"""What is somebody else's on a card stays as it is, whatever a case asks for.

A case works on Profiles and Notifications of its own. One that names those of somebody else, as by
a number it guessed, is a fault of the suites; nothing of it is sent.
"""

from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError, LocalError
from rspcore.messages.es10b import NotificationSentRequest
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    EnableProfileRequest,
    SetNicknameRequest,
)
from rspcore.tags import Tag
from rspharness.card.aboard import Aboard
from rspharness.record.verdicts import NotApplicable
from rspharness.targets.guard_tables import read_leniently, tag_of
from rspharness.targets.own_profile import is_of_suites
from rspharness.targets.transport import CardLink, LinkWrapper

__all__ = ["UntouchedLink"]

_ONLY_BLOCK: Final = 0x91


class UntouchedLink(LinkWrapper):
    """Refuses requests of one block that would change what is somebody else's."""

    def __init__(self, link: CardLink, aboard: Aboard) -> None:
        """Wraps the link of a case.

        Args:
            link: The link below.
            aboard: What is somebody else's.
        """
        super().__init__(link)
        self._aboard = aboard

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on.

        Raises:
            LocalError: it names what is somebody else's. It was not sent.
            NotApplicable: it enables a Profile, and the Enabled one stays so; or it removes a
                Notification, and it is not known which are somebody else's.
        """
        parsed = read_leniently(command)
        if parsed.ins == Ins.STORE_DATA and parsed.p1 == _ONLY_BLOCK:
            self._require_own(parsed)
        return super().transmit(command)

    def _require_own(self, command: CommandApdu) -> None:
        named = ""
        try:
            match tag_of(command.data):
                case Tag.NotificationSent:
                    self._require_known()
                    number = NotificationSentRequest.decode(command.data).seq_number
                    unsigned = number % (1 << 8 * len(command.data[5:]))
                    foreign = not {number, unsigned}.isdisjoint(self._aboard.notifications)
                    named = f"Notification {number}" * foreign
                case Tag.DeleteProfile:
                    iccid = DeleteProfileRequest.decode(command.data).iccid
                    named = f"Profile {iccid}" * (iccid in self._aboard.profiles)
                case Tag.SetNickname:
                    iccid = SetNicknameRequest.decode(command.data).iccid
                    named = f"Profile {iccid}" * (iccid in self._aboard.profiles)
                case Tag.EnableProfile if self._aboard.stays_enabled:
                    self._require_switch(EnableProfileRequest.decode(command.data))
        except DecodeError:
            return  # malformed on purpose: a card that takes it for a sound request is at fault
        if named:
            raise LocalError(f"{command!r}: {named} is not of the suites. It was not sent.")

    def _require_known(self) -> None:
        if not self._aboard.notifications_known:
            raise NotApplicable(
                "a Notification is to be removed, and the card gave no list of those that waited "
                "before the run: it might be another's"
            )

    def _require_switch(self, request: EnableProfileRequest) -> None:
        iccid = request.profile_identifier.iccid
        if iccid is None or is_of_suites(iccid):
            raise NotApplicable(
                f"a Profile is to be enabled, and {self._aboard.enabled}, Enabled and not of the "
                "suites, has PPR1, which keeps it Enabled"
            )
