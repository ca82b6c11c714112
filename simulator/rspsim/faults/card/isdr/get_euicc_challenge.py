"""Faults of ES10b.GetEUICCChallenge."""

from typing import Final

from rspsim.euicc.isdr.es10b import get_euicc_challenge
from rspsim.euicc.session import SessionEvent, SessionState
from rspsim.faults.card.card_fault import CardFault, allows, swap, together

__all__ = ["FAULTS"]

FAULTS: Final = (
    CardFault(
        "es10b.challenge.constant",
        "Every euiccChallenge is the same.",
        ("ES10b.GetEUICCChallenge#02", "ES10b.GetEUICCChallenge#03"),
        swap(get_euicc_challenge.CHALLENGE, lambda _rng: bytes(16)),
    ),
    CardFault(
        "es10b.challenge.keeps-session",
        "After a new challenge, the former RSP session can still be used.",
        ("ES10b.GetEUICCChallenge#05", "ES10b.PrepareDownload#19"),
        together(
            swap(get_euicc_challenge.DISCARDS, value=False),
            allows(SessionEvent.DOWNLOAD_PREPARED, SessionState.PREPARED, SessionState.CHALLENGED),
        ),
    ),
)
