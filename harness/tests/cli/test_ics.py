"""The declaration of a product: drafted from a card, held against cards, planned with."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from one_case import make_checkout, run

from rspharness.cli.main import main
from rspharness.run.declaration.card_values import Said, contradictions
from rspharness.run.declaration.draft import draft
from rspharness.targets.settings import TargetSettings

pytestmark = pytest.mark.once

INPROCESS = ("--target", "inprocess")


@pytest.fixture(scope="module")
def drafted(tmp_path_factory):
    file = tmp_path_factory.mktemp("ics") / "my-card.toml"
    assert main(["ics", "init", str(file), "--from-card", *INPROCESS]) == 0
    return file


def test_draft_is_a_target_file_with_what_the_card_shows(drafted):
    text = drafted.read_text("utf-8")
    read = tomllib.loads(text)
    assert (read["name"], read["firmware"], read["release"]) == ("my-card", "1.3.0", "2.5.0")
    assert read["options"]["JAVACARD"] is True
    assert read["values"]["rat"] == "BF4319A017301580020560A10B30098003EEEEEE8100820082020780"
    assert "eid" not in read["values"]  # names one card, not the product
    assert "# of one card: eid = " in text
    assert "# SCP81 = true" in text  # no command shows it
    assert TargetSettings.load(drafted).values["ein"] == "89049032"


def test_draft_holds_against_the_card_it_is_of_and_no_file_is_overwritten(drafted, capsys):
    assert main(["ics", "check", str(drafted), *INPROCESS]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^0 of 7\d declared options and values are contradicted", shown, re.MULTILINE)
    assert "neither declared nor shown by the card: ALLOW_LIST, " in shown
    assert main(["ics", "init", str(drafted), *INPROCESS]) == 3
    assert "is there already; name a new file" in capsys.readouterr().err
    assert main(["ics", "init", str(drafted.with_suffix(".txt")), *INPROCESS]) == 2


def test_card_of_version_3_is_drafted_as_one_and_held_against(tmp_path, capsys):
    card, file = tmp_path / "card.toml", tmp_path / "newer.toml"
    card.write_text(
        'kind = "inprocess"\n[card]\npersonality = "v3.1"\nmore_root_ds = "two.example.com"\n'
    )
    assert main(["ics", "init", str(file), "--from-card", "--target", str(card)]) == 0
    read = tomllib.loads(file.read_text("utf-8"))
    assert (read["version"], read["release"]) == ("v3", "3.1.0")
    values = read["values"]
    assert (values["highest_svn"], values["rsp_version"]) == ("3.1.0", "2.2.0")
    assert values["additional_root_ds_addresses"] == "two.example.com"
    assert values["ci_pkids_v3"] == values["ci_pkids"]
    assert read["options"]["ADD_ROOT_DS"] is True
    assert main(["ics", "check", str(file), "--target", str(card)]) == 0
    card.write_text('kind = "inprocess"\n[card]\npersonality = "v3.0"\n')
    capsys.readouterr()
    assert main(["ics", "check", str(file), "--target", str(card)]) == 1
    assert "release: declared '3.1.0', the card says '3.0.0'" in capsys.readouterr().out


def test_what_the_card_contradicts_is_named(drafted, tmp_path, capsys):
    file = tmp_path / "old.toml"
    text = drafted.read_text("utf-8").replace("JAVACARD = true", "JAVACARD = false")
    text = text.replace('firmware_version = "1.3.0"', 'firmware_version = "1.2.0"')
    file.write_text(text.replace('release = "2.5.0"', 'release = "2.3"'))
    assert main(["ics", "check", str(file), *INPROCESS]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[:3] == [
        "[options] JAVACARD: declared false, the card says true",
        "[values] firmware_version: declared '1.2.0', the card says '1.3.0'",
        "release: declared '2.3', the card says '2.5.0'",
    ]


def test_misspelt_name_is_refused_with_what_comes_near(drafted, tmp_path, capsys):
    file = tmp_path / "wrong.toml"
    file.write_text(drafted.read_text("utf-8").replace("JAVACARD", "JAVACRAD"))
    assert main(["ics", "check", str(file), *INPROCESS]) == 2
    assert "'JAVACRAD' is not known; near it: JAVACARD" in capsys.readouterr().err


def test_order_of_words_and_a_shorter_release_contradict_nothing():
    said = Said(values={"ci_pkids": "AA BB", "rsp_version": "2.5.0"})
    declared = TargetSettings(kind="pcsc", values={"ci_pkids": "bb aa", "ein": "1"}, release="2.5")
    assert contradictions(declared, said) == []
    other = TargetSettings(kind="pcsc", release="2")
    assert contradictions(other, Said(values={"rsp_version": "3.0.0"})) != []


def test_what_was_not_read_stands_in_the_draft_as_a_remark():
    said = Said(unread={"RAT": "GetRAT:\nrefused"}, values={"sas_number": 'a "b"\n'})
    text = draft(said, "x")
    assert "# not read: RAT: GetRAT: refused\n" in text
    assert tomllib.loads(text)["values"]["sas_number"] == 'a "b"\n'


CASES = """
from rspharness import testcase
from rspharness.card import expect

@testcase("ES10c.GetEID#02", level="read-only")
def test_eid(card):
    \"\"\"The EID has check digits that fit.\"\"\"

@testcase("ES10b.GetRAT#02", level="read-only")
def test_rat(card):
    \"\"\"A RAT without rules is empty.\"\"\"

@testcase("ES10c.DeleteProfile#01", level="profiles")
def test_delete(card):
    \"\"\"A Profile is deleted.\"\"\"
"""


def planned(checkout, *words):
    script = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
    import subprocess  # noqa: PLC0415  for the one command that is not `run`

    command = [sys.executable, "-c", script, "plan", "--suites", str(checkout / "suites"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=checkout)


def test_plan_says_what_would_run_and_why_not_and_runs_nothing(tmp_path):
    checkout = make_checkout(tmp_path, CASES)
    ended = planned(checkout, *INPROCESS, "--level", "read-only")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = ended.stdout.splitlines()
    assert "ES10c.GetEID#02  read-only  runs  no time known" in lines
    assert "ES10b.GetRAT#02  read-only  not run: option RAT_NO_PPR absent" in lines
    assert any(one.startswith("ES10c.DeleteProfile#01  profiles  not run: level") for one in lines)
    assert "1 of 3 cases would run" in lines
    assert not (tmp_path / "reports").exists() or not any((tmp_path / "reports").iterdir())
    missing = planned(checkout, "--target", "replay:none.rec")
    assert missing.returncode == 2


def test_list_names_the_cases_and_reaches_no_card(tmp_path):
    checkout = make_checkout(tmp_path, CASES)
    ended = run(checkout, "--list", "--target", "pcsc", "--reader", "no such reader")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "ES10c.DeleteProfile#01  profiles  A Profile is deleted." in ended.stdout
    assert "3 cases" in ended.stdout.splitlines()
