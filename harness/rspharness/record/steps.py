"""Steps of a case: events that reporters listen to.

A case wraps what it does in `with step("S_LPAd -> eUICC: ..."):`. Each step is recorded with its
number, time, and place in the trace; a failure names the step it happened in. The recorder belongs
to one case, and listeners (the trace, Allure) are notified when a step begins and ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from rspharness.record.timing import stopwatch
from rspharness.record.trace import Trace

__all__ = ["Step", "StepListener", "Steps"]


@dataclass(slots=True)
class Step:
    """One step of a case.

    Attributes:
        number: Place in the case, counted from 1.
        title: What the step does, in the words of the case.
        depth: How many steps enclose it.
        outcome: running, done or failed.
        elapsed_ms: Time it took.
        first_line: Line of the trace it begins at.
        last_line: Line of the trace it ends at.
    """

    number: int
    title: str
    depth: int
    outcome: str = "running"
    elapsed_ms: float = 0.0
    first_line: int = 0
    last_line: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Returns the fields by name."""
        return asdict(self)


class StepListener(Protocol):
    """A listener that is notified of steps as they happen."""

    def began(self, step: Step) -> None:
        """Takes note that a step begins."""

    def ended(self, step: Step, error: BaseException | None) -> None:
        """Takes note that a step ended, and with which exception if any."""


class Steps:
    """Records the steps and observations of one case."""

    def __init__(self, trace: Trace, listeners: tuple[StepListener, ...] = ()) -> None:
        self._trace = trace
        self._listeners = listeners
        self._open: list[Step] = []
        self.steps: list[Step] = []
        self.notes: list[str] = []

    @contextmanager
    def __call__(self, title: str) -> Iterator[Step]:
        """Records the block as one step."""
        step = Step(len(self.steps) + 1, title, len(self._open))
        step.first_line = self._trace.position + 1
        elapsed_ms = stopwatch()
        self.steps.append(step)
        self._open.append(step)
        self._trace.remark(f"step {step.number}: {title}")
        for listener in self._listeners:
            listener.began(step)
        error: BaseException | None = None
        try:
            yield step
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._open.pop()
            step.elapsed_ms = round(elapsed_ms(), 3)
            step.last_line = self._trace.position
            step.outcome = "failed" if error is not None else "done"
            for listener in self._listeners:
                listener.ended(step, error)

    def note(self, text: str) -> None:
        """Keeps an observation: it goes into the trace and the report."""
        self.notes.append(text)
        self._trace.remark(f"note: {text}")

    @property
    def failed(self) -> Step | None:
        """Returns the innermost step that failed, or None."""
        return next((step for step in reversed(self.steps) if step.outcome == "failed"), None)
