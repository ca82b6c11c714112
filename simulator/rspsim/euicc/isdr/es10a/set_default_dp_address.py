"""ES10a.SetDefaultDpAddress: an empty address removes the one stored (SGP.22 v2, 5.7.4).

In version 3 the only CI to accept there may come with the address; without it there is none.
"""

from typing import Final

from rspcore.frozen import dataclass, replace
from rspcore.messages.es10a import (
    SetDefaultDpAddressRequest,
    SetDefaultDpAddressResponse,
    SetDefaultDpAddressResult,
)
from rspcore.messages.v3 import profile_management as v3
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState

__all__ = ["CHECKS", "CI_STORED", "SET_DEFAULT_DP_ADDRESS", "STORED", "AddressAttempt"]

_LONGEST = 255
"""Most characters of an FQDN that fit the domain name system, with a port behind it."""


@dataclass(frozen=True, slots=True)
class AddressAttempt:
    """A request and the card, for the checks."""

    request: SetDefaultDpAddressRequest
    state: CardState

    @property
    def ci_pkid(self) -> bytes | None:
        """Returns the CI that comes with the address, or None."""
        request = self.request
        return (
            request.allowed_ci_pkid if isinstance(request, v3.SetDefaultDpAddressRequest) else None
        )

    @property
    def ci_known(self) -> bool:
        """Returns whether the card verifies under that CI, if there is one."""
        known = {one.ci_pkid for one in self.state.credentials if one.verifies}
        return self.ci_pkid is None or self.ci_pkid in known


def _stored(state: CardState, address: str) -> CardState:
    return replace(state, addresses=replace(state.addresses, default_dp=address or None))


def _ci_stored(state: CardState, ci_pkid: bytes | None) -> CardState:
    kept = ci_pkid if state.addresses.default_dp else None
    return replace(state, addresses=replace(state.addresses, default_dp_ci_pkid=kept))


CHECKS: Final[Decision[Checks[AddressAttempt]]] = Decision(
    "es10a.set_default_dp_address",
    (
        Check(
            "length",
            lambda a: len(a.request.default_dp_address) <= _LONGEST,
            SetDefaultDpAddressResult.undefinedError,
        ),
        Check("ci_known", lambda a: a.ci_known, v3.SetDefaultDpAddressResult.unsupportedCiPKId),
    ),
)
STORED: Final = Decision(
    "es10a.set_default_dp_address.stored", _stored, "state after a new default address"
)


CI_STORED: Final = Decision(
    "es10a.set_default_dp_address.ci_stored", _ci_stored, "state after the CI for that address"
)


def _handle(request: SetDefaultDpAddressRequest, view: View) -> Outcome:
    attempt = AddressAttempt(request, view.state)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    if refusal is not None:
        return view.answer(SetDefaultDpAddressResponse(set_default_dp_address_result=refusal))
    state = view.decisions[STORED](view.state, request.default_dp_address)
    return view.answer(
        SetDefaultDpAddressResponse(set_default_dp_address_result=SetDefaultDpAddressResult.ok),
        state=view.decisions[CI_STORED](state, attempt.ci_pkid),
    )


SET_DEFAULT_DP_ADDRESS: Final = Function(
    "ES10a.SetDefaultDpAddress",
    SetDefaultDpAddressRequest,
    _handle,
    Interface.ES10A,
    request_v3=v3.SetDefaultDpAddressRequest,
)
