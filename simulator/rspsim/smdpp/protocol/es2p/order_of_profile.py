"""The order that an operator means by an ICCID."""

from rspcore.ids import Iccid
from rspcore.messages.es9p import StatusCodeData
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.order_status_codes import ICCID_UNKNOWN
from rspsim.smdpp.stock.orders import Order

__all__ = ["order_of_profile"]


def order_of_profile(environment: Environment, iccid: Iccid) -> Order | StatusCodeData:
    """Returns the newest order of a Profile, or 8.2.1/3.9."""
    order = environment.orders.of_profile(iccid)
    if order is None:
        return ICCID_UNKNOWN("no Profile with this ICCID", identifier=str(iccid))
    return order
