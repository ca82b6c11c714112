"""TLS with a pre-shared key in memory: both ends, octet by octet, and what ends it."""

import ssl

import pytest

from rspharness.record.verdicts import Inconclusive
from rspharness.servers.tls_psk import TlsServer, psk_context

KEY = b"\x44" * 16

pytestmark = pytest.mark.skipif(
    not getattr(ssl, "HAS_PSK", False), reason="ssl has pre-shared keys from Python 3.13 on"
)


class Mirror:
    """A peer that returns what it gets, in reverse order."""

    def exchange(self, octets):
        return octets[::-1]


class Client:
    """The card's end of a connection to a server in memory."""

    def __init__(self, server, *, key=KEY, ciphers="PSK-AES128-CBC-SHA256", latest=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = latest or ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
        context.set_psk_client_callback(lambda _hint: ("card", key))
        self.server = server
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)

    def until(self, action, most=100_000):
        """Runs an action, passing at most a number of octets at once to the server."""

        def done(result):
            return result is not None or (action == self.tls.do_handshake and self.tls.version())

        while True:
            try:
                result = action()
            except ssl.SSLWantReadError:
                result = None
            octets = self.outgoing.read()
            for start in range(0, len(octets), most):
                self.incoming.write(self.server.exchange(octets[start : start + most]))
            if done(result):
                return result


@pytest.fixture
def server():
    return TlsServer(psk_context({"card": KEY}), Mirror())


@pytest.mark.parametrize("most", [1, 100_000])
@pytest.mark.parametrize("ciphers", ["PSK-AES128-CBC-SHA256", "PSK-AES128-GCM-SHA256"])
def test_octets_sent_are_returned(server, ciphers, most):
    client = Client(server, ciphers=ciphers)
    client.until(client.tls.do_handshake, most)
    client.until(lambda: client.tls.write(b"abc"), most)
    assert client.until(lambda: client.tls.read(100)) == b"cba"
    assert client.tls.version() == "TLSv1.2"
    assert client.tls.cipher()[0] == ciphers


def test_close_is_answered_and_ends_the_reading(server):
    client = Client(server)
    client.until(client.tls.do_handshake)
    with pytest.raises(ssl.SSLWantReadError):
        client.tls.unwrap()
    client.incoming.write(server.exchange(client.outgoing.read()))
    with pytest.raises(ssl.SSLZeroReturnError):  # the server has closed as well
        client.tls.read(100)
    assert server.exchange(b"more") == b""
    assert (server.closed, server.fault) == (True, None)


def test_wrong_key_is_a_fault_with_an_alert(server):
    client = Client(server, key=bytes(16))
    with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
        client.until(client.tls.do_handshake)
    assert server.fault.startswith("TLS: ")
    assert not server.established
    assert server.exchange(b"more") == b""


def test_octets_that_are_no_tls_are_a_fault(server):
    server.exchange(b"POST / HTTP/1.1\r\n\r\n")
    assert server.fault.startswith("TLS: ")


def test_python_without_psk_is_inconclusive(monkeypatch):
    monkeypatch.setattr(ssl, "HAS_PSK", False)
    with pytest.raises(Inconclusive, match="OpenSSL with PSK"):
        psk_context({})
