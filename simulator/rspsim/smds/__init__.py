"""The mock SM-DS: Event Records, ES11, ES12 and ES15, without any input or output."""

from rspsim.smds.sm_ds import SmDs

__all__ = ["SmDs"]
