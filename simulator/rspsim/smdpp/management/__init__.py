"""Management: a JSON API to control the server while it runs; one module for each collection."""

from rspsim.smdpp.management.api import ManagementApi
from rspsim.smdpp.management.sm_dp_plus_routes import Management

__all__ = ["Management", "ManagementApi"]
