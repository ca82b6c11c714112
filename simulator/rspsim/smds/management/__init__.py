"""Management of an SM-DS, made of the same parts as that of an SM-DP+."""

from rspsim.smds.management.sm_ds_routes import DsManagement

__all__ = ["DsManagement"]
