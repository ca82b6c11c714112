"""The courier of an SM-DP+: makes the calls to partners that are due, one after the other."""

import logging
import threading
from typing import Final, Self

from rspcore.errors import StoreError
from rspsim.smdpp import SmDpPlus
from rspsim.smdpp.partner_calls import PartnerPort

__all__ = ["Courier"]

_LOG: Final = logging.getLogger(__name__)
_PAUSE_S: Final = 0.2


class Courier:
    """Takes errands in a thread of its own; the lock is held before and after a call.

    Use it as a context manager.
    """

    def __init__(self, server: SmDpPlus, lock: threading.Lock, port: PartnerPort) -> None:
        """Takes the server, the lock around it, and what makes calls."""
        self._server = server
        self._lock = lock
        self._port = port
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rspsim courier", daemon=True)

    def __enter__(self) -> Self:
        """Starts."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stops after the call under way; what is left stays kept."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                made = self._one()
            except StoreError:
                _LOG.exception("errands cannot be read or written")
                made = False
            if not made:
                self._stopped.wait(_PAUSE_S)

    def _one(self) -> bool:
        """Makes one call, if one is due; returns whether one was."""
        with self._lock:
            errand = self._server.take_errand()
        if errand is None:
            return False
        reply = self._port.post(errand.call)
        with self._lock:
            self._server.settle_errand(errand, reply)
        return True
