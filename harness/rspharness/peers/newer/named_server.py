"""A server under names of its own: which name an LPA says in its ClientHello, and a refusal of it.

The LPA connects here and what it sends goes on to the server, octet for octet; only its ClientHello
is looked at. So any LPA can be watched, and TLS is that of the server.

Source: SGP.22 v3.1, 2.6.6.2; RFC 6066, 3; RFC 8446, 4.1.2.
"""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rspcore.server_address import newer_name, split_address

__all__ = ["FQDN", "ServerNames", "name_in_hello"]

FQDN: Final = "testsmdpplus1.example.com"
"""A name that our SM-DP+ has a TLS certificate for."""
_LOOPBACK: Final = "127.0.0.1"
_UNRECOGNIZED_NAME: Final = bytes.fromhex("15030300020270")
"""A fatal alert: unrecognized_name(112)."""
_HANDSHAKE, _RECORD_HEAD, _MOST = 0x16, 5, 1 << 14
_SERVER_NAME, _BEFORE_SESSION_ID = 0, 38
_PIECE: Final = 1 << 16
_PATIENCE_S: Final = 30.0


def name_in_hello(record: bytes) -> str:
    """Returns the name in a ClientHello, empty for none.

    Args:
        record: A whole record of TLS, its head included.
    """
    if record[:1] != bytes((_HANDSHAKE,)):
        return ""
    hello = memoryview(record)[_RECORD_HEAD:]
    place = _BEFORE_SESSION_ID
    place += 1 + hello[place]
    place += 2 + int.from_bytes(hello[place : place + 2], "big")  # cipher suites
    place += 1 + hello[place]  # compression methods
    place += 2
    while place + 4 <= len(hello):
        kind, length = (int.from_bytes(hello[place + at : place + at + 2], "big") for at in (0, 2))
        if kind == _SERVER_NAME:
            return bytes(hello[place + 9 : place + 4 + length]).decode("ascii", "replace")
        place += 4 + length
    return ""


class ServerNames:
    """A place under an FQDN, before a server; `close` ends it.

    Attributes:
        address: FQDN and port, for activation codes.
        hosts: File in the form of /etc/hosts with the names that have an address.
        said: Name of each ClientHello, oldest first; empty for one without.
    """

    def __init__(self, server: str, *, newer: bool, refuses: bool) -> None:
        """Listens on a free port of this machine.

        Args:
            server: Host and port of the server.
            newer: Whether the name of version 3 has an address, beside the FQDN.
            refuses: Whether a ClientHello with the name of version 3 gets a fatal alert.
        """
        self._server, self._refuses = server, refuses
        self._folder = TemporaryDirectory()
        self._listening = socket.create_server((_LOOPBACK, 0))
        self.address = f"{FQDN}:{self._listening.getsockname()[1]}"
        self.newer_name = newer_name(FQDN)
        names = (FQDN, *((self.newer_name,) if newer else ()))
        self.hosts = Path(self._folder.name, "hosts")
        self.hosts.write_text(f"{_LOOPBACK} {' '.join(names)}\n", "ascii")
        self.said: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stops listening; connections end with their sides."""
        self._listening.close()
        self._folder.cleanup()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        client.settimeout(_PATIENCE_S)
        with client, suppress(OSError):
            first = _record(client)
            if not first:
                return
            name = name_in_hello(first)
            self.said.append(name)
            if self._refuses and name == self.newer_name:
                client.sendall(_UNRECOGNIZED_NAME)
                return
            host, port = split_address(self._server)
            with socket.create_connection((host, int(port))) as server:
                server.sendall(first)
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join(_PATIENCE_S)


def _record(client: socket.socket) -> bytes:
    """Returns the first record of a connection, less where it ends before."""
    found = b""
    length = _RECORD_HEAD
    while len(found) < length:
        piece = client.recv(length - len(found))
        if not piece:
            return b""
        found += piece
        if len(found) == _RECORD_HEAD:
            length += min(int.from_bytes(found[3:5], "big"), _MOST)
    return found


def _copy(one: socket.socket, other: socket.socket) -> None:
    """Copies what comes until its end, and passes the end on."""
    with suppress(OSError):
        while piece := one.recv(_PIECE):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)
