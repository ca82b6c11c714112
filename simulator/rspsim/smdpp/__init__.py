"""The mock SM-DP+: orders, sessions, ES9+ functions and faults, without any input or output."""

from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.server import REFERENCE_ADDRESS, SmDpPlus
from rspsim.smdpp.stock.binding import BindingChoice
from rspsim.smdpp.stock.orders import Order, OrderEvent, OrderState, OrderTerms

__all__ = [
    "REFERENCE_ADDRESS",
    "BindingChoice",
    "HttpRequest",
    "HttpResponse",
    "Order",
    "OrderEvent",
    "OrderState",
    "OrderTerms",
    "Policy",
    "SmDpPlus",
]
