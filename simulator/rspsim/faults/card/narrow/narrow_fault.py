"""How narrow faults are named."""

from rspsim.faults.card.card_fault import CardFault, Change

__all__ = ["narrow_fault"]


def narrow_fault(name: str, summary: str, change: Change, *rows: str) -> CardFault:
    """Returns the fault `narrow.NAME`.

    Args:
        name: The function or file, a full stop, and the mistake.
        summary: What the card does, in one sentence.
        change: What makes it do that.
        rows: Ids of the requirements that it breaks.
    """
    return CardFault(f"narrow.{name}", summary, rows, change)
