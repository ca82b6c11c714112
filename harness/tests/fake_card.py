"""A small card for tests of the harness: enough ISD-R for GetEID and empty lists.

If asked to misbehave, it refuses GetEID, loses the link, or answers octets that are no response.
"""

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.pki.generate import REFERENCE_EID, make_pki
from rspharness.record.verdicts import TargetLost

ATR = bytes.fromhex("3B9F96801FC78031E073FE211B64080500000000000001")


def _keys() -> bytes:
    pki = make_pki()
    return b"".join(
        tlv.encode(0x04, pki.ci(curve).certificate.subject_key_identifier) for curve in pki.curves
    )


def _info1() -> bytes:
    svn, keys = bytes.fromhex("8203020500"), _keys()
    return tlv.encode(0xBF20, svn, tlv.encode(0xA9, keys), tlv.encode(0xAA, keys))


def _info2() -> bytes:
    keys = _keys()
    return tlv.encode(
        0xBF22,
        bytes.fromhex(
            "81030203018203020500830301000084 0C 810100820400040000 830100".replace(" ", "")
        ),
        bytes.fromhex("8504060000008802 0398".replace(" ", "")),
        tlv.encode(0xA9, keys),
        tlv.encode(0xAA, keys),
        bytes.fromhex("0403010000 0C00".replace(" ", "")),
    )


class FakeCard:
    """A card: transmit, reset, power_cycle, close."""

    def __init__(self, mood: str = "", eid: bytes = REFERENCE_EID.octets) -> None:
        self.mood = mood
        self.eid = eid
        self.commands: list[bytes] = []
        self.resets = 0

    def reset(self) -> bytes:
        self.resets += 1
        return ATR

    power_cycle = reset

    def close(self) -> None:
        pass

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        apdu = CommandApdu.parse(command)
        if apdu.ins == Ins.MANAGE_CHANNEL and apdu.p1 == 0:
            return b"\x01\x90\x00"
        if apdu.ins == Ins.STORE_DATA:
            return self._store_data(apdu.data)
        return b"\x90\x00"

    def _store_data(self, data: bytes) -> bytes:
        tag, _, _ = tlv.read_header(data)
        if tag == 0xBF3E and self.mood == "mute":
            raise TargetLost("the fake card stopped answering")
        if tag == 0xBF3E and self.mood == "refuses":
            return b"\x69\x85"
        if tag == 0xBF3E and self.mood == "garbles":
            return b"\xbf\x3e\x01\x00\x90\x00"
        answers = {
            0xBF3E: tlv.encode(0xBF3E, tlv.encode(0x5A, self.eid)),
            0xBF2D: bytes.fromhex("BF2D02A000"),
            0xBF28: bytes.fromhex("BF2802A000"),
            0xBF43: bytes.fromhex("BF4302A000"),
            0xBF3C: bytes.fromhex("BF3C058103612E62"),
            0xBF2E: tlv.encode(0xBF2E, tlv.encode(0x80, bytes(16))),
            0xBF20: _info1(),
            0xBF22: _info2(),
        }
        answer = answers.get(tag)
        return b"\x6a\x88" if answer is None else answer + b"\x90\x00"
