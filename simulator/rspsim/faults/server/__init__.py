"""The server faults: named, off by default, each attached to one point of the server."""

from typing import Final

from rspsim.faults.server import (
    answers,
    authentication,
    bound_package,
    json_octets,
    orders_and_time,
    tcp,
    tls,
)
from rspsim.smdpp.fault_switch import Active, FaultSwitch, Parameter, ServerFault

__all__ = ["FAULTS", "Active", "FaultSwitch", "Parameter", "ServerFault"]

FAULTS: Final[tuple[ServerFault, ...]] = (
    *tcp.FAULTS,
    *tls.FAULTS,
    *answers.FAULTS,
    *json_octets.FAULTS,
    *authentication.FAULTS,
    *bound_package.FAULTS,
    *orders_and_time.FAULTS,
)
"""Every server fault; to add one, add an entry to the tuple of one of the modules."""
