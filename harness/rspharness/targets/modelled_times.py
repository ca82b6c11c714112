"""The times of a simulated card as a model: drawn from given medians, or from those of a run.

A simulated card answers as fast as the computer does, which tells nothing. With a model each answer
has the time that a distribution gives for its command. Nobody waits: the time is only written down,
so that budgets, baselines and comparisons see it. The same seed gives the same times.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from math import exp
from pathlib import Path
from statistics import NormalDist
from typing import Final

from rspcore.errors import ConfigError
from rspharness.record.timing import CommandNames
from rspharness.targets.transport import CardLink, LinkWrapper

__all__ = ["EACH_NOTIFICATION", "EACH_PROFILE", "OTHER", "ModelledLink", "TimeModel"]

OTHER: Final = "other"
"""Name of the median of every command that the model does not name."""

EACH_PROFILE: Final = "each Profile"
EACH_NOTIFICATION: Final = "each Notification"
"""Names of what each Profile on the card, and each Notification that waits, adds to an answer."""

_SPREAD: Final = 0.05
"""Standard deviation of the logarithm of times that are given by their median alone."""

_USUAL_MS: Final = 10.0


class TimeModel:
    """Draws the times of answers, by the names of their commands."""

    def __init__(
        self,
        medians: Mapping[str, float],
        recorded: Mapping[str, Sequence[float]] | None = None,
        seed: str = "1",
    ) -> None:
        """Makes a model.

        Args:
            medians: Median time of commands in milliseconds; `other` for all the rest.
            recorded: Times of a run by command; a median stands before them.
            seed: Seed of what is drawn.
        """
        self._medians = medians
        self._recorded = recorded or {}
        self._seed = seed
        self._drawn = 0

    @classmethod
    def of_run(cls, folder: Path, medians: Mapping[str, float], seed: str) -> "TimeModel":
        """Makes a model of the times of a run, in its folder.

        Raises:
            ConfigError: there is no such run.
        """
        times: dict[str, list[float]] = {}
        try:
            with (folder / "cases.jsonl").open(encoding="utf-8") as lines:
                for line in lines:
                    for name, values in json.loads(line).get("timings", {}).items():
                        times.setdefault(name, []).extend(values)
        except (OSError, ValueError) as error:
            raise ConfigError(f"times = {str(folder)!r}: no folder of a run: {error}") from error
        return cls(medians, times, seed)

    def draw(self, name: str, profiles: int = 0, notifications: int = 0) -> float:
        """Returns the time of the next answer to a command, in milliseconds.

        Args:
            name: Name of the command.
            profiles: How many Profiles the card has.
            notifications: How many Notifications wait on it.
        """
        grown = profiles * self._medians.get(EACH_PROFILE, 0.0)
        grown += notifications * self._medians.get(EACH_NOTIFICATION, 0.0)
        return grown + self._drawn_time(name)

    def _drawn_time(self, name: str) -> float:
        self._drawn += 1
        octets = sha256(f"{self._seed}/{self._drawn}".encode()).digest()
        chance = (int.from_bytes(octets[:8], "big") + 1) / (2**64 + 2)
        recorded = self._recorded.get(name, ())
        if name not in self._medians and recorded:
            return recorded[int(chance * len(recorded))]
        middle = self._medians.get(name, self._medians.get(OTHER, _USUAL_MS))
        return middle * exp(_SPREAD * NormalDist().inv_cdf(chance))


class ModelledLink(LinkWrapper):
    """Passes everything on, and says how long the answer took by the model.

    Attributes:
        answer_ms: Time of the last answer, in milliseconds.
    """

    def __init__(
        self,
        link: CardLink,
        model: TimeModel,
        numbers: Callable[[], tuple[int, int]] = lambda: (0, 0),
    ) -> None:
        """Makes it.

        Args:
            link: The link below.
            model: The model.
            numbers: Returns how many Profiles and Notifications the card has.
        """
        super().__init__(link)
        self.answer_ms = 0.0
        self._numbers = numbers
        self._model = model
        self._names = CommandNames()

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on and draws the time of its answer."""
        numbers = self._numbers()
        response = self._link.transmit(command)
        self.answer_ms = self._model.draw(self._names.name(command), *numbers)
        return response
