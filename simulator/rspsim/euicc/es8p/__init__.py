"""ES8+ as it reaches the card: the segments of a BoundProfilePackage and the five commands in them.

`segments` knows which segment may follow which and turns each step into an answer; one module per
command knows its checks.
"""

from rspsim.euicc.es8p.segments import SEGMENT_TAGS, load

__all__ = ["SEGMENT_TAGS", "load"]
