"""What a Profile brings to the UICC: files, PINs, authentication, security domains. Frozen values.

The profile interpreter makes a `ProfileContent` from a profile package; the UICC commands read it
and return changed ones; it is part of the persistent state of its Profile, so that written files
and counters survive power cycles and Profile switches (SAIP, 8; ETSI TS 102 221, 8).

A file is known by its path: the file identifiers from below the MF on, an ADF by the temporary
identifier the package gave it. The MF is the empty path.
"""

from collections.abc import Iterable
from dataclasses import field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final, Self

from rspcore.errors import LocalError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Aid

__all__ = [
    "EMPTY_CONTENT",
    "EMPTY_FILES",
    "AccessRuleReference",
    "AkaParameters",
    "Application",
    "File",
    "FileKind",
    "FileSystem",
    "KeyObject",
    "LifeCycle",
    "Path",
    "Pin",
    "ProfileContent",
    "Puk",
    "RemoteFileManagement",
    "SecurityDomain",
]

Path = tuple[int, ...]
"""File identifiers from below the MF on; () is the MF."""


class FileKind(StrEnum):
    """What a file is."""

    MF = "mf"
    DF = "df"
    ADF = "adf"
    TRANSPARENT = "transparent"
    LINEAR_FIXED = "linear-fixed"
    CYCLIC = "cyclic"
    BER_TLV = "ber-tlv"

    @property
    def is_directory(self) -> bool:
        """Returns whether files can stand below it."""
        return self in (FileKind.MF, FileKind.DF, FileKind.ADF)

    @property
    def has_records(self) -> bool:
        """Returns whether its body is a row of records."""
        return self in (FileKind.LINEAR_FIXED, FileKind.CYCLIC)


class LifeCycle(IntEnum):
    """The life cycle status octets the card uses (TS 102 221, 11.1.1.4.9)."""

    CREATION = 0x01
    INITIALISATION = 0x03
    DEACTIVATED = 0x04
    ACTIVATED = 0x05
    TERMINATED = 0x0C


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRuleReference:
    """The record of an EF.ARR that holds a file's access rules.

    The EF.ARR is looked for from the directory of the file upwards (TS 102 221, 9.2.7).

    Attributes:
        fid: File identifier of the EF.ARR, 6F06 or 2F06.
        record: Record number, from 1.
    """

    fid: int
    record: int


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file.

    Attributes:
        path: Where it stands; the last element is its file identifier.
        kind: What it is.
        body: Content of an EF in octets: records one after another (record 1 first), or the data
            objects of a BER-TLV file.
        record_length: Length of a record in octets; 0 for files without records.
        maximum_size: Limit of a BER-TLV file in octets; 0 when there is none.
        reserved_size: Reserved octets of a BER-TLV file.
        sfi: Short file identifier, 1 to 30, or None.
        access: Where its access rules stand, or None: then nothing is allowed.
        life_cycle: Its status.
        shareable: Bit 7 of the file descriptor octet.
        aid: DF name of an ADF; empty for others.
        special: Special file information: 80 high update activity, 40 readable when deactivated.
        pin_status: Key references a directory reports in its FCP, in order.
        link: Path of the file whose body it shares, or None.
    """

    path: Path
    kind: FileKind
    body: bytes = field(default=b"", repr=False)
    record_length: int = 0
    maximum_size: int = 0
    reserved_size: int = 0
    sfi: int | None = None
    access: AccessRuleReference | None = None
    life_cycle: int = LifeCycle.ACTIVATED
    shareable: bool = True
    aid: bytes = b""
    special: int = 0
    pin_status: tuple[int, ...] = ()
    link: Path | None = None

    @property
    def fid(self) -> int:
        """Returns the file identifier; 3F00 for the MF."""
        return self.path[-1] if self.path else 0x3F00

    @property
    def records(self) -> tuple[bytes, ...]:
        """Returns the records, record 1 first."""
        step = self.record_length
        if not step:
            return ()
        return tuple(self.body[n : n + step] for n in range(0, len(self.body), step))

    @property
    def is_deactivated(self) -> bool:
        """Returns whether the file is deactivated (04 or 06)."""
        return self.life_cycle & 0xFD == LifeCycle.DEACTIVATED


@dataclass(frozen=True, slots=True)
class FileSystem:
    """The files of one Profile, in order of creation, found by path."""

    files: tuple[File, ...] = ()
    _by_path: MappingProxyType[Path, File] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Indexes the files.

        Raises:
            LocalError: two files have the same path.
        """
        index = {one.path: one for one in self.files}
        if len(index) != len(self.files):
            raise LocalError("two files of a file system have the same path")
        object.__setattr__(self, "_by_path", MappingProxyType(index))

    def get(self, path: Path) -> File | None:
        """Returns the file at a path, or None."""
        return self._by_path.get(path)

    def resolve(self, one: File) -> File:
        """Returns the file whose body this one shows: itself, or the end of its links.

        Raises:
            LocalError: a link has no target or is circular.
        """
        seen = {one.path}
        while one.link is not None:
            target = self._by_path.get(one.link)
            if target is None or target.path in seen:
                raise LocalError(f"link {_shown(one.path)} has no target")
            seen.add(target.path)
            one = target
        return one

    def children(self, path: Path) -> tuple[File, ...]:
        """Returns the files directly below a directory, in order of creation."""
        depth = len(path) + 1
        return tuple(f for f in self.files if len(f.path) == depth and f.path[:-1] == path)

    def adf(self, aid: bytes) -> File | None:
        """Returns the first ADF whose name begins with these octets, or None."""
        return next(
            (f for f in self.files if f.kind is FileKind.ADF and f.aid.startswith(aid)), None
        )

    def with_file(self, changed: File) -> Self:
        """Returns a file system in which the file at this path is replaced, or added at the end."""
        known = self._by_path.get(changed.path)
        if known is None:
            files = (*self.files, changed)
        else:
            files = tuple(changed if one is known else one for one in self.files)
        # the index is copied and not built again: a package makes some 250 files one by one
        made = object.__new__(type(self))
        object.__setattr__(made, "files", files)
        index = self._by_path.copy()
        index[changed.path] = changed
        object.__setattr__(made, "_by_path", MappingProxyType(index))
        return made

    def with_new(self, made: Iterable[File]) -> Self:
        """Returns a file system with these files at the end; none has a path that is taken."""
        return replace(self, files=(*self.files, *made))

    def without(self, path: Path) -> Self:
        """Returns a file system without this file and all below it."""
        depth = len(path)
        return replace(self, files=tuple(f for f in self.files if f.path[:depth] != path))


EMPTY_FILES: Final = FileSystem()
"""A file system without even an MF."""


def _shown(path: Path) -> str:
    return "/".join(f"{fid:04X}" for fid in (0x3F00, *path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One PIN or ADM key; its value never shows in a repr.

    Attributes:
        context: Path of the DF or ADF it belongs to; () for global keys.
        reference: Key reference: 01 to 08 and 0A to 0E global, 81 to 88 and 8A to 8E local.
        value: 8 octets.
        maximum: Tries after a success.
        remaining: Tries left.
        enabled: Whether the conditions that name it are checked.
        attributes: pinAttributes as given, 0 to 7.
        puk: Key reference of the PUK that unblocks it, or None.
    """

    context: Path
    reference: int
    value: bytes = field(repr=False)
    maximum: int = 3
    remaining: int = 3
    enabled: bool = True
    attributes: int = 7
    puk: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Puk:
    """One PUK; its value never shows in a repr."""

    reference: int
    value: bytes = field(repr=False)
    maximum: int = 10
    remaining: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AkaParameters:
    """How one NAA authenticates, and its sequence numbers so far.

    Attributes:
        context: Path of the ADF it belongs to.
        algorithm: 1 Milenage, 2 TUAK, 3 USIM test algorithm.
        options: algorithmOptions octet.
        key: K; never shown.
        opc: OPc or TOPc; never shown.
        rotation: r1 to r5.
        xoring: c1 to c5, 80 octets.
        keccak_iterations: Number of permutations of TUAK.
        sqn_options: sqnOptions octet.
        sqn_delta: Largest step accepted, as SEQ.
        sqn_age_limit: Age limit, as SEQ.
        seq: SEQ stored per IND, 32 values.
        counter_max: authCounterMax, or None.
        counter: Uses of the key so far; counted where there is a limit.
        mapped_to: AID of the NAA whose parameters are used in place of these, or empty.
    """

    context: Path
    algorithm: int = 1
    options: int = 1
    key: bytes = field(default=b"", repr=False)
    opc: bytes = field(default=b"", repr=False)
    rotation: bytes = bytes((64, 0, 32, 64, 96))
    xoring: bytes = b"".join(n.to_bytes(16, "big") for n in (0, 1, 2, 4, 8))
    keccak_iterations: int = 1
    sqn_options: int = 0x02
    sqn_delta: int = 0x10000000
    sqn_age_limit: int = 0x10000000
    seq: tuple[int, ...] = (0,) * 32
    counter_max: int | None = None
    counter: int = 0
    mapped_to: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyObject:
    """One key of a security domain; its value never shows in a repr.

    Attributes:
        version: Key version number.
        identifier: Key identifier.
        usage: Key usage qualifier.
        access: Key access.
        key_type: 80 DES or 3DES, 88 AES.
        value: The key.
        mac_length: Length of an AES checksum made with it, in octets.
        counter: Initial counter of its set, or None.
    """

    version: int
    identifier: int
    usage: bytes = b"\x18"
    access: int = 0
    key_type: int = 0x88
    value: bytes = field(default=b"", repr=False)
    mac_length: int = 8
    counter: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityDomain:
    """One security domain of the Profile; the first one is the MNO-SD.

    Attributes:
        aid: Its instance AID.
        load_package: AID of its load file.
        module: AID of its class.
        privileges: 1 or 3 octets.
        life_cycle: 07 selectable, 0F personalised.
        keys: Its keys.
        tars: Toolkit application references under which it is reached.
        minimum_security_level: Lowest SPI1 accepted; None when nothing is checked.
        counters: SCP80 counter per key version, as pairs.
        sequence_counters: SCP03 sequence counter per key version, as pairs.
        personal_data: STORE DATA payloads of the package, in order.
        parameters: C9 install parameters.
    """

    aid: Aid
    load_package: bytes = b""
    module: bytes = b""
    privileges: bytes = b"\x80"
    life_cycle: int = 0x0F
    keys: tuple[KeyObject, ...] = ()
    tars: tuple[bytes, ...] = ()
    minimum_security_level: int | None = None
    counters: tuple[tuple[int, int], ...] = ()
    sequence_counters: tuple[tuple[int, int], ...] = ()
    personal_data: tuple[bytes, ...] = ()
    parameters: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFileManagement:
    """One RFM instance: its TARs and its access rights.

    Attributes:
        aid: Its instance AID.
        security_domain: AID of its security domain; empty for the MNO-SD.
        tars: Toolkit application references.
        minimum_security_level: Lowest SPI1 accepted.
        uicc_access: Access domain for the UICC file system.
        uicc_admin_access: Access domain for its administrative commands.
        adf: AID of the ADF it is bound to; empty for the UICC file system.
        adf_access: Access domain for that ADF.
        adf_admin_access: Access domain for its administrative commands.
    """

    aid: Aid
    security_domain: bytes = b""
    tars: tuple[bytes, ...] = ()
    minimum_security_level: int = 0
    uicc_access: bytes = b"\x00"
    uicc_admin_access: bytes = b"\x00"
    adf: bytes = b""
    adf_access: bytes = b"\x00"
    adf_admin_access: bytes = b"\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application instance the package installs; its code is kept, not run.

    Attributes:
        aid: Its instance AID.
        load_package: AID of its load file.
        module: AID of its class.
        security_domain: AID of its security domain; empty for the MNO-SD.
        privileges: 1 or 3 octets.
        life_cycle: 07 selectable.
        parameters: Install parameters as given.
    """

    aid: Aid
    load_package: bytes = b""
    module: bytes = b""
    security_domain: bytes = b""
    privileges: bytes = b"\x00"
    life_cycle: int = 0x07
    parameters: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileContent:
    """All a profile package makes, with its changes since.

    Attributes:
        files: The file system.
        pins: PINs and ADM keys.
        puks: PUKs.
        shared_pins: Directories that use the local PINs of another: pairs of its path and theirs.
        aka: Authentication parameters, one entry per NAA.
        security_domains: Security domains, the MNO-SD first.
        remote_file_management: RFM instances.
        applications: Other application instances.
    """

    files: FileSystem = EMPTY_FILES
    pins: tuple[Pin, ...] = ()
    puks: tuple[Puk, ...] = ()
    shared_pins: tuple[tuple[Path, Path], ...] = ()
    aka: tuple[AkaParameters, ...] = ()
    security_domains: tuple[SecurityDomain, ...] = ()
    remote_file_management: tuple[RemoteFileManagement, ...] = ()
    applications: tuple[Application, ...] = ()

    def with_file(self, changed: File) -> Self:
        """Returns a content in which one file is replaced or added."""
        return replace(self, files=self.files.with_file(changed))

    def with_pin(self, changed: Pin) -> Self:
        """Returns a content in which the PIN of the same context and reference is replaced."""
        return replace(
            self,
            pins=tuple(
                changed if (p.context, p.reference) == (changed.context, changed.reference) else p
                for p in self.pins
            ),
        )


EMPTY_CONTENT: Final = ProfileContent()
"""What a Profile has before its first element."""
