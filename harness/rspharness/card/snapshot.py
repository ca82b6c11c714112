"""What a card shows of its lasting state, observed by standard commands and kept as octets.

Two snapshots are compared octet for octet to show that a refusal left the card as it was. Nothing
is decoded for that: a list with a mistake in it is compared like any other, and a refusal with its
status word. Octets are decoded for messages alone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Final

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.messages.es10c import ProfileInfoListResponse
from rspcore.status import StatusWord, describe
from rspharness.card.listed import read_notifications

__all__ = ["Part", "Snapshot"]


_ERROR_CODE: Final = bytes.fromhex("0381")
"""Length and tag of what follows the tag of an answer that is only an error code."""


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """One part of an observation: what the card answered to one function.

    Attributes:
        data: Response data.
        sw: Status word; 9000 for any success, because what is announced beside is no part of it.
    """

    data: bytes
    sw: int = StatusWord.OK

    @property
    def answered(self) -> bool:
        """Returns whether it is an answer without error: data after 9000, no error code."""
        return self.sw == StatusWord.OK and bool(self.data) and self.data[2:4] != _ERROR_CODE

    def __str__(self) -> str:
        """Shows the octets, and the status word unless it is 9000."""
        shown = self.data.hex(" ").upper() or "no data"
        return shown if self.sw == StatusWord.OK else f"SW {describe(self.sw)}, {shown}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One observation of a card; a part is None where the card gave nothing to compare.

    Attributes:
        profiles: Answer of GetProfilesInfo for every known tag, or to the plain request where the
            card refuses the tags.
        notifications: Answer of ListNotification.
        addresses: Answer of GetEuiccConfiguredAddresses.
        info2: EUICCInfo2; it contains free memory and is not compared.
    """

    profiles: Part | None
    notifications: Part | None
    addresses: Part | None
    info2: Part | None = field(repr=False, compare=False, default=None)

    def numbers(self) -> frozenset[int] | None:
        """Returns the numbers of the Notifications listed, None where no list can be read."""
        part = self.notifications
        listed = read_notifications(part.data) if part is not None and part.answered else None
        if listed is None:
            return None
        return frozenset(one.seq_number for one in listed if one.seq_number is not None)

    def differences(self, other: "Snapshot") -> Iterator[tuple[str, str, str]]:
        """Yields name, value here and value there, in words, of each part that differs.

        A part that one of the two has not observed is not compared.
        """
        for name, shown in _SHOWN.items():
            here: Part | None = getattr(self, name)
            there: Part | None = getattr(other, name)
            if here is not None and there is not None and here != there:
                yield name, shown(here), shown(there)


def _profiles(part: Part) -> str:
    if not part.answered:
        return str(part)
    try:
        infos = ProfileInfoListResponse.decode(part.data).profile_info_list_ok or ()
    except DecodeError as error:
        return f"{part} ({error})"
    shown = ", ".join(f"{info.iccid} {info.profile_state!r}" for info in infos)
    return f"{len(infos)} Profiles ({shown}), {part}"


def _notifications(part: Part) -> str:
    listed = read_notifications(part.data) if part.answered else None
    if listed is None:
        return str(part)
    numbers = ", ".join(str(one.seq_number) for one in listed)
    return f"{len(listed)} Notifications (numbers {numbers}), {part}"


_SHOWN: Final[Mapping[str, Callable[[Part], str]]] = {
    "profiles": _profiles,
    "notifications": _notifications,
    "addresses": str,
}
