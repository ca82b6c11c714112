"""Markdown as the generators write it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["cell", "save", "table"]


def cell(text: str) -> str:
    r"""Returns a text as it stands in a cell of a table: one line, no bar, no markup.

    >>> cell("a | b_c <d>")
    'a \\| b\\_c \\<d\\>'
    """
    for sign in "\\`*_[]<>{}|$~#":
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table; its cells are Markdown already."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def save(folder: Path, name: str, *parts: str) -> None:
    """Writes a page of these parts, where it is not there in this form already.

    A page that stays the same keeps its time, so that Sphinx does not read it again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join(part.strip("\n") for part in parts) + "\n"
    page = folder / name
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")
