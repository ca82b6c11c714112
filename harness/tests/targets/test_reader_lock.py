"""Processes that take turns at one reader."""

import subprocess
import sys

import pytest

from rspcore.errors import ConfigError
from rspharness.targets.reader_place import WAIT, ReaderLock

pytestmark = pytest.mark.once

HOLDER = """
import sys
from rspharness.targets.reader_place import ReaderLock
lock = ReaderLock("A reader of tests")
print("has it", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "has it\n"
        yield process
        process.kill()


def test_reader_that_stays_in_use_is_refused_by_the_process_that_has_it(holder, monkeypatch):
    monkeypatch.setenv(WAIT, "0.2")
    with pytest.raises(ConfigError, match=f"is used by process {holder.pid}; wait for its end"):
        ReaderLock("A reader of tests")
    ReaderLock("Another reader").release()


def test_reader_is_waited_for_and_the_user_is_informed(holder, monkeypatch, capsys):
    monkeypatch.setenv(WAIT, "30")
    holder.communicate("\n")  # ends; the lock goes free with it
    ReaderLock("A reader of tests").release()
    assert capsys.readouterr().err == ""


def test_lock_of_a_killed_process_is_free(holder):
    holder.kill()
    holder.wait()
    lock = ReaderLock("A reader of tests")
    lock.release()
    lock.release()


def test_holders_in_one_process_share_it(holder, monkeypatch):
    holder.kill()
    holder.wait()
    one, other = ReaderLock("A reader of tests"), ReaderLock("A reader of tests")
    one.release()
    monkeypatch.setenv(WAIT, "0.2")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert "is used by process" in process.communicate()[1]
    other.release()


def test_time_to_wait_is_a_number(holder, monkeypatch):
    monkeypatch.setenv(WAIT, "soon")
    with pytest.raises(ConfigError, match=f"{WAIT}=soon: expected a number"):
        ReaderLock("A reader of tests")
