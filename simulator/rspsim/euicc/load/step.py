"""What a command of ES8+ takes and returns: the load goes on, fails or is finished."""

import logging
from collections.abc import Mapping
from typing import Final

from rspcore import tlv
from rspcore.crypto.bsp import Bsp, BspError, BspSecurityError, BspStructureError
from rspcore.errors import DecodeError
from rspcore.frozen import changer, dataclass
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import Tag
from rspcore.tlv import Tlv
from rspsim.euicc.decisions import Decision
from rspsim.euicc.load_progress import Load
from rspsim.euicc.options import SegmentLimit
from rspsim.euicc.outcome import View
from rspsim.euicc.session_context import AuthenticatedServer, PreparedDownload

__all__ = [
    "GROUPED",
    "REASONS",
    "UNPROTECT",
    "UNPROTECT_MAC_ONLY",
    "UNREADABLE",
    "Failure",
    "Finished",
    "Step",
    "single",
    "unprotected",
]

_LOG: Final = logging.getLogger(__name__)
_TOO_LONG: Final = (
    "a segment %X of %d octets is refused: option segment-limit is %d; "
    "--option segment-limit=%s takes longer ones, as some servers make them"
)


_with_bsp: Final = changer(Load, "bsp")


@dataclass(frozen=True, slots=True)
class Step:
    """A load in progress and the view for its next segment.

    Attributes:
        view: The card.
        load: The load as it stands.
        server: The server of the session.
        download: The prepared download.
    """

    view: View
    load: Load
    server: AuthenticatedServer
    download: PreparedDownload


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a load ends: the command, the reason, and EUICCResponse when there is one.

    `load` is the load as far as it got, so that the result can name its ICCID.
    """

    command: int
    reason: int
    response: bytes | None = None
    load: Load | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A load that is complete and accepted, and EUICCResponse for its result."""

    load: Load
    response: bytes


def _unprotect(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    return bsp.unprotect(one)


def _unprotect_mac_only(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    return bsp.unprotect_mac_only(one)


def _grouped(octets: bytes, tag: int, /) -> Tlv | None:
    """Returns the one 87 that fills a group A0 or A2, None when there is none."""
    group = single(octets, tag)
    return None if group is None else single(group.value, Tag.Protected87)


UNPROTECT = Decision("bsp.unprotect", _unprotect, "plaintext of 86 or 87, and the BSP after it")
UNPROTECT_MAC_ONLY = Decision(
    "bsp.unprotect_mac_only", _unprotect_mac_only, "content of 88, and the BSP after it"
)
REASONS: Final[Decision[Mapping[type[BspError], int]]] = Decision(
    "bsp.reasons",
    {
        BspStructureError: ErrorReason.scp03tStructureError,
        BspSecurityError: ErrorReason.scp03tSecurityError,
    },
    "why a load ends whose data object cannot be opened",
)
GROUPED: Final = Decision("es8p.grouped", _grouped, "the data object in a group A0 or A2")
UNREADABLE: Final[Decision[int]] = Decision(
    "es8p.unreadable",
    ErrorReason.incorrectInputValues,
    "why a load ends whose command cannot be read",
)


def single(octets: bytes | memoryview, tag: int) -> Tlv | None:
    """Returns the one data object that fills the octets, None when it is not this one."""
    try:
        one = tlv.parse(octets)
    except DecodeError:
        return None
    return one if one.tag == tag else None


def unprotected(
    step: Step, one: Tlv | None, command: BppCommandId, *, mac_only: bool = False
) -> tuple[bytes, Load] | Failure:
    """Opens one protected data object.

    Args:
        step: Where the load stands; a secure channel is open.
        one: The data object, None when the segment held none.
        command: Command it belongs to, for the result.
        mac_only: True for 88.

    Returns:
        Its content and the load with the BSP after it, or why it cannot be opened.
    """
    bsp = step.load.bsp
    decisions = step.view.decisions
    reasons = decisions[REASONS]
    if one is None or bsp is None:
        return Failure(command, reasons[BspStructureError])
    opening = decisions[UNPROTECT_MAC_ONLY] if mac_only else decisions[UNPROTECT]
    try:
        content, after = opening(bsp, one)
    except BspStructureError:
        if len(one.raw) > bsp.max_tlv:
            _LOG.warning(_TOO_LONG, one.tag, len(one.raw), bsp.max_tlv, SegmentLimit.TOLERANT)
        return Failure(command, reasons[BspStructureError])
    except BspSecurityError:
        return Failure(command, reasons[BspSecurityError])
    return content, _with_bsp(step.load, after)
