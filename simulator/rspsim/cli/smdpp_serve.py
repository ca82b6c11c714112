"""`rsplab smdpp serve`: prints activation codes, then one line for each request, until a signal."""

import argparse
import ssl
import sys
import threading
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.ids import Iccid, Oid
from rspcore.messages.metadata import ProfileClass
from rspcore.pki.bundle import Credential
from rspcore.pki.certificate import Certificate
from rspcore.pki.generate import issue_tls
from rspcore.profile_maker import preset
from rspsim.cli.console import Console
from rspsim.cli.key_files import make_key_file, note_session_keys
from rspsim.cli.serving import exchange_line, keep_from_collector, state_file, wait_for_signal
from rspsim.cli.setting_options import chosen
from rspsim.cli.smdpp_setup import make_server, packages
from rspsim.server_setup import (
    Package,
    be_disorderly,
    met_with_faults,
    server_pki,
    share,
    switch_faults,
    tls_credential,
)
from rspsim.smdpp import Order, SmDpPlus
from rspsim.smdpp.stock.order_repository import OrderPage
from rspsim.smdpp.stock.orders import LIVE, OrderTerms
from rspsim.smdpp.stock.wished_profile import DEFAULT_PROFILE
from rspsim.system import SystemClock
from rspsim.transports.courier import Courier
from rspsim.transports.https import Aside, Front, FrontLimits, Listener, free_port, tls_context
from rspsim.transports.partner_client import PartnerClient, answered_in_steps

if TYPE_CHECKING:
    from rspsim.stores.server_state import FileState

__all__ = ["serve"]

_TERMS: Final = frozenset(OrderTerms.__dataclass_fields__)
_MOST_SHOWN: Final = 20
"""How many of the orders that were kept are listed at the start."""
_OPERATOR: Final = Oid("2.999.100")
"""OID of the operator for whom --write-client makes a certificate."""


def serve(options: argparse.Namespace) -> int:
    """Serves until a signal comes; returns 0.

    Raises:
        ConfigError: the PKI, a file or a port cannot be used.
        DecodeError: a file is not a profile package.
        LocalError: an order or a fault is not possible.
        StoreError: the state file cannot be used.
    """
    file = state_file(options, "smdpp")
    if file is None:
        return _serve(options, None)
    from rspsim.stores.server_state import FileState  # noqa: PLC0415  only where there is a file

    with FileState(file) as state:
        return _serve(options, state)


def _serve(options: argparse.Namespace, state: "FileState | None") -> int:
    pki = server_pki(options.pki, any_ci=options.any_ci)
    port = options.port or free_port(options.host)
    server = make_server(options, pki, port, state)
    switch_faults(server.faults, options.fault)
    if options.disorder is not None:
        be_disorderly(server.faults, share("--disorder", options.disorder), options.seed or "")
    _write_files(server, options)
    lock = threading.Lock()
    now, identity = SystemClock().now(), server.identity
    own = tls_credential(server, identity.curves[0], now)
    second = Curve.BRAINPOOL_P256R1
    issued = second in identity.curves[1:] and identity.pki.ci(second).has_key
    partners = PartnerClient(
        own,
        tuple(identity.ci(curve) for curve in identity.curves),
        brainpool=(lambda: tls_credential(server, second, now)) if issued else None,
    )
    front = Front(
        server.handle,
        _listeners(server, options, port, own),
        lock=lock,
        limits=FrontLimits(body_octets=server.environment.policy.max_body_octets),
        note=server.note_refusal,
        aside=Aside(
            server.concerns_partner,
            lambda asked: answered_in_steps(lambda: server.steps(asked), lock, partners),
        ),
        waits=server.state.waits,
    )
    with ExitStack() as stack:
        console = stack.enter_context(Console())
        orders = _Orders(server, options, console)
        stack.enter_context(front)
        server.faults.watch(lambda: front.set_open(server.listening))
        front.set_open(server.listening)
        _print_identity(server, options, front.ports, console)
        console.line(f"state       {'in memory' if state is None else state.path}")
        if options.admin_port is not None:
            from rspsim.smdpp.management import Management  # noqa: PLC0415  likewise
            from rspsim.transports.management_port import (  # noqa: PLC0415  most have no such port
                management_front,
            )

            admin = management_front(
                Management(server, lock), port=options.admin_port, token=options.admin_token
            )
            stack.enter_context(admin)
            console.line(f"management  http://127.0.0.1:{admin.ports[0]}/page#{admin.token}")
            console.line(f"            Authorization: Bearer {admin.token}")
        orders.show()
        with lock:
            server.history.listen(lambda exchange: console.line(exchange_line(exchange)))
            server.on_order_again = orders.show_again
        stack.enter_context(Courier(server, lock, partners))
        keep_from_collector()
        wait_for_signal(stack)
    return 0


def _listeners(
    server: SmDpPlus, options: argparse.Namespace, port: int, own: Credential
) -> tuple[Listener, ...]:
    credentials = {server.identity.curves[0]: own}
    wanted = {server.identity.curves[0]: port}
    if options.brainpool_port is not None:
        if Curve.BRAINPOOL_P256R1 not in server.identity.curves:
            raise ConfigError("--brainpool-port: the PKI has no SM-DP+ on brainpoolP256r1")
        wanted[Curve.BRAINPOOL_P256R1] = options.brainpool_port
        if Curve.BRAINPOOL_P256R1 not in credentials:
            now = SystemClock().now()
            credentials[Curve.BRAINPOOL_P256R1] = tls_credential(
                server, Curve.BRAINPOOL_P256R1, now
            )
    clients: tuple[Certificate, ...] = ()
    if options.partner_port is not None:
        clients = tuple(server.identity.ci(curve) for curve in server.identity.curves)
    listeners = [
        Listener(
            options.host,
            number,
            tls_context(credentials[curve], clients=clients),
            met_with_faults(server, curve, credentials[curve], SystemClock().now()),
        )
        for curve, number in wanted.items()
    ]
    if clients and options.partner_port is not None:
        context = tls_context(own, clients=clients, required=True)
        listeners.append(Listener(options.host, options.partner_port, context))
    if options.tls_keys is not None:
        file = str(make_key_file(options.tls_keys, "--tls-keys"))
        for context in (one.tls for one in listeners if one.tls is not None):
            context.keylog_filename = file
    return tuple(listeners)


def _write_files(server: SmDpPlus, options: argparse.Namespace) -> None:
    if options.write_ca is not None:
        _write_ca(server, options.write_ca)
    if options.write_client is not None:
        _write_client(server, options.write_client)
    note_session_keys(server, options.session_keys)


def _write_ca(server: SmDpPlus, file: Path) -> None:
    identity = server.identity
    text = "".join(ssl.DER_cert_to_PEM_cert(identity.ci(curve).der) for curve in identity.curves)
    try:
        file.write_text(text)
    except OSError as error:
        raise ConfigError(f"--write-ca {file}: {error.strerror}") from error


def _write_client(server: SmDpPlus, folder: Path) -> None:
    identity, now = server.identity, SystemClock().now()
    made = issue_tls(
        identity.pki, identity.curves[0], ["operator.example"], now, registered_id=_OPERATOR
    )
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        key = folder / "client.key"
        key.touch(mode=0o600)
        key.write_bytes(made.private_key.to_pem())
        (folder / "client.pem").write_text(ssl.DER_cert_to_PEM_cert(made.certificate.der))
    except OSError as error:
        raise ConfigError(f"--write-client {folder}: {error.strerror}") from error


def _print_identity(
    server: SmDpPlus, options: argparse.Namespace, ports: tuple[int, ...], console: Console
) -> None:
    identity = server.identity
    console.line(f"SM-DP+      {identity.address}, OID {identity.oid}; test keys only")
    console.line(f"listening   https://{options.host}:{ports[0]}/")
    brainpool = list(ports[1:])
    if options.partner_port is not None:
        *brainpool, partner = brainpool
        console.line(f"partners    https://{options.host}:{partner}/ (client certificate required)")
    for port in brainpool:
        console.line(f"brainpool   https://{options.host}:{port}/ (TLS 1.2)")
    for curve in identity.curves:
        console.line(f"CI          {identity.ci_pkid(curve).hex().upper()} {curve}")
    for one in server.faults.active:
        console.line(f"fault       {one.fault.name} {dict(one.parameters) or ''}".rstrip())


class _Orders:
    """The orders of this run: made from the options, shown, and shown again when ordered again."""

    def __init__(self, server: SmDpPlus, options: argparse.Namespace, console: Console) -> None:
        """Orders every package, unless an order that was kept is still pending.

        Raises:
            LocalError: an order is not possible.
        """
        self._server = server
        self._options = options
        self._wishes = chosen(options, "order")
        self._console = console
        self._packages: dict[int, Package] = {}
        with server.state.unit():  # another process may start on the same file at this moment
            newest = OrderPage(before=server.orders.repository.newest() + 1, most=_MOST_SHOWN)
            self._kept = server.orders.repository.page(newest)
            self._left_out = server.orders.repository.count() - len(self._kept)
            if self._kept and not self._wanted():
                return
            matching_id = self._wishes.get("matching_id")
            for package in packages(options, server.identity.address, self._iccid()):
                self._order(package, matching_id)
                matching_id = None

    def _wanted(self) -> bool:
        """Returns whether something is ordered, though the file has orders.

        From a file that was named, nothing is, unless every order is finished and --again was
        given. From the usual one also what the options name, unless that waits there already.
        """
        orders = self._server.orders.repository
        pending = any(orders.page(OrderPage(state=state, most=1)) for state in LIVE)
        if self._options.state is not None:
            return not pending and bool(self._wishes.get("again"))
        named = self._wishes or self._options.upp or chosen(self._options, "profile")
        same = orders.named(self._wishes.get("matching_id") or "")
        waits = any(order.state in LIVE for order in same if order.matching_id)
        return not pending or (bool(named) and not waits)

    def _iccid(self) -> Iccid | None:
        """Returns a fresh ICCID where the usual Profile has an order that is not finished."""
        usual = preset(DEFAULT_PROFILE).iccid
        live = self._server.orders.stock.state_of(usual) in LIVE
        return self._server.orders.stock.fresh_iccid() if live else None

    def _order(self, package: Package, matching_id: str | None) -> None:
        terms = {name: one for name, one in self._wishes.items() if name in _TERMS}
        if terms.get("again"):
            terms.setdefault("downloads", None)
        order = self._server.orders.order(
            package.upp,
            package.metadata,
            matching_id=matching_id,
            confirmation_code=self._wishes.get("confirmation_code"),
            eid=self._wishes.get("eid"),
            terms=OrderTerms(**terms),
        )
        self._packages[order.number] = package

    def show(self) -> None:
        """Prints what was ordered, with activation codes and in a terminal their QR codes."""
        if self._left_out:
            self._console.line(f"orders      {self._left_out:,} older ones are kept, too")
        for kept in self._kept:
            self._console.line(f"order {kept.number:<5} {kept.iccid} {kept.state}, kept")
            self._console.line(f"            {kept.activation_code}")
        for number, package in self._packages.items():
            order, metadata = self._server.orders.get(number), package.metadata
            kind = metadata.profile_class
            name = ProfileClass.operational.name if kind is None else ProfileClass(kind).name
            self._console.line(
                f"order {number:<5} {order.iccid} {metadata.service_provider_name!r} "
                f"{metadata.profile_name!r}, class {name}, {len(package.upp):,} octets "
                f"({package.origin})"
            )
            self._console.line(f"            {order.activation_code}")
            if sys.stdout.isatty() and not self._options.no_qr:
                self._console.block(_drawn(order.activation_code))

    def show_again(self, order: Order) -> None:
        """Prints an order that was made because the one before is finished."""
        self._console.line(f"order {order.number:<5} again, {order.activation_code}")


def _drawn(code: str) -> str:
    """Returns an activation code as a QR code for a terminal, or how to get one."""
    try:
        import segno  # noqa: PLC0415  an extra
    except ImportError:
        return "            no QR code: pip install 'rsplab[qr]', or serve with --no-qr"
    drawn = StringIO()
    segno.make(code, error="l").terminal(drawn, compact=True)
    return drawn.getvalue()
