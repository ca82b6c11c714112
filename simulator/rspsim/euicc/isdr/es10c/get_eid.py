"""ES10c.GetEID (SGP.22 v2, 5.7.20)."""

from typing import Final

from rspcore.messages.es10c import GetEuiccDataRequest, GetEuiccDataResponse
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View

__all__ = ["CHECKS", "GET_EID"]

CHECKS: Final[Decision[Checks[GetEuiccDataRequest]]] = Decision(
    "es10c.get_eid",
    (
        Check(
            "tag_list", lambda request: request.tag_list == bytes((Tag.Eid,)), StatusWord.WRONG_DATA
        ),
    ),
    "checks of GetEID; the codes are status words",
)


def _handle(request: GetEuiccDataRequest, view: View) -> Outcome:
    refusal = first_refusal(view.decisions[CHECKS], request)
    if refusal is not None:
        return view.refuse(refusal)
    return view.answer(GetEuiccDataResponse(eid_value=view.state.eid))


GET_EID: Final = Function("ES10c.GetEID", GetEuiccDataRequest, _handle, Interface.ES10C)
