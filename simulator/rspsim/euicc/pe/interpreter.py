"""What an interpreter of one profile element is given, and what it gives."""

from collections.abc import Callable

from rspcore.profile import ProfileElementTlv
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.personality import Personality

__all__ = ["Interpreter"]

Interpreter = Callable[[ProfileElementTlv, Personality, Decisions], int]
"""Take an element and the facts of the card; return a PEStatus code, 0 when all is well.

Raises DecodeError when the element is not what the ASN.1 module describes.
"""
