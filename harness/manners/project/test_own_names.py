"""The options and fixtures of the project are its own, with those of rsplab beside them."""

import pytest
from conftest import OWN_OPTIONS, TAKEN

FIXTURES = (
    *("card", "step", "note", "options", "server", "server2", "smds", "given", "declared"),
    *("pki", "curve", "case_state", "run_state", "make_server", "make_ota"),
)


@pytest.mark.parametrize("name", OWN_OPTIONS)
def test_option_is_the_project_s(name, pytestconfig):
    if not pytestconfig.pluginmanager.hasplugin(TAKEN.get(name, "")):
        assert pytestconfig.getoption(f"--{name}") == f"own {name}"


@pytest.mark.parametrize("name", FIXTURES)
def test_fixture_is_the_project_s(name, request):
    assert request.getfixturevalue(name) == f"own {name}"


@pytest.mark.timeout(60)
def test_simulated_card_is_there(simulated_card):
    assert simulated_card().transmit(bytes.fromhex("00A40004023F00"))[-2:-1] == b"\x61"


def testcase():
    """Shows that a test of this name is collected."""
