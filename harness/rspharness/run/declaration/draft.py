"""A draft of a target file, written from what a card says of itself."""

from collections.abc import Iterator, Mapping

from rspharness.run.declaration.card_values import Said

__all__ = ["draft"]

_OF_ONE_CARD = frozenset({"eid"})
"""Values that name one card, and not the product."""


def draft(said: Said, name: str, reader: str = "", kind: str = "pcsc") -> str:
    """Returns the text of a target file for the product a card is of.

    What the card shows is declared, so that a later firmware that shows something else is found.
    What no command shows stands as a remark, to be filled in.

    Args:
        said: What the card says.
        name: Name of the product.
        reader: Name of the reader it was in.
        kind: Kind of the target.
    """
    return "\n".join([*_lines(said, name, reader, kind), ""])


def _lines(said: Said, name: str, reader: str, kind: str) -> Iterator[str]:
    version = said.release
    yield "# A draft from what the card says; `rsplab ics check FILE` holds it against a card."
    yield f"# ATR {said.atr.hex(' ').upper() or 'not known'}"
    for what, reason in said.unread.items():
        yield f"# not read: {what}: {_one_line(reason)}"
    yield f'kind = "{kind}"'
    yield f"name = {_quoted(name)}"
    yield f"firmware = {_quoted(said.values.get('firmware_version', ''))}"
    yield f"release = {_quoted(version)}" if version else '# release = "2.5.0"'
    yield f'version = "{"v3" if "highest_svn" in said.values else "v2"}"'
    if kind in ("pcsc", "at"):
        yield f"reader = {_quoted(reader)}"
    yield "# Folder of keys and certificates that the card trusts, beside this file."
    yield '# pki = "test-keys"'
    yield ""
    yield "[options]"
    yield from (f"{key} = {str(value).lower()}" for key, value in sorted(said.options.items()))
    yield "# No command shows these; cases that hang on one only record until it is declared."
    yield from (f"# {key} = true" for key in sorted(said.unknown))
    yield ""
    yield "[values]"
    yield from _values(said.values)
    yield ""
    yield "# Longest 90th percentile of a command or procedure, in milliseconds."
    yield "[budgets_ms]"
    yield '# "STORE DATA EnableProfile" = 1500'
    yield ""
    yield "# Known deviations with their reasons. Where the case passes the run is red, unless the"
    yield "# deviation is not strict."
    yield "[deviations]"
    yield '# "ES10c.SetNickname#09" = "counts octets; reported to the maker"'
    yield '# "ES10c.GetEID#06" = { reason = "only at low voltage", strict = false }'


def _values(values: Mapping[str, str]) -> Iterator[str]:
    for name, value in sorted(values.items()):
        one = "# of one card: " if name in _OF_ONE_CARD else ""
        yield f"{one}{name} = {_quoted(value)}"


def _quoted(text: str) -> str:
    r"""Returns a basic string of TOML.

    >>> _quoted('a "b"')
    '"a \\"b\\""'
    """
    shown = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04X}" for c in shown) + '"'


def _one_line(text: str) -> str:
    return " ".join(text.split())
