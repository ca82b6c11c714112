"""Who the server is: addresses, OID, numbers, and its credentials."""

from typing import Final

from rspcore.crypto.curves import Curve
from rspsim.smdpp.identity import Identity
from rspsim.smdpp.management.route import Call, Route
from rspsim.smdpp.management.views import certificate_view
from rspsim.smdpp.server import SmDpPlus

__all__ = ["ROUTES"]


def _overview(call: Call[SmDpPlus]) -> object:
    server, identity = call.desk.server, call.desk.server.identity
    with call.desk.guard:
        orders, exchanges = server.orders.repository.count(), server.history.next_number - 1
    return {
        "address": identity.address,
        "aliases": list(identity.aliases),
        "smdpOid": str(identity.oid),
        "ci": {curve.value: identity.ci_pkid(curve).hex().upper() for curve in identity.curves},
        "orders": orders,
        "exchanges": exchanges,
    }


def _credentials(call: Call[SmDpPlus]) -> object:
    identity = call.desk.server.identity
    return {curve.value: _of_curve(identity, curve) for curve in identity.curves}


def _of_curve(identity: Identity, curve: Curve) -> dict[str, object]:
    return {
        "ciPkId": identity.ci_pkid(curve).hex().upper(),
        "ci": certificate_view(identity.ci(curve)),
        "dpAuth": certificate_view(identity.dp_auth(curve).certificate),
        "dpPb": certificate_view(identity.dp_pb(curve).certificate),
    }


ROUTES: Final = (
    Route(method="GET", path="/", summary="address, OID, CIs, numbers", run=_overview),
    Route(
        method="GET",
        path="/ci",
        summary="certificates of the CIs and of the server, by curve",
        run=_credentials,
    ),
)
