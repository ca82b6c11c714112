"""Secured packets at the card, against the cross-checked exchanges of the reference."""

from rspcore.ota import sms
from rspcore.ota.packet import CommandPacket, KeySet, ResponsePacket, SecurityParameters

KEYS = KeySet(
    2,
    bytes.fromhex("66778899AABBCCDD1122334455EEFF10"),
    bytes.fromhex("112233445566778899AABBCCDDEEFF10"),
    bytes.fromhex("99AABBCCDDEEFF101122334455667788"),
)
UPDATE = (
    "80C2000076D174820283818B6E440881214365877FF6621010214365005D02700000581516392222B20100FEBEBD6F"
    "385E6ADF1790D21E96BDFD9439BBA496C9A96F5B82FDED36A7675EC15C206C3D075DC2409D2C8421D6A57744CC86DB"
    "285CCC4200F431BAE140773F012152BEB5461ADD5E8DD901D8511E0B23"
)
UPDATE_FETCHED = (
    "D03F8103011300820281838B3441000881214365877FF629027100002412B20100ECB721BA875698CB17E5BC7603BA"
    "0B18AE0857932D9B893983CFFA6DFC39E639"
)
UPDATE_SHORT = (
    "80C2000056D154820283818B4E440881214365877FF6621010214365003D02700000381516392222B201002F4679C3"
    "DEF2783CE3AB6A5FCCA837BE20217F6E5F6852DC2F68A61CC210C3F02435D90EDC07493AFA95736C60FDA402"
)
READ_ICCID = (
    "80C2000046D144820283818B3E440881214365877FF6621010214365002D02700000281516192222B00120E2D0B4EB"
    "CF69EA1DBB8AC3918872F3E4588F6302ED36443958A65DEB998F224D"
)
TERMINAL_RESPONSE_OK = "801400000C810301130082028281830100"


def test_update_metadata_exchange_is_the_published_one(terminal):
    card = terminal("TS48v1_A.der")
    assert card.sw(UPDATE) == "9141"
    fetched = card("8012000041")
    assert fetched.data.hex().upper() == UPDATE_FETCHED
    assert card.sw(TERMINAL_RESPONSE_OK) == "9000"
    metadata = card.card.state.profiles[0].metadata
    assert (metadata.service_provider_name, metadata.profile_name) == ("Example MNO", "Gold")


def test_update_metadata_without_installation_is_accepted_and_replay_is_not(terminal):
    card = terminal("TS48v1_A.der")
    assert card.sw(UPDATE_SHORT) == "9141"
    assert (
        card("8012000041")
        .data.hex()
        .upper()
        .endswith(
            "027100002412B201000E0B1D453AC1D73257898778E088149F817451BD5BF0D5C8F2F39A9F922B4CE4"
        )
    )
    card(TERMINAL_RESPONSE_OK)
    before = card.card.state
    card.sw(UPDATE_SHORT)
    assert card.card.state == before


def test_rfm_reads_the_iccid_and_answers_in_the_delivery_report(terminal):
    card = terminal("TS48v1_A.der")
    answer = card(READ_ICCID)
    assert answer.sw == 0x9000
    security = SecurityParameters(0x16, 0x19, 0x22, 0x22)
    opened = ResponsePacket.decode(answer.data, security, KEYS)
    assert (opened.status, opened.data.hex()) == (0, "02900098001032547698103214")


def envelope(packet: CommandPacket, keys: KeySet) -> list[str]:
    messages = sms.command_deliveries(
        packet.encode(keys), originator=sms.address("12345678"), timestamp=bytes(7)
    )
    return [_apdu(sms.envelope(message)) for message in messages]


def _apdu(data: bytes) -> str:
    return (bytes((0x80, 0xC2, 0, 0, len(data))) + data).hex()


def test_level_below_the_minimum_is_refused_without_protection(terminal):
    card = terminal("TS48v1_A.der")
    security = SecurityParameters(0x12, 0x19, 0x22, 0x22)
    packet = CommandPacket(security, bytes.fromhex("B00140"), 2, bytes.fromhex("00A40004026F7B"))
    answer = card(envelope(packet, KEYS)[0])
    assert answer.data.hex().upper() == "027100000B0AB001400000000002000A"


def test_unknown_tar_is_answered_09(terminal):
    card = terminal("TS48v1_A.der")
    security = SecurityParameters(0x16, 0x01, 0x22, 0x22)
    packet = CommandPacket(security, bytes.fromhex("B0FFFF"), 1, bytes.fromhex("00A40004023F00"))
    assert card(envelope(packet, KEYS)[0]).data[-1] == 0x09


def test_flipped_checksum_is_answered_01_and_changes_nothing(terminal):
    card = terminal("TS48v1_A.der")
    before = card.card.state
    damaged = UPDATE[:-2] + f"{int(UPDATE[-2:], 16) ^ 1:02X}"
    card(damaged)
    fetched = card("8012000000").data
    assert fetched[-1] == 0x01
    assert card.card.state == before


def test_long_command_arrives_in_any_order(terminal):
    card = terminal("TS48v1_A.der")
    security = SecurityParameters(0x16, 0x01, 0x22, 0x22)
    script = bytes.fromhex("AA818D220700A4000C022FFB22818100DC01047C") + bytes(range(0x7C))
    packet = CommandPacket(security, bytes.fromhex("B00120"), 3, script)
    first, second = envelope(packet, KEYS)
    assert card(second).sw == 0x9000
    answer = card(first)
    assert answer.data.hex().upper().endswith("AB0B8001022302900023029000")
    assert card.sw("00A4000C022FFB") == "9000"
    assert card("00B201047C").data == bytes(range(0x7C))
