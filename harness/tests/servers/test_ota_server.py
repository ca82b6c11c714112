"""S_OTA against a small card that opens packets and answers scripts."""

from dataclasses import replace

import pytest

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.messages.metadata import UpdateMetadataRequest
from rspcore.ota.packet import CommandPacket, ResponsePacket, ResponseStatus
from rspcore.ota.script import read_script, write_response
from rspcore.ota.sms import UserData, read_envelope, reassemble
from rspcore.profile_maker import preset
from rspcore.tags import ISDP_OWN_AID
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import ExpectationError
from rspharness.servers.ota_server import OtaServer, personalisation_script

PARAMETERS = preset("PROFILE_OPERATIONAL1")


class _Receiver:
    """A card that answers ENVELOPE and keeps the scripts."""

    def __init__(self, keys, *, damaged=False, bare=None, held=None):
        self.keys = keys
        self.bare = bare
        self.held = held
        self.damaged = damaged
        self.parts = []
        self.scripts = []

    def transmit(self, command):
        apdu = CommandApdu.parse(command)
        assert apdu.ins == Ins.ENVELOPE
        self.parts.append(UserData.decode(read_envelope(apdu.data).user_data))
        total = (self.parts[0].concatenation or (0, 1, 1))[1]
        if len(self.parts) < total:
            return b"\x90\x00"
        packet = CommandPacket.decode(reassemble(self.parts), self.keys)
        self.parts = []
        script = read_script(packet.data)
        self.scripts.append(script)
        answers = [ResponseApdu(b"", 0x9000) for _ in script.commands]
        data = write_response(script, answers)
        made = ResponsePacket(packet.tar, packet.counter, ResponseStatus.POR_OK, data)
        parameters = packet.parameters
        if self.held is not None and packet.counter != self.held + 1:
            low = packet.counter <= self.held
            status = ResponseStatus.CNTR_LOW if low else ResponseStatus.CNTR_HIGH
            made = ResponsePacket(packet.tar, packet.counter, status)
            self.scripts.pop()
        elif self.held is not None:
            self.held = packet.counter
        if self.bare is not None:
            parameters = replace(parameters, spi2=parameters.spi2 & ~self.bare)
        octets = made.encode(parameters, self.keys)
        if self.damaged:
            octets = octets[:-1] + bytes((octets[-1] ^ 1,))
        return octets + b"\x90\x00"

    def reset(self):
        return b""

    def close(self):
        pass


def test_update_is_sent_as_one_secured_script():
    ota = OtaServer(PARAMETERS)
    receiver = _Receiver(ota.keys)
    receipt = ota.update_metadata(Card(receiver), UpdateMetadataRequest(profile_name="New"))
    assert receipt.accepted
    assert receipt.sw == 0x9000
    install, store = receiver.scripts[0].commands
    assert (install.ins, install.p1) == (Ins.INSTALL, 0x20)
    assert ISDP_OWN_AID.octets in install.data
    assert store.data == bytes.fromhex("BF2A0592034E6577")


def test_long_update_takes_several_short_messages():
    ota = OtaServer(PARAMETERS)
    receiver = _Receiver(ota.keys)
    request = UpdateMetadataRequest(icon_type=1, icon=bytes(1000))
    assert ota.update_metadata(Card(receiver), request).accepted
    stored = b"".join(command.data for command in receiver.scripts[0].commands[1:])
    assert stored == request.encode()


def test_counter_rises_with_every_packet():
    ota = OtaServer(PARAMETERS, counter=7)
    packets = [CommandPacket.decode(ota.packet(()), ota.keys) for _ in range(2)]
    assert [packet.counter for packet in packets] == [7, 8]


def test_missing_answer_is_no_receipt():
    class Silent(_Receiver):
        def transmit(self, command):
            self.parts.append(command)
            return b"\x90\x00"

    ota = OtaServer(PARAMETERS)
    receipt = ota.send(Card(Silent(ota.keys)), personalisation_script(b"\x00"))
    assert receipt.status is None
    assert not receipt.accepted
    assert receipt.describe() == "no proof of receipt, ENVELOPE SW 9000 (OK)"


def test_receipt_that_cannot_be_opened_is_a_failed_expectation():
    ota = OtaServer(PARAMETERS)
    receiver = _Receiver(ota.keys, damaged=True)
    with pytest.raises(ExpectationError, match="a proof of receipt that can be opened"):
        ota.send(Card(receiver), personalisation_script(b"\x00"))


@pytest.mark.parametrize("missing", [0x08, 0x18])
def test_receipt_without_the_checksum_asked_for_is_no_receipt(missing):
    ota = OtaServer(PARAMETERS)
    receiver = _Receiver(ota.keys, bare=missing)
    with pytest.raises(ExpectationError, match="proof of receipt"):
        ota.send(Card(receiver), (CommandApdu(0x80, Ins.GET_DATA, 0, 0x66, le=256),))


def test_receipt_without_the_ciphering_asked_for_is_no_receipt():
    ota = OtaServer(PARAMETERS)
    ota.security = replace(ota.security, spi2=0x11)
    receiver = _Receiver(ota.keys, bare=0x10)
    command = (CommandApdu(0x80, Ins.GET_DATA, 0, 0x66, le=256),)
    with pytest.raises(ExpectationError, match="proof of receipt"):
        ota.send(Card(receiver), command)
    ota.security = replace(ota.security, spi2=0x01)
    assert ota.send(Card(receiver), command).accepted


@pytest.mark.parametrize("held", [0, 1, 6, 7, 8, 1000, 0xFFFFFFFFFE])
def test_counter_is_the_next_one_of_the_card(held):
    ota = OtaServer(PARAMETERS)
    security = ota.security
    receiver = _Receiver(ota.keys, held=held)
    if held == 0xFFFFFFFFFE:
        receiver.held = held - 1
        held -= 1
    assert ota.find_counter(Card(receiver))
    assert receiver.held == held + 1
    assert ota.counter == held + 2
    assert ota.security == security
