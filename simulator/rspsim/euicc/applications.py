"""The applications a channel can select by AID, and SELECT itself.

An application is an AID, an answer to its selection and a handler for commands; where none is
selected the file system answers. SELECT by DF name also takes the beginning of an AID and then
finds the first application that fits, or, with P2 asking for the next one, the one after the
selected (TS 102 221, 11.1.1; SGP.22 v2, 5.7.1). A SELECT that finds nothing leaves the selection
as it was.
"""

from collections.abc import Callable
from typing import Final

from rspcore.apdu import CommandApdu
from rspcore.frozen import dataclass, replace
from rspcore.ids import Aid
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Decision
from rspsim.euicc.esim_ports import ports
from rspsim.euicc.isdr import dispatch, selection
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import ecasd
from rspsim.euicc.uicc.application import Selectable, adfs, process_files
from rspsim.euicc.uicc.commands.select import select_file
from rspsim.euicc.uicc.secure_channel import domains, process_domain

__all__ = [
    "APPLICATIONS",
    "DEFAULT",
    "MATCHES",
    "NOT_FOUND",
    "OF_PROFILE",
    "RECEIVER",
    "Application",
    "process",
    "select",
]

_BY_NAME = 0x04
_NO_DATA = 0x0C
_SHORTEST_NAME = 5


@dataclass(frozen=True, slots=True)
class Application:
    """One selectable application.

    Attributes:
        aid: Its AID.
        select: Answers its selection.
        process: Answers any other command on a channel that has it selected.
    """

    aid: Aid
    select: Callable[[View], Outcome]
    process: Callable[[CommandApdu, View], Outcome]


APPLICATIONS: Final[Decision[tuple[Application, ...]]] = Decision(
    "applications",
    (
        Application(selection.AID, selection.selected, dispatch.process),
        Application(ecasd.AID, ecasd.selected, ecasd.process),
    ),
    "applications that are always there, in the order partial names are matched",
)


def _matches(aid: bytes, name: bytes) -> bool:
    return aid.startswith(name)


def _receiver(_command: CommandApdu, view: View) -> Aid | None:
    return view.channel.application


def _of_profile(view: View) -> tuple[Application, ...]:
    """Returns NAAs and security domains of the enabled Profile, as its package made them."""
    naas = tuple(Application(adf.aid, adf.select, process_files) for adf in adfs(view))
    return naas + tuple(Application(one.aid, one.select, process_domain) for one in domains(view))


OF_PROFILE: Final = Decision("applications.of_profile", _of_profile, "applications of Profiles")
NOT_FOUND: Final = Decision(
    "applications.not_found", int(StatusWord.FILE_NOT_FOUND), "status word when no AID is found"
)
DEFAULT: Final[Decision[Callable[[View], Selectable | None]]] = Decision(
    "applications.default",
    lambda view: next(iter(domains(view)), None),
    "application that SELECT without a name finds",
)
MATCHES: Final = Decision("applications.matches", _matches, "whether SELECT by a name finds an AID")
RECEIVER: Final[Decision[Callable[[CommandApdu, View], Aid | None]]] = Decision(
    "applications.receiver", _receiver, "application a command goes to; none for the file system"
)


def _always_there(view: View) -> tuple[Application, ...]:
    """Returns the applications of an eUICC; a SIM that is none has none of them.

    The ISD-R is not on every eSIM Port.
    """
    if not view.state.personality.isdr:
        return ()
    there = view.decisions[APPLICATIONS]
    if view.volatile.ports is None:
        return there
    known = ports.agreed(view)
    if known is None or view.decisions[ports.ISDR_THERE](known):
        return there
    return tuple(one for one in there if one.aid != selection.AID)


def process(command: CommandApdu, view: View) -> Outcome:
    """Passes a command to the application selected on its channel."""
    chosen = view.decisions[RECEIVER](command, view)
    if chosen is None:
        return process_files(command, view)
    for application in _always_there(view):
        if application.aid is chosen or application.aid == chosen:
            return application.process(command, view)
    for application in view.decisions[OF_PROFILE](view):
        if application.aid == chosen:
            return application.process(command, view)
    return process_files(command, view)


def select(command: CommandApdu, view: View) -> Outcome:
    """Selects an application by name, or a file in any other way."""
    if command.p1 != _BY_NAME:
        return select_file(command, view)
    occurrence = command.p2 & 0x03
    if command.p2 & 0x90 or occurrence in (1, 3):
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if not command.data:
        return _select_default(command, view)
    if not _SHORTEST_NAME <= len(command.data) <= 16:
        return view.refuse(StatusWord.FILE_NOT_FOUND)
    found = _next_named(command.data, view) if occurrence else _first_named(command.data, view)
    if found is None:
        return view.refuse(view.decisions[NOT_FOUND])
    outcome = found.select(view)
    if command.p2 & 0x0C == _NO_DATA:
        return replace(outcome, response=replace(outcome.response, data=b""))
    return outcome


def _first_named(name: bytes, view: View) -> Application | None:
    """Returns the first application of a name; those of the eUICC come before a Profile's."""
    matches = view.decisions[MATCHES]
    for one in _always_there(view):
        if matches(one.aid.octets, name):
            return one
    of_profile = view.decisions[OF_PROFILE](view)
    return next((one for one in of_profile if matches(one.aid.octets, name)), None)


def _next_named(name: bytes, view: View) -> Application | None:
    """Returns the application of a name after the selected one; the first, if that has another."""
    matches = view.decisions[MATCHES]
    everything = (*_always_there(view), *view.decisions[OF_PROFILE](view))
    found = [one for one in everything if matches(one.aid.octets, name)]
    aids = [one.aid for one in found]
    chosen = view.channel.application
    rest = found[aids.index(chosen) + 1 :] if chosen in aids else found
    return next(iter(rest), None)


def _select_default(command: CommandApdu, view: View) -> Outcome:
    """Selects the first security domain of the enabled Profile: SELECT without a name.

    Source: GlobalPlatform Card Specification, 11.9.
    """
    known = view.decisions[DEFAULT](view)
    if known is None or command.p2 & 0x03:
        return view.refuse(view.decisions[NOT_FOUND])
    outcome = known.select(view)
    if command.p2 & 0x0C == _NO_DATA:
        return replace(outcome, response=replace(outcome.response, data=b""))
    return outcome
