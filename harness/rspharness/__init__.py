"""The host side: targets, the LPA driver, the pytest plugin, reports."""
