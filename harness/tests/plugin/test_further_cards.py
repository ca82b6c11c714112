"""Several cards in one run, each with EID and journal of its own, by pytest inside pytest."""

import json
import sys
from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspcore.ids import Eid
from rspharness.run import opening
from rspharness.run.further_cards import NamedCard, shared_out
from rspharness.run.run_options import RunOptions

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import PLUGIN

pytestmark = pytest.mark.once

CATALOGUE = Path(__file__).parents[3] / "fixtures" / "requirements" / "euicc.csv"
FIRST, SECOND, THIRD = (
    str(Eid.from_first_digits(f"89049032123451234512345678901{n}")) for n in "123"
)

_TWO_CARDS = f"""
from dataclasses import replace
from rspcore.ids import Eid
from rspharness.run import opening
from rspharness.run.opening import TargetKind
from rspharness.simulated.inprocess import InProcessTarget, _DirectLink

class InReader:
    simulated = False
    eids = {{"A": "{FIRST}", "B": "{SECOND}"}}
    def __init__(self, options):
        self.reader = options.settings.reader
        eid = Eid.from_digits(self.eids[self.reader])
        self._target = InProcessTarget(replace(options, eid=eid))
        self.settings, self.name = options.settings, self.reader
    def open(self):
        return _DirectLink(self._target._cards)
    def facts(self):
        return {{"reader": self.reader}}
    def close(self):
        print("left in", self.reader, self._target.keep().profiles)

opening.TARGETS = (TargetKind("pcsc", InReader, ""),)
"""

_INSTALLS = """
from rspharness import testcase
from rspcore.messages.es10c import DeleteProfileRequest

@testcase("ES10c.DeleteProfile#06")
def test_same_profile_on_both(cards, server):
    one, two = cards(2)
    assert (str(one.eid()), str(two.eid())) == ({first!r}, {second!r})
    for card in (one, two):
        server.install(card, "PROFILE_OPERATIONAL1")
    assert len(one.profiles()) == len(two.profiles()) == 1

@testcase("ES10c.DeleteProfile#10")
def test_nothing_is_left(cards):
    assert [card.profiles() for card in cards(2)] == [(), ()]
"""


@pytest.fixture
def two_cards(pytester, monkeypatch):
    """Returns a function that runs a suite on cards in readers A and B."""
    monkeypatch.setattr(opening, "TARGETS", opening.TARGETS)

    def run(text, *options):
        pytester.makeconftest(_TWO_CARDS)
        pytester.makepyfile(text)
        fixed = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist", "-s")
        words = (*PLUGIN, f"--rsp-requirements={CATALOGUE}", *fixed, "--rsp-target=pcsc")
        named = ("--rsp-reader=A", f"--rsp-eid={FIRST}", "--rsp-level=profiles")
        return pytester.runpytest_inprocess(*words, *named, *options)

    return run


def results(pytester):
    return json.loads((pytester.path / "reports/latest/results.json").read_text("utf-8"))


def test_each_card_is_cleaned_after_each_case(two_cards, pytester):
    text = _INSTALLS.format(first=FIRST, second=SECOND)
    result = two_cards(text, f"--rsp-with-card={SECOND}@B")
    read = results(pytester)
    assert [case["verdict"] for case in read["cases"]] == ["pass", "pass"]
    result.stdout.fnmatch_lines_random(["*left in A ()*", "*left in B ()*"])
    assert read["facts"]["cards"] == f"{FIRST} in A; {SECOND} in B"
    put_back = [note.partition("the card is")[0] for note in read["notes"] if "as before" in note]
    assert put_back == ["", "card 2: "]


def test_trace_says_whose_lines_follow_and_times_are_those_of_the_card_under_test(
    two_cards, pytester
):
    two_cards(_INSTALLS.format(first=FIRST, second=SECOND), f"--rsp-with-card={SECOND}@B")
    case = results(pytester)["cases"][0]
    lines = (pytester.path / "reports/latest" / case["trace"]).read_text("utf-8").splitlines()
    marks = [line for line in lines if line in ("# card 2", "# card under test")]
    assert marks[:2] == ["# card 2", "# card under test"]
    page = (pytester.path / "reports/latest/index.html").read_text("utf-8")
    assert FIRST not in page
    assert SECOND not in page


def test_card_that_is_not_the_one_named_ends_the_run(two_cards):
    text = _INSTALLS.format(first=FIRST, second=SECOND)
    result = two_cards(text, f"--rsp-with-card={THIRD}@B")
    assert result.ret == 30
    result.stdout.fnmatch_lines([f"*EID*{SECOND}*{THIRD}*"])


def test_without_further_card_in_a_reader_it_is_a_simulated_one(two_cards, pytester):
    text = """
from rspharness import testcase

@testcase("ES10c.DeleteProfile#06")
def test_two(cards):
    one, two = cards(2)
    assert one.eid() != two.eid()
"""
    two_cards(text)
    assert [case["verdict"] for case in results(pytester)["cases"]] == ["pass"]


def test_workers_share_the_cards_out():
    options = RunOptions(target="pcsc", reader="A", eid=Eid.from_digits(FIRST))
    named = (f"{SECOND}@B", f"{THIRD}@C")
    own, further = shared_out(RunOptions(**{**_fields(options), "with_card": named}), 2)
    assert (own.reader, [one.options.reader for one in further]) == ("A", ["C"])
    own, further = shared_out(RunOptions(**{**_fields(options), "with_card": named, "slot": 1}), 2)
    assert (own.reader, str(own.eid), further) == ("B", SECOND, [])
    with pytest.raises(ConfigError, match="-n 4: a worker needs a card of its own, and 3 of them"):
        shared_out(RunOptions(**{**_fields(options), "with_card": named}), 4)


def _fields(options):
    return {"target": options.target, "reader": options.reader, "eid": options.eid}


@pytest.mark.parametrize(
    ("reader", "with_card", "said"),
    [
        ("A", (SECOND,), "expected EID@READER"),
        ("A", ("B",), "expected EID@READER"),
        ("A", (f"{FIRST}@B",), f"EID {FIRST} is named twice"),
        ("A", (f"{SECOND}@A",), "READER A is named twice"),
        ("", (f"{SECOND}@B",), "name the reader of the first card"),
    ],
)
def test_cards_that_cannot_be_used_are_refused(reader, with_card, said):
    options = RunOptions(
        target="pcsc", reader=reader, eid=Eid.from_digits(FIRST), with_card=with_card
    )
    with pytest.raises(ConfigError, match=said):
        shared_out(options)


def test_named_card_is_eid_and_reader():
    assert NamedCard.parse(f"{SECOND}@Virtual PCD 00 01").reader == "Virtual PCD 00 01"


def test_further_card_beside_a_simulated_one_is_wrong_use(pytester):
    pytester.makepyfile(_INSTALLS.format(first=FIRST, second=SECOND))
    fixed = ("-p", "no:cacheprovider", "-p", "no:xdist", f"--rsp-requirements={CATALOGUE}")
    result = pytester.runpytest_inprocess(*PLUGIN, *fixed, f"--rsp-with-card={SECOND}@B")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--with-card names cards in readers, and --target inprocess*"])
