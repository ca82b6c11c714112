"""The ISD-R on a logical channel: ES10 command TLVs by STORE DATA over any card link.

`IsdrChannel` opens a channel, selects the ISD-R and then turns one command TLV into as many STORE
DATA commands as the block size asks for, collecting 61XX with GET RESPONSE and repeating after
6CXX (SGP.22 v2, 5.7.2; TS 102 221, 7.3 and 11.1). Real LPAs differ in block size, in whether they
send Le, and in the class octet of GET RESPONSE; `ChannelOptions` sets these, so that a test can
behave like any of them. What a 91XX announces is noted here; `rspharness.lpa.proactive` fetches it.
"""

import contextlib
from types import TracebackType
from typing import Final, Self

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu, class_for
from rspcore.errors import DecodeError, LocalError, RemoteError, RspError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Aid
from rspcore.messages.v3.lsi_configuration import LsiFunction
from rspcore.status import StatusWord, describe, is_success, more_data, proactive_pending
from rspcore.tags import ISDR_AID, Tag
from rspharness.lpa.es10_functions import Sender
from rspharness.lpa.terminal import Terminal
from rspharness.targets.isdr_aids import ISDR_AIDS
from rspharness.targets.transport import CardLink

__all__ = ["LPAD_CAPABILITY", "ChannelOptions", "CutShortError", "IsdrChannel"]

_TIMES_BUSY: Final = 3
"""How often a terminal sends a command again that was answered 9300 (TS 102 221, 10.2.1)."""

LPAD_CAPABILITY: Final = bytes.fromhex("A903830107")
"""TERMINAL CAPABILITY data: a device with LUId, LPDd and LDSd (TS 102 221, 11.1.19)."""

_MORE_BLOCKS: Final = 0x11
_LAST_BLOCK: Final = 0x91
_WITH_ANSWER: Final = 4
"""Case of a command with data whose answer has data, too (ISO/IEC 7816-3, 12.1)."""
_WARNINGS: Final = (0x62, 0x63)
_MAX_ROUNDS: Final = 4096
"""GET RESPONSE commands after which a card that always answers 61XX is abandoned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOptions:
    """How the LPA talks to a card: the ways in which real LPAs differ.

    Attributes:
        block_size: Data octets of one STORE DATA, 6 to 255.
        send_le: True for case 4 (Le 00 after the data), False for case 3 without Le.
        proprietary_get_response: True for class 8X / CX in GET RESPONSE, False for 0X / 4X.
        channel: Logical channel to open by number (1 to 19), 0 for the basic channel without
            MANAGE CHANNEL, None to let the card assign one.
        terminal_capability: Data of the TERMINAL CAPABILITY sent first, None to send none.
        isdr_aid: AID of the ISD-R; None for the standard one, or where a card does not know that,
            the first of those known from the field.
    """

    block_size: int = 120
    send_le: bool = True
    proprietary_get_response: bool = False
    channel: int | None = None
    terminal_capability: bytes | None = LPAD_CAPABILITY
    isdr_aid: Aid | None = None

    def __post_init__(self) -> None:
        """Refuses a block size or a channel that STORE DATA cannot have."""
        if not 6 <= self.block_size <= 255:
            raise LocalError(f"block size of {self.block_size} octets; expected 6 to 255")
        if self.channel is not None:
            class_for(self.channel, proprietary=True)


class CutShortError(DecodeError):
    """Reports that a card answered with fewer octets than a status word has."""


class IsdrChannel(Sender):
    """Talks to the ISD-R over one logical channel.

    Use it as a context manager, or call `open` and `close`. Not for use by two threads.

    Attributes:
        link: The card link below.
        options: The options chosen.
        isdr_aid: AID of the ISD-R by which it was selected, or is to be; None before a search.
        number: Logical channel in use, None while closed.
        fci: Answer of SELECT ISD-R (6F ..), empty when the card gave none or while closed.
        pending_proactive: Octets of the proactive command the card announced last (91XX), or None.
        refresh_expected: True while what the card announces belongs to a switch it has accepted:
            its REFRESH is fetched by whoever asked for the switch, and by nobody else.
        terminal: What the terminal keeps of the card's toolkit since the last reset.
        lsi: LSI in use where the card's eSIM Ports are configured, None on a card with one port.
    """

    def __init__(self, link: CardLink, options: ChannelOptions | None = None) -> None:
        self.link = link
        self.options = options or ChannelOptions()
        self.isdr_aid = self.options.isdr_aid
        self.number: int | None = None
        self.fci = b""
        self.pending_proactive: int | None = None
        self.refresh_expected = False
        self.terminal = Terminal()
        self.lsi: int | None = None

    def __enter__(self) -> Self:
        """Opens the channel."""
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes the channel; after an error only if the link still works."""
        with contextlib.suppress(RspError) if kind else contextlib.nullcontext():
            self.close()

    def open(self) -> bytes:
        """Sends TERMINAL CAPABILITY, opens a logical channel and selects the ISD-R.

        Returns:
            The FCI, empty when the card returns none.

        Raises:
            RemoteError: the card refused MANAGE CHANNEL or SELECT; no channel stays open.
        """
        options = self.options
        if options.terminal_capability is not None:
            # Cards that do not know it answer 6D00 or 6E00, which is no obstacle (5.7.1).
            self.transmit(
                CommandApdu(0x80, Ins.TERMINAL_CAPABILITY, 0, 0, options.terminal_capability)
            )
        self.number = self._open_channel()
        try:
            self.fci = self._select()
        except RemoteError:
            self.close()
            raise
        return self.fci

    def _open_channel(self) -> int:
        wanted = self.options.channel
        if wanted == 0:
            return 0
        response = self.transmit(
            CommandApdu(0x00, Ins.MANAGE_CHANNEL, 0x00, wanted or 0, le=256 if wanted else 1)
        )
        if not is_success(response.sw):
            raise _refusal("MANAGE CHANNEL (open)", response)
        if wanted is not None:
            return wanted
        if len(response.data) != 1 or not 1 <= response.data[0] <= 19:
            raise RemoteError(
                "MANAGE CHANNEL (open): expected one octet with a channel number from 1 to 19, got "
                f"{response.data.hex(' ').upper() or 'none'}",
                code=f"{response.sw:04X}",
            )
        return response.data[0]

    def _select(self) -> bytes:
        """Selects the ISD-R by its AID; searches it where none is named and none was found yet."""
        refused = ResponseApdu(b"", StatusWord.OK)
        for aid in ISDR_AIDS if self.isdr_aid is None else (self.isdr_aid,):
            response = self._selected(aid)
            if is_success(response.sw):
                self.isdr_aid = aid
                return response.data
            if aid in (ISDR_AID, self.isdr_aid):
                refused = response
            if response.sw != StatusWord.FILE_NOT_FOUND:
                break
        raise RemoteError(
            f"SELECT ISD-R: SW {describe(refused.sw)}; expected 9000. Is this card an eUICC? "
            "Where its ISD-R has an AID of its own, --isdr-aid names it",
            code=f"{refused.sw:04X}",
        )

    def _selected(self, aid: Aid) -> ResponseApdu:
        le = 256 if self.options.send_le else None
        cla = self._class(proprietary=False)
        return self.transmit(CommandApdu(cla, Ins.SELECT, 0x04, 0x00, aid.octets, le))

    def close(self) -> None:
        """Closes the logical channel; a refusal is ignored, the channel counts as closed.

        The basic channel cannot be closed and is only no longer used.
        """
        number, self.number, self.fci = self.number, None, b""
        if number:
            self.transmit(CommandApdu(0x00, Ins.MANAGE_CHANNEL, 0x80, number))

    def reset(self) -> bytes:
        """Resets the card, which closes every channel, and opens a channel to the ISD-R again.

        Returns:
            The ATR.

        Raises:
            RemoteError: as `open`.
        """
        self.forget()
        atr = self.link.reset()
        self.open()
        return atr

    def forget(self) -> None:
        """Treats channel and toolkit as after a reset."""
        self.number, self.fci, self.pending_proactive = None, b"", None
        self.refresh_expected, self.terminal = False, Terminal()
        self.lsi = None

    def reset_in_use(self) -> None:
        """Resets as a REFRESH asks for: the card, or the LSI in use where several are configured.

        The other eSIM Ports go on (SGP.22 v3.1, 2.12).

        Raises:
            RemoteError: the card refused MANAGE LSI (reset), or as `open`.
        """
        lsi = self.lsi
        if lsi is None:
            self.reset()
            return
        self.forget()
        self.lsi = lsi
        response = self.transmit(CommandApdu(0x80, Ins.MANAGE_LSI, LsiFunction.RESET, lsi, le=256))
        if not is_success(response.sw):
            raise _refusal(f"MANAGE LSI (reset {lsi})", response)
        self.open()

    def reopen(self) -> bytes:
        """Opens a channel again after the card has closed all but the basic one.

        Returns:
            The FCI.

        Raises:
            RemoteError: as `open`.
        """
        self.number, self.fci = None, b""
        return self.open()

    @property
    def select_data(self) -> tlv.Tlv | None:
        """Returns the ISD-R data (E0) of the FCI, or None when the card gave none.

        Raises:
            DecodeError: the FCI is not a data object.
        """
        return tlv.parse(self.fci).find(Tag.IsdrSelectData) if self.fci else None

    def _class(self, *, proprietary: bool) -> int:
        if self.number is None:
            raise LocalError("no channel to the ISD-R is open; call open() first")
        return class_for(self.number, proprietary=proprietary)

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Sends one command and collects its whole answer.

        61XX is followed by GET RESPONSE until the last part, 6CXX by the command with the right Le.
        A warning (62XX, 63XX) without data, to a command that has data and Le, is followed by GET
        RESPONSE too: what the card gives then is the data of the warning (TS 102 221, 7.3.1.1.4).
        A 91XX is noted in `pending_proactive`; other status words are returned unchanged.

        Raises:
            RemoteError: the card does not stop answering 61XX.
            CutShortError: the answer has no status word.
        """
        data, sw = self._whole(command, self._answered(command))
        return ResponseApdu(data or self._of_warning(command, sw), sw)

    def _whole(self, command: CommandApdu, response: ResponseApdu) -> tuple[bytes, int]:
        """Returns the data of an answer with all that 61XX announces, and the last status word."""
        parts = [response.data]
        for _ in range(_MAX_ROUNDS):
            waiting = more_data(response.sw)
            if waiting is None:
                return b"".join(parts), response.sw
            response = self._answered(
                CommandApdu(self._get_response_class(command), Ins.GET_RESPONSE, 0, 0, le=waiting)
            )
            parts.append(response.data)
        raise RemoteError(
            f"{command!r}: the card still answers SW {describe(response.sw)} after "
            f"{_MAX_ROUNDS} GET RESPONSE",
            code=f"{response.sw:04X}",
        )

    def _of_warning(self, command: CommandApdu, sw: int) -> bytes:
        """Returns the data that wait behind a warning, none where the card has none."""
        if command.case != _WITH_ANSWER or sw >> 8 not in _WARNINGS:
            return b""
        ask = CommandApdu(self._get_response_class(command), Ins.GET_RESPONSE, 0, 0, le=256)
        data, end = self._whole(command, self._answered(ask))
        return data if is_success(end) else b""

    def _get_response_class(self, command: CommandApdu) -> int:
        return class_for(command.channel or 0, proprietary=self.options.proprietary_get_response)

    def _answered(self, command: CommandApdu) -> ResponseApdu:
        response = self._once(command)
        if response.sw >> 8 == 0x6C:
            response = self._once(replace(command, le=(response.sw & 0xFF) or 256))
        return response

    def _once(self, command: CommandApdu) -> ResponseApdu:
        octets = self.link.transmit(command.encode())
        try:
            response = ResponseApdu.parse(octets)
        except DecodeError as error:
            raise CutShortError(str(error)) from error
        announced = proactive_pending(response.sw)
        if announced is not None:
            self.pending_proactive = announced
        return response

    def store_data_blocks(self, octets: bytes) -> tuple[CommandApdu, ...]:
        """Cuts one command TLV into its STORE DATA commands, without sending them.

        P2 counts from 00 and wraps after FF. An empty input gives one command without data.

        Raises:
            LocalError: no channel is open.
        """
        cla = self._class(proprietary=True)
        size = self.options.block_size
        le = 256 if self.options.send_le else None
        starts = range(0, max(len(octets), 1), size)
        return tuple(
            CommandApdu(
                cla,
                Ins.STORE_DATA,
                _LAST_BLOCK if number == len(starts) - 1 else _MORE_BLOCKS,
                number & 0xFF,
                octets[start : start + size],
                le,
            )
            for number, start in enumerate(starts)
        )

    def send_raw(self, octets: bytes) -> tuple[bytes, int]:
        """Sends octets as one STORE DATA chain and returns data and status word of its last answer.

        Sending stops at the first block the card refuses; its answer is returned. A chain that is
        answered 9300 is sent again: the toolkit is busy, and nothing was done.

        Raises:
            LocalError: no channel is open.
        """
        response = self._sent(octets)
        for _ in range(_TIMES_BUSY):
            if response.sw != StatusWord.TOOLKIT_BUSY:
                break
            self.was_busy()
            response = self._sent(octets)
        return response.data, response.sw

    def _sent(self, octets: bytes) -> ResponseApdu:
        response = ResponseApdu(b"", StatusWord.OK)
        for block in self.store_data_blocks(octets):
            response = self.transmit(block)
            if not is_success(response.sw):
                break
        return response

    def was_busy(self) -> None:
        """Takes note of a 9300, after which a request is sent once more; here nothing is kept."""

    def load_segment(self, octets: bytes) -> tuple[bytes, int]:
        """Sends one segment of a BoundProfilePackage: its own chain, as `send_raw`."""
        return self.send_raw(octets)

    def exchange(self, name: str, octets: bytes) -> bytes:
        """Sends one command TLV and returns the response TLV.

        Args:
            name: Function name for the message of an error.
            octets: The command TLV.

        Raises:
            RemoteError: the card refused; the code is the status word.
        """
        data, sw = self.send_raw(octets)
        if not is_success(sw):
            raise _refusal(name, ResponseApdu(data, sw))
        return data


def _refusal(name: str, response: ResponseApdu) -> RemoteError:
    return RemoteError(
        f"{name}: the card answered SW {describe(response.sw)}; expected 9000",
        code=f"{response.sw:04X}",
    )
