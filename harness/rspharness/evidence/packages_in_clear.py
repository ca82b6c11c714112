"""BoundProfilePackages of a trace in clear, by the session keys that were written beside it.

A package is followed as the card gets it, segment by segment: the keys that open ConfigureISDP are
those of its session, every MAC is checked, and ReplaceSessionKeys puts the keys in their place that
it carries. Each segment gives the lines of what ends in it: a command of ES8+, or profile elements.

Source: SGP.22 v2, 2.5.3, 2.5.5, 2.6.4 and 5.5.
"""

from collections.abc import Iterator
from typing import Final

from rspcore import bpp
from rspcore.crypto.bsp import MAX_LONG_TLV, Bsp, BspError
from rspcore.crypto.kdf import BspKeys
from rspcore.errors import DecodeError
from rspcore.messages.es8p import ReplaceSessionKeysRequest
from rspcore.profile_reader import PackageReader
from rspcore.tags import Tag
from rspcore.tlv import Tlv, parse_prefix
from rspharness.evidence.fields import INDENT, named
from rspharness.evidence.profile_elements import readable_element_lines

__all__ = ["PackagesInClear", "begins_package"]

_BEGINS: Final = bytes.fromhex("BF36")
_SEGMENTS: Final = frozenset({0x86, 0x88, 0xA0, 0xA1, 0xA2, 0xA3})
"""Tags of the segments after the first (SGP.22 v2, 2.5.5)."""


def begins_package(data: bytes) -> bool:
    """Returns whether the data of a STORE DATA chain are the first segment of a package."""
    return data.startswith(_BEGINS)


class PackagesInClear:
    """Packages, each opened with the keys of its own session.

    Attributes:
        met: Packages that were met, so far as to their ConfigureISDP.
        opened: Those whose keys are among the given ones.
    """

    def __init__(self, keys: tuple[BspKeys, ...]) -> None:
        """Takes the keys of one session or more."""
        self._keys = keys
        self._begun: dict[int | None, _Package] = {}
        self.met = self.opened = 0

    def reset(self) -> None:
        """Forgets the packages that a reset of the card ends."""
        self._begun.clear()

    def lines(self, data: bytes, channel: int | None) -> Iterator[str]:
        """Yields what the data of a STORE DATA chain hold in clear; nothing outside of a package.

        Args:
            data: Data of the whole chain.
            channel: Logical channel on which the card got them.
        """
        if begins_package(data):
            self._begun[channel] = _Package(self._keys)
            return
        package = self._begun.get(channel)
        if package is None:
            return
        was_open = package.is_open
        yield from package.lines(data)
        if package.is_first:
            self.met += 1
            self.opened += package.is_open and not was_open

    def whole(self, package: bytes) -> Iterator[str]:
        """Yields what a whole package holds in clear, one after the other.

        Args:
            package: BoundProfilePackage with its header; anything else gives nothing.
        """
        try:
            segments = bpp.segments(package)
        except DecodeError:
            return
        apart = PackagesInClear(self._keys)
        for one in segments:
            yield from apart.lines(one, None)
        self.met += apart.met
        self.opened += apart.opened


class _Package:
    """One package, as far as the card got it.

    Attributes:
        is_first: The last segment was the one that tells the keys.
    """

    def __init__(self, keys: tuple[BspKeys, ...]) -> None:
        self._candidates = tuple(Bsp(one, max_tlv=MAX_LONG_TLV) for one in keys)
        self._bsp: Bsp | None = None
        self._stopped = self.is_first = False
        self._metadata = b""
        self._reader = PackageReader()

    @property
    def is_open(self) -> bool:
        return self._bsp is not None

    def lines(self, data: bytes) -> Iterator[str]:
        """Yields what a segment holds; after one that does not open, nothing more."""
        self.is_first = False
        try:
            segment = parse_prefix(data)
            parts = segment.children() if segment.constructed else [segment]
        except DecodeError:
            return  # the header of A1 or A3, or no segment at all
        if segment.tag not in _SEGMENTS:
            return
        for part in parts:
            if not self._stopped and part.tag in _READERS:
                yield from self._part(part)

    def _part(self, part: Tlv) -> Iterator[str]:
        if self._bsp is None:
            self.is_first = True
            self._bsp = self._fitting(part)
            if self._bsp is None:
                self._stopped = True
                tried = len(self._candidates)
                yield f"none of the session keys opens it; packages whose keys are there: {tried}"
                return
        opens = Bsp.unprotect_mac_only if part.tag == Tag.Protected88 else Bsp.unprotect
        try:
            plain, after = opens(self._bsp, part)
            self._bsp = after
            yield from _READERS[part.tag](self, plain, after)
        except (BspError, DecodeError) as problem:
            self._stopped = True
            yield f"cannot be read further: {problem}"

    def _fitting(self, part: Tlv) -> Bsp | None:
        """Returns the channel whose keys open the first part of a package."""
        for one in self._candidates:
            try:
                one.unprotect(part)
            except BspError:
                continue
            return one
        return None

    def _command(self, plain: bytes, after: Bsp) -> Iterator[str]:
        """Yields ConfigureISDP or ReplaceSessionKeys, whose keys come into use."""
        if parse_prefix(plain).tag != Tag.ReplaceSessionKeys:
            yield from named("ConfigureISDPRequest", plain)
            return
        request = ReplaceSessionKeysRequest.decode(plain)
        keys = BspKeys(request.initial_mac_chaining_value, request.ppk_enc, request.ppk_cmac)
        self._bsp = after.replaced(keys)
        yield "ReplaceSessionKeysRequest"
        for name in ("initialMacChainingValue", "ppkEnc", "ppkCmac"):
            yield f"{INDENT}{name}: 16 octets masked"

    def _metadata_piece(self, plain: bytes, _: Bsp) -> Iterator[str]:
        self._metadata += plain
        try:
            whole = bytes(parse_prefix(self._metadata).raw)
        except DecodeError:
            yield f"{len(plain):,} octets of StoreMetadataRequest, which goes on"
            return
        yield from named("StoreMetadataRequest", whole)

    def _profile_piece(self, plain: bytes, _: Bsp) -> Iterator[str]:
        elements, self._reader = self._reader.feed(plain)
        for one in elements:
            yield from readable_element_lines(one)
        if not self._reader.between_elements:
            rest = len(self._reader.pending)
            yield f"{rest:,} octets of a profile element, which goes on"


_READERS: Final = {
    int(Tag.Protected87): _Package._command,  # noqa: SLF001  of this module
    int(Tag.Protected88): _Package._metadata_piece,  # noqa: SLF001  likewise
    int(Tag.Protected86): _Package._profile_piece,  # noqa: SLF001  likewise
}
"""What reads the plaintext of a protected data object, by its tag."""
