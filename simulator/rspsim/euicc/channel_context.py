"""What a logical channel keeps of the file system, and what the card keeps of PIN verification.

Both are volatile: a reset puts every channel at the MF and clears every verification (ETSI TS 102
221, 8.4 and 9.5).
"""

from dataclasses import field
from typing import Final

from rspcore.frozen import dataclass
from rspsim.euicc.profile_content.model import Path

__all__ = ["AT_MF", "DataTransfer", "FileContext", "SmsParts", "VerifiedPins"]

VerifiedPins = frozenset[tuple[Path, int]]
"""PINs verified in this card session: directory of the PIN and its key reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContext:
    """Where a channel stands in the file system.

    Attributes:
        directory: Current directory.
        file: Current EF, or None.
        record: Current record, from 1; 0 when none is set.
        adf: Current ADF: the one 7FFF stands for, or None.
    """

    directory: Path = ()
    file: Path | None = None
    record: int = 0
    adf: Path | None = None


AT_MF: Final = FileContext()
"""Where a channel opened from the basic channel stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTransfer:
    """A data object of a BER-TLV file that is read or written in parts.

    Attributes:
        reading: Octets still to be read.
        writing: Octets written so far, header included.
        wanted: Total length of the data object being written, in octets.
    """

    reading: bytes = field(default=b"", repr=False)
    writing: bytes = field(default=b"", repr=False)
    wanted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsParts:
    """The parts of one concatenated short message received so far.

    Attributes:
        key: Originator, reference and number of parts.
        parts: Number and user data of each part, ascending.
    """

    key: tuple[bytes, int, int]
    parts: tuple[tuple[int, bytes], ...]
