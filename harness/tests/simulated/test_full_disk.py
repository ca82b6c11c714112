"""A disk that becomes full under a run on a kept card: a real one, of a few megabytes.

Each test has mounts and a PC/SC daemon of its own, which only root may make.
"""

import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.vpcd

NAMESPACE = ("unshare", "-n", "-m")
SETUP = """
set -u
mkdir -p /run/pcscd && mount -t tmpfs tmpfs /run/pcscd && ip link set lo up
mount -t tmpfs -o size=8m tmpfs "$DISK"
rsplab() { "$PYTHON" -c 'import sys; from rspharness.cli.main import main; sys.exit(main())' "$@"; }
fill() {  # leaves so many KiB free
    head -c $((($(df --output=avail -k "$DISK" | tail -1) - $1) * 1024)) /dev/zero > "$DISK/fill"
}
run() { rsplab run --target kept --state "$STATE" --level profiles --report "$REPORT" "$@" 2>&1; }
"""


@pytest.fixture
def on_disk(tmp_path):
    """Returns a function that runs a script there and gives what it printed; DISK can be filled."""
    disk = tmp_path / "disk"
    disk.mkdir()
    probe = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", str(disk)]
    try:
        allowed = subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        pytest.skip("mounts of its own are not allowed here")
    if not shutil.which("pcscd"):
        pytest.skip("pcscd is not installed")

    def ran(script, **places):
        given = {"STATE": "card.db", "REPORT": "reports", "RSPLAB_JOURNALS": "journals"} | places
        done = subprocess.run(
            [*NAMESPACE, "bash", "-c", SETUP + script],
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "PYTHON": sys.executable,
                "DISK": str(disk),
                **{name: str(tmp_path / place) for name, place in given.items()},
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        return done.stdout

    return ran


def test_no_room_for_the_journal_ends_the_run_before_the_first_change(on_disk):
    said = on_disk(
        """
        fill 0
        run --case 'ES10c.SetNickname#0*'; echo "first $?"
        rm "$DISK/fill"
        run --case 'ES10c.SetNickname#01'; echo "second $?"
        """,
        RSPLAB_JOURNALS="disk/journals",
    )
    assert "stopped: nothing was sent: " in said
    assert "disk/journals: No space left on device; what a card was is written there" in said
    assert "first 3" in said
    assert "second 0" in said


def test_no_room_for_the_report_ends_the_run_and_keeps_its_cases(on_disk):
    said = on_disk(
        """
        fill 120
        run --case 'ES10c.SetNickname#*' --case 'ES10c.GetEID#*'; echo "first $?"
        ls "$RSPLAB_JOURNALS"
        rsplab report "$REPORT/latest" 2>&1; echo "report $?"
        rm "$DISK/fill"
        rsplab report "$REPORT/latest"; echo "again $?"
        """,
        REPORT="disk/reports",
    )
    assert "stopped: reports cannot be written to " in said
    assert "No space left on device; make room there" in said
    assert "first 3" in said
    assert ".jsonl" not in said
    assert "report 3" in said
    assert "the run did not end" in said
    assert "again 0" in said


def test_no_room_for_the_card_ends_the_run_with_the_card_as_before(on_disk):
    said = on_disk(
        """
        run --case 'ES10c.GetEID#01'; echo "new $?"
        fill 0
        run --case 'ES10c.SetNickname#0*'; echo "first $?"
        rm "$DISK/fill"
        rsplab recover --target kept --state "$STATE"; echo "recover $?"
        run --case 'ES10c.SetNickname#01'; echo "second $?"
        """,
        STATE="disk/card.db",
    )
    assert "new 0" in said
    assert "card.db: no space left on the disk for the state of the card" in said
    assert "the card is as before" in said
    assert "first 3" in said
    assert "recover 0" in said
    assert "second 0" in said
