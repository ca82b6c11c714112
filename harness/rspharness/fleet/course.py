"""How a download of a fleet goes: what its user does and what its network loses, drawn by shares.

What is drawn follows from the seed of the fleet and the MatchingID alone: a run can be repeated.
"""

from collections.abc import Iterable
from dataclasses import fields
from enum import StrEnum
from hashlib import sha256
from typing import Final

from rspcore.errors import LocalError
from rspcore.frozen import dataclass

__all__ = ["CONFIRMATION", "Course", "Lost", "Shares", "course_of", "draw", "read_shares"]


class Lost(StrEnum):
    """What of an exchange is lost."""

    REQUEST = "request"
    """The request: the server does nothing."""
    ANSWER = "answer"
    """The answer: the server has acted."""
    HALF_ANSWER = "half of the answer"
    """The second half of the answer's body."""


_FUNCTIONS: Final = (
    "initiateAuthentication",
    "authenticateClient",
    "getBoundProfilePackage",
    "handleNotification",
)
CONFIRMATION: Final = "confirmation"
"""The share that is drawn when the order is made, not when it is downloaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """In which share of the downloads each thing happens, 0 to 1.

    Attributes:
        confirmation: A Confirmation Code is asked for; of orders that the fleet makes.
        wrong_code: The user enters a wrong Confirmation Code first, where one is asked for.
        postpone: The user says "later" first, and downloads then.
        reject: The user rejects the Profile for good.
        lose: The network loses a request or an answer.
        resend: A Notification is sent a second time.
        late: The result waits on the card until the phone is done with its orders.
        disorder: What waits is delivered newest first.
        delete: The Profile is deleted again.
    """

    confirmation: float = 0.0
    wrong_code: float = 0.0
    postpone: float = 0.0
    reject: float = 0.0
    lose: float = 0.0
    resend: float = 0.0
    late: float = 0.0
    disorder: float = 0.0
    delete: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What happens in one download; see `Shares`.

    Attributes:
        wrong_code: A wrong code is entered first.
        postpone: The user says "later" first.
        reject: The user rejects the Profile.
        lost: What the network loses, with the function it belongs to; None for nothing.
        resend: The Notification is sent twice.
        late: The result waits.
        disorder: What waits is delivered newest first.
        delete: The Profile is deleted again.
    """

    wrong_code: bool = False
    postpone: bool = False
    reject: bool = False
    lost: tuple[str, Lost] | None = None
    resend: bool = False
    late: bool = False
    disorder: bool = False
    delete: bool = False


def draw(seed: str, matching_id: str, what: str) -> float:
    """Returns a number from 0 to below 1 that follows from its arguments alone."""
    digest = sha256(f"{seed}|{matching_id}|{what}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / (1 << 48)


def course_of(seed: str, matching_id: str, shares: Shares) -> Course:
    """Draws what happens in the download of an order."""

    def happens(what: str) -> bool:
        share: float = getattr(shares, what)
        return draw(seed, matching_id, what) < share

    def one_of(what: str, choices: tuple[str, ...]) -> str:
        return choices[int(draw(seed, matching_id, what) * len(choices))]

    lost = None
    if happens("lose"):
        lost = one_of("function", _FUNCTIONS), Lost(one_of("lost", tuple(Lost)))
    return Course(
        wrong_code=happens("wrong_code"),
        postpone=happens("postpone"),
        reject=happens("reject"),
        lost=lost,
        resend=happens("resend"),
        late=happens("late"),
        disorder=happens("disorder"),
        delete=happens("delete"),
    )


def read_shares(words: Iterable[str]) -> Shares:
    """Reads shares as they stand on a command line: `late=5%` each.

    Raises:
        LocalError: no such share, or not a percentage from 0 to 100.
    """
    names = {one.name.replace("_", "-"): one.name for one in fields(Shares)}
    found: dict[str, float] = {}
    for word in words:
        name, _, text = word.partition("=")
        if name not in names:
            raise LocalError(f"--share {word!r}: expected NAME=SHARE, with {', '.join(names)}")
        digits = text.removesuffix("%")
        whole, _, part = digits.partition(".")
        if not (text.endswith("%") and whole.isdecimal() and (not part or part.isdecimal())):
            raise LocalError(f"--share {word!r}: expected a percentage such as {name}=5%")
        found[names[name]] = float(digits) / 100
        if found[names[name]] > 1:
            raise LocalError(f"--share {word!r}: expected at most 100%")
    return Shares(**found)
