"""The committed lists: cases that do not apply to a kept card and do to a new one.

One file for each card, one table for each level, each case with the reason the run gave.
"""

import json
import tomllib

from cell_runs import IRREVERSIBLE, LEVELS, ORDERS, ROOT, Outcome

LISTS = ROOT / "harness" / "kept" / "not_applicable"


def hold_against_list(outcome: Outcome, *, some: bool = False) -> None:
    """Holds the cases that are not applicable against the committed list.

    A listed case that applies has the verdict of a new card, which is right in any order. That its
    entry is out of date is judged in the order of the files, which no seed changes.

    Args:
        outcome: What came of a cell.
        some: Whether only some cases were asked for; the list is about all.
    """
    path = LISTS / f"{outcome.cell.card}.toml"
    listed = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    wanted = set(listed.get(outcome.cell.level, ()))
    if some:
        wanted &= outcome.ran
    for name in sorted(outcome.apart.keys() - wanted):
        outcome.problems.append(f"{name} is not applicable and not listed: {outcome.apart[name]}")
    if "" not in ORDERS[outcome.cell.order]:
        return
    for name in sorted(wanted - outcome.apart.keys()):
        outcome.problems.append(f"{name} is listed in {path.name} and applies: take it out")


def write_lists(outcomes: list[Outcome], *, some: bool = False) -> None:
    """Writes the lists of the cards and levels that ran.

    Args:
        outcomes: What came of the cells; those in the order of the files decide where there are.
        some: Whether only some cases were asked for; the entries of the others are kept.
    """
    LISTS.mkdir(exist_ok=True)
    for card in sorted({one.cell.card for one in outcomes}):
        path = LISTS / f"{card}.toml"
        held = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for level in {one.cell.level for one in outcomes if one.cell.card == card}:
            there = [one for one in outcomes if (one.cell.card, one.cell.level) == (card, level)]
            sure = [one for one in there if "" in ORDERS[one.cell.order]] or there
            ran = set[str]().union(*(one.ran for one in sure))
            kept = (
                {}
                if not some
                else {name: why for name, why in held.get(level, {}).items() if name not in ran}
            )
            held[level] = kept | {name: why for one in sure for name, why in one.apart.items()}
        text = "# Cases that do not apply to this card and do to a new one, each with the reason.\n"
        for level in (*LEVELS, *([IRREVERSIBLE] if held.get(IRREVERSIBLE) else [])):
            entries = held.get(level, {})
            text += f"\n[{level}]\n"
            text += "".join(
                f"{json.dumps(name)} = {json.dumps(reason)}\n"
                for name, reason in sorted(entries.items())
            )
        path.write_text(text, encoding="utf-8")
