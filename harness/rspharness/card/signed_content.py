"""What a pending Notification says, apart from its signature.

ECDSA draws a nonce for each signature, and recorded cards sign a result again each time it is
retrieved. So two answers are compared by what is signed, and the signature of each is verified.

Source: SGP.22 v2, 2.6.7 and 5.7.10.
"""

from collections.abc import Iterable

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.tags import Tag
from rspharness.card import expect

__all__ = ["content", "same_content"]


def content(octets: bytes) -> bytes:
    """Returns a ProfileInstallationResult or OtherSignedNotification without its signature.

    Octets that are neither are returned as they are.
    """
    try:
        whole = tlv.parse(octets)
        parts = whole.children()
    except DecodeError:
        return octets
    signed = (bytes(one.raw) for one in parts if one.tag != Tag.Signature)
    return tlv.encode(whole.tag, *signed)


def same_content(actual: Iterable[bytes], expected: Iterable[bytes], about: str) -> None:
    """Requires two lists of Notifications to say the same in the same order.

    Raises:
        ExpectationError: they do not.
    """
    here, there = ([content(one).hex().upper() for one in listed] for listed in (actual, expected))
    expect.equal(here, there, about)
