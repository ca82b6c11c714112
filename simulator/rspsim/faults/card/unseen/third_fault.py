"""How the mistakes of the third list are named."""

from typing import Any

from rspsim.faults.card.card_fault import CardFault

__all__ = ["third_fault"]


def third_fault(number: int, name: str, summary: str, change: Any, *rows: str) -> CardFault:
    """Returns the fault `third.NUMBER-NAME`.

    Args:
        number: Its number in `harness/second_hand/LIST_3.md`.
        name: The mistake.
        summary: What the card does, in one sentence.
        change: What makes it do that.
        rows: Ids of the requirements that it breaks; none for one that no strict verdict finds.
    """
    return CardFault(f"third.{number:02}-{name}", summary, rows, change)
