"""ES10c.GetEID (SGP.22 v2, 5.7.20)."""

from functools import lru_cache
from typing import Final

from rspcore.ids import Eid
from rspcore.messages.es10c import GetEuiccDataRequest, GetEuiccDataResponse
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View

__all__ = ["CHECKS", "GET_EID"]

_EID: Final = bytes((Tag.Eid,))

CHECKS: Final[Decision[Checks[GetEuiccDataRequest]]] = Decision(
    "es10c.get_eid",
    (Check("tag_list", lambda request: request.tag_list == _EID, StatusWord.WRONG_DATA),),
    "checks of GetEID; the codes are status words",
)


def _handle(request: GetEuiccDataRequest, view: View) -> Outcome:
    refusal = first_refusal(view.decisions[CHECKS], request)
    if refusal is not None:
        return view.refuse(refusal)
    return view.outcome(_response(view.state.eid.octets))


@lru_cache(maxsize=64)
def _response(eid: bytes) -> bytes:
    """Returns the answer of the card with this EID."""
    return GetEuiccDataResponse(eid_value=Eid(eid)).encode()


GET_EID: Final = Function("ES10c.GetEID", GetEuiccDataRequest, _handle, Interface.ES10C)
