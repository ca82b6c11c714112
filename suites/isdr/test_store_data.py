"""STORE DATA: a request reaches its function however the sender cuts it."""

from dataclasses import replace

from rspcore.apdu import CommandApdu, ResponseApdu
from rspcore.messages.es10a import (
    EuiccConfiguredAddressesRequest,
    SetDefaultDpAddressRequest,
    SetDefaultDpAddressResponse,
    SetDefaultDpAddressResult,
)
from rspcore.messages.es10b import (
    AuthenticateServerResponse,
    GetEuiccChallengeRequest,
    GetEuiccInfo1Request,
    GetEuiccInfo2Request,
    GetRatRequest,
    ListNotificationRequest,
)
from rspcore.messages.es10c import (
    GetEuiccDataRequest,
    GetEuiccDataResponse,
    ProfileInfoListRequest,
)
from rspcore.status import StatusWord, is_success
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.card.asking import ALL_TAGS
from rspharness.card.atr import Atr
from rspharness.card.listed import UnobservedError
from rspharness.card.steady_answers import steady_response
from rspharness.suite import logical_channels, store_data_blocks

ONE = "PROFILE_OPERATIONAL1"
GET_EID = GetEuiccDataRequest().encode()
GET_PROFILES_INFO = ProfileInfoListRequest(tag_list=ALL_TAGS).encode()
READING = {
    "GetEID": GET_EID,
    "GetEUICCInfo1": GetEuiccInfo1Request().encode(),
    "GetEUICCInfo2": GetEuiccInfo2Request().encode(),
    "GetProfilesInfo": GET_PROFILES_INFO,
    "GetEuiccConfiguredAddresses": EuiccConfiguredAddressesRequest().encode(),
    "GetRAT": GetRatRequest().encode(),
}
"""Requests that are answered the same way each time, but for the free volatile memory."""
WITHOUT_BODY = {
    "BF20": GetEuiccInfo1Request().encode(),
    "BF22": GetEuiccInfo2Request().encode(),
    "BF2E": GetEuiccChallengeRequest().encode(),
    "BF3C": EuiccConfiguredAddressesRequest().encode(),
    "BF43": GetRatRequest().encode(),
}
OWNERS = {
    "BF20": "ES10b.GetEUICCInfo1#01",
    "BF22": "ES10b.GetEUICCInfo2#01",
    "BF2E": "ES10b.GetEUICCChallenge#01",
    "BF3C": "ES10a.GetEuiccConfiguredAddresses#03",
    "BF43": "ES10b.GetRAT#01",
}
"""Rows of functions that give no response at all."""
EXTENSIBLE = {
    "GetEID": GET_EID,
    "GetProfilesInfo": GET_PROFILES_INFO,
    "GetEuiccConfiguredAddresses": EuiccConfiguredAddressesRequest().encode(),
    "ListNotification": ListNotificationRequest().encode(),
}
UNKNOWN_OBJECT = bytes.fromhex("8F0100")


def address_of(length):
    """Returns a host name of so many characters."""
    return ("a" * 49 + ".") * (length // 50) + "z" * (length % 50)


def set_address_request(octets):
    """Returns a SetDefaultDpAddress request of so many octets, and the address in it."""
    address = address_of(octets - 7)
    request = SetDefaultDpAddressRequest(default_dp_address=address).encode()
    expect.equal(len(request), octets, "octets of the request")
    return request, address


def require_executed(card, response, address):
    """Requires SetDefaultDpAddress to have been executed: accepted and stored, or refused whole."""
    expect.sw(response, StatusWord.OK)
    result = expect.message(SetDefaultDpAddressResponse, response.data)
    stored = card.send(EuiccConfiguredAddressesRequest()).default_dp_address
    expect.one_of(
        (result.set_default_dp_address_result, stored),
        (
            (SetDefaultDpAddressResult.ok, address),
            (SetDefaultDpAddressResult.undefinedError, None),
        ),
        "result, and address stored",
    )


def answers(card, note, among=READING):
    """Returns the answers to the reading requests by their names, but for those refused.

    Free volatile memory, which moves by itself, is left out of them.

    A function that is refused fails in rows of its own; GetEID is asked in any case.
    """
    found, refused = {}, []
    for name, octets in READING.items():
        if name not in among:
            continue
        try:
            found[name] = steady_response(card.answered(octets))
        except UnobservedError:
            if name == "GetEID":
                raise
            refused.append(name)
    if refused:
        note(f"refused as they are, and not compared: {', '.join(refused)}")
    return found


@testcase("Transport.StoreData#01", level="read-only")
def test_request_in_one_block(card, step):
    """A request in one block, P1=91 and P2=00, is executed."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1 in one block"):
        request = GetEuiccInfo1Request().encode()
        parts = store_data_blocks.answers_in_parts(
            card, store_data_blocks.block(card, request, 0, store_data_blocks.LAST)
        )
    with step("Expected: SW 9000 or 61XX; EUICCInfo1"):
        expect.one_of(parts[0].sw >> 8, (0x90, 0x61), "SW1")
        expect.sw(parts[-1], StatusWord.OK)
        expect.data_object(b"".join(part.data for part in parts), Tag.GetEuiccInfo1)


@testcase("Transport.StoreData#02")
def test_request_of_255_octets(card, given, step):
    """A request of 255 octets in one block is executed."""
    given.none()
    request, address = set_address_request(255)
    with step("S_LPAd -> eUICC: SetDefaultDpAddress, 255 octets in one block"):
        response = store_data_blocks.send_all(card, store_data_blocks.blocks_of(card, request))
    with step("Expected: SW 9000, executed"):
        require_executed(card, response, address)


@testcase("Transport.StoreData#03")
def test_request_of_256_octets(card, given, step):
    """A request of 256 octets takes two blocks; the first is answered without data."""
    given.none()
    request, address = set_address_request(256)
    with step("S_LPAd -> eUICC: SetDefaultDpAddress, 255 octets; expected: SW 9000 without data"):
        first, last = store_data_blocks.blocks_of(card, *store_data_blocks.cut(request, 255))
        expect.equal(card.transmit(first), ResponseApdu(b"", StatusWord.OK), "answer to block 00")
    with step("S_LPAd -> eUICC: the last octet; expected: executed"):
        require_executed(card, card.transmit(last), address)


@testcase("Transport.StoreData#04", level="read-only")
def test_request_above_1000_octets(card, server, step):
    """A request of more than 1000 octets in more than five blocks is executed."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
        long = {"server_address": address_of(250), "matching_id": "M" * 250}
        request = session.authenticate_request(**long)
        expect.that(
            holds=len(request) > 1000, expected="over 1000 octets", actual=str(len(request))
        )
    with step("S_LPAd -> eUICC: AuthenticateServer in blocks of 200 octets"):
        commands = store_data_blocks.blocks_of(card, *store_data_blocks.cut(request, 200))
        response = store_data_blocks.send_all(card, commands)
    with step("Expected: SW 9000; the function was executed"):
        expect.sw(response, StatusWord.OK)
        expect.ok(expect.message(AuthenticateServerResponse, response.data))


@testcase("Transport.StoreData#05", level="read-only")
def test_blocks_of_any_size(card, step):
    """Blocks shorter than 255 octets are taken, whatever their size."""
    with step("Initial conditions: the answer to GetProfilesInfo in one block"):
        expected = card.answered(GET_PROFILES_INFO)
    for size in (6, 10, 16):
        with step(f"S_LPAd -> eUICC: GetProfilesInfo in blocks of {size} octets"):
            pieces = store_data_blocks.cut(GET_PROFILES_INFO, size)
            response = store_data_blocks.send_all(card, store_data_blocks.blocks_of(card, *pieces))
        with step("Expected: the same answer"):
            expect.equal(response, expected, f"answer to blocks of {size} octets")


@testcase("Transport.StoreData#06")
def test_header_in_several_blocks(card, step):
    """Tag and length of a request may come in different blocks."""
    with step("Initial conditions: the answer to GetProfilesInfo in one block"):
        expected = card.answered(GET_PROFILES_INFO)
    with step("S_LPAd -> eUICC: GetProfilesInfo, blocks BF, 2D, the length, the rest"):
        pieces = (*store_data_blocks.cut(GET_PROFILES_INFO[:3], 1), GET_PROFILES_INFO[3:])
        response = store_data_blocks.send_all(card, store_data_blocks.blocks_of(card, *pieces))
    with step("Expected: the same answer"):
        expect.equal(response, expected, "answer")


@testcase("Transport.StoreData#12", level="read-only")
def test_class_of_each_channel(card, step):
    """STORE DATA is taken with class 80 on the basic channel, 81 to 83 on channels 1 to 3."""
    with step("Initial conditions: the EID, read on the first channel"):
        eid = card.eid()
    for number in (1, 2, 3, 0):
        with step(f"S_LPAd -> eUICC: GetEID with class 8{number}, ISD-R selected there"):
            logical_channels.use_isdr_on(card, number)
            command = store_data_blocks.block(card, GET_EID)
            expect.equal(command.cla, 0x80 + number, "class octet sent")
            response = card.transmit(command)
        with step("Expected: SW 9000, the EID"):
            expect.sw(response, StatusWord.OK)
            answer = expect.message(GetEuiccDataResponse, response.data)
            expect.equal(answer.eid_value, eid, "EID")


@testcase("Transport.StoreData#13", level="read-only")
def test_class_of_each_extended_channel(card, step):
    """STORE DATA is taken with classes C0 to CF on channels 4 to 19, as many as there are."""
    with step("Initial conditions: the EID, read on the first channel"):
        eid = card.eid()
    with step("Initial conditions: channel 4 and all that follow open"):
        logical_channels.use_isdr_on(card, 4)
        numbers = [4]
        while (more := logical_channels.try_open(card)).data:
            numbers += [more.data[0]] if more.data[0] > 4 else []
    for number in numbers:
        with step(f"S_LPAd -> eUICC: GetEID with class C{number - 4:X}, ISD-R selected there"):
            logical_channels.use_isdr_on_open_channel(card, number)
            command = store_data_blocks.block(card, GET_EID)
            expect.equal(command.cla, 0xC0 + number - 4, "class octet sent")
            response = card.transmit(command)
        with step("Expected: SW 9000, the EID"):
            expect.sw(response, StatusWord.OK)
            answer = expect.message(GetEuiccDataResponse, response.data)
            expect.equal(answer.eid_value, eid, "EID")


@testcase("Transport.StoreData#36", level="read-only")
def test_unknown_object_is_ignored(card, note, step):
    """An unknown context tag at the end of a request changes nothing.

    A function that is refused as it is fails in rows of its own; GetEID is asked in any case.
    """
    for name, octets in EXTENSIBLE.items():
        with step(f"S_LPAd -> eUICC: {name}, as it is"):
            expected = card.store(octets)
        if not is_success(expected.sw) and octets != GET_EID:
            note(f"{name} is refused as it is, SW {expected.sw:04X}: not asked again")
            continue
        expect.success(expected)
        with step(f"S_LPAd -> eUICC: {name} with 8F 01 00 at its end"):
            response = card.store(tlv_edit.appended(octets, UNKNOWN_OBJECT))
        with step("Expected: the same answer"):
            expect.equal(response, expected, name)


@testcase("Transport.StoreData#37")
def test_second_request_before_the_first_is_complete(card, step):
    """A new request is executed, and the unfinished one before it never is."""
    request, _ = set_address_request(200)
    before = card.observe()
    with step("Initial conditions: block 00 of SetDefaultDpAddress sent, not the last one"):
        expected = card.store(GET_PROFILES_INFO)
        first, rest = store_data_blocks.blocks_of(card, *store_data_blocks.cut(request, 120))
        expect.success(card.transmit(first))
    with step("S_LPAd -> eUICC: GetProfilesInfo in blocks of 10 octets"):
        pieces = store_data_blocks.cut(GET_PROFILES_INFO, 10)
        response = store_data_blocks.send_all(card, store_data_blocks.blocks_of(card, *pieces))
    with step("Expected: the answer of GetProfilesInfo"):
        expect.equal(response, expected, "answer")
    with step("S_LPAd -> eUICC: the last block of SetDefaultDpAddress; expected: refused"):
        expect.refused(card.transmit(rest))
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("Transport.StoreData#38")
def test_status_between_two_blocks(card, given, step):
    """STATUS on the basic channel does not disturb a request that is being sent."""
    given.profiles(ONE, enabled=ONE)
    with step("Initial conditions: the answer to GetProfilesInfo in one block"):
        expected = card.answered(GET_PROFILES_INFO)
    with step("S_LPAd -> eUICC: GetProfilesInfo, first block"):
        first, last = store_data_blocks.blocks_of(
            card, GET_PROFILES_INFO[:10], GET_PROFILES_INFO[10:]
        )
        expect.success(card.transmit(first))
    with step("Terminal -> eUICC: STATUS on the basic channel; expected: SW 9000"):
        expect.success(card.transmit(CommandApdu(0x80, 0xF2, 0x00, 0x0C)), "STATUS")
    with step("S_LPAd -> eUICC: GetProfilesInfo, last block; expected: the same answer"):
        expect.equal(card.transmit(last), expected, "answer")


@testcase("Transport.StoreData#43", level="read-only")
def test_each_protocol_on_offer(card, note, step):
    """Over each protocol the ATR offers, the same requests have the same answers."""
    with step("Initial conditions: answers over the protocol in use"):
        expected = answers(card, note)
        protocols = Atr.parse(card.known_atr).protocols
        note(f"protocols on offer: {', '.join(f'T={protocol}' for protocol in protocols)}")
    for protocol in protocols:
        with step(f"Terminal: power off and on, T={protocol}; the same requests"):
            card.restart(protocol)
            found = answers(card, note, expected)
        with step("Expected: SW 9000, the same answers"):
            for name, response in found.items():
                expect.sw(response, StatusWord.OK, about=name)
                expect.equal(response, expected[name], f"{name} over T={protocol}")


@testcase("Transport.StoreData#44", level="read-only")
def test_with_and_without_le(card, note, step):
    """A request without Le has the answer of the same request with Le=00."""
    with step("S_LPAd -> eUICC: requests with Le=00"):
        card.options = replace(card.options, send_le=True)
        expected = answers(card, note)
    with step("S_LPAd -> eUICC: the same requests without Le"):
        card.options = replace(card.options, send_le=False)
        found = answers(card, note, expected)
    with step("Expected: SW 9000, the same answers"):
        for name, response in found.items():
            expect.sw(response, StatusWord.OK, about=name)
            expect.equal(response, expected[name], f"{name} without Le")


@testcase("Transport.StoreData#45", level="read-only")
def test_requests_without_body(card, step):
    """Functions that need no input are asked by a tag with length 00."""
    for name, octets in WITHOUT_BODY.items():
        with step(f"S_LPAd -> eUICC: {name} 00; expected: SW 9000, the answer has the same tag"):
            expect.equal(octets.hex().upper(), f"{name}00", "request")
            if card.is_wanting(OWNERS[name]):
                continue
            response = None
            with card.owned_by(OWNERS[name]):  # what a function gives is its own matter
                response = card.store(octets)
            if response is None:
                continue
            expect.sw(response, StatusWord.OK)
            expect.equal(response.data[: len(name) // 2].hex().upper(), name, "tag of the answer")


@testcase("Transport.StoreData#47", level="read-only")
def test_hundred_requests_in_a_row(card, step):
    """A hundred requests in one session have the same answer every time."""
    request = GetEuiccInfo1Request().encode()
    with step("S_LPAd -> eUICC: GetEUICCInfo1"):
        expected = card.store(request)
    with step("S_LPAd -> eUICC: GetEUICCInfo1, 99 times more; expected: SW 9000, the same data"):
        expect.sw(expected, StatusWord.OK)
        for number in range(2, 101):
            expect.equal(card.store(request), expected, f"answer number {number}")
