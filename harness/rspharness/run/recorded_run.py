"""How a run is made, as its recording says it, and a run that is made again like that.

The same commands come only when everything that decides what the host sends is the same: the seed,
the time of the certificates, the credentials, the curve, the AID of the ISD-R.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, DecodeError
from rspcore.ids import Eid
from rspcore.pki.bundle import Pki
from rspharness.record.recording import read_about
from rspharness.record.testcase import Level
from rspharness.run.opening import load_settings
from rspharness.run.own_secrets import keeps_its_keys
from rspharness.run.run_options import RunOptions
from rspharness.targets.isdr_aids import parse_aid
from rspharness.targets.recorded import ci_keys
from rspharness.targets.settings import TargetSettings

__all__ = ["as_recorded", "how_made"]

_DEFAULTS: Final = RunOptions()


def how_made(options: RunOptions, level: Level, pki: Pki) -> dict[str, Any]:
    """Returns how a run is made, as JSON values."""
    return {
        "seed": options.seed,
        "curve": str(options.curve),
        "eid": str(options.eid or ""),
        "isdr_aid": str(options.isdr_aid or ""),
        "level": str(level),
        "started": options.started.isoformat(),
        "ci": ci_keys(pki),
        "codes": True,
        "kept": keeps_its_keys(load_settings(options.target, options.reader).kind),
    }


def as_recorded(options: RunOptions, settings: TargetSettings) -> RunOptions:
    """Returns the options of a run that replays a recording, made as it was.

    Args:
        options: The command line; the level it names may be below the recorded one.
        settings: The target.

    Raises:
        ConfigError: the command line says otherwise, or the recording says what cannot be.
    """
    about = read_about(settings.recording_path)
    if not about:
        return options
    try:
        made = replace(
            options,
            seed=str(about["seed"]),
            curve=Curve(about["curve"]),
            eid=Eid.from_digits(about["eid"]) if about["eid"] else options.eid,
            isdr_aid=parse_aid(about["isdr_aid"]),
            level=options.level or about["level"],
            started=datetime.fromisoformat(about["started"]).astimezone(UTC),
        )
        recorded = Level(about["level"])
    except (KeyError, ValueError, DecodeError) as error:
        raise ConfigError(f"recording {settings.recording}: {error!r} in its heading") from error
    for name in ("seed", "curve", "eid", "isdr_aid"):
        given, was = getattr(options, name), getattr(made, name)
        if given not in (getattr(_DEFAULTS, name), was):
            option = f"--{name.replace('_', '-')}"
            raise ConfigError(f"{option} {given}: the recording was made with {was}; leave it out")
    if not recorded.allows(Level(made.level)):
        raise ConfigError(
            f"--level {made.level}: the recording was made at level {recorded}; record it anew"
        )
    return made
