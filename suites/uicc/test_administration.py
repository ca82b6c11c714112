"""UICC.CreateFile, UICC.DeleteFile and UICC.ResizeFile, and what goes with a warning.

The rules of the MF let ADM1 make files. Everything made here is of the Profile of these suites, and
goes with it: so the level is that of Profiles.
"""

from rspcore import tlv
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.codes import code

ADM = code("adm1")
NEW, NEW_DF, INNER = 0x2F50, 0x5F50, 0x6F50
READ_ALWAYS = "2F2801"
"""The rule that lets anybody read and update (record 1 of EF 2F28)."""


def create(fid, descriptor="4121", size="0004", *, rule=READ_ALWAYS, more=""):
    """Returns CREATE FILE."""
    parts = (
        f"82{len(descriptor) // 2:02X}{descriptor} 8302{fid:04X}"
        f" 8A0105 8B03{rule} 8002{size} 8800 {more}"
    )
    return _with_fcp("00E00000", parts)


def create_directory(fid):
    """Returns CREATE FILE of a directory in which ADM1 may make files."""
    parts = f"82027821 8302{fid:04X} 8A0105 8B032F060E C609 900180 830101 83010A"
    return _with_fcp("00E00000", parts)


def resize(fid, size):
    """Returns RESIZE FILE."""
    return _with_fcp("80D40000", f"8302{fid:04X} 8002{size:04X}")


def _with_fcp(header, parts):
    template = tlv.encode(0x62, bytes.fromhex(parts))
    return f"{header}{len(template):02X}{template.hex()}"


def is_absent(own, fid):
    """Requires that the MF has no file of this identifier."""
    own.select(0x3F00)
    own.refused(f"00A4000C02{fid:04X}", 0x6A82)


@testcase("UICC.CreateFile#01")
def test_file_is_made(own, step):
    """A file is made below the current directory, is the current one, filled with FF, and stays."""
    with step("Initial conditions: ADM1 verified, the MF selected"):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
    with step("Terminal -> UICC: CREATE FILE 2F50, transparent, 4 octets"):
        expect.success(own(create(NEW)), "CREATE FILE")
    with step("Expected: it is the current file, of FF; what is written stays over a reset"):
        expect.equal(own("00B0000004").data.hex(), "ffffffff", "first content")
        expect.success(own("00D600000401020304"), "UPDATE BINARY")
        own.card.reset()
        expect.equal(own.read(NEW, 4).hex(), "01020304", "content after the reset")


@testcase("UICC.CreateFile#02")
def test_making_a_file_needs_the_right(own, step):
    """Without the key that the rules of the directory ask for, nothing is made."""
    with step("Terminal -> UICC: CREATE FILE 2F50, ADM1 not verified"):
        own.select(0x3F00)
        own.refused(create(NEW), 0x6982)
    with step("Expected: no such file"):
        is_absent(own, NEW)


@testcase("UICC.CreateFile#03")
def test_identifier_is_given_once(own, step):
    """CREATE FILE of an identifier in use is refused, and the file stays what it is."""
    with step("Initial conditions: ADM1 verified, the MF selected"):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
    with step("Terminal -> UICC: CREATE FILE 2F20"):
        own.refused(create(0x2F20), 0x6A89)
    with step("Expected: content as before"):
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20], "content")


@testcase("UICC.CreateFile#04")
def test_record_file_is_made(own, step):
    """A linear fixed file has as many records as its size makes, and no more."""
    with step("Initial conditions: ADM1 verified, the MF selected"):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
    with step("Terminal -> UICC: CREATE FILE 2F50, linear fixed, 3 records of 5"):
        expect.success(own(create(NEW, "42210005", "000F")), "CREATE FILE")
        expect.success(own("00DC0304050102030405"), "UPDATE RECORD 3")
    with step("Expected: record 3 as written, record 2 of FF, no record 4"):
        expect.equal(own("00B2030405").data.hex(), "0102030405", "record 3")
        expect.equal(own("00B2020405").data.hex(), "ff" * 5, "record 2")
        own.refused("00B2040405", 0x6A83)


@testcase("UICC.CreateFile#05")
def test_template_without_descriptor(own, step):
    """A template that does not say what kind of file it is makes nothing."""
    with step("Initial conditions: ADM1 verified, the MF selected"):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
    with step("Terminal -> UICC: CREATE FILE without 82"):
        wrong = _with_fcp("00E00000", f"8302{NEW:04X} 8A0105 8B03{READ_ALWAYS} 80020004")
        own.refused(wrong, 0x6A80)
    with step("Expected: no such file"):
        is_absent(own, NEW)


@testcase("UICC.CreateFile#06")
def test_directory_is_made(own, step):
    """A directory is made, is the current one, and takes files of its own."""
    with step("Initial conditions: ADM1 verified, the MF selected"):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
    with step("Terminal -> UICC: CREATE FILE 5F50, a directory; CREATE FILE 6F50"):
        expect.success(own(create_directory(NEW_DF)), "CREATE FILE 5F50")
        expect.success(own(create(INNER)), "CREATE FILE 6F50")
    with step("Expected: 6F50 is below 5F50, and not below the MF"):
        own.card.reset()
        expect.success(own(f"00A4080C04{NEW_DF:04X}{INNER:04X}"), "SELECT by path")
        is_absent(own, INNER)


@testcase("UICC.DeleteFile#01")
def test_file_is_removed(own, step):
    """A removed file is gone, after a reset too, and the others stay."""
    with step("Initial conditions: ADM1 verified, 2F2A is the current file"):
        own.verify(0x0A, ADM)
        own.select(0x2F2A)
    with step("Terminal -> UICC: DELETE FILE 2F2A"):
        expect.success(own("00E40000022F2A"), "DELETE FILE")
    with step("Expected: no current file, no such file; 2F29 as before"):
        own.refused("00B2010404", 0x6986)
        own.card.reset()
        is_absent(own, 0x2F2A)
        expect.equal(own.read(0x2F29, 16), own.content[0x2F29][:16], "2F29")


@testcase("UICC.DeleteFile#02")
def test_removal_needs_the_right(own, step):
    """Without the key that the rules of the file ask for, it stays."""
    with step("Terminal -> UICC: DELETE FILE 2F2A, ADM1 not verified"):
        own.select(0x3F00)
        own.refused("00E40000022F2A", 0x6982)
    with step("Expected: content as before"):
        own.select(0x2F2A)
        expect.equal(own("00B2010404").data, own.content[0x2F2A][:4], "record 1")


@testcase("UICC.DeleteFile#03")
def test_removal_of_nothing(own, step):
    """A file that is not there cannot be removed."""
    with step("Terminal -> UICC: DELETE FILE 2FFF"):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
        own.refused("00E40000022FFF", 0x6A82)


@testcase("UICC.DeleteFile#04")
def test_directory_goes_with_what_is_in_it(own, step):
    """With a directory all that is below it is removed: made anew, it is empty."""
    with step("Initial conditions: 5F50 with 6F50 was made"):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
        expect.success(own(create_directory(NEW_DF)), "CREATE FILE 5F50")
        expect.success(own(create(INNER)), "CREATE FILE 6F50")
        own.select(0x3F00)
    with step("Terminal -> UICC: DELETE FILE 5F50, CREATE FILE 5F50"):
        expect.success(own(f"00E4000002{NEW_DF:04X}"), "DELETE FILE")
        is_absent(own, NEW_DF)
        expect.success(own(create_directory(NEW_DF)), "CREATE FILE 5F50 again")
    with step("Expected: nothing in it"):
        own.refused(f"00A4090C02{INNER:04X}", 0x6A82)


@testcase("UICC.ResizeFile#01")
def test_file_grows(own, step):
    """A larger file keeps its content; what is new is FF."""
    with step("Terminal -> UICC: RESIZE FILE 2F29, two octets more"):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
        expect.success(own(resize(0x2F29, 274)), "RESIZE FILE")
    with step("Expected: the old octets, then FF; nothing after them"):
        own.select(0x2F29)
        content = own.content[0x2F29]
        expect.equal(own("00B0010012").data, content[256:] + b"\xff\xff", "the end")
        expect.equal(own("00B0000010").data, content[:16], "the beginning")
        own.refused("00B0011201", 0x6B00)


@testcase("UICC.ResizeFile#02")
def test_file_shrinks(own, step):
    """A smaller file has lost its end, and nothing else."""
    with step("Terminal -> UICC: RESIZE FILE 2F2A, from six records to four"):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
        expect.success(own(resize(0x2F2A, 16)), "RESIZE FILE")
    with step("Expected: record 4 as before, no record 5"):
        own.select(0x2F2A)
        expect.equal(own("00B2040404").data, own.content[0x2F2A][12:16], "record 4")
        own.refused("00B2050404", 0x6A83)


@testcase("UICC.ResizeFile#03")
def test_resizing_needs_a_rule_of_its_own(own, step):
    """The right to update and to delete does not include RESIZE FILE."""
    with step("Terminal -> UICC: RESIZE FILE 2F30, whose rule does not name it, ADM1 verified"):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
        own.refused(resize(0x2F30, 8), 0x6982)
    with step("Expected: four octets as before"):
        expect.equal(own.read(0x2F30, 4), own.content[0x2F30], "content")
        own.refused("00B0000401", 0x6B00)


@testcase("UICC.ResizeFile#04")
def test_record_is_not_cut(own, step):
    """A size that is no whole number of records is refused, and the file stays."""
    with step("Terminal -> UICC: RESIZE FILE 2F2A to 10 octets, with records of 4"):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
        own.refused(resize(0x2F2A, 10), 0x6A80)
    with step("Expected: record 6 as before"):
        own.select(0x2F2A)
        expect.equal(own("00B2060404").data, own.content[0x2F2A][20:], "record 6")


@testcase("UICC.Warning#01")
def test_data_come_with_a_warning(own, step, note):
    """SELECT of a deactivated file gives 6283 and its FCP, in one answer or by GET RESPONSE."""
    with step("Initial conditions: 2F29 deactivated"):
        own.verify(0x0A, ADM)
        own.select(0x2F29)
        expect.success(own("00040000"), "DEACTIVATE FILE")
        own.select(0x3F00)
    with step("Terminal -> UICC: SELECT 2F29, FCP wanted"):
        first = own.card.transmit_raw(bytes.fromhex("00A40004022F2900"))
        note(f"the first answer is SW {first.sw:04X}, with {len(first.data)} octets")
        own.select(0x3F00)
        answer = own("00A40004022F2900")
    with step("Expected: 6283 and the FCP, with the life cycle status deactivated"):
        expect.sw(answer, 0x6283)
        template = expect.data_object(answer.data, 0x62, "FCP template")
        status = template.find(0x8A)
        shown = b"" if status is None else bytes(status.value)
        expect.one_of(shown, (b"\x04", b"\x06"), "life cycle status")


@testcase("UICC.ResizeFile#05")
def test_power_lost_inside_a_resize(own, power_lost_inside, step):
    """After a loss of power inside RESIZE FILE the content is there, the file larger or not."""
    for pieces in (0, 1, 2):
        own.verify(0x0A, ADM)
        own.select(0x3F00)
        title = f"Terminal -> UICC: RESIZE FILE 2F29; power lost, {pieces} pieces kept"
        with step(title), power_lost_inside(pieces):
            own(resize(0x2F29, 274 + 2 * pieces))
        with step("Expected: the content of before, at both ends"):
            own.card.reset()
            own.select(0x3F00)
            own.select(0x2F29)
            content = own.content[0x2F29]
            expect.equal(own("00B0000010").data, content[:16], "the beginning")
            expect.equal(own("00B0010010").data, content[256:272], "octets 256 to 271")
