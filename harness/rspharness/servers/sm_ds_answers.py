"""What an SM-DS of version 3 signs: lists of events and results of a registration for push.

What smdsSignature2 covers beside smdsSigned2 is not public. `verified` sends a request in one form
after the other until the card does not answer invalidSignature, and says which one it took.

Source: SGP.22 v3.1, 5.7 and ES11.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, cast

from rspcore import tlv
from rspcore.ids import Iccid, MccMnc
from rspcore.messages.event_type import EventType
from rspcore.messages.metadata import OperatorId
from rspcore.messages.v3.event_lists import (
    EventList,
    EventRecordV3,
    PushServiceRegistrationResult,
    SmdsSigned2,
    VerifySmdsResponseError,
    VerifySmdsResponseRequest,
    VerifySmdsResponseResponse,
)
from rspcore.tags import Tag
from rspharness.card.card_under_test import Card
from rspharness.servers.rsp_session import Session

__all__ = [
    "FORMS",
    "PLAIN_EVENT",
    "WHOLE_EVENT",
    "event_list",
    "push_result",
    "request",
    "verified",
]

FORMS: Final[Mapping[str, bool]] = {
    "smdsSigned2 and euiccSignature1": True,
    "smdsSigned2 alone": False,
}
"""What smdsSignature2 may cover, and whether euiccSignature1 is part of it."""
_SALT: Final = bytes(range(16))
_ICCID: Final = Iccid.from_digits("8929901012345678905")
_NEXT: Final = datetime(2027, 1, 1, tzinfo=UTC)
PLAIN_EVENT: Final = EventRecordV3(
    event_id="EVENT-1", rsp_server_address="testsmdpplus1.example.com", event_type=EventType(1)
)
WHOLE_EVENT: Final = EventRecordV3(
    event_id="EVENT-2",
    rsp_server_address="testsmdpplus1.example.com",
    event_type=EventType.rpmEvent,
    hashed_iccids=(sha256(_ICCID.octets + _SALT).digest(),),
    salt=_SALT,
    service_provider_name="Operator",
    operator_id=OperatorId(mcc_mnc=MccMnc.from_digits("001", "01"), gid1=b"\x01"),
)


def event_list(*events: EventRecordV3, ec_id: bytes | None = None) -> bytes:
    """Returns a list of events (A0), with an ecId of 16 to 32 octets if one is given."""
    return EventList(event_entries=events, ec_id=ec_id).encode()


def push_result() -> bytes:
    """Returns the result of a registration for push (A1), with a time."""
    return PushServiceRegistrationResult(push_service_refresh_time=_NEXT).encode()


def request(
    session: Session,
    data: bytes,
    *,
    with_signature1: bool = True,
    transaction_id: bytes | None = None,
    alter: bool = False,
) -> bytes:
    """Returns a VerifySmdsResponse request (BF45).

    Args:
        session: The session with the SM-DS, authenticated.
        data: List of events, or result of a registration.
        with_signature1: smdsSignature2 covers euiccSignature1 behind smdsSigned2.
        transaction_id: In place of that of the session, 1 to 16 octets.
        alter: The last bit of smdsSignature2 is another one.
    """
    named = session.transaction_id.octets if transaction_id is None else transaction_id
    signed = tlv.encode(SmdsSigned2.TAG, tlv.encode(0x80, named), data)
    covered = signed
    if with_signature1:
        covered += tlv.encode(Tag.Signature, session.euicc_signature1)
    signature = session.server.auth.private_key.sign(covered)
    if alter:
        signature = signature[:-1] + bytes((signature[-1] ^ 1,))
    return tlv.encode(VerifySmdsResponseRequest.TAG, signed, tlv.encode(Tag.Signature, signature))


def verified(
    card: Card, session: Session, data: bytes, **fields: bytes
) -> tuple[VerifySmdsResponseResponse, str]:
    """Sends a request in each form until the card does not answer invalidSignature.

    Returns:
        The last answer, and the form it was given to.
    """
    answers = []
    for form, with_signature1 in FORMS.items():
        octets = request(
            session,
            data,
            with_signature1=with_signature1,
            transaction_id=fields.get("transaction_id"),
        )
        answers.append((cast("VerifySmdsResponseResponse", card.ask(octets)), form))
        if answers[-1][0].verify_smds_response_error != VerifySmdsResponseError.invalidSignature:
            break
    return answers[-1]
