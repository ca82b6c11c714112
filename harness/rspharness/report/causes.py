"""Why cases were not carried out, each reason once with the cases that it keeps from running.

A reader learns the causes first: what blocks cases is a requirement with its own verdict, and a
reason that many inconclusive cases share is said once.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from rspcore.frozen import dataclass
from rspharness.record.verdicts import Verdict

__all__ = ["CaseGroup", "alike", "blocking", "headline", "lines", "unreached"]

_NAMED: Final = 3
"""Cases of a group whose ids a line names."""
_ENDS: Final = ("a crash", "a hang", "a silent success", "no word of it")
"""How a call of an LPA can end that is wrong by itself, as `actual` begins with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseGroup:
    """Cases that were not carried out for one reason.

    Attributes:
        row: Id of the requirement that owns the cause; empty for inconclusive cases.
        finding: The reason, in words.
        remedy: How to go on, in words; may be empty.
        cases: Ids of each case.
    """

    row: str
    finding: str
    remedy: str
    cases: tuple[str, ...]

    @property
    def count(self) -> int:
        """Returns how many cases there are."""
        return len(self.cases)

    @property
    def named(self) -> str:
        """Returns the first cases by their ids, and how many more there are."""
        more = len(self.cases) - _NAMED
        return ", ".join(self.cases[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def blocking(cases: Iterable[Mapping[str, Any]]) -> list[CaseGroup]:
    """Returns the causes of blocked cases, that of the most cases first."""
    return _grouped(
        ((one["row"], one["finding"], one["remedy"]), case)
        for case in cases
        if case["verdict"] == Verdict.BLOCKED and (one := case.get("blocked_by"))
    )


def unreached(cases: Iterable[Mapping[str, Any]]) -> list[CaseGroup]:
    """Returns the reasons of inconclusive cases, that of the most cases first."""
    return _grouped(
        (("", case["reason"], ""), case)
        for case in cases
        if case["verdict"] == Verdict.INCONCLUSIVE
    )


def alike(cases: Iterable[Mapping[str, Any]]) -> list[CaseGroup]:
    """Returns what several failed cases of an LPA have in common, that of the most cases first.

    It is how the call ended where that is wrong by itself, else what was expected.
    """
    found = _grouped(
        (("", _in_common(case), ""), case)
        for case in cases
        if case["verdict"] == Verdict.FAIL and case["ids"][0].startswith("LPA.")
    )
    return [one for one in found if one.count > 1]


def _in_common(case: Mapping[str, Any]) -> str:
    end = next((one for one in _ENDS if case["actual"].startswith(one)), "")
    return end or f"not as expected: {case['expected']}"


def _grouped(
    found: Iterator[tuple[tuple[str, str, str], Mapping[str, Any]]],
) -> list[CaseGroup]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for key, case in found:
        groups.setdefault(key, []).append(" ".join(case["ids"]))
    made = [
        CaseGroup(row=row, finding=finding, remedy=remedy, cases=tuple(names))
        for (row, finding, remedy), names in groups.items()
    ]
    return sorted(made, key=lambda one: -len(one.cases))


def headline(groups: list[CaseGroup]) -> str:
    """Returns how many causes block how many cases."""
    count = sum(len(one.cases) for one in groups)
    verb = "cause blocks" if len(groups) == 1 else "causes block"
    return f"{len(groups)} {verb} {count} case{'s' * (count != 1)}"


def lines(cases: list[dict[str, Any]]) -> Iterator[str]:
    """Yields what a terminal shows of all this, the causes first."""
    if groups := blocking(cases):
        yield f"{headline(groups)}:"
        for one in groups:
            how = f"; how to go on: {one.remedy}" if one.remedy else ""
            yield f"  {one.row} ({len(one.cases)} blocked): {one.finding}{how}"
    for one in alike(cases):
        yield f"{one.count} cases FAIL alike: {one.finding} ({one.named})"
    for one in unreached(cases):
        if len(one.cases) == 1:
            yield f"{one.cases[0]}  INCONCLUSIVE: {one.finding}"
        else:
            yield f"{len(one.cases)} cases INCONCLUSIVE: {one.finding} ({one.named})"
