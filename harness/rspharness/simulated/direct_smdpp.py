"""An SM-DP+ called directly, with what its operator does: orders, their states, and its clock.

Users' stories have it: `post` is the way of their phones, everything else is the operator's. Its
clock stands at the time of the run and is moved by `advance`; what it draws depends on a seed.
"""

from base64 import b64encode
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import BspKeys, session_keys
from rspcore.errors import LocalError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid, Iccid, Oid, Version
from rspcore.messages.es9p import StatusCodeData
from rspcore.pki.bundle import Pki
from rspcore.pki.variants import Variant
from rspcore.profile_maker import TestProfile
from rspharness.lpa.es9p_client import HttpReply
from rspharness.simulated.served_smdpp import OrderView
from rspsim.env import ManualClock, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.named import find_named
from rspsim.smdpp import Policy, SmDpPlus
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.http_messages import HttpRequest
from rspsim.smdpp.partner_calls import NO_PARTNERS, carried_out
from rspsim.smdpp.protocol.es2p import rpm_order
from rspsim.smdpp.stock.operations import OperationKind
from rspsim.smdpp.stock.orders import OrderEvent, OrderTerms

__all__ = ["DirectOrder", "DirectSmdpp", "OrderRefusedError", "Receipt", "story_fault"]

_ON_THE_WIRE: Final = frozenset({FaultClass.TCP, FaultClass.TLS})

_MONTH: Final = timedelta(days=30)
_ON_A_CARD: Final = frozenset({"Downloaded", "Installed"})
"""States of an order whose Profile a card has, or may have."""

_BINDS: Final = "/getBoundProfilePackage"
"""End of the path of the function that binds a package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A Notification as the server received it.

    Attributes:
        event: Its event, such as "notificationInstall"; or the outcome of an installation.
        seq_number: seqNumber, None where it cannot be read.
        eid: EID of the card, digits; empty where it is not known.
        iccid: ICCID of the Profile, digits; empty without one.
        order: Number of the order it belongs to, or None.
        verdict: What the server made of it: ACCEPTED, DUPLICATE, UNKNOWN_INSTALLATION ...
    """

    event: str
    seq_number: int | None
    eid: str
    iccid: str
    order: int | None
    verdict: str


class OrderRefusedError(LocalError):
    """Reports an order that a rule of the operator does not allow; the text says which."""


def story_fault(name: str) -> ServerFault:
    """Returns the server fault of this name, for a server that is called directly.

    Raises:
        LocalError: there is none, or it acts on a connection.
    """
    fault = find_named(name, server_faults(), "server fault", "rsplab smdpp faults")
    if fault.kind in _ON_THE_WIRE:
        raise LocalError(
            f"server fault {name}: it acts on a connection, and the servers of users' stories are "
            "called directly; `rsplab smdpp serve --fault` serves it"
        )
    return fault


class DirectOrder:
    """An order, and what the operator does with it.

    Attributes:
        number: Its number.
        iccid: ICCID of the Profile.
        activation_code: What the user gets, with its prefix.
    """

    def __init__(self, smdpp: SmDpPlus, number: int) -> None:
        self._orders = smdpp.orders
        self.number = number
        order = self._orders.get(number)
        self.iccid: Iccid = order.iccid
        self.activation_code: str = order.activation_code

    @property
    def now(self) -> OrderView:
        """Returns its present values."""
        return OrderView.of(self._orders.get(self.number))

    @property
    def state(self) -> str:
        """Returns its present state, such as "Released" or "Installed"."""
        return self.now.state

    def release(self) -> None:
        """Releases it for download.

        Raises:
            LocalError: its state does not allow that.
        """
        self._orders.change(self.number, OrderEvent.RELEASED)

    def cancel(self) -> None:
        """Cancels it: its Profile is Available again.

        Raises:
            LocalError: its state does not allow that.
        """
        self._orders.change(self.number, OrderEvent.CANCELLED)

    def withdraw(self) -> None:
        """Withdraws it: its Profile is Unavailable.

        Raises:
            LocalError: its state does not allow that.
        """
        self._orders.change(self.number, OrderEvent.WITHDRAWN)


class DirectSmdpp:
    """An SM-DP+ and its operator.

    Attributes:
        address: Its address, an FQDN.
        oid: The registeredID of its certificates.
        session_keys: Those of the packages it has bound, oldest first, each once.
    """

    def __init__(  # noqa: PLR0913  what such a server is made of
        self,
        pki: Pki,
        curve: Curve,
        started: datetime,
        *,
        number: int = 1,
        seed: str = "1",
        back_to_stock: bool = False,
        one_copy: bool = False,
        moves: int | None = None,
        careless: Collection[str] = (),
        lowest_svn: str = "",
        version: str = "",
        signatures_alone: bool = False,
        chain: str = "",
        fault: str = "",
    ) -> None:
        """Sets the server up.

        Args:
            pki: Credentials of the run.
            curve: Curve of its certificates.
            started: Time of the run, where its clock stands.
            number: Number of the SM-DP+ in the credentials, 1 or 2.
            seed: What it draws random octets from.
            back_to_stock: Whether a Profile is in stock again when a card has deleted it.
            one_copy: Whether its operator orders no Profile that a card still has, as far as the
                server knows.
            moves: How often its operator moves a Profile to another card in 30 days, None for as
                often as is asked.
            careless: Names of checks that it leaves out (`rspsim.smdpp.policy`).
            lowest_svn: Lowest version of a card that it serves, as "2.6.0"; empty for the usual.
            version: Highest version of the protocol it speaks, as "3.1.0"; empty for the usual.
            signatures_alone: Whether it signs for RPM and Device Change over its own data alone.
            chain: Variant of its chain for cards and LPAs of version 3; empty for the usual.
            fault: Name of a server fault that is on, empty for none.

        Raises:
            ConfigError: the credentials lack a certificate or key of such a server.
            LocalError: there is no such fault.
        """
        self.address = f"testsmdpplus{number}.example.com"
        self.session_keys: list[BspKeys] = []
        self._one_copy, self._moves = one_copy, moves
        self._ordered: dict[Iccid, list[datetime]] = {}
        deletion = OrderEvent.DELETED_FOR_REUSE if back_to_stock else OrderEvent.DELETED
        policy = Policy(after_deletion=deletion, skipped_checks=frozenset(careless))
        if lowest_svn:
            policy = replace(policy, lowest_svn=Version.from_text(lowest_svn))
        if signatures_alone:
            policy = replace(policy, signatures_covered=False)
        if version:
            policy = replace(policy, version=Version.from_text(version))
        if chain:
            policy = replace(policy, chain=Variant(chain))
        self._clock = ManualClock(started)
        self._smdpp = SmDpPlus(
            pki,
            address=self.address,
            curves=(curve,),
            server=number,
            rng=SeededRng(f"{seed}/{number}".encode()),
            clock=self._clock,
            policy=policy,
            faults=server_faults,
        )
        if fault:
            self._smdpp.faults.on(story_fault(fault).name)
        oid = pki.dp_auth(curve, number).certificate.registered_id
        assert oid is not None  # noqa: S101  a certificate without it is no CERT.DPauth
        self.oid: Oid = oid

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Answers a request of an LPA."""
        whole = {"Host": self.address, **headers}
        request = HttpRequest(method="POST", path=path, headers=whole, body=body)
        response = self._smdpp.handle(request)
        if path.endswith(_BINDS):
            self._take_session_keys()
        return HttpReply(response.status, response.headers, response.body)

    def _take_session_keys(self) -> None:
        """Takes the keys of a package that was just bound."""
        for order in self._smdpp.orders.all():
            if (bound := order.binding) is not None:
                agreed = bound.otsk_dp.agree(bound.otpk_euicc)
                keys = session_keys(agreed, host_id=bound.host_id, eid=bound.eid)
                if keys not in self.session_keys:
                    self.session_keys.append(keys)

    def order(  # noqa: PLR0913  the terms of an order
        self,
        what: TestProfile,
        *,
        matching_id: str | None = None,
        confirmation_code: str | None = None,
        eid: Eid | None = None,
        released: bool = True,
        lifetime: timedelta | None = None,
        downloads: int | None = 10,
        wrong_codes: int = 3,
    ) -> DirectOrder:
        """Orders a Profile.

        Args:
            what: The Profile.
            matching_id: MatchingID; drawn when None, and empty for a card that asks by its EID.
            confirmation_code: Code that the user has to enter, or None.
            eid: The only card that may have it, or None for any.
            released: False to release it later.
            lifetime: Time until the order ends, or None.
            downloads: Authentications before the order goes to Error.
            wrong_codes: Wrong Confirmation Codes before it does.

        Raises:
            OrderRefusedError: a rule of the operator does not allow it. Nothing was ordered.
            LocalError: the order is not possible. Nothing was ordered.
        """
        self._require_allowed(what.metadata.iccid)
        ends = None if lifetime is None else self._clock.now() + lifetime
        terms = OrderTerms(
            downloads=downloads, wrong_codes=wrong_codes, expires_at=ends, released=released
        )
        made = self._smdpp.orders.order(
            what.upp,
            what.metadata,
            matching_id=matching_id,
            confirmation_code=confirmation_code,
            eid=eid,
            terms=terms,
        )
        self._ordered.setdefault(made.iccid, []).append(self._clock.now())
        return DirectOrder(self._smdpp, made.number)

    def _require_allowed(self, iccid: Iccid) -> None:
        """Holds an order against the rules of the operator.

        Raises:
            OrderRefusedError: they do not allow it.
        """
        newest = self._smdpp.orders.stock.of_profile(iccid)
        if self._one_copy and newest is not None and newest.state in _ON_A_CARD:
            raise OrderRefusedError("another phone still has this line: delete it there first")
        since = self._clock.now() - _MONTH
        moved = [at for at in self._ordered.get(iccid, ())[1:] if at > since]
        if self._moves is not None and iccid in self._ordered and len(moved) >= self._moves:
            raise OrderRefusedError(f"this line has moved {len(moved)} times in 30 days: wait")

    @property
    def orders(self) -> tuple[OrderView, ...]:
        """Returns the present values of all orders, oldest first."""
        return tuple(OrderView.of(one) for one in self._smdpp.orders.all())

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """Returns the Notifications that came, oldest first."""
        return tuple(
            Receipt(
                event=one.event,
                seq_number=one.seq_number,
                eid="" if one.eid is None else str(one.eid),
                iccid="" if one.iccid is None else str(one.iccid),
                order=one.order,
                verdict=one.verdict.name,
            )
            for one in self._smdpp.notifications
        )

    def order_package(self, eid: str, *commands: bytes, matching_id: str | None = None) -> str:
        """Orders an RPM package for a card, as its operator does by ES2+.RpmOrder.

        Args:
            eid: EID of the card, digits.
            commands: Each an RpmCommand (30).
            matching_id: MatchingID; drawn when None.

        Returns:
            The MatchingID.

        Raises:
            LocalError: the order is refused.
        """
        header = {"functionRequesterIdentifier": "2.999", "functionCallIdentifier": "1"}
        script = b64encode(b"".join(commands)).decode("ascii")
        body: dict[str, object] = {"header": header, "eid": eid, "rpmScript": script}
        if matching_id is not None:
            body["matchingId"] = matching_id
        steps = rpm_order.run(self._smdpp.environment, body, "2.999")
        answer = carried_out(steps, NO_PARTNERS)
        if isinstance(answer, StatusCodeData):
            raise LocalError(f"the package is refused: {answer}")
        return answer.matching_id

    @property
    def packages(self) -> tuple[str, ...]:
        """Returns the states of the RPM packages, the oldest first."""
        return tuple(
            one.state.value
            for one in self._smdpp.environment.operations.all()
            if one.kind is OperationKind.RPM
        )

    def failed_for_good(self, iccid: Iccid) -> None:
        """Takes it that the card that has the newest order of a Profile could not install it.

        Raises:
            LocalError: there is no such order.
        """
        order = self._smdpp.orders.stock.of_profile(iccid)
        if order is None:
            raise LocalError(f"no order of Profile {iccid}")
        self._smdpp.orders.repository.put(order.after(OrderEvent.FAILED))

    def lost(self, iccid: Iccid) -> None:
        """Notes that the card with a Profile is gone: it is lost, its order Unavailable.

        Raises:
            LocalError: no card has it.
        """
        self._smdpp.orders.stock.lose(iccid)

    def found(self, iccid: Iccid) -> None:
        """Notes that a lost Profile may be ordered again.

        Raises:
            LocalError: there is no such Profile.
        """
        self._smdpp.orders.stock.find_again(iccid)

    def advance(self, step: timedelta) -> None:
        """Moves its clock forward.

        Raises:
            LocalError: step is negative.
        """
        self._clock.advance(step)
