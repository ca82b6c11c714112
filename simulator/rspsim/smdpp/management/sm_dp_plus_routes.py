"""The management API of an SM-DP+: what it has beside the routes of every server."""

from contextlib import AbstractContextManager
from typing import Any, Final

from rspsim.smdpp.management import (
    identity_routes,
    notification_routes,
    operation_routes,
    order_routes,
    stock_routes,
)
from rspsim.smdpp.management.api import ManagementApi, common_routes
from rspsim.smdpp.management.route import Route
from rspsim.smdpp.management.setting_routes import setting_routes
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.settings import SETTINGS, Area, settings_of

__all__ = ["Management"]

_ROUTES: Final[tuple[Route[Any], ...]] = (
    *identity_routes.ROUTES,
    *order_routes.ROUTES,
    *stock_routes.ROUTES,
    *notification_routes.ROUTES,
    *operation_routes.ROUTES,
    *common_routes(),
    *setting_routes(SETTINGS, settings_of(Area.POLICY, Area.BINDING)),
)
"""Every route; a new collection needs one module and one line here."""


class Management(ManagementApi[SmDpPlus]):
    """Answers management requests for one SM-DP+."""

    def __init__(
        self, server: SmDpPlus, guard: AbstractContextManager[object] | None = None
    ) -> None:
        """Takes a server and what to hold while it is read or changed; nothing when None."""
        super().__init__(server, guard, _ROUTES, "SM-DP+")
