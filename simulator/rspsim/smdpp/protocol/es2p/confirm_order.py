"""ES2+.ConfirmOrder: gives an order its MatchingID and Confirmation Code, and may release it.

With an SM-DS address the MatchingID is the EventID; the event is registered before the order is
released, here or in ReleaseProfile.

Source: SGP.22 v2, 5.3.2.
"""

from collections.abc import Mapping
from dataclasses import replace

from rspcore.ids import Eid
from rspcore.messages.es2p import ConfirmOrderRequest, ConfirmOrderResponse
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.json_codec import InvalidMemberError
from rspsim.smdpp.partner_calls import Steps
from rspsim.smdpp.protocol.es2p.order_of_profile import order_of_profile
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.es12.events import key_of, registration
from rspsim.smdpp.protocol.order_status_codes import (
    EID_ASSOCIATION_INVALID,
    EID_MISSING,
    ICCID_IN_USE,
    MATCHING_ID_IN_USE,
)
from rspsim.smdpp.protocol.token_rules import require_token
from rspsim.smdpp.stock.orders import Order, OrderEvent

__all__ = ["run"]


def run(
    environment: Environment, body: Mapping[str, object], caller: str
) -> Steps[ConfirmOrderResponse | StatusCodeData]:
    """Confirms the order, after its event was registered if it is released with one.

    Raises:
        DecodeError: a member is missing or has the wrong form.
    """
    request = ConfirmOrderRequest.from_json(body)
    _require_form(environment, request)
    order = order_of_profile(environment, request.iccid, caller)
    if isinstance(order, StatusCodeData):
        return order
    refusal = _refusal(environment, order, request)
    if refusal is not None:
        return refusal
    eid = order.eid if request.eid is None else request.eid
    matching_id, smds = request.matching_id, request.smds_address or ""
    registered: Eid | None = None
    if smds and eid is not None and request.release_flag:
        registered = eid
        if matching_id is None:
            matching_id = environment.orders.new_matching_id()
        refusal = yield from registration(environment, order.smdp_address, smds, eid, matching_id)
        if refusal is None:  # others may have changed orders meanwhile; the event is deleted then
            refusal = _refusal(environment, environment.orders.get(order.number), request)
        if refusal is not None:
            return refusal
    event = OrderEvent.CONFIRMED_AND_RELEASED if request.release_flag else OrderEvent.CONFIRMED
    confirmed = environment.orders.change(
        order.number,
        event,
        matching_id=matching_id,
        confirmation_code=request.confirmation_code,
        eid=request.eid,
    )
    if smds:
        environment.orders.repository.put(replace(confirmed, smds_address=smds))
    if registered is not None:
        environment.errands.remove(key_of(smds, registered, confirmed.matching_id))
    return ConfirmOrderResponse(
        eid=confirmed.eid,
        matching_id=confirmed.matching_id,
        smdp_address=confirmed.smdp_address,
    )


def _require_form(environment: Environment, request: ConfirmOrderRequest) -> None:
    require_token(environment.policy, "matchingId", request.matching_id)
    if request.smds_address is not None and request.matching_id == "":
        raise InvalidMemberError(
            "matchingId", "matchingId: empty, but with smdsAddress it is the EventID"
        )


def _refusal(
    environment: Environment, order: Order, request: ConfirmOrderRequest
) -> StatusCodeData | None:
    if not order.allows(OrderEvent.CONFIRMED):
        return ICCID_IN_USE(f"the Profile is {order.state}", identifier=str(order.iccid))
    if order.eid is not None and request.eid not in (None, order.eid):
        return EID_ASSOCIATION_INVALID("linked to another EID", identifier=str(request.eid))
    eid = order.eid if request.eid is None else request.eid
    if eid is None and (request.matching_id == "" or request.smds_address is not None):
        return EID_MISSING("an empty MatchingID and an SM-DS address need an EID")
    if request.matching_id is not None:
        holder = environment.orders.holder(request.matching_id, eid)
        if holder is not None:
            return MATCHING_ID_IN_USE("of another order", identifier=request.matching_id)
    return None
