"""The messages of the ISD-R itself: what its selection returns, and LpaeActivation.

Source: SGP.22 v2, 5.7.1 and annex H.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import Version
from rspcore.messages.codec import VERSION, At, Structure, bits, enumerated
from rspcore.tags import Tag

__all__ = [
    "IsdrProprietaryApplicationTemplate",
    "LpaeActivationRequest",
    "LpaeActivationResponse",
    "LpaeActivationResult",
    "LpaeSupport",
]


class LpaeSupport(IntEnum):
    """The bits of lpaeSupport and lpaeOption."""

    lpaeUsingCat = 0
    lpaeUsingScws = 1


class LpaeActivationResult(IntEnum):
    """The values of lpaeActivationResult."""

    ok = 0
    notSupported = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class IsdrProprietaryApplicationTemplate(Structure):
    """ISDRProprietaryApplicationTemplate: version, and LPAe user interfaces if any."""

    TAG: ClassVar[int] = Tag.IsdrSelectData

    svn: Annotated[Version, At(0x82, VERSION)]
    lpae_support: Annotated[frozenset[int] | None, At(0x03, bits(LpaeSupport))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LpaeActivationRequest(Structure):
    """LpaeActivation request: which LPAe user interfaces to use."""

    TAG: ClassVar[int] = Tag.LpaeActivation

    lpae_option: Annotated[frozenset[int], At(0x80, bits(LpaeSupport))]


@dataclass(frozen=True, slots=True, kw_only=True)
class LpaeActivationResponse(Structure):
    """LpaeActivation response."""

    TAG: ClassVar[int] = Tag.LpaeActivation

    lpae_activation_result: Annotated[int, At(0x80, enumerated(LpaeActivationResult))]
