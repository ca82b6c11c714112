"""RPM packages and Device Changes: `GET /operations`, and `POST /operations` for a package."""

from typing import Final

from rspcore.errors import LocalError
from rspcore.messages.es9p import StatusCodeData
from rspsim.smdpp.management.route import Call, Route, members_of
from rspsim.smdpp.partner_calls import NO_PARTNERS, carried_out
from rspsim.smdpp.protocol.es2p import rpm_order
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.setting_kinds import BASE64_OCTETS, EID_DIGITS, TEXT
from rspsim.smdpp.stock.operations import Operation

__all__ = ["ROUTES"]

_BODY: Final = {
    "eid": {**EID_DIGITS.schema, "description": "EID of the card"},
    "rpmScript": {**BASE64_OCTETS.schema, "description": "commands, each whole (30)"},
    "matchingId": {**TEXT.schema, "description": "drawn when left out"},
    "operator": {**TEXT.schema, "description": "OID of the operator that asks; none by default"},
}


def _view(one: Operation) -> dict[str, object]:
    return {
        "key": one.key,
        "kind": one.kind.value,
        "state": one.state.value,
        "eid": str(one.eid),
        "iccid": None if one.iccid is None else str(one.iccid),
        "made": one.made.isoformat(),
        "ready": None if one.ready is None else one.ready.isoformat(),
        "result": one.result.hex().upper(),
    }


def _all(call: Call[SmDpPlus]) -> object:
    with call.desk.guard:
        return [_view(one) for one in call.desk.server.environment.operations.all()]


def _order(call: Call[SmDpPlus]) -> object:
    given = members_of(call, *_BODY)
    operator = str(given.pop("operator", ""))
    header = {"functionRequesterIdentifier": operator or "2.999", "functionCallIdentifier": "1"}
    with call.desk.guard:
        steps = rpm_order.run(call.desk.server.environment, {"header": header, **given}, operator)
        answer = carried_out(steps, NO_PARTNERS)
    if isinstance(answer, StatusCodeData):
        raise LocalError(f"the package is refused: {answer}")
    return {"matchingId": answer.matching_id}


ROUTES: Final = (
    Route(
        method="GET",
        path="/operations",
        summary="RPM packages and Device Changes, the oldest first",
        run=_all,
    ),
    Route(
        method="POST",
        path="/operations",
        summary="keep an RPM package for a card, as ES2+.RpmOrder does",
        run=_order,
        body=_BODY,
    ),
)
