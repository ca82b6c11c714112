"""The interpreter of profile elements: one module per element, and the table of them.

An element that is not in `ELEMENTS` is decoded, kept and left at that; this is where the files,
keys and applications of a Profile will come to life.
"""

from collections.abc import Mapping
from typing import Final

from rspsim.euicc.pe.header import interpret_header
from rspsim.euicc.pe.interpreter import Interpreter

__all__ = ["ELEMENTS"]

ELEMENTS: Final[Mapping[str, Interpreter]] = {
    "header": interpret_header,
}
"""Component name of an element in the ASN.1 module to what makes sense of it."""
