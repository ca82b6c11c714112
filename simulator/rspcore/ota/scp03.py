"""Secure channel protocol 03 (GlobalPlatform Amendment D): session keys, secure messaging.

A host and a card hold one `Scp03Session` each and advance it command by command; the value is
frozen, every step returns its successor. S8 mode (8-octet MACs and challenges); `i` and the level
say which protections are on.
"""

from dataclasses import field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from rspcore.apdu import CommandApdu, ResponseApdu
from rspcore.errors import CryptoError
from rspcore.frozen import dataclass, replace

__all__ = [
    "Scp03Keys",
    "Scp03Session",
    "card_challenge",
    "derive",
    "key_check_value",
    "unwrap_key",
    "wrap_key",
]

C_MAC = 0x01
C_DEC = 0x02
R_MAC = 0x10
R_ENC = 0x20

_CARD_CRYPTOGRAM = 0x00
_HOST_CRYPTOGRAM = 0x01
_CARD_CHALLENGE = 0x02
_S_ENC = 0x04
_S_MAC = 0x06
_S_RMAC = 0x07


def _cmac(key: bytes, data: bytes) -> bytes:
    mac = CMAC(algorithms.AES(key))
    mac.update(data)
    return mac.finalize()


def _ecb(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  one block
    return encryptor.update(block) + encryptor.finalize()


def derive(key: bytes, constant: int, context: bytes, bits: int) -> bytes:
    """Derives data from a key by SP 800-108 in counter mode with CMAC (Amendment D, 4.1.5).

    Args:
        key: AES key, 16, 24 or 32 octets.
        constant: Derivation constant, one octet.
        context: Host challenge and card challenge, or counter and AID.
        bits: Length of the result in bits: 64, 128, 192 or 256.
    """
    out = b""
    for number in range(1, (bits + 127) // 128 + 1):
        label = bytes(11) + bytes((constant, 0)) + bits.to_bytes(2, "big") + bytes((number,))
        out += _cmac(key, label + context)
    return out[: bits // 8]


def key_check_value(key: bytes) -> bytes:
    """Returns the KCV of an AES key: first 3 octets of the cipher of sixteen 01."""
    return _ecb(key, b"\x01" * 16)[:3]


def wrap_key(key_dek: bytes, key: bytes) -> bytes:
    """Ciphers a key under Key-DEK for PUT KEY, in CBC mode with ICV zero; whole blocks only.

    Raises:
        CryptoError: not whole blocks of 16 octets.
    """
    if len(key) % 16:
        raise CryptoError(f"key of {len(key)} octets; pad it to whole blocks of 16")
    encryptor = Cipher(algorithms.AES(key_dek), modes.CBC(bytes(16))).encryptor()
    return encryptor.update(key) + encryptor.finalize()


def unwrap_key(key_dek: bytes, wrapped: bytes) -> bytes:
    """Undoes `wrap_key`.

    Raises:
        CryptoError: not whole blocks.
    """
    if len(wrapped) % 16:
        raise CryptoError(f"wrapped key of {len(wrapped)} octets is not whole blocks of 16")
    decryptor = Cipher(algorithms.AES(key_dek), modes.CBC(bytes(16))).decryptor()
    return decryptor.update(wrapped) + decryptor.finalize()


@dataclass(frozen=True, slots=True)
class Scp03Keys:
    """The static keys of one key version, all of one AES size; they never show in a repr."""

    version: int
    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    dek: bytes = field(repr=False)


def card_challenge(keys: Scp03Keys, sequence_counter: int, aid: bytes) -> bytes:
    """Returns the pseudo-random card challenge, 8 octets (i with bit 5 set)."""
    return derive(keys.enc, _CARD_CHALLENGE, sequence_counter.to_bytes(3, "big") + aid, 64)


def _pad(data: bytes) -> bytes:
    return data + b"\x80" + bytes(-(len(data) + 1) % 16)


def _unpad(data: bytes) -> bytes:
    body = data.rstrip(b"\x00")
    if not body.endswith(b"\x80") or len(data) - len(body) > 15:
        raise CryptoError("padding of the deciphered data field does not fit")
    return body[:-1]


@dataclass(frozen=True, slots=True)
class Scp03Session:
    """Session keys and progress of one secure channel session.

    Attributes:
        s_enc: Session encryption key.
        s_mac: Session MAC key.
        s_rmac: Session response MAC key.
        context: Host challenge and card challenge, 8 octets each.
        level: Security level of EXTERNAL AUTHENTICATE; 0 before it.
        chaining: MAC chaining value, 16 octets.
        counter: Encryption counter: number of commands since EXTERNAL AUTHENTICATE.
    """

    s_enc: bytes = field(repr=False)
    s_mac: bytes = field(repr=False)
    s_rmac: bytes = field(repr=False)
    context: bytes
    level: int = 0
    chaining: bytes = bytes(16)
    counter: int = 0

    @classmethod
    def open(cls, keys: Scp03Keys, host_challenge: bytes, challenge: bytes) -> "Scp03Session":
        """Derives the session keys from both challenges, 8 octets each."""
        context = host_challenge + challenge
        bits = 8 * len(keys.enc)
        return cls(
            derive(keys.enc, _S_ENC, context, bits),
            derive(keys.mac, _S_MAC, context, bits),
            derive(keys.mac, _S_RMAC, context, bits),
            context,
        )

    @property
    def card_cryptogram(self) -> bytes:
        """Returns the card cryptogram, 8 octets."""
        return derive(self.s_mac, _CARD_CRYPTOGRAM, self.context, 64)

    @property
    def host_cryptogram(self) -> bytes:
        """Returns the host cryptogram, 8 octets."""
        return derive(self.s_mac, _HOST_CRYPTOGRAM, self.context, 64)

    def _icv(self, *, response: bool = False) -> bytes:
        block = bytearray(self.counter.to_bytes(16, "big"))
        if response:
            block[0] = 0x80
        return _ecb(self.s_enc, bytes(block))

    def _mac(self, command: CommandApdu, data: bytes) -> bytes:
        size = len(data) + 8
        length = bytes((size,)) if size < 256 else b"\x00" + size.to_bytes(2, "big")
        header = bytes((0x84, command.ins, command.p1, command.p2)) + length
        return _cmac(self.s_mac, self.chaining + header + data)

    def authenticate(self, level: int) -> tuple[CommandApdu, "Scp03Session"]:
        """Makes EXTERNAL AUTHENTICATE for a level and returns it with the session it leads to."""
        bare = CommandApdu(0x84, 0x82, level, 0)
        mac = self._mac(bare, self.host_cryptogram)
        command = replace(bare, data=self.host_cryptogram + mac[:8])
        return command, replace(self, level=level, chaining=mac)

    def accept(self, command: CommandApdu) -> "Scp03Session":
        """Verifies EXTERNAL AUTHENTICATE as the card does.

        Raises:
            CryptoError: host cryptogram or C-MAC do not fit.
        """
        cryptogram, tag = command.data[:8], command.data[8:]
        mac = self._mac(command, cryptogram)
        if cryptogram != self.host_cryptogram:
            raise CryptoError("host cryptogram does not fit")
        if tag != mac[:8]:
            raise CryptoError("C-MAC of EXTERNAL AUTHENTICATE does not fit")
        return replace(self, level=command.p1, chaining=mac)

    def wrap(self, command: CommandApdu) -> tuple[CommandApdu, "Scp03Session"]:
        """Protects a command as the level requires."""
        session = replace(self, counter=self.counter + 1)
        if not self.level & C_MAC:
            return command, session
        data = command.data
        if self.level & C_DEC and data:
            cipher = Cipher(algorithms.AES(self.s_enc), modes.CBC(session._icv()))  # noqa: SLF001  own successor
            encryptor = cipher.encryptor()
            data = encryptor.update(_pad(data)) + encryptor.finalize()
        mac = session._mac(command, data)  # noqa: SLF001  own successor
        secured = replace(command, cla=command.cla | 0x04, data=data + mac[:8])
        return secured, replace(session, chaining=mac)

    def unwrap(self, command: CommandApdu) -> tuple[CommandApdu, "Scp03Session"]:
        """Verifies and deciphers a command as the card does.

        Raises:
            CryptoError: the C-MAC or the padding does not fit; the session must be closed.
        """
        session = replace(self, counter=self.counter + 1)
        if not self.level & C_MAC:
            return command, session
        data, tag = command.data[:-8], command.data[-8:]
        mac = session._mac(command, data)  # noqa: SLF001  own successor
        if len(command.data) < 8 or tag != mac[:8]:
            raise CryptoError("C-MAC does not fit")
        if self.level & C_DEC and data:
            if len(data) % 16:
                raise CryptoError(f"ciphered data of {len(data)} octets is not whole blocks")
            cipher = Cipher(algorithms.AES(self.s_enc), modes.CBC(session._icv()))  # noqa: SLF001  own successor
            decryptor = cipher.decryptor()
            data = _unpad(decryptor.update(data) + decryptor.finalize())
        clear = replace(command, cla=command.cla & ~0x04, data=data)
        return clear, replace(session, chaining=mac)

    def wrap_response(self, response: ResponseApdu) -> ResponseApdu:
        """Protects a response as the card does; errors except 62XX and 63XX are not protected."""
        if not self.level & R_MAC or not _protected(response.sw):
            return response
        data = response.data
        if self.level & R_ENC and data:
            cipher = Cipher(algorithms.AES(self.s_enc), modes.CBC(self._icv(response=True)))
            encryptor = cipher.encryptor()
            data = encryptor.update(_pad(data)) + encryptor.finalize()
        mac = _cmac(self.s_rmac, self.chaining + data + response.sw.to_bytes(2, "big"))
        return ResponseApdu(data + mac[:8], response.sw)

    def unwrap_response(self, response: ResponseApdu) -> ResponseApdu:
        """Verifies and deciphers a response as the host does, after the command it answers.

        Raises:
            CryptoError: the R-MAC or the padding does not fit, or the R-MAC is not there.
        """
        if not self.level & R_MAC or not _protected(response.sw):
            return response
        data, tag = response.data[:-8], response.data[-8:]
        mac = _cmac(self.s_rmac, self.chaining + data + response.sw.to_bytes(2, "big"))
        if len(response.data) < 8 or tag != mac[:8]:
            raise CryptoError("R-MAC does not fit")
        if self.level & R_ENC and data:
            if len(data) % 16:
                raise CryptoError(f"ciphered response of {len(data)} octets is not whole blocks")
            cipher = Cipher(algorithms.AES(self.s_enc), modes.CBC(self._icv(response=True)))
            decryptor = cipher.decryptor()
            data = _unpad(decryptor.update(data) + decryptor.finalize())
        return ResponseApdu(data, response.sw)


def _protected(sw: int) -> bool:
    return sw >> 8 in (0x90, 0x62, 0x63)
