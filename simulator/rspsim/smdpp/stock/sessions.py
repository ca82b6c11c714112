"""RSP sessions of the server, from the first challenge to the receipt of the notification.

    CHALLENGED ---> AUTHENTICATED ---> BOUND ---> CLOSED
        |                 |              |
        +-----------------+--------------+---> CLOSED

InitiateAuthentication opens a session, AuthenticateClient and GetBoundProfilePackage take it one
stage further, and each of the two requires exactly the stage before it: a step out of order or
done twice is refused as an unknown transaction (8.10.1/3.9). A session ends with its receipt, a
cancellation, a refusal of something the card has signed, a new session for the same order, or when
it has waited too long. An ended session stays in the book for a while, because the
ProfileInstallationResult names it and contains no certificate.

A session never belongs to a connection: each exchange may use a new one.

Source: SGP.22 v2, 3.1.3 and 5.6.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from rspcore.crypto.curves import Curve
from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid, TransactionId
from rspcore.pki.certificate import Certificate
from rspcore.pki.variants import Variant
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits

__all__ = ["Client", "MemorySessions", "Session", "SessionBook", "SessionRepository", "Stage"]

_FIXED_OCTETS: Final = 1000
"""About what a session takes without what its card has sent, and a decoded certificate again."""


class Stage(StrEnum):
    """How far a session has come."""

    CHALLENGED = "challenged"
    AUTHENTICATED = "authenticated"
    BOUND = "bound"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What an authenticated card has sent.

    Attributes:
        eid: EID of its certificate.
        certificate: CERT.EUICC, for the signatures that follow.
        euicc_info2: EUICCInfo2 as received, header included.
        device_info: DeviceInfo as received, header included.
    """

    eid: Eid
    certificate: Certificate
    euicc_info2: bytes
    device_info: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One RSP session.

    Attributes:
        transaction_id: TransactionID.
        stage: How far it has come.
        touched: Time of the last step.
        server_challenge: serverChallenge, 16 octets.
        ci_pkid: Key identifier of the CI chosen for the card's signatures, 20 octets.
        curve: Curve of the certificates the server uses.
        variant: Variant of their chain.
        euicc_capability: Bits of euiccRspCapability of the first request (version 3).
        lpa_capability: Bits of lpaRspCapability of it, None for a client of version 2.
        client: The card, from AuthenticateClient on.
        order: Number of the order, from AuthenticateClient on.
        smdp_signature2: smdpSignature2 as sent (5F37), from AuthenticateClient on.
    """

    transaction_id: TransactionId
    stage: Stage = Stage.CHALLENGED
    touched: datetime
    server_challenge: bytes
    ci_pkid: bytes
    curve: Curve
    variant: Variant = Variant.O
    euicc_capability: frozenset[int] = frozenset()
    lpa_capability: frozenset[int] | None = None
    client: Client | None = None
    order: int | None = None
    smdp_signature2: bytes = b""

    @property
    def closed(self) -> bool:
        """Returns whether the session has ended."""
        return self.stage is Stage.CLOSED

    def ended(self) -> "Session":
        """Returns the session after its end; what it knows of the card is kept."""
        return replace(self, stage=Stage.CLOSED)


class SessionRepository(Protocol):
    """Keeps the current value of each session."""

    def get(self, transaction_id: TransactionId) -> Session | None:
        """Returns the session with this TransactionID, or None."""

    def all(self) -> tuple[Session, ...]:
        """Returns every session, the one whose last step is longest ago first."""

    def put(self, session: Session) -> None:
        """Sets the current value of a session."""

    def clear(self) -> None:
        """Forgets every session."""


SHARE_OF_STRANGERS: Final = 8
"""One part of so many of the sessions is for those without an authenticated card."""


class MemorySessions:
    """Keeps sessions in memory, bounded in number and in octets.

    When a bound is reached, sessions without an authenticated card go first, then those that have
    ended, then the others; of each kind, the one whose last step is longest ago. An eighth of the
    bound is for those without a card: as long as there are no more of them, those that have ended
    go before them. The session that was put last stays.
    """

    def __init__(self, limits: KeptLimits = USUAL_LIMITS) -> None:
        self._limits = limits
        self._by_rank: tuple[dict[TransactionId, Session], ...] = ({}, {}, {})
        self._octets = 0

    @property
    def octets(self) -> int:
        """Returns about how many octets of memory the sessions take."""
        return self._octets

    def __len__(self) -> int:
        return sum(map(len, self._by_rank))

    def get(self, transaction_id: TransactionId) -> Session | None:
        """Returns the session with this TransactionID, or None."""
        found = (kept.get(transaction_id) for kept in self._by_rank)
        return next((one for one in found if one is not None), None)

    def all(self) -> tuple[Session, ...]:
        """Returns every session, the one whose last step is longest ago first."""
        kept = (one for rank in self._by_rank for one in rank.values())
        return tuple(sorted(kept, key=lambda one: one.touched))

    def put(self, session: Session) -> None:
        """Sets the current value of a session; above a bound, others are forgotten."""
        self._drop(session.transaction_id)
        self._by_rank[_rank(session)][session.transaction_id] = session
        self._octets += _size(session)
        while len(self) > 1 and (
            len(self) > self._limits.sessions or self._octets > self._limits.session_octets
        ):
            strangers, ended, others = self._by_rank
            flood = len(strangers) > self._limits.sessions // SHARE_OF_STRANGERS
            ranks = (strangers, ended, others) if flood else (ended, strangers, others)
            first = (one for kept in ranks for one in kept)
            self._drop(next(one for one in first if one != session.transaction_id))

    def clear(self) -> None:
        """Forgets every session."""
        for kept in self._by_rank:
            kept.clear()
        self._octets = 0

    def _drop(self, transaction_id: TransactionId) -> None:
        for kept in self._by_rank:
            if transaction_id in kept:
                self._octets -= _size(kept.pop(transaction_id))


def _rank(session: Session) -> int:
    """Returns the kind of a session: 0 without a card, 1 ended, 2 under way."""
    if session.client is None:
        return 0
    return 1 if session.closed else 2


def _size(session: Session) -> int:
    """Returns about how many octets of memory a session takes."""
    client = session.client
    if client is None:
        return _FIXED_OCTETS
    own = (client.certificate.der, client.euicc_info2, client.device_info, session.smdp_signature2)
    return 2 * _FIXED_OCTETS + sum(map(len, own))


@dataclass(frozen=True, slots=True)
class SessionBook:
    """Finds sessions that may take another step.

    Attributes:
        repository: Where sessions are kept.
        lifetime: How long a session waits for its next step.
    """

    repository: SessionRepository
    lifetime: timedelta

    def live(self, transaction_id: TransactionId, now: datetime, *stages: Stage) -> Session | None:
        """Returns the session if it has not ended and is at one of these stages.

        Args:
            transaction_id: TransactionID as the request gives it.
            now: Present time.
            stages: Stages wanted; any but closed when none are given.
        """
        session = self.repository.get(transaction_id)
        if session is None or session.closed or now - session.touched > self.lifetime:
            return None
        return session if not stages or session.stage in stages else None

    def known(self, transaction_id: TransactionId) -> Session | None:
        """Returns the session, whether it has ended or not."""
        return self.repository.get(transaction_id)
