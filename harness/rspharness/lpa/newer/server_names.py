"""Under which names an LPA of version 3 reaches a server: that of version 3 first.

A server of version 3 has a second name, "rsp3-" and its FQDN. Where DNS knows it, the LPA connects
to it and says it in the ClientHello; after a fatal alert it says no name. Where DNS does not, or
the server has no FQDN, the name of the activation code serves. Messages name the server as ever.

Source: SGP.22 v3.1, 2.6.6.2.
"""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ssl import SSLError

from rspcore.errors import ConfigError
from rspcore.server_address import is_ip_address, newer_name

__all__ = ["NameService", "TlsName", "is_fatal_alert", "read_hosts", "ways_to"]


@dataclass(frozen=True, slots=True)
class TlsName:
    """One try.

    Attributes:
        host: Name that is resolved.
        certificate: Name that the certificate has to have.
        said: Whether the ClientHello says a name.
    """

    host: str
    certificate: str
    said: bool = True


@dataclass(frozen=True, slots=True)
class NameService:
    """What knows the names of servers.

    Attributes:
        hosts: Addresses by name, in place of DNS; None for DNS.
    """

    hosts: Mapping[str, str] | None = None

    def place(self, name: str) -> str:
        """Returns the address of a name where a file has it, else the name."""
        return name if self.hosts is None else self.hosts.get(name, name)

    def knows(self, name: str) -> bool:
        """Returns whether a name has an address."""
        if self.hosts is not None:
            return name in self.hosts
        try:
            return bool(socket.getaddrinfo(name, None))
        except OSError:
            return False


def ways_to(name: str, service: NameService) -> Iterator[TlsName]:
    """Yields the tries by which an LPA of version 3 reaches a server, in their order.

    Args:
        name: Host of its address, in lower case.
        service: What knows names.
    """
    newer = newer_name(name)
    if newer and service.knows(newer):
        yield TlsName(newer, newer)
        yield TlsName(newer, name, said=False)
        return
    yield TlsName(name, name)


def is_fatal_alert(error: BaseException) -> bool:
    """Returns whether the other side ended a handshake by an alert."""
    text = str(error).lower()
    return isinstance(_cause(error), SSLError) and ("alert" in text or "unrecognized" in text)


def _cause(error: BaseException) -> BaseException:
    while error.args and isinstance(error.args[0], BaseException):
        error = error.args[0]
    return error


def read_hosts(text: str, file: str) -> dict[str, str]:
    """Reads addresses by name, in the form of /etc/hosts.

    >>> read_hosts("127.0.0.1 smdp.example.com rsp3-smdp.example.com  # both", "hosts")
    {'smdp.example.com': '127.0.0.1', 'rsp3-smdp.example.com': '127.0.0.1'}

    Raises:
        ConfigError: a line does not begin with an IP address.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or ("",)
        if address and not is_ip_address(address):
            raise ConfigError(f"{file}: expected an IP address and names, got {line!r}")
        found.update((name.lower(), address) for name in names)
    return found
