"""Hostile cards of version 3: RPM results, eSIM Ports, and what later versions may add."""

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.tags import Tag
from rspsim.faults.hostile.erring_card import ErringCard
from rspsim.faults.hostile.odd_lists import UnknownMembers

__all__ = ["LaterMembers", "NextPort", "RpmResultCut"]

_UNKNOWN = bytes.fromhex("9F7D0100")
"""A data object that SGP.22 v3.1 does not define."""
_FCI = 0x6F


class RpmResultCut(ErringCard):
    """Answers LoadRpmPackage with a length that goes beyond the answer."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Leaves out the last octet of the result."""
        whole = tlv.encode_tag(Tag.LoadRpmPackage)
        return answer[:-1] if answer[:2] == whole and request[:2] == whole else answer


class NextPort(ErringCard):
    """Lists each Profile with the number of the next eSIM Port."""

    def changed(self, request: bytes, answer: bytes) -> bytes:
        """Adds one to every enabledOnEsimPort."""
        listed = tlv.encode_tag(Tag.GetProfilesInfo)
        if answer[:2] != listed or request[:2] != listed:
            return answer
        whole = tlv.parse(answer)
        entries = whole.find(0xA0)
        if entries is None:
            return answer
        changed = (tlv.encode(one.tag, *map(_next, one.children())) for one in entries.children())
        return tlv.encode(whole.tag, tlv.encode(0xA0, *changed))


def _next(one: tlv.Tlv) -> bytes:
    if one.tag != Tag.EnabledOnEsimPort or len(one.value) != 1:
        return bytes(one.raw)
    return tlv.encode(one.tag, bytes((one.value[0] + 1,)))


class LaterMembers(UnknownMembers):
    """Adds objects of a later version, to what the ISD-R says when it is selected, too."""

    def plain(self, apdu: CommandApdu) -> bytes | None:
        """Adds the object at the end of the template E0 in the answer to SELECT ISD-R."""
        if apdu.ins != Ins.SELECT:
            return None
        channel = apdu.channel or 0
        answer, status = self._whole(apdu, self._card.transmit(apdu.encode()))
        if not answer or answer[0] != _FCI:
            return None if not answer else answer + status
        changed = _with_later(answer)
        self._waiting[channel] = changed + status
        return self._part(channel, len(changed)) if apdu.le else bytes((0x61, len(changed)))


def _with_later(fci: bytes) -> bytes:
    whole = tlv.parse(fci)
    parts = (
        tlv.encode(one.tag, bytes(one.value), _UNKNOWN)
        if one.tag == Tag.IsdrSelectData
        else bytes(one.raw)
        for one in whole.children()
    )
    return tlv.encode(whole.tag, *parts)
