"""Orders: `GET` and `POST /orders`, one of them, and what an operator does with it."""

from collections.abc import Mapping
from typing import Any, Final

from rspcore import tlv
from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Eid, Iccid
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.tags import Tag
from rspsim.smdpp.management.route import Call, Route, members_of
from rspsim.smdpp.management.views import order_view
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.setting_kinds import (
    BASE64_OCTETS,
    EID_DIGITS,
    ICCID_DIGITS,
    TEXT,
    Kind,
    count,
)
from rspsim.smdpp.settings import Area, read_members, settings_of
from rspsim.smdpp.stock.order_repository import OrderPage
from rspsim.smdpp.stock.orders import OrderEvent, OrderState, OrderTerms
from rspsim.smdpp.stock.wished_profile import package_of

__all__ = ["MOST", "PACKAGE_MEMBERS", "PACKAGE_OCTETS", "ROUTES", "STATE", "wished"]

_TERMS: Final = frozenset(OrderTerms.__dataclass_fields__)
_MORE: Final = "moreMetadata"
_PACKAGE: Final = {"upp": "unprotected profile package", "metadata": "metadata of it (BF25)"}
PACKAGE_OCTETS: Final = (*_PACKAGE, _MORE)
"""Members of octets that say which Profile is meant."""
_NEW: Final = {
    one.member: {**one.kind.schema, "description": one.summary}
    for one in settings_of(Area.ORDER, Area.PROFILE)
}
PACKAGE_MEMBERS: Final[Mapping[str, Mapping[str, object]]] = {
    **{name: {**BASE64_OCTETS.schema, "description": what} for name, what in _PACKAGE.items()},
    _MORE: {**BASE64_OCTETS.schema, "description": "data objects added to the metadata"},
    **{one.member: _NEW[one.member] for one in settings_of(Area.PROFILE)},
}
"""Members that say which Profile is meant."""
_CHANGE: Final[Mapping[str, Mapping[str, object]]] = {
    "event": {"enum": list(OrderEvent.__members__), "description": "what the operator does"},
    "matchingId": {**TEXT.schema, "description": "for a confirmation; drawn when left out"},
    "confirmationCode": {**TEXT.schema, "description": "for a confirmation"},
    "eid": {**EID_DIGITS.schema, "description": "for DOWNLOAD_ORDERED_FOR_EID, a confirmation"},
}


def _read_state(value: object) -> OrderState:
    found = next((one for one in OrderState if one.value == value), None)
    if found is None:
        known = ", ".join(one.value for one in OrderState)
        raise DecodeError(f"expected one of {known}, got {value!r}")
    return found


STATE: Final = Kind(
    schema={"enum": [one.value for one in OrderState]},
    read=_read_state,
)
MOST: Final = count(1, 1000)
"""How many a page has at most."""
_NUMBER: Final = count(0, 1 << 40)
_PAGE: Final = {
    "iccid": ICCID_DIGITS,
    "state": STATE,
    "after": _NUMBER,
    "before": _NUMBER,
    "limit": MOST,
}


def wished(call: Call[SmDpPlus], values: dict[str, Any]) -> tuple[bytes, StoreMetadataRequest]:
    """Returns the package that a body asks for: with the server's address, a fresh ICCID.

    Raises:
        LocalError: the values do not fit together.
        DecodeError: a value is not of its form.
    """
    server = call.desk.server
    values.setdefault("notification_addresses", (server.identity.address,))
    upp, metadata = (
        None if name not in call.body else BASE64_OCTETS.read(call.body[name]) for name in _PACKAGE
    )
    if upp is None and "iccid" not in values:
        with call.desk.guard:
            values["iccid"] = server.orders.stock.fresh_iccid()
    upp, known = package_of(values, upp=upp, metadata=metadata)
    if _MORE not in call.body:
        return upp, known
    more = BASE64_OCTETS.read(call.body[_MORE])
    octets = tlv.encode(Tag.StoreMetadata, known.content(), more)
    try:
        return upp, StoreMetadataRequest.decode(octets)
    except DecodeError as error:
        raise DecodeError(f"{_MORE}: {error}") from error


def _all(call: Call[SmDpPlus]) -> object:
    query, repository = call.query, call.desk.server.orders.repository
    asked = OrderPage(
        after=query.get("after", 0),
        before=query.get("before"),
        most=query.get("limit"),
        state=query.get("state"),
    )
    with call.desk.guard:
        if "iccid" not in query:
            orders = repository.page(asked)
        else:
            of_profile = [one for one in repository.of_iccid(query["iccid"]) if asked.has(one)]
            most = len(of_profile) if asked.most is None else asked.most
            orders = tuple(of_profile[:most] if asked.before is None else of_profile[-most:])
    return [order_view(one) for one in orders]


def _one(call: Call[SmDpPlus]) -> object:
    with call.desk.guard:
        return order_view(call.desk.server.orders.get(_number(call.item)))


def _order(call: Call[SmDpPlus]) -> object:
    values = read_members(call.body, Area.ORDER, Area.PROFILE, others=PACKAGE_OCTETS)
    iccid = values.get("iccid")
    upp, metadata = _of_stock(call, values) if iccid is not None else wished(call, values)
    terms = OrderTerms(**{name: value for name, value in values.items() if name in _TERMS})
    with call.desk.guard:
        order = call.desk.server.orders.order(
            upp,
            metadata,
            matching_id=values.get("matching_id"),
            confirmation_code=values.get("confirmation_code"),
            eid=values.get("eid"),
            terms=terms,
        )
    return order_view(order)


def _of_stock(call: Call[SmDpPlus], values: dict[str, Any]) -> tuple[bytes, StoreMetadataRequest]:
    """Returns the Profile of an ICCID as it is in the stock, or a new one when it is not there."""
    iccid: Iccid = values["iccid"]
    with call.desk.guard:
        profile = call.desk.server.orders.stock.profiles.get(iccid)
    about = {one.name for one in settings_of(Area.PROFILE)} - {"iccid"}
    if profile is None or about & values.keys() or {"upp", _MORE} & call.body.keys():
        return wished(call, values)
    return profile.upp, StoreMetadataRequest.decode(profile.metadata)


def _change(call: Call[SmDpPlus]) -> object:
    given = members_of(call, *_CHANGE)
    number, name = _number(call.item), given["event"]
    if not isinstance(name, str) or name not in OrderEvent.__members__:
        raise DecodeError(f"event {name!r}: expected one of {', '.join(OrderEvent.__members__)}")
    eid = given.get("eid")
    matching_id, code = (
        None if given.get(one) is None else TEXT.read(given[one])
        for one in ("matchingId", "confirmationCode")
    )
    read: Eid | None = None if eid is None else EID_DIGITS.read(eid)
    with call.desk.guard:
        order = call.desk.server.orders.change(
            number,
            OrderEvent[name],
            matching_id=matching_id,
            confirmation_code=code,
            eid=read,
        )
    return order_view(order)


def _picture(call: Call[SmDpPlus]) -> object:
    with call.desk.guard:
        order = call.desk.server.orders.get(_number(call.item))
    try:
        import segno  # noqa: PLC0415  an extra
    except ImportError as error:
        raise LocalError("no QR code: the server needs `pip install 'rsplab[qr]'`") from error
    code = segno.make(order.activation_code, error="m")
    return {"activationCode": order.activation_code, "svg": code.svg_inline(scale=4)}


def _number(item: str) -> int:
    if not (item.isascii() and item.isdecimal()):
        raise LocalError(f"order {item!r}: expected its number")
    return int(item)


ROUTES: Final = (
    Route(
        method="GET",
        path="/orders",
        summary="all orders, oldest first; with `limit`, so many of those after a number, or "
        "the newest of those before one",
        run=_all,
        query=_PAGE,
    ),
    Route(
        method="POST",
        path="/orders",
        summary="order a Profile: of the stock by its ICCID, of the catalogue, or a package",
        run=_order,
        body={**PACKAGE_MEMBERS, **_NEW},
    ),
    Route(method="GET", path="/orders/{number}", summary="one order", run=_one),
    Route(
        method="POST",
        path="/orders/{number}",
        summary="apply an event to an order, with its data",
        run=_change,
        body=_CHANGE,
        required=("event",),
    ),
    Route(
        method="GET",
        path="/orders/{number}/qr",
        summary="the activation code of an order, and its QR code as SVG",
        run=_picture,
    ),
)
