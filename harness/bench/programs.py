"""Start-up of the commands, and what a card takes on disk and in memory."""

import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import downloads
from cards import SERVE, SIMULATED, served, time_to_insertion
from figure import Figure, spread

from rspharness.record.timing import percentiles, stopwatch
from rspsim.stores.sqlite import SqliteStore
from rspsim.transports.readers import Slot

__all__ = ["card_start", "commits", "start_up", "state_sizes"]

_START_BUDGETS_MS = {
    ("--help",): 300.0,
    ("card", "serve", "--help"): 300.0,
    ("card", "faults"): 1500.0,
    ("run", "--target", "inprocess", "--case", "ES10c.GetEID#01"): 6000.0,
}


def start_up(rounds: int) -> list[Figure]:
    """Measures the start of some commands; the first start fills the caches and does not count."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for words, budget in _START_BUDGETS_MS.items():
            own = ("--report", folder) if words[0] == "run" else ()
            times = [_time_of(*words, *own) for _ in range(rounds + 1)][1:]
            figures += spread(f"start: rsplab {' '.join(words)}", times, budget)[:1]
    return figures


def card_start(slot: Slot, rounds: int) -> list[Figure]:
    """Measures a card process from its start until the reader has it, and its memory.

    Raises:
        ConfigError: a card process ended by itself.
    """
    words = ("--port", str(slot.port))
    times = [time_to_insertion(*words) for _ in range(rounds)]
    with served(SIMULATED, *SERVE, *words, wait=True) as process:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return [
        *spread("start: card process to reader", times, 2000.0)[:1],
        Figure("memory of a card process, peak", int(peak) / 1024, "MB", 150.0),
    ]


def state_sizes() -> list[Figure]:
    """Measures state files with more and more profiles in them."""
    figures = []
    for count in (0, 1, 8):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "card"
            with SqliteStore(path) as store:
                store.commit(downloads.installed(count))
            size = path.stat().st_size / 1024
        figures.append(Figure(f"state file with {count} profiles", size, "kB", 100.0 + 20 * count))
    return figures


def commits(rounds: int) -> list[Figure]:
    """Measures the commits of a state file on this machine's disk."""
    state, more = downloads.installed(2), downloads.installed(3).profiles[2]
    named, installed, loads = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "card"
        with SqliteStore(path) as store:
            store.commit(state)
            for number in range(rounds):
                first = replace(state.profiles[0], nickname=f"name {number}")
                state = state.with_profile(first)
                watch = stopwatch()
                store.commit(state)
                named.append(watch())
                watch = stopwatch()
                store.commit(replace(state, profiles=(*state.profiles, more)))
                installed.append(watch())
                store.commit(state)
        for _ in range(rounds // 4 or 1):
            watch = stopwatch()
            SqliteStore(path).close()
            loads.append(watch())
    return [
        *spread("commit of a nickname", named),
        *spread("commit of a new profile of 12 kB", installed),
        Figure("open a state file, median", percentiles(loads).p50, "ms"),
    ]


def _time_of(*words: str) -> float:
    watch = stopwatch()
    subprocess.run([sys.executable, "-c", SIMULATED, *words], capture_output=True, check=False)
    return watch()
