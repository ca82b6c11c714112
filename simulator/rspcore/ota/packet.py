"""Secured packets (SCP80): command packets, response packets, security parameters.

Source: ETSI TS 102 225, 5; 3GPP TS 31.115, 4. A packet is written and opened with an explicit key
set; the receiver decides which set, counter and minimum level it requires. The MAC
covers the clear packet with its padding; for a response it covers the header 02 71 00 too.
"""

from dataclasses import field
from enum import IntEnum

from rspcore.errors import CryptoError, DecodeError
from rspcore.frozen import dataclass
from rspcore.ota.algorithms import (
    Algorithm,
    block_size,
    checksum,
    crc16,
    crc32,
    decipher,
    encipher,
)

__all__ = [
    "CommandPacket",
    "CounterMode",
    "Integrity",
    "KeySet",
    "PacketError",
    "ResponsePacket",
    "ResponseStatus",
    "SecurityParameters",
]

_RESPONSE_HEADER = bytes.fromhex("027100")


class Integrity(IntEnum):
    """SPI1 bits 2 and 1, and SPI2 bits 4 and 3."""

    NONE = 0
    RC = 1
    CC = 2
    DS = 3


class CounterMode(IntEnum):
    """SPI1 bits 5 and 4."""

    IGNORED = 0
    PRESENT = 1
    HIGHER = 2
    NEXT = 3


class ResponseStatus(IntEnum):
    """The status octets of a response packet."""

    POR_OK = 0x00
    RC_CC_DS_FAILED = 0x01
    CNTR_LOW = 0x02
    CNTR_HIGH = 0x03
    CNTR_BLOCKED = 0x04
    CIPHERING_ERROR = 0x05
    UNIDENTIFIED_SECURITY_ERROR = 0x06
    INSUFFICIENT_MEMORY = 0x07
    MORE_TIME = 0x08
    TAR_UNKNOWN = 0x09
    INSUFFICIENT_SECURITY_LEVEL = 0x0A
    RESPONSE_BY_SMS_SUBMIT = 0x0B
    RESPONSE_BY_USSD = 0x0C


class PacketError(CryptoError):
    """Reports why a packet could not be opened, with the status its receiver answers."""

    def __init__(self, message: str, status: ResponseStatus) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class SecurityParameters:
    """SPI, KIc and KID, four octets.

    Attributes:
        spi1: What is applied to the command.
        spi2: What is requested for the response.
        kic: Key set and algorithm of ciphering.
        kid: Key set and algorithm of the checksum.
    """

    spi1: int
    spi2: int
    kic: int = 0
    kid: int = 0

    @property
    def integrity(self) -> Integrity:
        """Returns the kind of checksum on the command."""
        return Integrity(self.spi1 & 3)

    @property
    def ciphered(self) -> bool:
        """Returns whether the command is ciphered."""
        return bool(self.spi1 & 4)

    @property
    def counter_mode(self) -> CounterMode:
        """Returns how the receiver treats the counter."""
        return CounterMode(self.spi1 >> 3 & 3)

    @property
    def response_integrity(self) -> Integrity:
        """Returns the kind of checksum requested on the response."""
        return Integrity(self.spi2 >> 2 & 3)

    @property
    def response_ciphered(self) -> bool:
        """Returns whether the response shall be ciphered."""
        return bool(self.spi2 & 0x10)

    @property
    def response_by_submit(self) -> bool:
        """Returns whether the response shall leave as SMS-SUBMIT."""
        return bool(self.spi2 & 0x20)

    def wants_response(self, *, failed: bool) -> bool:
        """Returns whether a proof of receipt is due, always or for errors only."""
        return self.spi2 & 3 == 1 or (self.spi2 & 3 == 2 and failed)

    @property
    def cipher(self) -> Algorithm:
        """Returns the algorithm KIc names.

        Raises:
            PacketError: RFU nibble.
        """
        return _algorithm(self.kic & 0xF)

    def encode(self) -> bytes:
        """Writes the four octets."""
        return bytes((self.spi1, self.spi2, self.kic, self.kid))


def _algorithm(nibble: int) -> Algorithm:
    try:
        return Algorithm(nibble)
    except ValueError as error:
        raise PacketError(
            f"algorithm nibble {nibble:X} is RFU", ResponseStatus.UNIDENTIFIED_SECURITY_ERROR
        ) from error


@dataclass(frozen=True, slots=True)
class KeySet:
    """One key set of a security domain; the keys never show in a repr.

    Attributes:
        version: Key version number, 1 to 15 for SCP80.
        kic: Ciphering key, 8 to 32 octets.
        kid: Checksum key, 8 to 32 octets.
        dek: Data encryption key, or empty.
        mac_length: Length of an AES checksum, 8 or 4 octets.
    """

    version: int
    kic: bytes = field(repr=False)
    kid: bytes = field(repr=False)
    dek: bytes = field(default=b"", repr=False)
    mac_length: int = 8


def _check_length(integrity: Integrity, kid: int, keys: KeySet | None) -> int:
    if integrity is Integrity.NONE:
        return 0
    if integrity is Integrity.RC:
        return 4 if kid & 0xF == 5 else 2
    return keys.mac_length if keys is not None and kid & 0xF == Algorithm.AES else 8


def _check(integrity: Integrity, kid: int, keys: KeySet | None, covered: bytes) -> bytes:
    if integrity is Integrity.NONE:
        return b""
    if integrity is Integrity.RC:
        return crc32(covered) if kid & 0xF == 5 else crc16(covered)
    if integrity is Integrity.DS or keys is None:
        raise PacketError(
            f"{integrity.name} cannot be computed here", ResponseStatus.UNIDENTIFIED_SECURITY_ERROR
        )
    return checksum(_algorithm(kid & 0xF), keys.kid, covered, keys.mac_length)


@dataclass(frozen=True, slots=True)
class CommandPacket:
    """One command packet in clear.

    Attributes:
        parameters: SPI, KIc and KID.
        tar: Toolkit application reference, 3 octets.
        counter: CNTR, 0 to 2**40 - 1.
        data: Secured data, a script.
    """

    parameters: SecurityParameters
    tar: bytes
    counter: int
    data: bytes

    def encode(self, keys: KeySet | None = None) -> bytes:
        """Writes the packet as its parameters require, CPL first.

        Raises:
            CryptoError: keys are missing or do not fit the algorithms.
        """
        p = self.parameters
        length = _check_length(p.integrity, p.kid, keys)
        pad = 0
        if p.ciphered:
            pad = -(6 + length + len(self.data)) % block_size(p.cipher)
        header = bytes((0x0D + length,)) + p.encode() + self.tar
        total = len(header) + 6 + length + len(self.data) + pad
        clear = self.counter.to_bytes(5, "big") + bytes((pad,))
        body = self.data + bytes(pad)
        covered = total.to_bytes(2, "big") + header + clear + body
        secret = clear + _check(p.integrity, p.kid, keys, covered) + body
        if p.ciphered:
            if keys is None:
                raise CryptoError(f"KIc {p.kic:02X} requests ciphering, but no key set is given")
            secret = encipher(p.cipher, keys.kic, secret)
        return total.to_bytes(2, "big") + header + secret

    @staticmethod
    def read_header(octets: bytes) -> tuple[SecurityParameters, bytes, int]:
        """Reads the part in clear: parameters, TAR, and the length of the checksum in octets.

        Raises:
            DecodeError: CPL or CHL do not fit; such octets are not a command packet.
        """
        if len(octets) < 16 or int.from_bytes(octets[:2], "big") != len(octets) - 2:
            raise DecodeError(
                f"command packet of {len(octets)} octets: CPL does not say {len(octets) - 2}"
            )
        chl = octets[2]
        if not 0x0D <= chl <= len(octets) - 3:
            raise DecodeError(f"command packet: CHL {chl:02X} does not fit", offset=2)
        return SecurityParameters(*octets[3:7]), octets[7:10], chl - 0x0D

    @classmethod
    def decode(cls, octets: bytes, keys: KeySet | None = None) -> "CommandPacket":
        """Opens a packet: deciphers it, verifies it and removes the padding.

        Raises:
            DecodeError: not a command packet.
            PacketError: ciphering, checksum or padding do not fit; `status` says what to answer.
        """
        p, tar, length = cls.read_header(octets)
        secret = octets[10:]
        if p.ciphered:
            secret = _opened(p.cipher, keys, secret)
        if length != _check_length(p.integrity, p.kid, keys):
            raise PacketError(
                f"checksum of {length} octets does not fit SPI1 {p.spi1:02X}, KID {p.kid:02X}",
                ResponseStatus.RC_CC_DS_FAILED,
            )
        covered = octets[:10] + secret[:6] + secret[6 + length :]
        if secret[6 : 6 + length] != _check(p.integrity, p.kid, keys, covered):
            raise PacketError("checksum does not fit", ResponseStatus.RC_CC_DS_FAILED)
        pad = secret[5]
        body = secret[6 + length :]
        if pad > len(body):
            raise PacketError(
                f"PCNTR {pad} exceeds {len(body)} octets", ResponseStatus.CIPHERING_ERROR
            )
        return cls(p, tar, int.from_bytes(secret[:5], "big"), body[: len(body) - pad])


def _opened(algorithm: Algorithm, keys: KeySet | None, secret: bytes) -> bytes:
    if keys is None:
        raise PacketError("no key set to decipher with", ResponseStatus.UNIDENTIFIED_SECURITY_ERROR)
    if len(secret) % block_size(algorithm):
        raise PacketError(
            f"{len(secret)} ciphered octets are not whole blocks", ResponseStatus.CIPHERING_ERROR
        )
    return decipher(algorithm, keys.kic, secret)


def _ciphering_alone(parameters: SecurityParameters, size: int) -> bool:
    """Returns whether a response of this many octets after its TAR is ciphered without checksum."""
    return (
        parameters.response_ciphered
        and parameters.response_integrity is Integrity.NONE
        and size % block_size(parameters.cipher) == 0
    )


@dataclass(frozen=True, slots=True)
class ResponsePacket:
    """One response packet in clear.

    Attributes:
        tar: TAR of the command, 3 octets.
        counter: CNTR of the command.
        status: Response status code.
        data: Additional response data.
        bare: It came without the checksum or the ciphering that the command asked for.
    """

    tar: bytes
    counter: int
    status: int
    data: bytes = b""
    bare: bool = False

    def encode(self, parameters: SecurityParameters, keys: KeySet | None = None) -> bytes:
        """Writes the packet with its header 02 71 00, protected as SPI2 of the command requests.

        Raises:
            CryptoError: keys are missing or do not fit.
        """
        integrity = parameters.response_integrity
        length = _check_length(integrity, parameters.kid, keys)
        ciphered = parameters.response_ciphered
        pad = -(7 + length + len(self.data)) % block_size(parameters.cipher) if ciphered else 0
        header = bytes((0x0A + length,)) + self.tar
        total = len(header) + 7 + length + len(self.data) + pad
        clear = self.counter.to_bytes(5, "big") + bytes((pad, self.status))
        body = self.data + bytes(pad)
        front = _RESPONSE_HEADER + total.to_bytes(2, "big") + header
        secret = clear + _check(integrity, parameters.kid, keys, front + clear + body) + body
        if ciphered:
            if keys is None:
                raise CryptoError("the response shall be ciphered, but no key set is given")
            secret = encipher(parameters.cipher, keys.kic, secret)
        return front + secret

    @classmethod
    def decode(
        cls, octets: bytes, parameters: SecurityParameters, keys: KeySet | None = None
    ) -> "ResponsePacket":
        """Opens a response to a command that carried these parameters.

        Ciphering and checksum are independent bits of SPI2 (TS 102 225, 5.1.1). An unprotected
        answer is accepted where the card answers an error without protection: RHL names no checksum
        though one is due, or the octets are no whole blocks though ciphering alone is due.

        Raises:
            DecodeError: not a response packet.
            PacketError: ciphering or checksum do not fit.
        """
        if octets[:3] != _RESPONSE_HEADER or len(octets) < 16:
            raise DecodeError(f"response packet expected (02 71 00 ...), got {octets[:3].hex(' ')}")
        if int.from_bytes(octets[3:5], "big") != len(octets) - 5:
            raise DecodeError(f"response packet: RPL does not say {len(octets) - 5}", offset=3)
        length = octets[5] - 0x0A
        front, secret = octets[:9], octets[9:]
        if length == 0 and not _ciphering_alone(parameters, len(secret)):
            asked = parameters.response_ciphered or parameters.response_integrity
            counter = int.from_bytes(secret[:5], "big")
            return cls(front[6:9], counter, secret[6], secret[7:], bare=bool(asked))
        if parameters.response_ciphered:
            secret = _opened(parameters.cipher, keys, secret)
        covered = front + secret[:7] + secret[7 + length :]
        expected = _check(parameters.response_integrity, parameters.kid, keys, covered)
        if secret[7 : 7 + length] != expected:
            raise PacketError("response checksum does not fit", ResponseStatus.RC_CC_DS_FAILED)
        body = secret[7 + length :]
        data = body[: len(body) - secret[5]]
        return cls(front[6:9], int.from_bytes(secret[:5], "big"), secret[6], data)
