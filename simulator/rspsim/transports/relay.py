"""A relay: passes values to a listener in a thread of its own, so that nobody waits for it.

Printing to a pipe that nobody reads never returns. Whoever has something more urgent to do, such as
to answer a client, gives its values to a relay: that puts them in a bounded queue and returns. A
listener that raises, or that has stopped and let the queue fill, is logged once and dropped.
"""

import logging
import threading
from collections.abc import Callable
from queue import Full, Queue
from typing import Final, Generic, TypeVar

__all__ = ["Relay"]

Value = TypeVar("Value")

_LOG: Final = logging.getLogger(__name__)
_WAITING_AT_MOST: Final = 10_000


class Relay(Generic[Value]):
    """Calls a listener with each value it is given, in order and in another thread."""

    def __init__(
        self, listener: Callable[[Value], None], *, name: str, waiting: int = _WAITING_AT_MOST
    ) -> None:
        """Starts the thread.

        Args:
            listener: What takes the values; it may wait, and it may raise.
            name: What the log calls it.
            waiting: Most values in the queue.
        """
        self._listener = listener
        self._name = name
        self._queue: Queue[Value | None] = Queue(waiting)
        self._dropped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"rspsim {name}", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> bool:
        """Returns whether the listener has failed or stopped, and gets nothing any more."""
        return self._dropped.is_set()

    def __call__(self, value: Value) -> None:
        """Puts a value in the queue; never waits and never raises."""
        if self.dropped:
            return
        try:
            self._queue.put_nowait(value)
        except Full:
            self._dropped.set()
            _LOG.warning(
                "%s: takes nothing any more, %d values are waiting; it is dropped",
                self._name,
                self._queue.qsize(),
            )

    def close(self, patience_s: float = 1.0) -> None:
        """Waits until the listener has had everything, for some seconds at most."""
        try:
            self._queue.put_nowait(None)
        except Full:
            return
        self._thread.join(patience_s)

    def _run(self) -> None:
        while not self.dropped:
            value = self._queue.get()
            if value is None:
                return
            try:
                self._listener(value)
            except Exception as error:  # noqa: BLE001  whatever it is, it is logged, once
                self._dropped.set()
                _LOG.warning("%s: fails and is dropped: %r", self._name, error)
