"""How far the execution of an RPM package has come: a value that each command replaces."""

from rspcore.frozen import dataclass, replace
from rspcore.ids import Iccid
from rspcore.messages.es10c import ProfileState
from rspcore.messages.v3.rpm_package import RpmCommandResult, RpmCommandResultData
from rspsim.euicc.outcome import View
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.euicc.state import CardState, PendingSwitch, Profile

__all__ = ["Progress"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What the commands so far have done.

    Attributes:
        view: The card; its state has what they deleted and updated, and no change of states.
        server: The SM-DP+ of the session.
        change: The change of states that waits for the one REFRESH at the end, or None.
        enabled: A command enabled a Profile.
        disabled: A command disabled one.
        contacted: A command asked for a PCM Platform.
        results: The results so far.
        failed: The last command failed.
        ended: The rest of the package is not looked at.
    """

    view: View
    server: AuthenticatedServer
    change: PendingSwitch | None = None
    enabled: bool = False
    disabled: bool = False
    contacted: bool = False
    results: tuple[RpmCommandResult, ...] = ()
    failed: bool = False
    ended: bool = False

    @property
    def state(self) -> CardState:
        """Returns the state of the card so far."""
        return self.view.state

    @property
    def after_change(self) -> View:
        """Returns the card as it will be after the REFRESH, for the checks of EnableProfile."""
        change = self.change
        leaving = None if change is None else self.state.profile_by_aid(change.disable)
        if leaving is None:
            return self.view
        gone = replace(leaving, state=ProfileState.disabled)
        return replace(self.view, state=self.state.with_profile(gone))

    def profile(self, iccid: Iccid) -> Profile | None:
        """Returns the Profile of an ICCID, or None."""
        return self.state.profile_by_iccid(iccid)

    def with_state(self, state: CardState) -> "Progress":
        """Returns the progress with another state of the card."""
        return replace(self, view=replace(self.view, state=state))

    def having(
        self, data: RpmCommandResultData, iccid: Iccid | None = None, *, failed: bool
    ) -> "Progress":
        """Returns the progress with the result of one command more."""
        result = RpmCommandResult.of(data, iccid)
        return replace(self, results=(*self.results, result), failed=failed)

    def terminated(self, reason: int) -> "Progress":
        """Returns the progress at the end of a package whose rest is not looked at."""
        data = RpmCommandResultData(rpm_processing_terminated=reason)
        return replace(self.having(data, failed=True), ended=True)
