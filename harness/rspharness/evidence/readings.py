"""A message of SGP.22 read by one of the two ASN.1 modules, that of version 2 or of version 3.

A message does not say its version. That of version 2 is tried first, because most messages are the
same in both; where it does not account for every octet, that of version 3 is, under the name the
type has there. The module that accounts for more of the message wins.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from rspcore import schema
from rspcore.errors import DecodeError, LocalError
from rspcore.messages.v3.capability_bits import (
    EuiccRspCapability,
    LpaRspCapability,
    ServerRspCapability,
)
from rspcore.messages.v3.profile_metadata import (
    EnterpriseRule,
    NotificationEvent,
    RpmType,
    ServiceDescription,
)
from rspcore.messages.v3.server_authentication import OperationType

__all__ = ["BIT_NAMES", "Reading", "read"]

_NEWER_NAMES: Final[Mapping[str, str]] = {
    "EuiccConfiguredAddressesResponse": "EuiccConfiguredDataResponse"
}
"""Types that have another name in the module of version 3."""

BIT_NAMES: Final[Mapping[str, type[IntEnum]]] = {
    "enterpriseRuleBits": EnterpriseRule,
    "euiccRspCapability": EuiccRspCapability,
    "lpaRspCapability": LpaRspCapability,
    "operationType": OperationType,
    "rpmType": RpmType,
    "serverRspCapability": ServerRspCapability,
    "serviceDescription": ServiceDescription,
}
"""Bits of the members that version 3 added."""
_BIT_NAMES_V3: Final = {"profileManagementOperation": NotificationEvent}
"""Bits of a member that version 3 named anew."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A message, read.

    Attributes:
        module: ASN.1 module that read it.
        kind: Name of the type there.
        value: Its value, as `rspcore.schema` returns it.
        written: What the module makes of the value; empty where it cannot write it.
        whole: The module accounts for every octet.
    """

    module: schema.Module
    kind: str
    value: Any
    written: bytes
    whole: bool

    @property
    def bit_names(self) -> Mapping[str, type[IntEnum]]:
        """Returns the names of bits by the member they are in."""
        return {**BIT_NAMES, **_BIT_NAMES_V3} if self.module == "rsp3" else BIT_NAMES


def read(kind: str, octets: bytes) -> Reading:
    """Reads a message by the module that accounts for more of it.

    Args:
        kind: Name of its type, in the module of version 2 where that has it.
        octets: One data object.

    Raises:
        DecodeError: no module can read it; the reason is that of the first that has the type.
        LocalError: no module has the type.
    """
    problem: DecodeError | None = None
    best: Reading | None = None
    for module, name in _candidates(kind):
        try:
            one = _reading(module, name, octets)
        except DecodeError as error:
            problem = problem or error
            continue
        except LocalError:
            continue
        if one.whole:
            return one
        if best is None or len(one.written) > len(best.written):
            best = one
    if best is not None:
        return best
    if problem is not None:
        raise problem
    raise LocalError(f"{kind}: expected a type of the ASN.1 modules of SGP.22")


def _candidates(kind: str) -> Iterator[tuple[schema.Module, str]]:
    yield "rsp", kind
    yield "rsp3", _NEWER_NAMES.get(kind, kind)


def _reading(module: schema.Module, kind: str, octets: bytes) -> Reading:
    value = schema.decode(module, kind, octets)
    foreign = schema.foreign_part(module, kind, value)  # what it names cannot be written back
    written = b"" if foreign else _written(module, kind, value)
    return Reading(module, kind, value, written, written == octets)


def _written(module: schema.Module, kind: str, value: object) -> bytes:
    """Returns a decoded value encoded again; nothing where its octets had no sound form."""
    try:
        return schema.encode(module, kind, value)
    except LocalError:
        return b""
