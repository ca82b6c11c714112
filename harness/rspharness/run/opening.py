"""The kinds of targets, and how a name or file on the command line becomes a target.

A new target is one module and one line in `TARGETS`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass, replace
from rspharness.record.recording import REPLAYS, read_about
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import Target, TargetOptions

__all__ = ["MODEM", "TARGETS", "Opens", "TargetKind", "load_settings", "open_target"]

MODEM: Final = "at:"
"""Beginning of a target that names the port of a modem."""

Opens = Callable[[TargetOptions], Target]
"""Opens a target; what it needs is imported then, because each kind needs other libraries."""


def _inprocess(options: TargetOptions) -> Target:
    from rspharness.simulated.hostile import HostileTarget, is_hostile  # noqa: PLC0415  when chosen
    from rspharness.simulated.inprocess import InProcessTarget  # noqa: PLC0415  only when chosen

    return (HostileTarget if is_hostile(options.card_fault) else InProcessTarget)(options)


def _vpcd(options: TargetOptions) -> Target:
    from rspharness.simulated.vpcd import VpcdTarget  # noqa: PLC0415  only when chosen

    return VpcdTarget(options)


def _pcsc(options: TargetOptions) -> Target:
    from rspharness.targets.pcsc import PcscTarget  # noqa: PLC0415  only when chosen

    return PcscTarget(options)


def _at(options: TargetOptions) -> Target:
    from rspharness.targets.modem.at import AtTarget  # noqa: PLC0415  only when chosen

    return AtTarget(options)


def _kept(options: TargetOptions) -> Target:
    from rspharness.simulated.kept import KeptTarget  # noqa: PLC0415  only when chosen

    return KeptTarget(options)


def _replay(options: TargetOptions) -> Target:
    from rspharness.targets.replay import ReplayTarget  # noqa: PLC0415  only when chosen

    return ReplayTarget(options)


@dataclass(frozen=True, slots=True)
class TargetKind:
    """A kind of target and the function that opens it.

    Attributes:
        name: Name for --target.
        opens: Function that opens it.
        summary: One line for help texts.
    """

    name: str
    opens: Opens
    summary: str


TARGETS: tuple[TargetKind, ...] = (
    TargetKind("inprocess", _inprocess, "the simulated card, called directly: the fastest way"),
    TargetKind("vpcd", _vpcd, "the simulated card behind the virtual reader of pcscd"),
    TargetKind("kept", _kept, "a simulated card kept in a file, in a reader like a real one"),
    TargetKind("pcsc", _pcsc, "a card in a PC/SC reader"),
    TargetKind("at", _at, "at:PORT, a card behind a modem with AT commands, such as /dev/ttyUSB2"),
    TargetKind("replay", _replay, "replay:FILE, what `rsplab record` wrote of a card"),
)


def load_settings(target: str, reader: str = "") -> TargetSettings:
    """Returns the settings of a target given by name or file.

    Args:
        target: A name in `TARGETS`, the path of a target file, `at:` and the port of a modem,
            `replay:` or `replay-search:` and the path of a recording.
        reader: Reader name that overrides the file's.

    Raises:
        ConfigError: neither a known name nor a readable file, or a file of an unknown kind.
    """
    if replayed := next((one for one in REPLAYS if target.startswith(one)), ""):
        settings = TargetSettings(
            kind="replay",
            name="replay",
            recording=target.removeprefix(replayed),
            search=REPLAYS[replayed],
        )
    elif target.startswith(MODEM):
        settings = TargetSettings(kind="at", name="at", reader=target.removeprefix(MODEM))
    elif any(kind.name == target for kind in TARGETS if kind.name not in ("replay", "at")):
        settings = TargetSettings(kind=target, name=target)
    elif target.endswith(".toml"):
        settings = TargetSettings.load(Path(target))
    else:
        names = ", ".join(one.name for one in TARGETS if one.name not in ("replay", "at"))
        names += ", at:PORT, replay:FILE"
        raise ConfigError(f"target {target!r}: expected {names} or the path of a .toml file")
    known = [kind.name for kind in TARGETS]
    if settings.kind not in known:
        raise ConfigError(
            f"target file {target}: kind {settings.kind!r} is not known; expected one of "
            f"{', '.join(known)}"
        )
    if settings.kind == "replay":
        settings = _as_recorded(settings)
    return replace(settings, reader=reader) if reader else settings


def _as_recorded(settings: TargetSettings) -> TargetSettings:
    """Returns settings completed by what was declared when the recording was made."""
    declared = read_about(settings.recording_path).get("declared", {})
    return replace(
        settings,
        version=declared.get("version", settings.version),
        options={**declared.get("options", {}), **settings.options},
        values={**declared.get("values", {}), **settings.values},
        budgets_ms={**declared.get("budgets_ms", {}), **settings.budgets_ms},
        deviations={**declared.get("deviations", {}), **settings.deviations},
    )


def open_target(
    target: str,
    reader: str,
    options: Callable[[TargetSettings], TargetOptions],
    opens: Opens | None = None,
) -> Target:
    """Opens the target that a command line names.

    Args:
        target: A name in `TARGETS`, or the path of a target file.
        reader: Reader name that overrides the file's.
        options: Completes the settings with the rest of the command line.
        opens: Function that opens the target instead of that of its kind.

    Raises:
        ConfigError: unknown, or the environment lacks something.
    """
    settings = load_settings(target, reader)
    kind = next(one for one in TARGETS if one.name == settings.kind)
    return (opens or kind.opens)(options(settings))
