"""Inputs of operators and servers for the table of code pairs: ES2+, ES12 and ES15."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from code_pair_inputs import Input, enter, package
from code_pair_world import DS, OTHER, ROOT, World

from rspcore.pki.roles import Role
from rspsim.env import ManualClock

__all__ = ["PARTNER_FUNCTIONS"]

PARTNER_FUNCTIONS = ("ES2+", "ES12", "ES15")
OPERATOR = "2.999.77"
NO_ICCID = "8999901000000000005"
TYPE, OTHER_TYPE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"


def es2plus(function: str, **members: Any) -> Input:
    """Makes one call of an operator."""
    return lambda world: world.call(f"es2plus/{function}", members)


def after(ordered: Callable[[World], str], function: str, **members: Any) -> Input:
    """Makes a call about a Profile that was ordered before."""
    return lambda world: world.call(
        f"es2plus/{function}", {"iccid": ordered(world), "releaseFlag": False, **members}
    )


def allocated(world: World) -> str:
    """Orders a Profile for any card; returns its ICCID."""
    return str(world.call("es2plus/downloadOrder", {"profileType": TYPE})["iccid"])


def linked(world: World) -> str:
    """Orders a Profile for one card; returns its ICCID."""
    eid = str(world.lpa.card.eid)
    return str(world.call("es2plus/downloadOrder", {"profileType": TYPE, "eid": eid})["iccid"])


def confirmed(world: World, **members: Any) -> str:
    """Orders and confirms a Profile; returns its ICCID."""
    iccid = linked(world)
    world.call("es2plus/confirmOrder", {"iccid": iccid, "releaseFlag": False, **members})
    return iccid


def owned_by_another(world: World) -> str:
    """Puts a Profile of another operator into the stock; returns its ICCID."""
    return world.stock(owner=OPERATOR)


def installed(world: World) -> str:
    """Orders, confirms, releases and installs a Profile; returns its ICCID."""
    iccid = linked(world)
    members = {"iccid": iccid, "releaseFlag": True, "matchingId": "M-9"}
    world.call("es2plus/confirmOrder", members)
    package(world, matching_id="M-9")
    order = world.dp.orders.all()[-1]
    world.lpa.notify(world.lpa.card.result(world.lpa.transaction_id, order.iccid))
    return iccid


EACH = "ES2+ (each function)"
enter(
    EACH,
    "HTTP 403",
    "no client certificate",
    lambda world: world.call("es2plus/downloadOrder", {"profileType": TYPE}, role=None),
)
enter(
    EACH,
    "1.6/2.2",
    "the header is missing",
    lambda world: world.call("es2plus/downloadOrder", {"profileType": TYPE}, header=False),
)
enter(
    EACH,
    "1.6/2.1",
    "functionRequesterIdentifier is no OID",
    lambda world: world.call("es2plus/downloadOrder", {"profileType": TYPE}, requester="portal"),
)

UNKNOWN, FINAL = "ICCID unknown", {"finalProfileStatusIndicator": "Available"}
for _name, _function, _members in (
    ("DownloadOrder", "downloadOrder", {}),
    ("ConfirmOrder", "confirmOrder", {"releaseFlag": False}),
    ("CancelOrder", "cancelOrder", FINAL),
    ("ReleaseProfile", "releaseProfile", {}),
):
    enter(f"ES2+.{_name}", "8.2.1/3.9", UNKNOWN, es2plus(_function, iccid=NO_ICCID, **_members))
    enter(
        f"ES2+.{_name}",
        "8.2.1/1.2",
        "ICCID of another operator",
        after(owned_by_another, _function, **_members),
    )
ORDER = "ES2+.DownloadOrder"
enter(
    ORDER,
    "8.2.5/1.2",
    "profile type of another operator",
    lambda world: (
        world.stock(profile_type="THEIRS", owner=OPERATOR),
        world.call("es2plus/downloadOrder", {"profileType": "THEIRS"}),
    )[1],
)
enter(
    ORDER,
    "8.2.5/3.7",
    "no free Profile of the type",
    lambda world: (
        world.stock(profile_type="OURS"),
        world.call("es2plus/downloadOrder", {"profileType": "OURS"}),
        world.call("es2plus/downloadOrder", {"profileType": "OURS"}),
    )[2],
)
enter(ORDER, "8.2.1/3.3", "the Profile is not Available", after(allocated, "downloadOrder"))
enter(ORDER, "8.2.5/3.9", "profile type unknown", es2plus("downloadOrder", profileType="none"))
enter(
    ORDER,
    "8.2.5/3.8",
    "the ICCID is not of the type",
    after(allocated, "downloadOrder", profileType=OTHER_TYPE),
)

CONFIRM = "ES2+.ConfirmOrder"
for _pair, _when, _ordered, _changes in (
    ("8.2.1/3.3", "the Profile is neither Allocated nor Linked", confirmed, {}),
    ("8.2.6/3.3", "MatchingID of another order", linked, {"matchingId": "M-1"}),
    ("8.1.1/2.2", "EID missing with an SM-DS address", allocated, {"smdsAddress": DS}),
    ("8.1.1/2.2", "EID missing with an empty MatchingID", allocated, {"matchingId": ""}),
    ("8.1.1/3.10", "linked to another EID", linked, {"eid": str(OTHER)}),
):
    enter(CONFIRM, _pair, _when, after(_ordered, "confirmOrder", **_changes))


def away(*addresses: str, then: Input) -> Input:
    """Makes a call while servers give no answer."""

    def run(world: World) -> Any:
        world.away.update(addresses)
        return then(world)

    return run


def refusing(then: Input) -> Input:
    """Makes a call that the SM-DS refuses: the event is there already, of the same caller."""

    def run(world: World) -> Any:
        eid = str(world.lpa.card.eid)
        world.call("es12/registerEvent", event(eid))
        return then(world)

    return run


def event(eid: str, **changes: Any) -> dict[str, Any]:
    """Returns the members of RegisterEvent."""
    found = {
        "eid": eid,
        "eventId": "E-1",
        "rspServerAddress": "dp.example.com",
        "forwardingIndicator": False,
    }
    return found | changes


NO_ANSWER, REFUSES = "the SM-DS gives no answer", "the SM-DS refuses"
WITH_EVENT = {"smdsAddress": DS, "matchingId": "E-1", "releaseFlag": True}
enter(CONFIRM, "8.9/5.1", NO_ANSWER, away(DS, then=after(linked, "confirmOrder", **WITH_EVENT)))
enter(CONFIRM, "8.9/4.2", REFUSES, refusing(after(linked, "confirmOrder", **WITH_EVENT)))

RELEASE = "ES2+.ReleaseProfile"


def confirmed_with_event(world: World) -> str:
    """Confirms an order with an event, which is registered with the release."""
    return confirmed(world, smdsAddress=DS, matchingId="E-1")


enter(RELEASE, "8.2.1/3.5", "the Profile is not Confirmed", after(allocated, "releaseProfile"))
enter(RELEASE, "8.9/5.1", NO_ANSWER, away(DS, then=after(confirmed_with_event, "releaseProfile")))
enter(RELEASE, "8.9/4.2", REFUSES, refusing(after(confirmed_with_event, "releaseProfile")))

CANCELLED = "ES2+.CancelOrder"
for _pair, _when, _ordered, _changes in (
    ("8.1.1/3.10", "EID of another order", linked, {"eid": str(OTHER)}),
    ("8.2.6/3.10", "MatchingID of another order", confirmed, {"matchingId": "M-1"}),
    ("8.2.1/3.5", "the Profile is Installed", installed, {}),
):
    enter(CANCELLED, _pair, _when, after(_ordered, "cancelOrder", **FINAL, **_changes))


def registered(prefix: str, role: Role, *, times: int = 1, **changes: Any) -> Input:
    """Registers an event, some times under new call identifiers."""

    def run(world: World) -> Any:
        members = event(str(world.lpa.card.eid), **changes)
        return [world.call(f"{prefix}/registerEvent", members, role=role) for _ in range(times)][-1]

    return run


def deleted(prefix: str, role: Role, *, before: Input | None = None) -> Input:
    """Deletes an event, perhaps one that another server has registered."""

    def run(world: World) -> Any:
        if before is not None:
            before(world)
        members = {"eid": str(world.lpa.card.eid), "eventId": "E-1"}
        return world.call(f"{prefix}/deleteEvent", members, role=role, oid="2.999.12")

    return run


for _prefix, _name, _role, _wrong in (
    ("es12", "ES12", Role.DP_TLS, Role.DS_TLS),
    ("es15", "ES15", Role.DS_TLS, Role.DP_TLS),
):
    _function = f"{_name}.RegisterEvent"
    enter(_function, "HTTP 403", "certificate of another role", registered(_prefix, _wrong))
    enter(_function, "8.9.5/3.3", "EventID registered already", registered(_prefix, _role, times=2))
    enter(f"{_name}.DeleteEvent", "8.9.5/3.9", "EventID unknown", deleted(_prefix, _role))
FORWARDED = registered("es12", Role.DP_TLS, forwardingIndicator=True)
enter("ES12.RegisterEvent", "8.9/5.1", "the root SM-DS gives no answer", away(ROOT, then=FORWARDED))


def root_refuses(world: World) -> Any:
    """Registers an event to be forwarded; the root takes the certificate for expired."""
    late = ManualClock()
    late.advance(timedelta(days=1000))
    world.root.surroundings.clock = late
    return FORWARDED(world)


enter("ES12.RegisterEvent", "8.9/4.2", "the root SM-DS refuses", root_refuses)
enter(
    "ES12.DeleteEvent",
    "8.9.5/3.9",
    "event of another server",
    deleted("es12", Role.DP_TLS, before=registered("es12", Role.DP_TLS)),
)
