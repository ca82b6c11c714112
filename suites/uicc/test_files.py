"""UICC file commands on files whose content is known to the octet."""

from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.codes import code


@testcase("UICC.ReadBinary#01")
def test_offset_and_length(own, step):
    """READ BINARY gives so many octets from the offset on."""
    with step("Terminal -> UICC: READ BINARY, offset 5, 3 octets"):
        own.select(0x2F20)
        answer = own("00B0000503")
    with step("Expected: octets 05 06 07"):
        expect.success(answer)
        expect.equal(answer.data, own.content[0x2F20][5:8], "content")


@testcase("UICC.ReadBinary#02")
def test_offset_beyond_the_end(own, step):
    """An offset beyond the end is refused."""
    with step("Terminal -> UICC: READ BINARY, offset 16 of 16"):
        own.select(0x2F20)
        own.refused("00B0001001", 0x6B00)


@testcase("UICC.ReadBinary#03")
def test_record_file_is_not_transparent(own, step):
    """READ BINARY of a record file is refused."""
    with step("Terminal -> UICC: READ BINARY of a linear fixed file"):
        own.select(0x2F21)
        own.refused("00B0000004", 0x6981)


@testcase("UICC.ReadBinary#04", level="read-only")
def test_iccid_is_a_number(profile_files, step, note):
    """EF.ICCID holds digits, nibbles swapped, filled with F."""
    with step("Terminal -> UICC: READ BINARY of EF.ICCID"):
        data = profile_files.read(0x2FE2, 10)
    with step("Expected: 18 to 20 digits that begin with 89"):
        digits = "".join(f"{octet & 0xF:X}{octet >> 4:X}" for octet in data).rstrip("F")
        note(f"ICCID {digits}")
        holds = digits.isdecimal() and digits.startswith("89") and 18 <= len(digits) <= 20
        expect.that(holds=holds, expected="18 to 20 digits from 89", actual=digits)


@testcase("UICC.ReadBinary#05", level="read-only")
def test_no_file_is_current_in_a_directory(files, step):
    """Without a current EF there is nothing to read."""
    with step("Terminal -> UICC: SELECT 3F00, READ BINARY"):
        files.select(0x3F00)
        files.refused("00B0000001", 0x6986)


@testcase("UICC.UpdateBinary#01")
def test_update_writes_at_the_offset(own, step):
    """UPDATE BINARY writes at the offset, and what is written stays over a reset."""
    expected = bytearray(own.content[0x2F20])
    expected[5:7] = b"\xaa\xbb"
    with step("Terminal -> UICC: UPDATE BINARY, offset 5, AA BB"):
        own.select(0x2F20)
        expect.success(own("00D6000502AABB"))
    with step("Expected: the file with these two octets, now and after a reset"):
        expect.equal(own.read(0x2F20, 16), bytes(expected), "content")
        own.card.reset()
        expect.equal(own.read(0x2F20, 16), bytes(expected), "content after the reset")


@testcase("UICC.UpdateBinary#02")
def test_update_beyond_the_end_writes_nothing(own, step):
    """An update that does not fit is refused and writes nothing."""
    with step("Terminal -> UICC: UPDATE BINARY of 2 octets at offset 15 of 16"):
        own.select(0x2F20)
        own.refused("00D6000F02AABB", 0x6700, 0x6A84, 0x6B00)
    with step("Expected: content as before"):
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20], "content")


@testcase("UICC.ReadRecord#01")
def test_record_by_number(own, step):
    """READ RECORD in absolute mode gives the record of that number."""
    with step("Expected: records 1 to 4"):
        own.select(0x2F21)
        got = b"".join(own(f"00B2{number:02X}0404").data for number in range(1, 5))
        expect.equal(got, own.content[0x2F21], "records")


@testcase("UICC.ReadRecord#02")
def test_record_pointer_moves(own, step):
    """Next and previous move the record pointer; a linear file ends at its ends."""
    with step("Expected: next, next, previous are records 1, 2, 1; then nothing before"):
        own.select(0x2F21)
        got = [own(one).data[:1].hex() for one in ("00B2000204", "00B2000204", "00B2000304")]
        expect.equal(got, ["11", "22", "11"], "first octets")
        own.refused("00B2000304", 0x6A83)


@testcase("UICC.ReadRecord#03")
def test_record_that_is_not_there(own, step):
    """A number beyond the last record is refused."""
    with step("Terminal -> UICC: READ RECORD 5 of 4"):
        own.select(0x2F21)
        own.refused("00B2050404", 0x6A83)


@testcase("UICC.UpdateRecord#01")
def test_record_is_written(own, step):
    """UPDATE RECORD writes its record and no other."""
    content = own.content[0x2F21]
    with step("Terminal -> UICC: UPDATE RECORD 2"):
        own.select(0x2F21)
        expect.success(own("00DC020404AABBCCDD"))
    with step("Expected: record 2 new, the others as before"):
        got = b"".join(own(f"00B2{number:02X}0404").data for number in range(1, 5))
        expect.equal(got, content[:4] + bytes.fromhex("AABBCCDD") + content[8:], "records")


@testcase("UICC.UpdateRecord#02")
def test_record_of_another_length(own, step):
    """A record shorter than the file's is refused and writes nothing."""
    with step("Terminal -> UICC: UPDATE RECORD 2 with 3 octets of 4"):
        own.select(0x2F21)
        own.refused("00DC020403AABBCC", 0x6700)
    with step("Expected: record 2 as before"):
        expect.equal(own("00B2020404").data, own.content[0x2F21][4:8], "record 2")


@testcase("UICC.UpdateRecord#03")
def test_cyclic_file_replaces_its_oldest_record(own, step):
    """In a cyclic file the oldest record becomes the new record 1."""
    with step("Terminal -> UICC: UPDATE RECORD, previous"):
        own.select(0x2F22)
        expect.success(own("00DC000303AABBCC"))
    with step("Expected: the new record, then the two youngest of before"):
        got = b"".join(own(f"00B2{number:02X}0403").data for number in range(1, 4))
        expect.equal(got, bytes.fromhex("AABBCC000003000002"), "records")


@testcase("UICC.UpdateRecord#04")
def test_cyclic_file_takes_no_number(own, step):
    """A cyclic file is written in mode previous alone."""
    with step("Terminal -> UICC: UPDATE RECORD 2, absolute, of a cyclic file"):
        own.select(0x2F22)
        own.refused("00DC020403AABBCC", 0x6981, 0x6A86)
    with step("Expected: record 2 as before"):
        expect.equal(own("00B2020403").data, bytes.fromhex("000002"), "record 2")


@testcase("UICC.SearchRecord#01")
def test_search_finds_all(own, step):
    """SEARCH RECORD answers with the numbers of all records that hold the pattern."""
    with step("Terminal -> UICC: SEARCH RECORD forward from 1 for 22"):
        own.select(0x2F21)
        answer = own("00A201040122 00")
    with step("Expected: records 2 and 4"):
        expect.success(answer)
        expect.equal(answer.data, b"\x02\x04", "record numbers")


@testcase("UICC.SearchRecord#02")
def test_search_finds_nothing(own, step):
    """A pattern that no record holds is answered 6282."""
    with step("Terminal -> UICC: SEARCH RECORD for 99"):
        own.select(0x2F21)
        expect.sw(own("00A201040199 00"), 0x6282)


@testcase("UICC.Increase#01")
def test_increase_adds(own, step):
    """INCREASE adds to the newest record; the answer is the new record and the value added."""
    with step("Terminal -> UICC: INCREASE by 5"):
        own.select(0x2F22)
        answer = own("8032000003000005 00")
    with step("Expected: 000008 000005, and a new record 1"):
        expect.success(answer)
        expect.equal(answer.data.hex(), "000008000005", "answer")
        got = b"".join(own(f"00B2{number:02X}0403").data for number in range(1, 4))
        expect.equal(got.hex(), "000008000003000002", "records")


@testcase("UICC.Increase#02")
def test_increase_beyond_the_maximum(own, step):
    """A sum that does not fit is refused with 9850 and changes nothing."""
    with step("Terminal -> UICC: INCREASE by FFFFFD"):
        own.select(0x2F22)
        expect.sw(own("8032000003FFFFFD 00"), 0x9850)
    with step("Expected: record 1 as before"):
        expect.equal(own("00B2010403").data.hex(), "000003", "record 1")


@testcase("UICC.RetrieveData#01")
def test_data_object_is_read(own, step):
    """RETRIEVE DATA gives the data object with tag and length; 5C lists the tags."""
    with step("Terminal -> UICC: RETRIEVE DATA 80 and 5C"):
        own.select(0x2F23)
        one, tags = own("80CB00800180 00"), own("80CB0080015C 00")
    with step("Expected: 80 03 010203, and the list 80"):
        expect.success(one)
        expect.equal(one.data.hex(), "8003010203", "data object")
        expect.equal(tags.data.hex(), "5c0180", "list of tags")


@testcase("UICC.SetData#01")
def test_data_object_is_written(own, step):
    """SET DATA adds a data object; the others stay."""
    with step("Terminal -> UICC: SET DATA 81"):
        own.select(0x2F23)
        expect.success(own("80DB0080048102AABB"))
    with step("Expected: both objects"):
        expect.equal(own("80CB00800181 00").data.hex(), "8102aabb", "new object")
        expect.equal(own("80CB00800180 00").data.hex(), "8003010203", "old object")


@testcase("UICC.SetData#02")
def test_data_object_is_deleted(own, step):
    """SET DATA of a tag alone deletes its object."""
    with step("Terminal -> UICC: SET DATA, tag 80 alone"):
        own.select(0x2F23)
        expect.success(own("80DB00800180"))
    with step("Expected: it is not found"):
        own.refused("80CB00800180 00", 0x6A88)


@testcase("UICC.LifeCycle#01")
def test_deactivated_file_is_out_of_use(own, step):
    """A deactivated file is selected with 6283 and not read; activation brings it back."""
    with step("Initial conditions: ADM1 verified"):
        own.verify(0x0A, code("adm1"))
    with step("Terminal -> UICC: DEACTIVATE FILE"):
        own.select(0x2F20)
        expect.success(own("00040000"))
    with step("Expected: 6283 on selection, no reading"):
        expect.sw(own("00A40004022F2000"), 0x6283)
        own.refused("00B0000001", 0x6984, 0x6985)
    with step("Terminal -> UICC: ACTIVATE FILE"):
        expect.success(own("00440000"))
    with step("Expected: content as before"):
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20], "content")
