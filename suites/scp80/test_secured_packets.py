"""UICC.SecuredPacket: what a packet may carry, who may send it, how its receipt is protected."""

from dataclasses import replace

import pytest

from rspcore import tlv
from rspcore.apdu import CommandApdu
from rspcore.ota.packet import KeySet, ResponseStatus
from rspcore.ota.sms import command_deliveries, envelope
from rspcore.profile_maker import make_profile, own_secret, preset
from rspcore.profile_maker.editing import edited
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.codes import code

RFM = bytes.fromhex("B00120")
EF, FIRST = 0x2F20, bytes(range(16))
ADM = code("adm1")
SECOND = KeySet(
    2, own_secret("SCP80 02 1", 16), own_secret("SCP80 02 2", 16), own_secret("SCP80 02 3", 16)
)
"""Key set 2 of the Profile: another set, with a counter of its own."""
COMMANDS = (0x02, 0x06, 0x12, 0x16)
RECEIPTS = (0x01, 0x09, 0x11, 0x19)
"""SPI1: checksum, ciphering, counter higher; SPI2: receipt bare, with checksum, ciphered, both."""


def file_element():
    """Returns PE-GenericFileManagement that makes 2F20 below the MF."""
    fcp = (
        tlv.encode(0x82, b"\x41\x21"),
        tlv.encode(0x83, EF.to_bytes(2, "big")),
        tlv.encode(0x8B, b"\x2f\x06\x0a"),
        tlv.encode(0x80, b"\x10"),
        tlv.encode(0x88),
    )
    script = tlv.encode(0x62, *fcp) + tlv.encode(0x81, FIRST)
    header = tlv.encode(0xA0, tlv.encode(0x80), tlv.encode(0x81, b"\x7f"))
    return tlv.encode(0xA1, header, tlv.encode(0xA1, tlv.encode(0x30, script)))


def with_second_set(domain):
    """Returns PE-SecurityDomain with the keys of `SECOND`, too."""
    added = [
        {
            "keyUsageQualifier": bytes((usage,)),
            "keyIdentifier": bytes((number,)),
            "keyVersionNumber": b"\x02",
            "keyComponents": [{"keyType": b"\x88", "keyData": value}],
        }
        for number, usage, value in (
            (1, 0x18, SECOND.kic),
            (2, 0x14, SECOND.kid),
            (3, 0x48, SECOND.dek),
        )
    ]
    return domain | {"keyList": [*domain["keyList"], *added]}


@pytest.fixture
def ota(card, given, make_ota):
    """Returns the server of the UICC's remote file management, on a Profile with two key sets."""
    made = make_profile(preset("PROFILE_OPERATIONAL1"))
    upp = edited(made.upp, "securityDomain", with_second_set)
    place = upp.index(next(_domains(upp)))
    made = replace(made, upp=upp[:place] + file_element() + upp[place:])
    given.profiles(made, enabled=made)
    server = make_ota(made.parameters)
    server.tar = RFM
    card.secrets.add("KIc of the second set", SECOND.kic)
    card.secrets.add("KID of the second set", SECOND.kid)
    return server


def _domains(upp):
    offset = 0
    while offset < len(upp):
        one = tlv.parse_prefix(upp, offset)
        if one.tag == 0xA6:
            yield bytes(one.raw)
        offset += len(one.raw)


def writing(value):
    """Returns a script that writes an octet at the start of 2F20."""
    return (
        CommandApdu(0x00, 0xA4, 0x00, 0x0C, EF.to_bytes(2, "big")),
        CommandApdu(0x00, 0xD6, 0x00, 0x00, bytes((value,))),
    )


def first_octet(card):
    """Returns the first octet of 2F20, as a terminal reads it."""
    expect.success(card.apdu("00A4000C023F00"), "SELECT 3F00")
    expect.success(card.apdu(f"00A4000C02{EF:04X}"), "SELECT 2F20")
    return card.apdu("00B0000001").data.hex()


def done(receipt):
    """Requires a receipt that says that all was carried out."""
    expect.that(holds=receipt.accepted, expected="POR OK, 9000", actual=receipt.describe())


def has_status(receipt, *statuses):
    """Requires a receipt with one of these statuses, and nothing executed."""
    expect.one_of(receipt.status, statuses, "response status")
    expect.equal(receipt.sw, None, "status word of a command")


@testcase.each("by_submit", {"UICC.SecuredPacket#01": False, "UICC.SecuredPacket#02": True})
def test_every_combination(ota, card, step, by_submit):
    """Each protection of the command goes with each of the receipt, which has what was asked."""
    value = 0x30
    for spi1 in COMMANDS:
        for spi2 in RECEIPTS:
            asked = spi2 | 0x20 * by_submit
            with step(f"S_OTA -> UICC: UPDATE BINARY, SPI {spi1:02X} {asked:02X}"):
                value += 1
                ota.security = replace(ota.security, spi1=spi1, spi2=asked)
                done(ota.send(card, writing(value)))
                expect.equal(first_octet(card), f"{value:02x}", "first octet of 2F20")


@testcase("UICC.SecuredPacket#03")
@testcase.both_curves
@pytest.mark.usefixtures("server")
def test_no_receipt(ota, card, step):
    """Without the wish for a receipt, the script is carried out and none is sent."""
    with step("S_OTA -> UICC: UPDATE BINARY, SPI 16 00"):
        ota.security = replace(ota.security, spi2=0x00)
        receipt = ota.send(card, writing(0x99))
    with step("Expected: 9000, no receipt, the octet written"):
        expect.success(receipt.last, "ENVELOPE")
        expect.equal(receipt.status, None, "response status")
        expect.equal(first_octet(card), "99", "first octet of 2F20")


@testcase("UICC.SecuredPacket#04")
def test_receipt_on_error_alone(ota, card, step):
    """A receipt on error is sent for a used counter, and not for a script carried out."""
    ota.security = replace(ota.security, spi2=0x0A)
    with step("S_OTA -> UICC: UPDATE BINARY, SPI 16 0A, twice the same packet"):
        packet = ota.packet(writing(0x99))
        first, again = ota.deliver(card, packet), ota.deliver(card, packet)
    with step("Expected: no receipt, then counter low"):
        expect.equal(first.status, None, "status of the first")
        has_status(again, ResponseStatus.CNTR_LOW)


@testcase("UICC.SecuredPacket#05")
def test_counter_over_reset(ota, card, step):
    """Counters used before a reset and a power cycle are used for ever; the next is taken."""
    ota.counter = 7
    with step("Initial conditions: counter 7 used, reset, power cycle"):
        packet = ota.packet(writing(0x11))
        done(ota.deliver(card, packet))
        card.reset()
        card.power_cycle()
    with step("S_OTA -> UICC: the same packet, counter 6, counter 8"):
        has_status(ota.deliver(card, packet), ResponseStatus.CNTR_LOW)
        ota.counter = 6
        has_status(ota.send(card, writing(0x22)), ResponseStatus.CNTR_LOW)
        expect.equal(first_octet(card), "11", "first octet of 2F20")
        ota.counter = 8
        done(ota.send(card, writing(0x33)))


@testcase("UICC.SecuredPacket#06")
def test_exactly_the_next_counter(ota, card, step):
    """When exactly the next counter is asked for, one further is too high and changes nothing."""
    ota.security = replace(ota.security, spi1=0x1E)
    with step("Initial conditions: counter 1 used"):
        done(ota.send(card, writing(0x11)))
    with step("S_OTA -> UICC: counters 3, 1 and 2, with SPI1 1E"):
        ota.counter = 3
        has_status(ota.send(card, writing(0x33)), ResponseStatus.CNTR_HIGH)
        ota.counter = 1
        has_status(ota.send(card, writing(0x33)), ResponseStatus.CNTR_LOW)
        expect.equal(first_octet(card), "11", "first octet of 2F20")
        done(ota.send(card, writing(0x22)))


@testcase("UICC.SecuredPacket#07")
def test_stranger_moves_no_counter(ota, card, step):
    """A packet with a wrong checksum does not move the counter."""
    with step("S_OTA -> UICC: counter 900 with a checksum under another key"):
        keys, ota.keys = ota.keys, replace(ota.keys, kid=b"\x99" * 16)
        ota.counter = 900
        packet = ota.packet(writing(0x99))
        ota.keys = keys
        has_status(ota.deliver(card, packet), ResponseStatus.RC_CC_DS_FAILED)
    with step("S_OTA -> UICC: counter 1; expected: carried out"):
        ota.counter = 1
        done(ota.send(card, writing(0x11)))


@testcase("UICC.SecuredPacket#08")
def test_failed_script_uses_its_counter(ota, card, step):
    """A script that fails has used its counter."""
    missing = (CommandApdu(0x00, 0xA4, 0x00, 0x0C, bytes.fromhex("2FFF")),)
    with step("Initial conditions: a script that fails, with counter 5"):
        ota.counter = 5
        expect.equal(ota.send(card, missing).sw, 0x6A82, "status word")
    with step("S_OTA -> UICC: another script with counter 5"):
        ota.counter = 5
        has_status(ota.send(card, writing(0x99)), ResponseStatus.CNTR_LOW)


@testcase("UICC.SecuredPacket#09")
def test_each_key_set_has_its_counter(ota, card, step):
    """A counter used with one key set is free with another."""
    with step("Initial conditions: counter 50 used with key set 1"):
        ota.counter = 50
        done(ota.send(card, writing(0x11)))
    with step("S_OTA -> UICC: counter 2 with key set 2, then counter 3 with key set 1"):
        security, keys = ota.security, ota.keys
        ota.security, ota.keys = replace(security, kic=0x22, kid=0x22), SECOND
        ota.counter = 2
        done(ota.send(card, writing(0x22)))
        ota.security, ota.keys = security, keys
        has_status(ota.send(card, writing(0x33)), ResponseStatus.CNTR_LOW)


@testcase.each(
    "kic, kid",
    {
        "UICC.SecuredPacket#10": (0x12, 0x22),
        "UICC.SecuredPacket#11": (0x32, 0x32),
        "UICC.SecuredPacket#12": (0x15, 0x15),
    },
)
def test_key_sets_that_do_not_fit(ota, card, step, kic, kid):
    """Two sets in one packet, a set that is not there and another algorithm are refused."""
    with step(f"S_OTA -> UICC: KIc {kic:02X}, KID {kid:02X}"):
        ota.security = replace(ota.security, kic=kic, kid=kid)
        both = replace(ota.keys, kid=SECOND.kid), ota.keys
        receipts = []
        for ota.keys in both:
            receipts.append(ota.send(card, writing(0x99)))
    with step("Expected: a security error, nothing written"):
        statuses = (
            ResponseStatus.UNIDENTIFIED_SECURITY_ERROR,
            ResponseStatus.RC_CC_DS_FAILED,
            ResponseStatus.CIPHERING_ERROR,
        )
        for receipt in receipts:
            has_status(receipt, *statuses)
        expect.equal(first_octet(card), "00", "first octet of 2F20")


@testcase.each("spi1", {"UICC.SecuredPacket#13": 0x01, "UICC.SecuredPacket#14": 0x04})
def test_less_than_a_checksum(ota, card, step, spi1):
    """A redundancy check, and ciphering alone, are below a minimum of a checksum."""
    with step(f"S_OTA -> UICC: SPI1 {spi1:02X}"):
        ota.security = replace(ota.security, spi1=spi1, spi2=0x01, kid=0x05 if spi1 == 1 else 0x12)
        if spi1 == 1:
            ota.security = replace(ota.security, kic=0x00)
        receipt = ota.send(card, writing(0x99))
    with step("Expected: insufficient security level, nothing written"):
        has_status(receipt, ResponseStatus.INSUFFICIENT_SECURITY_LEVEL)
        expect.equal(first_octet(card), "00", "first octet of 2F20")


@testcase.each(
    "place",
    {"UICC.SecuredPacket#15": 9, "UICC.SecuredPacket#16": 4, "UICC.SecuredPacket#17": -1},
)
def test_changed_on_the_way(ota, card, step, place):
    """A packet whose TAR, SPI2 or last octet was changed is refused and not carried out."""
    # where SPI2 itself is changed, neither of its forms asks for a receipt
    ota.security = replace(ota.security, spi1=0x12, spi2=0x00 if place == 4 else 0x09)
    with step(f"S_OTA -> UICC: one octet changed, number {place}"):
        packet = bytearray(ota.packet(writing(0x99)))
        packet[place] = 0x40 if place == 9 else packet[place] ^ 0x10
        receipt = ota.deliver(card, bytes(packet))
    with step("Expected: checksum failed, or no receipt; nothing written"):
        expect.one_of(receipt.status, (ResponseStatus.RC_CC_DS_FAILED, None), "response status")
        expect.equal(first_octet(card), "00", "first octet of 2F20")


def parts_of(packet):
    """Returns the ENVELOPE commands of a packet of several short messages."""
    originator, timestamp = bytes.fromhex("0581214365"[:4] + "2143F5"), bytes(7)
    deliveries = command_deliveries(packet, originator=originator, timestamp=timestamp)
    return [CommandApdu(0x80, 0xC2, 0, 0, envelope(one), 256) for one in deliveries]


def long_script(value):
    """Returns a script that takes three short messages and ends with a write."""
    passes = tuple(CommandApdu(0x00, 0xB0, 0x00, 0x00, le=1) for _ in range(40))
    select, write = writing(value)
    return (select, *passes, write)


@testcase.each(
    "order",
    {"UICC.SecuredPacket#18": (1, 0, 2), "UICC.SecuredPacket#19": (2, 1, 0)},
)
def test_parts_in_any_order(ota, card, step, order):
    """The parts of a packet may come in any order; the last to come starts the script."""
    ota.security = replace(ota.security, spi2=0x00)
    parts = parts_of(ota.packet(long_script(0x77)))
    with step(f"S_OTA -> UICC: three parts, in the order {order}"):
        expect.equal(len(parts), 3, "short messages")
        for number in order[:-1]:
            expect.success(card.transmit(parts[number]), "ENVELOPE")
        expect.equal(first_octet(card), "00", "first octet before the last part")
        expect.success(card.transmit(parts[order[-1]]), "ENVELOPE")
    with step("Expected: carried out"):
        expect.equal(first_octet(card), "77", "first octet of 2F20")


@testcase("UICC.SecuredPacket#20")
def test_part_that_comes_twice(ota, card, step):
    """A part that comes twice counts once."""
    ota.security = replace(ota.security, spi2=0x00)
    parts = parts_of(ota.packet(long_script(0x77)))
    with step("S_OTA -> UICC: parts 1, 1, 2, and then 3"):
        for number in (0, 0, 1):
            expect.success(card.transmit(parts[number]), "ENVELOPE")
        expect.equal(first_octet(card), "00", "first octet before the last part")
        expect.success(card.transmit(parts[2]), "ENVELOPE")
    with step("Expected: carried out"):
        expect.equal(first_octet(card), "77", "first octet of 2F20")


@testcase("UICC.SecuredPacket#21")
def test_replay_of_several_parts(ota, card, step):
    """A packet of several parts is carried out once."""
    security = ota.security
    with step("Initial conditions: a packet of three parts was carried out, then another"):
        packet = ota.packet(long_script(0x77))
        done(ota.deliver(card, packet))
        ota.security = security
        done(ota.send(card, writing(0x11)))
    with step("S_OTA -> UICC: the first packet again"):
        has_status(ota.deliver(card, packet), ResponseStatus.CNTR_LOW)
    with step("Expected: nothing written"):
        expect.equal(first_octet(card), "11", "first octet of 2F20")


@testcase("UICC.SecuredPacket#22")
def test_counter_above_32_bits(ota, card, step):
    """A counter that differs in its first octet alone is higher; the low one is used for ever."""
    with step("Initial conditions: counter 5 used"):
        ota.counter = 5
        done(ota.send(card, writing(0x11)))
    with step("S_OTA -> UICC: counter 0100000001; expected: carried out"):
        ota.counter = 0x01_0000_0001
        done(ota.send(card, writing(0x22)))
        expect.equal(first_octet(card), "22", "first octet of 2F20")
    with step("S_OTA -> UICC: counter 9; expected: counter low"):
        ota.counter = 9
        has_status(ota.send(card, writing(0x33)), ResponseStatus.CNTR_LOW)


@testcase("UICC.SecuredPacket#23")
def test_parts_of_two_senders(ota, card, step):
    """Parts of two senders with the same reference are not joined."""
    ota.security = replace(ota.security, spi2=0x00)
    parts = parts_of(ota.packet(long_script(0x77)))
    other = [
        replace(one, data=one.data.replace(b"\x05\x81\x21\x43\xf5", b"\x05\x81\x21\x43\xf6"))
        for one in parts
    ]
    with step("S_OTA -> UICC: parts 1 and 2 of one sender, part 3 of another"):
        expect.that(
            holds=other[2] != parts[2], expected="another sender", actual=other[2].data.hex()
        )
        for one in (parts[0], parts[1], other[2]):
            card.transmit(one)
    with step("Expected: not carried out"):
        expect.equal(first_octet(card), "00", "first octet of 2F20")


def requiring_a_counter(files):
    """Returns PE-RFM with a minimum of checksum and counter."""
    return files | {"minimumSecurityLevel": b"\x12"}


@testcase("UICC.SecuredPacket#24")
def test_less_than_a_counter(card, given, make_ota, step):
    """Where a minimum asks for a counter that is checked, a packet without one is refused."""
    made = make_profile(preset("PROFILE_OPERATIONAL1"))
    upp = edited(made.upp, "rfm", requiring_a_counter)
    place = upp.index(next(_domains(upp)))
    made = replace(made, upp=upp[:place] + file_element() + upp[place:])
    given.profiles(made, enabled=made)
    ota = make_ota(made.parameters)
    ota.tar = RFM
    with step("S_OTA -> UICC: SPI1 06, checksum and ciphering without a counter"):
        ota.security = replace(ota.security, spi1=0x06)
        receipt = ota.send(card, writing(0x99))
    with step("Expected: insufficient security level, nothing written"):
        has_status(receipt, ResponseStatus.INSUFFICIENT_SECURITY_LEVEL)
        expect.equal(first_octet(card), "00", "first octet of 2F20")
    with step("S_OTA -> UICC: SPI1 16; expected: carried out"):
        ota.security = replace(ota.security, spi1=0x16)
        done(ota.send(card, writing(0x11)))
