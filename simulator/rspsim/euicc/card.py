"""The card itself: octets in, octets out, and the only place that commits.

`transmit` decides, commits and answers. Pure handlers decide from a `View`; only this module
commits, and answers afterwards: once per command, but for an RPM package, whose commands are kept
one by one. So a command that was answered has been carried out, and one that was cut has been
carried out wholly or not at all. The handlers are imported with the first command of a process: a
card has its ATR without them.

A refusal is an answer. A bug is an exception: it propagates, and nothing was committed.
"""

from collections.abc import Callable
from functools import cache
from itertools import pairwise

from rspcore.apdu import CHANNEL_OF
from rspcore.errors import StoreError
from rspcore.frozen import replace
from rspcore.status import StatusWord
from rspsim.env import Rng
from rspsim.euicc import startup
from rspsim.euicc.commits import COMMITTED
from rspsim.euicc.decisions import STANDARD, Decisions
from rspsim.euicc.outcome import Outcome, View, view_of
from rspsim.euicc.state import CardState, Ports, Volatile
from rspsim.euicc.store import Store

__all__ = ["Euicc", "import_handlers"]


class Euicc:
    """One software eUICC."""

    def __init__(
        self, state: CardState, store: Store, rng: Rng, decisions: Decisions = STANDARD
    ) -> None:
        """Takes over a state; it is not written to the store before something changes it.

        Args:
            state: Where the card begins, from `personalise` or from `store.load()`.
            store: Keeps every later state.
            rng: Source of challenges and one-time keys.
            decisions: What the card decides; faults swap entries.
        """
        self._state = state
        self._store = store
        self._rng = rng
        self._decisions = decisions
        self._volatile = Volatile()
        self._powered = False
        self._wrote: tuple[CardState, ...] = ()

    @property
    def state(self) -> CardState:
        """Returns the persistent state as it stands."""
        return self._state

    @property
    def powered(self) -> bool:
        """Returns whether the card was reset since it has had its power."""
        return self._powered

    @property
    def volatile(self) -> Volatile:
        """Returns the volatile values as they stand."""
        return self._volatile

    @property
    def wrote(self) -> tuple[CardState, ...]:
        """Returns the states that the last command that changed something kept, in order."""
        return self._wrote

    def _to_write(self, outcome: Outcome) -> tuple[CardState, ...]:
        """Returns the states that a command writes, one after the other.

        A sound card writes once, so that a loss of power leaves all of a command or nothing; an
        RPM package is written command by command.
        """
        committed = self._decisions[COMMITTED]
        if not outcome.on_the_way:
            return committed(self._state, outcome.state)
        steps = pairwise((self._state, *outcome.on_the_way, outcome.state))
        return tuple(one for before, after in steps for one in committed(before, after))

    def transmit(self, command: bytes) -> bytes:
        """Carries out one command APDU; a card without power is reset first.

        Args:
            command: Command APDU, any octets.

        Returns:
            Response APDU, at least the 2 octets of a status word. 6581 says that the store did not
            take the new state; then all is as before the command, or before the command of an RPM
            package that was not kept.
        """
        if not self._powered:
            self.reset()
        number = CHANNEL_OF[command[0]] or 0 if command else 0
        view = view_of(self._state, self._volatile, self._rng, self._decisions, number)
        process = _handlers()
        if self._volatile.ports is None:
            outcome = process(command, view)
        else:
            outcome = _ports()(command, view, process)
        if outcome.state is not self._state:
            wrote = self._to_write(outcome)
            try:
                for one in wrote:
                    self._store.commit(one)
                    if outcome.on_the_way:
                        self._state = one
            except StoreError:
                return int(StatusWord.MEMORY_PROBLEM).to_bytes(2, "big")
            self._wrote = wrote
        self._state, self._volatile = outcome.state, outcome.volatile
        response = outcome.response
        return response.data + response.sw.to_bytes(2, "big")

    def reset(self) -> bytes:
        """Resets the card: clears the volatile values and completes what was left open.

        An RPM package that was cut leaves its signed result before the change of Profiles that its
        commands asked for.

        Returns:
            The ATR. When the store does not take the state after start-up, the state before
            stays and the next reset tries again.
        """
        forgotten = self._decisions[startup.FORGOTTEN](self._volatile)
        if self._state.personality.mep_modes:
            forgotten = replace(forgotten, ports=Ports())
        self._volatile = forgotten
        self._powered = True
        state = self._state
        if state.open_package is not None:
            from rspsim.euicc.isdr.rpm import signed_result  # noqa: PLC0415  where one was cut

            state = signed_result.interrupted(state, self._decisions)
        state = startup.started(state, self._decisions)
        if state is not self._state:
            try:
                self._store.commit(state)
            except StoreError:
                return self._decisions[startup.ATR](self._state)
            self._state = state
        return self._decisions[startup.ATR](self._state)

    def power_off(self) -> None:
        """Removes the power; the volatile values are lost."""
        self._volatile = self._decisions[startup.FORGOTTEN](self._volatile)
        self._powered = False


def import_handlers() -> None:
    """Imports what the first commands of a process import otherwise: handlers and X.509."""
    import rspcore.pki.certificate_parsing  # noqa: F401, PLC0415  for AuthenticateServer

    _handlers()


@cache
def _handlers() -> Callable[[bytes, View], Outcome]:
    from rspsim.euicc.channels import process  # noqa: PLC0415  see the module

    return process


@cache
def _ports() -> Callable[[bytes, View, Callable[[bytes, View], Outcome]], Outcome]:
    from rspsim.euicc.esim_ports.ports import process  # noqa: PLC0415  few cards have several

    return process
