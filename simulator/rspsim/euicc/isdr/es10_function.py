"""What makes an ES10 function: its request, its handler, and the interface it belongs to."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Generic, TypeVar

from rspcore.frozen import dataclass
from rspcore.messages.codec import Structure
from rspsim.euicc.outcome import Outcome, View

__all__ = ["AnyFunction", "Function", "Interface", "always"]

R = TypeVar("R", bound=Structure)


def always(_view: View) -> bool:
    """Returns that a card has a function, as nearly every one is had."""
    return True


class Interface(IntEnum):
    """The interfaces of ES10; the value is the bit by which a device announces its side.

    Source: SGP.22 v2, 3.4.2; ETSI TS 102 221, 11.1.19.2.4.
    """

    ISDR = 0x00
    ES10A = 0x04
    ES10B = 0x02
    ES10C = 0x01


@dataclass(frozen=True, slots=True)
class Function(Generic[R]):
    """One ES10 function.

    Attributes:
        name: Name as the specification writes it, for example "ES10b.PrepareDownload".
        request: Class of its request; its tag is the tag of the function.
        handle: Answers a request.
        interface: Interface it belongs to.
        malformed: Answers a request whose parts cannot be read; without it the answer is 6A80.
        available: Returns whether this card has the function at all.
        request_v3: Class of its request on a card of version 3; None where it is the same.
    """

    name: str
    request: type[R]
    handle: Callable[[R, View], Outcome]
    interface: Interface
    malformed: Callable[[View], Outcome] | None = None
    available: Callable[[View], bool] = always
    request_v3: type[R] | None = None

    def request_for(self, *, newer: bool) -> type[R]:
        """Returns the class of its request, on a card of version 3 where `newer`."""
        return (self.request_v3 if newer else None) or self.request

    @property
    def tag(self) -> int:
        """Returns the tag of request and response."""
        return int(self.request.TAG)


AnyFunction = Function[Any]
"""A function of some request; tables hold these."""
