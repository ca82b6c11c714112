"""`rsplab smds serve`: prints where it listens, then one line for each request, until a signal."""

import argparse
import signal
import threading
from contextlib import ExitStack

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.pki.generate import issue_tls
from rspcore.pki.roles import Role
from rspcore.printable_text import printable
from rspcore.server_address import host_of
from rspsim.cli.console import Console
from rspsim.server_setup import server_pki
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.policy import Policy
from rspsim.smds import SmDs
from rspsim.stores.smds_events import SqliteEvents
from rspsim.system import SystemClock, SystemRng
from rspsim.transports.https import Aside, Front, Listener, free_port, tls_context
from rspsim.transports.partner_client import PartnerClient, answered_in_steps

__all__ = ["serve"]

_LOCAL_NAMES = ("localhost", "127.0.0.1")


def serve(options: argparse.Namespace) -> int:
    """Serves until a signal comes; returns 0.

    Raises:
        ConfigError: the PKI or a port cannot be used.
        StoreError: the state file cannot be used.
    """
    pki = server_pki(options.pki, any_ci=options.any_ci)
    port = options.port or free_port(options.host)
    addresses = tuple(options.address) or (f"localhost:{port}",)
    with ExitStack() as stack:
        events = None
        if options.state is not None:
            events = SqliteEvents(options.state)
            stack.callback(events.close)
        server = SmDs(
            pki,
            address=addresses[0],
            aliases=(*addresses[1:], *_LOCAL_NAMES),
            root=options.root,
            rng=SystemRng(),
            clock=SystemClock(),
            events=events,
            policy=Policy(lenient_ids=options.lenient_ids, any_requester=options.any_requester),
        )
        console = stack.enter_context(Console())
        front = stack.enter_context(_front(server, options, port, console))
        identity = server.surroundings.identity
        console.line(f"SM-DS       {identity.address}, OID {identity.oid}; test keys only")
        console.line(f"listening   https://{options.host}:{front.ports[0]}/")
        further = list(front.ports[1:])
        if options.brainpool_port is not None:
            console.line(f"brainpool   https://{options.host}:{further.pop(0)}/ (TLS 1.2)")
        for one in further:
            console.line(f"partners    https://{options.host}:{one}/ (client certificate required)")
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.signal(number, lambda *_: stopped.set())
            stack.callback(signal.signal, number, before)
        stopped.wait()
    return 0


def _front(server: SmDs, options: argparse.Namespace, port: int, console: Console) -> Front:
    identity, now = server.surroundings.identity, SystemClock().now()
    names = [host_of(one) for one in (identity.address, *identity.aliases)]
    own = {
        curve: issue_tls(
            identity.pki,
            curve,
            dict.fromkeys(names),
            now,
            role=Role.DS_TLS,
            registered_id=identity.oid,
        )
        for curve in identity.curves
        if identity.pki.ci(curve).key is not None
    }
    first, brainpool = own[identity.curves[0]], own.get(Curve.BRAINPOOL_P256R1)
    trusted = tuple(identity.ci(one) for one in identity.curves)
    client, lock = PartnerClient(first, trusted, brainpool=brainpool), threading.Lock()

    def reported(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        console.line(f"{printable(request.path, 100)} HTTP {response.status}")
        return response

    def aside(request: HttpRequest) -> HttpResponse:
        return reported(request, answered_in_steps(lambda: server.steps(request), lock, client))

    listeners = [Listener(options.host, port, tls_context(first, clients=trusted))]
    if options.brainpool_port is not None:
        if brainpool is None:
            raise ConfigError("--brainpool-port: the PKI has no SM-DS on brainpoolP256r1")
        context = tls_context(brainpool, clients=trusted)
        listeners.append(Listener(options.host, options.brainpool_port, context))
    if options.partner_port is not None:
        context = tls_context(first, clients=trusted, required=True)
        listeners.append(Listener(options.host, options.partner_port, context))
    return Front(
        lambda request: reported(request, server.handle(request)),
        tuple(listeners),
        lock=lock,
        aside=Aside(server.concerns_partner, aside),
    )
