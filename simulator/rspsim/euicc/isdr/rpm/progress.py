"""How far the execution of an RPM package has come: a value that each command replaces."""

from rspcore.frozen import dataclass, replace
from rspcore.ids import Iccid
from rspcore.messages.es10c import ProfileState
from rspcore.messages.v3.rpm_package import RpmCommandResult, RpmCommandResultData
from rspsim.euicc import port_states
from rspsim.euicc.esim_ports import ports
from rspsim.euicc.outcome import View
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.euicc.state import CardState, PendingSwitch, Profile

__all__ = ["PortChange", "Progress"]


@dataclass(frozen=True, slots=True)
class PortChange:
    """A change of states that waits for its REFRESH.

    Attributes:
        number: eSIM Port; None on a card that works with one.
        switch: What to disable and enable there.
    """

    number: int | None
    switch: PendingSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What the commands so far have done.

    Attributes:
        view: The card; its state has what they deleted and updated, and no change of states.
        server: The SM-DP+ of the session.
        asked_port: targetEsimPort of the request, or None.
        changes: The changes of states that wait for the REFRESH at the end, one for each eSIM Port.
        enabled: A command enabled a Profile.
        disabled: A command disabled one.
        contacted: A command asked for a PCM Platform.
        results: The results so far.
        failed: The last command failed.
        ended: The rest of the package is not looked at.
    """

    view: View
    server: AuthenticatedServer
    asked_port: int | None = None
    changes: tuple[PortChange, ...] = ()
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

    def change_on(self, number: int | None) -> PendingSwitch | None:
        """Returns the change that waits on an eSIM Port, or None."""
        return next((one.switch for one in self.changes if one.number == number), None)

    def seen_on(self, number: int | None) -> View:
        """Returns the card as an eSIM Port sees it, changes that wait left aside."""
        view, known = self.view, ports.agreed(self.view)
        if known is None or number is None or number == known.in_use:
            return view
        whole = port_states.from_port(view.state, known.in_use)
        volatile = ports.turned(view.volatile, number)
        return replace(view, state=port_states.on_port(whole, number), volatile=volatile)

    def after_changes(self, number: int | None) -> View:
        """Returns the card as an eSIM Port sees it after every REFRESH."""
        view = self.seen_on(number)
        for one in self.changes:
            leaving = view.state.profile_by_aid(one.switch.disable)
            if leaving is not None:
                gone = replace(leaving, state=ProfileState.disabled, port=None)
                view = replace(view, state=view.state.with_profile(gone))
        return view

    def having_change(self, number: int | None, switch: PendingSwitch) -> "Progress":
        """Returns the progress with the change that waits on an eSIM Port."""
        others = tuple(one for one in self.changes if one.number != number)
        return replace(self, changes=(*others, PortChange(number, switch)))

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
