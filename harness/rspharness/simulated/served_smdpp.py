"""An SM-DP+ as the fixture `smdpp` serves it, in this process or in another."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rspcore.errors import LocalError
from rspcore.frozen import dataclass
from rspcore.messages.metadata import StoreMetadataRequest
from rspharness.simulated.served_role import ServedRole, ServerWords, policy_of
from rspharness.simulated.setting_words import ProfileWords
from rspsim.env import SeededRng
from rspsim.faults.registry import server_faults
from rspsim.server_setup import met_with_faults, tls_credential
from rspsim.smdpp import REFERENCE_ADDRESS, SmDpPlus
from rspsim.smdpp.fault_switch import FaultSwitch
from rspsim.smdpp.history import History
from rspsim.smdpp.settings import Area, read_words, settings_of
from rspsim.smdpp.stock.orders import Order, OrderTerms
from rspsim.smdpp.stock.receipts import Receipt
from rspsim.smdpp.stock.wished_profile import package_of
from rspsim.smdpp.variation import Varied
from rspsim.stores.server_state import FileState
from rspsim.transports.https import Front, Listener, tls_context

__all__ = ["OrderView", "OrderWords", "ServedSmdpp"]

_OWN_WORDS: Final = frozenset(("upp", "metadata", "lifetime"))


class OrderWords(ProfileWords, total=False):
    """What an order has to be; besides these, what `ProfileWords` has.

    Attributes:
        upp: Unprotected profile package, in place of a Profile of the catalogue.
        metadata: Metadata for `upp`; derived from it by default.
        lifetime: Time until the order expires.
    """

    upp: bytes
    metadata: StoreMetadataRequest
    lifetime: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order at one moment.

    Attributes:
        number: Its number.
        state: State of the Profile, such as "Released" or "Installed".
        iccid: ICCID of the Profile, digits.
        matching_id: MatchingID.
        activation_code: Activation code, with its prefix.
        bound_to: EID of the card a package was bound to, empty when there is none.
        downloads: Authentications that counted as a download.
        wrong_codes: Wrong Confirmation Codes.
        progress: What an operator would have heard, oldest first: point and outcome.
    """

    number: int
    state: str
    iccid: str
    matching_id: str
    activation_code: str
    bound_to: str
    downloads: int
    wrong_codes: int
    progress: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, order: Order) -> "OrderView":
        """Returns what a test has to know of an order."""
        return cls(
            number=order.number,
            state=order.state.value,
            iccid=str(order.iccid),
            matching_id=order.matching_id,
            activation_code=order.activation_code,
            bound_to="" if order.binding is None else str(order.binding.eid),
            downloads=order.downloads,
            wrong_codes=order.wrong_codes,
            progress=tuple((int(one.point), one.outcome) for one in order.progress),
        )


class ServedSmdpp(ServedRole):
    """An SM-DP+, its front and its clock."""

    def _front(self, words: ServerWords, address: str, port: int) -> Front:
        seed, vary, state = words.get("seed", "1"), words.get("vary", ""), words.get("state")
        now = datetime.now(UTC)  # noqa: TID251  TLS looks at the real clock
        kept = None
        if state is not None:  # what a server draws after a restart is not what it drew before
            kept, seed = self._held.enter_context(FileState(state)), f"{seed}|{now.isoformat()}"
        self._server = SmDpPlus(
            self._pki,
            address=address,
            aliases=("localhost", self._host, REFERENCE_ADDRESS),
            curves=(self._curve,),
            rng=SeededRng(seed.encode()),
            clock=self._clock,
            state=kept,
            policy=policy_of(words, settings_of(Area.POLICY, Area.BINDING)),
            variation=Varied(vary.encode()) if vary else None,
            faults=server_faults,
        )
        own = tls_credential(self._server, self._curve, now)
        greet = met_with_faults(self._server, self._curve, own, now)
        return Front(
            self._server.handle,
            (Listener(self._host, port, tls_context(own), greet),),
            lock=self._lock,
            note=self._server.note_refusal,
            waits=self._server.state.waits,
        )

    @property
    def _history(self) -> History:
        return self._server.history

    @property
    def _faults(self) -> FaultSwitch:
        return self._server.faults

    def order(self, profile: str, words: OrderWords) -> OrderView:
        """Orders a Profile of the catalogue, or the package in the words.

        Raises:
            LocalError: no such Profile, or the order is not possible.
            DecodeError: a value is not of its form.
        """
        given = {name: value for name, value in words.items() if name not in _OWN_WORDS}
        values = read_words({"profile": profile, **given}, settings_of(Area.ORDER, Area.PROFILE))
        if "lifetime" in words:
            values["expires_at"] = self._clock.now() + words["lifetime"]
        terms = {name: values[name] for name in OrderTerms.__dataclass_fields__ if name in values}
        with self._lock:
            upp, metadata = self._package(values, words)
            made = self._server.orders.order(
                upp,
                metadata,
                matching_id=values.get("matching_id"),
                confirmation_code=values.get("confirmation_code"),
                eid=values.get("eid"),
                terms=OrderTerms(**terms),
            )
        return OrderView.of(made)

    def _package(
        self, values: dict[str, Any], words: OrderWords
    ) -> tuple[bytes, StoreMetadataRequest]:
        values.setdefault("notification_addresses", (self.place.address,))
        upp, metadata = words.get("upp"), words.get("metadata")
        if upp is None:
            if metadata is not None:
                raise LocalError("metadata: only together with upp; a Profile has its own")
            values.setdefault("iccid", self._server.orders.stock.fresh_iccid())
        else:
            del values["profile"]  # the package is in its place
        octets = None if metadata is None else metadata.encode()
        return package_of(values, upp=upp, metadata=octets)

    def order_now(self, number: int) -> OrderView:
        """Returns the present value of an order.

        Raises:
            LocalError: there is no such order.
        """
        with self._lock:
            return OrderView.of(self._server.orders.get(number))

    def notifications(self) -> tuple[Receipt, ...]:
        """Returns the Notifications that came, oldest first."""
        with self._lock:
            return self._server.notifications
