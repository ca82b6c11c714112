"""The secrets of the suites' own Profiles, drawn from the seed of a run before its cases are there.

Cases make Profiles when they are imported, so what the secrets depend on has to be known before.
"""

import sys
from typing import Final

import pytest

from rspcore.drawn_codes import draw_codes
from rspharness.run.option_values import value

__all__ = ["draw", "keeps_its_keys"]

_NEW_FOR_EACH_CASE: Final = ("inprocess", "vpcd")
_BUILT_IN: Final = "1"
_PRESETS: Final = "rspcore.profile_maker.presets"


def keeps_its_keys(kind: str) -> bool:
    """Returns whether Profiles on a card of this kind keep the keys over the air that are built in.

    A card that is kept may be put back by a later run, which has another seed.
    """
    return kind not in _NEW_FOR_EACH_CASE


def draw(config: pytest.Config) -> None:
    """Draws the secrets of this run, those of a replay as they were when it was recorded.

    What is wrong with the options is said later, by whoever makes the run.
    """
    seed, target = value(config, "seed"), value(config, "target")
    plain = "replay" not in target and not target.endswith(".toml")
    draw_codes(seed)
    if seed == _BUILT_IN and plain and _PRESETS not in sys.modules:
        return  # nothing has been drawn yet, and nothing is to be

    from rspcore.errors import RspError  # noqa: PLC0415  only where it is asked for
    from rspcore.profile_maker import draw_secrets  # noqa: PLC0415  likewise
    from rspharness.record.recording import read_about  # noqa: PLC0415  likewise
    from rspharness.run.opening import load_settings  # noqa: PLC0415  likewise

    try:
        settings = load_settings(target, value(config, "reader"))
        about = read_about(settings.recording_path) if settings.kind == "replay" else {}
    except (RspError, OSError, ValueError):
        draw_secrets(_BUILT_IN)
        return
    if about:
        draw_codes(str(about["seed"]) if about.get("codes") else None)
    kept = bool(about.get("kept", True)) if about else keeps_its_keys(settings.kind)
    draw_secrets(str(about.get("seed", seed)), over_the_air=not kept)
