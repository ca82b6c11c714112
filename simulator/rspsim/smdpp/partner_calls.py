"""Calls to other servers as values: a core asks for one, whoever runs the core makes it.

A function that has to ask another server is a generator: it yields a `PartnerCall`, is sent the
`PartnerReply`, and returns its answer in the end. So a core stays without input and output, and no
lock is held while a partner is slow.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

__all__ = ["PartnerCall", "PartnerPort", "PartnerReply", "Steps", "carried_out"]

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerCall:
    """A POST with TLS on both sides.

    Attributes:
        address: Host name of the partner, with a port if it is not 443.
        path: Path of the function.
        headers: Header fields beyond Host and Content-Length.
        body: Octets of the body.
    """

    address: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerReply:
    """What came of a call.

    Attributes:
        status: HTTP status, or None when no answer came: whether the partner acted is not known.
        body: Octets of the body.
        reason: Why no answer came, in words.
    """

    status: int | None
    body: bytes = b""
    reason: str = ""


Steps = Generator[PartnerCall, PartnerReply, _Answer]
"""A function on its way; it waits at each call for the reply."""


class PartnerPort(Protocol):
    """Makes calls."""

    def post(self, call: PartnerCall) -> PartnerReply:
        """Makes a call and returns what came of it; raises nothing for a partner that is away."""


def carried_out(steps: Steps[_Answer], port: PartnerPort) -> _Answer:
    """Runs a function to its end in one go, for callers without a lock."""
    try:
        call = next(steps)
        while True:
            call = steps.send(port.post(call))
    except StopIteration as end:
        answer: _Answer = end.value
        return answer
