"""UICC file commands by short identifier, at the ends of a file, and on two channels."""

from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.codes import code
from rspharness.suite.logical_channels import opened

LARGE, LINEAR, CYCLIC, NOT_SHAREABLE, OBJECTS = 0x2F29, 0x2F2A, 0x2F2B, 0x2F2E, 0x2F2F
OTHER_CYCLIC, OTHER_OBJECTS = 0x2F22, 0x2F23
ADM = code("adm1")
ABSENT_SFI = 0x0F
MORE = 0x62F1


def records(own, fid, count):
    """Selects a record file and returns its records, in hexadecimal digits."""
    length = int.from_bytes(own.select(fid)[0x82][2:4], "big")
    return [own(f"00B2{n:02X}04{length:02X}").data.hex() for n in range(1, count + 1)]


def of_channel(channel, text):
    """Returns an interindustry command on a channel from 1 to 3."""
    return f"{channel:02X}{text[2:]}"


@testcase("UICC.ReadBinary#06")
def test_short_identifier_with_offset(own, step):
    """READ BINARY by short identifier starts at its offset, and makes the file the current one."""
    sfi = own.sfi[LARGE]
    with step("Terminal -> UICC: READ BINARY by SFI 17, offset 5"):
        own.select(0x3F00)
        answer = own(f"00B0{0x80 | sfi:02X}0503")
    with step("Expected: octets 5 to 7; without an identifier the same file is read"):
        expect.equal(answer.data, own.content[LARGE][5:8], "content")
        expect.equal(own("00B0000402").data, own.content[LARGE][4:6], "of the current file")


@testcase("UICC.ReadBinary#07")
def test_unknown_short_identifier(own, step):
    """A short identifier of no file is refused, and the current file stays."""
    with step("Terminal -> UICC: READ BINARY by SFI 0F, 2F29 being current"):
        own.select(LARGE)
        own.refused(f"00B0{0x80 | ABSENT_SFI:02X}0003", 0x6A82)
    with step("Expected: 2F29 is still the current file"):
        expect.equal(own("00B0000402").data, own.content[LARGE][4:6], "of the current file")


@testcase("UICC.ReadBinary#08")
def test_both_octets_of_an_offset(own, step):
    """An offset above 255 counts whole; the last octet is read, the one after it is not."""
    with step("Terminal -> UICC: READ BINARY of 2F29, offsets 0105, 010F and 0110"):
        own.select(LARGE)
        inside, last = own("00B0010503"), own("00B0010F01")
    with step("Expected: octets 261 to 263, octet 271, then 6B00"):
        expect.equal(inside.data, own.content[LARGE][261:264], "from offset 261")
        expect.equal(last.data, own.content[LARGE][271:], "the last octet")
        own.refused("00B0011001", 0x6B00)


@testcase("UICC.UpdateBinary#03")
def test_update_by_short_identifier(own, step):
    """UPDATE BINARY by short identifier writes at its offset and nowhere else."""
    expected = bytearray(own.content[LARGE][:16])
    expected[5:7] = b"\xaa\xbb"
    with step("Terminal -> UICC: UPDATE BINARY by SFI 17, offset 5"):
        own.select(0x3F00)
        expect.success(own(f"00D6{0x80 | own.sfi[LARGE]:02X}0502AABB"))
    with step("Expected: these two octets are new"):
        expect.equal(own.read(LARGE, 16), bytes(expected), "content")


@testcase("UICC.UpdateBinary#04")
def test_update_of_the_last_octets(own, step):
    """An update that ends with the last octet is written, one octet more is refused whole."""
    with step("Terminal -> UICC: UPDATE BINARY, offset 270, two octets and then three"):
        own.select(LARGE)
        expect.success(own("00D6010E02AABB"))
        own.refused("00D6010E03CCCCCC", 0x6700, 0x6A84, 0x6B00)
    with step("Expected: the two of the first"):
        expect.equal(own("00B0010C04").data, own.content[LARGE][268:270] + b"\xaa\xbb", "the end")


@testcase("UICC.UpdateBinary#05")
def test_update_of_the_last_octet_alone(own, step):
    """The last octet of a file is written by an update of that octet alone."""
    with step("Terminal -> UICC: UPDATE BINARY of 2F20, offset 15, one octet"):
        own.select(0x3F00)
        own.select(0x2F20)
        expect.success(own("00D6000F01AA"), "UPDATE BINARY")
    with step("Expected: this octet is new, the others as before"):
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20][:15] + b"\xaa", "content")


@testcase("UICC.ReadRecord#04")
def test_record_by_short_identifier(own, step):
    """READ RECORD by short identifier reads the record, and makes the file the current one."""
    with step("Terminal -> UICC: READ RECORD 3 by SFI 18"):
        own.select(0x3F00)
        answer = own(f"00B203{own.sfi[LINEAR] << 3 | 4:02X}04")
    with step("Expected: record 3; record 4 without an identifier"):
        expect.equal(answer.data, own.content[LINEAR][8:12], "record 3")
        expect.equal(own("00B2040404").data, own.content[LINEAR][12:16], "record 4")


@testcase("UICC.ReadRecord#05")
def test_pointer_stays_at_the_last_record(own, step):
    """NEXT after the last record is refused, and the pointer stays on it."""
    with step("Terminal -> UICC: READ RECORD, next, six times and once more"):
        own.select(LINEAR)
        last = [own("00B2000204") for _ in range(6)][-1]
        own.refused("00B2000204", 0x6A83)
    with step("Expected: record 6; then previous is record 5"):
        expect.equal(last.data, own.content[LINEAR][20:], "the sixth")
        expect.equal(own("00B2000304").data, own.content[LINEAR][16:20], "previous")


@testcase("UICC.ReadRecord#06")
def test_previous_begins_at_the_end(own, step):
    """Without a record pointer, PREVIOUS is the last record."""
    with step("Terminal -> UICC: SELECT 2F2A, READ RECORD, previous, twice"):
        own.select(LINEAR)
        got = own("00B2000304").data + own("00B2000304").data
    with step("Expected: records 6 and 5"):
        content = own.content[LINEAR]
        expect.equal(got, content[20:] + content[16:20], "records")


@testcase("UICC.ReadRecord#07")
def test_cyclic_file_has_no_end(own, step):
    """In a cyclic file NEXT goes on from the last record to the first, PREVIOUS the other way."""
    with step("Terminal -> UICC: READ RECORD, next, four times, then previous"):
        own.select(CYCLIC)
        got = [own("00B2000203").data.hex() for _ in range(4)]
        got.append(own("00B2000303").data.hex())
    with step("Expected: records 1, 2, 3, 1 and 3"):
        expect.equal(got, ["000003", "000002", "000001", "000003", "000001"], "records")


@testcase("UICC.ReadRecord#08")
def test_pointer_belongs_to_its_channel(own, step):
    """The record pointer of one channel does not move that of another."""
    channel = opened(own.card)
    with step("Terminal -> UICC: READ RECORD, next, twice on channel 0, then on the other"):
        own.select(LINEAR)
        own(of_channel(channel, f"00A4000C02{LINEAR:04X}"))
        own("00B2000204")
        own("00B2000204")
        other = own(of_channel(channel, "00B2000204"))
    with step("Expected: record 1 there, record 3 next on channel 0"):
        expect.equal(other.data, own.content[LINEAR][:4], "on the other channel")
        expect.equal(own("00B2000204").data, own.content[LINEAR][8:12], "on channel 0")


@testcase("UICC.UpdateRecord#05")
def test_update_record_by_short_identifier(own, step):
    """UPDATE RECORD by short identifier writes that record and no other."""
    expected = records(own, LINEAR, 6)
    expected[3] = "aabbccdd"
    with step("Terminal -> UICC: UPDATE RECORD 4 by SFI 18"):
        own.select(0x3F00)
        expect.success(own(f"00DC04{own.sfi[LINEAR] << 3 | 4:02X}04AABBCCDD"))
    with step("Expected: record 4 new"):
        expect.equal(records(own, LINEAR, 6), expected, "records")


@testcase("UICC.UpdateRecord#06")
def test_update_of_the_next_record(own, step):
    """UPDATE RECORD in mode next writes the record that READ RECORD would read."""
    expected = records(own, LINEAR, 6)
    expected[1] = "aabbccdd"
    with step("Terminal -> UICC: READ RECORD, next; UPDATE RECORD, next"):
        own.select(LINEAR)
        own("00B2000204")
        expect.success(own("00DC000204AABBCCDD"))
    with step("Expected: record 2 new"):
        expect.equal(records(own, LINEAR, 6), expected, "records")


@testcase("UICC.UpdateRecord#07")
def test_update_of_a_missing_record(own, step):
    """UPDATE RECORD beyond the last is refused and writes nothing."""
    with step("Terminal -> UICC: UPDATE RECORD 7 of 6"):
        expected = records(own, LINEAR, 6)
        own.refused("00DC070404AABBCCDD", 0x6A83)
    with step("Expected: records as before"):
        expect.equal(records(own, LINEAR, 6), expected, "records")


@testcase("UICC.SearchRecord#03")
def test_search_backward(own, step):
    """A backward search begins at its record and goes down."""
    with step("Terminal -> UICC: SEARCH RECORD backward from 4 for 77"):
        own.select(LINEAR)
        answer = own("00A204050177 00")
    with step("Expected: records 4, 3, 2, 1"):
        expect.equal(answer.data.hex(), "04030201", "record numbers")


@testcase("UICC.SearchRecord#04")
def test_search_from_a_record_by_short_identifier(own, step):
    """A search by short identifier begins at the record named; the first found is current."""
    with step("Terminal -> UICC: SEARCH RECORD by SFI 18, forward from 3 for 77"):
        own.select(0x3F00)
        answer = own(f"00A203{own.sfi[LINEAR] << 3 | 4:02X}0177 00")
    with step("Expected: records 3 to 6; the next one read is record 4"):
        expect.equal(answer.data.hex(), "03040506", "record numbers")
        expect.equal(own("00B2000204").data, own.content[LINEAR][12:16], "next")


@testcase("UICC.SearchRecord#05")
def test_search_needs_the_right_to_read(own, step):
    """What may not be read cannot be searched either."""
    with step("Initial conditions: PIN1 enabled, not verified"):
        expect.success(own(f"0028000108{code('pin1')}"), "ENABLE PIN")
        own.card.reset()
    with step("Terminal -> UICC: SEARCH RECORD in 2F21, whose rule asks for PIN1"):
        own.select(0x2F21)
        own.refused("00A201040122 00", 0x6982)


@testcase("UICC.Increase#03")
def test_increase_has_a_rule_of_its_own(own, step):
    """The right to update does not include INCREASE, nor does its lack forbid it."""
    with step("Terminal -> UICC: INCREASE of 2F2B without ADM1; UPDATE RECORD"):
        own.select(CYCLIC)
        own.refused("8032000003000005 00", 0x6982)
        expect.success(own("00DC000303000009"), "UPDATE RECORD")
    with step("Terminal -> UICC: INCREASE after ADM1"):
        own.verify(0x0A, ADM)
        answer = own("8032000003000005 00")
    with step("Expected: the newest record and 5"):
        expect.success(answer, "INCREASE")
        expect.equal(answer.data.hex(), "00000e000005", "answer")


@testcase("UICC.Increase#04")
def test_sum_that_just_fits(own, step):
    """A sum that fills the record is made; one more is refused."""
    with step("Terminal -> UICC: INCREASE of 2F22 by FFFFFC, then by 1"):
        own.select(0x2F22)
        answer = own("8032000003FFFFFC 00")
        expect.sw(own("8032000003000001 00"), 0x9850)
    with step("Expected: FFFFFF stays the newest record"):
        expect.equal(answer.data.hex(), "fffffffffffc", "answer")
        expect.equal(own("00B2010403").data.hex(), "ffffff", "record 1")


@testcase("UICC.Increase#05")
def test_sum_that_carries(own, step):
    """A sum carries from the last octet to the second, and from there to the first."""
    with step("Terminal -> UICC: INCREASE of 2F22 by 0000FD, then by 00FF00"):
        own.select(0x2F22)
        first, second = own("80320000030000FD 00"), own("803200000300FF00 00")
    with step("Expected: 000100, then 010000"):
        expect.equal(first.data.hex(), "0001000000fd", "answer of the first")
        expect.equal(second.data.hex(), "01000000ff00", "answer of the second")
        expect.equal(own("00B2010403").data.hex(), "010000", "record 1")


@testcase("UICC.SetData#03")
def test_objects_have_a_limit(own, step):
    """Objects up to the limit of the file are stored; one octet more is refused whole."""
    used = len(own.content[OBJECTS])
    room = 0x0200 - used - 4
    with step(f"Terminal -> UICC: SET DATA of {room + 1} octets, then of {room}"):
        own.select(OBJECTS)
        too_much, _ = written(own, 0x81, room + 1)
        expect.refused(too_much, 0x6A84)
        kept = own("80CB0080015C 00").data
        fits, value = written(own, 0x81, room)
        expect.success(fits, "SET DATA that fits")
    with step("Expected: nothing of the first, all of the second"):
        expect.equal(kept.hex(), "5c0180", "tags after the refusal")
        expect.equal(whole_object(own, 0x81)[4:], value, "value")


def written(own, tag, size):
    """Writes an object of more than 255 octets in blocks; returns the last answer and its value."""
    value = bytes(n % 253 for n in range(size))
    rest = bytes((tag, 0x82)) + size.to_bytes(2, "big") + value
    answer, mark = None, 0x80
    while rest:
        block, rest = rest[:255], rest[255:]
        answer = own(f"80DB00{mark:02X}{len(block):02X}{block.hex()}")
        if rest:
            expect.sw(answer, 0x63F1)
        mark = 0x00
    return answer, value


def whole_object(own, tag):
    """Reads an object in blocks."""
    answer = own(f"80CB008001{tag:02X}00")
    octets = answer.data
    while answer.sw == MORE and len(octets) < 0x10000:
        answer = own("80CB000000")
        octets += answer.data
    expect.success(answer, "RETRIEVE DATA, last block")
    return octets


@testcase("UICC.SetData#04")
def test_cut_transfer_stores_nothing(own, step):
    """An object whose last block never came is not there, and no block continues it."""
    with step("Terminal -> UICC: SET DATA, first block of two; SELECT; SET DATA, next block"):
        own.select(OBJECTS)
        expect.sw(own("80DB008005" + "8104AABBCC"), 0x63F1)
        own.select(LARGE)
        own.select(OBJECTS)
        expect.refused(own("80DB000001DD"))
    with step("Expected: the objects of before"):
        expect.equal(own("80CB0080015C 00").data.hex(), "5c0180", "list of tags")


@testcase("UICC.RetrieveData#02")
def test_object_that_is_not_there(own, step):
    """A tag of no object is refused, and so is a next block of nothing."""
    with step("Terminal -> UICC: RETRIEVE DATA 82; RETRIEVE DATA, next block"):
        own.select(OBJECTS)
        own.refused("80CB00800182 00", 0x6A88)
        expect.refused(own("80CB000000"))


@testcase("UICC.SetData#05")
def test_object_is_replaced(own, step):
    """SET DATA of a tag that is there replaces its object, over a reset too."""
    with step("Terminal -> UICC: SET DATA 80"):
        own.select(OBJECTS)
        expect.success(own("80DB0080048002EEFF"))
        own.card.reset()
    with step("Expected: one object 80, the new one"):
        own.select(OBJECTS)
        expect.equal(own("80CB00800180 00").data.hex(), "8002eeff", "object 80")
        expect.equal(own("80CB0080015C 00").data.hex(), "5c0180", "list of tags")


@testcase("UICC.Select#07")
def test_file_that_is_not_shareable(own, step):
    """A file that is not shareable is current on one channel at a time, whatever names it."""
    channel = opened(own.card)
    by_identifier = of_channel(channel, f"00A4000C02{NOT_SHAREABLE:04X}")
    by_sfi = of_channel(channel, f"00B0{0x80 | own.sfi[NOT_SHAREABLE]:02X}0001")
    with step("Initial conditions: 2F2E is the current file of channel 0"):
        own.select(NOT_SHAREABLE)
    with step("Terminal -> UICC: SELECT and READ BINARY by SFI on the other channel"):
        expect.refused(own(by_identifier))
        expect.refused(own(by_sfi))
    with step("Expected: allowed once channel 0 has left it"):
        own.select(LARGE)
        expect.success(own(by_identifier), "SELECT 2F2E")


@testcase("UICC.Select#08")
def test_file_that_is_shareable(own, step):
    """A shareable file is current on two channels, and what one writes the other reads."""
    channel = opened(own.card)
    with step("Terminal -> UICC: SELECT 2F29 on both channels, UPDATE BINARY on one"):
        own.select(LARGE)
        expect.success(own(of_channel(channel, f"00A4000C02{LARGE:04X}")), "SELECT")
        expect.success(own("00D6000001EE"), "UPDATE BINARY")
    with step("Expected: the other channel reads it"):
        expect.equal(own(of_channel(channel, "00B0000001")).data, b"\xee", "octet 0")


@testcase("UICC.LifeCycle#02")
def test_deactivated_file_is_so_for_every_address(own, step):
    """A deactivated file is neither read nor written by short identifier, nor after a reset."""
    sfi = own.sfi[LARGE]
    with step("Initial conditions: ADM1 verified, 2F29 deactivated, reset"):
        own.verify(0x0A, ADM)
        own.select(LARGE)
        expect.success(own("00040000"), "DEACTIVATE FILE")
        own.card.reset()
    with step("Terminal -> UICC: READ and UPDATE BINARY by SFI 17"):
        own.select(0x3F00)
        own.refused(f"00B0{0x80 | sfi:02X}0001", 0x6984, 0x6985)
        own.refused(f"00D6{0x80 | sfi:02X}000199", 0x6984, 0x6985)
    with step("Expected: activated again, its content as before; 2F2A was never touched"):
        own.select(LINEAR)
        expect.equal(own("00B2010404").data, own.content[LINEAR][:4], "2F2A")
        own.verify(0x0A, ADM)
        own.select(LARGE)
        expect.success(own("00440000"), "ACTIVATE FILE")
        expect.equal(own.read(LARGE, 4), own.content[LARGE][:4], "2F29")


@testcase("UICC.LifeCycle#03")
def test_life_cycle_needs_the_right(own, step):
    """Without ADM1 a file is neither deactivated nor activated."""
    with step("Terminal -> UICC: DEACTIVATE FILE without ADM1"):
        own.select(LARGE)
        own.refused("00040000", 0x6982)
        expect.equal(own.read(LARGE, 4), own.content[LARGE][:4], "2F29")
    with step("Terminal -> UICC: ACTIVATE FILE without ADM1, the file deactivated"):
        own.verify(0x0A, ADM)
        own.select(LARGE)
        expect.success(own("00040000"), "DEACTIVATE FILE")
        own.card.reset()
        own.select(LARGE)
        own.refused("00440000", 0x6982)


@testcase("UICC.Increase#06")
def test_increase_by_short_identifier(own, step):
    """INCREASE by short identifier adds to that file and makes it the current one."""
    with step("Initial conditions: another cyclic file is current"):
        own.verify(0x0A, code("adm1"))
        own.select(CYCLIC)
    with step("Terminal -> UICC: INCREASE of 2F22 by its short identifier"):
        answer = own(f"8032{0x80 | own.sfi[OTHER_CYCLIC]:02X}0003000005 00")
        expect.success(answer)
    with step("Expected: 000008 000005; 2F22 current; the other file as before"):
        expect.equal(answer.data.hex(), "000008000005", "answer")
        expect.equal(own("00B2010403").data.hex(), "000008", "record 1 of the current file")
        own.select(CYCLIC)
        expect.equal(own("00B2010403").data, own.content[CYCLIC][:3], "record 1 of 2F2B")


@testcase("UICC.SetData#06")
def test_objects_by_short_identifier(own, step):
    """SET DATA and RETRIEVE DATA by short identifier reach that file, not the current one."""
    sfi = own.sfi[OBJECTS]
    with step("Initial conditions: another BER-TLV file is current"):
        own.select(OTHER_OBJECTS)
    with step("Terminal -> UICC: SET DATA 85 in 2F2F by its short identifier"):
        expect.success(own(f"80DB00{0x80 | sfi:02X}048502C0DE"))
    with step("Expected: there, and not in the other file"):
        expect.equal(own("80CB00800185 00").data.hex(), "8502c0de", "data object of 2F2F")
        own.select(OTHER_OBJECTS)
        own.refused("80CB00800185 00", 0x6A88)
    with step("Terminal -> UICC: RETRIEVE DATA 85 by short identifier; expected: the object"):
        answer = own(f"80CB00{0x80 | sfi:02X}0185 00")
        expect.equal(answer.data.hex(), "8502c0de", "data object of 2F2F")


@testcase("UICC.UpdateBinary#06")
def test_update_across_octet_256(own, step):
    """An update that begins before octet 256 and ends after it is written whole."""
    with step("Terminal -> UICC: UPDATE BINARY of 2F29, octets 252 to 259"):
        own.verify(0x0A, ADM)
        own.select(LARGE)
        expect.success(own("00D600FC08A0A1A2A3A4A5A6A7"))
    with step("Expected: those eight octets, and those beside them as before"):
        got = own("00B000FB0A").data
        before = own.content[LARGE]
        wanted = before[251:252] + bytes(range(0xA0, 0xA8)) + before[260:261]
        expect.equal(got, wanted, "octets 251 to 260")


@testcase("UICC.Select#10")
def test_channel_inherits_the_directory(own, step):
    """A channel opened from a further one begins where that stands."""
    with step("Initial conditions: ADF.USIM selected on a further channel"):
        first = opened(own.card)
        aid = own.usim()
        expect.success(own(f"{first:02X}A40404{len(aid):02X}{aid.hex()}00"), "SELECT ADF.USIM")
    with step("Terminal -> UICC: MANAGE CHANNEL, open, on that channel"):
        answer = own(f"{first:02X}70000001")
        expect.success(answer, "MANAGE CHANNEL")
        second = answer.data[0]
    with step("Expected: SELECT 6F07 by its identifier finds EF.IMSI there"):
        expect.success(own(f"{second:02X}A4000C026F07"), "SELECT EF.IMSI")


@testcase("UICC.SearchRecord#06")
def test_pattern_within_a_record(own, step):
    """A pattern is found wherever it stands in a record."""
    with step("Terminal -> UICC: SEARCH RECORD of 2F2A, the third octet of each record"):
        own.verify(0x0A, ADM)
        own.select(LINEAR)
        answer = own("00A201040177 00")
    with step("Expected: every record"):
        expect.success(answer, "SEARCH RECORD")
        expect.equal(answer.data.hex(), "010203040506", "numbers of records")


@testcase("UICC.ReadRecord#09")
def test_current_record(own, step):
    """READ RECORD of number 00 in mode 4 reads the record that the pointer is at."""
    with step("Initial conditions: READ RECORD, mode next, three times"):
        own.verify(0x0A, ADM)
        own.select(LINEAR)
        for _ in range(3):
            expect.success(own("00B2000204"), "READ RECORD, next")
    with step("Terminal -> UICC: READ RECORD 00, mode 4, twice; expected: record 3"):
        for _ in range(2):
            expect.equal(own("00B2000404").data, own.content[LINEAR][8:12], "current record")
