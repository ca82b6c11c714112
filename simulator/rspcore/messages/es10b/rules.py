"""ES10b: LoadCRL and GetRAT (SGP.22 v2, 5.7.12 and 5.7.22)."""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.messages.codec import (
    ANY,
    INTEGER,
    OCTETS,
    At,
    Structure,
    enumerated,
    sequence_of,
    structure,
)
from rspcore.messages.metadata import ProfilePolicyAuthorisationRule
from rspcore.tags import Tag

__all__ = [
    "GetRatRequest",
    "GetRatResponse",
    "LoadCrlErrorCode",
    "LoadCrlRequest",
    "LoadCrlResponse",
    "LoadCrlResponseOk",
]


class LoadCrlErrorCode(IntEnum):
    """The error codes of LoadCRL."""

    invalidSignature = 1
    invalidCRLFormat = 2
    notEnoughMemorySpace = 3
    verificationKeyNotFound = 4
    fresherCrlAlreadyLoaded = 5
    baseCrlMissing = 6
    undefinedError = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCrlRequest(Structure):
    """ES10b.LoadCRL request: one CertificateList, under A0 (automatic tagging) or as it is (30)."""

    TAG: ClassVar[int] = Tag.LoadCRL
    CHOICE: ClassVar[bool] = True

    crl: Annotated[bytes | None, At(0xA0, OCTETS)] = None
    certificate_list: Annotated[bytes | None, At(Tag.Sequence, ANY)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCrlResponseOk(Structure):
    """LoadCRLResponseOk: numbers of the parts still missing."""

    TAG: ClassVar[int] = 0xA0

    missing_parts: Annotated[
        tuple[int, ...] | None, At(0xA0, sequence_of(Tag.Integer, INTEGER))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCrlResponse(Structure):
    """ES10b.LoadCRL response: CHOICE of ok and error."""

    TAG: ClassVar[int] = Tag.LoadCRL
    CHOICE: ClassVar[bool] = True

    load_crl_response_ok: Annotated[
        LoadCrlResponseOk | None, At(0xA0, structure(LoadCrlResponseOk))
    ] = None
    load_crl_response_error: Annotated[int | None, At(0x81, enumerated(LoadCrlErrorCode))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRatRequest(Structure):
    """ES10b.GetRAT request, empty."""

    TAG: ClassVar[int] = Tag.GetRat


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRatResponse(Structure):
    """ES10b.GetRAT response: the rules in order of precedence."""

    TAG: ClassVar[int] = Tag.GetRat

    rat: Annotated[
        tuple[ProfilePolicyAuthorisationRule, ...],
        At(0xA0, sequence_of(Tag.Sequence, structure(ProfilePolicyAuthorisationRule))),
    ]
