"""One-time key pairs kept for a retry: found again, added, dropped (SGP.22 v2, 3.1.3 and 5.7.5).

A pair is kept from PrepareDownload on, so that a download that was cut, failed or was postponed can
be repeated with the same bound package. It is used again only for the SM-DP+ it was made for, and
only when that server names it. It is dropped when the Profile is installed, when the user refused,
and by a memory reset.
"""

from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.frozen import replace
from rspcore.ids import Oid
from rspcore.messages.es10b import CancelSessionReason
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import View
from rspsim.euicc.security import ecasd
from rspsim.euicc.state import CardState, OneTimeKey

__all__ = ["DROPPED", "KEPT_REASONS", "REUSABLE", "chosen", "dropped_after_cancel"]


def _reusable(kept: OneTimeKey, smdp_oid: Oid, curve: Curve, wanted: bytes) -> bool:
    """Returns whether a kept pair is the one a server names, and made for it."""
    return kept.public_point == wanted and kept.smdp_oid == smdp_oid and kept.curve is curve


def _dropped(state: CardState, key: PrivateKey) -> CardState:
    """Returns a state without a pair."""
    left = tuple(k for k in state.one_time_keys if k.public_point != key.public.point)
    return state if len(left) == len(state.one_time_keys) else replace(state, one_time_keys=left)


REUSABLE: Final = Decision(
    "one_time_keys.reusable", _reusable, "whether a kept pair is used again for a server"
)
DROPPED: Final = Decision("one_time_keys.dropped", _dropped, "a state without a pair")
KEPT_REASONS: Final[Decision[frozenset[int]]] = Decision(
    "one_time_keys.kept_reasons",
    frozenset(
        {
            CancelSessionReason.postponed,
            CancelSessionReason.timeout,
            CancelSessionReason.loadBppExecutionError,
            CancelSessionReason.undefinedReason,
        }
    ),
    "reasons of CancelSession after which a download may be tried again",
)


def chosen(
    view: View, smdp_oid: Oid, curve: Curve, wanted: bytes | None
) -> tuple[PrivateKey, CardState]:
    """Returns the pair for a download, and the state that keeps it.

    Args:
        view: The card.
        smdp_oid: registeredID of CERT.DPpb.
        curve: Curve of the key of CERT.DPpb.
        wanted: bppEuiccOtpk of smdpSigned2, or None.
    """
    state = view.state
    if not view.options.reuse_otpk:
        return ecasd.new_one_time_key(view, curve), state
    fits = view.decisions[REUSABLE]
    for kept in state.one_time_keys:
        if wanted is not None and fits(kept, smdp_oid, curve, wanted):
            return ecasd.restored(kept), state
    key = ecasd.new_one_time_key(view, curve)
    added = OneTimeKey(
        smdp_oid=smdp_oid, curve=curve, public_point=key.public.point, scalar=key.scalar
    )
    pairs = (*state.one_time_keys, added)[-view.options.one_time_key_capacity :]
    return key, replace(state, one_time_keys=pairs)


def dropped_after_cancel(view: View, reason: int) -> CardState:
    """Returns the state after a session was cancelled for a reason (5.7.14)."""
    prepared = view.session.download
    if prepared is None or reason in view.decisions[KEPT_REASONS]:
        return view.state
    return view.decisions[DROPPED](view.state, prepared.one_time_key)
