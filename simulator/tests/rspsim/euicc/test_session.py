"""The session table: every state by every event, and the card that follows it."""

import pytest

from rspcore.errors import LocalError
from rspsim.euicc.session import (
    TRANSITIONS,
    SessionEvent,
    SessionState,
    advance,
    permits,
)

S, E = SessionState, SessionEvent

# SGP.22 v2, 3.1.2, 5.7.5 to 5.7.7, 5.7.14 and 5.7.19, and what v3 adds, written a second time.
EVERYWHERE = {
    E.CHALLENGE_ISSUED: S.CHALLENGED,
    E.PROFILE_SWITCHED: S.IDLE,
    E.MEMORY_RESET: S.IDLE,
    E.CARD_RESET: S.IDLE,
}
LEGAL = {
    (S.IDLE, E.CANCEL_REFUSED): S.IDLE,
    (S.CHALLENGED, E.DP_AUTHENTICATED): S.AUTHENTICATED_DP,
    (S.CHALLENGED, E.DS_AUTHENTICATED): S.AUTHENTICATED_DS,
    (S.CHALLENGED, E.AUTHENTICATION_REFUSED): S.CHALLENGED,
    (S.CHALLENGED, E.AUTHENTICATION_REFUSED_FOR_GOOD): S.IDLE,
    (S.CHALLENGED, E.CANCEL_REFUSED): S.IDLE,
    (S.AUTHENTICATED_DP, E.DOWNLOAD_PREPARED): S.PREPARED,
    (S.AUTHENTICATED_DP, E.DOWNLOAD_REFUSED): S.AUTHENTICATED_DP,
    (S.AUTHENTICATED_DP, E.CANCELLED): S.IDLE,
    (S.AUTHENTICATED_DP, E.CANCEL_REFUSED): S.AUTHENTICATED_DP,
    (S.AUTHENTICATED_DP, E.RPM_EXECUTED): S.IDLE,
    (S.AUTHENTICATED_DP, E.CHANGE_PREPARED): S.CHANGE_PREPARED,
    (S.CHANGE_PREPARED, E.CHANGE_VERIFIED): S.IDLE,
    (S.CHANGE_PREPARED, E.CANCELLED): S.IDLE,
    (S.CHANGE_PREPARED, E.CANCEL_REFUSED): S.CHANGE_PREPARED,
    (S.AUTHENTICATED_DS, E.SMDS_RESPONSE_VERIFIED): S.IDLE,
    (S.AUTHENTICATED_DS, E.CANCELLED): S.IDLE,
    (S.AUTHENTICATED_DS, E.CANCEL_REFUSED): S.AUTHENTICATED_DS,
    (S.PREPARED, E.SEGMENT_ACCEPTED): S.LOADING,
    (S.PREPARED, E.RESULT_MADE): S.IDLE,
    (S.PREPARED, E.CANCELLED): S.IDLE,
    (S.PREPARED, E.CANCEL_REFUSED): S.PREPARED,
    (S.LOADING, E.SEGMENT_ACCEPTED): S.LOADING,
    (S.LOADING, E.RESULT_MADE): S.IDLE,
    (S.LOADING, E.CANCELLED): S.IDLE,
    (S.LOADING, E.CANCEL_REFUSED): S.LOADING,
}


@pytest.mark.parametrize("event", SessionEvent)
@pytest.mark.parametrize("state", SessionState)
def test_every_event_in_every_state_follows_the_clause(state, event):
    expected = EVERYWHERE.get(event, LEGAL.get((state, event)))
    assert permits(TRANSITIONS, state, event) is (expected is not None)
    if expected is not None:
        assert advance(TRANSITIONS, state, event) is expected
    else:
        with pytest.raises(LocalError, match=event.name):
            advance(TRANSITIONS, state, event)


def test_reset_ends_the_session(lab):
    lab.challenge()
    assert lab.card.volatile.session.state is S.CHALLENGED
    lab.start()
    assert lab.card.volatile.session.state is S.IDLE


def test_new_challenge_discards_server_and_download(lab):
    lab.prepared(lab.server())
    assert lab.card.volatile.session.state is S.PREPARED
    lab.challenge()
    session = lab.card.volatile.session
    assert (session.state, session.server, session.download) == (S.CHALLENGED, None, None)
