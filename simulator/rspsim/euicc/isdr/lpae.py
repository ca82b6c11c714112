"""An LPAe that takes commands by ENVELOPE (E4E), as far as they are public (v3.1, 5.7).

Commands about Profiles are those of ES10c, carried out inside the card; their REFRESH follows. This
LPAe has no way to a server: what needs one ends with errorComm(2). Its PIN guards deletion and
memory reset. The answer comes with the ENVELOPE.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from rspcore.apdu import CommandApdu
from rspcore.errors import DecodeError
from rspcore.frozen import replace
from rspcore.ids import Iccid
from rspcore.messages import es10c
from rspcore.messages.v3.card_and_device import EuiccConfiguration
from rspcore.messages.v3.lpae_commands import (
    E4EProfile,
    E4ERequest,
    E4EResponse,
    E4EResultCode,
    E4EResultData,
)
from rspcore.status import StatusWord
from rspsim.euicc import cat
from rspsim.euicc.decisions import Decision
from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.isdr.es10c.delete_profile import DELETE_PROFILE
from rspsim.euicc.isdr.es10c.disable_profile import DISABLE_PROFILE
from rspsim.euicc.isdr.es10c.enable_profile import ENABLE_PROFILE
from rspsim.euicc.isdr.es10c.euicc_memory_reset import EUICC_MEMORY_RESET
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import Profile

__all__ = ["COMMANDS", "TAG", "has_lpae", "process"]

TAG: Final = 0xE4
_USES_E4E: Final = 0x40
"""b7 of the octet of TERMINAL CAPABILITY: the device has LUIe by E4 ENVELOPE."""
_SHORTEST_PIN, _LONGEST_PIN = 4, 8
_EVERY_PROFILE: Final = frozenset(
    {
        es10c.ResetOption.deleteOperationalProfiles,
        es10c.ResetOption.deleteFieldLoadedTestProfiles,
    }
)
_E = E4EResultCode
Command = Callable[[Any, View], Outcome]


def has_lpae(view: View) -> bool:
    """Returns whether the card has such an LPAe, and the device announced its side."""
    support = view.state.personality.lpae_support
    if not support or EuiccConfiguration.lpaeUsingE4Esupported not in support:
        return False
    return bool((view.volatile.cat.terminal_capability or 0) & _USES_E4E)


def process(command: CommandApdu, view: View) -> Outcome:
    """Answers ENVELOPE with a command to the LPAe."""
    if command.p1 or command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    try:
        request = E4ERequest.decode(command.data)
    except DecodeError:
        return view.refuse(StatusWord.WRONG_DATA)
    if view.volatile.cat.fetched and view.decisions[cat.BUSY]:
        return _result(view, _E.errorBusy)
    for name, handler in view.decisions[COMMANDS].items():
        given = getattr(request, name)
        if given is not None:
            return handler(given, view)
    return view.refuse(StatusWord.WRONG_DATA)


def _result(view: View, code: int, data: E4EResultData | None = None) -> Outcome:
    return view.answer(E4EResponse(result_code=code, result_data=data))


def _listed(_given: bool, view: View) -> Outcome:  # noqa: FBT001  a NULL of the request
    profiles = tuple(
        E4EProfile(
            iccid=one.iccid,
            profile_state=one.state,
            service_provider_name=one.metadata.service_provider_name,
            profile_name=one.metadata.profile_name,
        )
        for one in view.state.profiles
    )
    return _result(view, _E.success, E4EResultData(list_profiles_response=profiles))


def _named(view: View, iccid: Iccid) -> Profile | None:
    return view.state.profile_by_iccid(iccid)


def _done(function: AnyFunction, request: Any, view: View) -> Outcome:
    """Carries out a function of ES10c; its refusal is one of the LPAe."""
    outcome = function.handle(request, view)
    result = bytes(outcome.response.data)[-1]
    busy = function is not DELETE_PROFILE and result == es10c.EnableResult.catBusy
    code = _E.success if not result else _E.errorBusy if busy else _E.undefinedError
    answer = E4EResponse(result_code=code).encode()
    return replace(outcome, response=replace(outcome.response, data=answer))


def _enable(given: Any, view: View) -> Outcome:
    profile = _named(view, given.iccid)
    if profile is None:
        return _result(view, _E.errorProfileDoesNotExist)
    if profile.enabled:
        return _result(view, _E.errorAlreadyEnabled)
    named = es10c.ProfileIdentifier(iccid=given.iccid)
    request = es10c.EnableProfileRequest(profile_identifier=named, refresh_flag=True)
    return _done(ENABLE_PROFILE, request, view)


def _disable(given: Any, view: View) -> Outcome:
    profile = _named(view, given.iccid)
    if profile is None:
        return _result(view, _E.errorProfileDoesNotExist)
    if not profile.enabled:
        return _result(view, _E.errorAlreadyDisabled)
    named = es10c.ProfileIdentifier(iccid=given.iccid)
    request = es10c.DisableProfileRequest(profile_identifier=named, refresh_flag=True)
    return _done(DISABLE_PROFILE, request, view)


def _delete(given: Any, view: View) -> Outcome:
    if _named(view, given.iccid) is None:
        return _result(view, _E.errorProfileDoesNotExist)
    if given.pin_code != view.state.lpae_pin:
        return _result(view, _E.errorPin)
    return _done(DELETE_PROFILE, es10c.DeleteProfileRequest(iccid=given.iccid), view)


def _memory_reset(given: Any, view: View) -> Outcome:
    if given.pin_code != view.state.lpae_pin:
        return _result(view, _E.errorPin)
    request = es10c.EuiccMemoryResetRequest(reset_options=_EVERY_PROFILE)
    return _done(EUICC_MEMORY_RESET, request, view)


def _new_pin(given: str, view: View) -> Outcome:
    """Changes the PIN: the old one, one character between, the new one."""
    old = view.state.lpae_pin
    new = given[len(old) + 1 :]
    if not given.startswith(old) or not _SHORTEST_PIN <= len(new) <= _LONGEST_PIN:
        return _result(view, _E.errorPin)
    answer = E4EResponse(result_code=_E.success)
    return view.answer(answer, state=replace(view.state, lpae_pin=new))


def _rpm_allowed(given: bool, view: View) -> Outcome:  # noqa: FBT001  a BOOLEAN of the request
    answer = E4EResponse(result_code=_E.success)
    return view.answer(answer, state=replace(view.state, lpae_rpm_allowed=given))


def _polled(_given: Any, view: View) -> Outcome:
    return _result(view, _E.errorComm if view.state.lpae_rpm_allowed else _E.errorRpmDisabled)


def _needs_server(_given: Any, view: View) -> Outcome:
    return _result(view, _E.errorComm)


def _nothing_begun(_given: Any, view: View) -> Outcome:
    return _result(view, _E.undefinedError)


COMMANDS: Final[Decision[Mapping[str, Command]]] = Decision(
    "lpae.commands",
    {
        "start_download": _needs_server,
        "confirm_download": _nothing_begun,
        "list_profiles": _listed,
        "enable_profile": _enable,
        "disable_profile": _disable,
        "delete_profile": _delete,
        "euicc_mem_reset": _memory_reset,
        "change_confirmation_pin": _new_pin,
        "set_rpm_allow": _rpm_allowed,
        "poll_rpm_package": _polled,
        "confirm_rpm_package": _nothing_begun,
        "cancel_session": _nothing_begun,
    },
    "commands to the LPAe by their names",
)
