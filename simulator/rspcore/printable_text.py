"""Text from outside, made safe to show: on a terminal, in a log, in a report of one line."""

__all__ = ["printable"]


def printable(text: str, most: int | None = None) -> str:
    r"""Returns a text with everything that is no visible character written as an escape.

    Control characters, line ends, marks that change the direction of writing and lone surrogates
    become `\x1b`, `\n`, `\u202e`, `\ud800`; spaces and letters of every script stay.

    Args:
        text: The text.
        most: Number of characters after which the rest is left out, or None for no limit.

    >>> printable("a\x1b[31m\nb")
    'a\\x1b[31m\\nb'
    """
    if most is not None and len(text) > most:
        text = text[:most] + "..."
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )
