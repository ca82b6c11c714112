"""A target whose every exchange is written into a recording while it is used."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TextIO

from rspcore.errors import ConfigError
from rspcore.pki.bundle import Pki
from rspharness.record.recording import LARGEST, SESSION, begin
from rspharness.record.timing import stopwatch
from rspharness.record.trace import Trace
from rspharness.record.verdicts import TargetLost
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import Target
from rspharness.targets.transport import ClockedLink, LinkWrapper, PoweredLink

__all__ = ["RecordedTarget", "ci_keys", "described"]

_DECLARED: Final = ("version", "options", "values", "deviations", "budgets_ms")
"""What of the target file a replay repeats."""


def described(target: Target) -> dict[str, Any]:
    """Returns what a replay has to know of a target, as JSON values."""
    declared = {name: getattr(target.settings, name) for name in _DECLARED}
    return {
        "simulated": target.simulated,
        "name": target.name,
        "declared": json.loads(json.dumps(declared, default=dict)),
    }


def ci_keys(pki: Pki) -> list[str]:
    """Returns the key identifiers of the CIs of a run, in hexadecimal."""
    found = (pki.ci(curve).certificate.subject_key_identifier for curve in pki.curves)
    return [one.hex().upper() for one in found if one is not None]


class RecordedTarget:
    """Another target, written down.

    It keeps no snapshots, and a card that was lost does not come back: what is replayed can do
    neither.

    Attributes:
        settings: What the target file declares.
    """

    def __init__(self, target: Target, path: Path, about: Mapping[str, Any]) -> None:
        """Makes the file.

        Args:
            target: The target.
            path: The new file of the recording.
            about: How the run was made, as JSON values.

        Raises:
            ConfigError: the file is there already, or cannot be made.
        """
        self._target = target
        self.settings: TargetSettings = target.settings
        self._file = _Bounded(path, begin(path, {**described(target), **about}))
        self._label = ""

    @property
    def name(self) -> str:
        """Returns the name of the target."""
        return self._target.name

    @property
    def simulated(self) -> bool:
        """Returns whether each case gets a new card."""
        return self._target.simulated

    def label(self, name: str) -> None:
        """Takes the seed label of the case that the next session is for."""
        self._label = name.strip()

    def open(self) -> PoweredLink:
        """Opens the target and begins a session."""
        link = self._target.open()
        label, self._label = self._label, ""
        self._file.write(f"# {SESSION} {label}".rstrip())
        return _RecordedLink(link, self._file)

    def facts(self) -> Mapping[str, str]:
        """Returns what is known of the place of the card, and the name of the recording."""
        return {**self._target.facts(), "recording": self._file.path.name}

    def close(self) -> None:
        """Releases the card and closes the file."""
        self._target.close()
        self._file.close()


class _Bounded:
    """The file, of bounded size."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self.path = path
        self._file = file
        self._size = 0

    def write(self, *lines: str) -> None:
        """Writes lines.

        Raises:
            ConfigError: the file would become too large, or the disk is full.
        """
        text = "".join(f"{line}\n" for line in lines)
        self._size += len(text)
        if self._size > LARGEST:
            raise ConfigError(
                f"recording {self.path}: reached {LARGEST >> 20} MiB; record fewer cases by --case"
            )
        try:
            self._file.write(text)
        except OSError as error:
            raise ConfigError(f"recording {self.path}: {error.strerror}") from error

    def close(self) -> None:
        """Closes the file.

        Raises:
            ConfigError: the disk is full; the recording is not whole.
        """
        try:
            self._file.close()
        except OSError as error:
            raise ConfigError(
                f"recording {self.path}: {error.strerror}; it is not whole"
            ) from error


class _RecordedLink(LinkWrapper):
    """Writes down what passes.

    Attributes:
        answer_ms: Time of the last answer, in milliseconds, as `TracedLink` has it.
    """

    def __init__(self, link: PoweredLink, file: _Bounded) -> None:
        super().__init__(link)
        self._file = file
        self.answer_ms = 0.0
        self._clock = link if isinstance(link, ClockedLink) else None

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on."""
        trace = Trace()
        elapsed_ms = stopwatch()
        try:
            response = self._link.transmit(command)
        except TargetLost as error:
            trace.lost(command, " ".join(str(error).split()))
            raise
        else:
            self.answer_ms = elapsed_ms() if self._clock is None else self._clock.answer_ms
            trace.exchange(command, response, self.answer_ms)
            return response
        finally:
            self._file.write(*trace.lines[1:])

    def reset(self) -> bytes:
        """Passes a reset on."""
        return self._noted(super().reset())

    def power_cycle(self) -> bytes:
        """Passes a power cycle on."""
        return self._noted(super().power_cycle())

    def restart(self, protocol: int) -> bytes:
        """Passes a restart on."""
        return self._noted(super().restart(protocol))

    def _noted(self, atr: bytes) -> bytes:
        self._file.write(f"ATR {atr.hex(' ').upper()}")
        return atr
