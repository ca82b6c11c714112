"""ES8+.LoadProfileElements: the profile package, segment by segment (SGP.22 v2, 5.5.5)."""

from typing import Final

from rspcore import tlv
from rspcore.frozen import changer, replace
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import Tag
from rspsim.euicc import memory
from rspsim.euicc.decisions import Decision
from rspsim.euicc.load.step import Failure, Finished, Step, single, unprotected
from rspsim.euicc.load_progress import Load, LoadPosition
from rspsim.euicc.profile_content import installer
from rspsim.euicc.profile_content.installer import Refusal

__all__ = ["COMPLETE", "FITS", "begin_elements", "take_elements"]

_taken: Final = changer(Load, "installation", "remaining")
_COMMAND = BppCommandId.loadProfileElements


def _fits(length: int, remaining: int, /) -> bool:
    return length <= remaining


def _complete(load: Load, /) -> bool:
    return not load.remaining


FITS: Final = Decision(
    "es8p.load_profile_elements.fits", _fits, "whether a segment is not longer than what is due"
)
COMPLETE: Final = Decision(
    "es8p.load_profile_elements.complete", _complete, "whether the last segment was there"
)


def begin_elements(octets: bytes, step: Step) -> Load | Failure | None:
    """Takes the segment A3: a header alone; the 86s follow one by one.

    Returns:
        The load, why it fails, or None when the segment is not a header alone.
    """
    _, header, length = tlv.read_header(octets)
    if len(octets) != header:
        return None
    if length == 0:
        return Failure(_COMMAND, ErrorReason.installFailedDueToPEProcessingError)
    return replace(step.load, position=LoadPosition.IN_ELEMENTS, remaining=length)


def take_elements(octets: bytes, step: Step) -> Load | Failure | Finished:
    """Takes one 86; with the last one judges the whole package."""
    one = single(octets, Tag.Protected86)
    if one is not None and not step.view.decisions[FITS](len(one.raw), step.load.remaining):
        one = None
    opened = unprotected(step, one, _COMMAND)
    if isinstance(opened, Failure):
        return opened
    content, load = opened
    view = step.view
    room = view.decisions[memory.FREE](view.state) - memory.profile_size(
        0, len(load.metadata_octets)
    )
    installation = installer.fed(
        load.installation, content, view.state.personality, view.decisions, room
    )
    if isinstance(installation, Refusal):
        return Failure(_COMMAND, installation.reason, installation.response)
    load = _taken(load, installation, load.remaining - len(octets))
    return _judged(load, step) if view.decisions[COMPLETE](load) else load


def _judged(load: Load, step: Step) -> Failure | Finished:
    if load.metadata is None:
        return Failure(_COMMAND, ErrorReason.installFailedDueToUnknownError)
    judged = installer.finished(load.installation, load.metadata, step.view.decisions)
    if isinstance(judged, Refusal):
        return Failure(_COMMAND, judged.reason, judged.response)
    return Finished(load, judged)
