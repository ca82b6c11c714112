"""A server behind real TLS for tests of other software: what SM-DP+ and SM-DS have in common.

Everything that goes in and comes out is a plain value, so that the calls can cross a pipe
(`rspharness.simulated.server_process`).
"""

import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from time import monotonic  # noqa: TID251  a stopwatch, not the time of day
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, LocalError
from rspcore.frozen import dataclass
from rspcore.pki.bundle import Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.generate import make_pki
from rspcore.server_address import in_brackets
from rspharness.simulated.setting_words import PolicyWords
from rspsim.env import AdjustableClock
from rspsim.server_setup import be_disorderly
from rspsim.smdpp import Policy
from rspsim.smdpp.fault_points import LISTENING
from rspsim.smdpp.fault_switch import FUNCTIONS as LPA_FUNCTIONS
from rspsim.smdpp.fault_switch import Active, FaultSwitch
from rspsim.smdpp.history import Exchange, History
from rspsim.smdpp.protocol.es2p import FUNCTIONS as OPERATOR_FUNCTIONS
from rspsim.smdpp.settings import Setting, policy_with, read_words
from rspsim.smds.request_subject import FUNCTIONS as SMDS_FUNCTIONS
from rspsim.system import SystemClock
from rspsim.transports.https import LOOPBACK, Front, free_port

__all__ = ["Place", "ServedRole", "ServerWords", "policy_of"]

_TRIES: Final = 20
"""How often a port that was free a moment ago may be taken by another process."""


class ServerWords(PolicyWords, total=False):
    """What a server of a fixture has to be; an SM-DP+ besides these, what `PolicyWords` has.

    Attributes:
        host: Address to listen on, of version 4 or 6; loopback of version 4 by default.
        port: Port; any that is free by default.
        curve: Curve of its certificates; NIST P-256 by default.
        pki: Credentials; by default the generated ones, which simulated cards trust.
        vary: Seed of legal variation; by default the name of the test, empty for none.
        state: File that keeps what must not be forgotten; in memory by default.
        seed: What the server draws random octets from; the name of the test by default.
        disorder: Share of the requests that fail, by 503 or a lost connection; none by default.
    """

    host: str
    port: int
    curve: Curve
    pki: Pki
    vary: str
    state: Path
    seed: str
    disorder: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is, and what its clients have to trust.

    Attributes:
        host: Address it listens on.
        port: Its port.
        address: Host and port as activation codes have them.
        ca_pem: CI certificate, PEM.
    """

    host: str
    port: int
    address: str
    ca_pem: str


def policy_of(words: ServerWords, settings: Sequence[Setting]) -> Policy:
    """Returns the policy that the words ask for.

    Args:
        words: Words of the server.
        settings: What can be set of its policy.

    Raises:
        LocalError: there is no such word.
        DecodeError: a word is not of this kind of server, or a value is not of its form.
    """
    unknown = sorted(words.keys() - ServerWords.__annotations__.keys())
    if unknown:
        known = ", ".join(ServerWords.__annotations__)
        raise LocalError(f"unknown: {', '.join(unknown)}; known are {known}")
    names = PolicyWords.__annotations__
    given = {name: value for name, value in words.items() if name in names}
    return policy_with(Policy(), read_words(given, settings))


class ServedRole(ABC):
    """A server, its front and its clock.

    Attributes:
        place: Where it is.
    """

    def __init__(self, words: ServerWords) -> None:
        """Starts to serve.

        Raises:
            ConfigError: the port is taken, or the PKI lacks what a server needs.
            StoreError: the state file cannot be used.
        """
        self._held = ExitStack()
        self._lock = threading.Lock()
        self._came = threading.Event()
        self._clock = AdjustableClock(SystemClock())
        self._on: dict[int, Active] = {}
        self._host = words.get("host", LOOPBACK)
        self._pki = words.get("pki") or make_pki()
        self._curve = words.get("curve", Curve.NIST_P256)
        try:
            self.place = self._listen(words)
            if "disorder" in words:
                be_disorderly(self._faults, words["disorder"], words.get("seed", "1"))
        except BaseException:
            self._held.close()
            raise
        self._history.listen(lambda _: self._came.set())

    def _listen(self, words: ServerWords) -> Place:
        wanted = words.get("port", 0)
        taken = ConfigError("no port was tried")
        for _ in range(1 if wanted else _TRIES):
            port = wanted or free_port(self._host)
            name = in_brackets(self._host) if ":" in self._host else "localhost"
            try:
                front = self._held.enter_context(self._front(words, f"{name}:{port}", port))
            except ConfigError as error:
                taken = error  # another process may have been faster
            else:
                self._front_open = front.set_open
                self._faults.watch(lambda: self._front_open(self._is_open()))
                ca = ssl.DER_cert_to_PEM_cert(self._ci().der)
                return Place(self._host, port, f"{name}:{port}", ca)
        raise taken

    def _is_open(self) -> bool:
        return self._faults.through(LISTENING, True, "")  # noqa: FBT003  the value at this point

    def _ci(self) -> Certificate:
        return self._pki.ci(self._curve).certificate

    @abstractmethod
    def _front(self, words: ServerWords, address: str, port: int) -> Front:
        """Makes the server of this address and its front, which is not started yet."""

    @property
    @abstractmethod
    def _history(self) -> History:
        """Returns the history of the server."""

    @property
    @abstractmethod
    def _faults(self) -> FaultSwitch:
        """Returns the switch of its faults."""

    def close(self) -> None:
        """Stops serving; a state file stays."""
        self._held.close()

    def fault_on(self, name: str, given: Mapping[str, object]) -> int:
        """Switches a fault on and returns what to switch it off by.

        Raises:
            LocalError: there is no such fault, parameter or word. Nothing was switched.
        """
        with self._lock:
            active = self._faults.on(name, **given)
        self._on[id(active)] = active
        return id(active)

    def fault_off(self, number: int) -> None:
        """Switches one fault off, if it is still on."""
        with self._lock:
            self._faults.drop(self._on[number])

    def fault_acted(self, number: int) -> int:
        """Returns how often a fault has acted."""
        return self._on[number].acted

    def history(self) -> tuple[Exchange, ...]:
        """Returns the exchanges, oldest first."""
        with self._lock:
            return tuple(self._history)

    def follow(self, listener: Callable[[Exchange], None]) -> None:
        """Has each exchange shown from now on, before its answer goes; the listener never waits."""
        with self._lock:
            self._history.listen(listener)

    def wait_for(
        self, function: str, summary: str, times: int, within_s: float
    ) -> tuple[Exchange, ...]:
        """Waits until so many exchanges of a function came; returns those there are.

        Args:
            function: Name of the function; empty for any.
            summary: Text that the summary has to have.
            times: How many to wait for.
            within_s: Seconds to wait at most.

        Raises:
            LocalError: no function of a server has this name.
        """
        known = {*LPA_FUNCTIONS, *SMDS_FUNCTIONS, *OPERATOR_FUNCTIONS, ""}
        if function not in known:
            near = get_close_matches(function, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise LocalError(f"function {function!r}: no server has it{hint}")
        end = monotonic() + within_s
        while True:
            self._came.clear()
            found = tuple(
                one
                for one in self.history()
                if function in ("", one.function) and summary in one.summary
            )
            left = end - monotonic()
            if len(found) >= times or left <= 0:
                return found
            self._came.wait(left)

    def clock_now(self) -> datetime:
        """Returns the time of the server."""
        return self._clock.now()

    def clock_advance(self, step: timedelta) -> None:
        """Moves the clock of the server forward."""
        self._clock.advance(step)

    def clock_freeze(self) -> None:
        """Holds the clock of the server."""
        self._clock.freeze()

    def clock_go_on(self) -> None:
        """Lets the clock of the server go on."""
        self._clock.go_on()
