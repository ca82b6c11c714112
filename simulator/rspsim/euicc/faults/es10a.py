"""Faults of ES10a: the configured addresses."""

from dataclasses import replace
from typing import Final

from rspsim.euicc.es10a import set_default_dp_address
from rspsim.euicc.faults.fault import Fault, swap
from rspsim.euicc.state import CardState

__all__ = ["FAULTS"]


def _never_removed(state: CardState, address: str) -> CardState:
    if not address:
        return state
    return replace(state, addresses=replace(state.addresses, default_dp=address))


FAULTS: Final = (
    Fault(
        "es10a.set-default-dp-address.not-stored",
        "A new default SM-DP+ address is confirmed and forgotten.",
        ("ES10a.SetDefaultDpAddress#01", "ES10a.SetDefaultDpAddress#02"),
        swap(set_default_dp_address.STORED, lambda state, _address: state),
    ),
    Fault(
        "es10a.set-default-dp-address.empty-ignored",
        "An empty default SM-DP+ address does not remove the one there is.",
        ("ES10a.SetDefaultDpAddress#03",),
        swap(set_default_dp_address.STORED, _never_removed),
    ),
)
