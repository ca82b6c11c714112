"""Calls to other servers as values: a core asks for one, whoever runs the core makes it.

A function that has to ask another server is a generator: it yields a `PartnerCall`, is sent the
`PartnerReply`, and returns its answer in the end. So a core stays without input and output, and no
lock is held while a partner is slow.
"""

from collections.abc import Callable, Generator, Mapping
from typing import Final, ParamSpec, Protocol, TypeVar

from rspcore.frozen import dataclass

__all__ = [
    "NO_PARTNERS",
    "PartnerCall",
    "PartnerPort",
    "PartnerReply",
    "Steps",
    "at_once",
    "carried_out",
]

_Answer = TypeVar("_Answer")
_Arguments = ParamSpec("_Arguments")


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


class _NoPartners:
    """Reaches nobody."""

    def post(self, call: PartnerCall) -> PartnerReply:
        """Returns a reply without an answer."""
        return PartnerReply(status=None, reason=f"{call.address} is not called from here")


NO_PARTNERS: Final[PartnerPort] = _NoPartners()
"""For servers that have no way to others."""


def at_once(run: Callable[_Arguments, _Answer]) -> Callable[_Arguments, Steps[_Answer]]:
    """Makes steps of a function that calls no partner."""

    def steps(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> Steps[_Answer]:
        yield from ()
        return run(*arguments, **named)

    return steps


def carried_out(steps: Steps[_Answer], port: PartnerPort) -> _Answer:
    """Runs a function to its end in one go, for callers without a lock."""
    try:
        call = next(steps)
        while True:
            call = steps.send(port.post(call))
    except StopIteration as end:
        answer: _Answer = end.value
        return answer
