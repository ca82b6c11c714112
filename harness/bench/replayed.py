"""A recorded download replayed over PC/SC: the card beside an echo of the answers it gave then.

The sequence is that of a common command-line LPA: STORE DATA of 120 octets, T=0, no Le, so that
every answer is fetched by GET RESPONSE. The client only sends. Each round has a new card process
with the same seed, which therefore answers the same; the echo is a card that knows the recorded
answers by heart. Both are measured in turn. The card is delivered with a Profile, so that the
decoder of Profiles is there when the download begins, as it is on a card that had one before.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cards import SERVE, SIMULATED, served
from downloads import profile_of
from figure import Figure, spread
from round_trips import connected

from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download import download
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel
from rspharness.record.timing import percentiles, stopwatch
from rspharness.simulated.inprocess_port import InProcessPort
from rspharness.targets.transport import CardLink
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp.server import SmDpPlus
from rspsim.transports.echo_card import ECHO_ATR
from rspsim.transports.readers import Slot
from rspsim.transports.vpcd import VpcdCard

__all__ = ["Recorded", "over_pcsc"]

BUDGET = 1.4
_CARD = (*SERVE, "--profile", "PROFILE_OPERATIONAL1", "--seed", "replayed", "--port")
_ECHO = (
    f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
    "from replayed import serve; serve(sys.argv[1], int(sys.argv[2]))"
)
Exchange = tuple[bytes, bytes]


class Recorded:
    """A card that gives recorded answers one after the other, whatever it is sent.

    Attributes:
        powered: Whether it has power.
    """

    def __init__(self, answers: Sequence[bytes]) -> None:
        self._answers = answers
        self._given = 0
        self.powered = False

    def reset(self) -> bytes:
        """Begins with the first answer again; returns an ATR."""
        self._given, self.powered = 0, True
        return ECHO_ATR

    def transmit(self, _command: bytes) -> bytes:
        """Returns the next answer, 6F00 when there is none."""
        self._given += 1
        known = self._given <= len(self._answers)
        return self._answers[self._given - 1] if known else b"\x6f\x00"

    def power_off(self) -> None:
        """Notes that the power is off."""
        self.powered = False


def serve(file: str, port: int) -> None:
    """Serves the answers of a file in a slot until the process is ended."""
    answers = [bytes.fromhex(one) for one in json.loads(Path(file).read_text(encoding="ascii"))]
    VpcdCard(Recorded(answers), port=port).serve()


class _Recorder:
    """A link that notes what is sent and answered."""

    def __init__(self, link: CardLink) -> None:
        self._link = link
        self.reset, self.close = link.reset, link.close
        self.exchanges: list[Exchange] = []

    def transmit(self, command: bytes) -> bytes:
        """Sends a command."""
        answer = self._link.transmit(command)
        self.exchanges.append((command, answer))
        return answer


def over_pcsc(slots: Sequence[Slot], rounds: int) -> list[Figure]:
    """Measures the replayed sequence on the simulated card and on the echo, in turn.

    Raises:
        ConfigError: a card process ended by itself.
        TargetLost: a reader did not report its card.
        RuntimeError: the card did not answer as it did when it was recorded.
    """
    ours, other = slots[0], slots[1]
    card_ms, echo_ms = [], []
    with served(SIMULATED, *_CARD, str(ours.port)), connected(ours.reader) as link:
        exchanges = _recorded(link)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "answers.json")
        answers = [answer.hex() for _, answer in exchanges]
        file.write_text(json.dumps(answers), encoding="ascii")
        with served(_ECHO, str(file), str(other.port)):
            for _ in range(rounds):
                with served(SIMULATED, *_CARD, str(ours.port)), connected(ours.reader) as link:
                    card_ms.append(_replayed(link, exchanges))
                with connected(other.reader) as link:
                    echo_ms.append(_replayed(link, exchanges))
    name = f"PC/SC: a recorded download of {len(exchanges)} APDUs"
    ratio = percentiles(card_ms).p50 / percentiles(echo_ms).p50
    return [
        *spread(f"{name}, replayed", card_ms),
        *spread(f"{name}, echo of the answers", echo_ms),
        Figure(f"{name}, card to echo", ratio, "x", BUDGET),
    ]


def _recorded(link: CardLink) -> list[Exchange]:
    server = SmDpPlus(make_pki(), rng=SeededRng(b"server"), clock=ManualClock())
    made = make_profile(profile_of(0))
    code = ActivationCode.parse(server.orders.order(made.upp, made.metadata).activation_code)
    recorder = _Recorder(link)
    channel = IsdrChannel(recorder, ChannelOptions(block_size=120, send_le=False))
    channel.open()
    download(channel, InProcessPort(server), code)
    channel.close()
    return recorder.exchanges


def _replayed(link: CardLink, exchanges: Sequence[Exchange]) -> float:
    """Sends the commands; returns the time of all of them, in milliseconds."""
    answers = []
    watch = stopwatch()
    for command, _ in exchanges:
        answers.append(link.transmit(command))
    total = watch()
    for number, ((command, wanted), answer) in enumerate(zip(exchanges, answers, strict=True)):
        if answer != wanted:
            raise RuntimeError(
                f"command {number}, {command[:8].hex()}..: expected {wanted.hex()}, "
                f"got {answer.hex()}"
            )
    return total
