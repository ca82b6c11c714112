"""Links to a card: octets in, octets out, and everything optional as a wrapper around that.

`CardLink` is the whole interface below the LPA driver and the suites. A wrapper is a `CardLink`
over another one: `TracedLink` writes down what passed, `TimedLink` how long it took,
`ResponseChaining` collects 61XX answers, `ReadOnlyLink` lets no lasting change through, and the
fault links lose, cut or break off what passes. They work the same on a simulated and a real card.
"""

from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import DecodeError, LocalError
from rspcore.status import more_data
from rspcore.tags import Tag
from rspcore.tlv import read_header
from rspharness.timing import CommandNames, Timings, stopwatch
from rspharness.trace import Trace
from rspharness.verdicts import LinkFault, TargetLost

__all__ = [
    "CardLink",
    "CutLink",
    "DropLink",
    "PowerOffAfter",
    "PoweredLink",
    "ProtocolLink",
    "ReadOnlyLink",
    "ResponseChaining",
    "TimedLink",
    "TracedLink",
]


class CardLink(Protocol):
    """Carry command APDUs to a card."""

    def transmit(self, command: bytes) -> bytes:
        """Send one command and return its response: data and status word, as the card gave them.

        Raises:
            TargetLost: the card did not answer; what it did with the command is not known.
        """

    def reset(self) -> bytes:
        """Reset the card and return its ATR; channels, selections and sessions are gone.

        Raises:
            TargetLost: the card did not come back.
        """

    def close(self) -> None:
        """Let the card go; the link is of no use afterwards."""


@runtime_checkable
class PoweredLink(CardLink, Protocol):
    """Carry commands to a card whose power is under control."""

    def power_cycle(self) -> bytes:
        """Take the power away, give it back and return the ATR.

        Raises:
            TargetLost: the card did not come back.
        """


@runtime_checkable
class ProtocolLink(CardLink, Protocol):
    """Carry commands to a card by a transmission protocol of the caller's choice."""

    def restart(self, protocol: int) -> bytes:
        """Take the power away, give it back, and go on in a protocol; returns the ATR.

        Args:
            protocol: 0 or 1, one the ATR offers.

        Raises:
            TargetLost: the card did not come back in it.
        """


class _Wrapper:
    """Pass everything on; a wrapper overrides what it changes."""

    def __init__(self, link: CardLink) -> None:
        self._link = link

    def transmit(self, command: bytes) -> bytes:
        """Pass a command on."""
        return self._link.transmit(command)

    def reset(self) -> bytes:
        """Pass a reset on."""
        return self._link.reset()

    def power_cycle(self) -> bytes:
        """Pass a power cycle on; a link without power under control is reset instead."""
        return self._link.power_cycle() if isinstance(self._link, PoweredLink) else self.reset()

    def restart(self, protocol: int) -> bytes:
        """Pass a restart in a protocol on.

        Raises:
            LocalError: the protocol of the link below is not under control.
        """
        if not isinstance(self._link, ProtocolLink):
            raise LocalError("the protocol of this target is not under control")
        return self._link.restart(protocol)

    def close(self) -> None:
        """Close the link below."""
        self._link.close()


class TracedLink(_Wrapper):
    """Write every exchange into a trace, with the time the answer took."""

    def __init__(self, link: CardLink, trace: Trace) -> None:
        super().__init__(link)
        self._trace = trace

    def transmit(self, command: bytes) -> bytes:
        """Pass a command on and write down both directions; a lost answer is written as such."""
        elapsed_ms = stopwatch()
        try:
            response = self._link.transmit(command)
        except TargetLost as error:
            self._trace.lost(command, str(error))
            raise
        self._trace.exchange(command, response, elapsed_ms())
        return response

    def reset(self) -> bytes:
        """Pass a reset on and write down the ATR."""
        atr = self._link.reset()
        self._trace.reset(atr)
        return atr

    def power_cycle(self) -> bytes:
        """Pass a power cycle on and write down the ATR."""
        self._trace.remark("power off and on")
        atr = super().power_cycle()
        self._trace.reset(atr)
        return atr

    def restart(self, protocol: int) -> bytes:
        """Pass a restart in a protocol on and write down the ATR."""
        self._trace.remark(f"power off and on, T={protocol}")
        atr = super().restart(protocol)
        self._trace.reset(atr)
        return atr


class TimedLink(_Wrapper):
    """Note how long each command takes, under the name of its instruction or ES10 function."""

    def __init__(self, link: CardLink, timings: Timings) -> None:
        super().__init__(link)
        self._timings = timings
        self._names = CommandNames()

    def transmit(self, command: bytes) -> bytes:
        """Pass a command on and note the time."""
        elapsed_ms = stopwatch()
        response = self._link.transmit(command)
        self._timings.add(self._names.name(command), elapsed_ms())
        return response


class ResponseChaining(_Wrapper):
    """Collect what 61XX announces and repeat after 6CXX, so that one command has one answer.

    Source: TS 102 221, 7.3.1.1.5; GET RESPONSE goes to the channel of its command.
    """

    _MAX_ROUNDS: Final = 4096

    def transmit(self, command: bytes) -> bytes:
        """Send a command and everything needed to have its whole answer.

        Raises:
            TargetLost: as below, or the card answers 61XX without end.
        """
        response = ResponseApdu.parse(self._link.transmit(command))
        if response.sw >> 8 == 0x6C:
            response = ResponseApdu.parse(
                self._link.transmit(_with_le(command, response.sw & 0xFF))
            )
        parts = [response.data]
        for _ in range(self._MAX_ROUNDS):
            waiting = more_data(response.sw)
            if waiting is None:
                return b"".join(parts) + response.sw.to_bytes(2, "big")
            get_response = bytes((command[0] & 0x4F, Ins.GET_RESPONSE, 0, 0, waiting & 0xFF))
            response = ResponseApdu.parse(self._link.transmit(get_response))
            parts.append(response.data)
        raise TargetLost(f"the card still answers 61XX after {self._MAX_ROUNDS} GET RESPONSE")


def _with_le(command: bytes, le: int) -> bytes:
    parsed = CommandApdu.parse(command)
    return CommandApdu(
        parsed.cla, parsed.ins, parsed.p1, parsed.p2, parsed.data, le or 256
    ).encode()


_LASTING = frozenset(
    {
        Ins.DEACTIVATE_FILE,
        Ins.VERIFY_PIN,
        Ins.CHANGE_PIN,
        Ins.DISABLE_PIN,
        Ins.ENABLE_PIN,
        Ins.UNBLOCK_PIN,
        Ins.INCREASE,
        Ins.ACTIVATE_FILE,
        Ins.ENVELOPE,
        Ins.UPDATE_BINARY,
        Ins.UPDATE_RECORD,
        Ins.SET_DATA,
        Ins.PUT_KEY,
        Ins.INSTALL,
    }
)
_HARMLESS_FUNCTIONS = frozenset(
    {
        Tag.GetEuiccInfo1,
        Tag.GetEuiccInfo2,
        Tag.ListNotification,
        Tag.RetrieveNotificationsList,
        Tag.GetProfilesInfo,
        Tag.GetEuiccChallenge,
        Tag.AuthenticateServer,
        Tag.CancelSession,
        Tag.GetEuiccConfiguredAddresses,
        Tag.GetEuiccData,
        Tag.GetRat,
    }
)


class ReadOnlyLink(_Wrapper):
    """Refuse, before anything is sent, every command that could leave something behind on the card.

    STORE DATA passes only when its first block starts with an ES10 function that reads, or that
    touches nothing but the RSP session. Later blocks follow the decision on the first.
    """

    def __init__(self, link: CardLink) -> None:
        super().__init__(link)
        self._open_chain = False

    def transmit(self, command: bytes) -> bytes:
        """Pass a harmless command on.

        Raises:
            LocalError: the command could change the card. It was not sent.
        """
        parsed = CommandApdu.parse(command)
        if parsed.ins in _LASTING or (parsed.ins == Ins.STORE_DATA and not self._harmless(parsed)):
            raise LocalError(
                f"{parsed!r} could change the card and was not sent; "
                "allow it with --level profiles and --eid"
            )
        return self._link.transmit(command)

    def _harmless(self, command: CommandApdu) -> bool:
        if command.p2:
            return self._open_chain
        try:
            tag, _, _ = read_header(command.data)
        except DecodeError:
            return False  # a truncated first block: better not
        self._open_chain = tag in _HARMLESS_FUNCTIONS
        return self._open_chain


class DropLink(_Wrapper):
    """Lose one command on its way: it is not sent, and no answer comes.

    Args:
        link: The link below.
        number: Which command to lose, counted from 1 after the link was made.
    """

    def __init__(self, link: CardLink, number: int) -> None:
        super().__init__(link)
        self._left = number

    def transmit(self, command: bytes) -> bytes:
        """Pass a command on, except the one to lose.

        Raises:
            LinkFault: this is the command that got lost. The card has not seen it.
        """
        self._left -= 1
        if self._left == 0:
            raise LinkFault("the command was lost before it reached the card")
        return self._link.transmit(command)


class CutLink(_Wrapper):
    """Cut the data of one command short, with a length field that fits what is left."""

    def __init__(self, link: CardLink, number: int, keep: int) -> None:
        """Arm the fault.

        Args:
            link: The link below.
            number: Which command to cut, counted from 1 after the link was made.
            keep: How many data octets are left of it.
        """
        super().__init__(link)
        self._left = number
        self._keep = keep

    def transmit(self, command: bytes) -> bytes:
        """Pass a command on, one of them cut."""
        self._left -= 1
        if self._left == 0:
            whole = CommandApdu.parse(command)
            cut = whole.data[: self._keep]
            command = CommandApdu(whole.cla, whole.ins, whole.p1, whole.p2, cut, whole.le).encode()
        return self._link.transmit(command)


class PowerOffAfter(_Wrapper):
    """Take the power away after a number of commands; the answer of the last is never read.

    Args:
        link: The link below.
        count: After how many commands the power goes.
        power_off: Takes the power away.
    """

    def __init__(self, link: CardLink, count: int, power_off: Callable[[], object]) -> None:
        super().__init__(link)
        self._left = count
        self._power_off = power_off

    def transmit(self, command: bytes) -> bytes:
        """Pass a command on; after the last one the card is off.

        Raises:
            LinkFault: the power is gone. Whether the card finished the command is not known.
        """
        if self._left <= 0:
            raise LinkFault("the card has no power")
        response = self._link.transmit(command)
        self._left -= 1
        if self._left:
            return response
        self._power_off()
        raise LinkFault("the power went before the answer was read")
