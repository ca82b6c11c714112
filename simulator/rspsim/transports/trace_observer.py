"""Writes the commands and responses of a card as a trace, which `rsplab run` can replay.

    # rsplab trace 1
    ATR 3B 9F 96 80 1F C7 82 80 31 E0 73 FE 21 13 65 57 49 43 43 69 73 6D 13
    > 00 70 00 00 01
    < 01 90 00                              ; 0.21 ms

Everything that passes the reader is written, PINs included; use it with test cards only.
"""

from typing import TextIO

__all__ = ["TraceObserver"]


class TraceObserver:
    """Writes a trace line by line, each line at once.

    Args:
        file: Open for writing; the caller closes it.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._write("# rsplab trace 1")

    def inserted(self, atr: bytes) -> None:
        """Writes that a reader has taken the card."""
        self._write(f"# in the reader\nATR {_hex(atr)}")

    def reset(self, atr: bytes) -> None:
        """Writes a reset and its ATR."""
        self._write(f"ATR {_hex(atr)}")

    def exchanged(self, command: bytes, response: bytes, elapsed_s: float) -> None:
        """Writes a command, its response and how long the card took."""
        self._write(f"> {_hex(command)}\n< {_hex(response):<40} ; {elapsed_s * 1000:.2f} ms")

    def _write(self, lines: str) -> None:
        self._file.write(lines + "\n")
        self._file.flush()


def _hex(octets: bytes) -> str:
    return octets.hex(" ").upper()
