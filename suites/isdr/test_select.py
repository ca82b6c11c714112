"""Selection of the ISD-R: the ATR announces it, SELECT finds it and returns its version."""

from rspcore.ids import Version
from rspcore.messages.es10b import GetEuiccInfo1Request
from rspcore.messages.isdr import LpaeSupport
from rspcore.status import StatusWord
from rspcore.tags import ISDR_AID, Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.atr import Atr
from rspharness.suite import file_access, logical_channels

ONE = "PROFILE_OPERATIONAL1"
EUICC_FUNCTIONS = 0x82
"""b8 and b2 of the first TB(i) after T=15: eUICC functions."""
LPAE_SUPPORT = 0x03
OTHER_AID = ISDR_AID.octets[:-1] + b"\x01"


def require_euicc_functions(card):
    """Requires an ATR after power on that announces eUICC functions."""
    card.power_cycle()
    octet = Atr.parse(card.known_atr).global_tb
    expect.that(
        holds=octet is not None and octet & EUICC_FUNCTIONS == EUICC_FUNCTIONS,
        expected="first TB(i) after T=15 with b8=1 and b2=1",
        actual="no such TB(i)" if octet is None else f"{octet:02X}",
    )


def part(template, tag, about):
    """Returns the value of a data object that has to be inside another one."""
    found = template.find(tag)
    expect.that(holds=found is not None, expected=f"{about} ({tag:02X})", actual="none")
    return bytes(found.value)


def read_fci(response):
    """Requires an FCI that names an AID; returns the template 6F."""
    expect.success(response, "SELECT ISD-R")
    fci = expect.data_object(response.data, 0x6F, "FCI")
    part(fci, 0x84, "AID")
    return fci


def require_aid(fci, aid):
    """Requires the FCI to name an AID."""
    expect.equal(part(fci, 0x84, "AID"), aid.octets, "AID in the FCI")


def isdr_template(response):
    """Requires the ISD-R's own template E0 in the FCI, and returns it."""
    fci = read_fci(response)
    part(fci, Tag.IsdrSelectData, "the ISD-R's template")
    return fci.find(Tag.IsdrSelectData)


def svn(response):
    """Requires svn in the template E0, 3 octets, and returns it."""
    octets = part(isdr_template(response), 0x82, "svn")
    expect.equal(len(octets), 3, "octets of svn")
    return Version(octets)


def lpae_bits(response):
    """Returns the first octet of bits of lpaeSupport; 0 when the field is absent."""
    found = isdr_template(response).find(LPAE_SUPPORT)
    return 0 if found is None or len(found.value) < 2 else found.value[1]


@testcase("ISD-R.Select#01")
def test_atr_and_selection(card, given, step):
    """The ATR announces eUICC functions; SELECT by the full AID answers AID and version."""
    given.none()
    with step("Terminal: cold reset; expected: an ATR with eUICC functions"):
        require_euicc_functions(card)
    with step("Terminal -> eUICC: TERMINAL CAPABILITY, MANAGE CHANNEL, SELECT ISD-R"):
        card.open()
        response = logical_channels.select(card, ISDR_AID.octets, card.number)
    with step("Expected: SW 9000, AID, and svn of 3 octets"):
        expect.sw(response, StatusWord.OK)
        require_aid(read_fci(response), ISDR_AID)
        svn(response)


@testcase("ISD-R.Select#10")
def test_fci_wanted(card, given, step):
    """With P2=00 and Le=00 the whole FCI comes: AID, longest data field, ISD-R template."""
    given.none()
    with step("Initial conditions: a logical channel"):
        card.open()
    with step("Terminal -> eUICC: SELECT ISD-R, P2=00, Le=00"):
        response = logical_channels.select_isdr(card, card.number)
    with step("Expected: SW 9000; 84, A5 with 9F65, E0"):
        fci = read_fci(response)
        require_aid(fci, card.isdr_aid or ISDR_AID)
        part(fci, 0xA5, "proprietary data")
        part(fci.find(0xA5), 0x9F65, "longest data field")
        isdr_template(response)


@testcase("ISD-R.Select#11")
def test_version_is_that_of_euicc_info1(card, given, step):
    """The svn in the FCI is the svn of EUICCInfo1."""
    given.none()
    with step("Terminal -> eUICC: SELECT ISD-R"):
        card.open()
        version = svn(logical_channels.select_isdr(card, card.number))
    with step("S_LPAd -> eUICC: GetEUICCInfo1; expected: the same svn"):
        expect.equal(card.send(GetEuiccInfo1Request()).svn, version, "svn")


@testcase("ISD-R.Select#03")
def test_lpae_is_reported(card, options, step):
    """On an eUICC with LPAe, lpaeSupport has the bit of each user interface declared, no other."""
    declared = {
        0x80 >> LpaeSupport.lpaeUsingCat: options.get("LPAE_CAT", False),
        0x80 >> LpaeSupport.lpaeUsingScws: options.get("LPAE_SCWS", False),
    }
    with step("Initial conditions: a logical channel"):
        card.open()
    with step("Terminal -> eUICC: SELECT ISD-R"):
        response = logical_channels.select_isdr(card, card.number)
    with step("Expected: SW 9000, the bits declared"):
        wanted = sum(bit for bit, present in declared.items() if present)
        expect.equal(f"{lpae_bits(response):08b}", f"{wanted:08b}", "bits of lpaeSupport")


@testcase("ISD-R.Select#14")
def test_no_lpae_is_reported(card, given, step):
    """On an eUICC without LPAe, lpaeSupport is absent or has no bit set."""
    given.none()
    with step("Terminal -> eUICC: SELECT ISD-R"):
        card.open()
        response = logical_channels.select_isdr(card, card.number)
    with step("Expected: no bit of lpaeSupport"):
        expect.equal(f"{lpae_bits(response):08b}", "00000000", "bits of lpaeSupport")


@testcase.each(
    "number",
    {"ISD-R.Select#15": 1, "ISD-R.Select#16": 2, "ISD-R.Select#17": 3},
    level="read-only",
)
def test_selection_on_each_channel(card, number, step):
    """On logical channels 1, 2 and 3 the ISD-R is selectable and answers its FCI."""
    with step(f"Terminal -> eUICC: MANAGE CHANNEL until {number} is granted, SELECT ISD-R there"):
        response = logical_channels.use_isdr_on(card, number)
    with step("Expected: SW 9000, the FCI"):
        read_fci(response)


@testcase("ISD-R.Select#18", level="read-only")
def test_selection_on_an_extended_channel(card, step):
    """On channel 4 SELECT works with class 40, STORE DATA with class C0."""
    with step("Initial conditions: the EID, read on the first channel"):
        eid = card.eid()
    with step("Terminal -> eUICC: MANAGE CHANNEL until 4 is granted, SELECT ISD-R there"):
        response = logical_channels.use_isdr_on(card, 4)
    with step("Expected: SW 9000, the FCI"):
        read_fci(response)
    with step("S_LPAd -> eUICC: GetEID on channel 4; expected: the EID"):
        expect.equal(card.eid(), eid, "EID")


@testcase("ISD-R.Select#19", level="read-only")
def test_selection_after_close_and_open(card, step):
    """A channel that was closed can be opened again, and the ISD-R selected on it."""
    with step("Initial conditions: ISD-R selected"):
        first = card.open()
        number = card.number
    with step("Terminal -> eUICC: MANAGE CHANNEL, close; expected: SW 9000, the channel is closed"):
        expect.success(logical_channels.close(card, number), "MANAGE CHANNEL, close")
        logical_channels.require_closed(card, number)
    with step("Terminal -> eUICC: MANAGE CHANNEL, open; SELECT ISD-R"):
        response = logical_channels.select_isdr(card, logical_channels.opened(card))
    with step("Expected: SW 9000, the same FCI"):
        read_fci(response)
        expect.equal(response.data, first, "FCI")


@testcase("ISD-R.Select#20", level="read-only")
def test_selection_after_warm_reset(card, step):
    """A reset closes the channel; the ISD-R can be selected again."""
    with step("Initial conditions: ISD-R selected"):
        card.open()
        number = card.number
    with step("Terminal: warm reset; expected: the channel is closed"):
        card.keeps_channels = False  # this case is the one about it
        card.reset()
        logical_channels.require_closed(card, number)
    with step("Terminal -> eUICC: TERMINAL CAPABILITY, MANAGE CHANNEL, SELECT ISD-R"):
        card.open()
        response = logical_channels.select_isdr(card, card.number)
    with step("Expected: SW 9000, the FCI"):
        read_fci(response)


@testcase("ISD-R.Select#21")
def test_other_aid_is_not_found(card, given, step):
    """An AID that differs from that of the ISD-R in its last octet is not found."""
    given.none()
    before = card.observe()
    with step("Terminal -> eUICC: SELECT, last octet of the AID 01"):
        response = logical_channels.select(card, OTHER_AID, card.number)
    with step("Expected: SW 6A82"):
        expect.refused(response, StatusWord.FILE_NOT_FOUND)
    with step("Expected: the ISD-R still selected; Profiles, Notifications, addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ISD-R.Select#32")
def test_longer_name_is_not_found(card, given, step):
    """The AID of a USIM of 12 octets with one more after them names no application."""
    given.profiles(ONE, enabled=ONE)
    with step("Initial conditions: a further logical channel; the USIM is selected by its AID"):
        number = logical_channels.opened(card)
        found = logical_channels.select(card, file_access.USIM_AID, number)
        expect.success(found, "SELECT USIM")
    with step("Terminal -> eUICC: SELECT, the AID and one octet more"):
        response = logical_channels.select(card, file_access.USIM_AID + b"\x01", number)
    with step("Expected: SW 6A82"):
        expect.refused(response, StatusWord.FILE_NOT_FOUND)


@testcase("ISD-R.Select#22")
def test_isdp_of_a_disabled_profile_is_not_found(card, given, step):
    """The ISD-P of a Disabled Profile is not selectable."""
    (one,) = given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: a further logical channel"):
        number = logical_channels.opened(card)
    with step("Terminal -> eUICC: SELECT, AID of the ISD-P"):
        response = logical_channels.select(card, one.aid.octets, number)
    with step("Expected: SW 6A82"):
        expect.refused(response, StatusWord.FILE_NOT_FOUND)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ISD-R.Select#23")
def test_application_of_a_disabled_profile_is_not_found(card, given, step):
    """The USIM of a Disabled Profile is not selectable."""
    given.profiles(ONE)
    given.none_enabled()
    before = card.observe()
    with step("Initial conditions: a further logical channel"):
        number = logical_channels.opened(card)
    with step("Terminal -> eUICC: SELECT, AID of the USIM"):
        response = logical_channels.select(card, file_access.USIM_AID, number)
    with step("Expected: SW 6A82"):
        expect.refused(response, StatusWord.FILE_NOT_FOUND)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("ISD-R.Select#31")
def test_atr_in_both_states(card, given, step):
    """The ATR announces eUICC functions with the Profile Disabled and with it Enabled."""
    (one,) = given.profiles(ONE)
    with step("Terminal: cold reset, Profile Disabled; expected: eUICC functions"):
        require_euicc_functions(card)
    with step("Initial conditions: the Profile Enabled"):
        given.enable(one.iccid)
    with step("Terminal: cold reset, Profile Enabled; expected: eUICC functions"):
        require_euicc_functions(card)
