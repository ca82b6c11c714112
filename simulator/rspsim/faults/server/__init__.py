"""Server faults: named ways of being wrong, off by default, each hooked to one point."""

from typing import Final

from rspsim.faults.server import answers, authentication, bound_package
from rspsim.smdpp.fault_switch import Active, FaultSwitch, Parameter, ServerFault

__all__ = ["FAULTS", "Active", "FaultSwitch", "Parameter", "ServerFault"]

FAULTS: Final[tuple[ServerFault, ...]] = (
    *authentication.FAULTS,
    *bound_package.FAULTS,
    *answers.FAULTS,
)
"""Every fault; a new one is one entry in one of the three modules."""
