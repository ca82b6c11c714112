"""ES10a: the addresses a card carries for its LDS (SGP.22 v2, 5.7.3 and 5.7.4)."""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.messages.codec import At, Structure, enumerated, utf8
from rspcore.tags import Tag

__all__ = [
    "EuiccConfiguredAddressesRequest",
    "EuiccConfiguredAddressesResponse",
    "SetDefaultDpAddressRequest",
    "SetDefaultDpAddressResponse",
    "SetDefaultDpAddressResult",
]


class SetDefaultDpAddressResult(IntEnum):
    """The values of setDefaultDpAddressResult."""

    ok = 0
    undefinedError = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccConfiguredAddressesRequest(Structure):
    """ES10a.GetEuiccConfiguredAddresses request, empty."""

    TAG: ClassVar[int] = Tag.GetEuiccConfiguredAddresses


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccConfiguredAddressesResponse(Structure):
    """ES10a.GetEuiccConfiguredAddresses response: FQDNs; no default address means field absent."""

    TAG: ClassVar[int] = Tag.GetEuiccConfiguredAddresses

    default_dp_address: Annotated[str | None, At(0x80, utf8(0, 65535))] = None
    root_ds_address: Annotated[str, At(0x81, utf8(0, 65535))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDefaultDpAddressRequest(Structure):
    """ES10a.SetDefaultDpAddress request: an FQDN, or empty to remove the address."""

    TAG: ClassVar[int] = Tag.SetDefaultDpAddress

    default_dp_address: Annotated[str, At(0x80, utf8(0, 65535))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDefaultDpAddressResponse(Structure):
    """ES10a.SetDefaultDpAddress response."""

    TAG: ClassVar[int] = Tag.SetDefaultDpAddress

    set_default_dp_address_result: Annotated[int, At(0x80, enumerated(SetDefaultDpAddressResult))]
