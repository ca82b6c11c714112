"""Cards that come back to a run, and `rsplab recover`, on a card that is kept over runs."""

import sys
from pathlib import Path

import pytest

from rspcore.errors import LocalError
from rspcore.ids import Eid
from rspharness.cli import recover
from rspharness.cli.main import main
from rspharness.lpa import local_management
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import Inconclusive
from rspharness.run import run as run_module
from rspharness.run.run import Run, RunOptions, WrongCardError
from rspharness.targets.transport import LinkWrapper

sys.path.insert(0, str(Path(__file__).parent))
from recovery_cards import disturbed, refuse

pytestmark = pytest.mark.once


def test_card_that_comes_back_is_used_again(owner, make, target):
    run = make()
    run.open_card(Trace(), Timings())
    run.broken = "case: the card is gone"
    target.back = False
    with pytest.raises(Inconclusive, match="lost earlier: case: the card is gone"):
        run.open_card(Trace(), Timings())
    target.back = True
    assert run.open_card(Trace(), Timings()).eid()
    assert run.notes == ["the card was lost and came back: case: the card is gone"]


@pytest.fixture
def other():
    """Returns the link to another card."""
    return Run(RunOptions(eid=Eid.from_digits("89049032000000000000000000000029"))).target.open()


def test_other_card_that_comes_back_ends_the_run(owner, make, target, other):
    run = make()
    run.open_card(Trace(), Timings())
    run.broken = "case: the card is gone"
    target.link = sent = _Sent(other)
    with pytest.raises(WrongCardError, match="the card that came back has EID 8904903200000"):
        run.open_card(Trace(), Timings())
    assert not any(command[1] == 0xE2 and command[5:7] != b"\xbf\x3e" for command in sent.commands)


class _Sent(LinkWrapper):
    def __init__(self, link):
        super().__init__(link)
        self.commands = []

    def transmit(self, command):
        self.commands.append(command)
        return super().transmit(command)


@pytest.fixture
def reader(monkeypatch, target):
    monkeypatch.setattr(run_module, "open_target", lambda *_: target)


def test_command_puts_the_card_back(owner, make, reader, capsys):
    disturbed(make())
    assert main(["recover", "--target", "pcsc"]) == 0
    assert "left: nothing" in capsys.readouterr().out
    assert main(["recover", "--target", "pcsc"]) == 0
    assert "no journal" in capsys.readouterr().out


def test_command_says_what_is_left(owner, make, reader, capsys, monkeypatch):
    disturbed(make())
    monkeypatch.setattr(local_management, "delete_profile", refuse)
    assert main(["recover"]) == 1
    assert "disallowedByPolicy(3)" in capsys.readouterr().out


def test_commandrefuses_another_card(owner, make, other, reader, target, capsys):
    eid = disturbed(make()).eid()
    target.link = other
    assert main(["recover"]) == 3
    assert "put in one of those" in capsys.readouterr().err
    assert main(["recover", "--eid", str(eid)]) == 3
    assert "nothing but the reading of its EID was sent" in capsys.readouterr().err


def test_commandrefuses_a_new_card(capsys):
    with pytest.raises(LocalError, match="each run has a new card"):
        recover.recover(_Options())


class _Options:
    target, reader, eid, isdr_aid, pki, state = "inprocess", "", None, "", None, None
