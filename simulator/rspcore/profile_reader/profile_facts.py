"""ProfileFacts: what Profile a package makes, worked out from the package alone.

The reader follows the file creation rules far enough to know the files that identify a Profile and
its owner: EF.ICCID under the MF, and EF.IMSI, EF.UST, EF.SPN, EF.GID1 and EF.GID2 under the first
USIM, whether a template element, GenericFileManagement or a link makes them. The card handles the
rest of the file system.
"""

from typing import Final, Self

from rspcore.frozen import dataclass
from rspcore.ids import Iccid
from rspcore.profile_reader.elements import ProfileElementTlv, split
from rspcore.profile_reader.header import ProfileHeader
from rspcore.profile_reader.network_access import AkaParameters, NaaKind
from rspcore.profile_reader.package_files import Fcp, FileSource, FileStep, file_body
from rspcore.tlv import Octets, Tlv, iterate

__all__ = ["ElementFact", "ProfileFacts"]

_ICCID_PATH: Final = bytes.fromhex("2FE2")
_IMSI, _UST, _SPN = (bytes.fromhex(fid) for fid in ("6F07", "6F38", "6F46"))
_GID1, _GID2 = (bytes.fromhex(fid) for fid in ("6F3E", "6F3F"))

_GSM_DIFFERS: Final = frozenset(b"$@[\\]^_`")
"""ASCII characters whose code means another character in the GSM default alphabet."""

SERVICE_GID1: Final = 17
SERVICE_GID2: Final = 18


@dataclass(frozen=True, slots=True)
class _Template:
    file_id: bytes
    size: int


_FIRST_FILE_TAG: Final = 0xA2
_MF_FILES: Final = {0xA4: _Template(_ICCID_PATH, 10)}
_USIM_FILES: Final = {
    0xA3: _Template(_IMSI, 9),
    0xA8: _Template(_UST, 14),
    0xAD: _Template(_SPN, 17),
}
_USIM_2_FILES: Final = _USIM_FILES | {0xA8: _Template(_UST, 17)}
_OPT_USIM_FILES: Final = {0xA5: _Template(_GID1, 8), 0xA6: _Template(_GID2, 8)}
_USIM_2_TEMPLATE: Final = bytes.fromhex("67810F01020402")
"""Content of template OID 2.23.143.1.2.4.2, the second version of USIM."""


@dataclass(frozen=True, slots=True)
class ElementFact:
    """What is known of an element without decoding it; sizes and offsets in octets."""

    name: str
    tag: int
    identification: int | None
    mandated: bool
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """The facts of a package; file contents are bodies as after creation.

    Attributes:
        header: Facts of the profile header.
        elements: One entry per element, in order.
        ef_iccid: Content of EF.ICCID, or None when the package makes no such file.
        ef_imsi: Content of EF.IMSI of the first USIM, or None.
        ef_ust: Content of EF.UST of the first USIM, or None.
        ef_spn: Content of EF.SPN of the first USIM, or None.
        ef_gid1: Content of EF.GID1 of the first USIM, or None.
        ef_gid2: Content of EF.GID2 of the first USIM, or None.
        naa_keys: One entry per PE-AKAParameter, in order.
    """

    header: ProfileHeader
    elements: tuple[ElementFact, ...]
    ef_iccid: bytes | None
    ef_imsi: bytes | None
    ef_ust: bytes | None
    ef_spn: bytes | None
    ef_gid1: bytes | None
    ef_gid2: bytes | None
    naa_keys: tuple[AkaParameters, ...]

    @classmethod
    def of_package(cls, upp: Octets) -> Self:
        """Reads a whole package.

        Raises:
            DecodeError: the package is not a sequence of elements that starts with a header, or one
                of the files followed here is made in a way the rules do not allow.
        """
        return cls.of_elements(split(upp))

    @classmethod
    def of_elements(cls, elements: tuple[ProfileElementTlv, ...]) -> Self:
        """Works out the facts from elements already cut.

        Raises:
            DecodeError: as `of_package`; also when there is no element at all.
        """
        header = ProfileHeader.parse(elements[0] if elements else _NO_ELEMENT)
        tracker = _Tracker()
        for element in elements[1:]:
            handler = _HANDLERS.get(element.name)
            if handler is not None:
                handler(tracker, element)
        usim = tracker.first_usim or _NO_USIM
        return cls(
            header=header,
            elements=tuple(
                ElementFact(e.name, e.tag, e.identification, e.mandated, e.offset, len(e.raw))
                for e in elements
            ),
            ef_iccid=tracker.body(_ICCID_PATH),
            ef_imsi=tracker.body(usim + _IMSI),
            ef_ust=tracker.body(usim + _UST),
            ef_spn=tracker.body(usim + _SPN),
            ef_gid1=tracker.body(usim + _GID1),
            ef_gid2=tracker.body(usim + _GID2),
            naa_keys=tuple(tracker.keys),
        )

    @property
    def iccid(self) -> Iccid:
        """Returns the ICCID of the header."""
        return self.header.iccid

    @property
    def imsi(self) -> str | None:
        """Returns the digits of EF.IMSI, or None when there is no file or it holds none."""
        return _imsi_digits(self.ef_imsi)

    @property
    def spn(self) -> str | None:
        """Returns the name in EF.SPN without padding, or None without a file.

        The GSM default alphabet is read as far as it equals ASCII, with "@", "$" and "_"; other
        octets show as "?" (3GPP TS 23.038, TS 31.102, 4.2.12). UCS2 (first octet 80) is read whole.
        """
        if not self.ef_spn:
            return None
        coded = self.ef_spn[1:].rstrip(b"\xff")
        if coded[:1] == b"\x80":
            return coded[1:].decode("utf-16-be", "replace")
        return "".join(_gsm_character(octet) for octet in coded)

    @property
    def gid1(self) -> bytes | None:
        """Returns EF.GID1 without padding when it is in use, else None (see `gid`)."""
        return self._gid(SERVICE_GID1, self.ef_gid1)

    @property
    def gid2(self) -> bytes | None:
        """Returns EF.GID2 without padding when it is in use, else None (see `gid`)."""
        return self._gid(SERVICE_GID2, self.ef_gid2)

    def service(self, number: int) -> bool:
        """Returns whether EF.UST marks a service as available, from 1 up (TS 31.102, 4.2.8)."""
        octet, bit = divmod(number - 1, 8)
        ust = self.ef_ust or b""
        return octet < len(ust) and bool(ust[octet] >> bit & 1)

    def _gid(self, service: int, content: bytes | None) -> bytes | None:
        """Returns a group identifier in use: service available and content not all FF."""
        value = (content or b"").rstrip(b"\xff")
        return value if value and self.service(service) else None


_NO_USIM: Final = b"\x00\x00\x00\x00"
"""A path no file can have, where there is no USIM."""
_NO_ELEMENT: Final = ProfileElementTlv(0, "nothing", b"\x00\x00", 0)


def _gsm_character(octet: int) -> str:
    if 0x20 <= octet < 0x7B and octet not in _GSM_DIFFERS:
        return chr(octet)
    return {0x00: "@", 0x02: "$", 0x11: "_"}.get(octet, "?")


def _imsi_digits(content: bytes | None) -> str | None:
    if not content or not 1 <= content[0] < len(content):
        return None
    nibbles = content[1 : 1 + content[0]].hex()
    swapped = "".join(nibbles[i + 1] + nibbles[i] for i in range(0, len(nibbles), 2))
    digits = swapped[1:].rstrip("f")
    return digits if digits.isdecimal() else None


@dataclass(frozen=True, slots=True)
class _Pending:
    """What makes a file, read only when the body is requested.

    `file` is the File of a template element; without one, `fcp` and `steps` come from a script.
    """

    file: Tlv | None = None
    fcp: Tlv | None = None
    steps: tuple[Tlv, ...] = ()
    size: int | None = None

    def source(self) -> FileSource:
        """Returns the file as its own object gives it, else as FCP and steps do."""
        if self.file is not None:
            return FileSource.parse(self.file)
        fcp = Fcp() if self.fcp is None else Fcp.parse(self.fcp)
        return FileSource(fcp, tuple(_step(one) for one in self.steps))


def _step(one: Tlv) -> FileStep:
    if one.tag == 0x02:
        return FileStep(offset=int.from_bytes(one.value, "big"))
    return FileStep(bytes(one.value))


class _Tracker:
    """Follows file creation through the elements: paths from the MF to files, and the NAAs."""

    def __init__(self) -> None:
        self.files: dict[bytes, _Pending] = {}
        self.keys: list[AkaParameters] = []
        self.first_usim: bytes | None = None
        self.current_usim = b""
        self.naa: NaaKind | None = None
        self.aid: bytes | None = None

    def body(self, path: bytes, links: int = 4) -> bytes | None:
        """Returns the body of a file after creation; None when the package makes no such file."""
        pending = self.files.get(path)
        source = None if pending is None else pending.source()
        if pending is None or source is None or source.do_not_create:
            return None
        if source.fcp.link_path:
            return self.body(source.fcp.link_path, links - 1) if links else None
        return file_body(source.fcp, source.steps, size=pending.size)

    def add_application(self, file_id: bytes | None, aid: bytes | None, kind: NaaKind) -> None:
        """Records an ADF: its temporary file identifier is the root of its paths."""
        self.naa, self.aid = kind, aid
        if kind is NaaKind.USIM:
            self.current_usim = file_id or b"\x7f\xff"
            self.first_usim = self.first_usim or self.current_usim

    def add_templates(
        self, element: ProfileElementTlv, directory: bytes, templates: dict[int, _Template]
    ) -> None:
        """Records the files followed here in one template element."""
        missing = len(templates)
        for one in iterate(element.tlv.value):
            template = templates.get(one.tag)
            if template is not None:
                path = directory + template.file_id
                self.files[path] = _Pending(file=one, size=template.size)
                missing -= 1
                if not missing:
                    break


def _application(tracker: _Tracker, element: ProfileElementTlv, kind: NaaKind) -> None:
    one = element.tlv.find(_FIRST_FILE_TAG)
    fcp = Fcp() if one is None else FileSource.parse(one).fcp
    tracker.add_application(fcp.file_id, fcp.df_name, kind)


def _mf(tracker: _Tracker, element: ProfileElementTlv) -> None:
    tracker.add_templates(element, b"", _MF_FILES)


def _usim(tracker: _Tracker, element: ProfileElementTlv) -> None:
    _application(tracker, element, NaaKind.USIM)
    template = element.tlv.find(0x81)
    second = template is not None and bytes(template.value) == _USIM_2_TEMPLATE
    tracker.add_templates(element, tracker.current_usim, _USIM_2_FILES if second else _USIM_FILES)


def _opt_usim(tracker: _Tracker, element: ProfileElementTlv) -> None:
    tracker.add_templates(element, tracker.current_usim, _OPT_USIM_FILES)


def _isim(tracker: _Tracker, element: ProfileElementTlv) -> None:
    _application(tracker, element, NaaKind.ISIM)


def _csim(tracker: _Tracker, element: ProfileElementTlv) -> None:
    _application(tracker, element, NaaKind.CSIM)


def _aka(tracker: _Tracker, element: ProfileElementTlv) -> None:
    tracker.keys.append(AkaParameters.parse(element, tracker.naa, tracker.aid))


def _generic(tracker: _Tracker, element: ProfileElementTlv) -> None:
    commands = element.tlv.find(0xA1)
    for script in () if commands is None else commands.children():
        _run_script(tracker, script)


def _run_script(tracker: _Tracker, script: Tlv) -> None:
    """Follows one list of commands: filePath selects, createFCP makes the file that is filled."""
    directory = path = b""
    fcp: Tlv | None = None
    steps: list[Tlv] = []
    for command in script.children():
        if command.tag not in (0x80, 0x62):
            steps.append(command)
            continue
        if fcp is not None:
            tracker.files[path] = _Pending(fcp=fcp, steps=tuple(steps))
        fcp, steps = None, []
        if command.tag == 0x80:
            directory = bytes(command.value)
            continue
        parts = {one.tag: one for one in command.children()}
        file_id = bytes(parts[0x83].value) if 0x83 in parts else None
        aid = bytes(parts[0x84].value) if 0x84 in parts else None
        kind = None if aid is None else NaaKind.of_aid(aid)
        if kind is not None:
            tracker.add_application(file_id, aid, kind)
        if aid is None and file_id is not None:
            fcp, path = command, directory + file_id
    if fcp is not None:
        tracker.files[path] = _Pending(fcp=fcp, steps=tuple(steps))


_HANDLERS: Final = {
    "mf": _mf,
    "usim": _usim,
    "opt-usim": _opt_usim,
    "isim": _isim,
    "csim": _csim,
    "akaParameter": _aka,
    "genericFileManagement": _generic,
}
