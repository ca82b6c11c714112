"""Round trips of single commands: in process, and over PC/SC beside the echo card in the same run.

The echo card shows the time of the link. The two cards are in two slots and are measured in turn,
so that other load of the machine affects both equally.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from cards import ECHO, SERVE, SIMULATED, served
from direct import DirectLink
from figure import Figure, spread

from rspcore.pki.generate import make_pki
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.record.timing import percentiles, stopwatch
from rspharness.record.verdicts import TargetLost
from rspharness.targets.reader import ReaderLink
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.personalise import personalise
from rspsim.stores.memory import MemoryStore
from rspsim.transports.readers import Slot

__all__ = ["in_process", "over_pcsc"]

COMMANDS = {
    "SELECT MF": bytes.fromhex("00A4000C023F00"),
    "MANAGE CHANNEL, refused": bytes.fromhex("007080FF00"),
    "GetEID (STORE DATA)": bytes.fromhex("81E2910006BF3E035C015A"),
}
"""One command each: on the file system, on the card, and a whole ES10 function."""

Transmit = Callable[[bytes], bytes]


def in_process(rounds: int) -> list[Figure]:
    """Measures each command on a card called directly."""
    state = personalise(make_pki())
    link = DirectLink(Euicc(state, MemoryStore(state), SeededRng(b"bench")))
    link.reset()
    IsdrChannel(link).open()
    figures = []
    for name, command in COMMANDS.items():
        times = timed(link.transmit, command, rounds)
        figures += spread(f"in process: {name}", times, 0.5)
    return figures


def over_pcsc(slots: Sequence[Slot], rounds: int) -> list[Figure]:
    """Measures each command on the simulated card and on the echo card, in turn.

    Raises:
        ConfigError: a card process ended by itself.
        TargetLost: a reader did not report its card.
    """
    ours, other = slots[0], slots[1]
    figures = []
    with (
        served(SIMULATED, *SERVE, "--port", str(ours.port)),
        served(ECHO, str(other.port)),
        connected(ours.reader) as card,
        connected(other.reader) as echo,
    ):
        IsdrChannel(card).open()
        for name, command in COMMANDS.items():
            card_ms: list[float] = []
            echo_ms: list[float] = []
            for _ in range(10):
                card_ms += timed(card.transmit, command, rounds // 10)
                echo_ms += timed(echo.transmit, command, rounds // 10)
            ratio = percentiles(card_ms).p50 / percentiles(echo_ms).p50
            figures += spread(f"PC/SC: {name}", card_ms, 2.0)
            figures += spread(f"PC/SC: {name}, echo card", echo_ms)
            figures.append(Figure(f"PC/SC: {name}, simulated to echo", ratio, "x", 3.0))
    return figures


@contextmanager
def connected(reader: str) -> Iterator[ReaderLink]:
    """Connects to the card of a reader as soon as it is inserted.

    Raises:
        TargetLost: it did not appear within ten seconds.
    """
    watch = stopwatch()
    while True:
        try:
            link = ReaderLink(reader)
            break
        except TargetLost:
            if watch() > 10_000:
                raise
    try:
        yield link
    finally:
        link.close()


def timed(transmit: Transmit, command: bytes, rounds: int) -> list[float]:
    """Returns the time of each round, in milliseconds."""
    times = []
    for _ in range(rounds):
        watch = stopwatch()
        transmit(command)
        times.append(watch())
    return times
