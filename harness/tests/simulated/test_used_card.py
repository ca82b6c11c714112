"""Cards as a lab has them: what a target file says is on them."""

from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspcore.pki.generate import make_pki
from rspharness.run.opening import load_settings
from rspharness.simulated.used_card import FOREIGN_ADDRESS, used_state
from rspharness.targets.own_profile import OWN_ICCIDS
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions

KEPT = Path(__file__).parents[2] / "kept" / "cards"


def made(**card):
    return used_state(
        TargetOptions(settings=TargetSettings(kind="kept", card=card), pki=make_pki())
    )


def test_foreign_profiles_have_state_nickname_and_nothing_of_the_suites():
    state = made(foreign="enabled disabled")
    assert [one.enabled for one in state.profiles] == [False, True]
    assert not any(str(one.iccid).startswith(OWN_ICCIDS) for one in state.profiles)
    assert all(one.nickname and one.field_loaded for one in state.profiles)
    assert state.notifications == ()


def test_their_notifications_wait_at_the_operators_server():
    state = made(foreign="disabled", waiting="yes")
    assert state.notifications
    assert all(FOREIGN_ADDRESS.encode() in one.metadata for one in state.notifications)


def test_other_ci_and_one_curve():
    own = {one.ci_pkid for one in made().credentials}
    assert own.isdisjoint(one.ci_pkid for one in made(ci="other").credentials)
    assert [one.curve for one in made(curves="nistP256").credentials] == ["nistP256"]


@pytest.mark.parametrize("path", sorted(KEPT.glob("*.toml")), ids=lambda path: path.stem)
def test_every_kept_card_can_be_made(path):
    settings = load_settings(str(path))
    assert settings.name == path.stem
    assert used_state(TargetOptions(settings=settings, pki=make_pki()))


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({"foreign": "on"}, "enabled or disabled"),
        ({"ci": "mine"}, 'expected "other"'),
        ({"curves": "p521"}, "expected nistP256"),
        ({"foreign": "enabled", "rules": "ppr3"}, "expected ppr1 or ppr2"),
    ],
)
def test_unknown_words_are_refused(card, said):
    with pytest.raises(ConfigError, match=said):
        made(**card)
