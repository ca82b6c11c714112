"""ES8+.ConfigureISDP: makes the ISD-P and takes the SM-DP+'s own data (SGP.22 v2, 5.5.2)."""

from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Oid
from rspcore.messages.es8p import ConfigureIsdpRequest
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import Tag
from rspsim.euicc import isdp, memory
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.load.step import GROUPED, UNREADABLE, Failure, Step, unprotected
from rspsim.euicc.load_progress import Load, LoadPosition

__all__ = ["CHECKS", "IsdpAttempt", "configure"]

_COMMAND = BppCommandId.configureISDP
_LONGEST = 128
"""Most octets of dpProprietaryData, tag and length included."""


@dataclass(frozen=True, slots=True)
class IsdpAttempt:
    """A request and the load for its checks."""

    request: ConfigureIsdpRequest
    step: Step

    @property
    def data_fits(self) -> bool:
        """Returns whether dpProprietaryData is not too long."""
        return len(self.request.dp_proprietary_data or b"") <= _LONGEST

    @property
    def owner_fits(self) -> bool:
        """Returns whether dpProprietaryData, if any, names the SM-DP+ of the session."""
        data = self.request.dp_proprietary_data
        if data is None:
            return True
        try:
            named = tlv.parse(data).find(0x80)
            return named is not None and Oid.from_content(named.value) == (
                self.step.download.smdp_oid
            )
        except DecodeError:
            return False

    @property
    def room(self) -> bool:
        """Returns whether there is memory for one more ISD-P, and an AID."""
        free = self.step.view.decisions[memory.FREE](self.step.view.state)
        aid = self.step.view.decisions[isdp.FREE_AID](self.step.view.state)
        return free >= memory.ISDP_SIZE and aid is not None


_E = ErrorReason

CHECKS: Final[Decision[Checks[IsdpAttempt]]] = Decision(
    "es8p.configure_isdp",
    (
        Check("dp_proprietary_data", lambda a: a.data_fits, _E.incorrectInputValues),
        Check("dp_oid", lambda a: a.owner_fits, _E.incorrectInputValues),
        Check("memory", lambda a: a.room, _E.installFailedDueToInsufficientMemoryForProfile),
    ),
    "checks of ConfigureISDP",
)


def configure(octets: bytes, step: Step) -> Load | Failure:
    """Takes the segment A0: its header and one 87."""
    one = step.view.decisions[GROUPED](octets, Tag.FirstSequenceOf87)
    opened = unprotected(step, one, _COMMAND)
    if isinstance(opened, Failure):
        return opened
    content, load = opened
    try:
        request = ConfigureIsdpRequest.decode(content)
    except DecodeError:
        return Failure(_COMMAND, step.view.decisions[UNREADABLE])
    reason = first_refusal(step.view.decisions[CHECKS], IsdpAttempt(request, step))
    if reason is not None:
        return Failure(_COMMAND, reason)
    return replace(
        load,
        position=LoadPosition.CONFIGURED,
        aid=step.view.decisions[isdp.FREE_AID](step.view.state),
        dp_proprietary_data=request.dp_proprietary_data,
    )
