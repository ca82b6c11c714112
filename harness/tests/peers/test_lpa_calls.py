"""How an LPA is called, and what a call came to: crash, hang and silent success differ."""

import sys

import pytest

from rspcore.errors import ConfigError
from rspharness.peers.lpa_config import LpaConfig
from rspharness.peers.lpa_outcome import called
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError

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
