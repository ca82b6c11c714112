"""Selection of the ISD-R beside other traffic: what the terminal announced, other channels."""

from dataclasses import replace

from rspcore.apdu import CommandApdu, Ins, class_for
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import GetEuiccChallengeRequest
from rspcore.messages.es10c import (
    GetEuiccDataRequest,
    GetEuiccDataResponse,
    ProfileInfoListRequest,
)
from rspcore.status import StatusWord, is_success
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import file_access, logical_channels

ONE = "PROFILE_OPERATIONAL1"
GET_EID = bytes.fromhex("BF3E035C015A")
NOTHING_ANNOUNCED = bytes.fromhex("A903830100")
EVERYTHING_ANNOUNCED = bytes.fromhex("A903830107")
FUNCTIONS = {
    "BF3C": EuiccConfiguredAddressesRequest().encode(),
    "BF2E": GetEuiccChallengeRequest().encode(),
    "BF2D": ProfileInfoListRequest().encode(),
}
"""One function of each of ES10a, ES10b and ES10c."""
OWNERS = {
    "BF3C": "ES10a.GetEuiccConfiguredAddresses#03",
    "BF2E": "ES10b.GetEUICCChallenge#01",
    "BF2D": "ES10c.GetProfilesInfo#01",
}
"""Rows of what these functions answer."""


def announce(card, capability):
    """Sends TERMINAL CAPABILITY and returns the answer."""
    return card.transmit(CommandApdu(0x80, Ins.TERMINAL_CAPABILITY, 0, 0, capability))


def selected_or_hidden(card):
    """Opens a channel, selects the ISD-R on it, and returns whether it was found there."""
    number = logical_channels.opened(card)
    response = logical_channels.select_isdr(card, number)
    expect.sw(response, StatusWord.OK, StatusWord.FILE_NOT_FOUND, about="SELECT ISD-R")
    card.number = number
    return is_success(response.sw)


def answered_or_refused(card, requests, note):
    """Requires that all requests are answered, or all refused by 6985; the outcome is noted."""
    outcomes = {name: card.store(octets) for name, octets in requests.items()}
    note(", ".join(f"{name}: SW {response.sw:04X}" for name, response in outcomes.items()))
    found = {response.sw for response in outcomes.values()}
    expect.one_of(found, ({0x9000}, {0x6985}, set()), "status words, none from a hidden ISD-R")
    for name, response in outcomes.items():
        expect.equal(bool(response.data), response.sw == 0x9000, f"{name}: response data there")


@testcase("ISD-R.Select#24")
def test_store_data_after_another_selection(card, given, note, step):
    """STORE DATA on a channel that had the ISD-R and now has the USIM does not reach the ISD-R."""
    given.profiles(ONE, enabled=ONE)
    before = card.observe()
    with step("Initial conditions: the USIM selected on the channel that had the ISD-R"):
        usim = logical_channels.select(card, file_access.USIM_AID, card.number)
        expect.success(usim, "SELECT USIM")
    with step("S_LPAd -> eUICC: GetEID on that channel"):
        response = card.store(GET_EID)
        note(f"SW {response.sw:04X}")
    with step("Expected: SW 6D00, 6E00, 6985 or 6982"):
        expect.refused(response, 0x6D00, 0x6E00, 0x6985, 0x6982)
    with step("Expected: Profiles, Notifications and addresses as before"):
        card.reset()
        expect.unchanged(before, card.observe())


@testcase("ISD-R.Select#25", level="read-only")
def test_without_terminal_capability(card, note, step):
    """Without TERMINAL CAPABILITY the ISD-R is hidden, refuses, or answers as usual."""
    with step("Terminal: reset; MANAGE CHANNEL, SELECT ISD-R"):
        card.reset()
        found = selected_or_hidden(card)
        note("SELECT ISD-R: 9000" if found else "SELECT ISD-R: 6A82")
    with step("S_LPAd -> eUICC: GetEID; expected: 6985, or the EID from a card that does not mind"):
        answered_or_refused(card, {"GetEID": GET_EID} if found else {}, note)


@testcase("ISD-R.Select#26", level="read-only")
def test_nothing_announced(card, note, step):
    """A terminal that announces no LPA function gets none, from a card that enforces it."""
    with step("Terminal: reset; TERMINAL CAPABILITY with 83 01 00; MANAGE CHANNEL, SELECT ISD-R"):
        card.reset()
        announce(card, NOTHING_ANNOUNCED)
        found = selected_or_hidden(card)
        note("SELECT ISD-R: 9000" if found else "SELECT ISD-R: 6A82")
    with step("S_LPAd -> eUICC: BF3C, BF2E, BF2D; expected: 6985 each, or answers each"):
        answered_or_refused(card, FUNCTIONS if found else {}, note)


@testcase("ISD-R.Select#27", level="read-only")
def test_everything_announced(card, step):
    """A terminal that announces LUId, LPDd and LDSd gets ES10a, ES10b and ES10c."""
    with step("Terminal: reset; TERMINAL CAPABILITY with b1 to b3; MANAGE CHANNEL, SELECT ISD-R"):
        card.options = replace(card.options, terminal_capability=EVERYTHING_ANNOUNCED)
        card.open()
    for name, octets in FUNCTIONS.items():
        with step(f"S_LPAd -> eUICC: {name}; expected: answered, SW 9000"):
            if card.is_wanting(OWNERS[name]):
                continue
            response = card.store(octets)
            expect.sw(response, StatusWord.OK)
            expect.equal(response.data[:2].hex().upper(), name, "tag of the answer")


@testcase("ISD-R.Select#28", level="read-only")
def test_second_terminal_capability(card, note, step):
    """TERMINAL CAPABILITY sent again does not disturb the ISD-R that is selected."""
    with step("Initial conditions: ISD-R selected, the EID read"):
        eid = card.eid()
    with step("Terminal -> eUICC: TERMINAL CAPABILITY again, on the basic channel"):
        note(f"second TERMINAL CAPABILITY: SW {announce(card, EVERYTHING_ANNOUNCED).sw:04X}")
    with step("S_LPAd -> eUICC: GetEID; expected: the EID, SW 9000"):
        response = card.store(GET_EID)
        expect.success(response)
        expect.equal(expect.message(GetEuiccDataResponse, response.data).eid_value, eid, "EID")


@testcase("ISD-R.Select#29")
def test_traffic_on_two_channels(card, given, step):
    """Reading EF.ICCID on the basic channel and GetEID on the other do not disturb each other."""
    given.profiles(ONE, enabled=ONE)
    read = CommandApdu(0x00, Ins.READ_BINARY, 0, 0, le=10)
    with step("Initial conditions: reset; EF.ICCID selected and read; ISD-R selected, EID read"):
        card.reset()
        expect.success(file_access.select_file(card, file_access.EF_ICCID), "SELECT EF.ICCID")
        iccid = card.transmit(read)
        expect.success(iccid, "READ BINARY EF.ICCID")
        eid = card.send(GetEuiccDataRequest()).encode()
    with step("Terminal -> eUICC: 20 times READ BINARY on channel 0 and GetEID on the other"):
        for number in range(1, 21):
            again = card.transmit(read)
            expect.success(again, f"READ BINARY EF.ICCID, round {number}")
            expect.equal(again.data, iccid.data, f"EF.ICCID, round {number}")
            answer = card.store(GET_EID)
            expect.success(answer, f"GetEID, round {number}")
            expect.equal(answer.data, eid, f"EID, round {number}")


@testcase("ISD-R.Select#30", level="read-only")
def test_no_channel_left(card, note, step):
    """When every channel is open, one more is refused, and those open keep working."""
    with step("Initial conditions: ISD-R selected, the EID read"):
        eid = card.eid()
        numbers = [card.number]
    with step("Terminal -> eUICC: MANAGE CHANNEL, open, until it is refused"):
        response = logical_channels.try_open(card)
        while is_success(response.sw) and len(numbers) < 20:
            numbers.append(response.data[0])
            response = logical_channels.try_open(card)
        note(f"{len(numbers)} channels beside the basic one")
    with step("Expected: SW 6A81 or 6881"):
        expect.refused(response, 0x6A81, 0x6881)
    with step("Terminal -> eUICC: SELECT MF on every channel, GetEID; expected: answered"):
        for number in numbers[1:]:
            answer = file_access.select_file(card, file_access.MF, channel=number)
            expect.success(answer, f"SELECT MF on channel {number}")
        expect.equal(card.eid(), eid, "EID")


@testcase("ISD-R.Select#33", level="read-only")
def test_closing_leaves_other_channels(card, step):
    """A channel that is closed leaves those with a lower and with a higher number open."""
    with step("Initial conditions: ISD-R selected, two more channels with the MF"):
        eid = card.eid()
        lower, higher = sorted(logical_channels.opened(card) for _ in range(2))
        for number in (lower, higher):
            answer = file_access.select_file(card, file_access.MF, channel=number)
            expect.success(answer, f"SELECT MF on channel {number}")
    with step(f"Terminal -> eUICC: MANAGE CHANNEL, close {lower}; expected: SW 9000"):
        expect.success(logical_channels.close(card, lower), "MANAGE CHANNEL, close")
    with step("Expected: STATUS on the higher one and GetEID are answered; the lower is closed"):
        status = CommandApdu(class_for(higher, proprietary=True), Ins.GET_STATUS, 0x00, 0x0C)
        expect.success(card.transmit(status), f"STATUS on channel {higher}")
        expect.equal(card.eid(), eid, "EID")
        logical_channels.require_closed(card, lower)
