"""Orders: one ordered profile, its state, and the table of events that move it.

An `Order` is a frozen value; a repository keeps the current one under its number, so that another
repository can keep them on disk. Nothing but `Order.after` changes a state, and it looks the event
up in `TRANSITIONS`: a pair that is not listed changes nothing. `rspsim.smdpp.stock.order_book`
creates and finds orders.

The states are those of the Profile at the SM-DP+ (SGP.22 v2, 3.1.6). A profile is Linked rather
than Allocated when the order names the EID. Downloaded means that a bound package was sent; the
card may still ask for another one until its result says Installed or the order is in Error.
"""

from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from rspcore.bpp import Pieces
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid, Iccid, TransactionId
from rspsim.smdpp.stock.eligibility import NOTHING_NEEDED, Needs

__all__ = [
    "DELIVERABLE",
    "FINISHED",
    "LIVE",
    "TRANSITIONS",
    "Binding",
    "NotificationPoint",
    "Order",
    "OrderEvent",
    "OrderState",
    "OrderTerms",
    "ProgressInfo",
]


class OrderState(StrEnum):
    """States of an ordered profile."""

    AVAILABLE = "Available"
    ALLOCATED = "Allocated"
    LINKED = "Linked"
    CONFIRMED = "Confirmed"
    RELEASED = "Released"
    DOWNLOADED = "Downloaded"
    INSTALLED = "Installed"
    ERROR = "Error"
    UNAVAILABLE = "Unavailable"


class OrderEvent(StrEnum):
    """Events of an ordered profile."""

    DOWNLOAD_ORDERED = "DownloadOrder without EID"
    DOWNLOAD_ORDERED_FOR_EID = "DownloadOrder with EID"
    CONFIRMED = "ConfirmOrder, releaseFlag false"
    CONFIRMED_AND_RELEASED = "ConfirmOrder, releaseFlag true"
    RELEASED = "ReleaseProfile"
    DELIVERED = "bound package delivered"
    INSTALLED = "ProfileInstallationResult: success"
    FAILED = "limit reached, user rejection or permanent installation failure"
    CANCELLED = "CancelOrder, final status Available"
    WITHDRAWN = "CancelOrder, final status Unavailable"
    DELETED = "delete notification, profile used up"
    DELETED_FOR_REUSE = "delete notification, profile back in stock"
    LOST = "the card with the profile is gone"


_S, _E = OrderState, OrderEvent
_CANCELLATION = {_E.CANCELLED: _S.AVAILABLE, _E.WITHDRAWN: _S.UNAVAILABLE}
_CONFIRMATION = {_E.CONFIRMED: _S.CONFIRMED, _E.CONFIRMED_AND_RELEASED: _S.RELEASED}

TRANSITIONS: Final = MappingProxyType(
    {
        _S.AVAILABLE: {
            _E.DOWNLOAD_ORDERED: _S.ALLOCATED,
            _E.DOWNLOAD_ORDERED_FOR_EID: _S.LINKED,
        },
        _S.ALLOCATED: {**_CONFIRMATION, **_CANCELLATION},
        _S.LINKED: {**_CONFIRMATION, **_CANCELLATION},
        _S.CONFIRMED: {_E.RELEASED: _S.RELEASED, **_CANCELLATION},
        _S.RELEASED: {_E.DELIVERED: _S.DOWNLOADED, _E.FAILED: _S.ERROR, **_CANCELLATION},
        _S.DOWNLOADED: {
            _E.DELIVERED: _S.DOWNLOADED,
            _E.INSTALLED: _S.INSTALLED,
            _E.FAILED: _S.ERROR,
            _E.LOST: _S.UNAVAILABLE,
        },
        _S.INSTALLED: {
            _E.DELETED: _S.UNAVAILABLE,
            _E.DELETED_FOR_REUSE: _S.AVAILABLE,
            _E.LOST: _S.UNAVAILABLE,
        },
        _S.ERROR: _CANCELLATION,
        _S.UNAVAILABLE: {},
    }
)

DELIVERABLE: Final = frozenset((OrderState.RELEASED, OrderState.DOWNLOADED))
"""States in which a card may ask for the profile."""
FINISHED: Final = frozenset((OrderState.INSTALLED, OrderState.ERROR, OrderState.UNAVAILABLE))
"""States that release the MatchingID for another order."""
LIVE: Final = frozenset(OrderState) - FINISHED - {OrderState.AVAILABLE}
"""States of an order that holds its Profile; a Profile has one such order at most."""


class NotificationPoint(IntEnum):
    """Points at which progress is reported to the operator (SGP.22 v2, 5.3.5)."""

    ELIGIBILITY_AND_RETRY_LIMIT_CHECK = 1
    CONFIRMATION_FAILURE = 2
    BPP_DOWNLOAD = 3
    BPP_INSTALLATION = 4


@dataclass(frozen=True, slots=True)
class ProgressInfo:
    """One report of progress to the operator: the point, the time, and the outcome.

    Attributes:
        point: Notification point.
        at: Time of the event.
        outcome: "Executed-Success", or the codes and text of the failure.
        codes: Subject and reason of a failure that has them, for example "8.2.7/6.4".
        result_data: What the card signed about the installation, or empty.
    """

    point: NotificationPoint
    at: datetime
    outcome: str
    codes: str = ""
    result_data: bytes = b""

    @property
    def succeeded(self) -> bool:
        """Returns whether the point was passed."""
        return self.outcome == "Executed-Success"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What was bound to one card, kept for another attempt with the same one-time key.

    Attributes:
        eid: The card the package was bound to; no other card may get it.
        otpk_euicc: otPK.EUICC.ECKA.
        otsk_dp: One-time key pair of the server; never used with another key of the card.
        host_id: hostId of the control reference template.
        pieces: The package as it was bound; all of it except BF23 is sent again.
    """

    eid: Eid
    otpk_euicc: PublicKey
    otsk_dp: PrivateKey
    host_id: bytes
    pieces: Pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """How often an order may be tried, when it ends, whether it is released at once, and again.

    Attributes:
        downloads: Successful authentications before the order goes to Error; no limit when None.
        wrong_codes: Wrong Confirmation Codes before the order goes to Error.
        expires_at: End of the order, or None for no end.
        released: False to leave the order Confirmed until ReleaseProfile.
        again: True to order the Profile again under the same MatchingID when the order is finished.
    """

    downloads: int | None = 10
    wrong_codes: int = 3
    expires_at: datetime | None = None
    released: bool = True
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One ordered profile.

    Attributes:
        number: Number under which the repository keeps it.
        smdp_address: Address in the activation code.
        iccid: ICCID of the profile.
        upp: Unprotected profile package.
        metadata: StoreMetadataRequest (BF25), sent on ES9+ and in the package alike.
        needs: What the card has to support.
        state: State of the profile.
        matching_id: MatchingID; empty for the default SM-DP+ use case.
        confirmation_code_hash: SHA-256 of the Confirmation Code, or None when none is asked for.
        eid: The card the operator named, or None.
        terms: Retry limits and end of the order.
        downloads: Authentications that counted as a download attempt.
        wrong_codes: Wrong Confirmation Codes so far.
        reserved_by: Session that holds the order, or None.
        binding: What was bound to a card, or None before the first delivery.
        progress: Reports to the operator, oldest first.
        installed_seq: seqNumber of the ProfileInstallationResult, from Installed on.
        deleted_seq: seqNumber of the delete Notification, once there was one.
        smds_address: SM-DS of the event with the MatchingID as EventID, empty for none. The event
            is registered there while the profile may be downloaded.
        operator: OID of the operator that ordered it by ES2+; empty for any.
    """

    number: int
    smdp_address: str
    iccid: Iccid
    upp: bytes
    metadata: bytes
    needs: Needs = NOTHING_NEEDED
    state: OrderState = OrderState.AVAILABLE
    matching_id: str = ""
    confirmation_code_hash: bytes | None = None
    eid: Eid | None = None
    terms: OrderTerms = OrderTerms()
    downloads: int = 0
    wrong_codes: int = 0
    reserved_by: TransactionId | None = None
    binding: Binding | None = None
    progress: tuple[ProgressInfo, ...] = ()
    installed_seq: int | None = None
    deleted_seq: int | None = None
    smds_address: str = ""
    operator: str = ""

    @property
    def activation_code(self) -> str:
        """Returns the text of the QR code: LPA:1$address$MatchingID, $$1 with a Confirmation Code.

        Source: SGP.22 v2, 4.1.
        """
        return self.activation_code_with()

    def activation_code_with(self, *, smdp_oid: str = "", address: str = "") -> str:
        """Returns the activation code with the SM-DP+ OID or another address in it."""
        flag = "1" if self.confirmation_code_hash is not None else ""
        fields = ("1", address or self.smdp_address, self.matching_id, smdp_oid, flag)
        text = "$".join(fields)
        required = 3 if not smdp_oid else 4
        while not flag and text.count("$") >= required:
            text = text[: text.rindex("$")]
        return "LPA:" + text

    def expired(self, now: datetime) -> bool:
        """Returns whether the order has ended."""
        return self.terms.expires_at is not None and now >= self.terms.expires_at

    def allows(self, event: OrderEvent) -> bool:
        """Returns whether the table lists the event for the present state."""
        return event in TRANSITIONS[self.state]

    def after(self, event: OrderEvent) -> "Order":
        """Returns the order after an event; unchanged when the table does not list the pair.

        A profile that becomes Available is as new: whatever an operator or a card gave it is gone.
        """
        state = TRANSITIONS[self.state].get(event, self.state)
        if state is self.state:
            return self
        if state is OrderState.AVAILABLE:
            return Order(
                number=self.number,
                smdp_address=self.smdp_address,
                iccid=self.iccid,
                upp=self.upp,
                metadata=self.metadata,
                needs=self.needs,
            )
        return replace(self, state=state)

    def covers(self, eid: Eid | None, iccid: Iccid | None, seq_number: int) -> bool:
        """Returns whether a Notification of this card can be about what this order installed.

        Its number is above that of the installation and not above that of the deletion; a bound
        that is not known yet is no bound.
        """
        return (
            self.binding is not None
            and self.binding.eid == eid
            and self.iccid == iccid
            and (self.installed_seq is None or self.installed_seq < seq_number)
            and (self.deleted_seq is None or seq_number <= self.deleted_seq)
        )

    def with_progress(
        self,
        point: NotificationPoint,
        at: datetime,
        outcome: str,
        *,
        codes: str = "",
        result_data: bytes = b"",
    ) -> "Order":
        """Returns the order with one more entry of progress."""
        entry = ProgressInfo(point, at, outcome, codes, result_data)
        return replace(self, progress=(*self.progress, entry))
