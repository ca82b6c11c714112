"""Ctrl-C, SIGTERM and SIGHUP of a run: the card is put back first, and the run is never green.

The first one ends the run. One that comes while the card is being put back is answered with a line;
one more leaves the card as it is, and its journal. SIGHUP comes when the terminal is closed or the
connection to the machine with the reader is lost; under `nohup` it is ignored, and stays so.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["card_is_put_back", "caught", "was_interrupted"]

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Signals:
    """What came in this process.

    Attributes:
        came: Whether one came since the run began.
        putting_back: Whether the card is being put back.
        warned: Whether one came meanwhile.
    """

    came = False
    putting_back = False
    warned = False

    def take(self, number: int, frame: FrameType | None) -> None:
        """Takes a signal.

        Raises:
            KeyboardInterrupt: the run has to end, or the card is to be left as it is.
        """
        del frame
        self.came = True
        if self.putting_back and not self.warned:
            self.warned = True
            sys.stderr.write("\nrsplab: the card is being put back; once more leaves it as it is\n")
            return
        raise KeyboardInterrupt(signal.Signals(number).name)


_signals = _Signals()


@contextmanager
def caught() -> Iterator[None]:
    """Takes the signals while a run goes on; one that is ignored stays so."""
    _signals.came = False
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _NUMBERS}
    taken = [number for number in _NUMBERS if before[number] != signal.SIG_IGN]
    for number in taken:
        signal.signal(number, _signals.take)
    try:
        yield
    finally:
        _signals.came = False
        for number in taken:
            signal.signal(number, before[number])


@contextmanager
def card_is_put_back() -> Iterator[None]:
    """Has the first signal inside wait for a second one."""
    _signals.putting_back, _signals.warned = True, False
    try:
        yield
    finally:
        _signals.putting_back = False


def was_interrupted() -> bool:
    """Returns whether a signal came since the run began."""
    return _signals.came
