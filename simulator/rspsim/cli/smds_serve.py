"""`rsplab smds serve`: prints where it listens, then one line for each request, until a signal."""

import argparse
import threading
from contextlib import ExitStack
from functools import partial

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.pki.bundle import Credential
from rspcore.pki.generate import issue_tls
from rspcore.pki.roles import Role
from rspsim.cli.console import Console
from rspsim.cli.serving import exchange_line, keep_from_collector, state_file, wait_for_signal
from rspsim.cli.setting_options import chosen
from rspsim.cli.smdpp_setup import clock_of
from rspsim.faults.registry import server_faults
from rspsim.server_setup import met_with_faults, server_pki, switch_faults, tls_names
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.settings import policy_with
from rspsim.smdpp.variation import Varied
from rspsim.smds import SmDs
from rspsim.system import SystemClock, SystemRng
from rspsim.transports.https import Aside, Front, FrontLimits, Listener, free_port, tls_context
from rspsim.transports.partner_client import PartnerClient, answered_in_steps

__all__ = ["serve"]

_LOCAL_NAMES = ("localhost", "127.0.0.1")


def serve(options: argparse.Namespace) -> int:
    """Serves until a signal comes; returns 0.

    Raises:
        ConfigError: the PKI or a port cannot be used.
        LocalError: a fault is not possible.
        StoreError: the state file cannot be used.
    """
    pki = server_pki(options.pki, any_ci=options.any_ci)
    port = options.port or free_port(options.host)
    addresses = tuple(options.address) or (f"localhost:{port}",)
    with ExitStack() as stack:
        events = None
        file = state_file(options, "smds")
        if file is not None:
            from rspsim.stores.smds_events import (  # noqa: PLC0415  only where there is a file
                SqliteEvents,
            )

            events = SqliteEvents(file)
            stack.callback(events.close)
        server = SmDs(
            pki,
            address=addresses[0],
            aliases=(*addresses[1:], *_LOCAL_NAMES),
            root=options.root,
            rng=SystemRng(),
            clock=clock_of(options),
            events=events,
            policy=policy_with(Policy(), chosen(options, "policy")),
            faults=server_faults,
            curves=chosen(options, "start").get("curves"),
            variation=None if options.vary is None else Varied(options.vary.encode()),
        )
        switch_faults(server.faults, options.fault)
        console, lock = stack.enter_context(Console()), threading.Lock()
        front = stack.enter_context(_front(server, options, port, lock))
        server.faults.watch(lambda: front.set_open(server.listening))
        front.set_open(server.listening)
        identity = server.identity
        console.line(f"SM-DS       {identity.address}, OID {identity.oid}; test keys only")
        console.line(f"listening   https://{options.host}:{front.ports[0]}/")
        further = list(front.ports[1:])
        if options.brainpool_port is not None:
            console.line(f"brainpool   https://{options.host}:{further.pop(0)}/ (TLS 1.2)")
        for one in further:
            console.line(f"partners    https://{options.host}:{one}/ (client certificate required)")
        console.line(f"state       {'in memory' if file is None else file}")
        for on in server.faults.active:
            console.line(f"fault       {on.fault.name} {dict(on.parameters) or ''}".rstrip())
        if options.admin_port is not None:
            from rspsim.smds.management import DsManagement  # noqa: PLC0415  likewise
            from rspsim.transports.management_port import (  # noqa: PLC0415  most have no such port
                management_front,
            )

            admin = management_front(
                DsManagement(server, lock),
                port=options.admin_port,
                token=options.admin_token,
                page=False,
            )
            stack.enter_context(admin)
            console.line(f"management  http://127.0.0.1:{admin.ports[0]}/")
            console.line(f"            Authorization: Bearer {admin.token}")
        with lock:
            server.history.listen(lambda exchange: console.line(exchange_line(exchange)))
        keep_from_collector()
        wait_for_signal(stack)
    return 0


def _front(server: SmDs, options: argparse.Namespace, port: int, lock: threading.Lock) -> Front:
    identity, now = server.identity, SystemClock().now()

    def issued(curve: Curve) -> Credential:
        names = tls_names(server)
        return issue_tls(
            identity.pki, curve, names, now, role=Role.DS_TLS, registered_id=identity.oid
        )

    first, second = issued(identity.curves[0]), Curve.BRAINPOOL_P256R1
    has_second = second in identity.curves and identity.pki.ci(second).has_key
    trusted = tuple(identity.ci(one) for one in identity.curves)
    client = PartnerClient(
        first, trusted, brainpool=partial(issued, second) if has_second else None
    )

    def aside(request: HttpRequest) -> HttpResponse:
        return answered_in_steps(lambda: server.steps(request), lock, client)

    def listener(number: int, curve: Curve, credential: Credential) -> Listener:
        met = met_with_faults(server, curve, credential, now)
        return Listener(options.host, number, tls_context(credential, clients=trusted), met)

    listeners = [listener(port, identity.curves[0], first)]
    if options.brainpool_port is not None:
        if not has_second:
            raise ConfigError("--brainpool-port: the PKI has no SM-DS on brainpoolP256r1")
        listeners.append(listener(options.brainpool_port, second, issued(second)))
    if options.partner_port is not None:
        context = tls_context(first, clients=trusted, required=True)
        listeners.append(Listener(options.host, options.partner_port, context))
    return Front(
        server.handle,
        tuple(listeners),
        lock=lock,
        limits=FrontLimits(body_octets=server.policy.max_body_octets),
        note=server.note_refusal,
        aside=Aside(server.concerns_partner, aside),
        waits=server.state.waits,
    )
