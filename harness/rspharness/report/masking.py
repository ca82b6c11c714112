"""What a view of a trace hides: the data of commands that carry a PIN, a PUK, a key or OTA data.

The trace files of a run stay whole, because they are replayed; every text made from them for people
(HTML, Allure, JUnit, console) shows them through `masked_trace`. Header and number of octets are
shown, so that a reader still sees which command it was. Of a card that is kept, EID, ICCIDs and
IMSIs are hidden too (`identities`), unless the run says `--no-redact`.

    > 00 20 00 01 08 (8 octets masked)
"""

from rspharness.record.secret_data import is_secret, masked, without_secrets
from rspharness.report.identities import Identities

__all__ = ["masked", "masked_trace", "without_secrets"]


def masked_trace(text: str, identities: Identities | None = None) -> str:
    """Returns the text of a trace, or a part of one, with every command masked.

    Args:
        text: The trace.
        identities: What else is masked in it, None for nothing.
    """
    lines = text.splitlines()
    shown = lines
    if identities is not None:
        shown = identities.in_trace(text, lambda one: one.masked)
    return "\n".join(map(_line, lines, shown))


def _line(line: str, shown: str) -> str:
    if not line.startswith("> "):
        return shown
    command = bytes.fromhex(line[2:])
    return f"> {masked(command)}" if is_secret(command) else shown
