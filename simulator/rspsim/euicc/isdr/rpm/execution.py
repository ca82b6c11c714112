"""The execution of an RPM package: its commands in order, and why the rest is not looked at.

A package that is too large, a command that cannot be read, one after contactPcmp and a second
change that would need a REFRESH end the package; what was done before stays done, and its results
stand before the reason. A failure ends it unless the command says otherwise; then no reason stands
there.

Source: SGP.22 v3.1, 5.7 (LoadRpmPackage).
"""

from collections.abc import Iterator
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.messages.v3.rpm_package import (
    RpmCommand,
    RpmCommandDetails,
    RpmProcessingTerminated,
    SmdpSigned3,
)
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.rpm.commands import carried_out
from rspsim.euicc.isdr.rpm.progress import Progress

__all__ = ["CHECKS", "GOES_ON", "LONGEST", "Next", "executed"]

LONGEST: Final = Decision("rpm.longest", 1057, "longest value of rpmPackage, in octets")


@dataclass(frozen=True, slots=True)
class Next:
    """The command that is next, and what came before it."""

    details: RpmCommandDetails
    progress: Progress

    @property
    def single_refresh(self) -> bool:
        """Returns whether one REFRESH is enough: one change, or one to disable, then to enable."""
        if self.details.enable is not None:
            return not self.progress.enabled
        if self.details.disable is not None:
            return not self.progress.enabled and not self.progress.disabled
        return True


_R = RpmProcessingTerminated

CHECKS: Final[Decision[Checks[Next]]] = Decision(
    "rpm.package",
    (
        Check("before_contact", lambda n: not n.progress.contacted, _R.commandAfterContactPcmp),
        Check("single_refresh", lambda n: n.single_refresh, _R.commandsWithRefreshExceeded),
    ),
    "checks of a command by those before it",
)


def _goes_on(progress: Progress, command: RpmCommand, /) -> bool:
    return not progress.failed or bool(command.continue_on_failure)


GOES_ON: Final = Decision("rpm.goes_on", _goes_on, "whether a package goes on after a command")


def _size(signed: SmdpSigned3) -> int:
    found = tlv.parse(signed.encode()).find(0xA1)
    return 0 if found is None else len(found.value)


def executed(progress: Progress, signed: SmdpSigned3) -> Iterator[Progress]:
    """Carries out a package whose signature is good.

    Args:
        progress: The card before it.
        signed: What the server signed.

    Yields:
        What was done after each command; nothing where the package is empty.
    """
    decisions = progress.view.decisions
    if _size(signed) > decisions[LONGEST]:
        yield progress.terminated(_R.commandPackageTooLarge)
        return
    for octets in signed.rpm_package:
        progress = _one(progress, octets)
        yield progress
        if progress.ended:
            return


def _one(progress: Progress, octets: bytes) -> Progress:
    decisions, before = progress.view.decisions, progress
    try:
        command = RpmCommand.decode(octets)
        details = command.details
    except DecodeError:
        return progress.terminated(_R.unknownOrDamagedCommand)
    reason = first_refusal(decisions[CHECKS], Next(details, progress))
    if reason is not None:
        return progress.terminated(reason)
    progress = carried_out(progress, details)
    room = progress.view.options.rpm_result_capacity
    if sum(len(one.encode()) for one in progress.results) > room:
        return before.terminated(_R.resultSizeOverflow)
    if decisions[GOES_ON](progress, command):
        return progress
    return replace(progress, ended=True)
