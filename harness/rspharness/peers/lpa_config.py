"""How somebody's LPA is called: a small TOML.

    limit_s = 120                    # a call that takes longer hangs
    crash = "Segmentation fault"     # text in its output that means a crash, beside a signal

    [calls]                          # what is missing makes its cases not applicable
    download = "{command} download {code} --target at:{device} --eid {eid} --ca {ca} --yes"

Between braces stand `command` (what follows `--` on the command line), `device` (the modem with the
card), `eid`, `ca` (file with the CI that is trusted), `code` (an activation code),
`confirmation_code` and `iccid`.
"""

import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from rspcore.errors import ConfigError
from rspharness.record.near_match import near

__all__ = ["CALLS", "LpaConfig"]

CALLS: Final = (
    "download",
    "download_with_code",
    "download_default",
    "reject",
    "list",
    "enable",
    "disable",
    "delete",
    "deliver",
)
"""What an LPA can be asked for."""
_WORDS: Final = ("command", "device", "eid", "ca", "code", "confirmation_code", "iccid")
_KEYS: Final = ("limit_s", "crash", "calls")
_TRACEBACK: Final = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True, kw_only=True)
class LpaConfig:
    """How an LPA is called.

    Attributes:
        calls: Templates of its command lines, by what they are for.
        limit_s: Seconds after which a call hangs.
        crash: Text in its output that means a crash.
    """

    calls: Mapping[str, str] = field(default_factory=dict)
    limit_s: float = 120.0
    crash: str = _TRACEBACK

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads the file.

        Raises:
            ConfigError: no such file, no TOML, or a key, call or word that is not known.
        """
        try:
            read = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise ConfigError(f"--config {path}: {error.strerror}") from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"--config {path}: {error}") from error
        for name in read:
            if name not in _KEYS:
                raise ConfigError(f"--config {path}: {name!r} is not known{near(name, _KEYS)}")
        calls = read.get("calls", {})
        for name, text in calls.items():
            if name not in CALLS:
                raise ConfigError(f"--config {path}: [calls] {name!r}{near(name, CALLS)}")
            if not isinstance(text, str):
                raise ConfigError(f"--config {path}: [calls] {name}: expected a text")
            _require_words(path, name, text)
        if "download" not in calls:
            raise ConfigError(f"--config {path}: [calls] download is needed")
        return cls(**read)

    def line(self, call: str, command: Sequence[str], words: Mapping[str, str]) -> list[str]:
        """Returns the command line of a call.

        Args:
            call: What it is for, one of `CALLS` that is configured.
            command: What stands for `{command}`.
            words: What stands for the other words.
        """
        line: list[str] = []
        for part in shlex.split(self.calls[call]):
            line += command if part == "{command}" else [part.format(**words)]
        return line


def _require_words(path: Path, name: str, text: str) -> None:
    try:
        text.format(**dict.fromkeys(_WORDS, ""))
    except (KeyError, IndexError, ValueError) as error:
        known: Any = ", ".join(_WORDS)
        raise ConfigError(
            f"--config {path}: [calls] {name}: {error} between braces; known are {known}"
        ) from error
