"""The trials of `kills.py`, and a file of what came of them, so that they can be run in pieces."""

import json
from dataclasses import dataclass
from pathlib import Path

import sources
from kills_points import Way

__all__ = ["RANDOM", "Results", "Trial"]

RANDOM = "random kill -9"


@dataclass(frozen=True, slots=True)
class Trial:
    """One run that ends early.

    Attributes:
        way: How it ends.
        at: Number of the point, 0 for none.
        after_s: Seconds after which the whole run is killed; 0 for a run that is walked.
        seed: Seed of the order of a whole run.
    """

    way: Way
    at: int = 0
    after_s: float = 0.0
    seed: int = 0

    @property
    def name(self) -> str:
        """Returns its row of the table."""
        return RANDOM if self.after_s else str(self.way)

    def __str__(self) -> str:
        """Says what it is, so that it can be found again."""
        if self.after_s:
            return f"whole run, order {self.seed}, killed after {self.after_s:.2f} s"
        return f"{self.way} at point {self.at}"


class Results:
    """What came of trials, in a file: those that ran at the same sources are not run again.

    Args:
        path: The file, made when it is not there; None keeps nothing.
        in_process: Whether the cards are called without the PC/SC daemon.

    Attributes:
        done: What `rsplab recover` said at last, and what was wrong, by the name of the trial.
    """

    def __init__(self, path: Path | None, *, in_process: bool) -> None:
        self.done: dict[str, tuple[str, list[str]]] = {}
        self._path = path
        self._at = [sources.digest(), "in process" if in_process else "pcscd"]
        if self._path is not None and self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                at, trial, said, wrong = json.loads(line)
                if at == self._at:
                    self.done[trial] = said, wrong

    def add(self, trial: Trial, said: str, wrong: list[str]) -> None:
        """Writes what came of a trial."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([self._at, str(trial), said, wrong]) + "\n")
