"""Mutants: a case that finds the fault of its card kills it, one that passes lets it survive."""

from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "fixtures" / "requirements" / "euicc.csv"

_SUITE = """
from rspcore.ids import Iccid
from rspcore.messages.es10c import EnableProfileRequest, EnableResult, ProfileIdentifier
from rspharness import expect, testcase

@testcase("ES10c.EnableProfile#17")
def test_unknown_iccid(card):
    identifier = ProfileIdentifier(iccid=Iccid.from_digits("8929907777777777777"))
    request = EnableProfileRequest(profile_identifier=identifier, refresh_flag=False)
    expect.error(card.send(request), EnableResult.iccidOrAidNotFound)

@testcase("ES10c.EnableProfile#16")
def test_blind(card):
    card.eid()
"""


def test_mutant_is_killed_or_survives(pytester):
    pytester.makepyfile(dedent(_SUITE))
    result = pytester.runpytest_subprocess(
        f"--requirements={CATALOGUE}", "--mutants", "-p", "no:cacheprovider"
    )
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*es10c.enable-profile.any-state survives ES10c.EnableProfile#16: the case passes",
            "nobody looks for *",
            "* failed, 1 killed*",
        ]
    )
    assert not (pytester.path / "reports").exists()


def test_sound_card_is_left_out(pytester):
    pytester.makepyfile(dedent(_SUITE))
    result = pytester.runpytest_subprocess(
        f"--requirements={CATALOGUE}", "--mutants", "--collect-only", "-q", "-p", "no:cacheprovider"
    )
    names = [line for line in result.outlines if "::" in line]
    assert names
    assert all("<es10c." in name for name in names)
