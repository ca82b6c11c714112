"""What a card shows of its lasting state, observed by standard commands.

Two snapshots are compared octet for octet to show that a refusal left the card as it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rspcore.errors import DecodeError
from rspcore.messages.es10b import ListNotificationResponse
from rspcore.messages.es10c import ProfileInfoListResponse

__all__ = ["Snapshot"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One observation of a card.

    Attributes:
        profiles: Response of GetProfilesInfo for every known tag.
        notifications: Response of ListNotification.
        addresses: Response of GetEuiccConfiguredAddresses.
        info2: EUICCInfo2; it contains free memory and is not compared.
    """

    profiles: bytes
    notifications: bytes
    addresses: bytes
    info2: bytes = field(repr=False, compare=False, default=b"")

    def numbers(self) -> frozenset[int]:
        """Returns the numbers of the Notifications listed.

        Raises:
            DecodeError: the list cannot be read.
        """
        listed = ListNotificationResponse.decode(self.notifications).notification_metadata_list
        return frozenset(one.seq_number for one in listed or ())

    def differences(self, other: "Snapshot") -> Iterator[tuple[str, str, str]]:
        """Yields name, value here and value there, in words, of each part that differs."""
        if self.profiles != other.profiles:
            yield "profiles", _profiles(self.profiles), _profiles(other.profiles)
        if self.notifications != other.notifications:
            yield (
                "notifications",
                _notifications(self.notifications),
                _notifications(other.notifications),
            )
        if self.addresses != other.addresses:
            yield "addresses", self.addresses.hex(" "), other.addresses.hex(" ")


def _profiles(octets: bytes) -> str:
    try:
        infos = ProfileInfoListResponse.decode(octets).profile_info_list_ok or ()
    except DecodeError as error:
        return f"{octets.hex(' ').upper()} ({error})"
    shown = ", ".join(f"{info.iccid} {info.profile_state!r}" for info in infos)
    return f"{len(infos)} Profiles ({shown}), {octets.hex(' ').upper()}"


def _notifications(octets: bytes) -> str:
    try:
        listed = ListNotificationResponse.decode(octets).notification_metadata_list or ()
    except DecodeError as error:
        return f"{octets.hex(' ').upper()} ({error})"
    return f"{len(listed)} Notifications (numbers {', '.join(str(n.seq_number) for n in listed)})"
