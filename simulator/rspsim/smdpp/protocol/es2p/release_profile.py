"""ES2+.ReleaseProfile: allows the download of a Profile whose order is confirmed.

Source: SGP.22 v2, 5.3.4.
"""

from collections.abc import Mapping

from rspcore.messages.es2p import OrderResponse, ReleaseProfileRequest
from rspcore.messages.es9p import StatusCodeData
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.order_status_codes import ICCID_TRANSITION_INVALID, ICCID_UNKNOWN
from rspsim.smdpp.stock.orders import OrderEvent

__all__ = ["run"]


def run(environment: Environment, body: Mapping[str, object]) -> OrderResponse | StatusCodeData:
    """Releases the Profile.

    Raises:
        DecodeError: a member is missing or has the wrong form.
    """
    request = ReleaseProfileRequest.from_json(body)
    order = environment.orders.of_profile(request.iccid)
    if order is None:
        return ICCID_UNKNOWN("no Profile with this ICCID", identifier=str(request.iccid))
    if not order.allows(OrderEvent.RELEASED):
        return ICCID_TRANSITION_INVALID(
            f"the Profile is {order.state}", identifier=str(order.iccid)
        )
    environment.orders.change(order.number, OrderEvent.RELEASED)
    return OrderResponse()
