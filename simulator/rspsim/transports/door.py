"""One listening socket of a front, and how the clients that connect to it are met."""

import logging
import socket
import ssl
from collections.abc import Callable

from rspcore.errors import ConfigError
from rspsim.smdpp.greeting import Greeting
from rspsim.transports.greeted_tls import greeted_context
from rspsim.transports.http_connection import Connection, FrontLimits

__all__ = ["Door"]

_LOG = logging.getLogger(__name__)


class Door:
    """A listening socket.

    Attributes:
        listening: The socket.
    """

    def __init__(
        self,
        listening: socket.socket,
        tls: ssl.SSLContext | None,
        greet: Callable[[], Greeting | None] | None,
    ) -> None:
        """Takes a socket that listens.

        Args:
            listening: The socket.
            tls: TLS context of its side, None for plain HTTP.
            greet: Returns how the next client is met, or None for by `tls` as always.
        """
        self.listening = listening
        self._tls = tls
        self._greet = greet
        self._place: tuple[str, int] = listening.getsockname()[:2]

    def open_again(self) -> None:
        """Listens once more where it did, after its socket was closed.

        Raises:
            OSError: the port is taken by now.
        """
        self.listening = socket.create_server(self._place, family=self.listening.family)

    def met(self, accepted: socket.socket, limits: FrontLimits, now: float) -> Connection:
        """Returns the connection of a client, as far as it is let.

        Raises:
            OSError: the client is gone already.
        """
        greeting = None if self._greet is None else self._greet()
        if greeting is None:
            return Connection(accepted, self._tls, limits, now)
        bare = greeting.reset or greeting.silent_ms or greeting.instead
        connection = Connection(accepted, None if bare else self._context(greeting), limits, now)
        if greeting.reset:
            connection.reset()
        elif greeting.silent_ms:
            connection.be_silent(now, greeting.silent_ms)
        elif greeting.instead:
            connection.meet_with(greeting.instead, now)
        return connection

    def _context(self, greeting: Greeting) -> ssl.SSLContext | None:
        try:
            return greeted_context(greeting)
        except ConfigError as error:
            _LOG.warning("%s; the client is met as usual", error)
            return self._tls
