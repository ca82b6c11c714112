"""Faults of enabling and disabling Profiles on several eSIM Ports (v3.1, 5.7.16, 5.7.17)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.lsi_configuration import MepMode
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.isdr.es10c import port_targets
from rspsim.euicc.isdr.es10c.disable_profile import DISABLE_PROFILE
from rspsim.euicc.isdr.es10c.enable_profile import ENABLE_PROFILE
from rspsim.euicc.isdr.es10c.port_targets import TargetAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Ports, Profile, Volatile
from rspsim.faults.card.card_fault import CardFault, Change, adds, behind, swap
from rspsim.faults.card.isdr.newer.esim_ports import agreed_in

__all__ = ["FAULTS"]

_A1, _A2, _B = MepMode.A1, MepMode.A2, MepMode.B
_OFF: Final = ProfileState.disabled


def _lowest_port(mode: MepMode) -> Change:
    def chosen(target: TargetAttempt) -> int:
        right = port_targets.CHOSEN.standard(target)
        return target.usable[0] if target.ports.mode == mode else right

    return swap(port_targets.CHOSEN, chosen)


def _port_of_answer(change: Callable[[int], int | None]) -> Change:
    def named(known: Ports, number: int) -> int | None:
        return change(number) if known.mode == _A2 else None

    return swap(port_targets.NAMES_PORT, named)


def _no_refresh_when_empty(target: TargetAttempt) -> bool:
    occupied = any(one.port is not None for one in target.attempt.view.state.profiles)
    return target.asked is None or not target.refresh or occupied


def _never_disabled(target: TargetAttempt) -> bool:
    state = target.attempt.view.state
    gone = [
        one for one in state.notifications if one.event == NotificationEvent.notificationDisable
    ]
    return not gone or any(one.port is not None for one in state.profiles)


def _replacing(change: Callable[[CardState, Profile], CardState]) -> Change:
    """Changes the state after EnableProfile took the place of a Profile on its port."""

    def changed(outcome: Outcome, view: View) -> Outcome:
        if agreed_in(view) is None:
            return outcome
        left = {one.aid for one in outcome.state.profiles if one.port is None}
        former = next(
            (one for one in view.state.profiles if one.port is not None and one.aid in left), None
        )
        if former is None:
            return outcome
        return replace(outcome, state=change(outcome.state, former))

    return behind(ENABLE_PROFILE, changed)


def _everywhere(state: CardState, _former: Profile) -> CardState:
    new = max((one.port or 0 for one in state.profiles), default=0)
    profiles = tuple(
        one if one.port == new else replace(one, port=None, state=_OFF) for one in state.profiles
    )
    return replace(state, profiles=profiles)


def _stays(state: CardState, former: Profile) -> CardState:
    profile = state.profile_by_aid(former.aid)
    return state if profile is None else state.with_profile(replace(profile, port=former.port))


def _with_parked(volatile: Volatile, change: Callable[[int, Volatile], Volatile]) -> Volatile:
    known = volatile.ports
    if known is None:
        return volatile
    parked = tuple(change(number, one) for number, one in enumerate(known.parked))
    return replace(volatile, ports=replace(known, parked=parked))


def _disturbing(function: AnyFunction) -> Change:
    """Resets the channels of every other port after a change."""

    def changed(outcome: Outcome, view: View) -> Outcome:
        if agreed_in(view) is None or outcome.state is view.state:
            return outcome
        volatile = _with_parked(
            outcome.volatile,
            lambda _, one: replace(one, channels=Volatile().channels),
        )
        return replace(outcome, volatile=volatile)

    return behind(function, changed)


def _both_ended(mode: MepMode) -> Change:
    def changed(outcome: Outcome, view: View) -> Outcome:
        if agreed_in(view, mode) is None or outcome.state is view.state:
            return outcome
        profiles = tuple(replace(one, port=None, state=_OFF) for one in outcome.state.profiles)
        return replace(outcome, state=replace(outcome.state, profiles=profiles))

    return behind(DISABLE_PROFILE, changed)


def _refresh_elsewhere(
    change: Callable[[Volatile, int, Ports], Volatile],
) -> Change:
    """Changes what waits after EnableProfile with refreshFlag for another port than that here."""

    def changed(outcome: Outcome, view: View) -> Outcome:
        known = agreed_in(view)
        if known is None:
            return outcome
        volatile = outcome.volatile
        there = () if volatile.ports is None else volatile.ports.parked
        waiting = [
            number
            for number, one in enumerate(there)
            if one.cat.command is not None and number != known.in_use
        ]
        if not waiting or volatile.ports is None:
            return outcome
        return replace(outcome, volatile=change(volatile, waiting[0], volatile.ports))

    return behind(ENABLE_PROFILE, changed)


def _none_waits(volatile: Volatile, waiting: int, _known: Ports) -> Volatile:
    return _with_parked(
        volatile,
        lambda number, one: (
            replace(one, cat=replace(one.cat, command=None)) if number == waiting else one
        ),
    )


def _on_every_port(volatile: Volatile, waiting: int, known: Ports) -> Volatile:
    command = known.parked[waiting].cat.command
    return _with_parked(
        volatile,
        lambda number, one: (
            one if number == 0 else replace(one, cat=replace(one.cat, command=command))
        ),
    )


def _on_the_port_of_the_command(volatile: Volatile, waiting: int, known: Ports) -> Volatile:
    command = known.parked[waiting].cat.command
    moved = _none_waits(volatile, waiting, known)
    return replace(moved, cat=replace(moved.cat, command=command, queue=()))


def _other_lsi(volatile: Volatile, _waiting: int, _known: Ports) -> Volatile:
    command = volatile.cat.command
    if command is None:
        return volatile
    named = command[:-1] + bytes((command[-1] ^ 3,))
    return replace(volatile, cat=replace(volatile.cat, command=named))


def _single_keeps_both(outcome: Outcome, view: View) -> Outcome:
    """Leaves the former Profile enabled on a card with ports that works with one."""
    known = view.volatile.ports
    current = view.state.enabled_profile
    if known is None or known.mode or current is None or outcome.state is view.state:
        return outcome
    kept = outcome.state.profile_by_aid(current.aid)
    if kept is None or outcome.state.pending_switch is not None:
        return outcome
    both = replace(kept, state=ProfileState.enabled)
    return replace(outcome, state=outcome.state.with_profile(both))


FAULTS: Final = (
    CardFault(
        "mep.enable.lowest-port-in-a1",
        "Enables on the lowest port whatever port is named in MEP-A1.",
        ("ES10c.EnableProfile#28", "ES10c.EnableProfile#55"),
        _lowest_port(_A1),
    ),
    CardFault(
        "mep.enable.lowest-port-in-b",
        "Enables on the lowest port whatever that of the command is in MEP-B.",
        ("ES10c.EnableProfile#30",),
        _lowest_port(_B),
    ),
    CardFault(
        "mep.enable.port-unsaid-in-a2",
        "Leaves the port out of the answer in MEP-A2.",
        ("ES10c.EnableProfile#29",),
        _port_of_answer(lambda _: None),
    ),
    CardFault(
        "mep.enable.wrong-port-said-in-a2",
        "Says the next port in the answer in MEP-A2.",
        ("ES10c.EnableProfile#29",),
        _port_of_answer(lambda number: number + 1),
    ),
    CardFault(
        "mep.enable.port-without-refresh",
        "Refuses a port together with refreshFlag while no port has a Profile.",
        ("ES10c.EnableProfile#55",),
        adds(
            port_targets.CHECKS,
            Check("port_without_refresh", _no_refresh_when_empty, v3.EnableResult.commandError),
        ),
    ),
    CardFault(
        "mep.enable.port-used-up",
        "Enables no Profile any more when each one was disabled.",
        ("procedure.MEP#06",),
        adds(
            port_targets.CHECKS,
            Check("never_disabled", _never_disabled, v3.EnableResult.noEsimPortAvailable),
        ),
    ),
    CardFault(
        "mep.enable.disables-everywhere",
        "Disables the Profiles of all ports when one takes the place of another.",
        ("ES10c.EnableProfile#31",),
        _replacing(_everywhere),
    ),
    CardFault(
        "mep.enable.former-stays",
        "Leaves the former Profile of the port enabled there.",
        ("ES10c.EnableProfile#31",),
        _replacing(_stays),
    ),
    CardFault(
        "mep.enable.disturbs",
        "Resets the channels of every other port when a Profile is enabled.",
        ("ES10c.EnableProfile#28", "ES10c.EnableProfile#33"),
        _disturbing(ENABLE_PROFILE),
    ),
    CardFault(
        "mep.refresh.none",
        "Asks for no REFRESH on the port.",
        ("ES10c.EnableProfile#33",),
        _refresh_elsewhere(_none_waits),
    ),
    CardFault(
        "mep.refresh.every-port",
        "Asks for REFRESH on every port.",
        ("ES10c.EnableProfile#33",),
        _refresh_elsewhere(_on_every_port),
    ),
    CardFault(
        "mep.refresh.on-port-0",
        "Asks for REFRESH on the port of the command.",
        ("ES10c.EnableProfile#33",),
        _refresh_elsewhere(_on_the_port_of_the_command),
    ),
    CardFault(
        "mep.refresh.unannounced",
        "Does not announce on port 0 that REFRESH waits on another port.",
        ("ES10c.EnableProfile#33",),
        swap(port_targets.ANNOUNCES_ELSEWHERE, value=False),
    ),
    CardFault(
        "mep.refresh.other-lsi",
        "Names another LSI in LSI COMMAND than that on which REFRESH waits.",
        ("ES10c.EnableProfile#33",),
        _refresh_elsewhere(_other_lsi),
    ),
    CardFault(
        "mep.disable.both-in-a1",
        "Disables the Profiles of all ports in MEP-A1.",
        ("ES10c.DisableProfile#14", "procedure.MEP#02"),
        _both_ended(_A1),
    ),
    CardFault(
        "mep.disable.both-in-a2",
        "Disables the Profiles of all ports in MEP-A2.",
        ("ES10c.DisableProfile#15",),
        _both_ended(_A2),
    ),
    CardFault(
        "mep.disable.both-in-b",
        "Disables the Profiles of all ports in MEP-B.",
        ("ES10c.DisableProfile#16",),
        _both_ended(_B),
    ),
    CardFault(
        "mep.disable.disturbs",
        "Resets the channels of every other port when a Profile is disabled.",
        (
            "ES10c.DisableProfile#14",
            "ES10c.DisableProfile#15",
            "ES10c.DisableProfile#16",
            "procedure.MEP#02",
        ),
        _disturbing(DISABLE_PROFILE),
    ),
    CardFault(
        "mep.single.keeps-both",
        "Leaves the former Profile Enabled where no mode is configured.",
        ("procedure.MEP#08",),
        behind(ENABLE_PROFILE, _single_keeps_both),
    ),
)
"""Every fault of this module."""
