"""Remote file management: a script of file commands in a context of its own (TS 102 226, 7).

The context starts at the MF, or at the ADF the instance is bound to; it shares nothing with any
logical channel. Rights come from the access domain: 00 is full access, FF none.
"""

from collections.abc import Callable
from typing import Final

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.frozen import dataclass, replace
from rspcore.status import StatusWord
from rspsim.euicc.channel_context import FileContext, VerifiedPins
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, ProfileContent, RemoteFileManagement
from rspsim.euicc.state import Channel, Volatile
from rspsim.euicc.uicc.access import ALLOWED, AccessMode
from rspsim.euicc.uicc.application import adfs, process_files
from rspsim.euicc.uicc.command_context import CONTENT
from rspsim.euicc.uicc.commands.select import select_file

__all__ = ["FULL_ACCESS", "FilesContext", "context", "run"]

_FULL = b"\x00"
_BY_NAME = 0x04
_ALL = 256

_ALLOWED_INSTRUCTIONS: Final = frozenset(
    {
        Ins.SELECT,
        Ins.READ_BINARY,
        Ins.UPDATE_BINARY,
        Ins.READ_RECORD,
        Ins.UPDATE_RECORD,
        Ins.SEARCH_RECORD,
        Ins.INCREASE,
        Ins.VERIFY_PIN,
        Ins.CHANGE_PIN,
        Ins.DISABLE_PIN,
        Ins.ENABLE_PIN,
        Ins.UNBLOCK_PIN,
        Ins.ACTIVATE_FILE,
        Ins.DEACTIVATE_FILE,
        Ins.CREATE_FILE,
        Ins.DELETE,
        Ins.RESIZE_FILE,
        Ins.RETRIEVE_DATA,
        Ins.SET_DATA,
        Ins.GET_RESPONSE,
    }
)


FULL_ACCESS: Final[Decision[Callable[[bytes], bool]]] = Decision(
    "ota.full_access", lambda domain: domain == _FULL, "whether an access domain gives all rights"
)


@dataclass(frozen=True, slots=True)
class FilesContext:
    """The state of a script: its view, and data that wait for GET RESPONSE."""

    view: View
    waiting: bytes = b""


Ran = tuple[ResponseApdu, FilesContext]


def context(view: View, instance: RemoteFileManagement) -> FilesContext:
    """Returns a context that stands where the instance begins, with its rights."""
    place = FileContext()
    domain, administrators = instance.uicc_access, instance.uicc_admin_access
    if instance.adf:
        adf = view.decisions[CONTENT](view.state).files.adf(instance.adf)
        if adf is not None:
            place = FileContext(directory=adf.path, adf=adf.path)
        domain, administrators = instance.adf_access, instance.adf_admin_access
    full, administrative = map(view.decisions[FULL_ACCESS], (domain, administrators))

    def allowed(
        _content: ProfileContent,
        _verified: VerifiedPins,
        one: File,
        mode: AccessMode,
        instruction: int | None,
    ) -> bool:
        made = one.kind.is_directory and mode in (AccessMode.CREATE_EF, AccessMode.CREATE_DF)
        admin = made or mode is AccessMode.DELETE or instruction == Ins.RESIZE_FILE
        return administrative if admin else full

    rights = view.decisions.having(ALLOWED, allowed)
    volatile = Volatile().with_channel(0, Channel(files=place))
    return FilesContext(replace(view, volatile=volatile, decisions=rights, channel_number=0))


def run(context: FilesContext, command: CommandApdu, *, expanded: bool) -> Ran:
    """Carries out one command of a script.

    Args:
        context: The context after the commands before.
        command: The command; its class is not looked at.
        expanded: Response data come with their command; else SELECT answers 61XX and GET RESPONSE
            gives them.

    Returns:
        The answer, and the context after it.
    """
    view = context.view
    if command.ins not in _ALLOWED_INSTRUCTIONS:
        return ResponseApdu(b"", StatusWord.INS_NOT_SUPPORTED), context
    if command.ins == Ins.GET_RESPONSE:
        if not context.waiting:
            return ResponseApdu(b"", StatusWord.CONDITIONS_NOT_SATISFIED), context
        data = context.waiting[: command.le or 256]
        return ResponseApdu(data, StatusWord.OK), replace(context, waiting=b"")
    outcome = _select(command, view) if command.ins == Ins.SELECT else process_files(command, view)
    after = replace(view, state=outcome.state, volatile=outcome.volatile)
    response = outcome.response
    if command.case == 2 and len(response.data) not in (0, command.le) and command.le != _ALL:
        return ResponseApdu(b"", 0x6C00 | len(response.data) & 0xFF), context
    if response.data and command.case != 2 and not expanded:
        waiting = FilesContext(after, response.data)
        return ResponseApdu(b"", 0x6100 | len(response.data) & 0xFF), waiting
    return response, FilesContext(after)


def _select(command: CommandApdu, view: View) -> Outcome:
    if command.p1 != _BY_NAME:
        return select_file(command, view)
    for adf in adfs(view):
        if command.data and adf.aid.octets.startswith(command.data):
            return adf.select(view)
    return view.refuse(StatusWord.FILE_NOT_FOUND)
