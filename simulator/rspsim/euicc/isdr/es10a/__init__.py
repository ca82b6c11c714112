"""ES10a, the functions for the LDS: one module per function, and the tuple of them."""

from typing import Final

from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.isdr.es10a.get_euicc_configured_addresses import GET_EUICC_CONFIGURED_ADDRESSES
from rspsim.euicc.isdr.es10a.set_default_dp_address import SET_DEFAULT_DP_ADDRESS

__all__ = ["FUNCTIONS"]

FUNCTIONS: Final[tuple[AnyFunction, ...]] = (
    GET_EUICC_CONFIGURED_ADDRESSES,
    SET_DEFAULT_DP_ADDRESS,
)
