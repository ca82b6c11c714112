"""A case that finds the fault of its card kills it; a fault whose case passes survives."""

from pathlib import Path
from textwrap import dedent

import pytest

from rspharness.cli.main import main
from rspharness.mutation import matrix_file

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "fixtures" / "requirements" / "euicc.csv"
FIXED = (
    *("-p", "no:rspharness", "-p", "rspharness.plugin.hooks"),
    f"--rsp-requirements={CATALOGUE}",
)

_SUITE = """
from rspcore.ids import Iccid
from rspcore.messages.es10c import EnableProfileRequest, EnableResult, ProfileIdentifier
from rspharness import testcase
from rspharness.card import expect

@testcase("ES10c.EnableProfile#17")
def test_unknown_iccid(card):
    identifier = ProfileIdentifier(iccid=Iccid.from_digits("8929907777777777777"))
    request = EnableProfileRequest(profile_identifier=identifier, refresh_flag=False)
    expect.error(card.send(request), EnableResult.iccidOrAidNotFound)

@testcase("ES10c.EnableProfile#16")
def test_blind(card):
    card.eid()
"""


def test_fault_is_killed_or_survives(pytester):
    pytester.makepyfile(dedent(_SUITE))
    result = pytester.runpytest_subprocess(*FIXED, "--rsp-kills", "-p", "no:cacheprovider")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*es10c.enable-profile.any-state survives ES10c.EnableProfile#16: the case passes",
            "no case for the card fault *",
            "* failed, 1 killed*",
        ]
    )
    assert not (pytester.path / "reports").exists()


def test_sound_card_is_left_out(pytester):
    pytester.makepyfile(dedent(_SUITE))
    result = pytester.runpytest_subprocess(
        *FIXED, "--rsp-kills", "--collect-only", "-q", "-p", "no:cacheprovider"
    )
    names = [line for line in result.outlines if "::" in line]
    assert names
    assert all("[<es10c." in name for name in names)


def declare(pytester, text):
    folder = pytester.path / "fixtures" / "faults"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "expected_effects.json").write_text(text)


def matrix(pytester, case):
    return pytester.runpytest_subprocess(
        *FIXED, "--rsp-matrix", f"--rsp-case={case}", "-p", "no:cacheprovider"
    )


def test_change_that_is_not_declared_fails_the_run(pytester):
    pytester.makepyfile(dedent(_SUITE))
    declare(pytester, "{}")
    result = matrix(pytester, "ES10c.EnableProfile#17")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["es10c.* changes, beside its expected effects, ES10c.EnableProfile#17; when that *"]
    )
    report = pytester.path / "reports" / "latest"
    page = (report / "fault_matrix.html").read_text()
    assert "A Profile that is enabled is enabled again." in page
    declare(pytester, (report / "fault_matrix.json").read_text())
    assert matrix(pytester, "ES10c.EnableProfile#17").ret == 0


def test_fault_that_its_case_does_not_find_is_reported(pytester):
    pytester.makepyfile(dedent(_SUITE))
    declare(pytester, "{}")
    result = matrix(pytester, "ES10c.EnableProfile#16")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["es10c.enable-profile.any-state survives every case"])


def test_two_rows_may_share_their_value(pytester):
    rows = '{"ES10c.EnableProfile#16": card_word, "ES10c.EnableProfile#17": card_word}'
    pytester.makepyfile(
        "from rspharness import testcase\n"
        "card_word = object()\n"
        f"@testcase.each('word', {rows})\n"
        "def test_shared(card, word):\n"
        "    card.eid()\n"
    )
    declare(pytester, "{}")
    result = matrix(pytester, "ES10c.EnableProfile#1[67]")
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    result.stdout.fnmatch_lines(["*2 passed*"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, "No such file"), ("[]", "not a fault matrix"), ("{", "not a fault matrix")],
)
def test_effects_that_cannot_be_read_are_reported_before_the_run(pytester, text, reason):
    pytester.makepyfile(dedent(_SUITE))
    if text is not None:
        declare(pytester, text)
    result = matrix(pytester, "*")
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*expected_effects.json: *{reason}*{{}} declares nothing*"])


def test_matrix_is_read_back_as_it_was_written(tmp_path):
    path = tmp_path / "matrix.json"
    found = {"one": ["ES10b.GetRAT#02", "ES10b.GetRAT#01", "A#10"], "none": []}
    matrix_file.write(path, found)
    assert matrix_file.read(path) == {
        "one": ["A#10", "ES10b.GetRAT#01", "ES10b.GetRAT#02"],
        "none": [],
    }


@pytest.mark.parametrize(
    ("old", "new"), [("--mutants", "--kills"), ("--mutant-matrix", "--matrix")]
)
def test_old_spelling_is_refused_with_the_new_one(capsys, old, new):
    with pytest.raises(SystemExit, match="2"):
        main(["run", old])
    assert f"{old} is called {new} now" in capsys.readouterr().err
