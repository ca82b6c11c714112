"""What is known of the Profile that is enabled: whether it is one of the run's own.

Only the card itself says so: an answer of ES10c.GetProfilesInfo that lists a Profile of the suites
as Enabled. It counts until a command is sent that changes which Profile is enabled, or the card is
lost; after EnableProfile it still counts where the card listed no Profile but those of the suites,
because no other can be enabled there. The link is watched, whoever sends the commands.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rspcore import tlv
from rspcore.apdu import Ins, ResponseApdu
from rspcore.errors import DecodeError
from rspcore.ids import Iccid
from rspcore.messages.es10c import ProfileState
from rspcore.status import is_success, more_data
from rspcore.tags import Tag
from rspharness.record.verdicts import TargetLost
from rspharness.targets.guard_tables import read_leniently, tag_of
from rspharness.targets.transport import CardLink, LinkWrapper

__all__ = ["OWN_ICCIDS", "OwnProfile", "WatchedLink", "is_of_suites"]

OWN_ICCIDS: Final = "892990"
"""Beginning of the ICCIDs of the suites' Profiles; another's may begin so too."""

_SWITCHES: Final = (
    Tag.EnableProfile,
    Tag.DisableProfile,
    Tag.DeleteProfile,
    Tag.EuiccMemoryReset,
    None,  # a block that ends before its tag could begin any of them
)
_ONLY_BLOCK: Final = 0x91
_LIST_OK: Final = 0xA0
_SEARCH: Final = 0xA0


class OwnProfile:
    """Whether the Profile that is enabled is one of the suites', as far as the card said so.

    Attributes:
        enabled: True when a command to the Enabled Profile can reach none but one of the suites'.
    """

    def __init__(self, owns: Callable[[Iccid | None], bool]) -> None:
        """Knows nothing yet.

        Args:
            owns: Returns whether a Profile is one of the suites'.
        """
        self._owns = owns
        self.enabled = False
        self._alone = False
        self._switched = False

    def is_enabled(self) -> bool:
        """Returns whether the Enabled Profile is known to be one of the suites'."""
        return self.enabled

    def forget(self) -> None:
        """Treats the card as one of which nothing is known."""
        self.enabled = self._alone = self._switched = False

    def switched(self, tag: int | None) -> None:
        """Takes note of a command that can change which Profile is enabled, before it is sent.

        Args:
            tag: Tag of the function, None when it is not known.
        """
        self.enabled = self._alone and tag == Tag.EnableProfile
        self._switched = True

    def restarted(self) -> None:
        """Takes note of a reset: it completes a switch; otherwise the Enabled Profile outlives it.

        What was listed between the two may be what was enabled before (SGP.22 v2, 3.2.1).
        """
        if self._switched:
            self.enabled = self.enabled and self._alone
            self._switched = False

    def listed(self, response: bytes, *, whole: bool) -> None:
        """Takes an answer of GetProfilesInfo; one that names no states says nothing.

        Args:
            response: The whole data object BF2D.
            whole: True when every Profile was asked for.
        """
        try:
            states = _states(response)
        except DecodeError:
            self.forget()
            return
        if states:
            own = [self._owns(iccid) for iccid, _ in states]
            active = [one for one, (_, on) in zip(own, states, strict=True) if on]
            self._alone = all(own) and (whole or self._alone)
            self.enabled = bool(active) and all(active)
        elif whole:
            self.enabled = False


def is_of_suites(iccid: Iccid | None) -> bool:
    """Returns whether an ICCID begins as those of the suites do."""
    return str(iccid).startswith(OWN_ICCIDS)


def _states(response: bytes) -> list[tuple[Iccid | None, bool]]:
    """Returns ICCID and state of the Profiles in an answer, True for Enabled.

    A Profile without its ICCID counts as one of an unknown owner; one without state is left out.

    Raises:
        DecodeError: the octets are not such an answer.
    """
    out = []
    for listed in tlv.parse(response).children():
        for one in listed.children() if listed.tag == _LIST_OK else ():
            iccid, state = one.find(Tag.Iccid), one.find(Tag.ProfileState)
            if state is not None:
                named = None if iccid is None else Iccid(bytes(iccid.value))
                out.append((named, int.from_bytes(state.value, "big") == ProfileState.enabled))
    return out


@dataclass(slots=True)
class _Listing:
    """An answer of GetProfilesInfo whose rest still waits.

    Attributes:
        whole: True when every Profile was asked for.
        answer: What came of it.
    """

    whole: bool
    answer: bytes = b""


def _tags(request: bytes) -> tuple[int, ...]:
    """Returns the tags in a request; the search criterion for one that cannot be read."""
    try:
        return tuple(one.tag for one in tlv.parse(request).children())
    except DecodeError:
        return (_SEARCH,)


class WatchedLink(LinkWrapper):
    """Keeps an `OwnProfile` up to date with what passes; changes nothing."""

    def __init__(self, link: CardLink, own: OwnProfile) -> None:
        super().__init__(link)
        self._own = own
        self._listing: dict[int, _Listing] = {}

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on and takes note of both directions."""
        parsed = read_leniently(command)
        channel = parsed.channel or 0
        tag = tag_of(parsed.data) if parsed.ins == Ins.STORE_DATA else 0
        if tag in _SWITCHES:
            self._own.switched(tag)
        try:
            octets = self._link.transmit(command)
        except TargetLost:
            self._own.forget()
            raise
        listing = self._listing.pop(channel, None)
        if tag == Tag.GetProfilesInfo and parsed.p1 == _ONLY_BLOCK and not parsed.p2:
            listing = _Listing(whole=_SEARCH not in _tags(parsed.data))
        elif parsed.ins != Ins.GET_RESPONSE:
            listing = None
        if listing is not None:
            self._collect(channel, listing, octets)
        return octets

    def reset(self) -> bytes:
        """Passes a reset on, which completes a switch."""
        self._restart()
        return super().reset()

    def power_cycle(self) -> bytes:
        """Passes a power cycle on, which completes a switch."""
        self._restart()
        return super().power_cycle()

    def restart(self, protocol: int) -> bytes:
        """Passes a restart on, which completes a switch."""
        self._restart()
        return super().restart(protocol)

    def _restart(self) -> None:
        self._listing.clear()
        self._own.restarted()

    def _collect(self, channel: int, listing: "_Listing", octets: bytes) -> None:
        """Takes one part of an answer of GetProfilesInfo."""
        try:
            part = ResponseApdu.parse(octets)
        except DecodeError:
            return
        listing.answer += part.data
        if more_data(part.sw) is not None:
            self._listing[channel] = listing
        elif is_success(part.sw):
            self._own.listed(listing.answer, whole=listing.whole)
