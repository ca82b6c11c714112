"""The subject of the checks of enabling, disabling and deleting: a Profile named by a request."""

from typing import Final

from rspcore.frozen import dataclass
from rspcore.ids import Aid, Iccid
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import View
from rspsim.euicc.state import CardState, Profile

__all__ = ["NAMED", "ProfileAttempt"]


def _named(state: CardState, isdp_aid: Aid | None, iccid: Iccid | None, /) -> Profile | None:
    """Returns the Profile of an AID or, without one, of an ICCID."""
    if isdp_aid is not None:
        return state.profile_by_aid(isdp_aid)
    return state.profile_by_iccid(iccid)


NAMED: Final = Decision("es10c.named", _named, "Profile that an AID or ICCID names")


@dataclass(frozen=True, slots=True)
class ProfileAttempt:
    """The Profile a request names, and the view, for the checks.

    Attributes:
        isdp_aid: AID of its ISD-P, or None.
        iccid: Its ICCID, or None.
        view: The card.
    """

    isdp_aid: Aid | None
    iccid: Iccid | None
    view: View

    @property
    def profile(self) -> Profile | None:
        """Returns the Profile named, or None when there is none."""
        return self.view.decisions[NAMED](self.view.state, self.isdp_aid, self.iccid)

    @property
    def enabled(self) -> bool:
        """Returns whether the Profile named is enabled, on this eSIM Port or another one."""
        profile = self.profile
        return profile is not None and (profile.enabled or profile.port is not None)

    @property
    def current(self) -> Profile | None:
        """Returns the Profile that is enabled now."""
        return self.view.state.enabled_profile

    @property
    def no_switch_waits(self) -> bool:
        """Returns whether no change waits for its REFRESH, on any eSIM Port."""
        return not self.view.state.change_waits

    @property
    def cat_free(self) -> bool:
        """Returns whether the toolkit lets the card ask for a REFRESH (5.7.16).

        A change that waits excludes the next one; any other proactive command is ended by the
        card, unless its option is to refuse.
        """
        busy = self.view.volatile.cat.command is not None and self.view.options.cat_busy
        return self.view.state.pending_switch is None and not busy
