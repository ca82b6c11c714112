"""A card in a PC/SC reader: the same card for every case."""

from collections.abc import Mapping

from rspharness.targets.reader import KeptLink, ReaderLink, find_reader
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions

__all__ = ["PcscTarget"]


class PcscTarget:
    """The target `pcsc`."""

    simulated = False

    def __init__(self, options: TargetOptions) -> None:
        self.settings: TargetSettings = options.settings
        self.reader = find_reader(options.settings.reader)
        self.name = f'reader "{self.reader}"'
        self._link: ReaderLink | None = None

    def open(self) -> KeptLink:
        """Connects to the card the first time and returns the link.

        Raises:
            TargetLost: there is no card, or another program has it.
        """
        if self._link is None:
            self._link = ReaderLink(self.reader)
        return KeptLink(self._link)

    def facts(self) -> Mapping[str, str]:
        """Returns reader and protocol."""
        protocol = self._link.protocol if self._link is not None else ""
        return {"reader": self.reader, "protocol": protocol}

    def close(self) -> None:
        """Releases the card."""
        if self._link is not None:
            self._link.close()
            self._link = None
