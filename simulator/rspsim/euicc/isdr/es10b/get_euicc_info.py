"""ES10b.GetEUICCInfo: EUICCInfo1 and EUICCInfo2, at any time (SGP.22 v2, 5.7.8)."""

from typing import Final

from rspcore.frozen import replace
from rspcore.messages.es10b import GetEuiccInfo1Request, GetEuiccInfo2Request
from rspcore.messages.v3.capability_bits import LpaMode
from rspcore.messages.v3.card_and_device import EuiccInfo2
from rspsim.euicc.decisions import Decision
from rspsim.euicc.isdr import information
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View

__all__ = ["GET_EUICC_INFO1", "GET_EUICC_INFO2", "MODE_OF_LPAE"]

MODE_OF_LPAE: Final = Decision(
    "es10b.get_euicc_info.mode_of_lpae", int(LpaMode.lpae), "lpaMode while the LPAe is in use"
)


def _info1(_request: GetEuiccInfo1Request, view: View) -> Outcome:
    return view.answer(information.euicc_info1(view.state, view.decisions))


def _info2(_request: GetEuiccInfo2Request, view: View) -> Outcome:
    info = information.euicc_info2(view.state, view.decisions)
    if view.volatile.lpae_active and isinstance(info, EuiccInfo2):
        info = replace(info, lpa_mode=view.decisions[MODE_OF_LPAE])
    return view.answer(info)


GET_EUICC_INFO1: Final = Function(
    "ES10b.GetEUICCInfo1", GetEuiccInfo1Request, _info1, Interface.ES10B
)
GET_EUICC_INFO2: Final = Function(
    "ES10b.GetEUICCInfo2", GetEuiccInfo2Request, _info2, Interface.ES10B
)
