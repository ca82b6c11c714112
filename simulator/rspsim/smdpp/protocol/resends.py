"""Calls that are sent again: executed once, answered alike (SGP.22 v2, 6.5.1).

A resend has the requester, call identifier, function and body of a call answered a short time ago.
Under each identifier only its last call is remembered: a caller whose identifiers are constants
replaces it with every other call, and after the time limit the same call is a new one.
"""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Protocol

from rspcore.frozen import dataclass

__all__ = [
    "RESEND_TIME",
    "AnsweredCall",
    "AnsweredCalls",
    "CallName",
    "MemoryAnswered",
    "repeated",
]

_MOST_KEPT: Final = 1000

RESEND_TIME: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class CallName:
    """What a call is remembered under: who called (from the certificate too), and its name."""

    requester: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredCall:
    """A call that was executed.

    Attributes:
        name: Requester and call identifier.
        function: Path of the function.
        digest: SHA-256 of the body, members in order.
        at: Time of the answer.
        answer: JSON object of the answer, as octets.
    """

    name: CallName
    function: str
    digest: bytes
    at: datetime
    answer: bytes

    @classmethod
    def of(
        cls, name: CallName, function: str, body: Mapping[str, object], at: datetime, answer: bytes
    ) -> "AnsweredCall":
        """Makes what is remembered of a call."""
        return cls(name=name, function=function, digest=_digest(body), at=at, answer=answer)


class AnsweredCalls(Protocol):
    """Keeps the calls answered last."""

    def get(self, name: CallName) -> AnsweredCall | None:
        """Returns the last call under this name, or None."""

    def put(self, call: AnsweredCall) -> None:
        """Keeps a call in place of the last one under its name."""


class MemoryAnswered:
    """Keeps the latest 1000 calls in memory."""

    def __init__(self) -> None:
        self._calls: OrderedDict[CallName, AnsweredCall] = OrderedDict()

    def get(self, name: CallName) -> AnsweredCall | None:
        """Returns the last call under this name, or None."""
        return self._calls.get(name)

    def put(self, call: AnsweredCall) -> None:
        """Keeps a call in place of the last one under its name."""
        self._calls[call.name] = call
        self._calls.move_to_end(call.name)
        while len(self._calls) > _MOST_KEPT:
            self._calls.popitem(last=False)


def repeated(
    kept: AnsweredCall | None, function: str, body: Mapping[str, object], now: datetime
) -> bytes | None:
    """Returns the answer of the call kept under the same name if this is it again, else None."""
    if kept is None or kept.function != function or now - kept.at > RESEND_TIME:
        return None
    return kept.answer if kept.digest == _digest(body) else None


def _digest(body: Mapping[str, object]) -> bytes:
    import json  # noqa: PLC0415  a server that starts has no call to remember

    return sha256(json.dumps(body, sort_keys=True).encode("ascii")).digest()
