"""ES2+.DownloadOrder: reserves a Profile, for one EID if the operator names it.

A profile type is a preset of `rspcore.profile_maker`. A Profile is of a type when it has its class,
service provider name and profile name. One that is Available is taken first, else one is made.

Source: SGP.22 v2, 5.3.1.
"""

from collections.abc import Mapping
from dataclasses import replace

from rspcore.messages.es2p import DownloadOrderRequest, DownloadOrderResponse
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
)
from rspcore.profile_maker import PRESETS, ProfileParameters, make_profile
from rspsim.smdpp.protocol.es2p.profile_types import is_of
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.order_status_codes import (
    ICCID_IN_USE,
    ICCID_UNKNOWN,
    PROFILE_TYPE_REFUSED,
    PROFILE_TYPE_UNKNOWN,
)
from rspsim.smdpp.stock.orders import Order, OrderEvent, OrderState

__all__ = ["run"]


def run(
    environment: Environment, body: Mapping[str, object]
) -> DownloadOrderResponse | StatusCodeData:
    """Reserves the Profile.

    Raises:
        DecodeError: a member is missing or has the wrong form.
    """
    request = DownloadOrderRequest.from_json(body)
    request.require_profile()
    named = request.profile_type
    kind = None if named is None else PRESETS.get(named)
    if named is not None and kind is None:
        return PROFILE_TYPE_UNKNOWN(f"known are {', '.join(PRESETS)}", identifier=named)
    if request.iccid is not None:
        digits, found = str(request.iccid), environment.orders.of_profile(request.iccid)
        if found is None:
            return ICCID_UNKNOWN("no Profile with this ICCID", identifier=digits)
        if kind is not None and not is_of(found, kind):
            return PROFILE_TYPE_REFUSED(f"{digits} is not of this type", identifier=named)
        if found.state is not OrderState.AVAILABLE:
            return ICCID_IN_USE(f"the Profile is {found.state}", identifier=digits)
    else:
        assert kind is not None  # noqa: S101  one of both is there
        found = _taken_or_made(environment, kind)
    event = OrderEvent.DOWNLOAD_ORDERED
    if request.eid is not None:
        event = OrderEvent.DOWNLOAD_ORDERED_FOR_EID
    order = environment.orders.change(found.number, event, eid=request.eid)
    return DownloadOrderResponse(iccid=order.iccid)


def _taken_or_made(environment: Environment, kind: ProfileParameters) -> Order:
    for order in environment.orders.all():
        if order.state is OrderState.AVAILABLE and is_of(order, kind):
            return order
    everything = NotificationConfigurationInformation(
        profile_management_operation=frozenset(NotificationEvent),
        notification_address=environment.identity.address,
    )
    iccid = environment.orders.fresh_iccid()
    made = make_profile(replace(kind, iccid=iccid, notification_configuration=(everything,)))
    return environment.orders.stock(made.upp, made.metadata)
