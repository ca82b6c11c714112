"""A simulated card that is kept: one card for all cases, in a file, behind a real pcscd."""

import shlex
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from rspcore.errors import ConfigError, StoreError
from rspcore.ids import Eid
from rspcore.pki.generate import make_pki
from rspharness.card.card_under_test import Card
from rspharness.cli.main import main
from rspharness.lpa.local_management import read_addresses
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import Inconclusive, TargetLost
from rspharness.run.run import Run, RunOptions, WrongCardError
from rspharness.simulated.kept import KeptTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import Returning, TargetOptions
from rspsim.stores.sqlite import SqliteStore
from rspsim.transports.pcsclite import Daemon, daemon_state

OTHER = Eid.from_first_digits("890490329999888877776666555544")
SETTINGS = TargetSettings(kind="kept", name="kept")


@pytest.fixture
def options(tmp_path):
    return TargetOptions(settings=SETTINGS, pki=make_pki(), state=tmp_path / "card.db")


@pytest.fixture
def opened(options):
    """Returns the function that opens the target; it is closed after the test."""
    made = []

    def start(**changes):
        try:
            made.append(KeptTarget(replace(options, **changes)))
        except ConfigError as error:
            if "pcscd" not in str(error):
                raise
            pytest.skip(f"no virtual reader here: {error}")
        return made[-1]

    yield start
    for one in made:
        one.close()


def named(target):
    """Resets the card of a target for a case; returns it."""
    card = Card(target.open())
    card.reset()
    return card


def test_target_without_a_file_is_refused(options):
    with pytest.raises(ConfigError, match="--state FILE"):
        KeptTarget(replace(options, state=None))


@pytest.mark.vpcd
def test_every_case_and_every_run_gets_the_same_card(opened, options):
    target = opened()
    assert not target.simulated
    named(target).send_raw(bytes.fromhex("BF3F03800161"))
    assert b"\x80\x01a" in named(target).store(bytes.fromhex("BF3C00")).data
    target.close()
    again = opened()
    assert b"\x80\x01a" in named(again).store(bytes.fromhex("BF3C00")).data
    assert named(again).eid() == again.eid
    again.close()
    with SqliteStore(options.state) as store:
        assert store.load().eid == again.eid


@pytest.mark.vpcd
def test_file_is_in_use_until_the_target_is_closed(opened, options):
    target = opened()
    with pytest.raises(StoreError, match="in use by another card"):
        SqliteStore(options.state)
    target.close()
    SqliteStore(options.state).close()


@pytest.mark.vpcd
def test_other_card_than_the_one_in_the_file_is_refused(opened):
    opened().close()
    with pytest.raises(ConfigError, match="state file holds the card with EID"):
        opened(eid=OTHER)


@pytest.mark.vpcd
def test_card_that_answers_with_another_eid_gets_no_further_command(opened):
    target = opened()
    target.eid = OTHER
    run = Run(RunOptions(), lambda _options: target)
    trace = Trace()
    with pytest.raises(WrongCardError, match="the state file asked for"):
        run.open_card(trace, Timings())
    assert "BF 3E" in trace.text() or "BF3E" in trace.text()


@pytest.mark.vpcd
def test_card_can_have_a_fault(opened):
    target = opened(card_fault="es10c.set-nickname.cut")
    assert target.facts()["card_fault"] == "es10c.set-nickname.cut"


@pytest.mark.vpcd
def test_card_that_does_not_start_says_why(opened):
    with pytest.raises(ConfigError, match=r"ended at once: .*no-such-fault"):
        opened(card_fault="no-such-fault")


@pytest.mark.vpcd
def test_card_whose_process_ended_is_served_anew_and_used_again(opened):
    target = opened()
    run = Run(RunOptions(), lambda _options: target)
    assert isinstance(target, Returning)
    eid = run.open_card(Trace(), Timings()).eid()
    target._card.kill()
    target._card.wait()
    with pytest.raises((TargetLost, Inconclusive)):
        named(target).eid()
    run.broken = "a case: the card is gone"
    assert run.open_card(Trace(), Timings()).eid() == eid
    assert run.notes == ["the card was lost and came back: a case: the card is gone"]


@pytest.mark.vpcd
def test_card_that_cannot_be_served_anew_does_not_come_back(opened, options):
    target = opened()
    target.open()
    target._card.kill()
    target._card.wait()
    with SqliteStore(options.state):
        assert not target.come_back()


_KILLED = """
import os, signal, sys
from pathlib import Path
from rspharness.lpa import local_management
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.run.run import Run, RunOptions

run = Run(RunOptions(target="kept", state=Path(sys.argv[1]), level="profiles"))
card = run.open_card(Trace(), Timings())
local_management.set_default_address(card, "of-the-run.example.com")
os.kill(os.getpid(), signal.SIGKILL)
"""


def _absent():
    """Returns whether no pcscd runs, some seconds after its last user was killed."""
    for _ in range(100):
        if daemon_state() is Daemon.ABSENT:
            return True
        threading.Event().wait(0.1)
    return False


@pytest.mark.vpcd
def test_line_that_a_run_prints_puts_the_card_of_a_killed_one_back(opened, tmp_path, capsys):
    opened().close()  # skipped without a virtual reader
    alone = daemon_state() is Daemon.ABSENT
    state = tmp_path / "the card.db"
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(state)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    reading = Run(RunOptions(target="kept", state=state, level="read-only"))
    addresses = read_addresses(reading.open_card(Trace(), Timings()))
    assert addresses.default_dp_address == "of-the-run.example.com"
    (note,) = reading.notes
    reading.close()
    program, *words = shlex.split(note.partition("put it back: ")[2])
    assert program == "rsplab"
    assert main(words) == 0
    assert capsys.readouterr().out.endswith(
        "restored: default SM-DP+ address (none); left: nothing\n"
    )
    assert main(words) == 0
    assert "no journal" in capsys.readouterr().out
    assert not alone or _absent()


@pytest.mark.vpcd
def test_killed_run_leaves_no_daemon_that_it_started(opened, tmp_path):
    opened().close()
    if daemon_state() is not Daemon.ABSENT:
        pytest.skip("a pcscd runs already")
    killed = [sys.executable, "-c", _KILLED, str(tmp_path / "card.db")]
    assert subprocess.run(killed, check=False, timeout=60).returncode == -signal.SIGKILL
    assert _absent()
