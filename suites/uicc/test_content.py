"""UICC.Content: a terminal reads what the Profile package defines."""

from rspcore.profile_maker.files import ACCESS_RULES, imsi_content
from rspharness import testcase
from rspharness.card import expect


@testcase("UICC.Content#01")
def test_files_of_the_package_are_there(own, step):
    """Files made by GenericFileManagement hold their first content."""
    with step("Expected: transparent files"):
        for fid in (0x2F20, 0x2F24, 0x2F25):
            expect.equal(own.read(fid, len(own.content[fid])), own.content[fid], f"{fid:04X}")
    with step("Expected: cyclic records, record 1 first"):
        own.select(0x2F22)
        got = b"".join(own(f"00B2{number:02X}0403").data for number in range(1, 4))
        expect.equal(got, own.content[0x2F22], "2F22")


@testcase("UICC.Content#02")
def test_subscriber_is_the_one_of_the_package(own, parameters, step):
    """EF.IMSI, EF.ICCID and EF.SPN hold what the package gave them."""
    with step("Expected: EF.ICCID"):
        expect.equal(own.read(0x2FE2, 10), parameters.iccid.octets, "EF.ICCID")
    with step("Expected: EF.IMSI and EF.SPN"):
        own.select_usim()
        own.select(0x6F07)
        expect.equal(own("00B0000009").data, imsi_content(parameters.imsi), "EF.IMSI")
        own.select(0x6F46)
        name = parameters.spn[:16].encode().ljust(16, b"\xff")
        expect.equal(own("00B0000011").data[1:], name, "EF.SPN")


@testcase("UICC.Content#03")
def test_template_gives_what_the_package_leaves_out(own, step):
    """Files the package does not mention have size and content of their template."""
    with step("Expected: EF.Keys, EF.LOCI and EF.HPPLMN of the USIM template"):
        own.select_usim()
        for fid, content in (
            (0x6F08, "07" + "FF" * 32),
            (0x6F7E, "FFFFFFFFFFFFFF0000FF01"),
            (0x6F31, "0A"),
        ):
            own.select(fid)
            got = own(f"00B00000{len(content) // 2:02X}").data
            expect.equal(got.hex().upper(), content, f"{fid:04X}")


@testcase("UICC.Content#04")
def test_link_shows_its_target(own, step):
    """EF.ARR of the ADF is a link: it shows the records of the one below the MF."""
    with step("Expected: record 1 of both"):
        fcp = own.select(0x2F06)
        length = int.from_bytes(fcp[0x82][2:4], "big")
        own.select_usim()
        linked = own.select(0x6F06)
        expect.equal(linked.get(0x82), fcp[0x82], "file descriptor")
        record = own(f"00B20104{length:02X}").data
        wanted = bytes.fromhex(ACCESS_RULES[0]).ljust(length, b"\xff")
        expect.equal(record, wanted, "record 1")


@testcase("UICC.Content#05", level="read-only")
def test_service_table_is_there(profile_files, step, note):
    """EF.UST can be read, or asks for the user; its length is noted."""
    with step("Terminal -> UICC: READ BINARY of EF.UST"):
        profile_files.select_usim()
        size = int.from_bytes(profile_files.select(0x6F38)[0x80], "big")
        answer = profile_files(f"00B00000{min(size, 255):02X}")
    with step("Expected: 9000 with the whole table, or 6982"):
        expect.sw(answer, 0x9000, 0x6982)
        note(f"EF.UST of {size} octets: {answer.data.hex().upper()}")
