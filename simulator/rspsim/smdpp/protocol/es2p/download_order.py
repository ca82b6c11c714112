"""ES2+.DownloadOrder: reserves a Profile, for one EID if the operator names it.

A profile type is one that Profiles of the stock have, or a preset of `rspcore.profile_maker`. A
Profile of the stock that is Available is taken first; of a preset, one is made else.

Source: SGP.22 v2, 5.3.1.
"""

from collections.abc import Mapping
from dataclasses import replace

from rspcore.ids import Iccid
from rspcore.messages.es2p import DownloadOrderRequest, DownloadOrderResponse
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    StoreMetadataRequest,
)
from rspcore.profile_maker import PRESETS, ProfileParameters, make_profile
from rspsim.smdpp.protocol.es2p.order_of_profile import is_of_another, may_order
from rspsim.smdpp.protocol.es2p.profile_types import is_of
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.order_status_codes import (
    ICCID_IN_USE,
    ICCID_NOT_ALLOWED,
    ICCID_UNKNOWN,
    PROFILE_TYPE_NOT_ALLOWED,
    PROFILE_TYPE_REFUSED,
    PROFILE_TYPE_UNAVAILABLE,
    PROFILE_TYPE_UNKNOWN,
)
from rspsim.smdpp.stock.orders import Order, OrderEvent, OrderState
from rspsim.smdpp.stock.profiles import StockedProfile

__all__ = ["run"]


def run(
    environment: Environment, body: Mapping[str, object], caller: str
) -> DownloadOrderResponse | StatusCodeData:
    """Reserves the Profile.

    Raises:
        DecodeError: a member is missing or has the wrong form.
    """
    request = DownloadOrderRequest.from_json(body)
    request.require_profile()
    named = request.profile_type
    if named is not None and not _is_known(environment, named):
        return PROFILE_TYPE_UNKNOWN(f"known are {', '.join(PRESETS)}", identifier=named)
    if request.iccid is not None:
        profile = _named(environment, request.iccid, named, caller)
    else:
        assert named is not None  # noqa: S101  one of both is there
        profile = _of_type(environment, named, caller)
    if isinstance(profile, StatusCodeData):
        return profile
    event = OrderEvent.DOWNLOAD_ORDERED
    if request.eid is not None:
        event = OrderEvent.DOWNLOAD_ORDERED_FOR_EID
    available = _order_to_be(environment, profile)
    order = environment.orders.change(available.number, event, eid=request.eid, operator=caller)
    return DownloadOrderResponse(iccid=order.iccid)


def _is_known(environment: Environment, kind: str) -> bool:
    return kind in PRESETS or environment.orders.stock.profiles.has_type(kind)


def _has_type(profile: StockedProfile, kind: str) -> bool:
    preset = PRESETS.get(kind)
    return profile.profile_type == kind or (preset is not None and is_of(profile, preset))


def _named(
    environment: Environment, iccid: Iccid, kind: str | None, caller: str
) -> StockedProfile | StatusCodeData:
    digits, profile = str(iccid), environment.orders.stock.profiles.get(iccid)
    if profile is None:
        return ICCID_UNKNOWN("no Profile with this ICCID", identifier=digits)
    ordered = environment.orders.stock.of_profile(iccid)
    theirs = ordered is not None and is_of_another(ordered, caller)
    if theirs or not may_order(environment, iccid, caller):
        return ICCID_NOT_ALLOWED("of another operator", identifier=digits)
    if kind is not None and not _has_type(profile, kind):
        return PROFILE_TYPE_REFUSED(f"{digits} is not of this type", identifier=kind)
    if not _is_free(environment, profile):
        state = "lost" if profile.lost else environment.orders.stock.state_of(iccid)
        return ICCID_IN_USE(f"the Profile is {state}", identifier=digits)
    return profile


def _is_free(environment: Environment, profile: StockedProfile) -> bool:
    state = environment.orders.stock.state_of(profile.iccid)
    return state is OrderState.AVAILABLE and not profile.lost


def _of_type(environment: Environment, kind: str, caller: str) -> StockedProfile | StatusCodeData:
    """Returns a free Profile of the type; one is made of a preset that is everybody's."""
    stock = environment.orders.stock
    free = (one for one in stock.available_profiles() if one.owner in ("", caller))
    found = next((one for one in free if _has_type(one, kind)), None)
    if found is not None:
        return found
    if kind in PRESETS:
        return _made(environment, PRESETS[kind])
    of_type = (one for one in stock.profiles.all() if _has_type(one, kind))
    if not any(may_order(environment, one.iccid, caller) for one in of_type):
        return PROFILE_TYPE_NOT_ALLOWED("of another operator", identifier=kind)
    return PROFILE_TYPE_UNAVAILABLE("no Profile of this type is free", identifier=kind)


def _made(environment: Environment, kind: ProfileParameters) -> StockedProfile:
    everything = NotificationConfigurationInformation(
        profile_management_operation=frozenset(NotificationEvent),
        notification_address=environment.identity.address,
    )
    iccid = environment.orders.stock.fresh_iccid()
    made = make_profile(replace(kind, iccid=iccid, notification_configuration=(everything,)))
    return StockedProfile(iccid=iccid, upp=made.upp, metadata=made.metadata.encode())


def _order_to_be(environment: Environment, profile: StockedProfile) -> Order:
    """Returns the order of a free Profile, which is Available."""
    order = environment.orders.stock.of_profile(profile.iccid)
    if order is not None and order.state is OrderState.AVAILABLE:
        return order
    metadata = StoreMetadataRequest.decode(profile.metadata)
    return environment.orders.stock.add(profile.upp, metadata)
