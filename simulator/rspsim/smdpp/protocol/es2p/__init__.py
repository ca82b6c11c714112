"""The ES2+ functions that operators call, one module each."""

from collections.abc import Callable, Mapping
from typing import Final

from rspcore.messages.es9p import Response, StatusCodeData
from rspsim.smdpp.partner_calls import Steps, at_once
from rspsim.smdpp.protocol.es2p import (
    cancel_order,
    confirm_order,
    download_order,
    release_profile,
    rpm_order,
)
from rspsim.smdpp.protocol.es9p_function import Environment

__all__ = ["FUNCTIONS"]

FUNCTIONS: Final[
    Mapping[
        str, Callable[[Environment, Mapping[str, object], str], Steps[Response | StatusCodeData]]
    ]
] = {
    "downloadOrder": at_once(download_order.run),
    "confirmOrder": confirm_order.run,
    "cancelOrder": at_once(cancel_order.run),
    "releaseProfile": release_profile.run,
    "rpmOrder": rpm_order.run,
}
"""Every function by its name, taking body and caller; a new one needs one module and one line."""
