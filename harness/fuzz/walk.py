"""A walk through a card's life, and a snapshot of the card before every command of it.

The state of a card is two frozen values, so a snapshot is free and the fuzzer can begin
anywhere: before AuthenticateServer, amid a BoundProfilePackage, with an enabled Profile selected.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rspcore.crypto.curves import Curve
from rspcore.ids import Iccid
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DisableProfileRequest,
    EnableProfileRequest,
    EuiccMemoryResetRequest,
    ProfileIdentifier,
    ResetOption,
    SetNicknameRequest,
)
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download import download
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.simulated.inprocess_port import InProcessPort
from rspsim.env import ManualClock, SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.state import CardState, Volatile
from rspsim.personalise import personalise
from rspsim.smdpp.server import SmDpPlus
from rspsim.stores.memory import MemoryStore

__all__ = ["Recorder", "Snapshot", "walk"]

_UICC = (
    "00A40004023F00",
    "00A40004022F00",
    "00B2010400",
    "00A40004022FE2",
    "00B000000A",
    "0020000100",
    "00200001083030303030303030",
    "00A40804047FFF6F07",
    "00B0000009",
    "80F2000000",
    "0070000001",
    "02A40004022FE2",
    "0084000008",
    "801000000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    "80C2000009D30782020181900102",
    "80AA000005A903830107",
    "80F20000" + "00",
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a card before a command, and that command."""

    state: CardState
    volatile: Volatile
    command: bytes


class Recorder:
    """A link that keeps a snapshot before every command.

    Attributes:
        card: The card.
        snapshots: What was kept so far.
    """

    def __init__(self, card: Euicc) -> None:
        self.card = card
        self.snapshots: list[Snapshot] = []

    def transmit(self, command: bytes) -> bytes:
        """Keeps a snapshot and passes the command on."""
        self.snapshots.append(Snapshot(self.card.state, self.card.volatile, command))
        return self.card.transmit(command)

    def reset(self) -> bytes:
        """Resets the card and returns its ATR."""
        return self.card.reset()

    def power_cycle(self) -> bytes:
        """Switches the power off and on and returns the ATR."""
        self.card.power_off()
        return self.card.reset()

    def close(self) -> None:
        """Switches the power off."""
        self.card.power_off()


def _by(iccid: Iccid) -> ProfileIdentifier:
    return ProfileIdentifier(iccid=iccid)


def walk() -> tuple[Snapshot, ...]:
    """Takes a card through its functions, from download to reset, and returns the snapshots."""
    pki = make_pki(curves=(Curve.NIST_P256,))
    state = personalise(pki)
    recorder = Recorder(Euicc(state, MemoryStore(state), SeededRng(b"fuzz")))
    recorder.reset()
    server = SmDpPlus(pki, rng=SeededRng(b"server"), clock=ManualClock())
    channel = IsdrChannel(recorder)
    channel.open()
    profiles = [make_profile(preset(f"PROFILE_OPERATIONAL{n}")) for n in (1, 2)]
    for profile in profiles:
        order = server.orders.order(profile.upp, profile.metadata)
        code = ActivationCode.parse(order.activation_code)
        download(channel, InProcessPort(server), code)
    first, second = (profile.metadata.iccid for profile in profiles)
    steps: tuple[Callable[[], object], ...] = (
        lambda: channel.send(
            EnableProfileRequest(profile_identifier=_by(first), refresh_flag=False)
        ),
        lambda: [recorder.transmit(bytes.fromhex(text)) for text in _UICC],
        lambda: channel.send(SetNicknameRequest(iccid=second, profile_nickname="fuzz")),
        lambda: channel.send(
            EnableProfileRequest(profile_identifier=_by(second), refresh_flag=True)
        ),
        lambda: [recorder.transmit(bytes.fromhex("801200000B")), recorder.reset(), channel.open()],
        lambda: channel.send(
            DisableProfileRequest(profile_identifier=_by(second), refresh_flag=False)
        ),
        lambda: channel.send(DeleteProfileRequest(iccid=first)),
        lambda: channel.send(EuiccMemoryResetRequest(reset_options=frozenset(ResetOption))),
    )
    for step in steps:
        step()
    return tuple(recorder.snapshots)
