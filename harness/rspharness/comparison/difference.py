"""One difference between two runs, and all of them together."""

from dataclasses import field
from enum import StrEnum
from typing import Any

from rspcore.frozen import dataclass

__all__ = ["Comparison", "Difference", "Kind", "Side"]


class Kind(StrEnum):
    """What differs, in the order in which it is shown."""

    VERDICT = "verdict"
    VALUE = "value"
    STATUS = "status word"
    ORDER = "tag order"
    COMMANDS = "commands"
    TIME = "time"
    STATE = "state"
    """What a card holds just now, or what names it; not counted as a difference."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes:
        kind: What differs.
        subject: Of what, such as a requirement, a member of an answer, a command.
        a: What the first run has; `-` where it has nothing.
        b: What the second run has; `-` where it has nothing.
        cases: The cases in which it was seen, the first first.
    """

    kind: Kind
    subject: str
    a: str
    b: str
    cases: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Returns whether it makes two cards different."""
        return self.kind is not Kind.STATE

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}: {self.a} -> {self.b}"

    def as_dict(self) -> dict[str, Any]:
        """Returns it as JSON values."""
        return {
            "kind": str(self.kind),
            "subject": self.subject,
            "a": self.a,
            "b": self.b,
            "counts": self.counts,
            "cases": list(self.cases),
        }


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared.

    Attributes:
        name: Its folder or file, as it was named.
        facts: What is known of card, place and versions.
    """

    name: str
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two runs differ in.

    Attributes:
        a: The first.
        b: The second.
        differences: All of them, by kind.
        notes: What limits the comparison, such as cases that only one of them has.
        compared: How many cases, answers and commands were looked at, by what they are.
    """

    a: Side
    b: Side
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    compared: dict[str, int] = field(default_factory=dict)

    @property
    def counted(self) -> tuple[Difference, ...]:
        """Returns the differences that make the two cards different."""
        return tuple(one for one in self.differences if one.counts)

    def of(self, kind: Kind) -> tuple[Difference, ...]:
        """Returns the differences of a kind."""
        return tuple(one for one in self.differences if one.kind is kind)

    def as_dict(self) -> dict[str, Any]:
        """Returns it as JSON values."""
        return {
            "schema": 1,
            "a": {"name": self.a.name, "facts": self.a.facts},
            "b": {"name": self.b.name, "facts": self.b.facts},
            "same": not self.counted,
            "compared": self.compared,
            "notes": list(self.notes),
            "differences": [one.as_dict() for one in self.differences],
        }
