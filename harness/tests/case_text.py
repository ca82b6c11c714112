"""What the tests of the plugin share: the text of a case, and the results of a run."""

import json

PLUGIN = ("-p", "no:rspharness", "-p", "rspharness.plugin.hooks")
"""The suites load their plugin themselves; the installed one is not needed."""

HEAD = """
from rspharness import testcase
from rspharness.card import expect
from rspharness.record.verdicts import Inconclusive, TargetLost
"""

PASS = (
    HEAD
    + '''
@testcase("ES10c.GetEID#02", level="read-only")
def test_eid(card, step, note):
    """The EID has check digits that fit."""
    with step("S_LPAd -> eUICC: GetEID"):
        eid = card.eid()
    note(f"EID {eid}")
    with step("Expected: check digits"):
        expect.equal(eid.check_digits_fit, True, "check digits")
'''
)


def results_of(pytester):
    return json.loads((pytester.path / "reports/latest/results.json").read_text("utf-8"))
