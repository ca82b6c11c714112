"""The look-up of what a user names: found, or refused with the names that come near."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from rspcore.errors import LocalError

__all__ = ["Named", "find_named"]


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """Returns the name."""


N = TypeVar("N", bound=Named)


def find_named(name: str, among: Iterable[N], kind: str, listing: str) -> N:
    """Returns the one with this name.

    Args:
        name: The name.
        among: All there are.
        kind: What they are, in the singular, for the message.
        listing: Command that lists them, for the message.

    Raises:
        LocalError: there is none; the message names those that come near.
    """
    known = {one.name: one for one in among}
    if name in known:
        return known[name]
    from difflib import get_close_matches  # noqa: PLC0415  for mistakes alone

    near = get_close_matches(name, known, n=3)
    hint = f"did you mean {', '.join(near)}? " if near else ""
    raise LocalError(f"{kind} {name!r} is not known; {hint}`{listing}` lists all {len(known)}")
