"""SCP80 packets and their SMS carriage against the computed and cross-checked vectors."""

import pytest

from rspcore.apdu import CommandApdu, ResponseApdu
from rspcore.errors import DecodeError
from rspcore.ota import script, sms
from rspcore.ota.algorithms import crc16, crc32
from rspcore.ota.packet import (
    CommandPacket,
    KeySet,
    PacketError,
    ResponsePacket,
    ResponseStatus,
    SecurityParameters,
)

KIC = bytes.fromhex("66778899AABBCCDD1122334455EEFF10")
KID = bytes.fromhex("112233445566778899AABBCCDDEEFF10")
TS48 = KeySet(2, KIC, KID)
READ_ICCID = bytes.fromhex("00A40004022FE200B000000A")
SELECT_MF = bytes.fromhex("00A40004023F00")
RECORD = bytes(range(0x7C))
V6_SCRIPT = bytes.fromhex("AA818D220700A4000C022FFB22818100DC01047C") + RECORD
UPDATE_SCRIPT = bytes.fromhex(
    "AA3B221C80E6200016000010A0000005591010FFFFFFFF8900000F0000000000221B80E2900016BF2A13910B"
    "4578616D706C65204D4E4F9204476F6C64"
)
ORIGINATOR = sms.address("12345678")
SCTS = bytes.fromhex("62101021436500")

PACKETS = {
    "V1": (
        "1601 15 15 B00120",
        1,
        READ_ICCID,
        TS48,
        "00281516011515B00120576C94AE3AE35BF725E3DE521E5D6CFEC6A6C55D9DC36AF6DD13A7EC143C80B1",
    ),
    "V2": (
        "1619 22 22 B00120",
        1,
        READ_ICCID,
        TS48,
        "00281516192222B00120E2D0B4EBCF69EA1DBB8AC3918872F3E4588F6302ED36443958A65DEB998F224D",
    ),
    "V3": (
        "1209 22 22 B00140",
        2,
        bytes.fromhex("00A40004026F7B00D600000362F210"),
        TS48,
        "00251512092222B0014000000000020065F47D42631062CB00A40004026F7B00D600000362F210",
    ),
    "V4": (
        "0001 00 00 B00120",
        0,
        SELECT_MF,
        None,
        "00150D00010000B0012000000000000000A40004023F00",
    ),
    "V5": (
        "0101 00 05 B00120",
        0,
        SELECT_MF,
        None,
        "00191101010005B0012000000000000068E6DBFF00A40004023F00",
    ),
    "V5b": (
        "0101 00 01 B00120",
        0,
        SELECT_MF,
        None,
        "00170F01010001B001200000000000003C7A00A40004023F00",
    ),
    "V6": (
        "1639 22 22 B00120",
        3,
        V6_SCRIPT,
        TS48,
        (
            "00A81516392222B0012091C198EFB3941E4A7443AADADDECCAD7B50AECD2DE88B742C4BD573637EDAFAA515BBF36"
            "0EFD86068CF9A46753B36F481FAEE803E08925B41FD0719A967DDFE55CC7242B10B1B5FE5C05FF1978137143B1CD"
            "A69CD1D75C72FF8AB106B0511A2823FDB58D6A2B4CE59BB3F9965EC292B6DB0FDE386481A88AF52D4593DE54B99F"
            "14C56689291EE9A590840555A2AC438EE3AF5630A929C22036377775F3E6FC0C"
        ),
    ),
    "V7": (
        "1601 19 19 B00000",
        1,
        SELECT_MF,
        KeySet(1, bytes(range(0x01, 0x19)), bytes(range(0x21, 0x39))),
        "00201516011919B000005F17F098E36ED23AF778C876BE69066A361CEACF79EF449D",
    ),
    "V8": (
        "1601 32 32 B00000",
        1,
        SELECT_MF,
        KeySet(3, bytes(range(0x20)), bytes(range(0x40, 0x60))),
        "00281516013232B00000F57E6516E777F38F4986164BD5BD8601262D5BD1420F0A1676E27557FC77757A",
    ),
    "V9": (
        "1601 11 11 B00000",
        1,
        SELECT_MF,
        KeySet(1, bytes.fromhex("0123456789ABCDEF"), bytes.fromhex("FEDCBA9876543210")),
        "00201516011111B00000FBD57DF888D0D857B09071577AAAFA164AE8CB5814CDF5DA",
    ),
    "UpdateMetadata": (
        "1639 22 22 B20100",
        4,
        UPDATE_SCRIPT,
        TS48,
        (
            "00581516392222B20100FEBEBD6F385E6ADF1790D21E96BDFD9439BBA496C9A96F5B82FDED36A7675EC15C206C3D"
            "075DC2409D2C8421D6A57744CC86DB285CCC4200F431BAE140773F012152BEB5461ADD5E8DD901D8511E0B23"
        ),
    ),
}


def parameters(text: str) -> tuple[SecurityParameters, bytes]:
    octets = bytes.fromhex(text)
    return SecurityParameters(*octets[:4]), octets[4:]


@pytest.mark.parametrize("name", PACKETS)
def test_command_packet_is_the_published_one_and_opens_again(name):
    text, counter, data, keys, wire = PACKETS[name]
    security, tar = parameters(text)
    packet = CommandPacket(security, tar, counter, data)
    assert packet.encode(keys).hex().upper() == wire
    assert CommandPacket.decode(bytes.fromhex(wire), keys) == packet


RESPONSES = {
    "V1": (
        "1601 15 15 B00120",
        1,
        0,
        "029000989444999999990930F1",
        "02710000180AB0012000000000010000029000989444999999990930F1",
    ),
    "V1 replay": ("1601 15 15 B00120", 1, 2, "", "027100000B0AB0012000000000010002"),
    "V2": (
        "1619 22 22 B00120",
        1,
        0,
        "029000989444999999990930F1",
        "027100002412B00120C2B0F25876B5087D609223DDD80C5EEE989769164075F018E9A5BDED9D4E9F83",
    ),
    "V3": (
        "1209 22 22 B00140",
        2,
        0,
        "029000",
        "027100001612B0014000000000020000F058FF6AF42A2B5B029000",
    ),
    "V6": (
        "1639 22 22 B00120",
        3,
        0,
        "AB0B8001022302900023029000",
        "027100002412B0012062B1BD5718065352D0B1AA0DE193227239D790725F0D2BEFF19587980DBC9D69",
    ),
    "UpdateMetadata": (
        "1639 22 22 B20100",
        4,
        0,
        "AB0C800102230300900023029000",
        "027100002412B20100ECB721BA875698CB17E5BC7603BA0B18AE0857932D9B893983CFFA6DFC39E639",
    ),
}


@pytest.mark.parametrize("name", RESPONSES)
def test_response_packet_is_the_published_one_and_opens_again(name):
    text, counter, status, data, wire = RESPONSES[name]
    security, tar = parameters(text)
    packet = ResponsePacket(tar, counter, status, bytes.fromhex(data))
    if name != "V1 replay":
        assert packet.encode(security, TS48).hex().upper() == wire
    assert ResponsePacket.decode(bytes.fromhex(wire), security, TS48) == packet


def test_envelope_of_one_message_is_the_published_one():
    packet = bytes.fromhex(PACKETS["V1"][4])
    (message,) = sms.command_deliveries(packet, originator=ORIGINATOR, timestamp=SCTS)
    assert sms.envelope(message).hex().upper() == (
        "D144820283818B3E440881214365877FF6621010214365002D027000" + PACKETS["V1"][4]
    )
    read = sms.read_envelope(sms.envelope(message))
    assert read == message
    assert read.is_data_download
    assert sms.UserData.decode(read.user_data).is_command


def test_long_packet_is_cut_into_the_published_messages():
    packet = bytes.fromhex(PACKETS["V6"][4])
    messages = sms.command_deliveries(packet, originator=ORIGINATOR, timestamp=SCTS)
    first, second = (sms.envelope(message).hex().upper() for message in messages)
    assert first.startswith(
        "D181A4820283818B819D440881214365877FF6621010214365008C0700035A0201700000A8"
    )
    assert second == (
        "D143820283818B3D440881214365877FF6621010214365002C0500035A0202"
        "4593DE54B99F14C56689291EE9A590840555A2AC438EE3AF5630A929C22036377775F3E6FC0C"
    )
    parts = [sms.UserData.decode(message.user_data) for message in reversed(messages)]
    assert sms.reassemble(parts) == packet


def test_submit_is_the_published_one():
    packet = bytes.fromhex(RESPONSES["V6"][4])
    made = sms.submit(packet, destination=ORIGINATOR)
    assert made.hex().upper() == "41000881214365877FF629" + RESPONSES["V6"][4]
    assert sms.read_submit(made).content == packet[3:]


def test_missing_part_is_refused():
    messages = sms.command_deliveries(bytes(200), originator=ORIGINATOR, timestamp=SCTS)
    with pytest.raises(DecodeError, match="missing"):
        sms.reassemble([sms.UserData.decode(messages[1].user_data)])


def test_checksums_of_13239_are_the_known_answers():
    assert crc32(bytes.fromhex("0102030405")).hex().upper() == "470B99F4"
    assert crc16(bytes.fromhex("0102030405")).hex().upper() == "22EC"


@pytest.mark.parametrize("octet", range(10, 42))
def test_flipped_octet_of_a_ciphered_packet_is_refused(octet):
    wire = bytearray.fromhex(PACKETS["V2"][4])
    wire[octet] ^= 1
    with pytest.raises(PacketError) as caught:
        CommandPacket.decode(bytes(wire), TS48)
    assert caught.value.status == ResponseStatus.RC_CC_DS_FAILED


@pytest.mark.parametrize(("pad", "data"), [(0, SELECT_MF), (1, SELECT_MF[:-1]), (7, b"")])
def test_padding_counter_up_to_the_whole_body_is_taken_off(pad, data):
    assert CommandPacket.decode(_with_padding_counter(pad)).data == data


@pytest.mark.parametrize("pad", [8, 9, 255])
def test_padding_counter_beyond_the_body_is_a_ciphering_error(pad):
    with pytest.raises(PacketError) as caught:
        CommandPacket.decode(_with_padding_counter(pad))
    assert caught.value.status is ResponseStatus.CIPHERING_ERROR


def _with_padding_counter(pad):
    """Returns V4, whose body has seven octets, with another padding counter."""
    packet = bytearray.fromhex(PACKETS["V4"][-1])
    packet[15] = pad
    return bytes(packet)


def test_packet_that_is_not_whole_blocks_is_a_ciphering_error():
    wire = bytes.fromhex(PACKETS["V2"][4])[:-1]
    wire = (len(wire) - 2).to_bytes(2, "big") + wire[2:]
    with pytest.raises(PacketError) as caught:
        CommandPacket.decode(wire, TS48)
    assert caught.value.status == ResponseStatus.CIPHERING_ERROR


@pytest.mark.parametrize("length", range(16))
def test_packet_cut_short_is_refused(length):
    with pytest.raises(DecodeError):
        CommandPacket.decode(bytes.fromhex(PACKETS["V4"][4])[:length])


def test_expanded_script_reads_and_answers_as_published():
    read = script.read_script(UPDATE_SCRIPT)
    assert [f"{c.ins:02X}" for c in read.commands] == ["E6", "E2"]
    assert script.expanded(read.commands) == UPDATE_SCRIPT
    answer = script.read_response(bytes.fromhex("AB0C800102230300900023029000"))
    assert (answer.executed, [r.sw for r in answer.responses]) == (2, [0x9000, 0x9000])
    assert script.write_response(read, answer.responses).hex() == "ab0c800102230300900023029000"


def test_compact_script_reads_and_answers_as_published():
    read = script.read_script(READ_ICCID)
    assert read.commands == (
        CommandApdu(0, 0xA4, 0, 4, bytes.fromhex("2FE2")),
        CommandApdu(0, 0xB0, 0, 0, le=10),
    )
    assert script.compact(read.commands) == READ_ICCID
    answer = script.read_response(bytes.fromhex("029000989444999999990930F1"))
    assert (answer.executed, answer.responses[0].sw) == (2, 0x9000)
    executed = (ResponseApdu(b"", 0x9000), answer.responses[0])
    assert script.write_response(read, executed).hex() == "029000989444999999990930f1"


def test_unknown_tag_in_expanded_script_is_bad_format():
    read = script.read_script(bytes.fromhex("AA04 77020102"))
    assert (read.commands, read.bad_format) == ((), 1)
    assert script.write_response(read, ()).hex().upper() == "AB03900101"
