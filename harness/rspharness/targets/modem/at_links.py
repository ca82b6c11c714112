"""Links to a card behind a modem, by the AT commands that carry APDUs (3GPP TS 27.007, 8).

`WholeLink` has +CSIM carry every APDU as it is. `SessionLink` lets the modem open the channels: by
+CCHO with an application, +CGLA for its commands, +CCHC at the end; what is for the basic channel
goes by +CSIM. MANAGE CHANNEL and the first SELECT are translated; nothing else is.
"""

import re
import time  # noqa: TID251  a modem takes real time to switch its card on
from typing import Final

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import DecodeError, LocalError
from rspcore.status import StatusWord
from rspharness.record.timing import stopwatch
from rspharness.record.verdicts import NotApplicable, TargetLost
from rspharness.targets.modem.at_dialogue import AtDialogue, AtRefusedError, CardGone

__all__ = ["ModemPower", "SessionLink", "WholeLink", "carried"]

_ANSWER: Final = re.compile(r'(\d+) *, *"?([0-9A-Fa-f]*)"?')
_BACK_WITHIN_S: Final = 20.0
"""How long a modem may take to find its card after +CFUN=1, in seconds."""
_POLL_S: Final = 0.2
_NOT_FOUND: Final = "22"
_CHANNELS: Final = range(1, 20)
_CLOSE: Final = 0x80
_BY_NAME: Final = 0x04
_OK: Final = ResponseApdu(b"", StatusWord.OK).encode()


def carried(modem: AtDialogue, command: str, prefix: str, apdu: bytes) -> bytes:
    """Sends an APDU by +CSIM or +CGLA and returns the response APDU.

    Its length may be given in characters, as the specification says, or in octets.

    Args:
        modem: The modem.
        command: The AT command up to the length, such as "AT+CSIM=".
        prefix: Beginning of its answer.
        apdu: The command APDU.

    Raises:
        AtRefusedError: the modem refused; whether the card has the command is not known.
        TargetLost: no answer, or none that can be read.
    """
    digits = apdu.hex().upper()
    answer = modem.ask(f'{command}{len(digits)},"{digits}"', prefix)
    found = _ANSWER.fullmatch(answer)
    octets = bytes.fromhex(found[2]) if found is not None and not len(found[2]) % 2 else b""
    if found is None or len(octets) < 2 or int(found[1]) not in (len(found[2]), len(octets)):
        raise TargetLost(
            f'{prefix} expected a length and that many digits with a status word, got "{answer}"'
        )
    return octets


class ModemPower:
    """The power of a card, which goes off and on with the functions of its modem.

    Args:
        modem: The modem.
        needed: False when the card is as after a reset already, for the first one.
    """

    def __init__(self, modem: AtDialogue, *, needed: bool = True) -> None:
        self._modem = modem
        self._needed = needed

    def cycle(self) -> bytes:
        """Switches the card off and on by +CFUN; returns no ATR, because a modem shows none.

        Raises:
            TargetLost: the card did not come back.
        """
        if self._needed:
            try:
                self._modem.ask("AT+CFUN=0")
                self._modem.ask("AT+CFUN=1")
                self._wait_for_card()
            except AtRefusedError as refusal:
                raise TargetLost(f"the card was not switched off and on: {refusal}") from refusal
        self._needed = True
        return b""

    def _wait_for_card(self) -> None:
        """Returns when the modem has its card again; until then it says that there is none."""
        elapsed_ms = stopwatch()
        while True:
            try:
                self._modem.ask("AT+CPIN?")
            except CardGone:
                if elapsed_ms() > _BACK_WITHIN_S * 1000:
                    raise
            else:
                return
            time.sleep(_POLL_S)


class WholeLink:
    """Carries every APDU as it is, by +CSIM.

    Args:
        modem: The modem.
        power: The power of its card.
    """

    def __init__(self, modem: AtDialogue, power: ModemPower) -> None:
        self._modem = modem
        self._power = power

    def transmit(self, command: bytes) -> bytes:
        """Sends one command and returns its response.

        Raises:
            TargetLost: the modem gave none.
        """
        try:
            return carried(self._modem, "AT+CSIM=", "+CSIM:", command)
        except AtRefusedError as refusal:
            raise TargetLost(
                f"{refusal}; whether the card has the command is not known"
            ) from refusal

    def reset(self) -> bytes:
        """Switches the card off and on; returns no octets, as a modem shows no ATR."""
        return self._power.cycle()

    def power_cycle(self) -> bytes:
        """Switches the card off and on; returns no octets."""
        return self.reset()

    def close(self) -> None:
        """Does nothing: the target keeps the port."""


class SessionLink(WholeLink):
    """Has the modem open the channels, by +CCHO, +CGLA and +CCHC.

    A channel that is opened here gets a number at once, and its session with the first SELECT by
    AID. The class octet in +CGLA names no channel: the modem fills it in.

    Attributes:
        basic: Whether the modem has +CSIM, for the basic channel.
    """

    def __init__(self, modem: AtDialogue, power: ModemPower, *, basic: bool = True) -> None:
        """Takes a modem.

        Args:
            modem: The modem.
            power: The power of its card.
            basic: Whether it has +CSIM, for the basic channel.
        """
        super().__init__(modem, power)
        self.basic = basic
        self._sessions: dict[int, str] = {}

    def transmit(self, command: bytes) -> bytes:
        """Sends one command and returns its response.

        Raises:
            NotApplicable: a modem that opens channels itself cannot carry this command.
            LocalError: a command on the basic channel, and the modem has no +CSIM.
            TargetLost: the modem gave no response.
        """
        try:
            read = CommandApdu.parse(command)
        except DecodeError as error:
            raise NotApplicable(f"no APDU that +CGLA can carry: {error}") from error
        if read.ins == Ins.MANAGE_CHANNEL:
            return self._manage(read)
        number = read.channel or 0
        if not number:
            if not self.basic:
                raise LocalError(
                    f"{command[:4].hex(' ').upper()}: the modem has no +CSIM, which a command on "
                    "the basic channel needs"
                )
            return super().transmit(command)
        session = self._sessions.get(number)
        if session is None:
            raise NotApplicable(f"channel {number} is not open; the modem opens channels itself")
        if not session:
            if read.ins != Ins.SELECT or read.p1 != _BY_NAME:
                raise NotApplicable("the modem opens a channel only with an application (+CCHO)")
            return self._begin(number, command, read)
        return self._in_session(session, command)

    def _in_session(self, session: str, command: bytes) -> bytes:
        basic = bytes((_on_basic_channel(command[0]),)) + command[1:]
        try:
            return carried(self._modem, f"AT+CGLA={session},", "+CGLA:", basic)
        except AtRefusedError as refusal:
            raise TargetLost(
                f"{refusal}; whether the card has the command is not known"
            ) from refusal

    def _manage(self, command: CommandApdu) -> bytes:
        """Opens or closes a channel of this link; nothing is sent before an application is named.

        Raises:
            NotApplicable: no channel of this link, or all of them are in use.
        """
        if command.p1 == _CLOSE and command.p2 in self._sessions:
            self._end(command.p2)
            return _OK
        free = [one for one in _CHANNELS if one not in self._sessions]
        if command.p1 or command.channel or not free or command.p2 in self._sessions:
            raise NotApplicable("the modem opens and closes channels itself (+CCHO, +CCHC)")
        number = command.p2 or free[0]
        self._sessions[number] = ""
        return _OK if command.p2 else bytes((number,)) + _OK

    def _begin(self, number: int, command: bytes, read: CommandApdu) -> bytes:
        """Opens the session of a channel; returns the answer to SELECT, sent in it once more.

        Raises:
            TargetLost: the modem refuses, for another reason than that the card has no such AID.
        """
        aid = read.data.hex().upper()
        try:
            session = self._modem.ask(f'AT+CCHO="{aid}"', "+CCHO:", "[0-9A-Fa-f]+").strip('"')
        except AtRefusedError as refusal:
            if refusal.code == _NOT_FOUND:
                return StatusWord.FILE_NOT_FOUND.to_bytes(2, "big")
            raise TargetLost(f"{refusal}; is every channel of the card in use?") from refusal
        if not session:
            raise TargetLost("+CCHO: expected a session, got none")
        self._sessions[number] = session
        return self._in_session(session, command)

    def _end(self, number: int) -> None:
        session = self._sessions.pop(number)
        if session:
            try:
                self._modem.ask(f"AT+CCHC={session}")
            except AtRefusedError as refusal:
                raise TargetLost(f"{refusal}; the channel may still be open") from refusal

    def reset(self) -> bytes:
        """Closes the sessions, and switches the card off and on; returns no octets."""
        for number in tuple(self._sessions):
            self._end(number)
        return super().reset()

    def close(self) -> None:
        """Closes the sessions; the target keeps the port."""
        for number in tuple(self._sessions):
            self._end(number)


def _on_basic_channel(cla: int) -> int:
    """Returns a class octet with the same coding and security, and no channel."""
    return cla & 0x80 | (cla & 0x20) >> 3 if cla & 0x40 else cla & 0xFC
