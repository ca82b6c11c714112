"""Choices and the clock of our own server, for what no message of a client can bring about."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rspharness.peers.provision import Management, Provision
from rspharness.record.verdicts import NotApplicable

__all__ = ["advance_clock", "held_policy"]


def _port(provision: Provision, what: str) -> Management:
    if not isinstance(provision, Management):
        raise NotApplicable(f"only our own server can be asked to {what}")
    return provision


@contextmanager
def held_policy(provision: Provision, members: Mapping[str, Any]) -> Iterator[None]:
    """Holds choices of the server, by their members in JSON.

    Raises:
        NotApplicable: it is another server than ours.
        Inconclusive: its management port refuses.
    """
    port = _port(provision, f"choose {', '.join(members)}")
    before = port.call("GET", "/policy")
    port.call("PATCH", "/policy", members)
    try:
        yield
    finally:
        port.call("PATCH", "/policy", {name: before[name] for name in members})


def advance_clock(provision: Provision, seconds: int) -> None:
    """Moves the clock of the server forward.

    Raises:
        NotApplicable: it is another server than ours.
        Inconclusive: its management port refuses.
    """
    _port(provision, "move its clock").call("PATCH", "/clock", {"advance": seconds})
