"""Management: a JSON API to control the server while it runs; one module for each collection."""

from rspsim.smdpp.management.api import Management

__all__ = ["Management"]
