"""From what the codes of test profiles are drawn in this process: PINs, PUKs and keys of ADM.

It stands apart from the maker of Profiles, because a run says it before anything makes one, and
imports little. Without it the codes are those built in, as public test profiles have them.
"""

from hashlib import sha256
from itertools import count, pairwise

__all__ = ["draw_codes", "drawn_code", "seed_of_codes"]

_FEWEST_DIGITS = 5
_seeds: list[str] = []


def draw_codes(seed: str | None) -> None:
    """Makes Profiles have codes that depend on a seed from now on; None for those built in."""
    _seeds[:] = [] if seed is None else [seed]


def seed_of_codes() -> str | None:
    """Returns the seed in force, None for the codes built in."""
    return _seeds[0] if _seeds else None


def drawn_code(seed: str, name: str, length: int) -> bytes:
    """Returns a code: so many ASCII digits, irregular enough to be recognised in an answer.

    Args:
        seed: What it depends on.
        name: Which code it is.
        length: Its digits: 7 leave one octet of filling, 8 leave none.
    """
    for attempt in count():
        drawn = sha256(f"{seed}/{name}/{attempt}".encode()).digest()
        digits = bytes(0x30 + one % 10 for one in drawn[:length])
        steps = {after - before for before, after in pairwise(digits)}
        if len(set(digits)) >= _FEWEST_DIGITS and len(steps) >= _FEWEST_DIGITS:
            return digits
    raise AssertionError("count() has no end")
