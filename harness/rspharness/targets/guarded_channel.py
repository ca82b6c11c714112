"""What the guard of a real card knows of one logical channel: application, STORE DATA chain.

It follows what was sent and how the card answered. What is not sure counts as not known.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from rspcore.apdu import CommandApdu
from rspharness.targets.guard_tables import tag_of

__all__ = ["GuardedChannel"]

_BY_NAME: Final = 0x04
_NEXT_OR_TERMINATION: Final = 0x63
"""Bits of P2 of SELECT: another occurrence, end of the application (TS 102 221, 11.1.1)."""
_LAST_BIT: Final = 0x80


@dataclass(slots=True)
class GuardedChannel:
    """One logical channel.

    Attributes:
        application: AID by which the application was selected, empty when that is not known.
        open: True while a STORE DATA chain goes on.
        undecided: True while its octets so far do not contain the whole tag of the function.
        request: All its octets so far.
        number: Number of the block that comes next in it.
    """

    application: bytes = b""
    open: bool = False
    undecided: bool = False
    request: bytes = b""
    number: int = 0

    def continues(self, command: CommandApdu) -> bool:
        """Returns whether a STORE DATA is the block that comes next in the chain."""
        return self.open and command.p2 == self.number

    def stored(self, command: CommandApdu, *, taken: bool) -> None:
        """Takes note of a STORE DATA that was answered; a refused one ends its chain.

        Args:
            command: The command.
            taken: True when the card did not refuse it.
        """
        goes_on = self.continues(command)
        self.request = (self.request if goes_on else b"") + command.data
        self.undecided = (self.undecided or not goes_on) and tag_of(self.request) is None
        self.open = taken and not command.p1 & _LAST_BIT and (goes_on or not command.p2)
        self.number = (command.p2 + 1) & 0xFF

    def selected(self, command: CommandApdu, *, taken: bool, isdrs: Collection[bytes]) -> None:
        """Takes note of a SELECT that was answered; a refused one leaves the ISD-R selected.

        Args:
            command: The command.
            taken: True when the card did not refuse it.
            isdrs: AIDs of the ISD-R.
        """
        self.open = False
        if taken:
            by_name = command.p1 == _BY_NAME and not command.p2 & _NEXT_OR_TERMINATION
            self.application = command.data if by_name else b""
        elif self.application not in isdrs:
            self.application = b""
