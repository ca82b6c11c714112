"""What the options of `rsplab smdpp serve` ask for: the server and its packages."""

import argparse
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rspcore.errors import ConfigError, DecodeError
from rspcore.ids import Iccid
from rspcore.pki.bundle import Pki
from rspsim.cli.setting_options import chosen
from rspsim.env import AdjustableClock, Rng, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.server_setup import Package, server_number
from rspsim.smdpp import REFERENCE_ADDRESS, Policy, SmDpPlus
from rspsim.smdpp.settings import policy_with
from rspsim.smdpp.stock.wished_profile import package_of
from rspsim.smdpp.variation import Varied
from rspsim.system import SystemClock, SystemRng

if TYPE_CHECKING:
    from rspsim.stores.server_state import FileState

__all__ = ["clock_of", "make_server", "packages"]

_LOCAL_NAMES: Final = ("localhost", "127.0.0.1", REFERENCE_ADDRESS)
_HTTPS_PORT: Final = 443


def make_server(
    options: argparse.Namespace, pki: Pki, port: int, state: "FileState | None" = None
) -> SmDpPlus:
    """Makes the server.

    Args:
        options: Options of the command.
        pki: Its PKI.
        port: Port of ES9+, used in the address when no address is given.
        state: Where it keeps what it must not forget; in memory when None.

    Raises:
        ConfigError: the PKI lacks what a server needs, or has no SM-DP+ of the requested OID.
    """
    own = "localhost" if port == _HTTPS_PORT else f"localhost:{port}"
    addresses = tuple(options.address) or (own,)
    policy = policy_with(Policy(), chosen(options, "policy", "binding"))
    return SmDpPlus(
        pki,
        state=state,
        address=addresses[0],
        aliases=(*addresses[1:], *_LOCAL_NAMES),
        server=server_number(pki, options.smdp_oid),
        rng=_rng(options.seed, state),
        clock=clock_of(options),
        curves=chosen(options, "start").get("curves"),
        policy=policy,
        variation=None if options.vary is None else Varied(options.vary.encode()),
        faults=server_faults,
    )


def _rng(seed: str | None, state: "FileState | None") -> Rng:
    """Returns the randomness; from one seed, no two openings of a file draw the same octets."""
    if seed is None:
        return SystemRng()
    start = 1 if state is None else state.start
    return SeededRng(seed.encode() if start == 1 else f"{seed}|{start}".encode())


def clock_of(options: argparse.Namespace) -> AdjustableClock:
    """Returns the clock that the options ask for."""
    clock, wanted = AdjustableClock(SystemClock()), chosen(options, "clock")
    clock.advance(wanted.get("advance", timedelta(0)))
    if wanted.get("frozen"):
        clock.freeze()
    return clock


def packages(
    options: argparse.Namespace, address: str, iccid: Iccid | None = None
) -> list[Package]:
    """Reads the packages the options name, or makes a test profile if they name none.

    Args:
        options: Options of the command.
        address: Where Notifications go.
        iccid: ICCID of a profile made here, unless the options name one; None for the usual one.

    Raises:
        ConfigError: a file cannot be read.
        DecodeError: a file is not a profile package.
        LocalError: the options do not fit together.
    """
    values = {"notification_addresses": (address,), **chosen(options, "profile")}
    if not options.upp:
        if iccid is not None:
            values.setdefault("iccid", iccid)
        return [Package("test profile made here", *package_of(values))]
    found = []
    for file in options.upp:
        try:
            upp = file.read_bytes()
        except OSError as error:
            raise ConfigError(f"--upp {file}: {error.strerror}") from error
        try:
            found.append(Package(file.name, *package_of(values, upp=upp)))
        except DecodeError as error:
            raise DecodeError(f"--upp {file}: {error}", offset=error.offset) from error
    return found
