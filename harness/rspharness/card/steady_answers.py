"""An answer as it is compared with a later one: without what moves by itself.

The free volatile memory in EUICCInfo2 is what is free at that moment; recorded cards report another
value at each read.

Source: SGP.22 v2, 5.7.8; ETSI TS 102 226, 8.2.1.7.2.
"""

from dataclasses import replace

from rspcore import tlv
from rspcore.apdu import ResponseApdu
from rspcore.errors import DecodeError
from rspcore.tags import Tag
from rspharness.card import tlv_edit

__all__ = ["steady", "steady_response"]

_EXT_CARD_RESOURCE = 0x84
_FREE_VOLATILE_MEMORY = 0x83


def steady(octets: bytes) -> bytes:
    """Returns EUICCInfo2, or its extCardResource, without the free volatile memory.

    Octets that are neither, or cannot be read as such, are returned as they are.
    """
    try:
        whole = tlv.parse(octets)
        resource = whole.find(_EXT_CARD_RESOURCE) if whole.tag == Tag.GetEuiccInfo2 else whole
        if resource is None or resource.tag != _EXT_CARD_RESOURCE:
            return octets
        kept = [bytes(one.raw) for one in tlv.iterate(resource.value)]
    except DecodeError:
        return octets
    left = [one for one in kept if one[0] != _FREE_VOLATILE_MEMORY]
    changed = tlv.encode(_EXT_CARD_RESOURCE, *left)
    if resource is whole:
        return changed
    return tlv_edit.replaced(octets, changed, _EXT_CARD_RESOURCE)


def steady_response(response: ResponseApdu) -> ResponseApdu:
    """Returns a response whose data are `steady`."""
    return replace(response, data=steady(response.data))
