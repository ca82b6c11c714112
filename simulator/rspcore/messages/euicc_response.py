"""EUICCResponse: what the interpreter of profile packages reports about the elements it processed.

Source: TCA eUICC Profile Package, the module's EUICCResponse and PEStatus.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.messages.codec import (
    INTEGER,
    NULL,
    At,
    Structure,
    enumerated,
    sequence_of,
    structure,
    utf8,
)
from rspcore.tags import Tag

__all__ = ["EuiccResponse", "PeStatus", "PeStatusCode"]


class PeStatusCode(IntEnum):
    """The values of status; other numbers from 24576 to 36863 are ISO status words."""

    ok = 0
    pe_not_supported = 1
    memory_failure = 2
    bad_values = 3
    not_enough_memory = 4
    invalid_request_format = 5
    invalid_parameter = 6
    runtime_not_supported = 7
    lib_not_supported = 8
    template_not_supported = 9
    feature_not_supported = 10
    pin_code_missing = 11
    unsupported_profile_version = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class PeStatus(Structure):
    """PEStatus: the result of one element, or of all of them when it names none."""

    status: Annotated[int, At(0x80, enumerated(PeStatusCode))]
    identification_number: Annotated[int | None, At(0x81, INTEGER)] = None
    additional_information: Annotated[int | None, At(0x82, INTEGER)] = None
    offset: Annotated[int | None, At(0x83, INTEGER)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccResponse(Structure):
    """EUICCResponse: one or more PEStatus, and whether the installation was aborted."""

    TAG: ClassVar[int] = Tag.Sequence

    pe_status: Annotated[
        tuple[PeStatus, ...], At(0xA0, sequence_of(Tag.Sequence, structure(PeStatus)))
    ]
    profile_installation_aborted: Annotated[bool | None, At(0x81, NULL)] = None
    status_message: Annotated[str | None, At(0x82, utf8(2, 64))] = None
