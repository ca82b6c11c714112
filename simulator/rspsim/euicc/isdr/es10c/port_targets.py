"""The eSIM Port that EnableProfile and DisableProfile act on (SGP.22 v3.1, 2.12, 5.7.16, 5.7.17).

In MEP-A1 the LPA names the port, in MEP-A2 the eUICC chooses it, in MEP-B it is that of the
command. On the port found the function is the one of a card with one port; REFRESH waits there, and
in MEP-A it is announced on the port of the command.
"""

from collections.abc import Callable
from typing import Any, Final

from rspcore.frozen import dataclass, replace
from rspcore.messages.es10c import DisableProfileRequest, EnableProfileRequest
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.lsi_configuration import MepMode
from rspsim.euicc import cat, port_states
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.esim_ports import lsi_command, ports
from rspsim.euicc.isdr.es10c.profile_attempt import ProfileAttempt
from rspsim.euicc.isdr.es10c.switching import CHANNELS_AFTER
from rspsim.euicc.options import PortRefresh, PortsFull, TargetPort
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import Ports, Profile, Volatile

__all__ = [
    "ANNOUNCES_ELSEWHERE",
    "CHECKS",
    "CHOSEN",
    "DISABLE_CHECKS",
    "NAMES_PORT",
    "PORT_OF_PROFILE",
    "DisableAttempt",
    "TargetAttempt",
    "carried_out",
    "disabled",
    "enabled",
    "left",
]


@dataclass(frozen=True, slots=True)
class TargetAttempt:
    """EnableProfile in a mode of several eSIM Ports, for its checks.

    Attributes:
        attempt: The Profile named, on the port of the command.
        ports: The eSIM Ports.
        asked: targetEsimPort, or None.
        refresh: The request's refreshFlag.
        remote: It is a command of an RPM package, in which MEP-A1 need not name a port.
    """

    attempt: ProfileAttempt
    ports: Ports
    asked: int | None
    refresh: bool
    remote: bool = False

    @property
    def usable(self) -> range:
        """Returns the ports that may have a Profile."""
        first = MepMode(self.ports.mode).first_port
        return range(first, first + self.ports.count)

    @property
    def free(self) -> int | None:
        """Returns the lowest port without a Profile, None when all have one."""
        taken = port_states.occupied(self.attempt.view.state)
        return next((number for number in self.usable if number not in taken), None)

    @property
    def disabled(self) -> bool:
        """Returns whether the Profile is enabled on no port, nor about to be on another one."""
        profile = self.attempt.profile
        if profile is None or self.attempt.enabled:
            return False
        states = self.attempt.view.state.port_states
        waiting = (one.pending_switch for one in states if one.number != self.ports.in_use)
        return all(one is None or one.enable != profile.aid for one in waiting)

    @property
    def card_chooses(self) -> bool:
        """Returns whether the card chooses the port."""
        unnamed = self.remote and self.ports.mode == MepMode.A1 and self.asked is None
        return self.ports.mode == MepMode.A2 or unnamed

    @property
    def named_rightly(self) -> bool:
        """Returns whether targetEsimPort is what the mode asks for."""
        match self.ports.mode:
            case MepMode.A1:
                return self.card_chooses or self.asked in self.usable
            case MepMode.A2:
                return self.asked is None
            case _:
                return self.asked in (None, self.ports.in_use)

    @property
    def port_accepted(self) -> bool:
        """Returns whether the card goes on with this targetEsimPort."""
        ignored = self.attempt.view.options.target_port is TargetPort.IGNORED
        return self.named_rightly or ignored

    @property
    def has_room(self) -> bool:
        """Returns whether there is a port to choose, where the card chooses."""
        if not self.card_chooses or self.free is not None:
            return True
        return self.attempt.view.options.ports_full is PortsFull.REPLACED


_E = v3.EnableResult

CHECKS: Final[Decision[Checks[TargetAttempt]]] = Decision(
    "es10c.target_port",
    (
        Check("profile_found", lambda a: a.attempt.profile is not None, _E.iccidOrAidNotFound),
        Check("disabled_everywhere", lambda a: a.disabled, _E.profileNotInDisabledState),
        Check("target_port", lambda a: a.port_accepted, _E.commandError),
        Check("room", lambda a: a.has_room, _E.noEsimPortAvailable),
    ),
    "checks of the eSIM Port of EnableProfile",
)


def _chosen(target: TargetAttempt) -> int:
    """Returns the port to enable the Profile on."""
    if target.ports.mode == MepMode.B:
        return target.ports.in_use
    if target.ports.mode == MepMode.A1 and target.named_rightly and target.asked is not None:
        return target.asked
    return target.usable[-1] if target.free is None else target.free


CHOSEN: Final = Decision("es10c.target_port.chosen", _chosen, "eSIM Port of EnableProfile")
NAMES_PORT: Final[Decision[Callable[[Ports, int], int | None]]] = Decision(
    "es10c.target_port.named",
    lambda ports, number: number if ports.mode == MepMode.A2 else None,
    "targetEsimPort of the answer",
)
ANNOUNCES_ELSEWHERE: Final = Decision(
    "es10c.target_port.announces",
    standard=True,
    summary="a REFRESH on another port is announced on the port of the command",
)


def enabled(
    request: EnableProfileRequest,
    view: View,
    known: Ports,
    act: Callable[[Any, View], Outcome],
) -> Outcome:
    """Answers EnableProfile: `act` enables the Profile on the port found.

    Args:
        request: The request, of version 3.
        view: The card on the port of the command.
        known: Its eSIM Ports.
        act: EnableProfile of a card with one port.
    """
    named = request.profile_identifier
    asked = request.target_esim_port if isinstance(request, v3.EnableProfileRequest) else None
    attempt = ProfileAttempt(named.isdp_aid, named.iccid, view)
    target = TargetAttempt(attempt, known, asked, request.refresh_flag)
    refusal = first_refusal(view.decisions[CHECKS], target)
    if refusal is not None:
        if refusal == _E.commandError and view.options.target_port is TargetPort.UNDEFINED_ERROR:
            refusal = _E.undefinedError
        return view.answer(v3.EnableProfileResponse(enable_result=refusal))
    number = view.decisions[CHOSEN](target)
    outcome = carried_out(view, known, number, lambda there: act(request, there))
    result = v3.EnableProfileResponse.decode(outcome.response.data).enable_result
    port = view.decisions[NAMES_PORT](known, number)
    if result != _E.ok or port is None:
        return outcome
    answer = v3.EnableProfileResponse(enable_result=result, target_esim_port=port)
    return replace(outcome, response=replace(outcome.response, data=answer.encode()))


def carried_out(view: View, known: Ports, number: int, act: Callable[[View], Outcome]) -> Outcome:
    """Carries a change out on a port; a REFRESH there is announced here in MEP-A.

    Args:
        view: The card on the port of the command.
        known: Its eSIM Ports.
        number: The port.
        act: Makes the change on a card that is seen there.
    """
    if number == known.in_use:
        return act(view)
    announced = view.decisions[lsi_command.ANNOUNCED_BITS]
    before = view.state.port_states
    outcome = ports.on(view, number, act)
    waits = outcome.state.port_states != before
    if not waits or not MepMode(known.mode).first_port:
        return outcome
    if not view.decisions[ANNOUNCES_ELSEWHERE]:
        return outcome
    here = outcome.volatile
    wholly = view.options.port_refresh is PortRefresh.PLATFORM_RESET
    if wholly and lsi_command.resets_announced(here.cat, announced):
        quiet = ports.turned(here, number)
        quiet = replace(quiet, cat=replace(quiet.cat, command=None, fetched=False))
        here = ports.turned(quiet, known.in_use)
        return replace(outcome, volatile=replace(here, cat=lsi_command.platform_reset(here.cat)))
    asked = lsi_command.session_request(here.cat, number, announced)
    return replace(outcome, volatile=replace(here, cat=asked))


def _port_of(profile: Profile, known: Ports) -> int:
    return known.in_use if profile.port is None else profile.port


PORT_OF_PROFILE: Final = Decision(
    "es10c.target_port.of_profile", _port_of, "eSIM Port on which DisableProfile acts"
)


@dataclass(frozen=True, slots=True)
class DisableAttempt:
    """DisableProfile in a mode of several eSIM Ports: the ports, and that of the Profile."""

    view: View
    ports: Ports
    number: int

    @property
    def sent_on_the_right_port(self) -> bool:
        """Returns whether the port of the command may disable the Profile.

        In MEP-B one with an initialised toolkit is disabled on its own port alone (v3.1, 2.12).
        """
        if self.ports.mode != MepMode.B or self.number == self.ports.in_use:
            return True
        return self.ports.parked[self.number].cat.terminal_profile is None


DISABLE_CHECKS: Final[Decision[Checks[DisableAttempt]]] = Decision(
    "es10c.disable_profile.ports",
    (Check("right_port", lambda a: a.sent_on_the_right_port, v3.DisableResult.commandError),),
    "checks of the eSIM Port of DisableProfile",
)


def disabled(
    request: DisableProfileRequest,
    view: View,
    known: Ports,
    act: Callable[[Any, View], Outcome],
) -> Outcome:
    """Answers DisableProfile: `act` disables the Profile on the port where it is enabled.

    Args:
        request: The request.
        view: The card on the port of the command.
        known: Its eSIM Ports.
        act: DisableProfile of a card with one port.
    """
    named = request.profile_identifier
    profile = ProfileAttempt(named.isdp_aid, named.iccid, view).profile
    if profile is None or profile.port is None:
        return act(request, view)
    number = view.decisions[PORT_OF_PROFILE](profile, known)
    refusal = first_refusal(view.decisions[DISABLE_CHECKS], DisableAttempt(view, known, number))
    if refusal is not None:
        return view.answer(v3.DisableProfileResponse(disable_result=refusal))
    return carried_out(view, known, number, lambda there: act(request, there))


def left(view: View, volatile: Volatile, numbers: frozenset[int]) -> Volatile:
    """Returns values after a memory reset took the Profiles of other ports: REFRESH on each."""
    known = ports.agreed(view)
    if known is None:
        return volatile
    for number in sorted(numbers - {known.in_use}):
        there = view.decisions[CHANNELS_AFTER](ports.turned(volatile, number))
        there = cat.with_refresh(replace(view, volatile=there), there, only_reset=True)
        volatile = ports.turned(there, known.in_use)
    return volatile
