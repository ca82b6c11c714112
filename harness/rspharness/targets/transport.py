"""Links to a card: octets in, octets out, and everything optional as a wrapper around that.

`CardLink` is the whole interface below the LPA driver and the suites. A wrapper is a `CardLink`
over another one: `TracedLink` writes down what passed, `TimedLink` how long it took, `GuardedLink`
(`guard`) lets through what is known, and `PowerOffAfter` (`link_faults`) takes the power away.
They work the same on a simulated and a real card.
"""

from typing import Protocol, runtime_checkable

from rspcore.errors import LocalError
from rspharness.record.timing import CommandNames, Timings, stopwatch
from rspharness.record.trace import Trace
from rspharness.record.verdicts import TargetLost

__all__ = [
    "CardLink",
    "ClockedLink",
    "LinkWrapper",
    "PoweredLink",
    "ProtocolLink",
    "TimedLink",
    "TracedLink",
]


class CardLink(Protocol):
    """Carries command APDUs to a card."""

    def transmit(self, command: bytes) -> bytes:
        """Sends one command and returns its response: data and status word, as the card gave them.

        Raises:
            TargetLost: the card did not answer; what it did with the command is not known.
        """

    def reset(self) -> bytes:
        """Resets the card and returns its ATR; channels, selections and sessions are gone.

        Raises:
            TargetLost: the card did not come back.
        """

    def close(self) -> None:
        """Releases the card; the link cannot be used afterwards."""


@runtime_checkable
class PoweredLink(CardLink, Protocol):
    """Carries commands to a card whose power is under control."""

    def power_cycle(self) -> bytes:
        """Switches the power off and on and returns the ATR.

        Raises:
            TargetLost: the card did not come back.
        """


@runtime_checkable
class ProtocolLink(CardLink, Protocol):
    """Carries commands to a card by a transmission protocol that the caller chooses."""

    def restart(self, protocol: int) -> bytes:
        """Switches the power off and on and uses one protocol; returns the ATR.

        Args:
            protocol: 0 or 1, one the ATR offers.

        Raises:
            TargetLost: the card did not come back in it.
        """


class LinkWrapper:
    """Passes everything on; a wrapper overrides what it changes."""

    def __init__(self, link: CardLink) -> None:
        self._link = link

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on."""
        return self._link.transmit(command)

    def reset(self) -> bytes:
        """Passes a reset on."""
        return self._link.reset()

    def power_cycle(self) -> bytes:
        """Passes a power cycle on; a link without power under control is reset instead."""
        return self._link.power_cycle() if isinstance(self._link, PoweredLink) else self.reset()

    def restart(self, protocol: int) -> bytes:
        """Passes a restart in a protocol on.

        Raises:
            LocalError: the protocol of the link below is not under control.
        """
        if not isinstance(self._link, ProtocolLink):
            raise LocalError("the protocol of this target is not under control")
        return self._link.restart(protocol)

    def close(self) -> None:
        """Closes the link below."""
        self._link.close()


@runtime_checkable
class ClockedLink(CardLink, Protocol):
    """A link that knows by itself how long an answer took, such as a replay.

    Attributes:
        answer_ms: Time of the last answer, in milliseconds.
    """

    answer_ms: float


class TracedLink(LinkWrapper):
    """Writes every exchange into a trace, with the time the answer took.

    Attributes:
        trace: The trace.
        answer_ms: Time of the last answer, in milliseconds: by the link below if that knows it,
            else by the clock.
    """

    def __init__(self, link: CardLink, trace: Trace, card: str = "") -> None:
        """Makes it.

        Args:
            link: The link below.
            trace: The trace.
            card: Which card of the trace it is, where there are several; empty for the first.
        """
        super().__init__(link)
        self.trace = trace
        self._card = card
        self.answer_ms = 0.0
        self._clock = link if isinstance(link, ClockedLink) else None

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on and records both directions; a lost answer is recorded as such."""
        self.trace.turn_to(self._card)
        elapsed_ms = stopwatch()
        try:
            response = self._link.transmit(command)
        except TargetLost as error:
            self.trace.lost(command, str(error))
            raise
        self.answer_ms = elapsed_ms() if self._clock is None else self._clock.answer_ms
        self.trace.exchange(command, response, self.answer_ms)
        return response

    def reset(self) -> bytes:
        """Passes a reset on and records the ATR."""
        self.trace.turn_to(self._card)
        atr = self._link.reset()
        self.trace.reset(atr)
        return atr

    def power_cycle(self) -> bytes:
        """Passes a power cycle on and records the ATR."""
        self.trace.turn_to(self._card)
        self.trace.remark("power off and on")
        atr = super().power_cycle()
        self.trace.reset(atr)
        return atr

    def restart(self, protocol: int) -> bytes:
        """Passes a restart in a protocol on and records the ATR."""
        self.trace.turn_to(self._card)
        self.trace.remark(f"power off and on, T={protocol}")
        atr = super().restart(protocol)
        self.trace.reset(atr)
        return atr


class TimedLink(LinkWrapper):
    """Records how long each command takes, under the name of its instruction or ES10 function."""

    def __init__(self, link: CardLink, timings: Timings) -> None:
        super().__init__(link)
        self._timings = timings
        self._names = CommandNames()
        self._clock = link if isinstance(link, ClockedLink) else None

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on and records the time."""
        elapsed_ms = stopwatch()
        response = self._link.transmit(command)
        elapsed = elapsed_ms() if self._clock is None else self._clock.answer_ms
        name = self._names.name(command)
        self._timings.add(name, elapsed)
        self._timings.counted.add(name, command, response, elapsed)
        return response
