"""UICC.Select, UICC.Fcp and UICC.Status: what a terminal can select and what it is answered."""

from rspharness import testcase
from rspharness.card import expect

ICCID, ABSENT = 0x2FE2, 0x2FFF


@testcase("UICC.Select#01", level="read-only")
def test_mf_is_selected(files, step):
    """SELECT 3F00 gives the FCP of the MF."""
    with step("Terminal -> UICC: SELECT 3F00"):
        fcp = files.select(0x3F00)
    with step("Expected: descriptor of a directory, identifier, life cycle, PIN status"):
        expect.equal(fcp.get(0x82, b"")[:1], b"\x78", "file descriptor")
        expect.equal(fcp.get(0x83), b"\x3f\x00", "file identifier")
        expect.that(holds=0xC6 in fcp, expected="C6, PIN status template", actual="none")


@testcase("UICC.Select#02", level="read-only")
def test_failed_select_moves_nothing(profile_files, step):
    """A SELECT that finds nothing leaves the current file."""
    with step("Initial conditions: EF.ICCID is the current file"):
        before = profile_files.read(ICCID, 10)
    with step("Terminal -> UICC: SELECT of an identifier that is not there"):
        profile_files.refused(f"00A4000C02{ABSENT:04X}", 0x6A82)
    with step("Expected: READ BINARY still reads EF.ICCID"):
        answer = profile_files("00B000000A")
        expect.success(answer, "READ BINARY")
        expect.equal(answer.data, before, "EF.ICCID")


@testcase("UICC.Select#03")
def test_temporary_identifier_is_no_way_to_the_adf(own, step):
    """The identifier by which the package names its ADF selects nothing."""
    with step("Terminal -> UICC: SELECT 7FD0"):
        own.refused("00A4000C027FD0", 0x6A82)
    with step("Terminal -> UICC: SELECT by path 7FD0 6F07"):
        own.refused("00A4080C047FD06F07", 0x6A82)


@testcase("UICC.Select#04", level="read-only")
def test_current_adf_stays(profile_files, step):
    """7FFF leads back to the ADF selected last."""
    with step("Initial conditions: ADF.USIM was selected, then the MF"):
        answer, _ = profile_files.select_usim()
        profile_files.select(0x3F00)
    with step("Expected: SELECT 7FFF gives the FCP of the ADF"):
        again = profile_files("00A40004027FFF00")
        expect.success(again, "SELECT 7FFF")
        expect.equal(again.data, answer.data, "FCP of the ADF")


@testcase("UICC.Select#05", level="read-only")
def test_paths_lead_where_identifiers_do(profile_files, step):
    """By path from the MF and by parent the same files are reached as by identifier."""
    with step("Terminal -> UICC: SELECT 2FE2 by identifier, then by path from the ADF"):
        profile_files.select(0x3F00)
        by_fid = profile_files(f"00A4000402{ICCID:04X}00")
        profile_files.select_usim()
        by_path = profile_files(f"00A4080402{ICCID:04X}00")
    with step("Expected: the same FCP"):
        expect.success(by_path, "SELECT by path")
        expect.equal(by_path.data, by_fid.data, "FCP of EF.ICCID")
    with step("Terminal -> UICC: SELECT by path 7FFF 6F07 of the current ADF"):
        expect.success(profile_files("00A4080C047FFF6F07"), "SELECT 7FFF6F07")


@testcase("UICC.Select#09", level="read-only")
def test_path_from_the_current_directory(profile_files, step):
    """A path from the current directory begins there, and not in the MF."""
    with step("Terminal -> UICC: SELECT 6F07 by path from the current directory, the ADF, the MF"):
        profile_files.select_usim()
        by_fid = profile_files("00A40004026F0700")
        profile_files.select_usim()
        by_path = profile_files("00A40904026F0700")
        profile_files.select(0x3F00)
        nowhere = profile_files("00A40904026F0700")
    with step("Expected: the FCP of EF.IMSI in the ADF; 6A82 in the MF"):
        expect.success(by_path, "SELECT by path from the current directory")
        expect.equal(by_path.data, by_fid.data, "FCP of EF.IMSI")
        expect.refused(nowhere, 0x6A82)


@testcase("UICC.Select#06", level="read-only")
def test_unknown_name_is_not_found(files, step):
    """An AID of no application is not found."""
    with step("Terminal -> UICC: SELECT of an unknown AID"):
        files.refused("00A4040C10F0525350FFFFFFFFFFFFFFFFFFFFFFFF", 0x6A82)


@testcase("UICC.Fcp#01", level="read-only")
def test_fcp_of_the_iccid(profile_files, step):
    """EF.ICCID is a transparent, activated file of 10 octets."""
    with step("Terminal -> UICC: SELECT 2FE2"):
        profile_files.select(0x3F00)
        fcp = profile_files.select(ICCID)
    with step("Expected: transparent, activated, 10 octets"):
        expect.equal(fcp.get(0x82, b"\0")[0] & 0x3F, 0x01, "type in the file descriptor")
        expect.one_of(fcp.get(0x8A), (b"\x05", b"\x07"), "life cycle status")
        expect.equal(int.from_bytes(fcp.get(0x80, b""), "big"), 10, "file size")


@testcase("UICC.Fcp#02")
def test_fcp_names_the_access_rule(own, step):
    """Each file refers to the rule its package gave it."""
    with step("Expected: 8B of each file"):
        for fid, (record, _) in own.rules.items():
            fcp = own.select(fid)
            expect.equal(fcp.get(0x8B), b"\x2f\x06" + bytes((record,)), f"8B of {fid:04X}")


@testcase("UICC.Fcp#03")
def test_fcp_reports_the_pin_status(own, step):
    """The MF reports PIN1 disabled and both ADM keys enabled, in the order of the package."""
    with step("Expected: C6 of the MF"):
        fcp = own.select(0x3F00)
        expect.equal(fcp.get(0xC6, b"").hex().upper(), "90016083010183010A83010B", "PIN status")


@testcase("UICC.Fcp#04")
def test_fcp_has_the_short_identifier(own, step):
    """Tag 88 holds the short identifier in its upper five bits, and it selects the file."""
    with step("Expected: 88 of each file"):
        for fid, sfi in own.sfi.items():
            expect.equal(own.select(fid).get(0x88), bytes((sfi << 3,)), f"88 of {fid:04X}")
    with step("Expected: the short identifier reads the file"):
        own.select(0x3F00)
        answer = own(f"00B0{0x80 | own.sfi[0x2F20]:02X}0010")
        expect.equal(answer.data, own.content[0x2F20], "content by short identifier")


@testcase("UICC.Fcp#05", level="read-only")
def test_fcp_of_an_adf_names_its_aid(profile_files, step):
    """An ADF is known by its AID, not by an identifier."""
    with step("Terminal -> UICC: SELECT ADF.USIM by the AID in EF.DIR"):
        answer, aid = profile_files.select_usim()
    with step("Expected: 84 is that AID"):
        template = expect.data_object(answer.data, 0x62, "FCP template")
        name = template.find(0x84)
        expect.equal(b"" if name is None else bytes(name.value), aid, "DF name")


@testcase("UICC.Fcp#06")
def test_fcp_of_an_adf_has_no_identifier(own, step):
    """The temporary identifier of the package does not show."""
    with step("Expected: no 83 in the FCP of ADF.USIM"):
        answer, _ = own.select_usim()
        template = expect.data_object(answer.data, 0x62, "FCP template")
        found = template.find(0x83)
        expect.equal(None if found is None else bytes(found.value), None, "83")


@testcase("UICC.Status#01", level="read-only")
def test_status_is_the_current_directory(profile_files, step):
    """STATUS answers with the FCP of the current directory."""
    with step("Terminal -> UICC: STATUS in the MF and in ADF.USIM"):
        mf = profile_files("00A40004023F0000")
        in_mf = profile_files("80F2000000")
        adf, _ = profile_files.select_usim()
        in_adf = profile_files("80F2000000")
    with step("Expected: the answers of SELECT"):
        expect.equal(in_mf.data, mf.data, "STATUS in the MF")
        expect.equal(in_adf.data, adf.data, "STATUS in the ADF")


@testcase("UICC.Status#02", level="read-only")
def test_status_names_the_application(profile_files, step):
    """STATUS with P2=01 answers with the AID of the current application."""
    with step("Terminal -> UICC: STATUS, P2=01"):
        _, aid = profile_files.select_usim()
        answer = profile_files("80F2000100")
    with step("Expected: 84 and the AID"):
        expect.equal(answer.data, b"\x84" + bytes((len(aid),)) + aid, "DF name")
