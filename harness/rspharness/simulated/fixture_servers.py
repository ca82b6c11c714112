"""Servers for tests of other software: the fixtures `smdpp` and `smds`.

    def test_my_lpa_survives_a_busy_server(smdpp):
        order = smdpp.order("PROFILE_OPERATIONAL1")
        smdpp.fault("http.refuse", function="getBoundProfilePackage", times=1)
        assert my_lpa(order.activation_code, trust=smdpp.ca_file) == 0
        smdpp.expect("getBoundProfilePackage", "HTTP 503")
        assert order.state == "Installed"

Each test has a server of its own, on a free port and with the credentials that simulated cards
trust, so that parallel workers never meet. It starts when it is first used and chooses among legal
alternatives by the name of the test. `smdpp(host="::1", process=True)` starts another one.
"""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self, Unpack

from rspharness.simulated.served_role import Place, ServedRole, ServerWords
from rspharness.simulated.served_smdpp import OrderView, OrderWords, ServedSmdpp
from rspharness.simulated.served_smds import ServedSmds
from rspharness.simulated.server_process import InProcess, ServerProcess
from rspsim.smdpp.history import Exchange
from rspsim.smdpp.stock.receipts import Receipt

__all__ = ["FixtureClock", "Ordered", "Server", "Smdpp", "Smds", "SwitchedFault"]


class FixtureClock:
    """The clock of a server; it goes with the clock of this machine until it is moved or held.

    TLS does not know it: its certificates are held against the real clock.
    """

    def __init__(self, server: "Server") -> None:
        self._server = server

    def now(self) -> datetime:
        """Returns the time of the server."""
        now: datetime = self._server.call("clock_now")
        return now

    def advance(self, step: timedelta) -> None:
        """Moves it forward, so that sessions, orders and certificates come to their end.

        Raises:
            LocalError: step is negative.
        """
        self._server.call("clock_advance", step)

    def freeze(self) -> None:
        """Holds it; `advance` still moves it."""
        self._server.call("clock_freeze")

    def go_on(self) -> None:
        """Lets it go on from where it is held."""
        self._server.call("clock_go_on")


class SwitchedFault:
    """A fault that is on: off at the end of a with block, at `off`, or with the test."""

    def __init__(self, server: "Server", number: int) -> None:
        self._server = server
        self._number = number

    def __enter__(self) -> Self:
        """Returns the fault, which is on already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Switches it off."""
        self.off()

    @property
    def acted(self) -> int:
        """Returns how often it has acted."""
        times: int = self._server.call("fault_acted", self._number)
        return times

    def off(self) -> None:
        """Switches it off; nothing happens when it is off already."""
        self._server.call("fault_off", self._number)


class Server:
    """A server of a fixture; see `Smdpp` and `Smds`.

    Attributes:
        clock: Its clock.
    """

    _role: type[ServedRole]

    def __init__(self, test: str, *, process: bool = False, **words: Unpack[ServerWords]) -> None:
        """Takes the words; the server starts when it is first used.

        Args:
            test: Name of the test, the seed of what it draws unless the words name another.
            process: True to run it in a process of its own.
            **words: `ServerWords`.
        """
        self._test = test
        self._process = process
        self._words: ServerWords = {"seed": test, "vary": test}
        self._words.update(words)
        self._held = ExitStack()
        self._running: InProcess | ServerProcess | None = None
        self._place: Place | None = None
        self.clock = FixtureClock(self)

    def __call__(self, *, process: bool = False, **words: Unpack[ServerWords]) -> Self:
        """Returns another server, which ends with this one."""
        other = type(self)(self._test, process=process, **words)
        self._held.callback(other.close)
        return other

    def call(self, method: str, *given: Any) -> Any:
        """Calls a method of the served role, which is started if it has to be.

        Raises:
            RspError: as the method.
        """
        if self._running is None:
            kind = ServerProcess if self._process else InProcess
            self._running = kind(self._role, self._words)
            place: Place = self._running.call("place")
            self._place = place
            self._words["port"] = place.port  # after a restart, too
        return self._running.call(method, *given)

    @property
    def place(self) -> Place:
        """Returns where it listens."""
        place: Place = self.call("place")
        return place

    @property
    def address(self) -> str:
        """Returns host and port, as activation codes have them."""
        return self.place.address

    @property
    def ca_file(self) -> Path:
        """Returns a file with the CI certificate of its TLS certificate, PEM, to be trusted."""
        folder = Path(self._held.enter_context(TemporaryDirectory()))
        file = folder / "ci.pem"
        file.write_text(self.place.ca_pem)
        return file

    def fault(self, name: str, /, **given: object) -> SwitchedFault:
        """Switches a fault on (`rsplab smdpp faults`).

        Args:
            name: Name of the fault.
            **given: Its parameters, and when it acts: function, order (its number), eid,
                transaction, after, times, probability and seed (`rspsim.smdpp.fault_scope`).

        Raises:
            LocalError: there is no such fault, parameter or word, or a value that is not allowed.
                Nothing was switched.
        """
        return SwitchedFault(self, self.call("fault_on", name, given))

    def follow(self, listener: Callable[[Exchange], None]) -> None:
        """Has each exchange shown to a function, before its answer goes; in this process alone."""
        self.call("follow", listener)

    @property
    def history(self) -> tuple[Exchange, ...]:
        """Returns what was asked and answered, oldest first."""
        found: tuple[Exchange, ...] = self.call("history")
        return found

    def expect(
        self, function: str = "", summary: str = "", *, times: int = 1, within_s: float = 5.0
    ) -> tuple[Exchange, ...]:
        """Waits until a function was called so many times, or more, and returns the exchanges.

        Args:
            function: Name of the function, such as "handleNotification"; empty for any.
            summary: Text that the outcome has to have, such as "Executed-Success", "8.2.6/3.8" or
                "HTTP 503".
            times: How often; with 0 no such call may have come, and nothing is waited for.
            within_s: Seconds to wait at most.

        Raises:
            AssertionError: it was not; the message lists what came instead.
        """
        found: tuple[Exchange, ...]
        found = self.call("wait_for", function, summary, times, within_s if times else 0.0)
        if len(found) < times or (not times and found):
            came = "".join(f"\n    {one.function or '-'}: {one.summary}" for one in self.history)
            wanted = f"{function or 'any function'}{f' with {summary!r}' if summary else ''}"
            raise AssertionError(
                f"expected {times} of {wanted}, {len(found)} came; the history is{came or ' empty'}"
            )
        return found

    def kill(self) -> None:
        """Ends the process of the server by SIGKILL; the next call starts it on the same port.

        What is not in its `state` is lost.

        Raises:
            ConfigError: it runs in a thread.
        """
        self.call("place")
        assert self._running is not None  # noqa: S101  it runs by now
        self._running.kill()
        self._running.close()
        self._running = None

    def close(self) -> None:
        """Stops this server and those that it was asked for."""
        self._held.close()
        if self._running is not None:
            self._running.close()
            self._running = None


class Ordered:
    """An order of a fixture's server, with its state at the moment it is asked for.

    Attributes:
        number: Its number.
        activation_code: Activation code, with its prefix.
        matching_id: MatchingID.
        iccid: ICCID of the Profile, digits.
    """

    def __init__(self, server: "Smdpp", view: OrderView) -> None:
        self._server = server
        self.number = view.number
        self.activation_code = view.activation_code
        self.matching_id = view.matching_id
        self.iccid = view.iccid

    @property
    def now(self) -> OrderView:
        """Returns its present values."""
        view: OrderView = self._server.call("order_now", self.number)
        return view

    @property
    def state(self) -> str:
        """Returns its present state, such as "Released" or "Installed"."""
        return self.now.state


class Smdpp(Server):
    """The SM-DP+ of the fixture `smdpp`."""

    _role = ServedSmdpp

    def order(self, profile: str = "PROFILE_OPERATIONAL1", **words: Unpack[OrderWords]) -> Ordered:
        """Orders a Profile and releases it for download.

        Args:
            profile: Its name in the catalogue (`rsplab card profiles`).
            **words: `OrderWords`.

        Raises:
            LocalError: no such Profile, or the order is not possible.
        """
        return Ordered(self, self.call("order", profile, words))

    @property
    def notifications(self) -> tuple[Receipt, ...]:
        """Returns the Notifications that came, with the verdict on each, oldest first."""
        found: tuple[Receipt, ...] = self.call("notifications")
        return found


class Smds(Server):
    """The SM-DS of the fixture `smds`."""

    _role = ServedSmds

    def event(self, eid: str, address: str, event_id: str, *, forwarded_as: str = "") -> None:
        """Registers an event: `smds.event(EID, smdpp.address, order.matching_id)`.

        With `forwarded_as` an event of that EventID at another SM-DS leads to this one:
        `root.event(EID, smds.address, forwarded_as)`.

        Raises:
            DecodeError: the EID is not 32 digits.
        """
        self.call("event", eid, address, event_id, forwarded_as)

    def events(self, eid: str) -> tuple[tuple[str, str], ...]:
        """Returns EventID and server of each event of a card, oldest first."""
        found: tuple[tuple[str, str], ...] = self.call("events", eid)
        return found
