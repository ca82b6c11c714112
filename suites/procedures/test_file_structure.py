"""File structure: the default files without an Enabled Profile, those of the Profile with one."""

from dataclasses import replace

from rspcore import tlv
from rspcore.messages.es10b import GetEuiccInfo2Request
from rspcore.messages.euicc_info import UiccCapability
from rspcore.profile_maker import preset
from rspcore.profile_maker.files import ACCESS_RULES, ust_content
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import file_access

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
OTHER_USIM = bytes.fromhex("A0000000871002FF49FF058A")
TWO_WITH_OTHER_USIM = replace(preset(TWO), usim_aid=OTHER_USIM)

EVERY_SERVICE = replace(preset(ONE), services=frozenset({27, 68, 69, 76, 125}))
NEEDS = {
    68: UiccCapability.gbaAuthenUsim,
    69: UiccCapability.mbmsAuthenUsim,
    76: UiccCapability.gbaAuthenUsim,
    125: UiccCapability.getIdentity,
}
"""Services of EF.UST that take more than files, and what each needs (TS 31.102, 4.2.8)."""


def services(table):
    """Returns the numbers of the services whose bit is set in EF.UST."""
    return {
        8 * n + bit + 1 for n, octet in enumerate(table) for bit in range(8) if octet >> bit & 1
    }


@testcase.each("loaded", {"procedure.FileStructure#01": (ONE,), "procedure.FileStructure#02": ()})
def test_default_files_alone(card, given, declared, note, step, loaded):
    """Without an Enabled Profile there are the default files, and nothing of a Profile."""
    given.profiles(*loaded)
    given.none_enabled()
    with step("Terminal -> eUICC: SELECT MF, EF.UMPC, EF.ICCID, EF.DIR, EF.PL and the USIM"):
        file_access.default_files_only(card)
    if "ef_env_classes" not in declared:
        note("EF ENV-CLASSES is not selected: the target file declares no ef_env_classes")
        return
    with step("Terminal -> eUICC: SELECT EF ENV-CLASSES; expected: SW 9000"):
        selected = file_access.select_file(card, file_access.ef_env_classes(declared))
        expect.success(selected, "SELECT EF ENV-CLASSES")


@testcase("procedure.FileStructure#03")
def test_files_of_the_enabled_profile(card, given, step):
    """With the Profile Enabled its MF, EF.DIR, EF.ICCID and USIM can be selected and read."""
    given.profiles(ONE, enabled=ONE)
    with step("Terminal -> eUICC: SELECT MF; EF.DIR and EF.ICCID selected and read"):
        expect.success(file_access.select_file(card, file_access.MF), "SELECT MF")
        expect.success(file_access.select_file(card, file_access.EF_DIR), "SELECT EF.DIR")
        listed = [tlv.parse_prefix(one) for one in file_access.records(card) if one[0] == 0x61]
        expect.success(file_access.select_file(card, file_access.EF_ICCID), "SELECT EF.ICCID")
        expect.success(file_access.read(card), "READ BINARY EF.ICCID")
    with step("Terminal -> eUICC: SELECT every application of EF.DIR; expected: the USIM alone"):
        names = [bytes(one.children()[0].value) for one in listed]
        expect.equal(names, [file_access.USIM_AID], "AIDs in EF.DIR")
        expect.success(file_access.select_application(card), "SELECT USIM")


@testcase("procedure.FileStructure#04")
def test_ef_iccid_is_that_of_the_profile(card, given, step):
    """EF.ICCID holds the ICCID of the Enabled Profile, not that of another."""
    _, one = given.profiles(TWO, ONE, enabled=ONE)
    with step("Terminal -> eUICC: SELECT EF.ICCID, READ BINARY; expected: the Profile's ICCID"):
        expect.equal(file_access.ef_iccid(card), one.iccid, "EF.ICCID")


@testcase("procedure.FileStructure#05")
def test_ef_dir_as_loaded(card, given, step):
    """EF.DIR has the application record that was loaded, and FF in the rest."""
    given.profiles(ONE, enabled=ONE)
    with step("Terminal -> eUICC: SELECT EF.DIR, READ RECORD"):
        expect.success(file_access.select_file(card, file_access.EF_DIR), "SELECT EF.DIR")
        records = file_access.records(card)
    with step("Expected: the record of the USIM, then one that is empty"):
        usim = tlv.encode(0x61, tlv.encode(0x4F, file_access.USIM_AID), tlv.encode(0x50, b"USIM"))
        expect.equal(records, (usim.ljust(33, b"\xff"), b"\xff" * 33), "EF.DIR")


@testcase("procedure.FileStructure#06")
def test_ef_arr_as_loaded(card, given, step):
    """EF.ARR can be read, and has the access rules that were loaded."""
    given.profiles(ONE, enabled=ONE)
    with step("Terminal -> eUICC: SELECT EF.ARR, READ RECORD"):
        expect.success(file_access.select_file(card, file_access.EF_ARR), "SELECT EF.ARR")
        records = file_access.records(card)
    with step("Expected: the rules as loaded, each filled up with FF"):
        rules = [bytes.fromhex(rule) for rule in ACCESS_RULES]
        width = max(map(len, rules))
        expect.equal(records, tuple(rule.ljust(width, b"\xff") for rule in rules), "EF.ARR")


@testcase("procedure.FileStructure#07")
def test_ef_ust_without_services_the_card_lacks(card, given, step):
    """EF.UST is as loaded, but for the services that EUICCInfo2 does not promise."""
    (one,) = given.profiles(EVERY_SERVICE, enabled=EVERY_SERVICE)
    with step("S_LPAd -> eUICC: GetEUICCInfo2, for uiccCapability"):
        promised = card.send(GetEuiccInfo2Request()).uicc_capability
    with step("Terminal -> eUICC: SELECT USIM, EF.UST, READ BINARY"):
        expect.success(file_access.select_usim_file(card, file_access.EF_UST), "SELECT EF.UST")
        table = file_access.read(card)
        expect.success(table, "READ BINARY EF.UST")
    with step("Expected: as loaded, bits of services the eUICC does not support cleared"):
        loaded = ust_content(one.profile.parameters)
        lacking = {number for number, needed in NEEDS.items() if needed not in promised}
        expect.equal(len(table.data), len(loaded), "octets of EF.UST")
        expect.equal(sorted(services(table.data)), sorted(services(loaded) - lacking), "services")


@testcase("procedure.FileStructure#08")
def test_ef_pl_as_loaded(card, given, step):
    """EF.PL can be read, and has the languages that were loaded."""
    given.profiles(ONE, enabled=ONE)
    with step("Terminal -> eUICC: SELECT EF.PL, READ BINARY; expected: en"):
        expect.success(file_access.select_file(card, file_access.EF_PL), "SELECT EF.PL")
        content = file_access.read(card)
        expect.success(content, "READ BINARY EF.PL")
        expect.equal(content.data, b"en", "EF.PL")


@testcase("procedure.FileStructure#11")
def test_disabled_profile_is_out_of_reach(card, given, step):
    """Nothing of a Disabled Profile can be selected."""
    _, one = given.profiles(TWO_WITH_OTHER_USIM, ONE, enabled=ONE)
    with step("Terminal -> eUICC: SELECT USIM of the Disabled Profile; expected: SW 6A82"):
        absent = file_access.select_application(card, OTHER_USIM)
        expect.refused(absent, StatusWord.FILE_NOT_FOUND, about="SELECT of its USIM")
    with step("Expected: EF.ICCID and USIM of the Enabled Profile"):
        expect.equal(file_access.ef_iccid(card), one.iccid, "EF.ICCID")
        expect.success(file_access.select_application(card), "SELECT USIM")


@testcase("procedure.FileStructure#15")
def test_ef_env_classes(card, given, declared, note, step):
    """EF ENV-CLASSES of the default file system can be read and holds the classes."""
    identifier = file_access.ef_env_classes(declared)
    given.profiles(ONE)
    given.none_enabled()
    with step("Terminal -> eUICC: SELECT EF ENV-CLASSES, READ BINARY"):
        selected = file_access.select_file(card, identifier)
        expect.success(selected, "SELECT EF ENV-CLASSES")
        content = file_access.read(card)
        expect.success(content, "READ BINARY EF ENV-CLASSES")
        shown = content.data.hex().upper()
        note(f"EF ENV-CLASSES holds {shown}")
    with step("Expected: the declared classes"):
        wanted = declared.get("ef_env_classes_content", shown)
        expect.equal(shown, wanted, "EF ENV-CLASSES")
        expect.that(holds=bool(shown), expected="at least one octet", actual="none")


@testcase("procedure.FileStructure#16")
def test_ef_umpc(card, given, declared, note, step):
    """EF.UMPC of the default file system has 5 octets, of the declared values."""
    given.profiles(ONE)
    given.none_enabled()
    with step("Terminal -> eUICC: SELECT EF.UMPC, READ BINARY"):
        expect.success(file_access.select_file(card, file_access.EF_UMPC), "SELECT EF.UMPC")
        content = file_access.read(card)
        expect.success(content, "READ BINARY EF.UMPC")
        shown = content.data.hex().upper()
        note(f"EF.UMPC holds {shown}: power, time-out, additional information, 2 RFU")
    with step("Expected: 5 octets, as declared"):
        expect.equal(len(content.data), 5, "octets of EF.UMPC")
        expect.equal(shown, declared.get("ef_umpc_content", shown), "EF.UMPC")


@testcase("procedure.FileStructure#17")
def test_status_without_enabled_profile(card, given, step):
    """Without an Enabled Profile STATUS shows the MF, and no USIM is there by any name."""
    given.profiles(ONE)
    given.none_enabled()
    with step("Terminal -> eUICC: STATUS on the basic channel; expected: FCP of the MF"):
        status = card.apdu("80F2000000")
        expect.success(status, "STATUS")
        identifier = tlv.parse(status.data).find(0x83)
        expect.equal(bytes(identifier.value) if identifier else b"", b"\x3f\x00", "directory")
    with step("Terminal -> eUICC: SELECT of the default files, and of nothing of a Profile"):
        file_access.default_files_only(card)
    with step("Terminal -> eUICC: SELECT by the beginning of USIM AIDs; expected: SW 6A82"):
        for name in ("A000000087", "A0000000871002"):
            absent = file_access.select_application(card, bytes.fromhex(name))
            expect.refused(absent, StatusWord.FILE_NOT_FOUND, about=f"SELECT {name}")
