"""The secrets of the suites' own Profiles, drawn from the seed of a run before its cases are there.

Cases make Profiles when they are imported, so what the secrets depend on has to be known before.
"""

import pytest

from rspcore.errors import RspError
from rspcore.profile_maker.presets import BUILT_IN_SEED, draw_secrets
from rspharness.record.recording import read_about
from rspharness.run.opening import load_settings
from rspharness.run.option_values import value

__all__ = ["draw", "keeps_its_keys"]

_NEW_FOR_EACH_CASE = ("inprocess", "vpcd")


def keeps_its_keys(kind: str) -> bool:
    """Returns whether Profiles on a card of this kind keep the keys over the air that are built in.

    A card that is kept may be put back by a later run, which has another seed.
    """
    return kind not in _NEW_FOR_EACH_CASE


def draw(config: pytest.Config) -> None:
    """Draws the secrets of this run, those of a replay as they were when it was recorded.

    What is wrong with the options is said later, by whoever makes the run.
    """
    seed = value(config, "seed")
    try:
        settings = load_settings(value(config, "target"), value(config, "reader"))
        about = read_about(settings.recording_path) if settings.kind == "replay" else {}
    except (RspError, OSError, ValueError):
        draw_secrets(BUILT_IN_SEED)
        return
    kept = bool(about.get("kept", True)) if about else keeps_its_keys(settings.kind)
    draw_secrets(str(about.get("seed", seed)), over_the_air=not kept)
