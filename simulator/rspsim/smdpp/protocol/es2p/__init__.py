"""The ES2+ functions that operators call, one module each."""

from collections.abc import Callable, Mapping
from typing import Final

from rspcore.messages.es9p import Response, StatusCodeData
from rspsim.smdpp.protocol.es2p import cancel_order, confirm_order, download_order, release_profile
from rspsim.smdpp.protocol.es9p_function import Environment

__all__ = ["FUNCTIONS"]

FUNCTIONS: Final[
    Mapping[str, Callable[[Environment, Mapping[str, object]], Response | StatusCodeData]]
] = {
    "downloadOrder": download_order.run,
    "confirmOrder": confirm_order.run,
    "cancelOrder": cancel_order.run,
    "releaseProfile": release_profile.run,
}
"""Every function by its name; a new one needs one module and one line here."""
