"""Management: a small JSON API to control the server while it runs.

    GET    /                      address, OID, CIs, numbers
    GET    /orders                all orders            POST /orders    order a profile
    GET    /orders/N              one order             POST /orders/N  an `OrderChange`
    GET    /faults                known and active      POST /faults    switch one on
    DELETE /faults, /faults/NAME  switch all or one off
    GET    /history               exchanges             DELETE /history forget them
    GET    /notifications         notifications         DELETE /notifications forget them
    DELETE /sessions              forget every RSP session, like a server that lost its state

Like the server itself this is a value machine; the port it listens on is
`rspsim.transports.management_port`. A guard, such as the lock of the server's own front, is held
only while the server is read or changed, never while a package is made or an answer is written:
clients of ES9+ do not wait for those. The API is not part of any specification.
"""

import base64
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Annotated, Final

from rspcore.errors import DecodeError, LocalError, RspError, StoreError
from rspcore.ids import Eid, Iccid
from rspcore.messages.es9p import JSON_CONTENT_TYPE
from rspcore.messages.json_codec import (
    BASE64,
    TEXT,
    JsonMessage,
    Member,
    dump_object,
    load_object,
)
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    StoreMetadataRequest,
)
from rspcore.profile_maker import make_profile, preset
from rspsim.smdpp.history import Exchange
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.limits import LeftOut
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.stock.derived_metadata import derive_metadata
from rspsim.smdpp.stock.orders import Order, OrderEvent
from rspsim.smdpp.stock.receipts import Receipt

__all__ = ["Management"]

_DEFAULT_PRESET: Final = "PROFILE_OPERATIONAL1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder(JsonMessage):
    """Body of POST /orders; every member may be left out.

    A package comes as `upp`, or is made from the preset `profile` with the ICCID given, else with a
    fresh one, and with the server's own notification address; its metadata come as `metadata`
    (BF25), or are derived.
    """

    upp: Annotated[bytes | None, Member("upp", BASE64)] = None
    profile: Annotated[str | None, Member("profile", TEXT)] = None
    iccid: Annotated[str | None, Member("iccid", TEXT)] = None
    metadata: Annotated[bytes | None, Member("metadata", BASE64)] = None
    matching_id: Annotated[str | None, Member("matchingId", TEXT)] = None
    confirmation_code: Annotated[str | None, Member("confirmationCode", TEXT)] = None
    eid: Annotated[str | None, Member("eid", TEXT)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange(JsonMessage):
    """Body of POST /orders/N: the name of an `OrderEvent`, and the data it takes."""

    event: Annotated[str, Member("event", TEXT)]
    matching_id: Annotated[str | None, Member("matchingId", TEXT)] = None
    confirmation_code: Annotated[str | None, Member("confirmationCode", TEXT)] = None
    eid: Annotated[str | None, Member("eid", TEXT)] = None


class _UnknownError(LocalError):
    """Reports a thing that is to be deleted and does not exist. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class _Call:
    """The part of the path after the collection, and the body."""

    item: str
    body: Mapping[str, object]


class Management:
    """Answers management requests for one server."""

    def __init__(
        self, server: SmDpPlus, guard: AbstractContextManager[object] | None = None
    ) -> None:
        """Takes a server and what to hold while it is read or changed; nothing when None."""
        self._server = server
        self._guard: AbstractContextManager[object] = nullcontext() if guard is None else guard
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
            ("DELETE", "notifications"): self._forget_notifications,
            ("DELETE", "sessions"): self._forget_sessions,
        }

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answers one request: 200 with JSON, 404, 415, or 400 with the reason."""
        collection, _, item = request.path.strip("/").partition("/")
        route = self._routes.get((request.method, collection))
        if route is None:
            return _answer(404, {"error": f"no route for {request.method} {request.path}"})
        given = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
        if request.body and given != JSON_CONTENT_TYPE:
            return _answer(415, {"error": f"Content-Type: expected {JSON_CONTENT_TYPE}"})
        try:
            body = load_object(request.body) if request.body else {}
            return _answer(200, {"result": route(_Call(item, body))})
        except StoreError:
            raise  # the front answers 503
        except _UnknownError as error:
            return _answer(404, {"error": str(error)})
        except RspError as error:
            return _answer(400, {"error": str(error)})

    def _overview(self, _: _Call) -> object:
        identity = self._server.identity
        with self._guard:
            orders, exchanges = len(self._server.orders.all()), self._server.history.next_number - 1
        return {
            "address": identity.address,
            "aliases": list(identity.aliases),
            "smdpOid": str(identity.oid),
            "ci": {curve.value: identity.ci_pkid(curve).hex().upper() for curve in identity.curves},
            "orders": orders,
            "exchanges": exchanges,
        }

    def _orders(self, call: _Call) -> object:
        with self._guard:
            book = self._server.orders
            orders = (book.get(_number(call.item)),) if call.item else tuple(book.all())
        return _order_view(orders[0]) if call.item else [_order_view(one) for one in orders]

    def _order(self, call: _Call) -> object:
        if call.item:
            return self._change(_number(call.item), call.body)
        _refuse_unknown(call.body, NewOrder)
        new = NewOrder.from_json(call.body)
        upp, metadata = self._package(new)
        eid = None if new.eid is None else Eid.from_digits(new.eid)
        with self._guard:
            order = self._server.orders.order(
                upp,
                metadata,
                matching_id=new.matching_id,
                confirmation_code=new.confirmation_code,
                eid=eid,
            )
        return _order_view(order)

    def _change(self, number: int, body: Mapping[str, object]) -> object:
        _refuse_unknown(body, OrderChange)
        change, event = OrderChange.from_json(body), _event(body)
        eid = None if change.eid is None else Eid.from_digits(change.eid)
        with self._guard:
            order = self._server.orders.change(
                number,
                event,
                matching_id=change.matching_id,
                confirmation_code=change.confirmation_code,
                eid=eid,
            )
        return _order_view(order)

    def _package(self, new: NewOrder) -> tuple[bytes, StoreMetadataRequest]:
        if new.upp is not None:
            given = [name for name in ("profile", "iccid") if getattr(new, name) is not None]
            if given:
                raise LocalError(f"{' and '.join(given)}: not together with upp, which has its own")
            return new.upp, self._metadata(new.upp, new.metadata)
        if new.metadata is not None:
            raise LocalError("metadata: only together with upp; a preset has its own")
        if new.iccid is None:
            with self._guard:
                iccid = self._server.orders.fresh_iccid()
        else:
            iccid = Iccid.from_digits(new.iccid)
        everything = NotificationConfigurationInformation(
            profile_management_operation=frozenset(NotificationEvent),
            notification_address=self._server.identity.address,
        )
        content = preset(new.profile or _DEFAULT_PRESET)
        made = make_profile(replace(content, iccid=iccid, notification_configuration=(everything,)))
        return made.upp, made.metadata

    def _metadata(self, upp: bytes, given: bytes | None) -> StoreMetadataRequest:
        if given is not None:
            return StoreMetadataRequest.decode(given)
        return derive_metadata(upp, notification_address=self._server.identity.address)

    def _faults(self, _: _Call) -> object:
        switch = self._server.faults
        with self._guard:
            on = switch.active
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
                for one in on
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
        with self._guard:
            self._server.faults.on(name, function=function, times=times, **parameters)
        return self._faults(call)

    def _fault_off(self, call: _Call) -> object:
        if call.item and all(one.name != call.item for one in self._server.faults.known):
            raise _UnknownError(f"fault {call.item!r} is not known")
        with self._guard:
            self._server.faults.off(call.item)
        return self._faults(call)

    def _history(self, _: _Call) -> object:
        with self._guard:
            exchanges = tuple(self._server.history)
        return [_exchange_view(one) for one in exchanges]

    def _forget(self, _: _Call) -> object:
        with self._guard:
            self._server.history.clear()
        return []

    def _forget_sessions(self, _: _Call) -> object:
        with self._guard:
            self._server.environment.sessions.repository.clear()
        return []

    def _notifications(self, _: _Call) -> object:
        with self._guard:
            receipts = self._server.notifications
        return [_receipt_view(one) for one in receipts]

    def _forget_notifications(self, _: _Call) -> object:
        with self._guard:
            self._server.environment.receipts.clear()
        return []


def _refuse_unknown(body: Mapping[str, object], kind: type[NewOrder] | type[OrderChange]) -> None:
    """Refuses members that a body does not have.

    Raises:
        DecodeError: names them, and all that are known.
    """
    known = kind.member_names()
    unknown = sorted(name for name in body if name not in known)
    if unknown:
        raise DecodeError(f"unknown: {', '.join(unknown)}; known are {', '.join(known)}")


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
            **_left_out_view(exchange.request_left_out),
        },
        "response": {
            "status": exchange.response.status,
            "headers": dict(exchange.response.headers),
            "body": exchange.response.body.decode("utf-8", "replace"),
            **_left_out_view(exchange.response_left_out),
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
        **_left_out_view(receipt.left_out),
    }


def _left_out_view(left_out: LeftOut | None) -> dict[str, object]:
    if left_out is None:
        return {}
    return {"wholeLength": left_out.length, "wholeSha256": left_out.sha256.hex().upper()}
