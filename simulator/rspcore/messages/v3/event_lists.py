"""ES10b.VerifySmdsResponse and the signed answers of an SM-DS in version 3 (5.7, 5.8, ES11).

Times are GeneralizedTime in UTC, seconds and no fraction.
"""

from datetime import datetime
from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import TransactionId
from rspcore.messages.codec import (
    ANY,
    NULL,
    OCTETS,
    TRANSACTION_ID,
    UTF8,
    At,
    Structure,
    enumerated,
    octets,
    sequence_of,
    structure,
    utf8,
)
from rspcore.messages.event_type import EventType
from rspcore.messages.metadata import OperatorId
from rspcore.messages.v3.generalized_time import TIME
from rspcore.tags import Tag

__all__ = [
    "EventList",
    "EventRecordV3",
    "PushServiceRegistrationResult",
    "SmdsSigned2",
    "VerifySmdsResponseError",
    "VerifySmdsResponseRequest",
    "VerifySmdsResponseResponse",
]


class VerifySmdsResponseError(IntEnum):
    """The error codes of VerifySmdsResponse."""

    invalidSignature = 2
    noSession = 4
    invalidTransactionId = 5
    undefinedError = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecordV3(Structure):
    """EventRecordV3: EventID and server, and for which Profiles the event is, as hashes.

    A hash is SHA-256 of an ICCID (10 octets as in EF.ICCID), with the salt behind it if there is
    one.
    """

    event_id: Annotated[str, At(Tag.Utf8String, UTF8)]
    rsp_server_address: Annotated[str, At(Tag.Utf8String, UTF8)]
    event_type: Annotated[int, At(Tag.Integer, enumerated(EventType))]
    hashed_iccids: Annotated[
        tuple[bytes, ...] | None, At(Tag.Sequence, sequence_of(Tag.OctetString, octets(32)))
    ] = None
    salt: Annotated[bytes | None, At(Tag.OctetString, octets(8, 16))] = None
    service_provider_name: Annotated[str | None, At(0x91, utf8(0, 32))] = None
    operator_id: Annotated[OperatorId | None, At(0xB7, structure(OperatorId))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventList(Structure):
    """EventList: entries; ecId, 16 to 32 octets, for CheckEvent; when to register again."""

    TAG: ClassVar[int] = 0xA0

    event_entries: Annotated[
        tuple[EventRecordV3, ...], At(0xA1, sequence_of(Tag.Sequence, structure(EventRecordV3)))
    ]
    ec_id: Annotated[bytes | None, At(0x82, octets(16, 32))] = None
    push_service_refresh_time: Annotated[datetime | None, At(0x83, TIME)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushServiceRegistrationResult(Structure):
    """PushServiceRegistrationResult: when to register again."""

    TAG: ClassVar[int] = 0xA1

    push_service_refresh_time: Annotated[datetime | None, At(0x83, TIME)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmdsSigned2(Structure):
    """SmdsSigned2; `request_specific_data` is whole: A0 (EventList) or A1 (result)."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    request_specific_data: Annotated[bytes, At(0xA0, ANY, also=(0xA1,))]

    @property
    def event_list(self) -> EventList | None:
        """Returns the list of events, None where it is the result of a registration.

        Raises:
            DecodeError: it is a list and cannot be read.
        """
        whole = self.request_specific_data
        return EventList.decode(whole) if whole[:1] == b"\xa0" else None

    @property
    def registration(self) -> PushServiceRegistrationResult | None:
        """Returns the result of a registration for push, None where it is a list of events.

        Raises:
            DecodeError: it is a result and cannot be read.
        """
        whole = self.request_specific_data
        return PushServiceRegistrationResult.decode(whole) if whole[:1] == b"\xa1" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySmdsResponseRequest(Structure):
    """ES10b.VerifySmdsResponse request."""

    TAG: ClassVar[int] = Tag.VerifySmdsResponse

    smds_signed2: Annotated[SmdsSigned2, At(Tag.Sequence, structure(SmdsSigned2))]
    smds_signature2: Annotated[bytes, At(Tag.Signature, OCTETS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySmdsResponseResponse(Structure):
    """ES10b.VerifySmdsResponse response: CHOICE of ok and error."""

    TAG: ClassVar[int] = Tag.VerifySmdsResponse
    CHOICE: ClassVar[bool] = True

    verify_smds_response_ok: Annotated[bool | None, At(0x80, NULL)] = None
    verify_smds_response_error: Annotated[
        int | None, At(0x81, enumerated(VerifySmdsResponseError))
    ] = None
