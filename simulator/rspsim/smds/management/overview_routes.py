"""Who the SM-DS is: addresses, OID, numbers, and its credentials."""

from typing import Final

from rspsim.smdpp.management.route import Call, Route
from rspsim.smdpp.management.views import certificate_view
from rspsim.smds.sm_ds import SmDs

__all__ = ["ROUTES"]


def _overview(call: Call[SmDs]) -> object:
    server, identity = call.desk.server, call.desk.server.identity
    with call.desk.guard:
        events, exchanges = len(server.surroundings.events.all()), server.history.next_number - 1
    return {
        "address": identity.address,
        "aliases": list(identity.aliases),
        "root": identity.root,
        "smdsOid": str(identity.oid),
        "ci": {curve.value: identity.ci_pkid(curve).hex().upper() for curve in identity.curves},
        "events": events,
        "exchanges": exchanges,
    }


def _credentials(call: Call[SmDs]) -> object:
    identity = call.desk.server.identity
    return {
        curve.value: {
            "ciPkId": identity.ci_pkid(curve).hex().upper(),
            "ci": certificate_view(identity.ci(curve)),
            "dsAuth": certificate_view(identity.ds_auth(curve).certificate),
        }
        for curve in identity.curves
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
