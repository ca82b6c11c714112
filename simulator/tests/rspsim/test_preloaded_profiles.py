from dataclasses import replace

import pytest

from rspcore.errors import LocalError
from rspcore.messages.es10c import ProfileState
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspsim.personalise import personalise
from rspsim.preloaded_profiles import with_preloaded

TEST = make_profile(preset("PROFILE_TEST1"))


@pytest.fixture
def state():
    return personalise(make_pki())


def test_preloaded_profile_is_disabled_and_not_field_loaded(state):
    (one,) = with_preloaded(state, TEST).profiles
    assert one.metadata == TEST.metadata
    assert one.state == ProfileState.disabled
    assert not one.field_loaded
    assert one.package == TEST.upp
    assert one.content.files.get((0x2FE2,)).body == TEST.metadata.iccid.octets


def test_second_preloaded_profile_gets_its_own_aid(state):
    other = make_profile(preset("PROFILE_OPERATIONAL1"))
    profiles = with_preloaded(with_preloaded(state, TEST), other).profiles
    assert len({one.aid for one in profiles}) == 2


def test_package_the_card_would_refuse_is_not_preloaded(state):
    with pytest.raises(LocalError, match="does not take"):
        with_preloaded(state, replace(TEST, upp=b"\xff" + TEST.upp))
    with pytest.raises(LocalError, match="do not fit"):
        with_preloaded(state, replace(TEST, upp=TEST.upp[:-10]))
