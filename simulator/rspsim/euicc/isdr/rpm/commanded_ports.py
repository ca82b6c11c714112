"""The eSIM Port that a command of an RPM package acts on (SGP.22 v3.1, 2.12, 5.7).

In MEP-A1 the LPA names the port of an enable beside the package; where it names none, and in
MEP-A2, the eUICC chooses, with the rules of EnableProfile in MEP-A2. In MEP-B it is the port of
LoadRpmPackage. A Profile is disabled where it is enabled. That the eUICC chooses in MEP-A1 is no
rule of a public text.
"""

from typing import Final

from rspcore.frozen import dataclass
from rspcore.ids import Iccid
from rspcore.messages.v3 import profile_management as v3
from rspsim.euicc.decisions import Decision, first_refusal
from rspsim.euicc.esim_ports import ports
from rspsim.euicc.isdr.es10c import port_targets
from rspsim.euicc.isdr.es10c.port_targets import DisableAttempt, TargetAttempt
from rspsim.euicc.isdr.es10c.profile_attempt import ProfileAttempt
from rspsim.euicc.isdr.rpm.progress import Progress
from rspsim.euicc.options import TargetPort
from rspsim.euicc.state import Profile

__all__ = ["ASKED", "CommandedPort", "to_disable", "to_enable"]


@dataclass(frozen=True, slots=True)
class CommandedPort:
    """Where a command acts.

    Attributes:
        number: eSIM Port; None on a card that works with one.
        refusal: Code of the result where there is no such port, or None.
        named: targetEsimPort of the result; None where the eUICC did not choose.
    """

    number: int | None = None
    refusal: int | None = None
    named: int | None = None


def _asked(number: int | None, /) -> int | None:
    return number


ASKED: Final = Decision("rpm.asked_port", _asked, "targetEsimPort of LoadRpmPackage, as followed")


def to_enable(progress: Progress, iccid: Iccid) -> CommandedPort:
    """Returns the port on which a package enables a Profile."""
    view = progress.view
    known = ports.agreed(view)
    if known is None:
        return CommandedPort()
    attempt = ProfileAttempt(None, iccid, progress.after_changes(known.in_use))
    asked = view.decisions[ASKED](progress.asked_port)
    target = TargetAttempt(attempt, known, asked, refresh=True, remote=True)
    refusal = first_refusal(view.decisions[port_targets.CHECKS], target)
    number = view.decisions[port_targets.CHOSEN](target)
    leaving = (one.number for one in progress.changes if one.switch.disable is not None)
    profile = progress.profile(iccid)
    if refusal is None and profile is not None and profile.port is not None:
        elsewhere = profile.port in leaving and profile.port != number
        refusal = v3.EnableResult.profileNotInDisabledState if elsewhere else None
    if refusal == v3.EnableResult.commandError:
        undefined = view.options.target_port is TargetPort.UNDEFINED_ERROR
        refusal = v3.EnableResult.undefinedError if undefined else refusal
    return CommandedPort(number, refusal, number if target.card_chooses else None)


def to_disable(progress: Progress, profile: Profile | None) -> CommandedPort:
    """Returns the port on which a package disables a Profile: the one where it is enabled."""
    view = progress.view
    known = ports.agreed(view)
    if known is None or profile is None or profile.port is None:
        return CommandedPort(None if known is None else known.in_use)
    number = view.decisions[port_targets.PORT_OF_PROFILE](profile, known)
    attempt = DisableAttempt(view, known, number)
    return CommandedPort(
        number, first_refusal(view.decisions[port_targets.DISABLE_CHECKS], attempt)
    )
