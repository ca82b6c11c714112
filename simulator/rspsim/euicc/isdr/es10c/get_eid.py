"""ES10c.GetEID (SGP.22 v2, 5.7.20)."""

from functools import lru_cache
from typing import Final

from rspcore.ids import Eid
from rspcore.messages.es10c import GetEuiccDataRequest, GetEuiccDataResponse
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View, outcome_of, response_of

__all__ = ["CHECKS", "GET_EID"]

_OK: Final = int(StatusWord.OK)
_EID: Final = bytes((Tag.Eid,))

CHECKS: Final[Decision[Checks[GetEuiccDataRequest]]] = Decision(
    "es10c.get_eid",
    (Check("tag_list", lambda request: request.tag_list == _EID, StatusWord.WRONG_DATA),),
    "checks of GetEID; the codes are status words",
)


def _handle(request: GetEuiccDataRequest, view: View) -> Outcome:
    checks = view.decisions[CHECKS]
    if checks is not CHECKS.standard or request.tag_list != _EID:
        refusal = first_refusal(checks, request)
        if refusal is not None:
            return view.refuse(refusal)
    state = view.state
    answer = response_of(_response(state.eid.octets), _OK)
    return outcome_of(answer, state, view.volatile)


@lru_cache(maxsize=64)
def _response(eid: bytes) -> bytes:
    """Returns the answer of the card with this EID."""
    return GetEuiccDataResponse(eid_value=Eid(eid)).encode()


GET_EID: Final = Function("ES10c.GetEID", GetEuiccDataRequest, _handle, Interface.ES10C)
