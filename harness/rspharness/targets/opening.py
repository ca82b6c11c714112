"""The targets there are, and how the name or file of the command line becomes one.

A new target is one module and one line in `TARGETS`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import cast

from rspcore.errors import ConfigError
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import Target, TargetOptions

__all__ = ["TARGETS", "TargetKind", "load_settings", "open_target"]


@dataclass(frozen=True, slots=True)
class TargetKind:
    """Name a kind of target and the class that opens it.

    Attributes:
        name: Name for --target.
        module: Module with the class; imported on use, since each needs libraries of its own.
        summary: One line for help texts.
    """

    name: str
    module: str
    summary: str


TARGETS: tuple[TargetKind, ...] = (
    TargetKind(
        "inprocess",
        "rspharness.targets.inprocess:InProcessTarget",
        "the simulated card, called directly: the fastest way",
    ),
    TargetKind(
        "vpcd",
        "rspharness.targets.vpcd:VpcdTarget",
        "the simulated card behind the virtual reader of pcscd",
    ),
    TargetKind("pcsc", "rspharness.targets.pcsc:PcscTarget", "a card in a PC/SC reader"),
)


def load_settings(target: str, reader: str = "") -> TargetSettings:
    """Return the settings of a target given by name or file.

    Args:
        target: A name in `TARGETS`, or the path of a target file.
        reader: Reader name that overrides the file's.

    Raises:
        ConfigError: neither a known name nor a readable file.
    """
    if any(kind.name == target for kind in TARGETS):
        settings = TargetSettings(kind=target, name=target)
    elif target.endswith(".toml"):
        settings = TargetSettings.load(Path(target))
    else:
        names = ", ".join(kind.name for kind in TARGETS)
        raise ConfigError(f"target {target!r}: expected {names} or the path of a .toml file")
    return replace(settings, reader=reader) if reader else settings


def open_target(
    target: str, reader: str, options: Callable[[TargetSettings], TargetOptions]
) -> Target:
    """Make the target a command line asks for.

    Args:
        target: A name in `TARGETS`, or the path of a target file.
        reader: Reader name that overrides the file's.
        options: Completes the settings with the rest of the command line.

    Raises:
        ConfigError: unknown, or the environment lacks something.
    """
    settings = load_settings(target, reader)
    kind = next((one for one in TARGETS if one.name == settings.kind), None)
    if kind is None:
        raise ConfigError(f"target file: kind {settings.kind!r} is not known")
    module, _, name = kind.module.partition(":")
    made = getattr(import_module(module), name)(options(settings))
    return cast("Target", made)
