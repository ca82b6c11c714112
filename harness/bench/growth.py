"""How time and size grow with what there is: fitted exponents, and plots in reports/bench/.

    python harness/bench/growth.py             prints the curves, writes reports/bench/*.svg
    python harness/bench/growth.py --quick     fewer and smaller points
    python harness/bench/growth.py --only TEXT

Each point is the median of some rounds in CPU time, so that other load of the machine does not
bend a curve. The exponent is fitted over the upper half of the points, where what does not grow no
longer counts: 1 is linear. A curve is broken when its exponent is above 1.2, or when a point is
more than three times what the one before leads to: a step. Exit code 1 when one is.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from math import log
from pathlib import Path
from statistics import linear_regression, median
from time import process_time_ns  # noqa: TID251  a bench measures CPU time

from direct import DirectLink
from downloads import new_card, profile_of
from grown_reports import CASES, GrownRuns

from rspcore.ids import Iccid
from rspcore.messages.metadata import NotificationEvent
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import ProfileParameters, make_profile, preset
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download import download
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel
from rspharness.simulated.inprocess_port import InProcessPort
from rspsim.env import ManualClock, SeededRng
from rspsim.euicc.decisions import STANDARD
from rspsim.euicc.notifications import with_events
from rspsim.euicc.state import CardState
from rspsim.personalise import personalise
from rspsim.smdpp.server import SmDpPlus
from rspsim.stores.sqlite import SqliteStore

__all__ = ["Curve", "exponent", "main", "step"]

MOST_EXPONENT = 1.2
MOST_STEP = 3.0
PLOTS = Path("reports", "bench")
SIZES = (2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 500_000)
COUNTS = (1, 2, 4, 8, 16, 32, 64, 100)
ORDERS = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
NICKNAMES = ("one", "two")
MEMORY = 400_000_000
"""Octets of memory of the cards: enough for the largest point."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve.

    Attributes:
        name: What grows, and with what.
        unit: Unit of its values.
        points: Where it is measured.
        measure: Returns the value at a point.
    """

    name: str
    unit: str
    points: Sequence[int]
    measure: Callable[[int], float]


def exponent(points: Sequence[int], values: Sequence[float]) -> float:
    """Fits value = a * point ** exponent over the upper half of the points.

    >>> round(exponent((1, 2, 4, 8, 16, 32), (9, 9, 10, 20, 40, 80)), 2)
    1.0
    """
    half = len(points) // 2
    fitted = linear_regression([log(one) for one in points[half:]], [log(v) for v in values[half:]])
    return fitted.slope


def step(points: Sequence[int], values: Sequence[float]) -> int | None:
    """Returns the first point whose value is a step: more than linear growth from the one before.

    >>> step((1, 2, 4), (5, 9, 17)), step((1, 2, 4), (5, 40, 80))
    (None, 2)
    """
    for (before, low), (point, high) in pairwise(zip(points, values, strict=True)):
        if high > MOST_STEP * low * point / before:
            return point
    return None


def card_state() -> CardState:
    """Returns a blank card with room for every point."""
    blank = personalise(make_pki())
    return replace(blank, personality=replace(blank.personality, nvm_size=MEMORY))


def loaded(link: DirectLink, server: SmDpPlus, parameters: ProfileParameters) -> float:
    """Downloads one Profile; returns the CPU time in milliseconds."""
    made = make_profile(parameters)
    order = server.orders.order(made.upp, made.metadata)
    channel = IsdrChannel(link, ChannelOptions(block_size=255))
    channel.open()
    code = ActivationCode.parse(order.activation_code)
    began = process_time_ns()
    download(channel, InProcessPort(server), code)
    used = (process_time_ns() - began) / 1e6
    link.reset()
    return used


def new_server() -> SmDpPlus:
    """Returns a server without orders."""
    return SmDpPlus(make_pki(), rng=SeededRng(b"server"), clock=ManualClock())


def of_size(size: int) -> ProfileParameters:
    """Returns a Profile whose package has so many octets."""
    return ProfileParameters(iccid=Iccid.from_digits("899900110000000001"), size=size)


def download_time(size: int) -> float:
    """Returns the time of a download by the size of its package."""
    times = []
    for _ in range(5 if size < 100_000 else 3):
        with new_card(card_state()) as link:
            times.append(loaded(link, new_server(), of_size(size)))
    return median(times)


def file_of(state: CardState) -> float:
    """Returns the kilobytes of a state file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "card"
        with SqliteStore(path) as store:
            store.commit(state)
        return path.stat().st_size / 1024


def file_size(size: int) -> float:
    """Returns the size of a state file by the size of the package in it."""
    with new_card(card_state()) as link:
        loaded(link, new_server(), of_size(size))
        return file_of(link.card.state)


class Full:
    """Cards with more and more Profiles: each is made once, from the one before."""

    def __init__(self) -> None:
        self._states = [card_state()]
        self._times = [0.0]
        self._server = new_server()

    def state(self, count: int) -> CardState:
        """Returns the state of a card with so many Profiles, each with its Notification."""
        while len(self._states) <= count:
            with new_card(self._states[-1]) as link:
                parameters = profile_of(len(self._states), size=4_000)
                self._times.append(loaded(link, self._server, parameters))
                self._states.append(link.card.state)
        return self._states[count]

    def time(self, count: int) -> float:
        """Returns the time of the download that made it so many."""
        self.state(count)
        return median(self._times[max(1, count - 2) : count + 1])

    def command(self, octets: bytes, made: Callable[[int], CardState], count: int) -> float:
        """Returns the time of a command and of fetching its answer, in milliseconds."""
        with new_card(made(count)) as link:
            IsdrChannel(link).open()
            times = []
            for _ in range(7):
                began = process_time_ns()
                for _ in range(5):
                    answer = link.transmit(octets)
                    while answer[-2] == 0x61:
                        answer = link.transmit(bytes((0x01, 0xC0, 0, 0, answer[-1])))
                times.append((process_time_ns() - began) / 5e6)
            return median(times)

    def notified(self, count: int) -> CardState:
        """Returns the state of a card with one Profile and so many Notifications."""
        with new_card(card_state()) as link:
            loaded(link, self._server, preset("PROFILE_OPERATIONAL1"))
            state = link.card.state
        options = replace(state.options, notification_capacity=2 * count)
        state = replace(state, notifications=(), options=options)
        event = NotificationEvent.notificationEnable
        while len(state.notifications) < count:
            state = with_events(state, STANDARD, state.profiles[0], event)
        return state

    def commit(self, count: int) -> float:
        """Returns the time of a commit that changes a nickname, in milliseconds."""
        state = self.state(count)
        with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder) / "card") as store:
            store.commit(state)
            times = []
            for number in range(12):
                first = replace(state.profiles[0], nickname=NICKNAMES[number % 2])
                changed = state.with_profile(first)
                began = process_time_ns()
                store.commit(changed)
                times.append((process_time_ns() - began) / 1e6)
            return median(times)

    def file(self, count: int) -> float:
        """Returns the size of a state file with so many Profiles."""
        return file_of(self.state(count))


class Stocked:
    """A server with more and more orders that wait."""

    def __init__(self) -> None:
        self._server = new_server()
        self._made = make_profile(profile_of(0, size=2_000))
        self._orders = 0

    def time(self, orders: int) -> float:
        """Returns the time of a whole download from a server with so many other orders."""
        while self._orders < orders:
            self._orders += 1
            iccid = Iccid.from_digits(f"89990022{self._orders:010d}")
            metadata = replace(self._made.metadata, iccid=iccid)
            self._server.orders.order(self._made.upp, metadata)
        times = []
        for number in range(9):
            with new_card(card_state()) as link:
                self._orders += 1
                times.append(loaded(link, self._server, profile_of(number + orders, size=2_000)))
        return median(times)


LIST_PROFILES = bytes.fromhex("81E2910003BF2D0000")
LIST_NOTIFICATIONS = bytes.fromhex("81E2910003BF280000")
SELECT_ISDR = bytes.fromhex("01A4040010A0000005591010FFFFFFFF8900000100")


def curves(points: slice) -> tuple[Curve, ...]:
    """Returns every curve, measured at some of its points."""
    full, runs = Full(), GrownRuns()
    sizes, counts, orders, cases = SIZES[points], COUNTS[points], ORDERS[points], CASES[points]
    profiles = partial(full.command, LIST_PROFILES, full.state)
    notifications = partial(full.command, LIST_NOTIFICATIONS, full.notified)
    selection = partial(full.command, SELECT_ISDR, full.state)
    return (
        Curve("download, by octets of the package", "ms", sizes, download_time),
        Curve("state file, by octets of the package", "kB", sizes, file_size),
        Curve("download, by Profiles on the card", "ms", counts, full.time),
        Curve("list of Profiles, by their number", "ms", counts, profiles),
        Curve("list of Notifications, by their number", "ms", counts, notifications),
        Curve("SELECT ISD-R, by Profiles on the card", "ms", counts, selection),
        Curve("commit of a nickname, by Profiles", "ms", counts, full.commit),
        Curve("state file, by Profiles", "kB", counts, full.file),
        Curve("download, by orders of the server", "ms", orders, Stocked().time),
        Curve("reports of a run, by its cases", "ms", cases, runs.report),
        Curve("comparison of two runs, by their cases", "ms", cases, runs.comparison),
    )


def plotted(curve: Curve, values: Sequence[float], slope: float) -> str:
    """Writes the plot of a curve; returns its name, or why there is none."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415  in the environment of bench alone
    except ImportError:
        return "no plot: matplotlib is not installed"
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.loglog(curve.points, values, marker="o")
    axes.set_title(f"{curve.name}: exponent {slope:.2f}")
    axes.set_ylabel(curve.unit)
    axes.grid(visible=True, which="both", alpha=0.3)
    PLOTS.mkdir(parents=True, exist_ok=True)
    path = PLOTS / f"{curve.name.replace(',', '').replace(' ', '-').lower()}.svg"
    figure.savefig(path)
    return str(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures every curve, prints it, and returns 1 when one is broken."""
    parser = argparse.ArgumentParser(description="Measure how the simulator grows.")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller points")
    parser.add_argument("--only", default="", metavar="TEXT", help="only names with this text")
    options = parser.parse_args(arguments)
    some = slice(0, 5) if options.quick else slice(None)
    broken = 0
    for curve in curves(some):
        if options.only not in curve.name:
            continue
        values = [curve.measure(point) for point in curve.points]
        slope, jump = exponent(curve.points, values), step(curve.points, values)
        said = f"a step at {jump}" if jump else "" if slope <= MOST_EXPONENT else "not linear"
        broken += bool(said)
        print(f"{curve.name}: exponent {slope:.2f} {said}".rstrip())
        shown = zip(curve.points, values, strict=True)
        print("   ", ", ".join(f"{point:,}: {value:.3g} {curve.unit}" for point, value in shown))
        print("   ", plotted(curve, values, slope), flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
