"""What a card does between power and its first command: the ATR, and what was left open.

What a cut left open is completed here. A Profile change that waited for its REFRESH is carried out,
because a reset stands for the REFRESH (SGP.22 v2, 3.2). A load that was cut has nothing to remove:
the Profile existed in volatile memory only; with the option `interruption_pir` a result with reason
11 is made of what was noted at its start.
"""

from typing import Final

from rspcore.frozen import replace
from rspsim.euicc.decisions import Decision, Decisions
from rspsim.euicc.state import CardState, Volatile

__all__ = ["ATR", "COMPLETES_SWITCH", "FORGOTTEN", "KEPT", "started"]


def _atr(state: CardState, /) -> bytes:
    return state.personality.atr


def _kept(state: CardState, /) -> CardState:
    return state


def _forgotten(_before: Volatile, /) -> Volatile:
    return Volatile()


ATR: Final = Decision("startup.atr", _atr, "answer to reset")
KEPT: Final = Decision("startup.kept", _kept, "state that is there again after a reset")
FORGOTTEN: Final = Decision("startup.forgotten", _forgotten, "volatile values after a reset")
COMPLETES_SWITCH: Final = Decision(
    "startup.completes_switch", standard=True, summary="a reset carries out a waiting change"
)


def started(state: CardState, decisions: Decisions) -> CardState:
    """Returns the state after start-up; the same object when nothing was left open."""
    state = decisions[KEPT](state)
    if state.pending_switch is None and not state.port_states and state.open_installation is None:
        return state
    return _completed(state, decisions)


def _completed(state: CardState, decisions: Decisions) -> CardState:
    """Completes what was left open; what that takes is imported here: most starts do without."""
    from rspcore.messages.notifications import ErrorReason  # noqa: PLC0415  see above
    from rspsim.euicc import isdp, notifications, port_states  # noqa: PLC0415  see above

    if state.pending_switch is not None:
        if decisions[COMPLETES_SWITCH]:
            state = isdp.pending_carried_out(state, decisions)
        else:
            state = replace(state, pending_switch=None)
    if state.port_states:
        state = port_states.all_carried_out(state, decisions)
    cut = state.open_installation
    if cut is not None:
        ended = notifications.Ended(
            transaction_id=cut.transaction_id,
            address=cut.server_address,
            smdp_oid=cut.smdp_oid,
            ci_pkid=cut.ci_pkid,
            iccid=cut.iccid,
        )
        failure = notifications.failure(cut.command_id, ErrorReason.installFailedDueToInterruption)
        state = replace(state, open_installation=None)
        state, _ = notifications.with_result(state, decisions, ended, failure)
    return state
