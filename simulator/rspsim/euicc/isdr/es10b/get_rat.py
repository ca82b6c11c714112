"""ES10b.GetRAT: the rules authorisation table, never refused (SGP.22 v2, 5.7.22)."""

from typing import Final

from rspcore.messages.es10b import GetRatRequest, GetRatResponse
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View

__all__ = ["GET_RAT"]


def _handle(_request: GetRatRequest, view: View) -> Outcome:
    return view.answer(GetRatResponse(rat=view.state.rat))


GET_RAT: Final = Function("ES10b.GetRAT", GetRatRequest, _handle, Interface.ES10B)
