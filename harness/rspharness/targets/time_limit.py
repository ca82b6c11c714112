"""A time limit for calls that block in C, as those of the smart-card library do.

The calls run one after the other in a thread of their own. One that does not end in time is
abandoned with its thread: nothing can stop it, but it does not keep the process from ending.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from rspharness.record.verdicts import TargetLost

__all__ = ["COMMAND_LIMIT_S", "NoAnswer", "TimeLimit"]

COMMAND_LIMIT_S: Final = 60.0
"""How long a card may take for one command unless a target file says otherwise, in seconds.

Deleting a large Profile or making keys takes some seconds on slow cards.
"""

T = TypeVar("T")
_Reply = SimpleQueue[tuple[Any, BaseException | None]]


class NoAnswer(TargetLost):
    """Reports that a call did not end in time: who is asked again will wait again."""


class TimeLimit:
    """Makes calls that have to end within a time.

    Attributes:
        overdue: True once a call did not end in time; no further call is made then.
    """

    def __init__(self, place: str, limit_s: float) -> None:
        """Prepares the thread; it starts with the first call.

        Args:
            place: Name of the place in messages.
            limit_s: How long one call may take, in seconds.
        """
        self.overdue = False
        self._place = place
        self._limit_s = limit_s
        self._calls: SimpleQueue[tuple[Callable[[], object], _Reply] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def call(self, doing: str, function: Callable[[], T]) -> T:
        """Makes one call and returns what it returns.

        Args:
            doing: What the call does, for the message.
            function: The call.

        Raises:
            NoAnswer: it did not end in time, or an earlier one did not.
        """
        if self.overdue:
            raise self._lost(doing)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._place, daemon=True)
            self._thread.start()
        reply: _Reply = SimpleQueue()  # one for each call: an answer that is late meets nobody
        self._calls.put((function, reply))
        try:
            result, error = reply.get(timeout=self._limit_s)
        except Empty:
            self.overdue = True
            raise self._lost(doing) from None
        if error is not None:
            raise error
        value: T = result
        return value

    def end(self) -> None:
        """Ends the thread after its last call; one that is overdue is left alone."""
        if self._thread is not None:
            self._calls.put(None)
            self._thread = None

    def _lost(self, doing: str) -> NoAnswer:
        return NoAnswer(
            f"{self._place}, {doing}: no answer within {self._limit_s:g} s; take the card out, or "
            "end the PC/SC daemon, before it is used again"
        )

    def _work(self) -> None:
        while (one := self._calls.get()) is not None:
            function, reply = one
            try:
                reply.put((function(), None))
            except BaseException as error:  # noqa: BLE001  raised again in the thread that waits
                reply.put((None, error))
