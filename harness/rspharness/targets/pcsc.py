"""A card in a PC/SC reader: the same card for every case."""

from collections.abc import Mapping
from typing import Final

from rspcore.errors import ConfigError
from rspharness.record.verdicts import TargetLost
from rspharness.targets.reader import KeptLink, ReaderLink, find_reader
from rspharness.targets.reader_place import ReaderLock, driver_of
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspharness.targets.time_limit import NoAnswer

__all__ = ["PcscTarget"]

_RETURNS_WITHIN_S: Final = 5.0
"""How long a card that was lost is waited for, once; later it is only looked for, in seconds."""


class PcscTarget:
    """The target `pcsc`."""

    simulated = False

    def __init__(self, options: TargetOptions) -> None:
        self.settings: TargetSettings = options.settings
        self.reader = find_reader(options.settings.reader)
        self.name = f'reader "{self.reader}"'
        self._link: ReaderLink | None = None
        self._lock: ReaderLock | None = None
        self._driver = ""
        self._patience_s = _RETURNS_WITHIN_S
        self._silent = False

    def open(self) -> KeptLink:
        """Connects to the card the first time and returns the link.

        Raises:
            TargetLost: there is no card, or another program has it.
            ConfigError: another process of rsplab has the reader, and goes on having it.
        """
        if self._lock is None:
            self._lock = ReaderLock(self.reader)
        if self._link is None:
            self._link = self._connected()
            self._driver = driver_of(self.reader, self._link.said)
        return KeptLink(self._link)

    def _connected(self, patience_s: float = 0.0) -> ReaderLink:
        try:
            return ReaderLink(self.reader, patience_s, self.settings.command_limit_s)
        except NoAnswer:
            self._silent = True
            raise

    def come_back(self) -> bool:
        """Connects anew after the card was lost, and returns whether there is a card again.

        A card that did not answer in time is not asked again.
        """
        if self._silent or (self._link is not None and self._link.overdue):
            return False
        self._disconnect()
        patience_s, self._patience_s = self._patience_s, 0.0
        try:
            self._link = self._connected(patience_s)
        except (TargetLost, ConfigError):
            return False
        self._patience_s = _RETURNS_WITHIN_S
        return True

    def facts(self) -> Mapping[str, str]:
        """Returns reader, driver and protocol."""
        protocol = self._link.protocol if self._link is not None else ""
        return {"reader": self.reader, "driver": self._driver, "protocol": protocol}

    def close(self) -> None:
        """Releases the card and its reader."""
        self._disconnect()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _disconnect(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
