"""The management API of an SM-DS: its events, beside the routes of every server."""

from contextlib import AbstractContextManager
from typing import Any, Final

from rspsim.smdpp.management.api import ManagementApi, common_routes
from rspsim.smdpp.management.route import Route
from rspsim.smdpp.management.setting_routes import setting_routes
from rspsim.smdpp.settings import Area, settings_of, settings_of_sm_ds
from rspsim.smds.management import event_routes, overview_routes
from rspsim.smds.sm_ds import SmDs

__all__ = ["DsManagement"]

_ROUTES: Final[tuple[Route[Any], ...]] = (
    *overview_routes.ROUTES,
    *event_routes.ROUTES,
    *common_routes(without=frozenset(("order",))),
    *setting_routes((*settings_of_sm_ds(), *settings_of(Area.CLOCK)), settings_of_sm_ds()),
)
"""Every route; a new collection needs one module and one line here."""


class DsManagement(ManagementApi[SmDs]):
    """Answers management requests for one SM-DS."""

    def __init__(self, server: SmDs, guard: AbstractContextManager[object] | None = None) -> None:
        """Takes a server and what to hold while it is read or changed; nothing when None."""
        super().__init__(server, guard, _ROUTES, "SM-DS")
