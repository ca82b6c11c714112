"""BSP, the protection of the TLVs of a bound profile package (SCP03t in version 2 texts).

One `Bsp` value protects or opens exactly one TLV and returns the value for the next: counter and
MAC chaining value never change in place, so a TLV can be tried twice and a session resumed from any
point. One counter and one MAC chain run through all tags, the MAC-only 88 included.

    ICV = AES-ECB(encryption key, counter as 16 octets)
    C   = AES-CBC(encryption key, ICV, plaintext | 80 | 00...)
    M   = CMAC(MAC key, chaining value | tag | length of C and MAC | C); next chaining value
    TLV = tag | length | C | first 8 octets of M

Source: SGP.22 v2, 2.6.4 and annex G; fixtures/vectors/bsp-*.json.
"""

from collections.abc import Iterable
from functools import lru_cache
from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from rspcore import tlv
from rspcore.crypto.kdf import BspKeys
from rspcore.errors import CryptoError, LocalError
from rspcore.frozen import dataclass, replace
from rspcore.tags import Tag
from rspcore.tlv import Tlv

__all__ = [
    "MAC_LENGTH",
    "MAX_ENCRYPTED_PLAINTEXT",
    "MAX_LONG_TLV",
    "MAX_MACED_PLAINTEXT",
    "MAX_TLV",
    "Bsp",
    "BspError",
    "BspSecurityError",
    "BspStructureError",
    "pad",
    "unpad",
]

MAC_LENGTH = 8
"""Octets of the MAC that go on the wire."""
MAX_TLV = 1020
"""Longest protected TLV, header and MAC included, in octets."""
MAX_LONG_TLV = 1036
"""Longest TLV of servers that cut 86 at 1008 plaintext octets; accepted only where switched on."""
MAX_ENCRYPTED_PLAINTEXT = 1007
"""Most plaintext octets of one 86 or 87: at least one octet of padding is added."""
MAX_MACED_PLAINTEXT = 1008
"""Most plaintext octets of one 88."""

_ENCRYPTED = frozenset((int(Tag.Protected86), int(Tag.Protected87)))


class BspError(CryptoError):
    """Reports a protected TLV that was not opened; the `Bsp` it was given to is unchanged."""


class BspStructureError(BspError):
    """Reports octets that cannot be a protected TLV (scp03tStructureError, 7)."""


class BspSecurityError(BspError):
    """Reports a MAC or padding that does not fit (scp03tSecurityError, 8)."""


_ZERO_BLOCK = bytes(16)
_aes = lru_cache(maxsize=4)(algorithms.AES)
"""The cipher of a key; those of the session at work are used for every data object."""


def pad(plaintext: bytes) -> bytes:
    """Appends 80 and as few 00 as give a multiple of 16 octets; always at least the 80."""
    return plaintext + b"\x80" + bytes(-(len(plaintext) + 1) % 16)


def unpad(padded: bytes) -> bytes:
    """Removes what `pad` appended.

    Raises:
        BspSecurityError: the last block does not end in 80 and any number of 00.
    """
    body = padded.rstrip(b"\x00")
    if not body.endswith(b"\x80") or len(padded) - len(body) > 15:
        raise BspSecurityError("padding: expected 80 and at most fifteen 00 at the end")
    return body[:-1]


@dataclass(frozen=True, slots=True)
class Bsp:
    """State that protects or opens one TLV; each call also returns the value for the next TLV.

    Attributes:
        keys: Current chaining value, encryption key and MAC key.
        counter: Number of the next TLV, from 1 after key agreement or key replacement.
        max_tlv: Longest TLV made or accepted, in octets, header included.
    """

    keys: BspKeys
    counter: int = 1
    max_tlv: int = MAX_TLV

    @property
    def icv(self) -> bytes:
        """Returns the initial chaining value of the next encryption, 16 octets."""
        aes = _aes(self.keys.s_enc)
        encryptor = Cipher(aes, modes.ECB()).encryptor()  # noqa: S305  one block, as annex G says
        return encryptor.update(self.counter.to_bytes(16, "big"))

    def protect(self, tag: int, plaintext: bytes) -> "tuple[bytes, Bsp]":
        """Encrypts and MACs the content of one 86 or 87.

        Args:
            tag: Tag of the TLV to make.
            plaintext: Up to `MAX_ENCRYPTED_PLAINTEXT` octets.

        Returns:
            The whole TLV, and the value for the next one.

        Raises:
            LocalError: the TLV would be longer than `max_tlv`.
        """
        # CBC over the counter first, from zero: its block is the ICV, and what follows is chained.
        cipher = Cipher(_aes(self.keys.s_enc), modes.CBC(_ZERO_BLOCK))
        counted = self.counter.to_bytes(16, "big") + pad(plaintext)
        return self._seal(tag, cipher.encryptor().update(counted)[16:])

    def protect_all(self, tag: int, plaintexts: Iterable[bytes]) -> "tuple[tuple[bytes, ...], Bsp]":
        """Encrypts and MACs the contents of some 86 or 87; the same octets as `protect` for each.

        One cipher does all: a block that is the counter, xored with the block before it, is
        enciphered to the ICV, from which the plaintext is chained as the standard says.

        Returns:
            The TLVs, and the value for the TLV after them.

        Raises:
            LocalError: a TLV would be longer than `max_tlv`.
        """
        encryptor = Cipher(_aes(self.keys.s_enc), modes.CBC(_ZERO_BLOCK)).encryptor()
        keyed = CMAC(_aes(self.keys.s_mac))
        last, made, counter, chained = 0, [], self.counter, self.keys.mac_chaining_value
        for plaintext in plaintexts:
            body = encryptor.update((counter ^ last).to_bytes(16, "big") + pad(plaintext))[16:]
            last = int.from_bytes(body[-16:], "big")
            unsealed = self._header(tag, len(body)) + body
            mac = keyed.copy()
            mac.update(chained + unsealed)
            chained = mac.finalize()
            made.append(unsealed + chained[:MAC_LENGTH])
            counter += 1
        keys = BspKeys(chained, self.keys.s_enc, self.keys.s_mac)
        return tuple(made), Bsp(keys, counter, self.max_tlv)

    def protect_mac_only(self, tag: int, plaintext: bytes) -> "tuple[bytes, Bsp]":
        """MACs the content of one 88 and leaves it readable; the counter advances too.

        Args:
            tag: Tag of the TLV to make.
            plaintext: Up to `MAX_MACED_PLAINTEXT` octets.

        Returns:
            The whole TLV, and the value for the next one.

        Raises:
            LocalError: the TLV would be longer than `max_tlv`.
        """
        return self._seal(tag, plaintext)

    def unprotect(self, one: Tlv) -> "tuple[bytes, Bsp]":
        """Checks the MAC of one 86 or 87, decrypts it and removes the padding, in this order.

        Returns:
            The plaintext, and the value for the next TLV.

        Raises:
            BspStructureError: another tag, longer than `max_tlv`, or a body that is empty or not a
                multiple of 16 octets.
            BspSecurityError: the MAC or the padding does not fit.
        """
        if one.tag not in _ENCRYPTED:
            raise BspStructureError(f"protected TLV: expected tag 86 or 87, got {one.tag:02X}")
        body_length = len(one.value) - MAC_LENGTH
        if body_length <= 0 or body_length % 16:
            raise BspStructureError(
                f"{one.tag:02X} at offset {one.offset}: expected 8 octets of MAC after a positive "
                f"multiple of 16 octets, got {len(one.value)} octets in all"
            )
        after = self._open(one)
        cipher = Cipher(_aes(self.keys.s_enc), modes.CBC(self.icv))
        return unpad(cipher.decryptor().update(one.value[:-MAC_LENGTH])), after

    def unprotect_mac_only(self, one: Tlv) -> "tuple[bytes, Bsp]":
        """Checks the MAC of one 88.

        Returns:
            The plaintext, and the value for the next TLV.

        Raises:
            BspStructureError: another tag, longer than `max_tlv`, or shorter than a MAC.
            BspSecurityError: the MAC does not fit.
        """
        if one.tag != Tag.Protected88:
            raise BspStructureError(f"protected TLV: expected tag 88, got {one.tag:02X}")
        if len(one.value) < MAC_LENGTH:
            raise BspStructureError(
                f"88 at offset {one.offset}: expected at least 8 octets of MAC, "
                f"got {len(one.value)} octets"
            )
        after = self._open(one)
        return bytes(one.value[:-MAC_LENGTH]), after

    def replaced(self, keys: BspKeys) -> "Bsp":
        """Returns the value after ReplaceSessionKeys: new keys and chaining value, counter 1."""
        return replace(self, keys=keys, counter=1)

    def _mac(self, header_and_body: bytes) -> bytes:
        mac = CMAC(_aes(self.keys.s_mac))
        mac.update(self.keys.mac_chaining_value)
        mac.update(header_and_body)
        return mac.finalize()

    def _next(self, mac: bytes) -> "Bsp":
        keys = BspKeys(mac, self.keys.s_enc, self.keys.s_mac)
        return Bsp(keys, self.counter + 1, self.max_tlv)

    def _header(self, tag: int, length: int) -> bytes:
        """Returns tag and length of a TLV whose body has this length, if that is allowed."""
        header = tlv.encode_tag(tag) + tlv.encode_length(length + MAC_LENGTH)
        whole = len(header) + length + MAC_LENGTH
        if whole > self.max_tlv:
            raise LocalError(
                f"protected TLV {tag:02X} would be {whole:,} octets, at most {self.max_tlv:,} "
                "are allowed: cut the plaintext into more TLVs"
            )
        return header

    def _seal(self, tag: int, body: bytes) -> "tuple[bytes, Bsp]":
        unsealed = self._header(tag, len(body)) + body
        mac = self._mac(unsealed)
        return unsealed + mac[:MAC_LENGTH], self._next(mac)

    def _open(self, one: Tlv) -> "Bsp":
        if len(one.raw) > self.max_tlv:
            raise BspStructureError(
                f"{one.tag:02X} at offset {one.offset}: {len(one.raw):,} octets, "
                f"at most {self.max_tlv:,} are allowed"
            )
        # Over the octets as received: a length that is not in minimal form was MACed as it is.
        mac = self._mac(bytes(one.raw[:-MAC_LENGTH]))
        if not compare_digest(mac[:MAC_LENGTH], one.value[-MAC_LENGTH:]):
            raise BspSecurityError(
                f"{one.tag:02X} at offset {one.offset}: the MAC does not fit "
                f"(TLV number {self.counter} under these keys)"
            )
        return self._next(mac)
