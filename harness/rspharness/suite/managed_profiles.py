"""Two Profiles that the server of a case may manage remotely, and what is required of them."""

from rspcore import tlv
from rspcore.messages.v3.profile_management import ProfileInfo
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.servers import rpm_packages
from rspharness.servers.rsp_server import RspServer, profile
from rspharness.suite import refresh
from rspharness.suite.initial_conditions import Conditions, Installed

__all__ = ["ONE", "TWO", "both", "required_enabled", "tags_of"]

ONE, TWO = profile("PROFILE_OPERATIONAL1"), profile("PROFILE_OPERATIONAL2")


def both(
    server: RspServer, given: Conditions, *, enabled: int | None = None
) -> tuple[Installed, ...]:
    """Brings the card to `ONE` and `TWO`, managed by the server (v3.1, 2.10).

    Args:
        server: The SM-DP+ whose rpmConfiguration the Profiles have.
        given: The initial conditions of the case.
        enabled: 1 or 2, the Profile that is Enabled; None for none.
    """
    made = (rpm_packages.managed_by(server, ONE), rpm_packages.managed_by(server, TWO))
    active = None if enabled is None else made[enabled - 1]
    return given.profiles(*made, enabled=active)


def required_enabled(card: Card, one: Installed | None) -> None:
    """Requires REFRESH, carries it out, and requires this Profile, or none, to be Enabled.

    Raises:
        ExpectationError: no REFRESH was asked for, or another Profile is Enabled.
    """
    refresh.carry_out(card, refresh.required(card))
    expect.equal(card.enabled(), () if one is None else (one.iccid,), "Enabled Profile")


def tags_of(info: ProfileInfo) -> list[int]:
    """Returns the tags of a listed Profile, in their order."""
    return [one.tag for one in tlv.parse(info.encode()).children()]
