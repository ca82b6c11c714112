"""The management port: plain HTTP with JSON, on the loopback interface and nowhere else."""

import threading

from rspcore.errors import ConfigError
from rspsim.smdpp.management import Management
from rspsim.smdpp.server import SmDpPlus
from rspsim.transports.https import LOOPBACK, Front, Listener

__all__ = ["management_front"]


def management_front(
    server: SmDpPlus, lock: threading.Lock, *, host: str = LOOPBACK, port: int = 0
) -> Front:
    """Makes the front of the management port; it is not started yet.

    Args:
        server: The server to manage.
        lock: Lock that the server's own front uses.
        host: Address to bind.
        port: Port to bind, 0 for any that is free.

    Raises:
        ConfigError: the address is not one of the loopback interface; a client of this port can
            order profiles and read everything.
    """
    if not (host.startswith("127.") or host in {"localhost", "::1"}):
        raise ConfigError(f"management port on {host}: only the loopback interface is allowed")
    return Front(Management(server).handle, (Listener(host, port),), lock=lock)
