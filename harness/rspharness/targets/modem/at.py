"""A card behind a modem with AT commands: the same card for every case.

A run prefers to send every APDU as it is (+CSIM); where the modem carries none on logical channels
that way, it opens the channels itself (+CCHO), and cases of MANAGE CHANNEL do not apply. An LPA
prefers +CCHO, as modems expect of it, and falls back to +CSIM.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Final

from rspcore.errors import ConfigError
from rspcore.tags import ISDR_AID
from rspharness.record.verdicts import TargetLost
from rspharness.targets.modem.at_dialogue import AtDialogue, AtRefusedError
from rspharness.targets.modem.at_links import ModemPower, SessionLink, WholeLink, carried
from rspharness.targets.modem.serial_port import SerialPort
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions

__all__ = ["AtTarget"]

_OPEN: Final = bytes.fromhex("0070000001")
_SUCCESS: Final = (0x90, 0x91)
"""First octets of 9000, and of 91XX: the same, and a proactive command waits."""
_NOT_FOUND: Final = "22"


class AtTarget:
    """The target `at`."""

    simulated = False

    def __init__(self, options: TargetOptions, *, sessions_first: bool = False) -> None:
        """Takes the port of a modem; it is opened with the first card.

        Args:
            options: The choices of the command line; the port stands for the reader.
            sessions_first: True to have the modem open channels, and to leave its radio alone
                until a reset is asked for a second time.

        Raises:
            ConfigError: no port is named.
        """
        self.settings: TargetSettings = options.settings
        if not options.settings.reader:
            raise ConfigError("--target at: name the port of the modem, as in at:/dev/ttyUSB2")
        self._sessions_first = sessions_first
        self.name = f"modem at {options.settings.reader}"
        self._port: SerialPort | None = None
        self._link: WholeLink | None = None
        self._facts: dict[str, str] = {"reader": options.settings.reader}

    def open(self) -> WholeLink:
        """Opens the port the first time, and returns the link.

        Raises:
            TargetLost: the modem does not answer, or has no card.
            ConfigError: there is no such port, or the modem has no command that carries APDUs.
        """
        if self._link is None:
            self._link = self._connected()
        return self._link

    def _connected(self) -> WholeLink:
        self._port = SerialPort(self.settings.reader, self.settings.command_limit_s)
        modem = AtDialogue(self._port, self.settings.command_limit_s)
        modem.prepare()
        self._facts["driver"] = " ".join(_names(modem))
        ways = (self._whole, self._sessions)
        for way in reversed(ways) if self._sessions_first else ways:
            if (link := way(modem)) is not None:
                return link
        raise ConfigError(
            f"{self.name}: expected a modem with +CCHO, +CGLA and +CCHC, or with +CSIM, that carry "
            "APDUs on logical channels; it has neither"
        )

    def _whole(self, modem: AtDialogue) -> WholeLink | None:
        """Returns a link by +CSIM if the modem carries commands on a further channel that way."""
        try:
            opened = carried(modem, "AT+CSIM=", "+CSIM:", _OPEN)
            if len(opened) != 3 or opened[1] not in _SUCCESS or not 0 < opened[0] < 4:
                return None
            number = opened[0]
            carried(modem, "AT+CSIM=", "+CSIM:", bytes((0x80 | number, 0xF2, 0x00, 0x0C)))
            carried(modem, "AT+CSIM=", "+CSIM:", bytes((0x00, 0x70, 0x80, number)))
        except AtRefusedError:
            return None
        self._facts["protocol"] = "AT+CSIM"
        return WholeLink(modem, self._power(modem))

    def _sessions(self, modem: AtDialogue) -> WholeLink | None:
        """Returns a link by +CCHO if the modem opens channels itself.

        It is tried, because not every modem that has the command says so.
        """
        try:
            session = modem.ask(f'AT+CCHO="{ISDR_AID}"', "+CCHO:", "[0-9A-Fa-f]+").strip('"')
            modem.ask(f"AT+CCHC={session}")
        except AtRefusedError as refusal:
            if refusal.code != _NOT_FOUND:
                return None
        self._facts["protocol"] = "AT+CCHO"
        return SessionLink(modem, self._power(modem), basic=_has_basic(modem))

    def _power(self, modem: AtDialogue) -> ModemPower:
        return ModemPower(modem, needed=not self._sessions_first)

    @property
    def is_terminal(self) -> bool:
        """Returns whether the modem alone has the basic channel, for TERMINAL CAPABILITY too."""
        return isinstance(self._link, SessionLink) and not self._link.basic

    def come_back(self) -> bool:
        """Opens the port anew, and returns whether there is a card again.

        A modem that did not answer in time is not asked again.
        """
        if self._port is not None and self._port.overdue:
            return False
        self.close()
        try:
            self._link = self._connected()
        except (TargetLost, ConfigError, AtRefusedError):
            return False
        return True

    def facts(self) -> Mapping[str, str]:
        """Returns port, maker and firmware of the modem, and the command that carries APDUs."""
        return dict(self._facts)

    def close(self) -> None:
        """Closes the port."""
        self._link = None
        if self._port is not None:
            self._port.close()
            self._port = None


def _names(modem: AtDialogue) -> Iterator[str]:
    """Yields maker, model and firmware of a modem, as far as it names them."""
    for command in ("AT+CGMI", "AT+CGMM", "AT+CGMR"):
        with contextlib.suppress(AtRefusedError):
            yield modem.ask(command, f"{command[2:]}:", "[^+^].*")


def _has_basic(modem: AtDialogue) -> bool:
    """Returns whether +CSIM carries a STATUS on the basic channel."""
    try:
        carried(modem, "AT+CSIM=", "+CSIM:", bytes.fromhex("80F2000C"))
    except AtRefusedError:
        return False
    return True
