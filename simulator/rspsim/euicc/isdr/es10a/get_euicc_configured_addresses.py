"""ES10a.GetEuiccConfiguredAddresses (SGP.22 v2, 5.7.3)."""

from typing import Final

from rspcore.messages.es10a import (
    EuiccConfiguredAddressesRequest,
    EuiccConfiguredAddressesResponse,
)
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View

__all__ = ["GET_EUICC_CONFIGURED_ADDRESSES"]


def _handle(_request: EuiccConfiguredAddressesRequest, view: View) -> Outcome:
    addresses = view.state.addresses
    return view.answer(
        EuiccConfiguredAddressesResponse(
            default_dp_address=addresses.default_dp or None, root_ds_address=addresses.root_ds
        )
    )


GET_EUICC_CONFIGURED_ADDRESSES: Final = Function(
    "ES10a.GetEuiccConfiguredAddresses", EuiccConfiguredAddressesRequest, _handle, Interface.ES10A
)
