"""What an installed Profile costs the card itself: time to interpret its package, and memory."""

import gc
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

from downloads import new_card, profile_of
from figure import Figure, spread

from rspcore.ids import Iccid
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import ProfileParameters, make_profile
from rspcore.profile_reader import split
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download import download
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.record.timing import stopwatch
from rspharness.simulated.inprocess_port import InProcessPort
from rspsim.env import ManualClock, SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.profile_content.interpreter.building import Building
from rspsim.euicc.profile_content.interpreter.interpret import interpret
from rspsim.euicc.profile_content.model import ProfileContent
from rspsim.euicc.state import CardState
from rspsim.personalise import personalise
from rspsim.smdpp.server import SmDpPlus
from rspsim.stores.memory import MemoryStore

__all__ = ["in_process", "memory", "memory_of_cards"]

PACKAGE_SIZE = 12_000
"""Octets of the package: about those of the published generic test profiles."""
PUBLISHED = (
    Path(__file__).parents[3] / "shared" / "data" / "ts48" / "TS48v5_SAIP2.3_BERTLV_SUCI.der"
)
BUDGET_MS = 40.0
PUBLISHED_BUDGET_MS = 150.0
MEMORY_BUDGET_KB = 400.0
_PROFILES = 20


def in_process(rounds: int) -> list[Figure]:
    """Measures how long the interpreter takes for a package; the first time does not count."""
    figures = spread(
        "install: interpret a package of 12 kB", _times(_packages(rounds + 1))[1:], BUDGET_MS
    )
    if PUBLISHED.exists():
        octets = PUBLISHED.read_bytes()
        times = _times([octets] * (rounds + 1))[1:]
        figures += spread("install: interpret TS.48, 234 files", times, PUBLISHED_BUDGET_MS)
    return figures


def _times(packages: Sequence[bytes]) -> list[float]:
    personality = personalise(make_pki()).personality
    times = []
    for package in packages:
        watch = stopwatch()
        _interpreted(Building(personality=personality), package)
        times.append(watch())
    return times


def memory() -> list[Figure]:
    """Measures the memory an interpreted Profile keeps, its package not counted."""
    personality = personalise(make_pki()).personality
    packages: Sequence[bytes] = _packages(_PROFILES + 1)
    if PUBLISHED.exists():
        # separate copies, as on a card that loaded each from its own package
        packages = [bytes(bytearray(PUBLISHED.read_bytes())) for _ in packages]
    _interpreted(Building(personality=personality), packages[0])  # fills the caches
    kept = []
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept += [_interpreted(Building(personality=personality), one) for one in packages[1:]]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    each = (after - before) / 1024 / len(kept)
    name = "TS.48" if PUBLISHED.exists() else "12 kB of few files"
    return [Figure(f"memory of an installed profile, {name}", each, "kB", MEMORY_BUDGET_KB)]


def memory_of_cards() -> list[Figure]:
    """Measures the memory of cards of one PKI: blank ones, and such with a Profile of 12 kB."""
    state = personalise(make_pki())
    blank = _each(lambda _: Euicc(personalise(make_pki()), MemoryStore(state), SeededRng(b"")))
    loaded = _each(lambda number: _loaded(state, number))
    return [
        Figure("memory of a blank card", blank, "kB", 2.0),
        Figure("memory of a card with a Profile of 12 kB, goal 30", loaded, "kB", 45.0),
        Figure("memory of 10,000 such cards, goal 300", loaded * 10_000 / 1024, "MB", 440.0),
    ]


def _each(make: Callable[[int], Euicc]) -> float:
    """Returns the kilobytes that each of some cards keeps; the first fills the caches."""
    make(0)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = [make(number + 1) for number in range(_PROFILES)]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / 1024 / len(kept)


def _loaded(state: CardState, number: int) -> Euicc:
    """Returns a card that loaded a Profile of its own, from a server that is gone."""
    server = SmDpPlus(make_pki(), rng=SeededRng(b"server"), clock=ManualClock())
    made = make_profile(profile_of(number, PACKAGE_SIZE))
    order = server.orders.order(made.upp, made.metadata)
    code = ActivationCode.parse(order.activation_code)
    with new_card(state) as link:
        channel = IsdrChannel(link)
        channel.open()
        download(channel, InProcessPort(server), code)
        return link.card


def _packages(count: int) -> Sequence[bytes]:
    """Makes packages that differ in ICCID and IMSI, so that nothing is shared between them."""
    return [
        make_profile(
            ProfileParameters(
                iccid=Iccid.from_digits(f"8900112233445{number:06d}"),
                imsi=f"00101{number:010d}",
                size=PACKAGE_SIZE,
            )
        ).upp
        for number in range(count)
    ]


def _interpreted(building: Building, package: bytes) -> ProfileContent:
    for element in split(package):
        building = interpret(building, element)
    return building.content
