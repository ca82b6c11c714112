"""Server faults: named ways of being wrong, off by default, each hooked to one point."""

from typing import Final

from rspsim.smdpp.faults import answers, authentication, package
from rspsim.smdpp.faults.switch import Active, Fault, FaultSwitch, Parameter

__all__ = ["FAULTS", "Active", "Fault", "FaultSwitch", "Parameter"]

FAULTS: Final[tuple[Fault, ...]] = (
    *authentication.FAULTS,
    *package.FAULTS,
    *answers.FAULTS,
)
"""Every fault; a new one is one entry in one of the three modules."""
