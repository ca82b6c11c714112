"""How somebody's LPA is called: a small TOML.

    card = "modem"                   # or "reader", or "stdio": how it reaches its card
    limit_s = 120                    # a call that takes longer hangs
    crash = "Segmentation fault"     # text in its output that means a crash, beside a signal
    failure = '"code": *-'           # pattern in its output that means a failure

    [calls]                          # what is missing makes its cases not applicable
    download = "{command} download {code} --target at:{device} --eid {eid} --ca {ca} --yes"

    [environment]                    # beside that of lpa-check; the same words between braces
    SSL_CERT_FILE = "{ca}"

    [options]                        # what it can do; what is not declared is unknown
    L_V3 = true

Between braces stand `command` (what follows `--` on the command line), `device` (the modem with the
card) or `reader` (the PC/SC reader with it), `eid`, `ca` (file with the CI that is trusted), `code`
(an activation code), `confirmation_code`, `iccid`, `text` (a nickname), `address` (of a server)
and, in `download_by_name`, `hosts` (a file in the form of /etc/hosts: the names that have one).
RSPLAB_CASE in its environment is the row of the catalogue that calls it.
"""

import re
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Final, Self

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspharness.record.near_match import near
from rspharness.simulated.lent_card import WAYS

__all__ = ["CALLS", "OPTIONS", "LpaConfig"]

CALLS: Final = (
    "download",
    "download_with_code",
    "download_default",
    "download_by_name",
    "reject",
    "postpone",
    "discover",
    "list",
    "info",
    "enable",
    "disable",
    "delete",
    "nickname",
    "reset",
    "set_default",
    "deliver",
)
"""What an LPA can be asked for."""
OPTIONS: Final[Mapping[str, str]] = {
    "L_V3": "it is an LPA of version 3, and says so to card and server",
    "L_SHOWS_RULES": "it warns the user where the RAT asks for consent to a rule",
    "L_OTHER_AIDS": "it looks for the ISD-R under the AIDs that makers use",
}
"""What conditions of the catalogue ask of an LPA."""
_WORDS: Final = (
    *("command", "device", "reader", "eid", "ca", "code", "confirmation_code", "iccid", "text"),
    *("address", "hosts"),
)
_KEYS: Final = ("card", "limit_s", "crash", "failure", "calls", "environment", "options")
_TRACEBACK: Final = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True, kw_only=True)
class LpaConfig:
    """How an LPA is called.

    Attributes:
        calls: Templates of its command lines, by what they are for.
        card: How it reaches its card (`rspharness.simulated.lent_card.WAYS`).
        limit_s: Seconds after which a call hangs.
        crash: Text in its output that means a crash.
        failure: Pattern in its output that means a failure, empty for the exit code alone.
        environment: Templates of environment variables.
        options: What it can do, by name of `OPTIONS`.
    """

    calls: Mapping[str, str] = field(default_factory=dict)
    card: str = "modem"
    limit_s: float = 120.0
    crash: str = _TRACEBACK
    failure: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, bool] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads the file.

        Raises:
            ConfigError: no such file, no TOML, or a key, call, option or word that is not known.
        """
        try:
            read = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise ConfigError(f"--config {path}: {error.strerror}") from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"--config {path}: {error}") from error
        _require_known(path, "", read, _KEYS)
        _require_known(path, "[calls] ", read.get("calls", {}), CALLS)
        _require_known(path, "[options] ", read.get("options", {}), tuple(OPTIONS))
        for table in ("calls", "environment"):
            for name, text in read.get(table, {}).items():
                if not isinstance(text, str):
                    raise ConfigError(f"--config {path}: [{table}] {name}: expected a text")
                _require_words(path, f"[{table}] {name}", text)
        if "download" not in read.get("calls", {}):
            raise ConfigError(f"--config {path}: [calls] download is needed")
        _require_values(path, read)
        return cls(**read)

    def line(self, call: str, command: Sequence[str], words: Mapping[str, str]) -> list[str]:
        """Returns the command line of a call.

        Args:
            call: What it is for, one of `CALLS` that is configured.
            command: What stands for `{command}`.
            words: What stands for the other words; one that is missing is empty.
        """
        known = dict.fromkeys(_WORDS, "") | dict(words)
        line: list[str] = []
        for part in shlex.split(self.calls[call]):
            line += command if part == "{command}" else [part.format(**known)]
        return line

    def variables(self, words: Mapping[str, str]) -> dict[str, str]:
        """Returns the environment variables of a call; the words as in `line`."""
        known = dict.fromkeys(_WORDS, "") | dict(words)
        return {name: text.format(**known) for name, text in self.environment.items()}


def _require_known(path: Path, table: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise ConfigError(f"--config {path}: {table}{name!r} is not known{near(name, known)}")


def _require_values(path: Path, read: Mapping[str, Any]) -> None:
    for name, value in read.get("options", {}).items():
        if not isinstance(value, bool):
            raise ConfigError(f"--config {path}: [options] {name}: expected true or false")
    if read.get("card", "modem") not in WAYS:
        raise ConfigError(f"--config {path}: card: expected one of {', '.join(WAYS)}")
    try:
        re.compile(read.get("failure", ""))
    except (re.error, TypeError) as error:
        raise ConfigError(f"--config {path}: failure: no pattern: {error}") from error


def _require_words(path: Path, name: str, text: str) -> None:
    try:
        text.format(**dict.fromkeys(_WORDS, ""))
    except (KeyError, IndexError, ValueError) as error:
        known: Any = ", ".join(_WORDS)
        raise ConfigError(
            f"--config {path}: {name}: {error} between braces; known are {known}"
        ) from error
