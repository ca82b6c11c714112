"""Files of a package: what an Fcp says, and what a file contains once it is created.

A template element holds one `File` per component: FCP values that override the template's, then
content and offsets. GenericFileManagement expresses the same as a script of commands. Both end in
`file_body`, the rules of which are: the body is FF (or the template's octet) everywhere; a fill
pattern is written once and its last octet repeated, a repeat pattern is written repeatedly, for
record files record by record; then each content is written at the current position, which starts at
0 and moves past it; an offset moves the position forward by that much, relative to where it is.

Source: TCA eUICC Profile Package, Fcp, File, PE-GenericFileManagement and their file rules.
"""

from collections.abc import Iterable
from typing import Final, Self

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.tlv import Tlv

__all__ = ["DF_DESCRIPTOR", "Fcp", "FileSource", "FileStep", "file_body"]

DF_DESCRIPTOR: Final = 0x38
"""Bits of the first descriptor octet that say DF (or ADF); BER-TLV files have 0x39."""

MAX_FILE_OCTETS: Final = 1 << 20
"""Largest body worked out, so that a number in a package cannot cause a huge allocation."""


@dataclass(frozen=True, slots=True)
class Fcp:
    """The elements of an Fcp; each is None when absent, which means the value of the template.

    Attributes:
        file_descriptor: 2 to 4 octets: type, 21, record length of record files.
        file_id: File identifier, 2 octets; of an ADF the temporary one.
        df_name: AID of an ADF, 5 to 16 octets.
        lcsi: Life cycle status octet.
        security_attributes_referenced: Record of EF.ARR (1 octet), or EF.ARR FID and record (3).
        ef_file_size: Size of the body in octets.
        pin_status_template: Key references the DF reports.
        short_efid: Empty for none, else one octet with the SFI in the upper five bits.
        special_file_information: One octet.
        fill_pattern: Written once, its last octet repeated.
        repeat_pattern: Written repeatedly.
        maximum_file_size: Limit of a BER-TLV file in octets.
        link_path: Path of the file whose body this one shares; empty for no link.
    """

    file_descriptor: bytes | None = None
    file_id: bytes | None = None
    df_name: bytes | None = None
    lcsi: bytes | None = None
    security_attributes_referenced: bytes | None = None
    ef_file_size: int | None = None
    pin_status_template: bytes | None = None
    short_efid: bytes | None = None
    special_file_information: bytes | None = None
    fill_pattern: bytes | None = None
    repeat_pattern: bytes | None = None
    maximum_file_size: int | None = None
    link_path: bytes | None = None

    @classmethod
    def parse(cls, one: Tlv) -> Self:
        """Reads the components; the Fcp may have any tag.

        Raises:
            DecodeError: not a sequence of data objects. Unknown tags are skipped.
        """
        parts = {child.tag: bytes(child.value) for child in one.children()}
        inner = one.find(0xA5)
        proprietary = (
            {} if inner is None else {child.tag: bytes(child.value) for child in inner.children()}
        )
        return cls(
            file_descriptor=parts.get(0x82),
            file_id=parts.get(0x83),
            df_name=parts.get(0x84),
            lcsi=parts.get(0x8A),
            security_attributes_referenced=parts.get(0x8B),
            ef_file_size=_number(parts.get(0x80)),
            pin_status_template=parts.get(0xC6),
            short_efid=parts.get(0x88),
            special_file_information=proprietary.get(0xC0),
            fill_pattern=proprietary.get(0xC1),
            repeat_pattern=proprietary.get(0xC2),
            maximum_file_size=_number(proprietary.get(0x86)),
            link_path=parts.get(0xC7),
        )

    @property
    def is_df(self) -> bool:
        """Returns whether the descriptor says DF or ADF; False when there is no descriptor."""
        first = self.file_descriptor[0] if self.file_descriptor else 0
        return first & 0x3F == DF_DESCRIPTOR

    @property
    def record_length(self) -> int | None:
        """Returns the record length in octets the descriptor gives, or None."""
        descriptor = self.file_descriptor or b""
        return int.from_bytes(descriptor[2:4], "big") if len(descriptor) >= 4 else None


def _number(octets: bytes | None) -> int | None:
    return None if octets is None else int.from_bytes(octets, "big")


@dataclass(frozen=True, slots=True)
class FileStep:
    """One filling command: content to write, or octets to move forward when it is None."""

    content: bytes | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class FileSource:
    """A `File` component: its Fcp, if any, and what is written into it.

    Attributes:
        fcp: The file descriptor given, or one with nothing set.
        steps: Contents and offsets in order.
        do_not_create: True when the file is to be left out.
    """

    fcp: Fcp
    steps: tuple[FileStep, ...] = ()
    do_not_create: bool = False

    @classmethod
    def parse(cls, one: Tlv) -> Self:
        """Reads the choices of a File.

        Raises:
            DecodeError: not a sequence of data objects.
        """
        fcp = Fcp()
        steps = []
        left_out = False
        for child in one.children():
            if child.tag == 0xA1:
                fcp = Fcp.parse(child)
            elif child.tag == 0x82:
                steps.append(FileStep(offset=int.from_bytes(child.value, "big")))
            elif child.tag == 0x83:
                steps.append(FileStep(bytes(child.value)))
            elif child.tag == 0x80:
                left_out = True
        return cls(fcp, tuple(steps), left_out)


def _patterned(length: int, fill: int, fcp: Fcp) -> bytes:
    if fcp.fill_pattern:
        return fcp.fill_pattern[:length].ljust(length, fcp.fill_pattern[-1:])
    if fcp.repeat_pattern:
        times = -(-length // len(fcp.repeat_pattern))
        return (fcp.repeat_pattern * times)[:length]
    return bytes((fill,)) * length


def file_body(
    fcp: Fcp,
    steps: Iterable[FileStep] = (),
    *,
    size: int | None = None,
    record_length: int | None = None,
    fill: int = 0xFF,
) -> bytes:
    """Works out the body of an EF as it is after creation.

    Args:
        fcp: The Fcp given by the package; its values take precedence over the arguments below.
        steps: Contents and offsets in order.
        size: Size of the template in octets, or None when the package has to give it.
        record_length: Record length of the template in octets, None for other files.
        fill: Octet the template fills the body with.

    Raises:
        DecodeError: no size is known, the size is above 1,048,576 octets, or content goes beyond
            the end of the file.
    """
    total = fcp.ef_file_size if fcp.ef_file_size is not None else size
    if total is None or total > MAX_FILE_OCTETS:
        raise DecodeError(
            "file size missing in package and template"
            if total is None
            else f"file of {total:,} octets; at most {MAX_FILE_OCTETS:,} are worked out"
        )
    record = fcp.record_length or record_length or total
    pattern = _patterned(min(record, total), fill, fcp)
    body = bytearray((pattern * -(-total // len(pattern)))[:total] if pattern else b"")
    position = 0
    for step in steps:
        if step.content is None:
            position += step.offset
            continue
        end = position + len(step.content)
        if end > total:
            raise DecodeError(
                f"content of {len(step.content)} octets at position {position} does not fit a file "
                f"of {total} octets",
                offset=position,
            )
        body[position:end] = step.content
        position = end
    return bytes(body)
