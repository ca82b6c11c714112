"""A scenario of pytest-bdd."""

from pytest_bdd import given, scenario, then, when


@scenario("reset.feature", "A card is reset")
def test_reset():
    """Has its steps below."""


@given("a simulated card", target_fixture="chosen")
def _chosen(simulated_card):
    return simulated_card()


@when("it is reset", target_fixture="atr")
def _atr(chosen):
    return chosen.reset()


@then("it answers with an ATR")
def _answered(atr):
    assert atr[:1] in (b"\x3b", b"\x3f")
