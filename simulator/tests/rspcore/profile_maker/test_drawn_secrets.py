"""Secrets of the suites' own Profiles: those built in, and those drawn from a seed."""

import pytest

from rspcore.profile_maker import PRESETS, draw_secrets, own_secret, preset
from rspcore.profile_maker.parameters import BUILT_IN_SECRETS

FIELDS = tuple(BUILT_IN_SECRETS)


@pytest.fixture(autouse=True)
def _built_in_again():
    yield
    draw_secrets("1")


def secrets_of(name):
    made = preset(name)
    return {field: getattr(made, field) for field in FIELDS}


def test_first_seed_stands_for_what_is_built_in():
    draw_secrets("7")
    draw_secrets("1")
    assert preset("PROFILE_OPERATIONAL1") is PRESETS["PROFILE_OPERATIONAL1"]


def test_every_secret_depends_on_the_seed():
    draw_secrets("7")
    seven, again = secrets_of("PROFILE_OPERATIONAL1"), secrets_of("PROFILE_OPERATIONAL1")
    draw_secrets("8")
    eight = secrets_of("PROFILE_OPERATIONAL1")
    assert seven == again
    for field in FIELDS:
        assert len({seven[field], eight[field], BUILT_IN_SECRETS[field]}) == 3
        assert len(seven[field]) == 16
    assert len(set(seven.values())) == len(FIELDS)


def test_kept_card_has_the_keys_over_the_air_that_are_built_in():
    draw_secrets("7", over_the_air=False)
    drawn = secrets_of("PROFILE_OPERATIONAL1")
    same = {field for field in FIELDS if drawn[field] == BUILT_IN_SECRETS[field]}
    assert same == {"kic", "kid", "dek"}


def test_test_profile_keeps_the_key_that_it_may_have():
    draw_secrets("7")
    assert preset("PROFILE_TEST1").ki == bytes(range(16))


def test_further_secrets_depend_on_name_and_seed():
    first = own_secret("SCP03 30 1", 16), own_secret("SCP03 30 2", 16), own_secret("SCP81", 32)
    draw_secrets("7")
    assert len({*first, own_secret("SCP03 30 1", 16)}) == 4
    assert [len(one) for one in first] == [16, 16, 32]
