"""How an LPA is called, and what a call came to: crash, hang and silent success differ."""

import json
import sys
import threading

import pytest

from rspcore.errors import ConfigError, DecodeError
from rspharness.peers.lpa_config import LpaConfig
from rspharness.peers.lpa_outcome import called
from rspharness.peers.stdio_driver import StdioDriver
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError
from rspharness.simulated.lent_card import Gone, LentCard

CRASH = "Traceback (most recent call last)"


def outcome(program, limit_s=30.0):
    return called([sys.executable, "-c", program], limit_s, CRASH, Trace())


def written(tmp_path, text):
    file = tmp_path / "lpa.toml"
    file.write_text(text, "utf-8")
    return LpaConfig.load(file)


def test_words_stand_in_the_command_line(tmp_path):
    config = written(tmp_path, '[calls]\ndownload = "{command} get {code} --at={device}"\n')
    line = config.line("download", ["my", "lpa"], {"code": "LPA:1$a$b", "device": "/dev/pts/1"})
    assert line == ["my", "lpa", "get", "LPA:1$a$b", "--at=/dev/pts/1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[calls]\nlist = "x"\n', "download is needed"),
        ('[calls]\ndownload = "x"\nenabel = "x"\n', "near it: enable"),
        ('[calls]\ndownload = "{codes}"\n', "known are command"),
        ('limits = 3\n[calls]\ndownload = "x"\n', "'limits' is not known"),
        ("[calls", "--config"),
    ],
)
def test_configuration_with_a_mistake_is_refused(tmp_path, text, said):
    with pytest.raises(ConfigError, match=said):
        written(tmp_path, text)


def test_success_and_failure_that_is_said():
    outcome("print('done')").succeeded()
    outcome("print('no trust'); raise SystemExit(1)").failed()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise ValueError", "a crash: exit code 1"),
        ("import os; os.kill(os.getpid(), 11)", "a crash: exit code -11"),
        ("raise SystemExit(0)", "a silent success"),
        ("raise SystemExit(2)", "no word of it"),
    ],
)
def test_what_is_no_failure_that_the_user_hears_of(program, said):
    with pytest.raises(ExpectationError) as caught:
        outcome(program).failed()
    assert said in caught.value.actual


def test_call_that_does_not_end_is_a_hang():
    with pytest.raises(ExpectationError) as caught:
        outcome("import time; print('waits', flush=True); time.sleep(60)", 2.0).ended()
    assert "a hang" in caught.value.actual
    assert "waits" in caught.value.actual


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('card = "modems"\n[calls]\ndownload = "x"\n', "expected one of modem, reader, stdio"),
        ('failure = "("\n[calls]\ndownload = "x"\n', "failure: no pattern"),
        ('[calls]\ndownload = "x"\n[options]\nL_V4 = true\n', "'L_V4' is not known"),
        ('[calls]\ndownload = "x"\n[options]\nL_V3 = "yes"\n', "expected true or false"),
        ('[calls]\ndownload = "x"\n[environment]\nCA = "{cas}"\n', "known are command"),
    ],
)
def test_further_mistakes_of_a_configuration(tmp_path, text, said):
    with pytest.raises(ConfigError, match=said):
        written(tmp_path, text)


def test_words_stand_in_the_environment(tmp_path):
    config = written(
        tmp_path, '[calls]\ndownload = "x"\n[environment]\nCURL_CA_BUNDLE = "{ca}"\nA = "b"\n'
    )
    assert config.variables({"ca": "/ci.pem"}) == {"CURL_CA_BUNDLE": "/ci.pem", "A": "b"}


def test_failure_that_the_exit_code_does_not_say():
    program = "print('{\"code\": -1}')"
    done = called([sys.executable, "-c", program], 30.0, CRASH, Trace(), failure=r'"code": *-')
    assert not done.said_success
    done.failed()


def test_exit_code_255_is_a_failure_and_134_a_signal():
    outcome("print('no'); raise SystemExit(255)").failed()
    with pytest.raises(ExpectationError) as caught:
        outcome("print('no'); raise SystemExit(134)").failed()
    assert "a crash" in caught.value.actual


@pytest.fixture
def lent():
    with LentCard("stdio", profiles=["PROFILE_OPERATIONAL1"], trace=Trace()) as card:
        yield card


def asked(function, param=None):
    return json.dumps({"type": "apdu", "payload": {"func": function, "param": param}})


def test_stdio_driver_opens_a_channel_and_carries_apdus(lent):
    driver = StdioDriver(lent.shared)
    assert json.loads(driver.answer(asked("connect")))["payload"] == {"ecode": 0}
    opened = driver.answer(asked("logic_channel_open", "A0000005591010FFFFFFFF8900000100"))
    assert json.loads(opened)["payload"] == {"ecode": 1}
    eid = json.loads(driver.answer(asked("transmit", "81E2910006BF3E035C015A")))["payload"]["data"]
    assert eid[:2] == "61"
    data = json.loads(driver.answer(asked("transmit", f"81C00000{eid[2:4]}")))["payload"]["data"]
    assert data.startswith("BF3E125A10")
    assert json.loads(driver.answer(asked("logic_channel_close", "01")))["payload"]["ecode"] == 0
    refused = driver.answer(asked("logic_channel_open", "A000000559101000"))
    assert json.loads(refused)["payload"]["ecode"] < 0
    assert driver.answer('{"type": "progress", "payload": {}}') is None
    assert driver.answer("no JSON") is None


@pytest.mark.parametrize(
    "line", [asked("transmit", "ZZ"), asked("transmit", "00"), asked("power"), asked("transmit", 1)]
)
def test_stdio_driver_says_what_it_expected(lent, line):
    with pytest.raises(DecodeError, match="expected"):
        StdioDriver(lent.shared).answer(line)


def test_program_that_asks_by_stdio_is_answered(lent):
    program = (
        "import json, sys\n"
        "print(json.dumps({'type': 'apdu', 'payload': {'func': 'connect', 'param': None}}))\n"
        "sys.stdout.flush()\n"
        "print('the card said', json.loads(sys.stdin.readline())['payload']['ecode'])\n"
        "sys.exit(3)\n"
    )
    line = [sys.executable, "-c", program]
    done = called(line, 30.0, CRASH, Trace(), driver=StdioDriver(lent.shared))
    assert (done.code, done.output) == (3, "the card said 0")


def test_program_that_asks_and_hangs_is_ended(lent):
    program = "import time; print('waits', flush=True); time.sleep(60)"
    line = [sys.executable, "-c", program]
    done = called(line, 2.0, CRASH, Trace(), driver=StdioDriver(lent.shared))
    assert (done.code, done.output) == (None, "waits")


def test_tester_and_lpa_use_the_card_in_turn(lent):
    with lent.turn() as link:
        assert link.transmit(bytes.fromhex("00A40400"))[-2:]
        waiting = threading.Thread(target=lent.shared.reset)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join(10)
    assert not waiting.is_alive()


def test_card_that_leaves_is_refused_by_the_driver():
    def gone(command):
        raise Gone

    with LentCard("stdio", before=gone) as card:
        answer = StdioDriver(card.shared).answer(asked("transmit", "00A40400"))
    assert json.loads(answer)["payload"]["ecode"] < 0
