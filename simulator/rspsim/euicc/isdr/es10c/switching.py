"""What follows when EnableProfile or DisableProfile was accepted: now, or after a REFRESH.

With refreshFlag FALSE the device has ended what it ran and the change is made at once: other
channels that showed the old Profile are closed, the basic channel is back at the MF, channels with
the ISD-R stay (SGP.22 v2, 5.7.16). With TRUE the change waits in the persistent state, because a
reset completes it too (3.2).
"""

from collections.abc import Callable
from typing import Final

from rspcore.frozen import replace
from rspcore.messages.codec import Structure
from rspcore.tags import ECASD_AID, ISDR_AID
from rspsim.euicc import cat, isdp
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session_context import IDLE_SESSION
from rspsim.euicc.state import CardState, Channel, PendingSwitch, Volatile

__all__ = [
    "APPLIES_AT_ONCE",
    "ASKS_REFRESH",
    "CHANNELS_AFTER",
    "WAITS",
    "accepted",
]

_KEPT_APPLICATIONS = frozenset({ISDR_AID, ECASD_AID})


def _channels_after(volatile: Volatile) -> Volatile:
    """Returns values in which no channel shows the old Profile and none of its PINs is verified."""
    channels = []
    for number, channel in enumerate(volatile.channels):
        if channel is None or channel.application in _KEPT_APPLICATIONS:
            channels.append(channel)
        elif channel.application is None or number == 0:
            channels.append(Channel())
        else:
            channels.append(None)
    return replace(volatile, channels=tuple(channels), verified_pins=frozenset())


CHANNELS_AFTER: Final = Decision(
    "es10c.switching.channels_after", _channels_after, "channels after a change without REFRESH"
)


def _waits(state: CardState, change: PendingSwitch) -> CardState:
    """Returns a state in which a change waits and no part of it is carried out."""
    return replace(state, pending_switch=change)


ASKS_REFRESH: Final[Decision[Callable[[bool], bool]]] = Decision(
    "es10c.switching.asks_refresh", bool, "whether REFRESH is asked for, from refreshFlag"
)
WAITS: Final = Decision(
    "es10c.switching.waits", _waits, "state while a change waits for its REFRESH"
)
APPLIES_AT_ONCE: Final = Decision(
    "es10c.switching.applies_at_once",
    standard=False,
    summary="a change with refreshFlag does not wait for the REFRESH",
)


def accepted(view: View, change: PendingSwitch, response: Structure, *, refresh: bool) -> Outcome:
    """Carries a change out now, or stores it and asks for REFRESH.

    Args:
        view: The card.
        change: What to disable and enable.
        response: Answer of the function.
        refresh: The request's refreshFlag.
    """
    volatile = view.volatile
    if view.options.switch_ends_session:
        volatile = replace(volatile, session=IDLE_SESSION)
    if not view.decisions[ASKS_REFRESH](refresh):
        state = isdp.switched(view.state, view.decisions, change)
        volatile = view.decisions[CHANNELS_AFTER](volatile)
        ended = replace(volatile.cat, command=None, fetched=False)
        return view.answer(response, state=state, volatile=replace(volatile, cat=ended))
    if view.decisions[APPLIES_AT_ONCE]:
        state = isdp.switched(view.state, view.decisions, change)
    else:
        state = view.decisions[WAITS](view.state, change)
    return view.answer(response, state=state, volatile=cat.with_refresh(view, volatile))
