"""The eSIM Ports of a card at work: which one a command sees, and acts on another (v3.1, 2.12).

`process` gives each command the state of the LSI in use (`port_states`); the volatile values of
the others are parked in `Ports`. `on` carries out an act on another port, as EnableProfile
in MEP-A needs it: sent on port 0, it acts on the port it names.
"""

from collections.abc import Callable
from typing import Final

from rspcore.frozen import replace
from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.tags import ISDR_AID
from rspsim.euicc import port_states
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View, outcome_of
from rspsim.euicc.session_context import IDLE_SESSION
from rspsim.euicc.state import CardState, Ports, Volatile

__all__ = [
    "DESELECTED",
    "ISDR_THERE",
    "SEEN",
    "SESSION_ENDS",
    "agreed",
    "on",
    "process",
    "selecting_isdr",
    "turned",
]


def _isdr_there(ports: Ports) -> bool:
    """Returns whether the ISD-R can be selected: in MEP-A on port 0 alone."""
    return ports.in_use == 0 or MepMode(ports.mode).first_port == 0


def _deselected(parked: Volatile) -> Volatile:
    """Returns values of another port in MEP-B, where the ISD-R is selected no more."""
    channels = tuple(
        replace(one, application=None, chain=None, response=b"")
        if one is not None and one.application == ISDR_AID
        else one
        for one in parked.channels
    )
    return replace(parked, channels=channels)


ISDR_THERE: Final = Decision(
    "ports.isdr_there", _isdr_there, "whether the ISD-R is on the port in use"
)
DESELECTED: Final = Decision(
    "ports.deselected", _deselected, "another port after the ISD-R was selected in MEP-B"
)
SESSION_ENDS: Final = Decision(
    "ports.session_ends",
    standard=True,
    summary="the RSP session ends when the LPA goes on on another port in MEP-B",
)
SEEN: Final[Decision[Callable[[Ports], int]]] = Decision(
    "ports.seen", lambda ports: ports.in_use, "port whose Profile a command sees"
)


def agreed(view: View) -> Ports | None:
    """Returns the ports when a mode is agreed on, None for a card that works with one port."""
    ports = view.volatile.ports
    return None if ports is None or ports.mode == MepMode.NONE else ports


def process(octets: bytes, view: View, inner: Callable[[bytes, View], Outcome]) -> Outcome:
    """Answers a command on a card with eSIM Ports.

    Args:
        octets: Command APDU.
        view: The card, with the state of all ports.
        inner: Answers it with the state of the port in use.
    """
    ports = view.volatile.ports or Ports()
    number = view.decisions[SEEN](ports)
    if view.state.same_on_every_port:
        seen = view.state
    elif ports.mode:
        seen = port_states.on_port(port_states.numbered(view.state, ports), number)
    else:
        seen = port_states.single(view.state)
    outcome = inner(octets, view if seen is view.state else replace(view, state=seen))
    volatile = outcome.volatile
    unchanged = outcome.state is seen and seen is view.state and not outcome.on_the_way
    if unchanged and volatile.ports is ports and volatile.session is view.volatile.session:
        return outcome

    def whole(left: CardState) -> CardState:
        if left is seen:
            return view.state
        if ports.mode:
            return port_states.from_port(left, number)
        return port_states.from_single(view.state, left, view.decisions)

    on_the_way = tuple(whole(one) for one in outcome.on_the_way)
    state = whole(outcome.state)
    after = volatile.ports or ports
    if volatile.session is not view.volatile.session:
        after = replace(after, session_port=after.in_use)
    if after is not volatile.ports:
        volatile = replace(volatile, ports=after)
    return outcome_of(outcome.response, state, volatile, on_the_way)


def turned(volatile: Volatile, number: int) -> Volatile:
    """Returns values in which another LSI is in use; the RSP session goes along."""
    ports = volatile.ports or Ports()
    if number == ports.in_use:
        return volatile
    parked = list(ports.parked)
    parked[ports.in_use] = replace(volatile, ports=None, session=IDLE_SESSION)
    chosen = replace(ports, in_use=number, parked=tuple(parked))
    return replace(parked[number], session=volatile.session, ports=chosen)


def on(view: View, number: int, act: Callable[[View], Outcome]) -> Outcome:
    """Carries out an act on a port; returns its outcome as the port of the command sees it.

    What the device announced of itself on the port of the command is known there too.
    """
    ports = view.volatile.ports or Ports()
    if number == ports.in_use:
        return act(view)
    capability = view.volatile.cat.terminal_capability
    there = turned(view.volatile, number)
    if there.cat.terminal_capability is None and capability is not None:
        there = replace(there, cat=replace(there.cat, terminal_capability=capability))
    state = port_states.on_port(port_states.from_port(view.state, ports.in_use), number)
    outcome = act(replace(view, state=state, volatile=there))
    after = outcome.volatile
    if after.ports is None:
        after = replace(after, ports=there.ports)
    back = port_states.on_port(port_states.from_port(outcome.state, number), ports.in_use)
    return Outcome(outcome.response, back, turned(after, ports.in_use))


def selecting_isdr(view: View) -> View:
    """Returns the view in which the ISD-R is selected: in MEP-B it leaves every other port."""
    ports = agreed(view)
    if ports is None or ports.mode != MepMode.B:
        return view
    deselected = view.decisions[DESELECTED]
    parked = tuple(deselected(one) for one in ports.parked)
    changed = replace(view.volatile, ports=replace(ports, parked=parked))
    if ports.session_port != ports.in_use and view.decisions[SESSION_ENDS]:
        changed = replace(changed, session=IDLE_SESSION)
    return replace(view, volatile=changed)
