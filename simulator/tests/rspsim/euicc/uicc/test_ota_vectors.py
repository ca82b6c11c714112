"""Published secured packets at the card: command packets in, response packets out, to the octet."""

from dataclasses import replace

import pytest

from rspcore import tlv
from rspsim.euicc.profile_content.model import KeyObject

NAME = "TS48v1_A.der"
ICCID = bytes.fromhex("989444999999990930F1")


def envelope(packet):
    """Returns the ENVELOPE that carries a packet in one short message."""
    delivery = (
        bytes.fromhex("440881214365877FF662101021436500")
        + bytes((len(packet) // 2 + 3,))
        + b"\x02\x70\x00"
        + bytes.fromhex(packet)
    )
    devices = tlv.encode(0x82, b"\x83\x81")
    data = tlv.encode(0xD1, devices, tlv.encode(0x8B, delivery))
    return (bytes((0x80, 0xC2, 0, 0, len(data))) + data).hex().upper()


def with_iccid(content):
    """Sets EF.ICCID to the content the vectors were computed with."""
    one = content.files.get((0x2FE2,))
    return content.with_file(replace(one, body=ICCID))


def minimum(level, *, files=True):
    """Sets the minimum security level of the receivers."""

    def change(content):
        content = with_iccid(content)
        if files:
            instances = tuple(
                replace(one, minimum_security_level=level) for one in content.remote_file_management
            )
            return replace(content, remote_file_management=instances)
        domains = tuple(
            replace(one, minimum_security_level=level) for one in content.security_domains
        )
        return replace(content, security_domains=domains)

    return change


V1 = "00281516011515B00120576C94AE3AE35BF725E3DE521E5D6CFEC6A6C55D9DC36AF6DD13A7EC143C80B1"
V2 = (
    "80C2000046D144820283818B3E440881214365877FF6621010214365002D02700000281516192222B00120"
    "E2D0B4EBCF69EA1DBB8AC3918872F3E4588F6302ED36443958A65DEB998F224D"
)
V3 = "00251512092222B0014000000000020065F47D42631062CB00A40004026F7B00D600000362F210"
V4 = "00150D00010000B0012000000000000000A40004023F00"
V5 = "00191101010005B0012000000000000068E6DBFF00A40004023F00"
V5B = "00170F01010001B001200000000000003C7A00A40004023F00"


def test_v1_three_des_compact_with_plain_receipt(kit):
    card = kit.changed(NAME, with_iccid)
    assert envelope(V1).startswith("80C2000046D144820283818B3E44")
    answer = card(envelope(V1))
    assert (
        answer.data.hex().upper() == "02710000180AB0012000000000010000029000" + ICCID.hex().upper()
    )
    replay = card(envelope(V1))
    assert replay.data.hex().upper() == "027100000B0AB0012000000000010002"


def test_v1_damaged_is_refused_with_01(kit):
    card = kit.changed(NAME, with_iccid)
    answer = card(envelope(V1[:-2] + "B0"))
    assert (answer.data[:9].hex().upper(), answer.data[-1]) == ("027100000B0AB00120", 0x01)


def test_v1_above_its_level_is_refused_with_0a(kit):
    card = kit.changed(NAME, minimum(0x16 | 0x08))
    answer = card(envelope(V1))
    assert (answer.data[:9].hex().upper(), answer.data[-1]) == ("027100000B0AB00120", 0x0A)


def test_v2_aes_with_ciphered_receipt(kit):
    card = kit.changed(NAME, with_iccid)
    assert card(V2).data.hex().upper() == (
        "027100002412B00120C2B0F25876B5087D609223DDD80C5EEE989769164075F018E9A5BDED9D4E9F83"
    )


def test_v3_checksum_alone_reaches_a_lower_level(kit):
    refused = kit.changed(NAME, with_iccid)(envelope(V3))
    assert refused.data[-1] == 0x0A
    card = kit.changed(NAME, minimum(0x02))
    answer = card(envelope(V3))
    assert answer.data.hex().upper() == "027100001612B0014000000000020000F058FF6AF42A2B5B029000"
    content = card.card.state.profiles[0].content
    assert content.files.get((0x7FD0, 0x6F7B)).body[:3].hex() == "62f210"


def test_v4_no_security_is_refused_by_any_level_with_checksum(kit):
    card = kit.changed(NAME, with_iccid)
    answer = card(envelope(V4))
    assert answer.data.hex().upper() == "027100000B0AB001200000000000000A"


@pytest.mark.parametrize("packet", [V5, V5B])
def test_v5_redundancy_check_is_verified(kit, packet):
    card = kit.changed(NAME, minimum(0x01))
    before = card.card.state
    good = card(envelope(packet))
    assert good.data[6:9].hex().upper() == "B00120"
    assert good.data[15:17] == b"\x00\x01"  # status 00, one command executed
    bad = kit.changed(NAME, minimum(0x01))(envelope(packet[:-2] + "01"))
    assert bad.data[-1] == 0x01
    assert card.card.state.profiles[0].content.files == before.profiles[0].content.files


V6_FIRST = (
    "80C20000A7D181A4820283818B819D440881214365877FF6621010214365008C0700035A0201700000A8151639"
    "2222B0012091C198EFB3941E4A7443AADADDECCAD7B50AECD2DE88B742C4BD573637EDAFAA515BBF360EFD8606"
    "8CF9A46753B36F481FAEE803E08925B41FD0719A967DDFE55CC7242B10B1B5FE5C05FF1978137143B1CDA69CD1"
    "D75C72FF8AB106B0511A2823FDB58D6A2B4CE59BB3F9965EC292B6DB0FDE386481A88AF52D"
)
V6_SECOND = (
    "80C2000045D143820283818B3D440881214365877FF6621010214365002C0500035A02024593DE54B99F14C566"
    "89291EE9A590840555A2AC438EE3AF5630A929C22036377775F3E6FC0C"
)
V6_FETCHED = (
    "D03F8103011300820281838B3441000881214365877FF629027100002412B0012062B1BD5718065352D0B1AA0DE1"
    "93227239D790725F0D2BEFF19587980DBC9D69"
)


def test_v6_two_messages_expanded_receipt_by_submit(kit):
    card = kit.changed(NAME, with_iccid)
    assert card.sw(V6_FIRST) == "9000"
    assert card.sw(V6_SECOND) == "9141"
    assert card("8012000041").data.hex().upper() == V6_FETCHED
    content = card.card.state.profiles[0].content
    assert content.files.get((0x2FFB,)).records[0] == bytes(range(0x7C))


def test_receipt_by_submit_has_the_address_of_the_envelope(kit):
    card = kit.changed(NAME, with_iccid)
    assert card.sw(V6_FIRST) == "9000"
    octets = bytearray.fromhex(V6_SECOND)
    address = bytes.fromhex("860400103254")
    body = bytes(octets[5:])
    header = 2 if body[1] < 0x80 else 3
    octets[5:] = tlv.encode(0xD1, body[header : header + 4] + address + body[header + 4 :])
    octets[4] = len(octets) - 5
    card.sw(octets.hex().upper())
    assert card(f"80120000{len(V6_FETCHED) // 2 + len(address):02X}").data.find(address) == 11


def run(first, last):
    return bytes(range(first, last + 1))


@pytest.mark.parametrize(
    ("packet", "version", "key_type", "kic", "kid"),
    [
        (
            "00201516011919B000005F17F098E36ED23AF778C876BE69066A361CEACF79EF449D",
            1,
            0x80,
            run(0x01, 0x18),
            run(0x21, 0x38),
        ),
        (
            "00281516013232B00000F57E6516E777F38F4986164BD5BD8601262D5BD1420F0A1676E27557FC77757A",
            3,
            0x88,
            run(0x00, 0x1F),
            run(0x40, 0x5F),
        ),
        (
            "00201516011111B00000FBD57DF888D0D857B09071577AAAFA164AE8CB5814CDF5DA",
            1,
            0x80,
            bytes.fromhex("0123456789ABCDEF"),
            bytes.fromhex("FEDCBA9876543210"),
        ),
    ],
)
def test_v7_to_v9_other_ciphers_open_with_their_keys(kit, packet, version, key_type, kic, kid):
    keys = tuple(
        KeyObject(version=version, identifier=number, usage=usage, key_type=key_type, value=value)
        for number, usage, value in ((1, b"\x18", kic), (2, b"\x14", kid), (3, b"\x48", kic))
    )

    def change(content):
        first, *others = content.security_domains
        instance = replace(content.remote_file_management[0], tars=(bytes.fromhex("B00000"),))
        return replace(
            content,
            security_domains=(replace(first, keys=keys, counters=()), *others),
            remote_file_management=(instance,),
        )

    card = kit.changed(NAME, change)
    answer = card(envelope(packet))
    assert answer.data[15] == 0x00  # PoR OK
    assert card(envelope(packet)).data[-1] == 0x02
