"""A shared pcscd: it stays while anybody uses it, and ends with the last user, killed or not."""

import os
import signal
import subprocess
import sys
import time  # noqa: TID251  a daemon takes real time to end
from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspsim.transports.pcscd import running_pcscd
from rspsim.transports.pcsclite import Daemon, daemon_state
from rspsim.transports.shared_daemon import shared_pcscd

USER = (
    "from rspsim.transports.shared_daemon import shared_pcscd\n"
    "with shared_pcscd() as daemon:\n"
    "    print(len(daemon.slots), flush=True)\n"
    "    input()\n"
)

pytestmark = pytest.mark.vpcd


def other_user() -> "subprocess.Popen[bytes]":
    """Starts a process that uses the daemon until it gets a line."""
    user = subprocess.Popen(
        [sys.executable, "-c", USER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert user.stdout is not None
    assert int(user.stdout.readline()) >= 2
    return user


def ended() -> bool:
    """Returns whether the daemon ends within some seconds."""
    end = time.monotonic() + 10
    while daemon_state() is not Daemon.ABSENT:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(autouse=True)
def _alone() -> None:
    if daemon_state() is not Daemon.ABSENT:
        pytest.skip("a pcscd runs already")


def test_first_user_leaves_the_daemon_to_the_second() -> None:
    with shared_pcscd():
        user = other_user()
    time.sleep(0.5)
    assert daemon_state() is Daemon.RUNNING
    with user:
        user.communicate(b"\n")
    assert ended()


def test_daemon_ends_with_a_user_that_is_killed() -> None:
    with other_user() as user:
        assert daemon_state() is Daemon.RUNNING
        user.kill()
    assert ended()


def test_daemon_has_ended_with_the_block_of_its_last_user() -> None:
    for _ in range(3):
        with shared_pcscd() as daemon:
            assert daemon.kept
            assert daemon_state() is Daemon.RUNNING
        assert daemon_state() is Daemon.ABSENT


def test_daemon_has_the_slots_of_its_first_user() -> None:
    with shared_pcscd(slots=3) as daemon:  # two a device
        assert len(daemon.slots) == 4
        with (
            pytest.raises(ConfigError, match=r"5 virtual slots are needed .* has 4: end those"),
            shared_pcscd(slots=5),
        ):
            pass
        assert daemon_state() is Daemon.RUNNING
    assert ended()


def test_daemon_that_has_ended_is_started_anew_for_the_next_user() -> None:
    with shared_pcscd():
        os.kill(int(Path("/run/pcscd/pcscd.pid").read_bytes().strip(b"\n\0")), signal.SIGKILL)
        end = time.monotonic() + 10
        while daemon_state() is Daemon.RUNNING and time.monotonic() < end:
            time.sleep(0.02)
        with other_user() as user:
            assert daemon_state() is Daemon.RUNNING
            user.communicate(b"\n")
    assert daemon_state() is Daemon.ABSENT


def test_daemon_of_another_is_not_stopped() -> None:
    with running_pcscd():
        with shared_pcscd() as daemon:
            assert daemon.slots
            assert not daemon.kept
        time.sleep(0.5)
        assert daemon_state() is Daemon.RUNNING
