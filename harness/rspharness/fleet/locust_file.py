"""Phones as users of Locust, and the desk at its master: the one module that knows Locust.

`rsplab fleet` starts `locust -f` with this file in a process of its own, because Locust replaces
sockets, TLS and waiting by those of gevent before anything else is imported. All phones of a worker
share one thread and one processor: what a step takes contains the time in which others compute.
"""

import os
import sys
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

import gevent
from gevent.event import AsyncResult
from gevent.lock import BoundedSemaphore
from locust import User, constant_pacing, events, task
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, Runner, WorkerRunner

from rspcore.errors import RspError
from rspharness.fleet.desk import Desk, Visit
from rspharness.fleet.fleet_settings import VARIABLE, FleetSettings
from rspharness.fleet.phone import Offer, Phone
from rspharness.fleet.reckoning import Given
from rspharness.fleet.report import StepTimes, lines, write
from rspharness.record.timing import stopwatch

__all__ = ["PhoneUser"]

_ASK, _VISIT, _DONE = "fleet-ask", "fleet-visit", "fleet-done"
_LOOK_EVERY_S = 1.0
_ANSWER_S = 120.0
_LAST_WORDS_S = 20.0

_SETTINGS = FleetSettings.read(os.environ[VARIABLE])


class _Workplace:
    """What the phones of one worker share."""

    def __init__(self, environment: Environment, runner: Runner) -> None:
        self.environment, self._runner = environment, runner
        self.habits = _SETTINGS.habits()
        self.shelf = _SETTINGS.shelf()
        self.name = _SETTINGS.name_of(self.shelf)
        self._asked = count()
        self._answers: dict[int, AsyncResult] = {}
        runner.register_message(_VISIT, self._answered)

    def ask(self) -> Visit | None:
        """Asks the desk what to do next."""
        number = next(self._asked)
        answer = self._answers[number] = AsyncResult()
        self._runner.send_message(_ASK, {"ask": number, "shelf": self.name})
        message = answer.get(timeout=_ANSWER_S)
        return None if message is None else Visit.of(message)

    def _answered(self, msg: Any, **_: Any) -> None:
        self._answers.pop(msg.data["ask"]).set(msg.data["visit"])

    def done(self, phone: Phone, number: int, given: list[Given], left: list[Offer]) -> None:
        """Says what became of a visit."""
        try:
            card: Any = phone.finish().message
        except RspError as error:
            print(f"card {phone.eid}: {error}", file=sys.stderr)
            card = None
        phone.close()
        said: dict[str, Any] = {"number": number, "card": card}
        said["given"] = [one.message for one in given]
        said["left"] = [asdict(one) for one in left]
        self._runner.send_message(_DONE, said)

    def meter(
        self, kind: str, name: str, ms: float, octets: int, error: BaseException | None
    ) -> None:
        """Hands a measured step to Locust."""
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=ms,
            response_length=octets,
            exception=error,
            context={},
        )


class _MastersDesk:
    """The desk at the master, or where there is one process alone."""

    def __init__(self, environment: Environment, runner: Runner) -> None:
        self._environment, self._runner = environment, runner
        self._desk: Desk = _SETTINGS.desk(_SETTINGS.shelf())
        self._turn = BoundedSemaphore()
        self._elapsed_ms = stopwatch()
        self._counted = False
        runner.register_message(_ASK, self._asked, concurrent=True)
        runner.register_message(_DONE, self._done, concurrent=True)
        environment.events.test_start.add_listener(self._started)
        environment.events.quitting.add_listener(self._quitting)
        gevent.spawn(self._tend)

    def _started(self, **_: Any) -> None:
        self._elapsed_ms = stopwatch()

    def _asked(self, msg: Any, **_: Any) -> None:
        try:
            with self._turn:
                visit = self._desk.give(msg.node_id, msg.data["shelf"])
        except RspError as error:
            print(f"rsplab: no order: {error}", file=sys.stderr)
            visit = None
        answer = {"ask": msg.data["ask"], "visit": None if visit is None else visit.message()}
        self._runner.send_message(_VISIT, answer, msg.node_id)

    def _done(self, msg: Any, **_: Any) -> None:
        with self._turn:
            self._desk.take(msg.node_id, msg.data)

    def _tend(self) -> None:
        """Hears the server, gives up workers that are gone, and ends the run when all is done."""
        while not self._desk.over:
            gevent.sleep(_LOOK_EVERY_S)
            self._listen()
            if isinstance(self._runner, MasterRunner):
                for worker in self._desk.workers - {one.id for one in self._runner.clients.all}:
                    self._desk.lose(worker)
        if self._environment.web_ui is None:
            self._runner.quit()
        else:
            self._runner.stop()
            self._count()

    def _listen(self) -> None:
        try:
            with self._turn:
                self._desk.listen()
        except RspError as error:
            print(f"rsplab: {error}", file=sys.stderr)

    def _quitting(self, **_: Any) -> None:
        if not self._counted:
            self._runner.stop()
        with suppress(gevent.Timeout), gevent.Timeout(_LAST_WORDS_S):
            while self._desk.workers:
                gevent.sleep(_LOOK_EVERY_S / 5)
        if not self._counted:
            self._count()

    def _count(self) -> None:
        """Writes and prints the report, and sets the exit code."""
        self._counted = True
        seconds = self._elapsed_ms() / 1000
        steps = sorted(self._steps(), key=lambda one: one.name)
        try:
            with self._turn:
                found = self._desk.reckoning()
        except RspError as error:
            print(f"rsplab: the server cannot be counted: {error}", file=sys.stderr)
            self._environment.process_exit_code = 3
            return
        print("\n".join(lines(found, steps)))
        print(f"in {seconds:.0f} s; {write(Path(_SETTINGS.report), found, steps, seconds)}")
        begun = any(found.counts.get(one) for one in ("orders given to phones", "cards"))
        self._environment.process_exit_code = 3 if not begun else 0 if found.clean else 1

    def _steps(self) -> list[StepTimes]:
        entries = self._environment.stats.entries.values()
        return [
            StepTimes(
                name=f"{one.method} {one.name}",
                count=one.num_requests,
                failures=one.num_failures,
                p50=one.get_response_time_percentile(0.5),
                p95=one.get_response_time_percentile(0.95),
                p99=one.get_response_time_percentile(0.99),
                longest=one.max_response_time,
            )
            for one in entries
        ]


_HERE: dict[str, Any] = {}
"""The workplace of this process."""


@events.init.add_listener
def _begin(environment: Environment, runner: Runner, **_: Any) -> None:
    try:
        if isinstance(runner, (MasterRunner, LocalRunner)):
            _HERE["desk"] = _MastersDesk(environment, runner)
        if isinstance(runner, (WorkerRunner, LocalRunner)):
            _HERE["workplace"] = _Workplace(environment, runner)
    except RspError as error:
        print(f"rsplab: {error}", file=sys.stderr)
        sys.exit(3)


class PhoneUser(User):
    """A phone: takes a card with orders, works through them, hands it back, takes the next."""

    wait_time = constant_pacing(_SETTINGS.pace)

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._workplace: _Workplace = _HERE["workplace"]
        self._phone: Phone | None = None
        self._number = 0
        self._offers: list[Offer] = []
        self._given: list[Given] = []

    @task
    def download(self) -> None:
        """Downloads the next order; takes the next card where there is none."""
        if self._phone is None and not self._taken():
            gevent.sleep(_LOOK_EVERY_S)
            return
        assert self._phone is not None  # noqa: S101  it has just been taken
        if self._offers:
            self._given.append(self._phone.work(self._offers.pop(0)))
        if not self._offers:
            self._hand_back()

    def _taken(self) -> bool:
        visit = self._workplace.ask()
        if visit is None:
            return False
        place = self._workplace
        self._phone = Phone(place.shelf, visit.number, place.habits, place.meter, gevent.sleep)
        self._number, self._offers, self._given = visit.number, visit.offers, []
        return True

    def _hand_back(self) -> None:
        phone, self._phone = self._phone, None
        if phone is not None:
            self._workplace.done(phone, self._number, self._given, self._offers)

    def on_stop(self) -> None:
        """Hands the card back, with the orders that are done and those that are not begun."""
        self._hand_back()
