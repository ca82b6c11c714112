"""A secret in an answer of any case fails the requirement on secrets, and not the case."""

import json

import pytest

pytestmark = pytest.mark.once

LEAK = """
    from rspharness import testcase
    from rspharness.card import expect

    @testcase("ES10c.GetEID#01")
    def test_eid(card, step):
        card.secrets.add("Ki", {secret})
        card.secrets.add("PIN", b"1234")
        with step("GetEID"):
            card.eid()
"""


def results(pytester):
    """Returns the results of the run."""
    return json.loads((pytester.path / "reports" / "latest" / "results.json").read_text("utf-8"))


@pytest.mark.parametrize("workers", [False, True])
def test_leak_fails_the_row_and_not_the_case(suite, pytester, workers):
    text = LEAK.format(secret="bytes.fromhex('89049032123451234512345678901235')")
    options = ("-n", "1") if workers else ()
    result = suite(text, *options, workers=workers)
    found = results(pytester)
    assert [case["verdict"] for case in found["cases"]] == ["pass"]
    assert [(one["row"], one["by"]) for one in found["findings"]] == [
        ("procedure.Secrets#01", "the answers of other cases")
    ]
    assert "also: Ki raw stands in an answer (procedure.Secrets#01)" in found["cases"][0]["notes"]
    assert not found["green"]
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*procedure.Secrets#01  FAIL by the answers of other cases: Ki raw stands in an answer*"]
    )


def test_without_a_leak_the_report_says_what_was_not_looked_for(suite, pytester):
    result = suite(LEAK.format(secret="bytes.fromhex('4C1A6E70D3B85F2994A7C20E8B5D613F')"))
    found = results(pytester)
    assert found["findings"] == []
    assert "not looked for in answers, because short or regular: PIN" in found["notes"]
    assert result.ret == 0
