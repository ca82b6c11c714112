"""Each mixture of versions of card, LPA and SM-DP+ works, and says the versions it should."""

import pytest

from rspcore.pki.generate import make_pki
from rspharness.simulated.version_mixtures import MIXTURES, play

pytestmark = pytest.mark.once

PKI = make_pki()


def test_there_are_eight_and_four_with_a_card_of_version_3_0():
    assert len({one for one in MIXTURES if one.card != "v3.0"}) == 8
    assert len(set(MIXTURES)) == 12


@pytest.mark.parametrize(
    "mixture", MIXTURES, ids=lambda m: f"card-{m.card}-lpa{m.lpa}-dp{m.server}"
)
def test_a_profile_comes_and_goes_and_each_side_says_its_version(mixture):
    said = play(PKI, mixture)

    assert said.left == 0
    assert tuple(dict.fromkeys(said.events)) == (
        "installed",
        "notificationInstall",
        "notificationEnable",
        "notificationDisable",
        "notificationDelete",
    )
    newer = mixture.card != "v2.6"
    assert said.card_says == f"{mixture.card.removeprefix('v')}.0"
    assert said.lpa_says_to_server == {2: "2.5.0", 3: "3.1.0"}[mixture.lpa]
    assert said.server_says == ("3.1.0" if mixture.lpa == mixture.server == 3 else "2.5.0")
    assert said.lpa_capability is (mixture.lpa == 3)
    assert said.server_says_to_card == ("3.1.0" if mixture.server == 3 else "")
    assert said.lpa_says_to_card == ("3.1.0" if newer and mixture.lpa == 3 else "")
