"""The names under which an LPA of version 3 reaches a server, and what a ClientHello says."""

import ssl

import pytest

from rspcore.errors import ConfigError
from rspharness.lpa.newer.server_names import (
    NameService,
    TlsName,
    is_fatal_alert,
    read_hosts,
    ways_to,
)
from rspharness.peers.newer.named_server import name_in_hello

pytestmark = pytest.mark.once

FQDN, NEWER = "smdp.example.com", "rsp3-smdp.example.com"


@pytest.mark.parametrize(
    ("name", "known", "tries"),
    [
        (FQDN, [FQDN, NEWER], [TlsName(NEWER, NEWER), TlsName(NEWER, FQDN, said=False)]),
        (FQDN, [FQDN], [TlsName(FQDN, FQDN)]),
        ("localhost", [], [TlsName("localhost", "localhost")]),
        ("127.0.0.1", [], [TlsName("127.0.0.1", "127.0.0.1")]),
    ],
)
def test_name_of_version_3_comes_first_where_it_has_an_address(name, known, tries):
    service = NameService(dict.fromkeys(known, "127.0.0.1"))
    assert list(ways_to(name, service)) == tries


def test_hosts_that_are_none_are_refused():
    with pytest.raises(ConfigError, match="expected an IP address"):
        read_hosts("smdp.example.com 127.0.0.1", "hosts")


def test_alert_differs_from_a_certificate_that_is_refused():
    assert is_fatal_alert(ssl.SSLError(1, "[SSL: TLSV1_UNRECOGNIZED_NAME] tlsv1 unrecognized name"))
    assert not is_fatal_alert(ssl.SSLError(1, "certificate verify failed"))
    assert not is_fatal_alert(OSError("an alert"))


@pytest.mark.parametrize("name", [FQDN, NEWER, None])
def test_name_of_a_client_hello(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    given, made = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(given, made, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    assert name_in_hello(made.read()) == (name or "")


def test_what_is_no_client_hello_has_no_name():
    assert name_in_hello(b"GET / HTTP/1.1") == ""
