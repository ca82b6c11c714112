"""Administration session triggering parameters: what makes a security domain open an HTTP session.

    81 { 83 { 84 connection, 85 security, 86 retry policy, 89 { 8A host, 8B agent, 8C URI } } }

They are the secured data of a push, an SCP80 packet to the security domain that shall open the
session; for what is left out the security domain uses its own parameters. The data objects of
the connection are those of OPEN CHANNEL, so b8 of their tags means "comprehension required"; it is
written as 0 and ignored on reading.

Source: GlobalPlatform Card Specification, Amendment B, "administration session triggering
parameters"; ETSI TS 102 226, clause 5; ETSI TS 102 223, clause 8 for the connection. Other data
objects, such as A5 (extended security) and B3 (name resolution) of later versions, are skipped.
Uncertain, because the text of Amendment B was not available: whether a security domain that listens
on a TAR of the expanded format expects the whole in a command scripting template (AA). Both forms
are written, and both are read.
"""

from collections.abc import Iterator
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError, LocalError
from rspcore.frozen import dataclass

__all__ = ["Connection", "HttpPost", "PskReference", "RetryPolicy", "SessionTrigger"]

TCP_CLIENT: Final = 0x02
"""Transport protocol type: TCP, UICC in client mode, remote connection (TS 102 223, 8.59)."""

_BEARER, _BUFFER, _ACCESS_NAME, _TRANSPORT, _ADDRESS = 0x35, 0x39, 0x47, 0x3C, 0x3E
_TIMER_VALUE: Final = 0x25
_TEMPLATE: Final = 0xAA
_ADDRESS_TYPES: Final = {4: 0x21, 16: 0x57}
_DAY_S: Final = 86_400


def _lv(octets: bytes) -> bytes:
    if len(octets) > 255:
        raise LocalError(f"{len(octets)} octets; a length octet counts 255 at most")
    return bytes((len(octets),)) + octets


def _read_lv(octets: bytes, what: str) -> tuple[bytes, bytes]:
    """Returns the first value with a length octet, and what follows it."""
    if not octets or len(octets) < 1 + octets[0]:
        raise DecodeError(f"{what}: length octet and value expected in {octets.hex(' ').upper()}")
    return octets[1 : 1 + octets[0]], octets[1 + octets[0] :]


def _values(octets: bytes | memoryview) -> dict[int, bytes]:
    """Returns values by tag with b8 cleared; of several with one tag, the first."""
    found: dict[int, bytes] = {}
    for one in tlv.iterate(octets):
        found.setdefault(one.tag & 0x7F, bytes(one.value))
    return found


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection parameters (84): where OPEN CHANNEL connects to.

    Attributes:
        address: IPv4 or IPv6 address, 4 or 16 octets.
        port: TCP port.
        buffer_size: Octets of the buffer asked for.
        bearer: Bearer description; 03 is the default bearer of packet data.
        access_name: Labels of the network access name, each as text; empty leaves it out.
    """

    address: bytes
    port: int
    buffer_size: int = 1400
    bearer: bytes = b"\x03"
    access_name: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """Writes the data objects of OPEN CHANNEL, without 84.

        Raises:
            LocalError: the address is neither 4 nor 16 octets.
        """
        if len(self.address) not in _ADDRESS_TYPES:
            raise LocalError(f"address of {len(self.address)} octets; expected 4 or 16")
        labels = b"".join(_lv(label.encode()) for label in self.access_name)
        kind = bytes((_ADDRESS_TYPES[len(self.address)],))
        return b"".join(
            (
                tlv.encode(_BEARER, self.bearer),
                tlv.encode(_BUFFER, self.buffer_size.to_bytes(2, "big")),
                tlv.encode(_ACCESS_NAME, labels) if labels else b"",
                tlv.encode(_TRANSPORT, bytes((TCP_CLIENT,)) + self.port.to_bytes(2, "big")),
                tlv.encode(_ADDRESS, kind + self.address),
            )
        )

    @classmethod
    def decode(cls, octets: bytes | memoryview) -> "Connection":
        """Reads the data objects of OPEN CHANNEL; alpha identifiers and the like are skipped.

        Raises:
            DecodeError: address, port or buffer size are missing or malformed, or not for TCP.
        """
        values = _values(octets)
        transport, other = values.get(_TRANSPORT, b""), values.get(_ADDRESS, b"")
        if len(transport) != 3 or transport[0] != TCP_CLIENT:
            raise DecodeError(
                f"transport level (3C): expected {TCP_CLIENT:02X} and a port, "
                f"got {transport.hex(' ').upper() or 'none'}",
                tag=_TRANSPORT,
            )
        if other[:1] != bytes((_ADDRESS_TYPES.get(len(other) - 1, 0),)):
            raise DecodeError(
                f"destination address (3E): expected 21 and 4 octets or 57 and 16, "
                f"got {other.hex(' ').upper() or 'none'}",
                tag=_ADDRESS,
            )
        buffer_size = values.get(_BUFFER, b"")
        if len(buffer_size) != 2:
            raise DecodeError(
                f"buffer size (39) of {len(buffer_size)} octets; expected 2", tag=_BUFFER
            )
        return cls(
            other[1:],
            int.from_bytes(transport[1:], "big"),
            int.from_bytes(buffer_size, "big"),
            values.get(_BEARER, b""),
            tuple(_labels(values.get(_ACCESS_NAME, b""))),
        )


def _labels(octets: bytes) -> Iterator[str]:
    while octets:
        label, octets = _read_lv(octets, "network access name (47)")
        yield _text(label, "network access name (47)")


def _text(octets: bytes, what: str) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise DecodeError(f"{what}: {octets.hex(' ').upper()} is no text in UTF-8") from error


@dataclass(frozen=True, slots=True)
class PskReference:
    """The security parameters (85): the pre-shared key and its identity in TLS.

    Attributes:
        identity: PSK identity the card sends in the TLS handshake (RFC 4279), 0 to 255 octets.
        key_version: Key version number, 40 to 4F for SCP81.
        key_identifier: Key identifier, 01 for the pre-shared key.
    """

    identity: bytes
    key_version: int = 0x40
    key_identifier: int = 0x01

    def encode(self) -> bytes:
        """Writes the value of 85: identity, then key version and identifier, each with a length.

        Raises:
            LocalError: the identity is longer than 255 octets.
        """
        return _lv(self.identity) + _lv(bytes((self.key_version, self.key_identifier)))

    @classmethod
    def decode(cls, octets: bytes) -> "PskReference":
        """Reads the value of 85; octets of later versions after the key are skipped.

        Raises:
            DecodeError: a length does not fit, or the key is not named by 2 octets.
        """
        identity, rest = _read_lv(octets, "PSK identity (85)")
        key, _ = _read_lv(rest, "key version and identifier (85)")
        if len(key) != 2:
            raise DecodeError(
                f"key version and identifier of {len(key)} octets; expected 2", tag=0x85
            )
        return cls(identity, key[0], key[1])


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The retry policy (86): how often a failed session is repeated.

    Attributes:
        counter: Number of retries, 0 to 65,535.
        delay_s: Seconds between them, less than a day.
    """

    counter: int
    delay_s: int

    def encode(self) -> bytes:
        """Writes the value of 86: counter, and the delay as a timer value (25) in swapped BCD.

        Raises:
            LocalError: the delay is a day or longer.
        """
        if not 0 <= self.delay_s < _DAY_S:
            raise LocalError(f"retry delay of {self.delay_s} s; expected less than {_DAY_S}")
        parts = (self.delay_s // 3600, self.delay_s // 60 % 60, self.delay_s % 60)
        value = bytes(part % 10 << 4 | part // 10 for part in parts)
        return self.counter.to_bytes(2, "big") + tlv.encode(_TIMER_VALUE, value)

    @classmethod
    def decode(cls, octets: bytes) -> "RetryPolicy":
        """Reads the value of 86; a report of failure after the delay is skipped.

        Raises:
            DecodeError: no counter of 2 octets, or no timer value of 3.
        """
        delay = _values(octets[2:]).get(_TIMER_VALUE, b"")
        if len(delay) != 3:
            raise DecodeError("retry policy (86): counter and timer value (25) expected", tag=0x86)
        hours, minutes, seconds = ((one & 0xF) * 10 + (one >> 4) for one in delay)
        return cls(int.from_bytes(octets[:2], "big"), hours * 3600 + minutes * 60 + seconds)


@dataclass(frozen=True, slots=True)
class HttpPost:
    """The HTTP POST parameters (89); None leaves one out.

    Attributes:
        host: Administration host (8A), for the header Host.
        agent: Agent identifier (8B), for the header X-Admin-From.
        uri: Administration URI (8C), of the first POST.
    """

    host: str | None = None
    agent: str | None = None
    uri: str | None = None

    def encode(self) -> bytes:
        """Writes the data objects 8A, 8B and 8C, without 89."""
        given = ((0x8A, self.host), (0x8B, self.agent), (0x8C, self.uri))
        return b"".join(tlv.encode(tag, text.encode()) for tag, text in given if text is not None)

    @classmethod
    def decode(cls, octets: bytes) -> "HttpPost":
        """Reads the data objects 8A, 8B and 8C.

        Raises:
            DecodeError: not data objects, or no text in them.
        """
        texts = {tag: _text(value, f"{tag | 0x80:02X}") for tag, value in _values(octets).items()}
        return cls(texts.get(0x0A), texts.get(0x0B), texts.get(0x0C))


@dataclass(frozen=True, slots=True)
class SessionTrigger:
    """Administration session triggering parameters; a part that is None is left to the card.

    Attributes:
        connection: Where the channel connects to.
        security: The pre-shared key.
        retry: What happens when the session fails.
        post: Parameters of the first POST.
    """

    connection: Connection | None = None
    security: PskReference | None = None
    retry: RetryPolicy | None = None
    post: HttpPost | None = None

    def encode(self, *, templated: bool = False) -> bytes:
        """Writes the data object 81.

        Args:
            templated: True to put it into a command scripting template (AA).

        Raises:
            LocalError: a part cannot be written.
        """
        parts = ((0x84, self.connection), (0x85, self.security), (0x86, self.retry))
        inner = [tlv.encode(tag, part.encode()) for tag, part in parts if part is not None]
        if self.post is not None:
            inner.append(tlv.encode(0x89, self.post.encode()))
        trigger = tlv.encode(0x81, tlv.encode(0x83, *inner))
        return tlv.encode(_TEMPLATE, trigger) if templated else trigger

    @classmethod
    def decode(cls, octets: bytes) -> "SessionTrigger":
        """Reads the data object 81, alone or in a command scripting template (AA).

        Raises:
            DecodeError: not 81 with 83 in it, or a part is malformed.
        """
        one = tlv.parse(octets)
        if one.tag == _TEMPLATE:
            one = tlv.parse(one.value)
        inner = one.find(0x83) if one.tag == 0x81 else None
        if inner is None:
            raise DecodeError(f"81 with 83 in it expected, got {one!r}", tag=one.tag)
        values = _values(inner.value)
        connection, security = values.get(0x04), values.get(0x05)
        retry, post = values.get(0x06), values.get(0x09)
        return cls(
            None if connection is None else Connection.decode(connection),
            None if security is None else PskReference.decode(security),
            None if retry is None else RetryPolicy.decode(retry),
            None if post is None else HttpPost.decode(post),
        )
