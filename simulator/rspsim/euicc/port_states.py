"""The lasting state as one eSIM Port sees it, and back (SGP.22 v3.1, 2.12).

The functions of a card know one enabled Profile. With several eSIM Ports each command is given the
state of its own port: the Profile there is Enabled, those of other ports are Disabled and keep the
number of their port in `port`. What the command makes of it is put back. So no function but those
that name a port knows that there are several.

While no mode is agreed on with the device, a card that had several Profiles Enabled shows the one
of the lowest port. The others come back when the device agrees on a mode again; where the
device changes what is Enabled before, they are disabled.
"""

from typing import Final

from rspcore.frozen import replace
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.v3.lsi_configuration import MepMode
from rspsim.euicc import isdp, notifications
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.state import CardState, Ports, PortState, Profile

__all__ = [
    "all_carried_out",
    "from_port",
    "from_single",
    "numbered",
    "occupied",
    "on_port",
    "single",
]

_ON, _OFF = ProfileState.enabled, ProfileState.disabled
_ABOVE_ALL: Final = 0x100


def occupied(state: CardState) -> frozenset[int]:
    """Returns the numbers of the ports that have a Profile, in the state of a port."""
    return frozenset(one.port for one in state.profiles if one.port is not None)


def numbered(state: CardState, ports: Ports) -> CardState:
    """Returns a state in which each enabled Profile has a port of the mode agreed on.

    One that was enabled with one port, or on a port that the mode does not have, gets the lowest
    that is free. The same object when all have one.
    """
    moved = state.return_to is not None or state.pending_switch is not None
    enabled = [one for one in state.profiles if one.enabled]
    if not enabled and not moved:
        return state
    first = MepMode(ports.mode).first_port
    usable = range(first, first + ports.count)
    misplaced = [one for one in enabled if one.port not in usable]
    if not misplaced and not moved:
        return state
    taken = {one.port for one in enabled if one.port in usable}
    free = (number for number in usable if number not in taken)
    for profile in misplaced:
        port = next(free, None)
        changed = replace(profile, port=port, state=_OFF if port is None else _ON)
        state = state.with_profile(changed)
    if moved:
        state = _kept(state, first)
    return state


def on_port(state: CardState, number: int) -> CardState:
    """Returns a numbered state as the port sees it; the same object where it sees all of it."""
    if not state.port_states and all(one.port is None for one in state.profiles):
        return state
    profiles = tuple(
        one
        if one.port is None or (one.port == number) is one.enabled
        else replace(one, state=_ON if one.port == number else _OFF)
        for one in state.profiles
    )
    own = next((one for one in state.port_states if one.number == number), None)
    if own is None:
        return replace(state, profiles=profiles)
    return replace(
        state, profiles=profiles, return_to=own.return_to, pending_switch=own.pending_switch
    )


def from_port(state: CardState, number: int) -> CardState:
    """Returns the numbered state of all ports, from the state as a port left it."""
    profiles = tuple(_from_port(one, number) for one in state.profiles)
    return _kept(replace(state, profiles=profiles), number)


def _from_port(profile: Profile, number: int) -> Profile:
    if profile.enabled:
        return profile if profile.port == number else replace(profile, port=number)
    if profile.port is None:
        return profile
    if profile.port == number:
        return replace(profile, port=None)
    return replace(profile, state=_ON)


def _kept(state: CardState, number: int) -> CardState:
    """Returns a state whose waiting change and Profile to return to are those of a port."""
    others = tuple(one for one in state.port_states if one.number != number)
    back = state.return_to if state.profile_by_aid(state.return_to) else None
    if back is None and state.pending_switch is None:
        kept = others
    else:
        own = PortState(number=number, return_to=back, pending_switch=state.pending_switch)
        kept = tuple(sorted((*others, own), key=lambda one: one.number))
    return replace(state, return_to=None, pending_switch=None, port_states=kept)


def single(state: CardState) -> CardState:
    """Returns a state as a device sees it that works with one port; the same object for most."""
    shown = _shown(state)
    if shown is None and not state.port_states:
        return state
    profiles = tuple(
        one if one.port is None else replace(one, port=None, state=_ON if one is shown else _OFF)
        for one in state.profiles
    )
    own = next(
        (one for one in state.port_states if shown is not None and one.number == shown.port), None
    )
    if own is None:
        return replace(state, profiles=profiles)
    return replace(
        state,
        profiles=profiles,
        return_to=own.return_to or state.return_to,
        pending_switch=own.pending_switch or state.pending_switch,
    )


def _shown(state: CardState) -> Profile | None:
    """Returns the enabled Profile of the lowest port; None where none has a port."""
    ported = [one for one in state.profiles if one.enabled and one.port is not None]
    if not ported or any(one.enabled and one.port is None for one in state.profiles):
        return None
    return min(ported, key=lambda one: _ABOVE_ALL if one.port is None else one.port)


def from_single(before: CardState, after: CardState, decisions: Decisions) -> CardState:
    """Returns the state of all ports after a command of a device that works with one port.

    Args:
        before: The state of all ports before it.
        after: What the command made of `single(before)`.
        decisions: What the card decides.
    """
    seen = {one.aid: one for one in single(before).profiles}
    kept = {one.aid: one for one in before.profiles}
    switched = {one.aid for one in after.profiles if one.enabled} - {
        aid for aid, one in seen.items() if one.enabled
    } or any(one.aid in seen and one.state != seen[one.aid].state for one in after.profiles)
    if not switched:
        profiles = tuple(
            replace(one, state=kept[one.aid].state, port=kept[one.aid].port)
            if one.aid in kept
            else one
            for one in after.profiles
        )
        return replace(
            after,
            profiles=profiles,
            return_to=before.return_to,
            pending_switch=after.pending_switch or before.pending_switch,
        )
    state = replace(after, port_states=())
    for one in after.profiles:
        former = kept.get(one.aid)
        hidden = former is not None and former.enabled and not seen[one.aid].enabled
        if hidden and not one.enabled:
            event = NotificationEvent.notificationDisable
            state = notifications.with_events(state, decisions, one, event)
    return state


def all_carried_out(state: CardState, decisions: Decisions) -> CardState:
    """Returns a state in which the change that waited on each port is carried out."""
    for one in state.port_states:
        if one.pending_switch is not None:
            there = isdp.pending_carried_out(on_port(state, one.number), decisions)
            state = from_port(there, one.number)
    return state
