"""Whole downloads, split by step and by where the time went: card, server, or LPA with link."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from cards import SERVE, SIMULATED, served
from direct import DirectLink
from figure import Figure, spread
from round_trips import connected

from rspcore.crypto.curves import Curve
from rspcore.ids import Iccid
from rspcore.messages.es10c import ResetOption
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import ProfileParameters, TestProfile, make_profile
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download import DownloadStep, download
from rspharness.lpa.es9p_client import HttpReply
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel
from rspharness.lpa.local_management import memory_reset
from rspharness.record.timing import percentiles, stopwatch
from rspharness.simulated.inprocess_port import InProcessPort
from rspharness.targets.transport import CardLink
from rspsim.env import ManualClock, SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.state import CardState
from rspsim.personalise import personalise
from rspsim.smdpp.server import SmDpPlus
from rspsim.stores.memory import MemoryStore
from rspsim.transports.readers import Slot

__all__ = ["downloads_of", "in_process", "installed", "new_card", "over_pcsc", "profile_of"]

PACKAGE_SIZE = 12_000
"""Octets of the package: about those of the published generic test profiles."""
BUDGETS_MS = {Curve.NIST_P256: 40.0, Curve.BRAINPOOL_P256R1: 60.0}
PCSC_BUDGET_MS = 150.0


@dataclass
class Split:
    """The time of one download by part, in milliseconds."""

    card: float = 0.0
    server: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)
    commands: int = 0


class TimedLink:
    """A link that adds up the time of the card."""

    def __init__(self, link: CardLink, split: Split) -> None:
        self._link = link
        self._split = split
        self.reset = link.reset
        self.close = link.close

    def transmit(self, command: bytes) -> bytes:
        """Sends a command."""
        watch = stopwatch()
        answer = self._link.transmit(command)
        self._split.card += watch()
        self._split.commands += 1
        return answer


class TimedPort:
    """A port that adds up the time of the server."""

    def __init__(self, port: InProcessPort, split: Split) -> None:
        self._port = port
        self._split = split

    def post(self, address: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Sends a request."""
        watch = stopwatch()
        reply = self._port.post(address, path, headers, body)
        self._split.server += watch()
        return reply


def in_process(rounds: int) -> list[Figure]:
    """Measures downloads with card, server and LPA in this process, on each curve."""
    figures: list[Figure] = []
    for curve in Curve:
        make = partial(new_card, personalise(make_pki(curves=(curve,))))
        name = f"download in process, {curve}"
        figures += measured(name, make, (curve,), rounds, BUDGETS_MS[curve])
    return figures


@contextmanager
def new_card(state: CardState) -> Iterator[DirectLink]:
    """Yields a link to a new card in this process."""
    link = DirectLink(Euicc(state, MemoryStore(state), SeededRng(b"bench")))
    link.reset()
    yield link
    link.close()


@contextmanager
def emptied_card(link: CardLink) -> Iterator[CardLink]:
    """Yields the link of a card, and empties the card afterwards."""
    yield link
    link.reset()
    channel = IsdrChannel(link)
    channel.open()
    memory_reset(channel, frozenset(ResetOption))


def over_pcsc(slot: Slot, rounds: int) -> list[Figure]:
    """Measures downloads to a card process behind pcscd, in 255-octet blocks, server in process.

    Once to a card in memory, once to a card whose state is kept in a file.

    Raises:
        ConfigError: the card process ended by itself.
        TargetLost: the reader did not show the card.
    """
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        state = ("--state", f"{folder}/card")
        for name, own in {"over PC/SC": (), "over PC/SC, kept in a file": state}.items():
            with (
                served(SIMULATED, *SERVE, "--port", str(slot.port), *own),
                connected(slot.reader) as link,
            ):
                make = partial(emptied_card, link)
                curves = tuple(Curve)
                figures += measured(f"download {name}", make, curves, rounds, PCSC_BUDGET_MS)
    return figures


def installed(count: int) -> CardState:
    """Returns the state of a card with a number of downloaded Profiles."""
    pki = make_pki()
    server = SmDpPlus(pki, rng=SeededRng(b"server"), clock=ManualClock())
    with new_card(personalise(pki)) as link:
        channel = IsdrChannel(link)
        channel.open()
        for number in range(count):
            profile = _profile(number)
            order = server.orders.order(profile.upp, profile.metadata)
            code = ActivationCode.parse(order.activation_code)
            download(channel, InProcessPort(server), code)
        return link.card.state


L = TypeVar("L", bound=CardLink)


def downloads_of(
    curve: Curve, count: int, metered: Callable[[DirectLink], L]
) -> Iterator[tuple[L, Callable[[], object]]]:
    """Yields downloads that are ready to run, each to a new card; the first has been run already.

    Args:
        curve: The curve of all keys.
        count: How many.
        metered: Wraps the link to a card; the wrapped one is yielded beside the download.
    """
    pki = make_pki(curves=(curve,))
    state = personalise(pki)
    server = SmDpPlus(pki, rng=SeededRng(b"server"), clock=ManualClock())
    for number in range(count + 1):
        profile = _profile(number)
        order = server.orders.order(profile.upp, profile.metadata)
        code = ActivationCode.parse(order.activation_code)
        with new_card(state) as link:
            wrapped = metered(link)
            channel = IsdrChannel(wrapped, ChannelOptions(block_size=255))
            channel.open()
            run = partial(download, channel, InProcessPort(server), code)
            if number:
                yield wrapped, run
            else:
                run()


def measured(
    name: str,
    a_card: Callable[[], AbstractContextManager[CardLink]],
    curves: Iterable[Curve],
    rounds: int,
    budget: float,
) -> list[Figure]:
    """Downloads some times and sums up; the first download fills caches and does not count."""
    server = SmDpPlus(make_pki(curves=tuple(curves)), rng=SeededRng(b"server"), clock=ManualClock())
    totals, splits = [], []
    for number in range(rounds + 1):
        profile = _profile(number)
        order = server.orders.order(profile.upp, profile.metadata)
        code = ActivationCode.parse(order.activation_code)
        with a_card() as link:
            total, split = _one(link, InProcessPort(server), code)
        if number:
            totals.append(total)
            splits.append(split)
    return [
        *spread(name, totals, budget),
        Figure(f"{name}: commands", splits[-1].commands, "APDUs"),
        _part(f"{name}: card", [one.card for one in splits]),
        _part(f"{name}: server", [one.server for one in splits]),
        _part(
            f"{name}: LPA and link",
            [all_ - one.card - one.server for all_, one in zip(totals, splits, strict=True)],
        ),
        *(
            _part(f"{name}: step '{step}'", [one.steps[step] for one in splits])
            for step in splits[-1].steps
        ),
    ]


def _one(link: CardLink, port: InProcessPort, code: ActivationCode) -> tuple[float, Split]:
    """Downloads once; returns the time in all, in milliseconds, and its split."""
    split = Split()
    marks: list[tuple[str, float]] = []
    channel = IsdrChannel(TimedLink(link, split), ChannelOptions(block_size=255))
    channel.open()
    split.card, split.commands = 0.0, 0
    watch = stopwatch()

    def mark(step: DownloadStep, _done: int, whole: int) -> None:
        if not whole:
            marks.append((str(step), watch()))

    download(channel, TimedPort(port, split), code, progress=mark)
    total = watch()
    ends = [begin for _, begin in marks[1:]] + [total]
    for (step, begin), end in zip(marks, ends, strict=True):
        split.steps[step] = split.steps.get(step, 0.0) + end - begin
    return total, split


def _part(name: str, times: list[float]) -> Figure:
    return Figure(name, percentiles(times).p50, "ms")


def profile_of(number: int, size: int = PACKAGE_SIZE) -> ProfileParameters:
    """Returns the parameters of a Profile with an ICCID of its own, of so many octets."""
    return ProfileParameters(
        iccid=Iccid.from_digits(f"89990011{number:010d}"), imsi=f"00101{number:010d}", size=size
    )


def _profile(number: int) -> TestProfile:
    return make_profile(profile_of(number))
