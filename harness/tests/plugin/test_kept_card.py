"""The life of a case on a card that is kept, run by pytest inside pytest."""

import json
import sys
from pathlib import Path

import pytest

from rspharness.record.verdicts import NOTHING_RAN
from rspharness.run import opening

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import PLUGIN

pytestmark = pytest.mark.once

CATALOGUE = Path(__file__).parents[3] / "fixtures" / "requirements" / "euicc.csv"


def _results(pytester):
    return json.loads((pytester.path / "reports/latest/results.json").read_text("utf-8"))


_ONE_CARD = """
from rspharness.record.verdicts import NOTHING_RAN
from rspharness.run import opening
from rspharness.run.opening import TargetKind
from rspharness.simulated.inprocess import InProcessTarget, _DirectLink

class OneCard:
    simulated = False
    def __init__(self, options):
        self._target = InProcessTarget(options)
        self.settings, self.name = self._target.settings, "one card"
    def open(self):
        return _DirectLink(self._target._cards)
    def facts(self):
        return {}
    def close(self):
        print("left:", self._target.keep().profiles)

opening.TARGETS = (
    TargetKind("inprocess", OneCard, ""),
    *(one for one in opening.TARGETS if one.name == "replay"),
)
"""

_LEAVES = """
from rspharness import testcase
from rspharness.record.verdicts import ExpectationError

@testcase("ES10c.DeleteProfile#06")
def test_leaves_a_rule(card, server):
    server.install(card, "PROFILE_OPERATIONAL1.1")
    raise ExpectationError("a", "b")

@testcase("ES10c.DeleteProfile#10")
def test_finds_nothing(card, step):
    assert card.profiles() == ()
"""


@pytest.fixture
def one_card(pytester, monkeypatch):
    """Returns a function that runs a suite on one simulated card, treated like a real one."""
    monkeypatch.setattr(opening, "TARGETS", opening.TARGETS)

    def run(text, *options):
        pytester.makeconftest(_ONE_CARD)
        pytester.makepyfile(text)
        fixed = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist")
        words = (*PLUGIN, f"--rsp-requirements={CATALOGUE}", *fixed, *options)
        return pytester.runpytest_inprocess(*words, no_reraise_ctrlc=True)

    return run


def test_what_a_failed_case_leaves_on_a_kept_card_is_removed_after_it(one_card, pytester):
    result = one_card(_LEAVES, "--rsp-level", "profiles", "-s")
    verdicts = {case["ids"][0]: case["verdict"] for case in _results(pytester)["cases"]}
    assert verdicts == {"ES10c.DeleteProfile#06": "fail", "ES10c.DeleteProfile#10": "pass"}
    result.stdout.fnmatch_lines(["*left: ()*"])


def test_a_kept_card_is_read_before_its_first_case(one_card, pytester):
    result = one_card(
        _LEAVES.replace('raise ExpectationError("a", "b")', ""), "--rsp-level", "profiles"
    )
    result.stdout.fnmatch_lines(["ATR *3B*", "channels *a reset closes it", "*conformance*"])
    result.stdout.fnmatch_lines(["Notifications *0 wait*", "*conformance*"])
    facts = json.loads((pytester.path / "reports/latest/results.json").read_text("utf-8"))["facts"]
    assert facts["preflight Profiles"] == "0, 0 of them not of these suites"


def test_what_cannot_be_removed_is_noted_in_the_case(one_card, pytester):
    text = _LEAVES.replace('"PROFILE_OPERATIONAL1.1")', "locked())").replace(
        "@testcase",
        """
from dataclasses import replace
from rspcore.profile_maker import preset

def locked():
    return replace(preset("PROFILE_OPERATIONAL1.1"), kic=bytes(16))

@testcase""",
        1,
    )
    one_card(text, "--rsp-level", "profiles", "-s")
    first, second = _results(pytester)["cases"]
    assert first["verdict"] == "fail"
    assert "could not be removed: " in " ".join(first["notes"])
    assert second["verdict"] == "blocked"
    assert second["blocked_by"]["row"] == "ES10c.DeleteProfile#06"


def test_card_that_only_says_it_deletes_is_found_by_the_first_case(one_card, pytester):
    text = _LEAVES.replace("PROFILE_OPERATIONAL1.1", "PROFILE_OPERATIONAL1")
    fault = ("--rsp-card-fault", "es10c.delete-profile.kept")
    assert one_card(text, "--rsp-level", "profiles", *fault).ret == 1
    first, second = _results(pytester)["cases"]
    assert "after DeleteProfile was answered ok(0), got still listed" in " ".join(first["notes"])
    assert (second["verdict"], second["blocked_by"]["row"]) == ("blocked", "ES10c.DeleteProfile#06")


def test_interrupted_case_leaves_nothing_on_a_kept_card(one_card):
    text = _LEAVES.replace('raise ExpectationError("a", "b")', "raise KeyboardInterrupt")
    result = one_card(text, "--rsp-level", "profiles", "-s")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*left: ()*"])


def test_what_an_interrupted_case_leaves_is_said_when_it_cannot_be_removed(one_card):
    text = _LEAVES.replace('raise ExpectationError("a", "b")', "raise KeyboardInterrupt").replace(
        '"PROFILE_OPERATIONAL1.1")',
        'replace(preset("PROFILE_OPERATIONAL1.1"), kic=bytes(16)))',
    )
    head = "from dataclasses import replace\nfrom rspcore.profile_maker import preset\n"
    result = one_card(head + text, "--rsp-level", "profiles", "-s")
    result.stdout.fnmatch_lines(["*Profiles of the suites may be left on the card: *"])


_SOUND = _LEAVES.replace('raise ExpectationError("a", "b")', "")


def test_changes_of_a_kept_card_are_recorded_and_replayed_without_it(
    one_card, pytester, monkeypatch
):
    verdicts = {"ES10c.DeleteProfile#06": "pass", "ES10c.DeleteProfile#10": "pass"}
    one_card(_SOUND, "--rsp-level", "profiles", "--rsp-record", "card.rec")
    assert {case["ids"][0]: case["verdict"] for case in _results(pytester)["cases"]} == verdicts
    journals = pytester.mkdir("journals-of-the-replay")
    monkeypatch.setenv("RSPLAB_JOURNALS", str(journals))
    assert one_card(_SOUND, "--rsp-target", "replay:card.rec").ret == 0
    assert {case["ids"][0]: case["verdict"] for case in _results(pytester)["cases"]} == verdicts
    assert list(journals.iterdir()) == []
    assert not any("as before" in note for note in _results(pytester)["notes"])
    alone = ("--rsp-target", "replay:card.rec", "--rsp-case", "ES10c.DeleteProfile#10")
    assert one_card(_SOUND, *alone).ret == 0


def test_card_that_was_not_put_back_is_not_recorded(one_card, pytester, monkeypatch):
    journals = pytester.mkdir("journals")
    monkeypatch.setenv("RSPLAB_JOURNALS", str(journals))
    one_card(_SOUND, "--rsp-level", "read-only")
    eid = _results(pytester)["facts"]["eid"]
    journal = journals / f"{eid}.jsonl"
    journal.write_text("{}")
    result = one_card(_SOUND, "--rsp-level", "profiles", "--rsp-record", "card.rec")
    assert result.ret == NOTHING_RAN
    result.stdout.fnmatch_lines(["*did not put it back, which a replay could not repeat*recover*"])
    assert journal.read_text() == "{}"
