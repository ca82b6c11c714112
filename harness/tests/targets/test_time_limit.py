"""Calls that have to end in time, and a reader whose card never answers."""

import subprocess
import sys
import threading
from queue import SimpleQueue

import pytest

from rspcore.errors import ConfigError
from rspharness.record.verdicts import TargetLost
from rspharness.targets import pcsc
from rspharness.targets.reader import ReaderLink
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import Returning, TargetOptions
from rspharness.targets.time_limit import TimeLimit


def test_call_returns_its_value_and_raises_its_error():
    limit = TimeLimit("reader", 60)
    assert limit.call("adding", lambda: 1 + 1) == 2
    with pytest.raises(ConfigError, match="no daemon"):
        limit.call("connecting", _refuse)
    assert limit.call("adding", lambda: 3) == 3
    assert not limit.overdue
    limit.end()


def _refuse():
    raise ConfigError("no daemon")


def test_overdue_call_is_abandoned_and_no_other_is_made():
    never = threading.Event()
    limit = TimeLimit('reader "A"', 0.05)
    with pytest.raises(TargetLost, match=r'reader "A", transmit: no answer within 0.05 s'):
        limit.call("transmit", never.wait)
    made = []
    with pytest.raises(TargetLost, match="reset: no answer"):
        limit.call("reset", lambda: made.append(1))
    assert limit.overdue
    assert made == []
    never.set()
    limit.end()


def test_answer_that_is_late_is_not_taken_for_the_next_one():
    gate, started = threading.Event(), threading.Event()

    def slow():
        started.set()
        gate.wait()
        return "late"

    limit = TimeLimit("reader", 60)
    interrupted = SimpleQueue()  # as after Ctrl-C: nobody waits for the first answer any more
    limit.call("starting", lambda: None)
    limit._calls.put((slow, interrupted))
    started.wait()
    gate.set()
    assert limit.call("next", lambda: "next") == "next"
    limit.end()


def test_process_with_an_overdue_call_ends():
    program = (
        "import threading\n"
        "from rspharness.targets.time_limit import TimeLimit\n"
        "try:\n"
        "    TimeLimit('reader', 0.05).call('transmit', threading.Event().wait)\n"
        "except Exception as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert "no answer within 0.05 s" in ended.stdout


def test_silent_card_is_a_lost_target_and_is_not_asked_again(library):
    scard = library("A")
    never = threading.Event()
    scard.SCardTransmit = lambda *_: never.wait()
    link = ReaderLink("A", limit_s=0.05)
    with pytest.raises(TargetLost, match="transmit: no answer"):
        link.transmit(b"\x00")
    asked = list(scard.log)
    with pytest.raises(TargetLost, match="reset: no answer"):
        link.reset()
    link.close()  # the library would wait for the card
    assert scard.log == asked
    assert link.overdue
    never.set()


@pytest.mark.parametrize("answer", [[], [0x90]])
def test_answer_without_status_word_is_a_lost_card(library, answer):
    scard = library("A")
    scard.SCardTransmit = lambda *_: (0, answer)
    with pytest.raises(TargetLost, match=f"expected a status word, got {len(answer)} octets"):
        ReaderLink("A").transmit(b"\x00")


@pytest.fixture
def target(library, monkeypatch):
    library("A")
    monkeypatch.setattr(pcsc, "_RETURNS_WITHIN_S", 0.05)
    settings = TargetSettings(kind="pcsc", reader="A", command_limit_s=0.05)
    return pcsc.PcscTarget(TargetOptions(settings=settings, pki=None))


def test_card_in_a_reader_comes_back(target, library):
    assert isinstance(target, Returning)
    target.open()
    library("A", faults=["connect"])
    assert not target.come_back()
    library("A", faults=["establish"])  # the daemon is gone
    assert not target.come_back()
    library("A")
    assert target.come_back()
    assert target.open().transmit(b"\x00") == b"\x90\x00"


def test_reader_that_does_not_connect_is_not_asked_again(target, library):
    never = threading.Event()
    scard = library("A")
    scard.SCardConnect = lambda *_: never.wait()
    with pytest.raises(TargetLost, match="connecting: no answer"):
        target.open()
    library("A")
    assert not target.come_back()
    never.set()


def test_silent_card_does_not_come_back(target, library):
    never = threading.Event()
    scard = library("A")
    scard.SCardTransmit = lambda *_: never.wait()
    link = target.open()
    with pytest.raises(TargetLost):
        link.transmit(b"\x00")
    asked = list(scard.log)
    assert not target.come_back()
    target.close()
    assert scard.log == asked
    never.set()
