"""A walk through the life of a card of version 3 with eSIM Ports: modes, ports, RPM, an LPAe.

Its snapshots stand behind those of `walk`, so that the fuzzer begins there as well.
"""

from datetime import UTC, datetime

from walk import Recorder, Snapshot, walk

from rspcore.crypto.curves import Curve
from rspcore.messages import es10c
from rspcore.messages.v3.lsi_configuration import LsiConfiguration, LsiFunction, MepMode
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspharness.card.card_under_test import Card
from rspharness.servers import device_change, rpm_packages
from rspharness.servers.rsp_server import server_maker
from rspharness.suite.esim_ports import EsimPorts, manage
from rspharness.suite.initial_conditions import Installed
from rspsim.card_claims import claiming
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.personality import personality_named
from rspsim.personalise import personalise
from rspsim.stores.memory import MemoryStore

__all__ = ["every_walk", "newer_walk"]

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_CLAIMS = {"mep": "A1 B", "lpae": "cat e4e"}
_PLAIN = (
    "80C2000004E4028200",
    "80C200000FE40D830B5A0998929010214365870900",
    "80C2000004E4028B00",
    "00A40004022FE2",
    "00B000000A",
    "801000002500000000000000000000000000000000000000000000000000000000000000000000FFFFFF",
    "80120000FF",
)
"""Commands to the LPAe and to the files of the port in use, a TERMINAL PROFILE, FETCH."""


def every_walk() -> tuple[Snapshot, ...]:
    """Returns the snapshots of both walks."""
    return (*walk(), *newer_walk())


def newer_walk() -> tuple[Snapshot, ...]:
    """Takes a card through what version 3 added and returns the snapshots."""
    pki = make_pki(curves=(Curve.NIST_P256,))
    kind = claiming(personality_named("v3.1"), _CLAIMS)
    state = personalise(pki, personality=kind, options=kind.options)
    recorder = Recorder(Euicc(state, MemoryStore(state), SeededRng(b"fuzz 3")))
    recorder.reset()
    card = Card(recorder)
    server = server_maker(pki, Curve.NIST_P256, "fuzz", _NOW)(1)
    moved = device_change.request_to_dp("dc.example.com")
    first, second = (
        rpm_packages.managed_by(server, make_profile(preset(f"PROFILE_OPERATIONAL{n}")), *more)
        for n, more in ((1, (moved,)), (2, ()))
    )
    for profile in (first, second):
        server.install(card, profile)
    rpm_packages.load(
        server,
        card,
        rpm_packages.update(first.metadata.iccid, profile_name="New"),
        rpm_packages.list_of(second.metadata.iccid),
        rpm_packages.enable(first.metadata.iccid),
    )
    card.reset()
    for mode in (MepMode.A1, MepMode.B):
        _at_work(card, mode, first, second)
    for text in _PLAIN:
        recorder.transmit(bytes.fromhex(text))
    return tuple(recorder.snapshots)


def _at_work(card: Card, mode: MepMode, *profiles: rpm_packages.TestProfile) -> None:
    """Agrees on a mode, enables each Profile on a port, lists them, disables them, resets."""
    one, two = (_named(card, profile) for profile in profiles)
    proposed = LsiConfiguration(highest=mode.first_port + 1, options=0, modes=(mode,), ports=2)
    card.reset()
    manage(card, LsiFunction.CONFIGURE, 0, proposed.encode())
    ports = EsimPorts(card, mode)
    ports.enabling(one, ports.first)
    ports.of_profiles()
    ports.enabling(two, ports.second, refresh=True)
    ports.reset(ports.second)
    ports.disabling(two, ports.second)
    card.reset()
    card.send(es10c.DisableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False))


def _named(card: Card, profile: rpm_packages.TestProfile) -> Installed:
    iccid = profile.metadata.iccid
    aid = next(one.isdp_aid for one in card.listed_profiles() if one.iccid == iccid)
    if aid is None:
        raise LookupError(f"the walk lost Profile {iccid}")
    return Installed(profile, iccid, aid)
