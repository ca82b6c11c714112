"""What identifies a card, against the table of what differs between cards."""

import json
import tomllib
from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspcore.ids import Eid
from rspcore.pki.generate import make_pki
from rspharness.cli.main import main
from rspharness.comparison.fingerprint import compared, lines, read_fingerprint, taken
from rspharness.record.testcase import Level
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.guard import GuardedLink
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions

pytestmark = pytest.mark.once

EID = Eid.from_digits("89049032123451234512345678901235")
PKI = make_pki(eid=EID)
FILE = Path(__file__).parents[3] / "fixtures" / "comparison.toml"
DECLARED = tomllib.loads(FILE.read_text("utf-8"))["differences"]


def fingerprint_of(name="", eid=EID):
    preset = name.removeprefix("preset ")
    card = {"preset": preset} if preset != name else {}
    fault = "" if card else name
    settings = TargetSettings(kind="inprocess", name="card", card=card)
    options = TargetOptions(settings=settings, pki=PKI, eid=eid, card_fault=fault)
    return taken(InProcessTarget(options).open(), {})


USUAL = fingerprint_of()


@pytest.mark.parametrize("name", DECLARED)
def test_exactly_the_declared_differences_are_found(name):
    made = fingerprint_of(name)
    found = {f"{one.kind} {one.subject}" for one in compared(USUAL, made).counted}
    assert found == set(DECLARED[name])
    assert (made.digest == USUAL.digest) is not bool(DECLARED[name])


def test_same_card_has_no_difference_in_twenty_of_twenty():
    for _ in range(20):
        again = fingerprint_of()
        assert compared(USUAL, again).differences == ()
        assert again.digest == USUAL.digest


def test_another_card_of_the_same_firmware_differs_in_state_alone():
    other = fingerprint_of(eid=Eid.from_digits("89049032123451234512345678909965"))
    comparison = compared(USUAL, other)
    assert comparison.differences != ()
    assert comparison.counted == ()
    assert other.digest == USUAL.digest


def test_nothing_that_could_change_a_card_is_sent_and_nothing_is_refused(monkeypatch):
    levels = []
    guarded = "rspharness.comparison.fingerprint.GuardedLink"

    def guard(link, level, enabled):
        levels.append(level)
        return GuardedLink(link, level, enabled)

    monkeypatch.setattr(guarded, guard)
    made = fingerprint_of()
    assert levels == [Level.READ_ONLY]
    assert [one.name for one in made.asked if one.status.startswith("not sent")] == []


def test_file_of_a_fingerprint_is_read_again(tmp_path):
    file = tmp_path / "card.json"
    file.write_text(json.dumps(USUAL.as_dict()))
    assert read_fingerprint(file) == USUAL
    file.write_text(json.dumps({**USUAL.as_dict(), "schema": 9}))
    with pytest.raises(ConfigError, match="fingerprint 9, expected 1"):
        read_fingerprint(file)
    file.write_text('{"schema": 1}')
    with pytest.raises(ConfigError, match="not a fingerprint"):
        read_fingerprint(file)


def test_text_begins_with_the_digest_and_names_every_member():
    text = "\n".join(lines(USUAL))
    assert text.startswith(f"fingerprint {USUAL.digest}\n")
    assert "EUICCInfo2.svn  020500 (2.5.0)" in text


def test_fingerprints_of_two_cards_are_taken_and_compared_by_the_commands(tmp_path, capsys):
    target, files = tmp_path / "older.toml", [tmp_path / f"{number}.json" for number in range(3)]
    target.write_text('kind = "inprocess"\n\n[card]\npreset = "old-firmware"\n')
    for file, card in zip(files, ("inprocess", "inprocess", str(target)), strict=True):
        assert main(["fingerprint", "--target", card, "--json"]) == 0
        file.write_text(capsys.readouterr().out)
    usual, again, older = map(str, files)
    assert main(["compare", usual, again]) == 0
    assert capsys.readouterr().out.startswith("no difference; compared: ")
    assert main(["compare", usual, older]) == 1
    text = capsys.readouterr().out
    assert main(["compare", usual, older, "--json"]) == 1
    shown = {one["subject"]: one for one in json.loads(capsys.readouterr().out)["differences"]}
    # SGP.22 v2.5 and v2.2.2, each of which a card says of itself in SVN (5.7.8)
    svn = shown["EUICCInfo1.svn"]
    assert (svn["a"], svn["b"]) == ("020500 (2.5.0)", "020202 (2.2.2)")
    assert all(one["subject"] in text for one in shown.values() if one["counts"])


def test_commands_show_and_compare_fingerprints(tmp_path, capsys):
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    assert main(["fingerprint", "--target", "inprocess", "--json"]) == 0
    one.write_text(capsys.readouterr().out)
    other.write_text(json.dumps(fingerprint_of("information.info1.other-version").as_dict()))
    assert main(["compare", str(one), str(one)]) == 0
    assert capsys.readouterr().out.startswith("no difference; compared: ")
    page = tmp_path / "page.html"
    assert main(["compare", str(one), str(other), "--json", f"--html={page}"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert [one["subject"] for one in shown["differences"] if one["counts"]] == ["EUICCInfo1.svn"]
    assert "<h1>1 difference</h1>" in page.read_text("utf-8")
    assert main(["compare", str(one), str(tmp_path)]) == 3
    assert "neither the folder of a run" in capsys.readouterr().err
