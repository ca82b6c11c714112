"""Variations of the order of lists, and of the numbers that things get."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.ids import Aid
from rspcore.messages.es10b import SearchCriteria
from rspcore.tags import ISDP_PREFIX
from rspsim.euicc import isdp, notifications, startup
from rspsim.euicc.isdr.es10b import list_notification, retrieve_notifications_list
from rspsim.euicc.isdr.es10b.list_notification import EventFilter, Pending
from rspsim.euicc.isdr.es10c import get_profiles_info
from rspsim.euicc.outcome import View
from rspsim.euicc.state import CardState, CiCredential, Profile
from rspsim.variations.variation import Change, Variation, swap, together

__all__ = ["VARIATIONS"]

Order = Callable[[Pending], Pending]

_LISTS: Final = "SGP.22, 5.7.9 and 5.7.15: the order of a list is not given"


def _reversed(view: View, /) -> tuple[Profile, ...]:
    return view.state.profiles[::-1]


def _enabled_first(view: View, /) -> tuple[Profile, ...]:
    return tuple(sorted(view.state.profiles, key=lambda one: not one.enabled))


def _by_event(pending: Pending) -> Pending:
    return tuple(sorted(pending, key=lambda one: (one.event, one.seq_number)))


def _newest_first(pending: Pending) -> Pending:
    return pending[::-1]


def _sorted(order: Order) -> Change:
    def listed(pending: Pending, events: frozenset[int] | None, passes: EventFilter) -> Pending:
        return order(list_notification.LISTED.standard(pending, events, passes))

    def found(pending: Pending, criteria: SearchCriteria | None, passes: EventFilter) -> Pending:
        return order(retrieve_notifications_list.FOUND.standard(pending, criteria, passes))

    return together(
        swap(list_notification.LISTED, listed), swap(retrieve_notifications_list.FOUND, found)
    )


def _aid_from(first: int, step: int) -> Change:
    def free_aid(state: CardState, /) -> Aid | None:
        used = {profile.aid for profile in state.profiles}
        for number in range(first, 0x10000, step):
            aid = Aid(ISDP_PREFIX + number.to_bytes(2, "big") + b"\x00")
            if aid not in used:
                return aid
        return None

    return swap(isdp.FREE_AID, free_aid)


def _identifier(credential: CiCredential) -> bytes:
    return credential.ci_pkid


def _credentials_turned(state: CardState, /) -> CardState:
    """Returns a state whose CIs stand in the other order, as another EUM would have them."""
    return replace(state, credentials=tuple(sorted(state.credentials, key=_identifier)))


VARIATIONS: Final = (
    Variation(
        name="lists.profiles-newest-first",
        summary="Profiles are listed in the order of their installation, the newest first.",
        legal_by=_LISTS,
        octets="order of E3 in BF2D",
        change=swap(get_profiles_info.PRESENT, _reversed),
    ),
    Variation(
        name="lists.profiles-enabled-first",
        summary="The Enabled Profile is listed first.",
        legal_by=_LISTS,
        octets="order of E3 in BF2D",
        change=swap(get_profiles_info.PRESENT, _enabled_first),
    ),
    Variation(
        name="lists.notifications-by-event",
        summary="Notifications are listed by event.",
        legal_by="9eSIM lists 0, 4, 1, 2, 3, 5; " + _LISTS,
        octets="order of BF2F in BF28, and of what BF2B has",
        change=_sorted(_by_event),
    ),
    Variation(
        name="lists.notifications-newest-first",
        summary="The newest Notification is listed first.",
        legal_by=_LISTS,
        octets="order of BF2F in BF28, and of what BF2B has",
        change=_sorted(_newest_first),
    ),
    Variation(
        name="lists.numbers-from-0",
        summary="The first Notification has the number 0.",
        legal_by="SGP.22, 3.5: a number that rises; 9eSIM, Saily, CSL",
        octets="80 in BF2F",
        options=("first-seq-number=0",),
    ),
    Variation(
        name="lists.numbers-from-501",
        summary="The first Notification has a number of two octets.",
        legal_by="SGP.22, 3.5: a number that rises; eSIM.me (01F5)",
        octets="80 in BF2F",
        options=("first-seq-number=501",),
    ),
    Variation(
        name="lists.numbers-with-sign-octet",
        summary="The numbers of Notifications need a leading zero octet.",
        legal_by="X.690, 8.3: INTEGER has a sign; recorded 80020094",
        octets="80 in BF2F",
        options=("first-seq-number=148",),
    ),
    Variation(
        name="lists.numbers-with-gaps",
        summary="Numbers of Notifications rise by three.",
        legal_by="SGP.22, 3.5: a number that rises",
        octets="80 in BF2F",
        change=swap(notifications.NEXT_NUMBER, lambda number: number + 3),
    ),
    Variation(
        name="lists.isdp-from-1200",
        summary="The first ISD-P has an AID that ends in 1200, the next in 1300.",
        legal_by="SGP.22, annex H: any of the range; 5ber, Xesim, Saily, CSL",
        octets="4F in BF2D and BF37",
        change=_aid_from(0x12, 1),
    ),
    Variation(
        name="lists.isdp-scattered",
        summary="AIDs of ISD-Ps lie far apart.",
        legal_by="SGP.22, annex H: any of the range",
        octets="4F in BF2D and BF37",
        change=_aid_from(0x07F3, 0x0111),
    ),
    Variation(
        name="lists.cis-in-other-order",
        summary="The CIs stand in the order of their key identifiers.",
        legal_by="SGP.22, 5.7.8: the order of preference is the EUM's",
        octets="A9 and AA of EUICCInfo1 and EUICCInfo2",
        change=swap(startup.KEPT, _credentials_turned),
    ),
)
