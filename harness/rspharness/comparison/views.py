"""A comparison as text and as one HTML page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rspharness.comparison.difference import Comparison, Difference, Kind
from rspharness.record.private_files import write_private
from rspharness.report.html import template

__all__ = ["lines", "write_html"]

_CASES: Final = 3
"""Cases that a line of text names; JSON and HTML name all."""
_WORDS: Final = {
    "eid": "EID",
    "atr": "ATR",
    "card_fault": "card fault",
    "svn": "SGP.22",
    "euicc_firmware_ver": "eUICC firmware",
}
"""Facts of a run in words, on the page."""


def lines(comparison: Comparison) -> Iterator[str]:
    """Yields the comparison as text; the answer stands first."""
    number = len(comparison.counted)
    looked_at = ", ".join(f"{count:,} {what}" for what, count in comparison.compared.items())
    answer = f"{number:,} difference{'s' * (number != 1)}" if number else "no difference"
    yield f"{answer}; compared: {looked_at}"
    yield f"A  {_side(comparison.a.name, comparison.a.facts)}"
    yield f"B  {_side(comparison.b.name, comparison.b.facts)}"
    for kind in Kind:
        found = comparison.of(kind)
        if found:
            yield ""
            yield f"{_heading(kind)} ({len(found):,})"
        for one in found:
            yield f"  {one.subject}"
            yield f"    A  {one.a}"
            yield f"    B  {one.b}"
            if one.cases and kind is not Kind.VERDICT:
                yield f"    in {_cases(one)}"
    for note in comparison.notes:
        yield f"note: {note}"


def _heading(kind: Kind) -> str:
    return f"{kind}, not counted" if kind is Kind.STATE else str(kind)


def _cases(one: Difference) -> str:
    more = len(one.cases) - _CASES
    return ", ".join(one.cases[:_CASES]) + (f" and {more:,} more" if more > 0 else "")


def _side(name: str, facts: dict[str, str]) -> str:
    shown = ", ".join(
        f"{key} {facts[key]}"
        for key in ("target", "reader", "driver", "firmware", "svn", "card_fault")
        if key in facts
    )
    return f"{name}  {shown}".rstrip()


def write_html(comparison: Comparison, path: Path) -> None:
    """Writes the comparison as one page that needs no other file, for its owner alone."""
    facts = list(dict.fromkeys((*comparison.a.facts, *comparison.b.facts)))
    page = template("compare.html.j2").render(
        comparison=comparison,
        facts=facts,
        words=_WORDS,
        kinds=[(kind, _heading(kind), comparison.of(kind)) for kind in Kind],
    )
    write_private(path, page)
