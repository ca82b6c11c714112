"""Addresses of servers as activation codes and messages have them: a host, and maybe a port.

The specification knows host names alone; test benches also use ports and IP addresses, which stand
in brackets when they are of version 6 and a port follows (RFC 3986, 3.2.2).
"""

import ipaddress
from collections.abc import Iterable
from typing import Final

__all__ = [
    "host_of",
    "in_brackets",
    "is_ip_address",
    "newer_name",
    "same_address",
    "split_address",
    "with_newer_names",
]

_NEWER: Final = "rsp3-"


def split_address(address: str) -> tuple[str, str]:
    """Returns host and port of an address; the port is empty when there is none.

    >>> split_address("smdp.example.com:8443"), split_address("[::1]:8443"), split_address("::1")
    (('smdp.example.com', '8443'), ('::1', '8443'), ('::1', ''))
    """
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        return host, rest.removeprefix(":")
    if address.count(":") > 1:
        return address, ""
    host, _, port = address.partition(":")
    return host, port


def host_of(address: str) -> str:
    """Returns the host of an address in lower case, without brackets."""
    return split_address(address)[0].lower()


def in_brackets(host: str) -> str:
    """Returns a host as it stands before a port: an IP address of version 6 in brackets."""
    return f"[{host}]" if ":" in host else host


def is_ip_address(host: str) -> bool:
    """Returns whether a host is an IP address, of version 4 or 6, without brackets.

    >>> is_ip_address("::1"), is_ip_address("127.0.0.1"), is_ip_address("smdp.example.com")
    (True, True, False)
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def same_address(one: str, other: str) -> bool:
    """Returns whether two addresses are the same: in any case, ports only where both have one.

    >>> same_address("SMDP.example.com", "smdp.example.com:8443"), same_address("[::1]:1", "::1")
    (True, True)
    """
    (host, port), (other_host, other_port) = map(split_address, (one.lower(), other.lower()))
    return host == other_host and (port == other_port or not port or not other_port)


def newer_name(host: str) -> str:
    """Returns the name that a server has beside its FQDN in version 3 (SGP.22 v3.1, 2.6.6.2).

    >>> newer_name("smdp.example.com"), newer_name("localhost"), newer_name("127.0.0.1")
    ('rsp3-smdp.example.com', '', '')
    """
    has_one = "." in host and not is_ip_address(host) and not host.startswith(_NEWER)
    return _NEWER + host if has_one else ""


def with_newer_names(hosts: Iterable[str]) -> tuple[str, ...]:
    """Returns host names, each once, and behind them those of version 3."""
    names = tuple(dict.fromkeys(hosts))
    return (*names, *(newer_name(one) for one in names if newer_name(one)))
