"""What a handler is given and what it returns: a `View` and an `Outcome`, nothing else.

A handler is pure: it reads the view, may draw from the random source, and says what to answer and
which state and volatile values shall hold from then on. It changes nothing; `rspsim.euicc.card`
commits.
"""

from typing import Final

from rspcore.apdu import ResponseApdu
from rspcore.frozen import changer, dataclass, maker, replace
from rspcore.messages.codec import Structure
from rspcore.status import StatusWord
from rspsim.env import Rng
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.options import Options
from rspsim.euicc.session import SESSION_TABLE, SessionEvent, SessionState, advance, permits
from rspsim.euicc.session_context import IDLE_SESSION, Session
from rspsim.euicc.state import CardState, Channel, Volatile

__all__ = ["Outcome", "View", "outcome_of", "response_of", "view_of"]

_OK: Final = int(StatusWord.OK)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The decision about one command.

    Attributes:
        response: Data and status word.
        state: Persistent state from now on; the same object as before when nothing changes.
        volatile: Volatile values from now on.
        on_the_way: States that are kept before `state`, one after the other, where a command is
            done in steps that each hold when power is lost behind them.
    """

    response: ResponseApdu
    state: CardState
    volatile: Volatile
    on_the_way: tuple[CardState, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What a handler may look at.

    Attributes:
        state: Persistent state.
        volatile: Volatile values.
        rng: Source of random octets.
        decisions: What this card decides.
        channel_number: Logical channel of the command, 0 to 19; it is open.
    """

    state: CardState
    volatile: Volatile
    rng: Rng
    decisions: Decisions
    channel_number: int = 0

    @property
    def channel(self) -> Channel:
        """Returns the logical channel of the command."""
        return self.volatile.channels[self.channel_number] or Channel()

    @property
    def session(self) -> Session:
        """Returns the RSP session."""
        return self.volatile.session

    @property
    def options(self) -> Options:
        """Returns the card's options."""
        return self.state.options

    def permits(self, event: SessionEvent) -> bool:
        """Returns whether an event can happen to the session now."""
        return permits(self.decisions[SESSION_TABLE], self.session.state, event)

    def session_after(self, event: SessionEvent) -> Session:
        """Returns the session after an event; the caller adds what the event established.

        IDLE clears the whole session, any other step keeps all of it.

        Raises:
            LocalError: the event cannot happen now.
        """
        state = advance(self.decisions[SESSION_TABLE], self.session.state, event)
        if state is SessionState.IDLE:
            return IDLE_SESSION
        session = self.session
        return session if session.state is state else replace(session, state=state)

    def with_channel(self, channel: Channel) -> "View":
        """Returns a view in which the command's channel is replaced."""
        volatile = self.volatile.with_channel(self.channel_number, channel)
        return self if volatile is self.volatile else _with_volatile(self, volatile)

    def outcome(
        self,
        data: bytes = b"",
        sw: int = _OK,
        *,
        state: CardState | None = None,
        volatile: Volatile | None = None,
        session: Session | None = None,
    ) -> Outcome:
        """Returns an outcome; whatever is not given stays as it is.

        Args:
            data: Response data.
            sw: Status word.
            state: New persistent state.
            volatile: New volatile values.
            session: New session, put into the volatile values.
        """
        after = self.volatile if volatile is None else volatile
        if session is not None:
            after = _with_session(after, session)
        response = response_of(data, sw)
        return outcome_of(response, self.state if state is None else state, after)

    def answer(
        self,
        message: Structure,
        *,
        state: CardState | None = None,
        volatile: Volatile | None = None,
        session: Session | None = None,
    ) -> Outcome:
        """Returns an outcome that answers with a message and 9000."""
        data = message.encode()
        if volatile is None and session is None:
            after = self.state if state is None else state
            return outcome_of(response_of(data, _OK), after, self.volatile)
        return self.outcome(data, state=state, volatile=volatile, session=session)

    def refuse(self, sw: int) -> Outcome:
        """Returns an outcome that answers a status word and changes nothing."""
        return outcome_of(response_of(b"", sw), self.state, self.volatile)


outcome_of: Final = maker(Outcome)
"""Makes an `Outcome` of response, state and volatile values."""
view_of: Final = maker(View)
"""Makes a `View` of state, volatile values, random source, decisions and channel number."""
response_of: Final = maker(ResponseApdu)
"""Makes a `ResponseApdu` of data and status word."""
_with_volatile: Final = changer(View, "volatile")
_with_session: Final = changer(Volatile, "session")
