"""One case while it runs, and how the exception it raised becomes a verdict.

The rules are few: nothing raised is a pass; an expectation that does not hold, or a peer that
breaks the protocol, is a fail, unless it happened in a step named "Initial conditions", where
the card is not under test yet; a lost target and unreached conditions are inconclusive; any other
exception is an error of the suites or the harness. A function by which a case looks at the card,
and which gives nothing, is a fail of its own rows; the others are blocked by them. Octets of the
card that cannot be read are the card's fault and a fail; whose octets they were is looked up in the
trace. A case does not fail when all its requirements are probes or hang on an option that is
unknown, or when the target file declares it as a known deviation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from rspcore.errors import CryptoError, DecodeError, RemoteError, RspError
from rspcore.printable_text import printable
from rspharness.card.card_under_test import Card
from rspharness.card.listed import UnobservedError
from rspharness.record.catalogue import Requirement
from rspharness.record.steps import StepListener, Steps
from rspharness.record.testcase import Level
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import (
    Blocked,
    Cause,
    ExpectationError,
    Inconclusive,
    LinkFault,
    NotApplicable,
    SettledError,
    TargetLost,
    Verdict,
)
from rspharness.run.unread_octets import unread_octets

__all__ = ["INITIAL_CONDITIONS", "CaseState"]

INITIAL_CONDITIONS: Final = "Initial conditions"
"""Beginning of the title of a step in which a refusal is inconclusive."""

_MOST_SHOWN: Final = 64
"""Octets of an answer that an explanation shows."""


@dataclass(slots=True, kw_only=True)
class CaseState:
    """One case: what it tests, what happened in it, and its verdict.

    Attributes:
        nodeid: Address of the test function.
        seed: Seed of the random octets of its servers; a faulty card gets the same octets.
        title: First line of its docstring.
        location: File and line of the test function.
        target: Name or file of the card it ran on.
        requirements: Rows of the catalogue it tests.
        excused: Requirements of it that do not apply to this card, each with the reason.
        level: What it may do to a card.
        doubted: Requirements of it whose condition hangs on unknown options, each with those.
        precondition: What the case needs and the card does not have, or empty.
        cause: What keeps a blocked case from being carried out, None for the others.
        known_causes: What is known to be wrong with the card, by function or row.
        deviation: Reason of the known deviation the target file declares for it, or empty.
        strict: Whether that deviation has to occur.
        again: Command that runs this case alone.
        session_keys: Keys of its BoundProfilePackages with their names, where the run writes them.
        fault: Fault of the simulated card that the case has to find, or empty.
        settled: Whether it failed in what even a probe does not leave open.
        verdict: None until judged.
    """

    nodeid: str
    seed: str
    title: str
    location: str
    target: str
    requirements: tuple[Requirement, ...]
    level: Level
    again: str
    fault: str = ""
    excused: Mapping[str, str] = field(default_factory=dict)
    doubted: Mapping[str, str] = field(default_factory=dict)
    precondition: str = ""
    cause: Cause | None = None
    known_causes: Mapping[str, Cause] = field(default_factory=dict)
    deviation: str = ""
    strict: bool = True
    listeners: tuple[StepListener, ...] = ()
    trace: Trace = field(default_factory=Trace)
    session_keys: tuple[tuple[str, bytes], ...] = ()
    timings: Timings = field(default_factory=Timings)
    steps: Steps = field(init=False)
    card: Card | None = None
    settled: bool = False
    verdict: Verdict | None = None
    reason: str = ""
    expected: str = ""
    actual: str = ""
    traceback: str = ""
    duration_s: float = 0.0

    def __post_init__(self) -> None:
        """Begins the trace with the name of the case."""
        self.trace.remark(f"case {' '.join(self.ids)}: {self.title}")
        self.steps = Steps(self.trace, self.listeners)

    @property
    def uses_second_server(self) -> bool:
        """Returns whether its servers stand the other way round, which half of the cases have."""
        return bool(sha256(" ".join(self.ids).encode()).digest()[0] & 1)

    @property
    def ids(self) -> tuple[str, ...]:
        """Returns the ids of the requirements."""
        return tuple(requirement.id for requirement in self.requirements)

    @property
    def probe(self) -> bool:
        """Returns whether the case only records."""
        return all(
            requirement.probe or requirement.id in self.doubted
            for requirement in self.requirements
            if requirement.id not in self.excused
        )

    def passed(self) -> Verdict:
        """Judges a case that raised nothing, and returns the verdict."""
        self.verdict = Verdict.PROBE if self.probe else Verdict.PASS
        if self.deviation and not self.strict:
            self.steps.note(f"the declared deviation did not occur: {self.deviation}")
        elif self.deviation:
            self.verdict = Verdict.FAIL
            self.expected = f"the known deviation the target file declares: {self.deviation}"
            self.actual = "the case passes; take the line out of the target file"
            self.reason = f"expected {self.expected}, but {self.actual}"
        return self.verdict

    def judge(self, error: BaseException) -> Verdict:
        """Judges a case that raised an exception, and returns the verdict."""
        self.reason = str(error) or type(error).__name__
        self.cause = self.cause_of(error)
        self.verdict = self._verdict(error) if self.cause is None else Verdict.BLOCKED
        if self.cause is not None:
            self.reason = str(Blocked(self.cause))
        if self.verdict is Verdict.NOT_APPLICABLE:
            self.precondition = self.reason
        unreached = (Verdict.INCONCLUSIVE, Verdict.BLOCKED)
        if self.verdict in unreached and self._hangs_on_unknown(error):
            self.verdict, self.cause = Verdict.PROBE, None
        octets = self._unread(error)
        if octets is not None:
            shown = octets[:_MOST_SHOWN].hex(" ").upper() or "no octets"
            more = " .." if len(octets) > _MOST_SHOWN else ""
            error = ExpectationError("octets that can be read", f"{shown}{more} ({error})")
            self.reason = str(error)
        if self.verdict is Verdict.FAIL:
            self.expected, self.actual = self.reason, ""
            if isinstance(error, ExpectationError):
                self.expected, self.actual = error.expected, error.actual
            elif isinstance(error, RemoteError):
                self.expected, self.actual = "an answer without error", self.reason
            self.settled = isinstance(error, SettledError) and not self._all_doubted
            if self.probe and not self.settled:
                self.verdict = Verdict.PROBE
            elif self.deviation:
                self.verdict = Verdict.DEVIATION
                self.reason = f"{self.deviation} ({self.reason})"
        return self.verdict

    def judge_setup(self, error: RspError) -> Verdict:
        """Judges a case whose card did something wrong before the case itself began."""
        if self.cause_of(error) is not None:
            return self.judge(error)
        return self.judge(Inconclusive(f"setting the case up: {error}"))

    def _hangs_on_unknown(self, error: BaseException) -> bool:
        """Returns whether unreached conditions may only show that an unknown option is absent."""
        return self._all_doubted and not isinstance(error, TargetLost)

    @property
    def _all_doubted(self) -> bool:
        """Returns whether every requirement that applies hangs on an unknown option."""
        applying = [row.id for row in self.requirements if row.id not in self.excused]
        return bool(applying) and all(one in self.doubted for one in applying)

    def _verdict(self, error: BaseException) -> Verdict:
        if isinstance(error, LinkFault):
            return Verdict.ERROR
        if isinstance(error, NotApplicable):
            return Verdict.NOT_APPLICABLE
        if isinstance(error, Inconclusive | TargetLost):
            return Verdict.INCONCLUSIVE
        if isinstance(error, UnobservedError):
            return Verdict.FAIL  # its own function, also where it only leads to the conditions
        if self.of_card(error):
            step = self.steps.failed
            reached = step is None or not step.title.startswith(INITIAL_CONDITIONS)
            return Verdict.FAIL if reached else Verdict.INCONCLUSIVE
        return Verdict.ERROR

    def cause_of(self, error: BaseException) -> Cause | None:
        """Returns what of another requirement was in the way, None when nothing was."""
        if isinstance(error, Blocked):
            return error.cause
        if not isinstance(error, UnobservedError) or self._owns(error.function):
            return None
        known = self.known_causes.get(error.function)
        return known or Cause(error.row, str(error), f"mend {error.function}, then run again")

    def of_card(self, error: BaseException) -> bool:
        """Returns whether an exception says that the card did something wrong."""
        if isinstance(error, ExpectationError | RemoteError | AssertionError):
            return True
        return self._unread(error) is not None

    def _owns(self, function: str) -> bool:
        """Returns whether a requirement of this case is of a function."""
        return any(name.startswith(f"{function}#") for name in self.ids)

    def _unread(self, error: BaseException) -> bytes | None:
        """Returns the octets of the card that could not be read, None when it is not about such."""
        if not isinstance(error, DecodeError | CryptoError):
            return None
        return unread_octets(error, self.trace)

    @property
    def killed(self) -> bool:
        """Returns whether the case has found the fault of its card."""
        return self.verdict in (Verdict.FAIL, Verdict.PROBE) and bool(self.expected)

    def explain(self) -> str:
        """Returns the explanation of a case that did not pass, for the terminal and the reports."""
        step = self.steps.failed
        verdict = (self.verdict or Verdict.ERROR).upper()
        place = f" at step {step.number}: {step.title}" if step else ""
        lines = [f"{' '.join(self.ids)}  {verdict}{place}"]
        lines += [
            f"  requirement  SGP.22 {row.spec_ref}, {row.function}: {row.title}; {row.expected}"
            for row in self.requirements
        ]
        if self.expected:
            lines.append(f"  expected     {self.expected}")
        if self.actual:
            lines.append(f"  actual       {self.actual}")
        if not self.expected:
            lines.append(f"  reason       {self.reason}")
        if self.card is not None and self.card.last:
            lines.append(f"  sent         {self.card.last}; trace line {self.trace.position}")
        lines += [f"  at           {self.location}", f"  again        {self.again}"]
        return "\n".join(printable(part) for line in lines for part in line.split("\n"))

    def verdicts(self) -> dict[str, str]:
        """Returns the verdict of each requirement."""
        verdict = self.verdict or Verdict.ERROR
        out = {}
        for row in self.requirements:
            own = verdict
            if row.id in self.excused:
                own = Verdict.NOT_APPLICABLE
            elif self.settled and row.id not in self.doubted:
                pass
            elif (row.probe or row.id in self.doubted) and verdict in (Verdict.PASS, Verdict.FAIL):
                own = Verdict.PROBE
            out[row.id] = str(own)
        return out

    def record(self) -> dict[str, Any]:
        """Returns everything a report shows of the case, as JSON values."""
        return {
            "ids": list(self.ids),
            "nodeid": self.nodeid,
            "title": self.title,
            "location": self.location,
            "target": self.target,
            "level": str(self.level),
            "verdict": str(self.verdict or Verdict.ERROR),
            "verdicts": self.verdicts(),
            "reason": self.reason,
            "precondition": self.precondition,
            "blocked_by": self.cause.as_dict() if self.cause else None,
            "expected": self.expected,
            "actual": self.actual,
            "sent": self.card.last if self.card else "",
            "explanation": "" if self.verdict is Verdict.PASS else self.explain(),
            "traceback": self.traceback,
            "again": self.again,
            "steps": [step.as_dict() for step in self.steps.steps],
            "notes": [*self.steps.notes, *(self.card.notes if self.card else ())],
            "duration_s": round(self.duration_s, 4),
            "commands": self.trace.commands,
            "card_ms": round(self.trace.elapsed_ms, 3),
            "timings": self.timings.by_name,
            "counted": self.timings.counted.rows(),
        }
