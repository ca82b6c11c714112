"""An SM-DP+ as the fixture `smdpp` serves it, in this process or in another."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from rspcore.errors import LocalError
from rspcore.ids import Eid, Iccid
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    StoreMetadataRequest,
)
from rspcore.profile_maker import make_profile, preset
from rspharness.simulated.served_role import ServedRole, ServerWords
from rspsim.env import SeededRng
from rspsim.faults.registry import server_faults
from rspsim.server_setup import met_with_faults, tls_credential
from rspsim.smdpp import REFERENCE_ADDRESS, Policy, SmDpPlus
from rspsim.smdpp.fault_switch import FaultSwitch
from rspsim.smdpp.history import History
from rspsim.smdpp.stock.derived_metadata import derive_metadata
from rspsim.smdpp.stock.orders import Order, OrderTerms
from rspsim.smdpp.stock.receipts import Receipt
from rspsim.smdpp.variation import Varied
from rspsim.stores.server_state import FileState
from rspsim.transports.https import Front, Listener, tls_context

__all__ = ["OrderView", "OrderWords", "ServedSmdpp"]


class OrderWords(TypedDict, total=False):
    """What an order has to be.

    Attributes:
        upp: Unprotected profile package, in place of a Profile of the catalogue.
        metadata: Metadata for `upp`; derived from it by default.
        iccid: ICCID; a fresh one by default.
        matching_id: MatchingID; drawn by default, empty for the default SM-DP+ use case.
        confirmation_code: Code the End User has to enter.
        eid: EID of the only card that gets it, 32 digits.
        downloads: Authentications before the order is in Error.
        wrong_codes: Wrong Confirmation Codes before the order is in Error.
        lifetime: Time until the order expires.
        released: False to leave it Confirmed.
    """

    upp: bytes
    metadata: StoreMetadataRequest
    iccid: str
    matching_id: str
    confirmation_code: str
    eid: str
    downloads: int
    wrong_codes: int
    lifetime: timedelta
    released: bool


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
            policy=words.get("policy", Policy()),
            variation=Varied(vary.encode()) if vary else None,
            faults=server_faults(),
        )
        own = tls_credential(self._server, self._curve, now)
        greet = met_with_faults(self._server, self._curve, own, now)
        return Front(
            self._server.handle,
            (Listener(self._host, port, tls_context(own), greet),),
            lock=self._lock,
            note=self._server.note_refusal,
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
        eid, lifetime, usual = words.get("eid"), words.get("lifetime"), OrderTerms()
        with self._lock:
            upp, metadata = self._package(profile, words)
            made = self._server.orders.order(
                upp,
                metadata,
                matching_id=words.get("matching_id"),
                confirmation_code=words.get("confirmation_code"),
                eid=None if eid is None else Eid.from_digits(eid),
                terms=OrderTerms(
                    downloads=words.get("downloads", usual.downloads),
                    wrong_codes=words.get("wrong_codes", usual.wrong_codes),
                    expires_at=None if lifetime is None else self._clock.now() + lifetime,
                    released=words.get("released", True),
                ),
            )
        return OrderView.of(made)

    def _package(self, profile: str, words: OrderWords) -> tuple[bytes, StoreMetadataRequest]:
        address, upp, digits = self.place.address, words.get("upp"), words.get("iccid")
        if upp is not None:
            metadata = words.get("metadata")
            return upp, metadata or derive_metadata(upp, notification_address=address)
        if "metadata" in words:
            raise LocalError("metadata: only together with upp; a Profile has its own")
        everything = NotificationConfigurationInformation(
            profile_management_operation=frozenset(NotificationEvent),
            notification_address=address,
        )
        content = replace(
            preset(profile),
            iccid=self._server.orders.fresh_iccid()
            if digits is None
            else Iccid.from_digits(digits),
            notification_configuration=(everything,),
        )
        made = make_profile(content)
        return made.upp, made.metadata

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
