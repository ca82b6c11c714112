"""READ BINARY and UPDATE BINARY (ETSI TS 102 221, 11.1.3 and 11.1.4)."""

from rspcore.apdu import CommandApdu
from rspcore.frozen import replace
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import FileKind
from rspsim.euicc.uicc.access import AccessMode
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.target_file import Reached, reach, refusal

__all__ = ["read_binary", "update_binary"]

_SFI_FORM = 0x80


def _reach(command: CommandApdu, view: View) -> tuple[Reached | int, int]:
    """Returns the file a command names, or why not, and the offset in octets."""
    if command.p1 & _SFI_FORM:
        sfi = command.p1 & 0x1F
        if command.p1 & 0x60:
            return StatusWord.INCORRECT_P1_P2, 0
        return reach(CommandContext.of(view), sfi or None, (FileKind.TRANSPARENT,)), command.p2
    offset = command.p1 << 8 | command.p2
    return reach(CommandContext.of(view), None, (FileKind.TRANSPARENT,)), offset


def read_binary(command: CommandApdu, view: View) -> Outcome:
    """Answers with octets of a transparent file from an offset on."""
    reached, offset = _reach(command, view)
    if isinstance(reached, int):
        return view.refuse(reached)
    if command.data:
        return view.refuse(StatusWord.WRONG_LENGTH)
    refused = refusal(reached, AccessMode.READ)
    if refused is not None:
        return view.refuse(refused)
    body = reached.body.body
    if offset >= len(body):
        return view.refuse(StatusWord.WRONG_P1_P2)
    rest = body[offset:]
    whole = command.le is None or command.le == 256
    return reached.context.outcome(rest[:256] if whole else rest[: command.le])


def update_binary(command: CommandApdu, view: View) -> Outcome:
    """Writes octets of a transparent file from an offset on."""
    reached, offset = _reach(command, view)
    if isinstance(reached, int):
        return view.refuse(reached)
    if not command.data:
        return view.refuse(StatusWord.WRONG_LENGTH)
    refused = refusal(reached, AccessMode.UPDATE)
    if refused is not None:
        return view.refuse(refused)
    body = reached.body.body
    if offset >= len(body):
        return view.refuse(StatusWord.WRONG_P1_P2)
    end = offset + len(command.data)
    if end > len(body):
        return view.refuse(StatusWord.WRONG_LENGTH)
    changed = replace(reached.body, body=body[:offset] + command.data + body[end:])
    return reached.context.written(reached.context.content.with_file(changed))
