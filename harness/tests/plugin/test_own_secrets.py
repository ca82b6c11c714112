"""The secrets of the suites' Profiles are there before the cases, and those of the recording."""

from types import SimpleNamespace

import pytest

from rspcore.drawn_codes import draw_codes
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, draw_secrets, preset
from rspharness.record.recording import begin
from rspharness.record.testcase import Level
from rspharness.run.own_secrets import draw
from rspharness.run.recorded_run import how_made
from rspharness.run.run_options import RunOptions

ONE = "PROFILE_OPERATIONAL1"


@pytest.fixture(autouse=True)
def _built_in_again():
    yield
    draw_secrets("1")
    draw_codes(None)


def drawn(**options):
    """Draws as a run with these options does; returns Ki and KIc."""
    given = {f"--rsp-{name}": text for name, text in options.items()}
    draw(SimpleNamespace(getoption=given.get, getini=lambda _: ""))
    return preset(ONE).ki, preset(ONE).kic


def test_seed_of_the_run_is_taken():
    built_in = drawn(target="inprocess", seed="1", reader="")
    assert built_in == (PRESETS[ONE].ki, PRESETS[ONE].kic)
    ki, kic = drawn(target="inprocess", seed="7", reader="")
    assert ki != built_in[0]
    assert kic != built_in[1]


def test_codes_are_drawn_for_every_seed():
    drawn(target="inprocess", seed="1", reader="")
    first = preset(ONE).pin1
    drawn(target="pcsc", seed="7", reader="")
    assert len({first, preset(ONE).pin1, PRESETS[ONE].pin1}) == 3


def test_older_recording_has_the_codes_built_in(tmp_path):
    file = tmp_path / "run.rec"
    made = how_made(RunOptions(target="inprocess", seed="7"), Level.READ_ONLY, make_pki())
    begin(file, {name: value for name, value in made.items() if name != "codes"}).close()
    drawn(target=f"replay:{file}", seed="1", reader="")
    assert preset(ONE).pin1 == PRESETS[ONE].pin1
    newer = tmp_path / "newer.rec"
    begin(newer, made).close()
    drawn(target=f"replay:{newer}", seed="1", reader="")
    assert preset(ONE).pin1 != PRESETS[ONE].pin1


def test_card_that_is_kept_keeps_the_keys_over_the_air():
    ki, kic = drawn(target="pcsc", seed="7", reader="")
    assert ki != PRESETS[ONE].ki
    assert kic == PRESETS[ONE].kic


@pytest.mark.parametrize("target", ["inprocess", "pcsc"])
def test_replay_has_the_secrets_of_the_recording(tmp_path, target):
    file = tmp_path / "run.rec"
    options = RunOptions(target=target, seed="7")
    begin(file, how_made(options, Level.READ_ONLY, make_pki())).close()
    assert drawn(target=f"replay:{file}", seed="1", reader="") == drawn(
        target=target, seed="7", reader=""
    )


def test_what_cannot_be_read_is_left_to_who_makes_the_run():
    assert drawn(target="replay:no-such-file", seed="7", reader="")[0] == PRESETS[ONE].ki
