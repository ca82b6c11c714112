"""MANAGE LSI: LSIs are configured, selected and reset (ETSI TS 102 221, 7.5 and 11.1.23).

Before anything else with LSIs the terminal configures them; SGP.22 v3.1, 3.4.1 adds which mode of
several enabled Profiles both have. A reset of an LSI completes what waits on its port and leaves
the other ports as they are.
"""

from collections.abc import Callable, Mapping
from typing import Final

from rspcore.apdu import CommandApdu
from rspcore.errors import DecodeError
from rspcore.frozen import replace
from rspcore.messages.v3.lsi_configuration import (
    LsiConfiguration,
    LsiFunction,
    LsiOption,
    MepMode,
    assigned_lsi,
    jointly,
    lsi_atr,
)
from rspcore.status import StatusWord
from rspsim.euicc import isdp, startup
from rspsim.euicc.decisions import Decision
from rspsim.euicc.esim_ports import ports
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.personality import Personality
from rspsim.euicc.session_context import IDLE_SESSION
from rspsim.euicc.state import CardState, Ports, Volatile

__all__ = ["AGREED", "FORGOTTEN_THERE", "RESET_COMPLETES", "TURNED", "process"]

_CLASS: Final = 0x80


def _agreed(personality: Personality, proposed: LsiConfiguration) -> LsiConfiguration:
    """Returns the answer to a proposal: mode, LSIs and ports that both sides have."""
    mode = MepMode(jointly(proposed.modes or (), personality.mep_modes))
    asked = proposed.ports or 1
    count = min(asked, personality.esim_ports) if mode else 1
    highest = min(proposed.highest, mode.first_port + personality.esim_ports - 1)
    return LsiConfiguration(
        highest=highest if mode else 0,
        options=(proposed.options or 0) & LsiOption.NAD,
        modes=(mode, *personality.mep_modes),
        ports=min(count, highest - mode.first_port + 1) if mode else 1,
    )


AGREED: Final = Decision("manage_lsi.agreed", _agreed, "answer to what a terminal proposes")
TURNED: Final = Decision("manage_lsi.turned", ports.turned, "values after another LSI is selected")
RESET_COMPLETES: Final = Decision(
    "manage_lsi.reset_completes",
    standard=True,
    summary="a reset of an LSI carries out the change that waits there",
)
FORGOTTEN_THERE: Final[Decision[Callable[[Volatile], Volatile]]] = Decision(
    "manage_lsi.forgotten_there", lambda _before: Volatile(), "values of an LSI after its reset"
)


def process(command: CommandApdu, view: View) -> Outcome:
    """Answers MANAGE LSI of a card that has LSIs."""
    if command.cla != _CLASS:
        return view.refuse(StatusWord.CLA_NOT_SUPPORTED)
    handler = _HANDLERS.get(command.p1)
    if handler is None:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    known = view.volatile.ports or Ports()
    if command.p1 != LsiFunction.CONFIGURE and not known.configured:
        return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    return handler(command, view, known)


def _configure(command: CommandApdu, view: View, known: Ports) -> Outcome:
    if command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if known.configured:
        return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    try:
        proposed = LsiConfiguration.decode(command.data)
    except DecodeError:
        return view.refuse(StatusWord.WRONG_DATA)
    answer = view.decisions[AGREED](view.state.personality, proposed)
    chosen = Ports(
        configured=True,
        mode=answer.agreed,
        count=answer.ports or 1,
        highest=answer.highest,
        parked=(Volatile(),) * (answer.highest + 1),
    )
    after = replace(view.volatile, ports=chosen)
    if MepMode(chosen.mode).first_port:  # this LSI shows no Profile any more
        after = replace(after, channels=Volatile().channels, verified_pins=frozenset())
    return view.outcome(answer.encode(), volatile=after)


def _select(command: CommandApdu, view: View, known: Ports) -> Outcome:
    if command.data:
        return view.refuse(StatusWord.WRONG_LENGTH)
    if command.p2 > known.highest:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    return view.outcome(volatile=view.decisions[TURNED](view.volatile, command.p2))


def _reset(command: CommandApdu, view: View, known: Ports) -> Outcome:
    """Resets one LSI; the RSP session goes with the port on which it went on last."""
    if command.data:
        return view.refuse(StatusWord.WRONG_LENGTH)
    number = command.p2
    if number > known.highest:
        return view.refuse(StatusWord.INCORRECT_P1_P2)

    def act(there: View) -> Outcome:
        session = there.session if known.session_port != number else IDLE_SESSION
        forgotten = there.decisions[FORGOTTEN_THERE](there.volatile)
        fresh = replace(forgotten, session=session, ports=there.volatile.ports)
        return there.outcome(state=_completed(there), volatile=fresh)

    outcome = ports.on(view, number, act) if known.mode else act(view)
    atr = view.decisions[startup.ATR](view.state)
    return replace(outcome, response=replace(outcome.response, data=lsi_atr(atr)))


def _completed(there: View) -> CardState:
    if not there.decisions[RESET_COMPLETES]:
        return there.state
    return isdp.pending_carried_out(there.state, there.decisions)


def _retrieve(command: CommandApdu, view: View, _known: Ports) -> Outcome:
    if command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    return view.outcome(assigned_lsi(None))


def _assign(_command: CommandApdu, view: View, _known: Ports) -> Outcome:
    """Refuses: this card has no single wire interface."""
    return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)


_HANDLERS: Final[Mapping[int, Callable[[CommandApdu, View, Ports], Outcome]]] = {
    LsiFunction.SELECT: _select,
    LsiFunction.RESET: _reset,
    LsiFunction.ASSIGN_SWP: _assign,
    LsiFunction.RETRIEVE_SWP: _retrieve,
    LsiFunction.CONFIGURE: _configure,
}
