"""The SM-DP+ that the bench measures, in a process of its own: CURVE ORDERS [STATE [joins]].

Prints its port, then answers each line of standard input, with which it ends:

    ?                  the CPU time that serving has taken and how long requests have waited for the
                       lock of the state file, in seconds
    crypto STEP TIMES  the CPU time of the primitives of a request, done so many times, in
                       milliseconds; it is no part of the first figure
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import (  # noqa: TID251  a bench measures real time
    perf_counter,
    process_time,
    thread_time,
)

from session_crypto import SessionCrypto

from rspcore.crypto.curves import Curve
from rspcore.ids import Iccid
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import ProfileParameters, make_profile
from rspsim.cli.serving import keep_from_collector
from rspsim.server_setup import tls_credential
from rspsim.smdpp import SmDpPlus
from rspsim.stores.server_state import FileState
from rspsim.system import SystemClock, SystemRng
from rspsim.transports.https import Front, FrontLimits, Listener, tls_context

PACKAGE_SIZE = 12_000


class TimedState(FileState):
    """A state file that adds up how long units of work waited to begin."""

    waited_s = 0.0

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Opens a unit of work."""
        began = perf_counter()
        with super().unit():
            self.waited_s += perf_counter() - began
            yield


def main(curve: Curve, orders: int, path: Path | None, *, joins: bool) -> None:
    """Serves until standard input ends."""
    state = None if path is None else TimedState(path)
    server = SmDpPlus(
        make_pki(curves=(curve,)),
        address="localhost",
        rng=SystemRng(),
        clock=SystemClock(),
        state=state,
    )
    keep_from_collector()
    if not joins:
        for number in range(orders):
            made = make_profile(
                ProfileParameters(
                    iccid=Iccid.from_digits(f"89990011{number:010d}"),
                    imsi=f"00101{number:010d}",
                    size=PACKAGE_SIZE,
                )
            )
            server.orders.order(made.upp, made.metadata, matching_id=f"M-{number}")
    own = tls_credential(server, curve, SystemClock().now())
    lock = threading.Lock()
    limits = FrontLimits(connections=2000)
    with Front(
        server.handle,
        (Listener(tls=tls_context(own)),),
        lock=lock,
        limits=limits,
        waits=server.state.waits,
    ) as front:
        print(front.ports[0], flush=True)
        crypto = SessionCrypto(curve, PACKAGE_SIZE)
        for line in sys.stdin:
            word, *numbers = line.split()
            if word == "crypto":
                found: object = crypto.step_ms(*map(int, numbers))
            else:
                waited = 0.0 if state is None else state.waited_s
                found = {"cpu": process_time() - thread_time(), "waited": waited}
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    curve_name, count, *more = sys.argv[1:]
    main(Curve(curve_name), int(count), Path(more[0]) if more else None, joins="joins" in more[1:])
