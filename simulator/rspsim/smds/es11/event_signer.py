"""What an SM-DS of version 3 signs: lists of events with an ecId, and results of registrations.

What smdsSignature2 covers is not public; here it is smdsSigned2 with euiccSignature1 behind it, as
smdpSignature2 covers it.

Source: SGP.22 v3.1, ES11.AuthenticateClient.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from rspcore import tlv
from rspcore.frozen import dataclass
from rspcore.ids import Eid
from rspcore.messages.es11 import SignedEventsResponse
from rspcore.messages.v3.capability_bits import EuiccRspCapability, LpaRspCapability
from rspcore.messages.v3.event_lists import (
    EventList,
    EventRecordV3,
    PushServiceRegistrationResult,
    SmdsSigned2,
)
from rspcore.tags import Tag
from rspsim.smdpp import fault_points
from rspsim.smdpp.stock.sessions import Session
from rspsim.smds.event_checks import EC_ID_OCTETS
from rspsim.smds.event_records import EventRecord
from rspsim.smds.surroundings import Surroundings

__all__ = ["EventSigner"]

_NAME: Final = "authenticateClient"
_REFRESH: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class EventSigner:
    """Signs the answers of one session.

    Attributes:
        surroundings: The SM-DS.
        session: The session.
        euicc_signature1: The card's signature in it, 64 octets.
    """

    surroundings: Surroundings
    session: Session
    euicc_signature1: bytes

    @property
    def asked_for(self) -> bool:
        """Returns whether card and LPA take a signed list, and the SM-DS is one of version 3."""
        lpa = self.session.lpa_capability or frozenset()
        return (
            self.surroundings.newer
            and EuiccRspCapability.signedSmdsResponseV3Support in self.session.euicc_capability
            and LpaRspCapability.signedSmdsResponseV3Support in lpa
        )

    def events(self, eid: Eid, found: Iterable[EventRecord]) -> SignedEventsResponse:
        """Returns a signed list with an ecId that is kept."""
        ec_id = None
        if LpaRspCapability.eventCheckingSupport in (self.session.lpa_capability or ()):
            ec_id = self.surroundings.rng.octets(EC_ID_OCTETS)
            self.surroundings.checks.put(ec_id, eid, self.surroundings.clock.now())
        entries = tuple(
            EventRecordV3(
                event_id=one.event_id,
                rsp_server_address=one.rsp_server_address,
                event_type=one.event_type,
            )
            for one in found
        )
        listed = EventList(event_entries=entries, ec_id=ec_id)
        listed = self.surroundings.faults.through(fault_points.EVENT_LIST, listed, _NAME)
        return self._signed(listed.encode())

    def registration(self) -> SignedEventsResponse:
        """Returns the signed result of a registration for push."""
        again: datetime = self.surroundings.clock.now() + _REFRESH
        return self._signed(
            PushServiceRegistrationResult(
                push_service_refresh_time=again.replace(microsecond=0)
            ).encode()
        )

    def _signed(self, data: bytes) -> SignedEventsResponse:
        session, identity = self.session, self.surroundings.identity
        made = SmdsSigned2(transaction_id=session.transaction_id, request_specific_data=data)
        through = self.surroundings.faults.through
        signed = through(fault_points.SMDS_SIGNED2, made, _NAME).encode()
        key = identity.chain(session.variant, session.curve).leaf.private_key
        covered = signed + tlv.encode(Tag.Signature, self.euicc_signature1)
        return SignedEventsResponse(
            transaction_id=session.transaction_id,
            smds_signed2=signed,
            smds_signature2=tlv.encode(Tag.Signature, key.sign(covered)),
        )
