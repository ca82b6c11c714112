"""Faults of ES10b.GetEUICCChallenge."""

from dataclasses import replace
from hashlib import sha256
from typing import Final

from rspcore.messages.es10b import GetEuiccChallengeResponse
from rspsim.euicc.isdr.es10b import get_euicc_challenge
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session import SessionEvent, SessionState
from rspsim.faults.card.card_fault import CardFault, allows, answering_data, behind, swap, together

__all__ = ["FAULTS"]

_LENGTH: Final = 16


def _first_from_eid(outcome: Outcome, view: View) -> Outcome:
    """Returns a challenge that is made of the EID, where it is the first after a power-up."""
    if view.session.state is not SessionState.IDLE or view.session.challenge:
        return outcome
    challenge = sha256(view.state.eid.octets).digest()[:_LENGTH]
    session = replace(outcome.volatile.session, challenge=challenge)
    answer = GetEuiccChallengeResponse(euicc_challenge=challenge).encode()
    volatile = replace(outcome.volatile, session=session)
    return replace(answering_data(outcome, answer), volatile=volatile)


FAULTS: Final = (
    CardFault(
        "es10b.challenge.same-after-power-up",
        "The first euiccChallenge after each power-up is the same.",
        ("ES10b.GetEUICCChallenge#09",),
        behind(get_euicc_challenge.GET_EUICC_CHALLENGE, _first_from_eid),
    ),
    CardFault(
        "es10b.challenge.constant",
        "Every euiccChallenge is the same.",
        ("ES10b.GetEUICCChallenge#02", "ES10b.GetEUICCChallenge#03"),
        swap(get_euicc_challenge.CHALLENGE, lambda _rng: bytes(16)),
    ),
    CardFault(
        "es10b.challenge.keeps-session",
        "After a new challenge, the former RSP session can still be used.",
        ("ES10b.PrepareDownload#17", "ES10b.GetEUICCChallenge#05", "ES10b.PrepareDownload#19"),
        together(
            swap(get_euicc_challenge.DISCARDS, value=False),
            allows(SessionEvent.DOWNLOAD_PREPARED, SessionState.PREPARED, SessionState.CHALLENGED),
        ),
    ),
)
