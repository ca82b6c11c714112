"""The target file: what a lab declares about one card, in TOML.

name = "inprocess"              # name of the run's report folder
kind = "inprocess"              # inprocess, vpcd, kept, pcsc, at or replay
firmware = "build 4711"         # shown in the reports
release = "2.5"                 # release of SGP.22 the product claims; `rsplab ics check`
pki = "test-keys"               # keys and certificates the card trusts, a folder beside this file
version = "v2"                  # which rows of the catalogue apply; without it, by the card
command_limit_s = 60            # how long a card in a reader may take for one command

[options]                       # the catalogue's options; these win over what the card reports,
                                # and one neither declared nor reported is unknown
PROVISIONING = true

[values]                        # declared values that cases compare with
root_ds_address = "testrootsmds.example.com"

[budgets_ms]                    # 90th percentile of a command or procedure, in milliseconds
"STORE DATA EnableProfile" = 500

[times_ms]                      # simulated card in process: median times of its answers, which
other = 15                      # are written down and not waited for; times = "reports/old" has
"STORE DATA EnableProfile" = 700  # those of a run
"each Notification" = 3         # and what each Notification, or each Profile, adds to an answer

[deviations]                    # strict: a case listed here has to fail, unless it says otherwise
"ES10c.SetNickname#09" = "counts octets instead of characters; reported to the maker"
"ES10c.GetEID#06" = { reason = "seen at low voltage only", strict = false }
"""

import tomllib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Self

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass, replace
from rspharness.record.near_match import near
from rspharness.targets.time_limit import COMMAND_LIMIT_S

__all__ = ["TargetSettings"]

_TABLES: dict[str, tuple[type, ...]] = {
    "options": (bool,),
    "card": (str,),
    "values": (str, int, bool),
    "budgets_ms": (int, float),
    "times_ms": (int, float),
}
_CARD_KEYS = {
    "preset",
    "personality",
    "rat",
    "options",
    "variations",
    "preloaded",
    "lpae",
    "tre",
    "without",
    "chain",
    "memory",
    "mep",
    "esim_ports",
    "more_root_ds",
    "declared",
    "foreign",
    "waiting",
    "rules",
    "ci",
    "curves",
}
_TEXTS = ("name", "reader", "recording", "firmware", "release", "pki", "times")
_KEYS = {
    *_TEXTS,
    "kind",
    "version",
    "search",
    "command_limit_s",
    *_TABLES,
    "deviations",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    """The content of a target file.

    Attributes:
        kind: Which target: inprocess, vpcd, kept, pcsc, at or replay.
        name: Name for reports.
        version: v2 or v3; empty for what the card says of itself.
        reader: Reader name or its beginning, for a card reader; port of the modem, for kind at.
        recording: File that a replay answers from, or folder of a run with its traces.
        search: Whether a replay looks for a command, instead of requiring it to be the next one.
        command_limit_s: How long a card in a reader may take for one command, in seconds.
        card: How a simulated card is made: preset (name of a kind of card; `rsplab card presets`
            lists them), and what differs from it: personality, rat, options ("name=value" each,
            separated by spaces), variations (names of legal variations; `rsplab card variations`
            lists them), preloaded (names of Profiles, separated by spaces), lpae ("cat",
            "scws", "e4e" or several), tre (names of bits of treProperties), without (names of bits
            of RspCapability and UICCCapability that the card lacks), memory (octets of
            non-volatile memory for Profiles), mep (modes of several enabled Profiles, "A1",
            "A2" and "B"), esim_ports (how many may have a Profile, 2 where it is left out),
            more_root_ds (further root SM-DS addresses of a card of version 3),
            declared ("nothing": as of a card in a reader, nobody says what its maker would); a kept
            one also by foreign, waiting, ci and curves (`rspharness.simulated.used_card`).
        options: Declared options of the catalogue.
        values: Declared values that cases compare with.
        budgets_ms: Longest 90th percentile by command or procedure.
        deviations: Known deviations by requirement id, each with its reason.
        lenient: Those of them whose case may also pass.
        firmware: Name of the firmware, for reports.
        release: Release of SGP.22 that the product claims, such as 2.5; empty where none is.
        times: Folder of a run whose times a simulated card has, instead of the computer's.
        times_ms: Median times of its commands, likewise; `other` for those that are not named,
            `each Profile` and `each Notification` for what one of them adds to every answer.
        pki: Folder of keys and certificates that the card trusts; empty for none.
    """

    kind: str
    name: str = ""
    version: str = ""
    reader: str = ""
    recording: str = ""
    search: bool = False
    command_limit_s: float = COMMAND_LIMIT_S
    card: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, bool] = field(default_factory=dict)
    values: Mapping[str, str | int | bool] = field(default_factory=dict)
    budgets_ms: Mapping[str, float] = field(default_factory=dict)
    deviations: Mapping[str, str] = field(default_factory=dict)
    lenient: frozenset[str] = frozenset()
    firmware: str = ""
    release: str = ""
    pki: str = ""
    times: str = ""
    times_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def recording_path(self) -> Path:
        """Returns the file that a replay answers from."""
        return Path(self.recording)

    def declaration(self) -> dict[str, dict[str, str]]:
        """Returns what it declares of the product, as texts by the names of the tables."""
        product = {name: getattr(self, name) for name in ("name", "release", "firmware")}
        budgets = {name: f"{value:g} ms" for name, value in self.budgets_ms.items()}
        lenient = {
            name: "" if name not in self.lenient else " (may also pass)" for name in self.deviations
        }
        deviations = {name: why + lenient[name] for name, why in self.deviations.items()}
        options = {name: "yes" if value else "no" for name, value in self.options.items()}
        values = {name: str(value) for name, value in self.values.items()}
        tables = {
            "product": {name: text for name, text in product.items() if text},
            "options": options,
            "values": values,
            "budgets": budgets,
            "known deviations": deviations,
        }
        return {name: table for name, table in tables.items() if table}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a target file.

        Raises:
            ConfigError: no such file, not TOML, an unknown key, or a value of the wrong kind.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"target file {path}: {error.strerror}") from error
        try:
            read = cls.from_values(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, ConfigError) as error:
            raise ConfigError(f"target file {path}: {error}") from error
        if not read.pki:
            return read
        folder = path.parent / read.pki
        if not folder.is_dir():
            raise ConfigError(f"target file {path}: pki = {read.pki!r}: no such folder beside it")
        return replace(read, pki=str(folder))

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Reads parsed TOML.

        Raises:
            ConfigError: an unknown key, no kind, or a value of the wrong kind.
        """
        unknown = sorted(set(values) - _KEYS)
        if unknown:
            raise ConfigError(
                f"unknown key {', '.join(unknown)}; known: {', '.join(sorted(_KEYS))}"
            )
        if not isinstance(values.get("kind"), str):
            raise ConfigError(
                'no kind; expected kind = "inprocess", "vpcd", "kept", "pcsc", "at" or "replay"'
            )
        _require_tables(values)
        if values.get("version", "v2") not in ("v2", "v3"):
            raise ConfigError(f"version {values['version']!r}; expected v2 or v3")
        limit = values.get("command_limit_s", COMMAND_LIMIT_S)
        if isinstance(limit, bool) or not isinstance(limit, int | float) or limit <= 0:
            raise ConfigError(f"command_limit_s = {limit!r}; expected a number of seconds above 0")
        if bool(values.get("recording")) is not (values["kind"] == "replay"):
            raise ConfigError('kind = "replay" and recording = "FILE" go together')
        if not isinstance(values.get("search", False), bool):
            raise ConfigError(f"search = {values['search']!r}; expected true or false")
        deviations = values.get("deviations", {})
        reasons = {
            name: one["reason"] if isinstance(one, dict) else one
            for name, one in deviations.items()
        }
        lenient = {
            name
            for name, one in deviations.items()
            if isinstance(one, dict) and not one.get("strict", True)
        }
        read = {"name": values["kind"], **values}
        return cls(**{**read, "deviations": reasons, "lenient": frozenset(lenient)})


def _require_tables(values: Mapping[str, Any]) -> None:
    """Requires values of the right kind in the tables, and known keys in [card]."""
    for name in values.get("card", {}):
        if name not in _CARD_KEYS:
            raise ConfigError(f"[card] {name!r} is not known{near(name, _CARD_KEYS)}")
    for table, kinds in _TABLES.items():
        for name, value in values.get(table, {}).items():
            if not isinstance(value, kinds):
                raise ConfigError(f"[{table}] {name} = {value!r} is not of the right kind")
    for key in _TEXTS:
        if not isinstance(values.get(key, ""), str):
            raise ConfigError(f"{key} = {values[key]!r}; expected a text")
    for name, one in values.get("deviations", {}).items():
        _require_deviation(name, one if isinstance(one, dict) else {"reason": one})


def _require_deviation(name: str, one: Mapping[str, Any]) -> None:
    """Requires a known deviation to have a reason, and nothing that is not known."""
    for key in one:
        if key not in ("reason", "strict"):
            hint = near(key, ("reason", "strict"))
            raise ConfigError(f"[deviations] {name}: {key!r} is not known{hint}")
    reason = one.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise ConfigError(f"[deviations] {name}: a reason in words is needed")
    if not isinstance(one.get("strict", True), bool):
        raise ConfigError(f"[deviations] {name}: strict is true or false")
