"""`rsplab card tree`, `card read` and `rsplab ota` on a simulated card with a Profile."""

import json
from contextlib import contextmanager

import pytest

from rspcore.crypto.curves import Curve
from rspcore.messages.es10c import EnableProfileRequest, ProfileIdentifier
from rspharness.card.card_under_test import Card
from rspharness.cli import card_files, ota_commands
from rspharness.cli.main import main
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import profile, server_maker


@pytest.fixture
def card(monkeypatch):
    """Enables PROFILE_OPERATIONAL1 on the card that both commands use."""
    run = Run(RunOptions())
    made = Card(run.target.open())
    made.reset()
    server = server_maker(run.pki, Curve.NIST_P256, "test", run.options.started)()
    server.install(made, "PROFILE_OPERATIONAL1")
    iccid = profile("PROFILE_OPERATIONAL1").metadata.iccid
    named = ProfileIdentifier(iccid=iccid)
    made.send(EnableProfileRequest(profile_identifier=named, refresh_flag=False))
    made.reset()

    @contextmanager
    def linked(choice):
        yield IsdrChannel(made.link)

    @contextmanager
    def connected(choice, *, changing):
        assert changing
        yield IsdrChannel(made.link)

    monkeypatch.setattr(card_files, "linked", linked)
    monkeypatch.setattr(ota_commands, "connected", connected)
    return made


def test_tree_shows_files_with_their_meaning(card, capsys):
    assert main(["card", "tree", "--target", "inprocess"]) == 0
    shown = capsys.readouterr().out
    imsi = profile("PROFILE_OPERATIONAL1").parameters.imsi
    assert f"transparent, 9, SFI 07, rule 6F0602: {imsi}" in shown
    assert "3F00 MF" in shown
    assert "a0000000871002ff49ff0589 ADF.USIM" in shown


def test_tree_as_json_lists_every_file_once(card, capsys):
    assert main(["card", "tree", "--target", "inprocess", "--json", "--no-content"]) == 0
    paths = [one["path"] for one in json.loads(capsys.readouterr().out)["files"]]
    assert len(paths) == len(set(paths)) > 25


def test_read_shows_records_and_meaning(card, capsys):
    assert main(["card", "read", "MF/EF.DIR", "--target", "inprocess"]) == 0
    shown = capsys.readouterr().out
    assert "linear fixed, 2x33" in shown
    assert "'USIM'" in shown


def test_file_that_may_not_be_read_is_a_failure(card, capsys):
    card.apdu("002800010830303030FFFFFFFF")
    card.reset()
    assert main(["card", "read", "USIM/EF.IMSI", "--target", "inprocess"]) == 1
    assert "not read: 6982" in capsys.readouterr().out


def test_absent_file_is_reported(card, capsys):
    assert main(["card", "read", "MF/2FFF", "--target", "inprocess"]) == 1
    assert "6A82" in capsys.readouterr().err


def test_path_without_a_file_is_wrong_use(card, capsys):
    assert main(["card", "read", "NOBODY/6F07", "--target", "inprocess"]) == 2
    assert "EF.DIR lists USIM" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["expanded", "compact"])
def test_script_reads_the_iccid_over_the_air(card, capsys, form):
    words = ["ota", "script", "--target", "inprocess", "--format", form]
    assert main([*words, "00A4000C022FE2", "00B000000A"]) == 0
    shown = capsys.readouterr().out
    iccid = profile("PROFILE_OPERATIONAL1").metadata.iccid.octets.hex().upper()
    assert "receipt  00 POR_OK" in shown
    assert f"answer   {iccid}  9000 (OK)" in shown


def test_update_changes_the_profile_name_and_counts_on(card, capsys):
    words = ["ota", "update-metadata", "--target", "inprocess", "--name", "Gold", "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["accepted"]
    assert [one.profile_name for one in card.profiles()] == ["Gold"]
    assert main(words) == 0, "it counts on from where the card stands"
    capsys.readouterr()
    assert main([*words, "--counter", "1"]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == 2


def test_wrong_key_is_reported_in_the_receipt(card, capsys):
    words = ["ota", "script", "--target", "inprocess", "--kid-key", "00" * 16, "00A40004023F00"]
    assert main(words) == 1
    assert "01" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["script", "00"],
        ["script", "xyz"],
        ["script", "--tar", "B0", "00A40004023F00"],
        ["script", "--spi", "16", "00A40004023F00"],
        ["script", "--kic-key", "0011", "00A40004023F00"],
        ["update-metadata"],
    ],
)
def test_wrong_arguments_send_nothing(words, capsys):
    assert main(["ota", *words, "--target", "inprocess"]) == 2
    assert capsys.readouterr().err.startswith("rsplab: ")


def test_ota_to_a_card_without_a_profile_fails(capsys):
    assert main(["ota", "script", "--target", "inprocess", "00A40004023F00"]) == 1
    assert "no proof of receipt" in capsys.readouterr().out


def test_tree_of_an_empty_card_is_only_its_mf(capsys):
    assert main(["card", "tree", "--target", "inprocess"]) == 0
    assert "EF.UMPC" in capsys.readouterr().out
