"""The stock: Profiles by ICCID, with type, operator, state and whether they are lost."""

from dataclasses import replace
from typing import Final

from rspcore.ids import Iccid
from rspsim.smdpp.management.order_routes import (
    MOST,
    PACKAGE_MEMBERS,
    PACKAGE_OCTETS,
    STATE,
    wished,
)
from rspsim.smdpp.management.route import Call, Desk, Route, UnknownError
from rspsim.smdpp.management.views import profile_view
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.setting_kinds import FLAG, ICCID_DIGITS, TEXT, text_of
from rspsim.smdpp.settings import Area, read_members
from rspsim.smdpp.stock.profiles import StockedProfile, StockPage

__all__ = ["ROUTES"]

_OPERATOR: Final = text_of(64, "an OID")
_AT_ONCE: Final = 200
"""Profiles looked at together, where states of their orders are asked for."""
_OF_STOCK: Final = {
    "type": {**TEXT.schema, "description": "Profile type by which operators order it"},
    "operator": {**_OPERATOR.schema, "description": "OID of the operator that may order it"},
}
_CHANGE: Final = {
    **_OF_STOCK,
    "lost": {**FLAG.schema, "description": "whether the card with it is gone"},
}


def _view(desk: Desk[SmDpPlus], profile: StockedProfile) -> dict[str, object]:
    return profile_view(profile, desk.server.orders.stock.state_of(profile.iccid))


def _all(call: Call[SmDpPlus]) -> object:
    query, state = call.query, call.query.get("state")
    before, most = query.get("before"), query.get("limit")
    asked = StockPage(
        after=str(query.get("after", "")),
        before=None if before is None else str(before),
        most=most,
        profile_type=query.get("type"),
        owner=query.get("operator"),
        lost=query.get("lost"),
    )
    if state is None:
        return _page(call.desk, asked)
    found: list[dict[str, object]] = []
    while most is None or len(found) < most:
        views = _page(call.desk, replace(asked, most=_AT_ONCE))
        of_state = [one for one in views if one["state"] == state.value]
        found = [*found, *of_state] if before is None else [*of_state, *found]
        if len(views) < _AT_ONCE:
            break
        if before is None:
            asked = replace(asked, after=str(views[-1]["iccid"]))
        else:
            asked = replace(asked, before=str(views[0]["iccid"]))
    if most is None:
        return found
    return found[:most] if before is None else found[-most:]


def _page(desk: Desk[SmDpPlus], asked: StockPage) -> list[dict[str, object]]:
    with desk.guard:
        return [_view(desk, one) for one in desk.server.orders.stock.profiles.page(asked)]


def _one(call: Call[SmDpPlus]) -> object:
    with call.desk.guard:
        return _view(call.desk, _profile(call))


def _profile(call: Call[SmDpPlus]) -> StockedProfile:
    iccid: Iccid = ICCID_DIGITS.read(call.item)
    profile = call.desk.server.orders.stock.profiles.get(iccid)
    if profile is None:
        raise UnknownError(f"the Profile {iccid} is not in the stock")
    return profile


def _add(call: Call[SmDpPlus]) -> object:
    values = read_members(call.body, Area.PROFILE, others=(*PACKAGE_OCTETS, *_OF_STOCK))
    kind = TEXT.read(call.body.get("type", ""))
    owner = _OPERATOR.read(call.body.get("operator", ""))
    upp, metadata = wished(call, values)
    desk = call.desk
    with desk.guard:
        desk.server.orders.stock.add(upp, metadata, profile_type=kind, owner=owner)
        profile = desk.server.orders.stock.profiles.get(metadata.iccid)
        assert profile is not None  # noqa: S101  it has just been put there
        return _view(desk, profile)


def _change(call: Call[SmDpPlus]) -> object:
    orders, desk = call.desk.server.orders, call.desk
    lost = None if "lost" not in call.body else FLAG.read(call.body["lost"])
    kind = None if "type" not in call.body else TEXT.read(call.body["type"])
    owner = None if "operator" not in call.body else _OPERATOR.read(call.body["operator"])
    with desk.guard:
        profile = _profile(call)
        if lost is not None and lost != profile.lost:
            profile = (
                orders.stock.lose(profile.iccid) if lost else orders.stock.find_again(profile.iccid)
            )
        return _view(desk, orders.stock.describe(profile.iccid, profile_type=kind, owner=owner))


def _remove(call: Call[SmDpPlus]) -> object:
    with call.desk.guard:
        call.desk.server.orders.stock.remove(_profile(call).iccid)
    return []


ROUTES: Final = (
    Route(
        method="GET",
        path="/stock",
        summary="Profiles, by ICCID: all, or a page of them",
        run=_all,
        query={
            "type": TEXT,
            "operator": _OPERATOR,
            "state": STATE,
            "lost": FLAG,
            "after": ICCID_DIGITS,
            "before": ICCID_DIGITS,
            "limit": MOST,
        },
    ),
    Route(
        method="POST",
        path="/stock",
        summary="put a Profile into the stock, for a DownloadOrder to come",
        run=_add,
        body={**PACKAGE_MEMBERS, **_OF_STOCK},
    ),
    Route(method="GET", path="/stock/{iccid}", summary="one Profile", run=_one),
    Route(
        method="PATCH",
        path="/stock/{iccid}",
        summary="change type, operator or lost of a Profile",
        run=_change,
        body=_CHANGE,
    ),
    Route(
        method="DELETE",
        path="/stock/{iccid}",
        summary="take a Profile without live order out of the stock",
        run=_remove,
    ),
)
