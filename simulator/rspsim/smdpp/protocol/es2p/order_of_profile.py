"""The order that an operator means by an ICCID."""

from rspcore.ids import Iccid
from rspcore.messages.es9p import StatusCodeData
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.order_status_codes import ICCID_NOT_ALLOWED, ICCID_UNKNOWN
from rspsim.smdpp.stock.orders import Order

__all__ = ["is_of_another", "may_order", "order_of_profile"]


def may_order(environment: Environment, iccid: Iccid, caller: str) -> bool:
    """Returns whether a Profile is everybody's, or the operator's with this OID."""
    profile = environment.orders.stock.profiles.get(iccid)
    return profile is None or profile.owner in ("", caller)


def is_of_another(order: Order, caller: str) -> bool:
    """Returns whether an order is that of another operator than the caller."""
    return order.operator not in ("", caller)


def order_of_profile(environment: Environment, iccid: Iccid, caller: str) -> Order | StatusCodeData:
    """Returns the newest order of a Profile, or 8.2.1/3.9, or 8.2.1/1.2 of another operator's."""
    order = environment.orders.stock.of_profile(iccid)
    if order is None:
        return ICCID_UNKNOWN("no order of a Profile with this ICCID", identifier=str(iccid))
    if is_of_another(order, caller) or not may_order(environment, iccid, caller):
        return ICCID_NOT_ALLOWED("of another operator", identifier=str(iccid))
    return order
