"""The card of a case: the ISD-R channel of the LPA driver, with what a suite needs around it.

`Card` is an `IsdrChannel` that opens by itself when the first ES10 command is sent, opens again
after a reset, takes malformed requests, and observes the card's lasting state. Commands for the
basic channel (files, applications, toolkit) go through `transmit`, whole answers, or
`transmit_raw`, one APDU as it is. The procedures of `rspharness.lpa` take a `Card` wherever they
take a channel.

It is a plain terminal too: what the card's toolkit announces is fetched and answered after TERMINAL
PROFILE and before each ES10c command, so that the menu or timer of an operator disturbs no case.
What follows an accepted switch is left to the case, which looks for its REFRESH.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import DecodeError, LocalError, RemoteError
from rspcore.status import StatusWord, is_success
from rspharness.card.asking import AskingChannel, first_tag, outline
from rspharness.card.known_secrets import KnownSecrets
from rspharness.card.listed import (
    UnobservedError,
)
from rspharness.lpa.isdr_channel import ChannelOptions, CutShortError
from rspharness.lpa.proactive import free_toolkit
from rspharness.record.timing import Timings
from rspharness.record.verdicts import LinkFault, NotApplicable
from rspharness.targets.link_faults import PowerOffAfter
from rspharness.targets.power_inside import PowerLosing, PowerOffInside
from rspharness.targets.transport import CardLink, PoweredLink, ProtocolLink

__all__ = ["TERMINAL_PROFILE", "Card"]

TERMINAL_PROFILE: Final = b"\xff" * 20
"""A terminal with the toolkit of every early release, but without "eUICC Profile State Change"."""

_ES10C: Final = frozenset({0xBF29, 0xBF2D, 0xBF31, 0xBF32, 0xBF33, 0xBF34, 0xBF3E})
_SWITCHES: Final = frozenset({0xBF31, 0xBF32, 0xBF34})
"""Tags of EnableProfile, DisableProfile and eUICCMemoryReset, which are followed by REFRESH."""
_PACKAGE: Final = 0xBF44
"""Tag of LoadRpmPackage, whose commands may end in a REFRESH."""
_CAT_BUSY: Final = 5
_MAX_PROFILES_SENT: Final = 3
"""TERMINAL PROFILEs after which a card that asks for a reset each time is taken as it is."""
_SELECTION: Final = "ISD-R.Select#01"
_SELECTION_AGAIN: Final = "ISD-R.Select#19"
_SELECTION_AFTER_RESET: Final = "ISD-R.Select#20"


class Card(AskingChannel):
    """The card under test.

    Attributes:
        timings: Times of commands and procedures of this case.
        last: The command TLV sent last, for the message of a failure.
        atr: Answer to the last reset.
        terminal_profile: Data of the TERMINAL PROFILE sent before the ISD-R is selected, None to
            send none.
        secrets: What the run knows and no answer may contain.
        keeps_channels: Whether a reset leaves channels open on this card, which is a matter of one
            row: elsewhere the power is switched off and on in place of a reset.
        toolkit_problem: How the card broke the protocol of its toolkit last, empty if it did not.
    """

    def __init__(
        self, link: CardLink, options: ChannelOptions | None = None, timings: Timings | None = None
    ) -> None:
        super().__init__(link, options)
        self.timings = timings or Timings()
        self.last = ""
        self.atr = b""
        self.terminal_profile: bytes | None = TERMINAL_PROFILE
        self.secrets = KnownSecrets()
        self.keeps_channels = False
        self.toolkit_problem = ""
        self._selection = _SELECTION

    def open(self) -> bytes:
        """Sends TERMINAL PROFILE and opens the channel to the ISD-R; returns the FCI.

        What the card's toolkit announces is answered before. A reset it asks for begins anew.

        Raises:
            UnobservedError: the card refused MANAGE CHANNEL or SELECT; no channel stays open.
        """
        for _ in range(_MAX_PROFILES_SENT):
            if self.terminal_profile is not None:
                self.transmit(CommandApdu(0x80, Ins.TERMINAL_PROFILE, 0, 0, self.terminal_profile))
            number, terminal = self.number, self.terminal
            self.play_terminal()
            if self.number != number:
                return self.fci  # opened while a REFRESH was carried out
            if self.terminal is terminal:
                break
        try:
            fci = super().open()
        except RemoteError as error:
            wanted = "a channel with the ISD-R selected"
            raise UnobservedError(self._selection, wanted, str(error)) from error
        self._selection = _SELECTION_AGAIN
        return fci

    def play_terminal(self) -> None:
        """Answers what the toolkit announces, unless it belongs to a switch; see `free_toolkit`.

        A card that breaks the protocol there is noted: no case but those of the toolkit is about
        it.
        """
        try:
            free_toolkit(self)
        except (RemoteError, DecodeError) as error:
            self.pending_proactive = None
            self.toolkit_problem = str(error)
            self.note(f"what the card's toolkit announced was not carried out: {error}")

    def _class(self, *, proprietary: bool) -> int:
        if self.number is None:
            self.open()
        return super()._class(proprietary=proprietary)

    def reset(self) -> bytes:
        """Resets the card and returns the ATR; the next ES10 command selects the ISD-R again."""
        if self._selection == _SELECTION_AGAIN:
            self._selection = _SELECTION_AFTER_RESET
        if self.keeps_channels and isinstance(self.link, PoweredLink):
            self.note("switched off and on in place of a reset, which leaves channels open")
            return self.power_cycle()
        self.forget_channel()
        self.atr = self.link.reset()
        return self.atr

    @property
    def known_atr(self) -> bytes:
        """Returns the ATR of the last reset.

        Raises:
            NotApplicable: a modem that has the card does not show it.
        """
        if not self.atr:
            raise NotApplicable("the modem that has the card does not show its ATR")
        return self.atr

    def power_cycle(self) -> bytes:
        """Switches the power off and on; returns the ATR.

        Raises:
            TargetLost: the card did not come back.
            LocalError: the power of this target is not under control.
        """
        if not isinstance(self.link, PoweredLink):
            raise LocalError("the power of this target is not under control")
        self.forget_channel()
        self.atr = self.link.power_cycle()
        return self.atr

    def restart(self, protocol: int) -> bytes:
        """Switches the power off and on and uses T=0 or T=1; returns the ATR.

        Raises:
            TargetLost: the card did not come back in this protocol.
            LocalError: the protocol of this target is not under control.
        """
        if not isinstance(self.link, ProtocolLink):
            raise LocalError("the protocol of this target is not under control")
        self.forget_channel()
        self.atr = self.link.restart(protocol)
        return self.atr

    def forget_channel(self) -> None:
        """Treats the channel as closed, as after a reset or a REFRESH the card carried out."""
        self.forget()

    def transmit_raw(self, command: bytes | CommandApdu) -> ResponseApdu:
        """Sends one APDU as it is and returns its answer, 61XX and 6CXX not followed.

        A first block of STORE DATA for which the toolkit is busy, 9300, is sent once more.
        """
        octets = command.encode() if isinstance(command, CommandApdu) else command
        response = ResponseApdu.parse(self.link.transmit(octets))
        first = octets[1:2] == bytes((Ins.STORE_DATA,)) and octets[3:4] == b"\0"
        if first and response.sw == StatusWord.TOOLKIT_BUSY:
            self.was_busy()
            response = ResponseApdu.parse(self.link.transmit(octets))
        return response

    def was_busy(self) -> None:
        """Notes that a request was answered 9300 and sent once more."""
        self.note("STORE DATA was answered 9300, the toolkit is busy; it was sent once more")

    def apdu(self, text: str) -> ResponseApdu:
        """Sends one APDU given in hexadecimal and returns its whole answer."""
        return self.transmit(CommandApdu.parse(bytes.fromhex(text)))

    def send_raw(self, octets: bytes) -> tuple[bytes, int]:
        """Sends octets as one STORE DATA chain, sound or not; returns data and status word.

        Before an ES10c command, what the card's toolkit announces is answered. A switch that is
        answered with catBusy(5), and with the reason to be busy announced, is sent once more.
        """
        self.last = outline(octets)
        tag = first_tag(octets)
        if tag in _ES10C and self.number is not None:
            self.play_terminal()
        try:
            data, sw = super().send_raw(octets)
        except CutShortError:
            self.reset()  # what such a card makes of its channels is not known
            raise
        if tag in _SWITCHES and self.pending_proactive is not None and not self.refresh_expected:
            if data.endswith(bytes((_CAT_BUSY,))):
                self.play_terminal()
                data, sw = super().send_raw(octets)
            self.refresh_expected = _accepted(data, sw) and self.pending_proactive is not None
        if tag == _PACKAGE and self.pending_proactive is not None:
            self.refresh_expected = True
        return data, sw

    def store(self, octets: bytes) -> ResponseApdu:
        """Sends octets as `send_raw` does and returns the answer as one value."""
        return ResponseApdu(*self.send_raw(octets))

    @contextmanager
    def through(self, wrapper: Callable[[CardLink], CardLink]) -> Iterator[None]:
        """Puts a wrapper, such as a link fault, in front of the link inside the block.

        A `LinkFault` ends the block without an error: the loss was intended.
        """
        plain = self.link
        self.link = wrapper(plain)
        try:
            yield
        except LinkFault:
            self.forget_channel()
        finally:
            self.link = plain

    @contextmanager
    def power_lost_after(self, commands: int) -> Iterator[None]:
        """Cuts the power after a number of commands inside the block, then restores it.

        The answer of the last command is never read: whether the card finished it is not known.
        GET RESPONSE counts as a command. The block ends there.
        """
        with self.through(lambda link: PowerOffAfter(link, commands, bool)):
            yield
        self.power_cycle()

    @contextmanager
    def power_lost_inside(self, target: PowerLosing, pieces: int) -> Iterator[None]:
        """Takes the power inside the next command that writes something, then restores it.

        Args:
            target: The place of the card.
            pieces: How many of the pieces that it writes are kept.
        """
        target.lose_power(pieces)
        try:
            with self.through(lambda link: PowerOffInside(link, target)):
                yield
        finally:
            target.lose_power(None)
        self.power_cycle()


def _accepted(data: bytes, sw: int) -> bool:
    """Returns whether a switch was answered with ok(0), the last octet of its answer."""
    return is_success(sw) and data.endswith(b"\0")
