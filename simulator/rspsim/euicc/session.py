"""The RSP session of a card as a state machine: states, events, one transition table.

How it works. A card holds one session at a time (SGP.22 v2, 3.1.2). It begins with
GetEUICCChallenge and grows: a challenge, then an authenticated server, then a prepared download,
then a load in progress. Nothing about it is persistent; a reset ends it. `TRANSITIONS` holds every
legal step. A function first asks `permits(state, event)`: a pair that is not in the table is
refused with the code the function's clause names, so that every illegal order of commands is
refused by the same lookup. After all other checks it calls `advance`.

Notes on four rows:

- `CHALLENGE_ISSUED` stands in every row: a new challenge discards whatever was there, a partly
  loaded Profile included (3.1.2).
- The two ways to be authenticated differ in one entry: a session with an SM-DS may be cancelled,
  but no download can be prepared in it (5.7.5).
- A refused CancelSession ends a session that has no TransactionID yet and keeps one that has
  (5.7.14), and a refused AuthenticateServer keeps the challenge or not, as the option
  `authenticate_retry` says. Refusals are events like others, so the table shows both.
- `RESULT_MADE` is one event for success and failure of an installation: with the
  ProfileInstallationResult the session ends in both cases (5.7.6).

The machine inside a load, which segment may follow which, has a table of its own, in
`rspsim.euicc.load.segments`. What a session has established is in `rspsim.euicc.session_context`.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from rspcore.errors import LocalError
from rspsim.euicc.decisions import Decision

__all__ = [
    "SESSION_TABLE",
    "TRANSITIONS",
    "SessionEvent",
    "SessionState",
    "Transitions",
    "advance",
    "permits",
]


class SessionState(Enum):
    """The states of a session."""

    IDLE = auto()
    CHALLENGED = auto()
    AUTHENTICATED_DP = auto()
    AUTHENTICATED_DS = auto()
    PREPARED = auto()
    CHANGE_PREPARED = auto()
    LOADING = auto()


class SessionEvent(Enum):
    """What can happen to a session."""

    CHALLENGE_ISSUED = auto()
    AUTHENTICATION_REFUSED = auto()
    AUTHENTICATION_REFUSED_FOR_GOOD = auto()
    DP_AUTHENTICATED = auto()
    DS_AUTHENTICATED = auto()
    DOWNLOAD_REFUSED = auto()
    DOWNLOAD_PREPARED = auto()
    SEGMENT_ACCEPTED = auto()
    RESULT_MADE = auto()
    RPM_EXECUTED = auto()
    CHANGE_PREPARED = auto()
    CHANGE_VERIFIED = auto()
    SMDS_RESPONSE_VERIFIED = auto()
    CANCELLED = auto()
    CANCEL_REFUSED = auto()
    PROFILE_SWITCHED = auto()
    MEMORY_RESET = auto()
    CARD_RESET = auto()


_S = SessionState
_E = SessionEvent

_ANYWHERE: Final = {
    _E.CHALLENGE_ISSUED: _S.CHALLENGED,  # 5.7.7: always a new session
    _E.PROFILE_SWITCHED: _S.IDLE,  # 5.7.16: may be dropped; asked only when the card does
    _E.MEMORY_RESET: _S.IDLE,  # 5.7.19
    _E.CARD_RESET: _S.IDLE,  # 3.1.2: the context is in volatile memory
}

Transitions = Mapping[SessionState, Mapping[SessionEvent, SessionState]]

TRANSITIONS: Final[Transitions] = {
    _S.IDLE: {**_ANYWHERE, _E.CANCEL_REFUSED: _S.IDLE},
    _S.CHALLENGED: {
        **_ANYWHERE,
        _E.DP_AUTHENTICATED: _S.AUTHENTICATED_DP,  # 5.7.13, CERT.DPauth
        _E.DS_AUTHENTICATED: _S.AUTHENTICATED_DS,  # 5.7.13, CERT.DSauth
        _E.AUTHENTICATION_REFUSED: _S.CHALLENGED,
        _E.AUTHENTICATION_REFUSED_FOR_GOOD: _S.IDLE,
        _E.CANCEL_REFUSED: _S.IDLE,  # 5.7.14: no TransactionID to match, dropped all the same
    },
    _S.AUTHENTICATED_DP: {
        **_ANYWHERE,
        _E.DOWNLOAD_PREPARED: _S.PREPARED,  # 5.7.5
        _E.DOWNLOAD_REFUSED: _S.AUTHENTICATED_DP,
        _E.CHANGE_PREPARED: _S.CHANGE_PREPARED,  # v3: PrepareDeviceChange
        _E.RPM_EXECUTED: _S.IDLE,  # v3: the signed result ends the session
        _E.CANCELLED: _S.IDLE,  # 5.7.14
        _E.CANCEL_REFUSED: _S.AUTHENTICATED_DP,
    },
    _S.AUTHENTICATED_DS: {
        **_ANYWHERE,
        _E.SMDS_RESPONSE_VERIFIED: _S.IDLE,  # v3; asked only when the card ends the session then
        _E.CANCELLED: _S.IDLE,
        _E.CANCEL_REFUSED: _S.AUTHENTICATED_DS,
    },
    _S.PREPARED: {
        **_ANYWHERE,
        _E.SEGMENT_ACCEPTED: _S.LOADING,  # 5.7.6
        _E.RESULT_MADE: _S.IDLE,  # the first segment may already break the load
        _E.CANCELLED: _S.IDLE,
        _E.CANCEL_REFUSED: _S.PREPARED,
    },
    _S.CHANGE_PREPARED: {
        **_ANYWHERE,
        _E.CHANGE_VERIFIED: _S.IDLE,  # v3: VerifyDeviceChange
        _E.CANCELLED: _S.IDLE,
        _E.CANCEL_REFUSED: _S.CHANGE_PREPARED,
    },
    _S.LOADING: {
        **_ANYWHERE,
        _E.SEGMENT_ACCEPTED: _S.LOADING,
        _E.RESULT_MADE: _S.IDLE,
        _E.CANCELLED: _S.IDLE,
        _E.CANCEL_REFUSED: _S.LOADING,
    },
}
"""State and event to next state; a pair that is absent is an order of commands to be refused."""


SESSION_TABLE: Final = Decision("session.transitions", TRANSITIONS, "the table of the RSP session")


def permits(table: Transitions, state: SessionState, event: SessionEvent) -> bool:
    """Returns whether an event can happen in a state."""
    return event in table[state]


def advance(table: Transitions, state: SessionState, event: SessionEvent) -> SessionState:
    """Returns the state after an event.

    Raises:
        LocalError: the table has no such step; the caller has to ask `permits` before.
    """
    try:
        return table[state][event]
    except KeyError:
        raise LocalError(
            f"RSP session: {event.name} cannot happen in state {state.name}; ask permits() first"
        ) from None
