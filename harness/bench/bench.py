"""Measures the simulator and compares the figures with their budgets.

    python harness/bench/bench.py [--quick] [--no-pcsc] [--json FILE]

Absolute figures are valid for one machine on one day; what counts is the ratio to the echo card in
the same run, the split of a download, and that every figure keeps its budget, which leaves room for
a busy machine. Exit code 1 when a budget is not kept; parts that need PC/SC are left out without
it.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import downloads
import installation
import programs
import replayed
import round_trips
import smdpp_sessions
from figure import Figure

from rspcore.errors import ConfigError
from rspsim.transports.shared_daemon import shared_pcscd


def main() -> int:
    """Measures everything, prints it, and returns 1 when a budget is not kept."""
    parser = argparse.ArgumentParser(description="Measure the simulator.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--no-pcsc", action="store_true", help="in this process alone")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the figures to a file, too"
    )
    options = parser.parse_args()
    share = 10 if options.quick else 1
    figures: list[Figure] = []
    for measure in (
        lambda: round_trips.in_process(5000 // share),
        lambda: downloads.in_process(50 // share),
        lambda: installation.in_process(50 // share),
        installation.memory,
        installation.memory_of_cards,
        lambda: programs.start_up(10 // share),
        programs.state_sizes,
        lambda: programs.commits(200 // share),
        lambda: smdpp_sessions.start(10 // share + 1),
        lambda: smdpp_sessions.sessions(320 // min(share, 2)),
        lambda: smdpp_sessions.two_processes(96),
    ):
        figures += shown(measure)
    if not options.no_pcsc:
        figures += over_pcsc(share)
    if options.json:
        options.json.write_text(json.dumps(as_json(figures), indent=2), encoding="utf-8")
    broken = [one for one in figures if not one.kept]
    for one in broken:
        print(f"over budget: {one.name}: {one.value:.3g} {one.unit}, allowed {one.budget:g}")
    return 1 if broken else 0


def over_pcsc(share: int) -> list[Figure]:
    """Measures what goes through pcscd, or prints why it does not."""
    if find_spec("smartcard") is None:
        print("left out: everything over PC/SC, as pyscard is not installed")
        return []
    figures: list[Figure] = []
    try:
        with shared_pcscd() as daemon:
            slots = daemon.slots
            for measure in (
                lambda: round_trips.over_pcsc(slots, 5000 // share),
                lambda: replayed.over_pcsc(slots, 10 // share + 2),
                lambda: downloads.over_pcsc(slots[0], 30 // share),
                lambda: programs.card_start(slots[0], 5),
            ):
                figures += shown(measure)
    except ConfigError as error:
        print(f"left out: everything over PC/SC: {error}")
    return figures


def shown(measure: Callable[[], list[Figure]]) -> list[Figure]:
    """Measures, prints at once, and returns the figures."""
    figures = measure()
    for one in figures:
        budget = "" if one.budget is None else f"   of {one.budget:g}"
        print(f"{one.name:<72} {one.value:>9.3f} {one.unit:<5}{budget}", flush=True)
    return figures


def as_json(figures: list[Figure]) -> dict[str, object]:
    """Returns the figures with the facts of the machine."""
    return {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "figures": [
            {"name": one.name, "value": one.value, "unit": one.unit, "budget": one.budget}
            for one in figures
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
