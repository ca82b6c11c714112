"""Reads from a request of an LPA which card, order and session it is about, for faults.

Nothing is checked here: a request that cannot be read is about nothing that a fault can be limited
to, and gets its answer from its function.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.ids import Eid, TransactionId
from rspcore.messages.es10b import AuthenticateServerResponse
from rspcore.messages.json_codec import load_object
from rspcore.messages.notifications import OtherSignedNotification, ProfileInstallationResult
from rspcore.pki.certificate import Certificate
from rspcore.tags import Tag
from rspsim.smdpp.fault_scope import FaultSubject
from rspsim.smdpp.http_messages import HttpRequest
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.stock.orders import Order

__all__ = ["fault_subject"]

_MATCHING_ID: Final = 0x80


def fault_subject(environment: Environment, request: HttpRequest, function: str) -> FaultSubject:
    """Returns what is known of a request, from itself and from its session."""
    try:
        body = load_object(request.body)
        if function == "handleNotification":
            return _of_notification(environment, _octets(body, "pendingNotification"), function)
        transaction = str(body.get("transactionId", "")).upper()
        eid, order = _of_session(environment, transaction)
        if function == "authenticateClient" and eid is None:
            eid, order = _of_card(environment, _octets(body, "authenticateServerResponse"))
    except (DecodeError, binascii.Error):
        return FaultSubject(function=function)
    return FaultSubject(function=function, transaction=transaction, eid=str(eid or ""), order=order)


def _octets(body: Mapping[str, object], member: str) -> bytes:
    return base64.b64decode(str(body.get(member, "")), validate=True)


def _of_session(environment: Environment, transaction: str) -> tuple[Eid | None, int | None]:
    if not transaction:
        return None, None
    session = environment.sessions.known(TransactionId.from_hex(transaction))
    if session is None:
        return None, None
    return session.client.eid if session.client else None, session.order


def _of_card(environment: Environment, octets: bytes) -> tuple[Eid | None, int | None]:
    good = AuthenticateServerResponse.decode(octets).authenticate_response_ok
    if good is None:
        return None, None
    eid = Certificate.from_der(good.euicc_certificate).eid
    if eid is None:
        return None, None
    named = tlv.parse(good.euicc_signed1.ctx_params1).find(_MATCHING_ID)
    matching_id = bytes(named.value).decode("utf-8", "replace") if named is not None else ""
    found = environment.orders.asked_for(matching_id, eid)
    return eid, found.number if isinstance(found, Order) else None


def _of_notification(environment: Environment, octets: bytes, function: str) -> FaultSubject:
    if tlv.parse(octets).tag == Tag.ProfileInstallationResult:
        result = ProfileInstallationResult.decode(octets)
        transaction = str(result.data.transaction_id)
        eid, order = _of_session(environment, transaction)
        return FaultSubject(
            function=function, transaction=transaction, eid=str(eid or ""), order=order
        )
    other = OtherSignedNotification.decode(octets)
    eid = Certificate.from_der(other.euicc_certificate).eid
    iccid = other.tbs_other_notification.iccid
    about = None if iccid is None else environment.orders.stock.of_profile(iccid)
    return FaultSubject(
        function=function, eid=str(eid or ""), order=None if about is None else about.number
    )
