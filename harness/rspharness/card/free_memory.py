"""Free memory of a card, as it reports it in EUICCInfo2."""

from rspcore.errors import DecodeError
from rspcore.messages.es10b import GetEuiccInfo2Request
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import Blocked, Cause

__all__ = ["free_memory"]

_ROW = "ES10b.GetEUICCInfo2#08"
"""The requirement on extCardResource."""


def free_memory(card: Card) -> int:
    """Returns the free non-volatile memory of a card, in octets.

    Raises:
        Blocked: the card reports none that can be read; the row on extCardResource owns that.
    """
    info = card.send(GetEuiccInfo2Request())
    try:
        resource = info.ext_card_resource
    except DecodeError as error:
        finding = f"free memory cannot be read: {error}"
        raise Blocked(Cause(_ROW, finding, "mend extCardResource in EUICCInfo2")) from error
    return int.from_bytes(resource.free_non_volatile_memory)
