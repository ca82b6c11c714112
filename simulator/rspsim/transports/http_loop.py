"""The loop of a front: one thread for all connections, two that handle complete requests.

The loop waits for whichever socket is ready and never for one client; a request goes to the
handling thread when its last octet is there, and its answer comes back over a queue. Both queues
are bounded by the number of connections, because a connection has one request at a time. A delay
that a fault asks for is an entry in a list and occupies no thread.

A handler that waits for nothing, neither a disk nor another process, is called by the loop itself:
two threads share one interpreter, so that passing a request over only costs.
"""

import logging
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from time import monotonic  # noqa: TID251  a stopwatch for sockets, not the time of day
from typing import Final

from rspsim.smdpp.http_messages import HttpRequest, HttpResponse, Manner
from rspsim.transports.door import Door
from rspsim.transports.http_connection import Connection, FrontLimits
from rspsim.transports.http_wire import Refusal

__all__ = ["Answer", "AnswerAtOnce", "Loop"]

Answer = Callable[[HttpRequest | Refusal], HttpResponse]
AnswerAtOnce = Callable[[HttpRequest | Refusal], HttpResponse | None]

_LOG: Final = logging.getLogger(__name__)
_ACCEPTED_AT_ONCE: Final = 16
_PAUSE_S: Final = 0.1
_LAST_ANSWERS_S: Final = 2.0
_BROKEN: Final = HttpResponse(status=500)

_Asked = tuple[Connection, HttpRequest | Refusal]


class Loop:
    """Serves listening sockets until it is stopped."""

    def __init__(
        self,
        listening: tuple[Door, ...],
        answer: Answer,
        limits: FrontLimits,
        aside: Callable[[HttpRequest], bool],
        at_once: AnswerAtOnce | None = None,
    ) -> None:
        """Takes the sockets, which it closes in the end.

        Args:
            listening: Sockets that listen, each with the TLS context of its side or None.
            answer: Answers a request or a refusal; called in the handling threads alone.
            limits: What clients get.
            aside: Tells the requests that are answered in a thread of their own, one after the
                other, because their answer waits for another server.
            at_once: Answers a request or a refusal in the thread of the loop, or returns None when
                it would have to wait; None when an answer always may.
        """
        self._at_once = at_once
        self._aside = aside
        self._asked_aside: SimpleQueue[_Asked | None] = SimpleQueue()
        self._answer = answer
        self._limits = limits
        self._selector = selectors.DefaultSelector()
        self._doors = listening
        self._open = self._open_wanted = True
        self._obeyed = threading.Event()
        self._connections: set[Connection] = set()
        self._holding: dict[Connection, int] = {}
        self._held = 0
        self._soonest = float("inf")
        self._watched: dict[int, int] = {}
        self._asked: SimpleQueue[_Asked | None] = SimpleQueue()
        self._answered: deque[tuple[Connection, bytes, bool, HttpResponse]] = deque()
        self._delayed: list[tuple[float, Connection, bytes, bool, Manner]] = []
        self._closing: float | None = None
        self._stopping = threading.Event()
        self._bell, self._rope = socket.socketpair()
        self._threads = (
            threading.Thread(target=self._run, name="rspsim front", daemon=True),
            threading.Thread(target=self._handle, args=(self._asked,), daemon=True),
            threading.Thread(target=self._handle, args=(self._asked_aside,), daemon=True),
        )

    def start(self) -> None:
        """Begins to serve."""
        self._bell.settimeout(0)
        self._rope.settimeout(0)
        self._selector.register(self._bell, selectors.EVENT_READ)
        for door in self._doors:
            self._watch(door)
        for thread in self._threads:
            thread.start()

    def _watch(self, door: Door) -> None:
        door.listening.settimeout(0)
        self._selector.register(door.listening, selectors.EVENT_READ, door)

    def set_open(self, wanted: bool) -> None:  # noqa: FBT001  the only thing it takes
        """Opens or closes the ports; returns when that is done. Connections are not touched."""
        if self._open_wanted == wanted:
            return
        self._obeyed.clear()
        self._open_wanted = wanted
        if threading.current_thread() is self._threads[0]:
            self._obey()
            return
        self._ring()
        self._obeyed.wait(_LAST_ANSWERS_S)

    def _obey(self) -> None:
        """Opens or closes the ports if that was asked for."""
        if self._open_wanted == self._open:
            return
        self._open = self._open_wanted
        for door in self._doors:
            if self._open:
                door.open_again()
                self._watch(door)
            else:
                self._selector.unregister(door.listening)
                door.listening.close()
        self._obeyed.set()

    def stop(self) -> None:
        """Sends the answers under way, for two seconds at most, then closes everything."""
        self._stopping.set()
        self._ring()
        for thread in self._threads:
            thread.join(2 * _LAST_ANSWERS_S)

    def _ring(self) -> None:
        """Wakes the loop."""
        with suppress(OSError):  # it rings already, or the loop has ended
            self._rope.send(b"\0")

    def _handle(self, queue: "SimpleQueue[_Asked | None]") -> None:
        for connection, asked in iter(queue.get, None):
            self._take_answer(connection, asked, self._answer(asked))
            self._ring()

    def _take_answer(
        self, connection: Connection, asked: HttpRequest | Refusal, response: HttpResponse
    ) -> None:
        try:
            octets, keep = connection.written(asked, response)
        except UnicodeEncodeError:
            _LOG.exception("an answer cannot be written")
            response = _BROKEN
            octets, keep = connection.written(asked, response)
        self._answered.append((connection, octets, keep, response))

    def _run(self) -> None:
        try:
            while not self._finished():
                for key, _ in self._selector.select(self._patience()):
                    self._attend(key)
                self._obey()
                self._send_answers()
                self._enforce_limits()
        finally:
            self._close_all()

    def _attend(self, key: selectors.SelectorKey) -> None:
        if isinstance(key.data, Connection):
            if key.data.closed:  # by what was attended to just before
                return
            if key.data.events:
                self._go_on(key.data, key.data.proceed(monotonic()))
            else:  # it sends more while its request is being handled
                self._unwatch(key.data)
        elif key.fileobj is self._bell:
            self._bell.recv(4096)
        elif isinstance(key.data, Door):
            self._accept(key.data)

    def _accept(self, door: Door) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                accepted, _address = door.listening.accept()
            except BlockingIOError:
                return
            except OSError as error:  # the process has no file descriptor left
                _LOG.warning("cannot accept a connection: %s", error)
                if not self._give_up_longest():
                    self._stopping.wait(_PAUSE_S)
                return
            try:
                connection = door.met(accepted, self._limits, monotonic())
            except OSError:  # the client is gone already
                accepted.close()
                continue
            self._connections.add(connection)
            self._go_on(connection, None)
            if len(self._connections) > self._limits.connections:
                self._give_up_longest()

    def _go_on(self, connection: Connection, asked: HttpRequest | Refusal | None) -> None:
        """Passes on what has to be answered, and waits for what the connection needs next."""
        self._note_held(connection)
        if isinstance(asked, HttpRequest) and asked.body and not self._make_room():
            asked = connection.turn_away(asked)
            self._note_held(connection)
        if asked is not None:
            self._pass_on(connection, asked)
        if connection.closed:
            self._connections.discard(connection)
        else:
            self._soonest = min(self._soonest, connection.deadline)
        if connection.closed:
            self._unwatch(connection)
        elif connection.events:  # else it stays watched: most clients send nothing meanwhile
            self._watch_for(connection)

    def _pass_on(self, connection: Connection, asked: HttpRequest | Refusal) -> None:
        if isinstance(asked, HttpRequest) and self._aside(asked):
            self._asked_aside.put((connection, asked))
            return
        response = None if self._at_once is None else self._at_once(asked)
        if response is None:
            self._asked.put((connection, asked))
        else:
            self._take_answer(connection, asked, response)

    def _watch_for(self, connection: Connection) -> None:
        number, events = connection.number, connection.events
        before = self._watched.get(number)
        if before is None:
            self._selector.register(number, events, connection)
        elif before != events:
            self._selector.modify(number, events, connection)
        self._watched[number] = events

    def _unwatch(self, connection: Connection) -> None:
        if self._watched.pop(connection.number, None) is not None:
            self._selector.unregister(connection.number)

    def _note_held(self, connection: Connection) -> None:
        """Keeps how many octets are held, and by which connections, of which there are few."""
        held = 0 if connection.closed else connection.held
        self._held += held - self._holding.pop(connection, 0)
        if held:
            self._holding[connection] = held

    def _send_answers(self) -> None:
        now = monotonic()
        while self._answered:
            connection, octets, keep, response = self._answered.popleft()
            due_at = now + response.delay_ms / 1000
            self._delayed.append((due_at, connection, octets, keep, response.manner))
        due = [one for one in self._delayed if one[0] <= now or self._closing is not None]
        if due:
            self._delayed = [one for one in self._delayed if one not in due]
        for _, connection, octets, keep, manner in due:
            self._go_on(connection, connection.answer(octets, now, keep=keep, manner=manner))

    def _patience(self) -> float | None:
        """Returns how long nothing can become due."""
        if self._answered:
            return 0.0
        first = min((one[0] for one in self._delayed), default=self._soonest)
        first = min(first, self._soonest)
        if self._closing is not None:
            first = min(first, self._closing)
        return None if first == float("inf") else max(0.0, first - monotonic())

    def _enforce_limits(self) -> None:
        now = monotonic()
        if now >= self._soonest:  # of all connections only then: there may be hundreds
            for one in [one for one in self._connections if one.deadline <= now]:
                self._go_on(one, one.expire(now))
            self._soonest = min((one.deadline for one in self._connections), default=float("inf"))
        self._make_room()

    def _make_room(self) -> bool:
        """Closes connections until the others hold what they may; False if that is not enough."""
        while True:
            if len(self._holding) <= 1 or self._held <= self._limits.buffered_octets:
                return True
            if not self._give_up_longest(holding=True):
                return False

    def _give_up_longest(self, *, holding: bool = False) -> bool:
        """Closes the connection that has waited longest for its client; False if there is none."""
        waiting = [one for one in self._connections if one.events and (one.held or not holding)]
        if not waiting:
            return False
        longest = min(waiting, key=lambda one: one.since)
        _LOG.info("too many connections or octets: the one waiting longest is closed")
        longest.close()
        self._go_on(longest, None)
        return True

    def _finished(self) -> bool:
        if not self._stopping.is_set():
            return False
        if self._closing is None:
            self._closing = monotonic() + _LAST_ANSWERS_S
            for door in self._doors if self._open else ():
                self._selector.unregister(door.listening)
                door.listening.close()
            self._send_answers()
        idle = [one for one in self._connections if not one.answering]
        for one in idle:
            one.close()
            self._go_on(one, None)
        return not self._connections or monotonic() >= self._closing

    def _close_all(self) -> None:
        self._asked.put(None)
        self._asked_aside.put(None)
        for one in self._connections:
            one.close()
        for door in self._doors:
            door.listening.close()
        self._selector.close()
        self._bell.close()
        self._rope.close()
