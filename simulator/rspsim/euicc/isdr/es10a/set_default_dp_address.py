"""ES10a.SetDefaultDpAddress: an empty address removes the one stored (SGP.22 v2, 5.7.4)."""

from typing import Final

from rspcore.frozen import replace
from rspcore.messages.es10a import (
    SetDefaultDpAddressRequest,
    SetDefaultDpAddressResponse,
    SetDefaultDpAddressResult,
)
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState

__all__ = ["CHECKS", "SET_DEFAULT_DP_ADDRESS", "STORED"]

_LONGEST = 255
"""Most characters of an FQDN that fit the domain name system, with a port behind it."""


def _stored(state: CardState, address: str) -> CardState:
    return replace(state, addresses=replace(state.addresses, default_dp=address or None))


CHECKS: Final[Decision[Checks[SetDefaultDpAddressRequest]]] = Decision(
    "es10a.set_default_dp_address",
    (
        Check(
            "length",
            lambda request: len(request.default_dp_address) <= _LONGEST,
            SetDefaultDpAddressResult.undefinedError,
        ),
    ),
)
STORED: Final = Decision(
    "es10a.set_default_dp_address.stored", _stored, "state after a new default address"
)


def _handle(request: SetDefaultDpAddressRequest, view: View) -> Outcome:
    refusal = first_refusal(view.decisions[CHECKS], request)
    if refusal is not None:
        return view.answer(SetDefaultDpAddressResponse(set_default_dp_address_result=refusal))
    return view.answer(
        SetDefaultDpAddressResponse(set_default_dp_address_result=SetDefaultDpAddressResult.ok),
        state=view.decisions[STORED](view.state, request.default_dp_address),
    )


SET_DEFAULT_DP_ADDRESS: Final = Function(
    "ES10a.SetDefaultDpAddress", SetDefaultDpAddressRequest, _handle, Interface.ES10A
)
