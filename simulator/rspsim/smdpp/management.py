"""Management: a small JSON API to control the server while it runs.

    GET    /                      address, OID, CIs, numbers
    GET    /orders                all orders            POST /orders    order a profile
    GET    /orders/N              one order             POST /orders/N  {"event": "RELEASED"}
    GET    /faults                known and active      POST /faults    switch one on
    DELETE /faults, /faults/NAME  switch all or one off
    GET    /history               exchanges             DELETE /history forget them
    GET    /notifications         notifications received
    DELETE /sessions              forget every RSP session, like a server that lost its state

Like the server itself this is a value machine; the port it listens on is
`rspsim.transports.management_port`. The API is not part of any specification.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from rspcore.errors import DecodeError, LocalError, RspError
from rspcore.ids import Eid
from rspcore.messages.json_codec import (
    BASE64,
    TEXT,
    JsonMessage,
    Member,
    dump_object,
    load_object,
)
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.profile_maker import make_profile, preset
from rspsim.smdpp.history import Exchange
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.stock.derived_metadata import derive_metadata
from rspsim.smdpp.stock.orders import Order, OrderEvent
from rspsim.smdpp.stock.receipts import Receipt

__all__ = ["Management"]

_DEFAULT_PRESET: Final = "PROFILE_OPERATIONAL1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder(JsonMessage):
    """Body of POST /orders; every member may be left out.

    A package comes as `upp`, or is made from the preset `profile`; its metadata come as `metadata`
    (BF25), or are derived.
    """

    upp: Annotated[bytes | None, Member("upp", BASE64)] = None
    profile: Annotated[str | None, Member("profile", TEXT)] = None
    metadata: Annotated[bytes | None, Member("metadata", BASE64)] = None
    matching_id: Annotated[str | None, Member("matchingId", TEXT)] = None
    confirmation_code: Annotated[str | None, Member("confirmationCode", TEXT)] = None
    eid: Annotated[str | None, Member("eid", TEXT)] = None


@dataclass(frozen=True, slots=True)
class _Call:
    """The part of the path after the collection, and the body."""

    item: str
    body: Mapping[str, object]


class Management:
    """Answers management requests for one server."""

    def __init__(self, server: SmDpPlus) -> None:
        self._server = server
        self._routes: dict[tuple[str, str], Callable[[_Call], object]] = {
            ("GET", ""): self._overview,
            ("GET", "orders"): self._orders,
            ("POST", "orders"): self._order,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._fault_on,
            ("DELETE", "faults"): self._fault_off,
            ("GET", "history"): self._history,
            ("DELETE", "history"): self._forget,
            ("GET", "notifications"): self._notifications,
            ("DELETE", "sessions"): self._forget_sessions,
        }

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answers one request: 200 with JSON, 404, or 400 with the reason."""
        collection, _, item = request.path.strip("/").partition("/")
        route = self._routes.get((request.method, collection))
        if route is None:
            return _answer(404, {"error": f"no route for {request.method} {request.path}"})
        try:
            body = load_object(request.body) if request.body else {}
            return _answer(200, {"result": route(_Call(item, body))})
        except RspError as error:
            return _answer(400, {"error": str(error)})

    def _overview(self, _: _Call) -> object:
        identity = self._server.identity
        return {
            "address": identity.address,
            "aliases": list(identity.aliases),
            "smdpOid": str(identity.oid),
            "ci": {curve.value: identity.ci_pkid(curve).hex().upper() for curve in identity.curves},
            "orders": len(self._server.orders.all()),
            "exchanges": self._server.history.next_number - 1,
        }

    def _orders(self, call: _Call) -> object:
        if call.item:
            return _order_view(self._server.orders.get(_number(call.item)))
        return [_order_view(order) for order in self._server.orders.all()]

    def _order(self, call: _Call) -> object:
        if call.item:
            return _order_view(self._server.orders.change(_number(call.item), _event(call.body)))
        new = NewOrder.from_json(call.body)
        if new.upp is None:
            made = make_profile(preset(new.profile or _DEFAULT_PRESET))
            upp, metadata = made.upp, made.metadata
        else:
            upp = new.upp
            metadata = self._metadata(upp, new.metadata)
        order = self._server.orders.order(
            upp,
            metadata,
            matching_id=new.matching_id,
            confirmation_code=new.confirmation_code,
            eid=None if new.eid is None else Eid.from_digits(new.eid),
        )
        return _order_view(order)

    def _metadata(self, upp: bytes, given: bytes | None) -> StoreMetadataRequest:
        if given is not None:
            return StoreMetadataRequest.decode(given)
        return derive_metadata(upp, notification_address=self._server.identity.address)

    def _faults(self, _: _Call) -> object:
        switch = self._server.faults
        return {
            "known": [
                {
                    "name": fault.name,
                    "point": fault.point.name,
                    "summary": fault.summary,
                    "expected": fault.expected,
                    "parameters": dict(fault.parameters),
                }
                for fault in switch.known
            ],
            "active": [
                {
                    "name": one.fault.name,
                    "function": one.function,
                    "times": one.times,
                    "parameters": dict(one.parameters),
                }
                for one in switch.active
            ],
        }

    def _fault_on(self, call: _Call) -> object:
        given = dict(call.body)
        name = call.item or given.pop("name", "")
        function, times = given.pop("function", ""), given.pop("times", None)
        parameters = {key: value for key, value in given.items() if isinstance(value, str | int)}
        if (
            not isinstance(name, str)
            or not isinstance(function, str)
            or not isinstance(times, int | None)
            or len(parameters) != len(given)
        ):
            raise LocalError("fault: expected name, function and times, and parameters by name")
        self._server.faults.on(name, function=function, times=times, **parameters)
        return self._faults(call)

    def _fault_off(self, call: _Call) -> object:
        self._server.faults.off(call.item)
        return self._faults(call)

    def _history(self, _: _Call) -> object:
        return [_exchange_view(one) for one in self._server.history]

    def _forget(self, _: _Call) -> object:
        self._server.history.clear()
        return []

    def _forget_sessions(self, _: _Call) -> object:
        self._server.environment.sessions.repository.clear()
        return []

    def _notifications(self, _: _Call) -> object:
        return [_receipt_view(one) for one in self._server.notifications]


def _answer(status: int, body: Mapping[str, object]) -> HttpResponse:
    return HttpResponse(
        status=status, headers={"Content-Type": "application/json"}, body=dump_object(body)
    )


def _number(item: str) -> int:
    if not (item.isascii() and item.isdecimal()):
        raise LocalError(f"order {item!r}: expected its number")
    return int(item)


def _event(body: Mapping[str, object]) -> OrderEvent:
    name = body.get("event")
    if not isinstance(name, str) or name not in OrderEvent.__members__:
        raise DecodeError(f"event {name!r}: expected one of {', '.join(OrderEvent.__members__)}")
    return OrderEvent[name]


def _order_view(order: Order) -> dict[str, object]:
    return {
        "number": order.number,
        "state": order.state.value,
        "activationCode": order.activation_code,
        "matchingId": order.matching_id,
        "confirmationCodeRequired": order.confirmation_code_hash is not None,
        "iccid": str(order.iccid),
        "eid": None if order.eid is None else str(order.eid),
        "boundTo": None if order.binding is None else str(order.binding.eid),
        "downloads": order.downloads,
        "wrongCodes": order.wrong_codes,
        "progress": [
            {
                "notificationPointId": one.point.value,
                "timestamp": one.at.isoformat(),
                "outcome": one.outcome,
            }
            for one in order.progress
        ],
    }


def _exchange_view(exchange: Exchange) -> dict[str, object]:
    return {
        "number": exchange.number,
        "timestamp": exchange.at.isoformat(),
        "function": exchange.function,
        "transactionId": exchange.transaction_id,
        "summary": exchange.summary,
        "request": {
            "method": exchange.request.method,
            "path": exchange.request.path,
            "headers": dict(exchange.request.headers),
            "body": exchange.request.body.decode("utf-8", "replace"),
        },
        "response": {
            "status": exchange.response.status,
            "headers": dict(exchange.response.headers),
            "body": exchange.response.body.decode("utf-8", "replace"),
        },
    }


def _receipt_view(receipt: Receipt) -> dict[str, object]:
    return {
        "timestamp": receipt.at.isoformat(),
        "kind": receipt.kind,
        "event": receipt.event,
        "verdict": receipt.verdict.name,
        "seqNumber": receipt.seq_number,
        "eid": None if receipt.eid is None else str(receipt.eid),
        "iccid": None if receipt.iccid is None else str(receipt.iccid),
        "order": receipt.order,
        "octets": base64.b64encode(receipt.octets).decode("ascii"),
    }
