"""ES10b.GetEUICCInfo: EUICCInfo1 and EUICCInfo2, at any time (SGP.22 v2, 5.7.8)."""

from typing import Final

from rspcore.messages.es10b import GetEuiccInfo1Request, GetEuiccInfo2Request
from rspsim.euicc.isdr import information
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View

__all__ = ["GET_EUICC_INFO1", "GET_EUICC_INFO2"]


def _info1(_request: GetEuiccInfo1Request, view: View) -> Outcome:
    return view.answer(information.euicc_info1(view.state, view.decisions))


def _info2(_request: GetEuiccInfo2Request, view: View) -> Outcome:
    return view.answer(information.euicc_info2(view.state, view.decisions))


GET_EUICC_INFO1: Final = Function(
    "ES10b.GetEUICCInfo1", GetEuiccInfo1Request, _info1, Interface.ES10B
)
GET_EUICC_INFO2: Final = Function(
    "ES10b.GetEUICCInfo2", GetEuiccInfo2Request, _info2, Interface.ES10B
)
