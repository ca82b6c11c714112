"""Codes of test profiles: built in until a seed is said, then digits that are recognised."""

import pytest

from rspcore.drawn_codes import draw_codes, drawn_code, seed_of_codes
from rspcore.errors import LocalError
from rspcore.frozen import replace
from rspcore.profile_maker import PRESETS, make_profile, preset
from rspcore.profile_maker.parameters import BUILT_IN_CODES

ONE = "PROFILE_OPERATIONAL1"
pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def _built_in_again():
    yield
    draw_codes(None)


def test_codes_are_built_in_until_a_seed_is_said():
    assert seed_of_codes() is None
    assert {name: getattr(preset(ONE), name) for name in BUILT_IN_CODES} == BUILT_IN_CODES


@pytest.mark.parametrize("seed", ["1", "7"])
def test_each_code_is_its_own_and_in_the_package(seed):
    draw_codes(seed)
    codes = [getattr(preset(ONE), name) for name in BUILT_IN_CODES]
    assert len(set(codes)) == len(codes)
    assert not set(codes) & set(BUILT_IN_CODES.values())
    assert [len(code) for code in codes] == [7, 7, 8, 8, 8, 8]
    package = make_profile(preset(ONE)).upp
    assert all(code.ljust(8, b"\xff") in package for code in codes)


def test_other_seed_gives_other_codes():
    draw_codes("7")
    seven = preset(ONE)
    draw_codes("8")
    assert all(getattr(seven, name) != getattr(preset(ONE), name) for name in BUILT_IN_CODES)


def test_code_of_a_caller_stays():
    draw_codes("7")
    assert replace(preset(ONE), pin1=b"4711").pin1 == b"4711"


@pytest.mark.parametrize("seed", [str(one) for one in range(50)])
def test_digits_are_irregular(seed):
    code = drawn_code(seed, "pin1", 7)
    assert code.isdigit()
    assert len(set(code)) >= 5


@pytest.mark.parametrize("code", [b"123", b"123456789", b"12\xff4"])
def test_code_that_no_package_carries(code):
    with pytest.raises(LocalError, match="pin1"):
        replace(PRESETS[ONE], pin1=code)
