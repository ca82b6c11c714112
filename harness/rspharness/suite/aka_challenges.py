"""Challenges of a network to a USIM, and what it has to answer them.

Source: 3GPP TS 33.102, 6.3 and annex C; TS 31.102, 7.1.
"""

from typing import Final

from rspcore.crypto.aka.algorithm import AkaAlgorithm, gsm_triplet, xor
from rspcore.crypto.aka.milenage import Milenage
from rspcore.profile_maker import ProfileParameters

__all__ = ["ACCEPTED", "RAND", "REFUSED", "answers", "auts", "challenge", "lv", "network"]

RAND: Final = bytes.fromhex("23553CBE9637A89D218AE64DAE47BF35")
ACCEPTED: Final = b"\xdb"
"""Tag of the answer to a challenge that is accepted."""
REFUSED: Final = b"\xdc"
"""Tag of the answer that asks for synchronisation: AUTS comes with it."""

_AMF: Final = b"\x80\x00"


def network(parameters: ProfileParameters) -> Milenage:
    """Returns the network's side of Milenage."""
    return Milenage(parameters.ki, parameters.operator_constant)


def challenge(algorithm: AkaAlgorithm, sqn: int, amf: bytes = _AMF) -> str:
    """Returns AUTHENTICATE in the 3G context, in hexadecimal digits.

    Args:
        algorithm: The network's side.
        sqn: The whole sequence number: SEQ on 43 bits, then 5 bits of IND.
        amf: Two octets; bit 8 of the first is the separation bit (TS 33.401, 6.1.2).
    """
    octets = sqn.to_bytes(6, "big")
    ak = algorithm.vector(RAND).ak
    autn = xor(octets, ak) + amf + algorithm.mac_a(RAND, octets, amf)
    return f"0088008122 10{RAND.hex()}10{autn.hex()} 00"


def lv(*parts: bytes) -> bytes:
    """Returns octet strings, each behind its length."""
    return b"".join(bytes((len(part),)) + part for part in parts)


def answers(algorithm: AkaAlgorithm) -> tuple[bytes, bytes]:
    """Returns the answers to a challenge that is accepted: without and with Kc (service 27)."""
    vector = algorithm.vector(RAND)
    plain = ACCEPTED + lv(vector.res, vector.ck, vector.ik)
    return plain, plain + lv(gsm_triplet(vector)[1])


def auts(algorithm: AkaAlgorithm, held: int) -> bytes:
    """Returns the answer that asks for synchronisation, for the number that the card holds."""
    octets = held.to_bytes(6, "big")
    made = xor(octets, algorithm.resync_ak(RAND)) + algorithm.mac_s(RAND, octets, bytes(2))
    return REFUSED + lv(made)
