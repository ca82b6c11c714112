"""Verdicts of a conformance case, and the exceptions that lead to each.

A case ends *pass* when nothing is raised, *fail* with `ExpectationError` (the card broke a
requirement), *blocked* with `Blocked` (what another requirement is about keeps the case from being
carried out; it is named), *inconclusive* with `Inconclusive` or `TargetLost` (the case could not be
carried out), and *error* with anything else (a fault of this project). A case that the options of
the card exclude is *not applicable*; a case whose expected value is not settled is a *probe* and
never fails; a failure that the target file declares with a reason is a *known deviation*.
"""

from dataclasses import asdict
from enum import StrEnum

from rspcore.errors import RspError
from rspcore.frozen import dataclass

__all__ = [
    "GREEN",
    "NOTHING_RAN",
    "SEVERITY",
    "Blocked",
    "Cause",
    "ExpectationError",
    "Inconclusive",
    "LinkFault",
    "MachineLacksError",
    "NotApplicable",
    "SettledError",
    "TargetLost",
    "Verdict",
]


class Verdict(StrEnum):
    """The verdicts as the reports print them."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    BLOCKED = "blocked"
    NOT_APPLICABLE = "not applicable"
    ERROR = "error"
    PROBE = "probe"
    DEVIATION = "known deviation"


GREEN = frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.PROBE, Verdict.DEVIATION})
"""Verdicts with which a run is a success."""

SEVERITY = (
    Verdict.NOT_APPLICABLE,
    Verdict.PASS,
    Verdict.PROBE,
    Verdict.DEVIATION,
    Verdict.BLOCKED,
    Verdict.INCONCLUSIVE,
    Verdict.ERROR,
    Verdict.FAIL,
)
"""Verdicts from best to worst: a requirement with several cases shows its worst."""


NOTHING_RAN = 30
"""Exit code of pytest for a run in which no case ran, or whose card was lost and nothing else was
wrong; `rsplab run` ends with 3 for it."""


class ExpectationError(RspError):
    """Reports that the card did not do what the requirement says: verdict *fail*.

    Attributes:
        expected: Every acceptable outcome, in words.
        actual: What the card did, in words.
        about: The function or object it is about, empty where the case says so.
    """

    def __init__(self, expected: str, actual: str, *, about: str = "") -> None:
        subject = f"{about}: " if about else ""
        super().__init__(f"{subject}expected {expected}, got {actual}")
        self.expected = expected
        self.actual = actual
        self.about = about


class SettledError(ExpectationError):
    """Reports that the card did what no reading of the requirement allows: *fail*, also in a probe.

    A probe leaves open which of several outcomes is right. What contradicts all of them is not
    open, such as a value that is stored although its type excludes it.
    """


class Inconclusive(RspError):  # noqa: N818  the verdict's own name
    """Reports that the initial conditions were not reached: verdict *inconclusive*.

    The state of the card is whatever the steps before left; nothing is concluded from it.
    """


class MachineLacksError(Inconclusive):
    """Reports that the machine lacks what a run needs, such as room on a disk: the run ends."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What keeps cases from being carried out, and whose matter it is.

    Attributes:
        row: Id of the requirement that owns it, and fails for it.
        finding: What the card does, in words.
        remedy: How to go on, in words.
    """

    row: str
    finding: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """Returns the cause as JSON values."""
        return asdict(self)


class Blocked(Inconclusive):
    """Reports that the matter of another requirement is in the way: verdict *blocked*.

    Attributes:
        cause: That matter.
    """

    def __init__(self, cause: Cause) -> None:
        super().__init__(f"blocked by {cause.row}: {cause.finding}")
        self.cause = cause


class NotApplicable(RspError):  # noqa: N818  the verdict's own name
    """Reports that the card is not one of those the case is for: verdict *not applicable*.

    Raised before anything of the case is sent, or where the way to the card cannot carry it.
    """


class TargetLost(RspError):  # noqa: N818  the field's own words
    """Reports that the target stopped answering: this and all later cases are *inconclusive*."""


class LinkFault(TargetLost):
    """Reports a loss that a case made on purpose; the target itself is well."""
