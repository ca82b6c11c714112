"""The guard of real cards and MANAGE LSI: what is sent, and channels of one LSI alone."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from guard_bench import (
    FOREIGN,
    GET_EID,
    ISDR,
    LEVELS,
    Bench,
    isdr,
)

from rspcore import tlv
from rspharness.record.testcase import Level
from rspharness.targets.guard import GuardedLink
from rspharness.targets.own_profile import OwnProfile, is_of_suites

pytestmark = pytest.mark.once

SELECT_0, SELECT_1, RESET_1, CONFIGURE = "807C0000", "807C0001", "807C010100", "807C04000380010100"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("command", "sent"),
    [
        pytest.param(SELECT_1, True, id="select"),
        pytest.param(RESET_1, True, id="reset"),
        pytest.param("807C020000", False, id="assign"),
        pytest.param("807C030000", True, id="retrieve"),
        pytest.param(CONFIGURE, True, id="configure"),
        pytest.param("807C050000", False, id="no function"),
        pytest.param("007C0001", False, id="other class"),
        pytest.param("817C0001", False, id="other channel"),
    ],
)
def test_functions_that_are_sent(level, command, sent):
    assert Bench(level).sends(command) is sent


def test_each_lsi_has_its_own_channels():
    bench = isdr("read-only")
    assert bench.store(GET_EID)
    assert bench.sends(SELECT_1)
    assert not bench.store(GET_EID)
    bench.select(ISDR)
    assert bench.store(GET_EID)
    assert bench.sends(SELECT_0)
    assert bench.store(GET_EID)
    assert bench.sends(RESET_1)
    assert bench.sends(SELECT_1)
    assert not bench.store(GET_EID)


def test_a_refused_selection_leaves_the_channels():
    bench = isdr("read-only")
    bench.card.answers = ["6A86"]
    assert bench.sends(SELECT_1)
    assert bench.store(GET_EID)


def test_what_was_fetched_belongs_to_the_lsi():
    bench = Bench("read-only")
    assert bench.sends("8012000010")
    assert bench.sends(SELECT_1)
    assert not bench.sends("8014000003810301")


def test_a_configuration_leaves_nothing_selected():
    bench = isdr("read-only")
    assert bench.sends(CONFIGURE)
    assert not bench.store(GET_EID)


@pytest.mark.parametrize(
    ("port", "expected"), [("", True), ("9F240102", False), ("9F2401FF", True)]
)
def test_a_foreign_profile_on_another_port_is_enabled(port, expected):
    own = OwnProfile(is_of_suites)
    mine = "5A0A" + "98920901000000000010" + "9F700101"
    other = "5A0A" + FOREIGN + "9F700100" + port
    listed = b"".join(tlv.encode(0xE3, bytes.fromhex(one)) for one in (mine, other))
    own.listed(tlv.encode(0xBF2D, tlv.encode(0xA0, listed)), whole=True)
    assert own.is_enabled() is expected


def test_channels_of_the_first_lsi_are_known_before_a_reset():
    bench = Bench("read-only")
    bench.guard = GuardedLink(bench.card, Level.READ_ONLY, lambda: False)
    bench.select(ISDR)
    assert bench.sends(SELECT_1)
    assert bench.sends(SELECT_0)
    assert bench.store(GET_EID)
