"""Which times of a run are not those of a sound, unchanged card: decided from recorded times alone.

Three questions, each a pure function of the times by command:

- Is the 90th percentile above the budget that the target file declares?
- Is a command far slower than others of the same card that have as much to do? An EnableProfile is
  held against DisableProfile, a reading function against the other ones.
- Against the times of an earlier run, where one is named: has a command shifted (`time_shifts`),
  or has it got a second mode, answers that now take longer in some of the times?

Whether times grow with the number of Profiles or Notifications is asked in `time_growth`.

A sound card is called slow by chance in one of a hundred runs at most, and only where the effect is
large too; what that needs is in the constants.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import comb
from statistics import median
from typing import Any, Final

from rspcore.frozen import dataclass
from rspharness.record.time_shifts import ALPHA, FEWEST, common_factor, holm, shifts
from rspharness.record.timing import percentiles

__all__ = ["KINDS", "TimeFinding", "judged"]

KINDS: Final = ("over budget", "slower than its kin", "shifted", "second mode", "grows")
"""Kinds of findings, as reports print them."""

KIN: Final = (
    ("STORE DATA EnableProfile", "STORE DATA DisableProfile"),
    (
        "STORE DATA GetEuiccInfo1",
        "STORE DATA GetEuiccInfo2",
        "STORE DATA GetEuiccData",
        "STORE DATA GetRat",
        "STORE DATA GetEuiccConfiguredAddresses",
        "STORE DATA GetEuiccChallenge",
    ),
)
"""Commands of one card that have as much to do."""

_KIN_FACTOR: Final = 5.0
_KIN_MS: Final = 1.0
_TAIL_FACTOR: Final = 1.5
_TAIL_MS: Final = 1.0
_TAIL_SHARE: Final = 0.04


@dataclass(frozen=True, slots=True)
class TimeFinding:
    """A command or procedure whose times are not right.

    Attributes:
        kind: One of `KINDS`.
        name: The command or procedure.
        text: What was found, with figures.
    """

    kind: str
    name: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """Returns it as JSON values."""
        return {"kind": self.kind, "name": self.name, "text": self.text}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TimeFinding":
        """Reads it from JSON values."""
        return cls(values["kind"], values["name"], values["text"])


def judged(
    times: Mapping[str, Sequence[float]],
    budgets: Mapping[str, float],
    baseline: Mapping[str, Sequence[float]] | None = None,
) -> list[TimeFinding]:
    """Returns what is wrong with the times of a run.

    Args:
        times: Times in milliseconds by command and procedure.
        budgets: Longest 90th percentile, likewise.
        baseline: Times of an earlier run of a card that was in order; None without one.
    """
    found = [*_over_budget(times, budgets), *_slower_than_kin(times)]
    if baseline:
        moved = shifts(baseline, times)
        found += [
            TimeFinding(
                "shifted",
                one.name,
                f"median {one.b:.2f} ms, {one.a:.2f} ms in the baseline; shift "
                f"{one.shift_ms:+.2f} ms, delta {one.delta:+.2f}, p {one.p:.2g}",
            )
            for one in moved
            if one.shift_ms > 0
        ]
        found += _second_modes(times, baseline, {one.name for one in moved})
    return found


def _over_budget(
    times: Mapping[str, Sequence[float]], budgets: Mapping[str, float]
) -> Iterator[TimeFinding]:
    for name in sorted(times.keys() & budgets.keys()):
        p90 = percentiles(list(times[name])).p90
        if p90 > budgets[name]:
            yield TimeFinding("over budget", name, f"p90 {p90:g} ms, budget {budgets[name]:g} ms")


def _slower_than_kin(times: Mapping[str, Sequence[float]]) -> Iterator[TimeFinding]:
    for group in KIN:
        middles = {
            name: median(times[name]) for name in group if len(times.get(name, ())) >= FEWEST
        }
        for name, middle in middles.items():
            others = {other: value for other, value in middles.items() if other != name}
            if not others:
                continue
            slowest = max(others, key=lambda other: others[other])
            least = max(_KIN_FACTOR * others[slowest], others[slowest] + _KIN_MS)
            if middle > least:
                text = f"median {middle:.2f} ms, {slowest} takes {others[slowest]:.2f} ms"
                yield TimeFinding("slower than its kin", name, text)


def _second_modes(
    times: Mapping[str, Sequence[float]],
    baseline: Mapping[str, Sequence[float]],
    shifted: set[str],
) -> Iterator[TimeFinding]:
    """Yields commands of which more answers take long than before (Fisher's exact test)."""
    factor = common_factor(baseline, times) or 1.0
    names = sorted(
        name
        for name in times.keys() & baseline.keys()
        if min(len(times[name]), len(baseline[name])) >= FEWEST and name not in shifted
    )
    tested = []
    for name in names:
        limit = _TAIL_FACTOR * percentiles(list(baseline[name])).p90 + _TAIL_MS
        before = sum(value > limit for value in baseline[name])
        now = sum(value / factor > limit for value in times[name])
        sizes = len(baseline[name]), len(times[name])
        tested.append((name, limit, before, now, sizes, _fisher(before, now, *sizes)))
    for one, p in zip(tested, holm([one[-1] for one in tested]), strict=True):
        name, limit, before, now, sizes, _ = one
        share, was = now / sizes[1], before / sizes[0]
        if p < ALPHA and share - was >= _TAIL_SHARE:
            text = (
                f"{share:.0%} of the answers take more than {limit:.2f} ms, {was:.0%} in the "
                f"baseline; p {p:.2g}"
            )
            yield TimeFinding("second mode", name, text)


def _fisher(before: int, now: int, size_before: int, size_now: int) -> float:
    """Returns the chance of so many now, if all of them were spread over both at random."""
    marked, total = before + now, size_before + size_now
    every = comb(total, size_now)
    most = min(marked, size_now)
    ways = (comb(marked, k) * comb(total - marked, size_now - k) for k in range(now, most + 1))
    return sum(ways) / every
