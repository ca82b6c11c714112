"""What is known of the Profiles on the card: which are the run's own, and whether one is enabled.

Which AID is of which Profile, and which is enabled, only the card itself says: an answer of
ES10c.GetProfilesInfo that lists a Profile of the suites as Enabled. It counts until a command is
sent that changes which Profile is enabled, or the card is lost; after EnableProfile it still counts
where the card listed no Profile but those of the suites, because no other can be enabled there. The
link is watched, whoever sends the commands.
"""

from collections.abc import Callable
from typing import Final

from rspcore import tlv
from rspcore.apdu import Ins, ResponseApdu
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Aid, Iccid
from rspcore.messages.es10c import ProfileState
from rspcore.status import is_success, more_data
from rspcore.tags import Tag
from rspharness.record.verdicts import TargetLost
from rspharness.targets.guard_tables import read_leniently, tag_of
from rspharness.targets.guarded_lpae import es10_request, is_for_lpae
from rspharness.targets.named_profiles import named_profiles
from rspharness.targets.transport import CardLink, LinkWrapper

__all__ = ["OWN_ICCIDS", "OwnProfile", "WatchedLink", "is_of_suites", "names_foreign"]

OWN_ICCIDS: Final = "892990"
"""Beginning of the ICCIDs of the suites' Profiles; another's may begin so too."""

_OWN: Final = Iccid.from_digits(OWN_ICCIDS.ljust(18, "0")).octets[: len(OWN_ICCIDS) // 2]
_ICCID_OCTETS: Final = 10
_AID_OCTETS: Final = 16

_SWITCHES: Final = (
    Tag.EnableProfile,
    Tag.DisableProfile,
    Tag.DeleteProfile,
    Tag.EuiccMemoryReset,
    Tag.LoadRpmPackage,
    Tag.VerifyDeviceChange,
    None,  # a block that ends before its tag could begin any of them
)
_ONLY_BLOCK: Final = 0x91
_LIST_OK: Final = 0xA0
_SEARCH: Final = 0xA0


class OwnProfile:
    """Whether the Profile that is enabled is one of the suites', as far as the card said so.

    Attributes:
        enabled: True when a command to the Enabled Profile can reach none but one of the suites'.
        to_enable_again: Returns the ICCID of the Profile of somebody else that was Enabled before
            the run: it is disabled when one of the suites' is enabled, and enabled again.
        restoring: Returns whether the card is being put back to what it was: then others are
            enabled, disabled and named too.
        erases: True where what is somebody else's may be deleted.
    """

    def __init__(self, owns: Callable[[Iccid | None, Aid | None], bool]) -> None:
        """Knows nothing yet.

        Args:
            owns: Returns whether a Profile is one of the suites'.
        """
        self._owns = owns
        self.enabled = False
        self.to_enable_again: Callable[[], Iccid | None] = lambda: None
        self.restoring: Callable[[], bool] = lambda: False
        self.erases = False
        self._iccids: set[bytes] = set()
        self._aids: dict[bytes, bytes] = {}
        self._all_known = False
        self._alone = False
        self._switched = False

    def is_enabled(self) -> bool:
        """Returns whether the Enabled Profile is known to be one of the suites'."""
        return self.enabled

    def objection(self, request: bytes) -> str:
        """Returns why a Profile that a request names may not be changed, or nothing.

        Args:
            request: A request to the ISD-R from its tag on, or its first octets.
        """
        function = tag_of(request)
        if self.erases if function == Tag.DeleteProfile else self.restoring():
            return ""
        before = self.to_enable_again()
        for kind, value in named_profiles(request):
            again = before is not None and value == before.octets
            if again and function in (Tag.EnableProfile, Tag.DisableProfile):
                continue
            if kind == Tag.Iccid and not self._may_be_own(value):
                return f"{_shown(value)} is not the ICCID of a Profile of the suites"
            if kind == Tag.IsdpAid and not self._may_be_own_isdp(value):
                return f"AID {value.hex().upper()} is not known to be of a Profile of the suites"
        return ""

    def _may_be_own(self, iccid: bytes) -> bool:
        """Returns whether an ICCID, or what is there of one, is of the suites and of no other."""
        if iccid in self._iccids:
            return self._is_own(iccid)
        return iccid.startswith(_OWN) or (len(iccid) < len(_OWN) and _OWN.startswith(iccid))

    def _may_be_own_isdp(self, aid: bytes) -> bool:
        """Returns whether an AID is of a Profile of the suites, or certainly of none."""
        if aid in self._aids:
            return self._is_own(self._aids[aid], aid)
        return self._all_known

    def _is_own(self, iccid: bytes, aid: bytes = b"") -> bool:
        named = Iccid(iccid) if len(iccid) == _ICCID_OCTETS else None
        isdp = Aid(aid) if len(aid) == _AID_OCTETS else None
        return self._owns(named, isdp)

    def forget(self) -> None:
        """Treats the card as one of which nothing is known."""
        self.enabled = self._alone = self._switched = self._all_known = False

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
            there = _listed(response)
        except DecodeError:
            self.forget()
            return
        self._iccids.update(one.iccid for one in there if one.iccid)
        self._aids.update((one.aid, one.iccid) for one in there if one.aid)
        if whole:
            self._all_known = all(one.aid for one in there)
        states = [one for one in there if one.on is not None]
        if states:
            own = [self._is_own(one.iccid) for one in states]
            active = [mine for mine, one in zip(own, states, strict=True) if one.on]
            self._alone = all(own) and (whole or self._alone)
            self.enabled = bool(active) and all(active)
        elif whole:
            self.enabled = False


def is_of_suites(iccid: Iccid | None, _aid: Aid | None = None) -> bool:
    """Returns whether an ICCID begins as those of the suites do."""
    return str(iccid).startswith(OWN_ICCIDS)


def names_foreign(request: bytes) -> str:
    """Returns why a request names a Profile that is not of the suites by its ICCID, or nothing.

    Args:
        request: A request to the ISD-R from its tag on, or its first octets.
    """
    return OwnProfile(is_of_suites).objection(request)


def _shown(iccid: bytes) -> str:
    return bytes((octet << 4 | octet >> 4) & 0xFF for octet in iccid).hex().upper().rstrip("F")


@dataclass(frozen=True, slots=True)
class _Listed:
    """A Profile in an answer of GetProfilesInfo.

    Attributes:
        iccid: ICCID, empty where none is listed: the Profile of an unknown owner.
        aid: AID, empty where none is listed.
        on: True for Enabled, also on another eSIM Port; None where no state is listed.
    """

    iccid: bytes
    aid: bytes
    on: bool | None


def _listed(response: bytes) -> list[_Listed]:
    """Returns the Profiles in an answer.

    Raises:
        DecodeError: the octets are not such an answer.
    """
    out = []
    for listed in tlv.parse(response).children():
        for one in listed.children() if listed.tag == _LIST_OK else ():
            iccid, aid = one.find(Tag.Iccid), one.find(Tag.IsdpAid)
            state, on = one.find(Tag.ProfileState), None
            if state is not None:
                port = one.find(Tag.EnabledOnEsimPort)
                here = int.from_bytes(state.value, "big") == ProfileState.enabled
                on = here or (port is not None and bytes(port.value[:1]) < b"\x80")
            named = b"" if iccid is None else bytes(iccid.value)
            out.append(_Listed(named, b"" if aid is None else bytes(aid.value), on))
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
        if is_for_lpae(parsed):
            tag = tag_of(es10_request(parsed.data)) if es10_request(parsed.data) else None
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
