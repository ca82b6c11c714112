"""Compares the card, downloads and starts with their floors, in CPU time: the short form of bench.

    python harness/bench/ratios.py             every ratio in some seconds; plain `tox` runs it
    python harness/bench/ratios.py --rounds 5  five times as many rounds

A ratio is the CPU time of a thing to that of its floor (`floors.py`), taken in turn in the same
run, so that other load of the machine changes it little. Printed are the median of the floor in
microseconds, the median ratio with the tenth and the ninetieth percentile, the figure this commit
states, and the goal. A stated figure is what was measured when it was written, while others used
the machine too; it may only be lowered. Exit code 1 when a median is above 1.3 times its stated
figure.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import process_time_ns  # noqa: TID251  a bench measures CPU time

import floors
import starts
from direct import DirectLink
from downloads import downloads_of, installed, new_card

from rspcore.crypto.curves import Curve
from rspcore.messages.v3.lsi_configuration import LsiConfiguration, MepMode
from rspcore.pki.generate import make_pki
from rspharness.lpa.isdr_channel import IsdrChannel
from rspsim.euicc.personality import personality_named, with_mep
from rspsim.personalise import personalise
from rspsim.stores.sqlite import SqliteStore

__all__ = ["main", "verdict"]

SLACK = 1.3
LINE = "{:<46} {:>10} {:>8} {:>15} {:>7} {:>6}  {}"


@dataclass(frozen=True, slots=True)
class Ratio:
    """One thing and its floor.

    Attributes:
        name: What is measured.
        stated: The ratio this commit holds to.
        goal: The ratio it shall come to.
        samples: Yields pairs of CPU times, of the floor and of the thing, in microseconds.
    """

    name: str
    stated: float
    goal: float
    samples: Callable[[int], Iterator[tuple[float, float]]]


COMMANDS = (
    ("SELECT MF", "00A4000C023F00", 7, 6),
    ("SELECT ISD-R", "01A4040010A0000005591010FFFFFFFF8900000100", 7.5, 6),
    ("GetEID", "81E2910006BF3E035C015A00", 7, 6),
)


def _all() -> tuple[Ratio, ...]:
    single = [
        Ratio(name, stated, goal, _commands(bytes.fromhex(octets), 0))
        for name, octets, stated, goal in COMMANDS
    ]
    nist, brainpool = Curve.NIST_P256, Curve.BRAINPOOL_P256R1
    return (
        *single,
        Ratio("SELECT MF, port of MEP-A1", 7.5, 6, _on_port(bytes.fromhex("00A4000C023F00"))),
        Ratio("list of 4 Profiles", 14, 20, _commands(bytes.fromhex("81E2910003BF2D0000"), 4)),
        Ratio("card side of a 12 kB download, P-256", 10, 5, _card_side(nist)),
        Ratio("card side of a 12 kB download, brainpool", 2.8, 2, _card_side(brainpool)),
        Ratio("12 kB download in process, P-256", 8.5, 5, _whole(nist)),
        Ratio("12 kB download in process, brainpool", 2.7, 5, _whole(brainpool)),
        Ratio("rsplab --help", 2.5, 2.5, starts.help_text),
        Ratio("rsplab card serve until it answers", 10.5, 6, starts.card),
        Ratio("rsplab smdpp serve until it listens", 11.5, 15, partial(starts.server, "smdpp")),
        Ratio("rsplab smds serve until it listens", 11.5, 15, partial(starts.server, "smds")),
        Ratio("commit of a nickname, SQLite", 2.2, 1.5, _commit),
        Ratio("rsplab run --case ONE", 1.5, 1.5, starts.one_case),
        Ratio("collection of all suites", 2, 2, starts.collection),
    )


def _timed(run: Callable[[], object], times: int) -> float:
    began = process_time_ns()
    for _ in range(times):
        run()
    return (process_time_ns() - began) / times / 1000


def _commands(octets: bytes, profiles: int) -> Callable[[int], Iterator[tuple[float, float]]]:
    def samples(rounds: int) -> Iterator[tuple[float, float]]:
        state = installed(profiles) if profiles else personalise(make_pki())
        with new_card(state) as link:
            IsdrChannel(link).open()
            floor = floors.command(octets, link.transmit(octets))
            for _ in range(15 * rounds):
                yield _timed(floor, 200), _timed(lambda: link.transmit(octets), 40)

    return samples


def _on_port(octets: bytes) -> Callable[[int], Iterator[tuple[float, float]]]:
    """Measures a command on a card that has agreed on MEP-A1 with the device."""

    def samples(rounds: int) -> Iterator[tuple[float, float]]:
        kind = with_mep(personality_named("v3.1"), (MepMode.A1,), 2)
        wanted = LsiConfiguration(highest=2, options=0, modes=(MepMode.A1,), ports=2).encode()
        with new_card(personalise(make_pki(), personality=kind)) as link:
            agreed = link.transmit(bytes.fromhex("807C0400") + bytes((len(wanted),)) + wanted)
            if agreed[0] not in (0x61, 0x90):
                raise SystemExit(f"MANAGE LSI (configure): {agreed.hex()}")
            floor = floors.command(octets, link.transmit(octets))
            for _ in range(15 * rounds):
                yield _timed(floor, 200), _timed(lambda: link.transmit(octets), 40)

    return samples


class _Metered:
    """A link that adds up the CPU time of the card, in microseconds."""

    def __init__(self, link: DirectLink) -> None:
        self._link = link
        self.reset, self.close, self.used = link.reset, link.close, 0.0

    def transmit(self, command: bytes) -> bytes:
        """Sends a command."""
        began = process_time_ns()
        answer = self._link.transmit(command)
        self.used += (process_time_ns() - began) / 1000
        return answer


def _card_side(curve: Curve) -> Callable[[int], Iterator[tuple[float, float]]]:
    def samples(rounds: int) -> Iterator[tuple[float, float]]:
        floor = floors.crypto(curve, floors.CARD)
        for link, run in downloads_of(curve, 10 * rounds, _Metered):
            link.used = 0.0
            run()
            yield _timed(floor, 4), link.used

    return samples


def _whole(curve: Curve) -> Callable[[int], Iterator[tuple[float, float]]]:
    def samples(rounds: int) -> Iterator[tuple[float, float]]:
        floor = floors.crypto(curve, floors.ALL_SIDES)
        for _link, run in downloads_of(curve, 10 * rounds, lambda link: link):
            yield _timed(floor, 4), _timed(run, 1)

    return samples


def _commit(rounds: int) -> Iterator[tuple[float, float]]:
    """Commits a changed nickname; the disk is not waited for in CPU time."""
    state = installed(1)
    one = state.profiles[0]
    with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder, "card")) as store:
        store.commit(state)
        with floors.transaction(Path(folder, "floor")) as floor:
            for number in range(40 * rounds):
                changed = state.with_profile(replace(one, nickname=f"name {number:04d}"))
                yield _timed(floor, 1), _timed(lambda state=changed: store.commit(state), 1)


def verdict(ratio: float, stated: float) -> str:
    """Returns what is to be said of a ratio; empty when it keeps its stated figure.

    >>> verdict(12.9, 10), verdict(13.1, 10)
    ('', 'over 1.3 x 10')
    """
    return "" if ratio <= SLACK * stated else f"over {SLACK:g} x {stated:g}"


def main() -> int:
    """Measures every ratio, prints it, and returns 1 when one is over."""
    parser = argparse.ArgumentParser(description="Compare the simulator with its floors.")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="N times as many rounds")
    parser.add_argument("--only", default="", metavar="TEXT", help="only names with this text")
    options = parser.parse_args()
    print(LINE.format("CPU time", "floor us", "ratio", "10 % .. 90 %", "stated", "goal", ""))
    over = 0
    for one in _all():
        if options.only not in one.name:
            continue
        pairs = list(one.samples(options.rounds))
        floor = median(pair[0] for pair in pairs)
        ratios = sorted(thing / floor for _, thing in pairs)
        middle = median(ratios)
        low, *_, high = quantiles(ratios, n=10, method="inclusive")
        said = verdict(middle, one.stated)
        over += bool(said)
        spread = f"{low:.1f} .. {high:.1f}"
        figures = (f"{floor:.1f}", f"{middle:.1f}", spread, f"{one.stated:g}", f"{one.goal:g}")
        print(LINE.format(one.name, *figures, said).rstrip(), flush=True)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
