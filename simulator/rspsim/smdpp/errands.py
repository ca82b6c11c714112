"""Errands: calls to partners that have to be made once what they tell of is kept.

An errand is kept together with the change it follows from, and forgotten when the partner has
answered. So a server that is killed in between makes the call after its restart. A call is repeated
as it is, with the same call identifier: a partner that knows it executes it once.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.messages.es9p import FunctionFailedError, Response
from rspcore.messages.json_codec import load_object
from rspcore.printable_text import printable
from rspsim.smdpp.partner_calls import PartnerCall, PartnerReply

__all__ = [
    "DUE_AGAIN",
    "GIVEN_UP",
    "Errand",
    "ErrandRepository",
    "MemoryErrands",
    "first_due",
    "outcome",
]

GIVEN_UP: Final = timedelta(days=1)
"""How long a partner that gives no answer is called again."""
DUE_AGAIN: Final = timedelta(seconds=30)
"""How long an errand that one process has taken is left alone by the others."""
_LONGEST_PAUSE_S: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One call that has to be made.

    Attributes:
        key: What it is about; a new errand about the same replaces an older one.
        function: Name of the function, as in the history.
        call: The call.
        since: When it was kept.
        due: When it is made at the earliest.
        tries: How often it was made.
        done_by: Code pair that says that there is nothing left to do, or empty.
    """

    key: str
    function: str
    call: PartnerCall
    since: datetime
    due: datetime
    tries: int = 0
    done_by: str = ""

    def taken(self, now: datetime) -> "Errand":
        """Returns the errand as it is kept while the call is under way."""
        return replace(self, due=now + DUE_AGAIN, tries=self.tries + 1)

    def again(self, now: datetime) -> "Errand | None":
        """Returns the errand after a call without an answer, or None when it is too old."""
        if now - self.since > GIVEN_UP:
            return None
        pause = min(2 ** min(self.tries - 1, 10), _LONGEST_PAUSE_S)
        return replace(self, due=now + timedelta(seconds=pause))


class ErrandRepository(Protocol):
    """Keeps errands by their keys."""

    def all(self) -> tuple[Errand, ...]:
        """Returns every errand, the one that is due first first."""

    def get(self, key: str) -> Errand | None:
        """Returns the errand under a key, or None."""

    def put(self, errand: Errand) -> None:
        """Keeps an errand, in place of the one under its key."""

    def remove(self, key: str) -> None:
        """Forgets the errand under a key, if there is one."""


class MemoryErrands:
    """Keeps errands in memory."""

    def __init__(self) -> None:
        self._errands: dict[str, Errand] = {}

    def all(self) -> tuple[Errand, ...]:
        """Returns every errand, the one that is due first first."""
        return tuple(sorted(self._errands.values(), key=lambda one: one.due))

    def get(self, key: str) -> Errand | None:
        """Returns the errand under a key, or None."""
        return self._errands.get(key)

    def put(self, errand: Errand) -> None:
        """Keeps an errand, in place of the one under its key."""
        self._errands[errand.key] = errand

    def remove(self, key: str) -> None:
        """Forgets the errand under a key, if there is one."""
        self._errands.pop(key, None)


def first_due(errands: ErrandRepository, now: datetime) -> Errand | None:
    """Returns the errand that has been due for the longest time, or None."""
    first = next(iter(errands.all()), None)
    return first if first is not None and first.due <= now else None


def outcome(
    reply: PartnerReply, read: Callable[[object], Response] = Response.from_json
) -> tuple[str, str]:
    """Returns what a partner answered: "ok", a code pair or "" for no answer; and it in words."""
    if reply.status is None:
        return "", f"no answer: {printable(reply.reason, 200)}"
    if reply.status == 204:
        return "ok", "HTTP 204"
    if reply.status != 200:
        return "", f"HTTP {reply.status}"
    try:
        read(load_object(reply.body))
    except FunctionFailedError as error:
        return error.code or "failed", printable(str(error), 200)
    except DecodeError as error:
        return "", f"an answer that cannot be read: {printable(str(error), 200)}"
    return "ok", "Executed-Success"
