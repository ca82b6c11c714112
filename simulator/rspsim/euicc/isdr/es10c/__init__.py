"""ES10c, the functions for the LUI: one module per function, and the tuple of them."""

from typing import Final

from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.isdr.es10c.delete_profile import DELETE_PROFILE
from rspsim.euicc.isdr.es10c.disable_profile import DISABLE_PROFILE
from rspsim.euicc.isdr.es10c.enable_profile import ENABLE_PROFILE
from rspsim.euicc.isdr.es10c.euicc_memory_reset import EUICC_MEMORY_RESET
from rspsim.euicc.isdr.es10c.get_eid import GET_EID
from rspsim.euicc.isdr.es10c.get_profiles_info import GET_PROFILES_INFO
from rspsim.euicc.isdr.es10c.set_nickname import SET_NICKNAME

__all__ = ["FUNCTIONS"]

FUNCTIONS: Final[tuple[AnyFunction, ...]] = (
    GET_PROFILES_INFO,
    ENABLE_PROFILE,
    DISABLE_PROFILE,
    DELETE_PROFILE,
    EUICC_MEMORY_RESET,
    GET_EID,
    SET_NICKNAME,
)
