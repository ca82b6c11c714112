"""Four cards with one mistake each, kept for a whole run: a simulated card, and a link that errs.

Each takes whole commands of one STORE DATA and whole answers, and gives its own in parts where they
are long, as the card behind it does.
"""

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.transport import LinkWrapper

__all__ = [
    "OddTarget",
    "RefusesTagList",
    "StoresLongNickname",
    "WithoutEid",
    "WithoutListNotification",
]

_LIST, _NICKNAME, _NOTIFICATIONS = 0xBF2D, 0xBF29, 0xBF28
_TAG_LIST, _TAG_NICKNAME, _TAG_ICCID, _TAG_STATE = 0x5C, 0x90, 0x5A, 0x9F70


class _OddLink(LinkWrapper):
    """Answers the functions that `answer` takes, and passes the others on."""

    def __init__(self, link):
        super().__init__(link)
        self._waiting = b""

    def transmit(self, command):
        try:
            apdu = CommandApdu.parse(command)
        except DecodeError:
            return super().transmit(command)
        if apdu.ins == Ins.GET_RESPONSE and self._waiting:
            return self._part()
        self._waiting = b""
        whole = apdu.ins == Ins.STORE_DATA and apdu.p1 == 0x91 and apdu.p2 == 0 and apdu.data
        answer = self.answer(apdu) if whole else None
        if answer is None:
            return super().transmit(command)
        if isinstance(answer, int):
            return answer.to_bytes(2)
        self._waiting = answer
        return bytes((0x61, min(len(answer), 0xFF)))

    def _part(self):
        part, self._waiting = self._waiting[:255], self._waiting[255:]
        left = len(self._waiting)
        return part + (bytes((0x61, min(left, 0xFF))) if left else b"\x90\x00")

    def answer(self, apdu):
        """Returns response data or a status word, or None to pass the command on."""
        raise NotImplementedError

    def _ask(self, apdu):
        """Returns the whole answer of the card behind, None when it refuses."""
        response = super().transmit(apdu.encode())
        data = response[:-2]
        while response[-2] == 0x61:
            cla = apdu.cla & 0x43
            fetched = CommandApdu(cla, Ins.GET_RESPONSE, 0, 0, le=response[-1] or 256)
            response = super().transmit(fetched.encode())
            data += response[:-2]
        return data if response[-2] in (0x90, 0x91) else None


class RefusesTagList(_OddLink):
    """Refuses GetProfilesInfo with a tag list by 6A80."""

    def answer(self, apdu):
        try:
            one = tlv.parse(apdu.data)
            return 0x6A80 if one.tag == _LIST and one.find(_TAG_LIST) else None
        except DecodeError:
            return None


class WithoutListNotification(_OddLink):
    """Does not know ListNotification: 6D00."""

    def answer(self, apdu):
        return 0x6D00 if apdu.data[:2] == _NOTIFICATIONS.to_bytes(2) else None


class WithoutEid(_OddLink):
    """Answers every GetEID with an EID of 15 octets."""

    def answer(self, apdu):
        return bytes.fromhex("BF3E11 5A0F" + "89" * 15) if apdu.data[:2] == b"\xbf\x3e" else None


class StoresLongNickname(_OddLink):
    """Stores a nickname of 65 characters, which no list may hold, and shows it in every list."""

    def __init__(self, link):
        super().__init__(link)
        self.stored = {}

    def answer(self, apdu):
        if apdu.data[:2] == _NICKNAME.to_bytes(2):
            return self._store(apdu)
        if apdu.data[:2] == _LIST.to_bytes(2):
            return self._listed(apdu)
        return None

    def _store(self, apdu):
        try:
            children = {one.tag: bytes(one.value) for one in tlv.parse(apdu.data).children()}
        except DecodeError:
            return None
        iccid, text = children.get(_TAG_ICCID), children.get(_TAG_NICKNAME, b"")
        if len(text) == 65:
            self.stored[iccid] = text
            return bytes.fromhex("BF2903800100")
        self.stored.pop(iccid, None)
        return None

    def _listed(self, apdu):
        if not self.stored:
            return None
        data = self._ask(apdu)
        if data is None or data[:2] != _LIST.to_bytes(2):
            return 0x6A80
        listed = tlv.parse(data).find(0xA0)
        if listed is None:
            return data
        entries = b"".join(self._entry(one) for one in listed.children())
        return tlv.encode(_LIST, tlv.encode(0xA0, entries))

    def _entry(self, entry):
        iccid = entry.find(_TAG_ICCID)
        text = self.stored.get(bytes(iccid.value)) if iccid else None
        if text is None:
            return bytes(entry.raw)
        parts = b""
        for one in entry.children():
            parts += bytes(one.raw)
            if one.tag == _TAG_STATE:
                parts += tlv.encode(_TAG_NICKNAME, text)
        return tlv.encode(entry.tag, parts)


class OddTarget:
    """A target with one simulated card behind an erring link, the same one for every case.

    It counts as a card in a reader unless its kind is "inprocess".
    """

    def __init__(self, options, odd):
        self._plain = InProcessTarget(options)
        self.settings, self.name = self._plain.settings, "odd"
        self.simulated = options.settings.kind == "inprocess"
        self.link = odd(self._plain.open())

    def open(self):
        return self.link

    def facts(self):
        return {}

    def close(self):
        pass
