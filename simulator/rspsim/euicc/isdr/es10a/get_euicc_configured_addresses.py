"""ES10a.GetEuiccConfiguredAddresses, GetEuiccConfiguredData in version 3 (SGP.22, 5.7.3)."""

from typing import Final

from rspcore.messages.es10a import (
    EuiccConfiguredAddressesRequest,
    EuiccConfiguredAddressesResponse,
)
from rspcore.messages.v3.profile_management import CiName, EuiccConfiguredDataResponse
from rspcore.pki.certificate import Certificate
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View

__all__ = ["GET_EUICC_CONFIGURED_ADDRESSES"]


def _ci_names(view: View) -> tuple[CiName, ...]:
    """Returns each CI the card verifies under, with the common name of its certificate."""
    return tuple(
        CiName(
            ci_pkid=one.ci_pkid,
            ci_name=Certificate.from_der(one.ci_certificate).subject.common_name or "",
        )
        for one in view.state.credentials
        if one.verifies
    )


def _handle(_request: EuiccConfiguredAddressesRequest, view: View) -> Outcome:
    addresses = view.state.addresses
    if view.state.personality.version_3:
        return view.answer(
            EuiccConfiguredDataResponse(
                default_dp_address=addresses.default_dp or None,
                root_ds_address=addresses.root_ds,
                additional_root_ds_addresses=addresses.more_root_ds or None,
                allowed_ci_pkid=addresses.default_dp_ci_pkid,
                ci_list=_ci_names(view) if view.options.ci_names else None,
            )
        )
    return view.answer(
        EuiccConfiguredAddressesResponse(
            default_dp_address=addresses.default_dp or None, root_ds_address=addresses.root_ds
        )
    )


GET_EUICC_CONFIGURED_ADDRESSES: Final = Function(
    "ES10a.GetEuiccConfiguredAddresses", EuiccConfiguredAddressesRequest, _handle, Interface.ES10A
)
