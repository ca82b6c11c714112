"""What a file command works with: the content in force, the place of its channel, its rights.

`CommandContext` joins what a command needs of a `View`, and puts its changes back into an
`Outcome`. Without an enabled Profile the content is the card's own small file system (SGP.22 v2,
2.4).
"""

from typing import Final

from rspcore.apdu import ResponseApdu
from rspcore.frozen import changer, dataclass, maker, replace
from rspcore.status import StatusWord
from rspsim.euicc.channel_context import FileContext
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import (
    AccessRuleReference,
    File,
    FileKind,
    FileSystem,
    Path,
    ProfileContent,
)
from rspsim.euicc.state import CardState, Channel
from rspsim.euicc.uicc.access import ALLOWED, AccessMode

__all__ = ["CONTENT", "EMPTY_CARD", "CommandContext"]

_READ_ALWAYS = AccessRuleReference(fid=0x2F06, record=1)


def _transparent(fid: int, body: bytes, sfi: int | None = None) -> File:
    return File(path=(fid,), kind=FileKind.TRANSPARENT, body=body, sfi=sfi, access=_READ_ALWAYS)


EMPTY_CARD: Final = ProfileContent(
    files=FileSystem(
        (
            File(path=(), kind=FileKind.MF, access=_READ_ALWAYS),
            File(
                path=(0x2F06,),
                kind=FileKind.LINEAR_FIXED,
                body=bytes.fromhex("8001019000"),
                record_length=5,
                sfi=0x06,
                access=_READ_ALWAYS,
            ),
            _transparent(0x2F08, bytes.fromhex("3C05000000"), 0x08),
            _transparent(0x2F11, bytes.fromhex("01")),
        )
    )
)
"""What a terminal finds without an enabled Profile: the MF, EF.ARR, EF.UMPC and EF ENV-CLASSES.

The identifier of EF ENV-CLASSES (2F11) is a choice of this card; no reference at hand names it.
"""


def _content(state: CardState) -> ProfileContent:
    enabled = state.enabled_profile
    return EMPTY_CARD if enabled is None else enabled.content


CONTENT: Final = Decision("uicc.content", _content, "file system a terminal sees")


_at: Final = changer(Channel, "files", "transfer")


@dataclass(frozen=True, slots=True)
class CommandContext:
    """A view joined with the content in force and the place of its channel."""

    view: View
    content: ProfileContent
    place: FileContext

    @staticmethod
    def of(view: View) -> "CommandContext":
        """Sets up the context for the command's channel."""
        return _context_of(view, view.decisions[CONTENT](view.state), view.channel.files)

    def file(self, path: Path | None) -> File | None:
        """Returns the file at a path, or None."""
        return None if path is None else self.content.files.get(path)

    @property
    def directory(self) -> File | None:
        """Returns the current directory; None when a switch removed it."""
        return self.file(self.place.directory)

    def allows(self, one: File, mode: AccessMode, instruction: int | None = None) -> bool:
        """Returns whether the access rules of a file allow a command now."""
        verified = self.view.volatile.verified_pins
        return self.view.decisions[ALLOWED](self.content, verified, one, mode, instruction)

    def refuse(self, sw: int) -> Outcome:
        """Refuses the command; nothing changes."""
        return self.view.refuse(sw)

    def moved(self, place: FileContext) -> "CommandContext":
        """Returns a context whose channel stands elsewhere."""
        if place is self.place or place == self.place:
            return self
        channel = self.view.channel
        transfer = channel.transfer
        if place.file != self.place.file:  # an open transfer belongs to the file left
            transfer = None
        view = self.view.with_channel(_at(channel, place, transfer))
        return CommandContext(view, self.content, place)

    def outcome(self, data: bytes = b"", sw: int = StatusWord.OK) -> Outcome:
        """Answers; the place of the channel and the content are in force from now on."""
        return self.view.outcome(data, sw)

    def written(self, changed: ProfileContent, data: bytes = b"") -> Outcome:
        """Answers 9000 with a changed content of the enabled Profile."""
        return self.changed(changed, ResponseApdu(data, StatusWord.OK))

    def changed(self, content: ProfileContent, response: ResponseApdu) -> Outcome:
        """Answers with a changed content, whatever the status word: a wrong PIN changes, too."""
        state = self.view.state
        enabled = state.enabled_profile
        if enabled is not None and content is not enabled.content:
            state = state.with_profile(replace(enabled, content=content))
        return self.view.outcome(response.data, response.sw, state=state)


_context_of: Final = maker(CommandContext)
