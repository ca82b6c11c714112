"""STORE DATA refused: class, instruction, P1, P2, lengths, tags. Nothing of it is executed.

The request is SetDefaultDpAddress wherever the function does not matter: if it were executed
after all, the address would show it.
"""

from dataclasses import replace

from rspcore.messages.es10a import SetDefaultDpAddressRequest
from rspcore.messages.es10b import NotificationSentRequest
from rspcore.messages.es10c import EnableProfileRequest, GetEuiccDataRequest
from rspcore.status import StatusWord, is_success
from rspcore.tlv import encode
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.suite import logical_channels, store_data_blocks

ONE = "PROFILE_OPERATIONAL1"
GET_EID = GetEuiccDataRequest().encode()
SET_ADDRESS = SetDefaultDpAddressRequest(default_dp_address="refused.example.com").encode()
FIRST, SECOND = SET_ADDRESS[:13], SET_ADDRESS[13:]
"""The request in two pieces; the second begins with text, which is no data object."""
UNKNOWN_TAG = (StatusWord.REFERENCED_DATA_NOT_FOUND, 0x6D00, 0x6982)
"""Status words of cards in the field for a tag of no function."""


def require_as_before(card, before):
    """Requires the card to be as it was, and GetEID to be answered."""
    expect.unchanged(before, card.observe())
    expect.success(card.store(GET_EID), "GetEID")


@testcase("Transport.StoreData#14")
def test_secure_messaging_class(card, step):
    """A class octet that announces secure messaging is refused."""
    before = card.observe()
    with step("S_LPAd -> eUICC: STORE DATA, bit b3 of the class set"):
        plain = store_data_blocks.block(card, SET_ADDRESS)
        response = card.transmit(replace(plain, cla=plain.cla | 0x04))
    with step("Expected: SW 6882, 6982, 6985 or 6E00"):
        expect.refused(response, 0x6882, 0x6982, 0x6985, 0x6E00)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#15")
def test_unknown_class(card, step):
    """Class A1 is not supported."""
    before = card.observe()
    with step("S_LPAd -> eUICC: INS E2 with class A1"):
        response = card.transmit(replace(store_data_blocks.block(card, SET_ADDRESS), cla=0xA1))
    with step("Expected: SW 6E00"):
        expect.refused(response, StatusWord.CLA_NOT_SUPPORTED)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#16")
def test_unknown_instruction(card, step):
    """An instruction that is assigned nowhere is not supported."""
    before = card.observe()
    with step("S_LPAd -> eUICC: INS C8 in the place of STORE DATA"):
        plain = store_data_blocks.block(card, SET_ADDRESS)
        response = card.transmit(replace(plain, ins=store_data_blocks.UNASSIGNED_INS))
    with step("Expected: SW 6D00"):
        expect.refused(response, StatusWord.INS_NOT_SUPPORTED)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase.each(
    "p1",
    {
        "Transport.StoreData#17": 0x00,
        "Transport.StoreData#18": 0x01,
        "Transport.StoreData#19": 0x10,
        "Transport.StoreData#20": 0x81,
        "Transport.StoreData#21": 0x90,
    },
)
def test_other_p1(card, note, p1, step):
    """P1 other than 11 and 91 is refused."""
    before = card.observe()
    with step(f"S_LPAd -> eUICC: STORE DATA, P1={p1:02X}"):
        response = card.transmit(store_data_blocks.block(card, SET_ADDRESS, p1=p1))
        note(f"P1={p1:02X}: SW {response.sw:04X}")
    with step("Expected: SW 6A86"):
        expect.refused(response, StatusWord.INCORRECT_P1_P2)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#22")
def test_first_block_of_number_1(card, note, step):
    """A first block with P2=01 is refused."""
    before = card.observe()
    with step("S_LPAd -> eUICC: STORE DATA, P2=01"):
        response = card.transmit(store_data_blocks.block(card, SET_ADDRESS, 1))
        note(f"SW {response.sw:04X}")
    with step("Expected: SW 6A86"):
        expect.refused(response, StatusWord.INCORRECT_P1_P2)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase.each("number", {"Transport.StoreData#23": 0x02, "Transport.StoreData#55": 0x11})
def test_number_that_does_not_follow(card, note, step, number):
    """A second block with P2=02 or 11 is refused, and the unfinished request is dropped."""
    before = card.observe()
    with step("S_LPAd -> eUICC: block 00; expected: SW 9000"):
        expect.success(
            card.transmit(store_data_blocks.block(card, FIRST, 0, store_data_blocks.MORE))
        )
    with step(f"S_LPAd -> eUICC: the last block, P2={number:02X}"):
        response = card.transmit(store_data_blocks.block(card, SECOND, number))
        note(f"SW {response.sw:04X}")
    with step("Expected: SW 6A86; GetEID in one block is answered"):
        expect.refused(response, StatusWord.INCORRECT_P1_P2)
        expect.success(card.store(GET_EID), "GetEID")
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#24")
def test_number_00_again(card, step):
    """A second block with P2=00 and P1=91 is a request of its own, here an unreadable one."""
    before = card.observe()
    with step("S_LPAd -> eUICC: block 00; expected: SW 9000"):
        expect.success(
            card.transmit(store_data_blocks.block(card, FIRST, 0, store_data_blocks.MORE))
        )
    with step("S_LPAd -> eUICC: the last block, P2=00 again"):
        response = card.transmit(store_data_blocks.block(card, SECOND, 0))
    with step("Expected: SW 6A80, 6A88, 6D00 or 6982"):
        expect.refused(response, 0x6A80, *UNKNOWN_TAG)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#25")
def test_unknown_tag_is_refused(card, note, step):
    """A tag of no function at all is refused by one of the status words of cards in the field."""
    before = card.observe()
    with step("S_LPAd -> eUICC: BF7F 00"):
        response = card.store(bytes.fromhex("BF7F00"))
        note(f"SW {response.sw:04X}")
    with step("Expected: SW 6A88, 6D00 or 6982"):
        expect.refused(response, *UNKNOWN_TAG)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase.each(
    "tags",
    {
        "Transport.StoreData#26": ("BF39", "BF3A", "BF3B"),
        "Transport.StoreData#27": ("BF44", "BF45", "BF4B", "BF4D"),
    },
)
def test_tag_of_no_function(card, note, step, tags):
    """A tag of a function of a server, or of a later version, is not found."""
    before = card.observe()
    responses = {}
    for tag in tags:
        with step(f"S_LPAd -> eUICC: {tag} 00"):
            responses[tag] = card.store(bytes.fromhex(f"{tag}00"))
            note(f"{tag}: SW {responses[tag].sw:04X}")
    with step("Expected: refused, with SW 6A88"):
        for tag, response in responses.items():
            with expect.settled():
                expect.refused(response, about=tag)
            expect.refused(response, StatusWord.REFERENCED_DATA_NOT_FOUND, about=tag)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#29")
def test_outer_length_too_large(card, step):
    """A length that announces more than there is makes the request unreadable."""
    before = card.observe()
    with step("S_LPAd -> eUICC: SetDefaultDpAddress, outer length 3 too large"):
        longer = SET_ADDRESS[:2] + bytes((SET_ADDRESS[2] + 3,)) + SET_ADDRESS[3:]
        response = card.store(longer)
    with step("Expected: SW 6A80"):
        expect.refused(response, StatusWord.WRONG_DATA)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#30")
def test_outer_length_too_small(card, note, step):
    """Octets beyond the length make the request unreadable."""
    before = card.observe()
    with step("S_LPAd -> eUICC: SetDefaultDpAddress, 3 octets more behind it"):
        response = card.store(SET_ADDRESS + bytes.fromhex("8F0100"))
        note(f"SW {response.sw:04X}")
    with step("Expected: SW 6A80"):
        expect.refused(response, StatusWord.WRONG_DATA)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#31")
def test_no_data_field(card, note, step):
    """STORE DATA without a data field executes nothing."""
    before = card.observe()
    with step("S_LPAd -> eUICC: STORE DATA without data field"):
        response = card.transmit(replace(store_data_blocks.block(card, b""), le=None))
        note(f"SW {response.sw:04X}")
    with step("Expected: SW 6700, 6A80, 6A88 or 6D00, or 9000 without data"):
        expect.equal(response.data, b"", "response data")
        expect.sw(response, StatusWord.OK, 0x6700, 0x6A80, 0x6A88, 0x6D00)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#32")
def test_lc_that_does_not_fit(card, step):
    """An Lc that is not the number of data octets is refused."""
    before = card.observe()
    plain = replace(store_data_blocks.block(card, SET_ADDRESS), le=None).encode()
    for difference in (+4, -4):
        with step(f"S_LPAd -> eUICC: STORE DATA, Lc {difference:+d}"):
            response = card.transmit_raw(plain[:4] + bytes((plain[4] + difference,)) + plain[5:])
        with step("Expected: SW 6700"):
            expect.refused(response, StatusWord.WRONG_LENGTH)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#33")
def test_indefinite_length(card, note, step):
    """The indefinite form of a length is no DER."""
    before = card.observe()
    with step("S_LPAd -> eUICC: SetDefaultDpAddress, outer length 80, 00 00 at the end"):
        response = card.store(SET_ADDRESS[:2] + b"\x80" + SET_ADDRESS[3:] + bytes(2))
        note(f"SW {response.sw:04X}")
    with step("Expected: SW 6A80"):
        expect.refused(response, StatusWord.WRONG_DATA)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#34")
def test_length_on_more_octets_than_needed(card, note, step):
    """A length in three octets where one would do is refused, or the request is executed."""
    expected = card.store(GET_EID)
    before = card.observe()
    with step("S_LPAd -> eUICC: GetEID with length 82 00 03"):
        response = card.store(GET_EID[:2] + b"\x82\x00" + GET_EID[2:])
        note(f"SW {response.sw:04X}, {len(response.data)} octets of data")
    with step("Expected: SW 6A80, or the EID"):
        answer = response.data if is_success(response.sw) else response.sw
        expect.one_of(answer, (expected.data, StatusWord.WRONG_DATA), "answer")
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#35")
def test_mandatory_element_missing(card, given, step):
    """EnableProfile without refreshFlag and NotificationSent without seqNumber are refused."""
    (one,) = given.profiles(ONE, notifications=True)
    number = card.notifications()[0].seq_number
    before = card.observe()
    enable = EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False).encode()
    remove = NotificationSentRequest(seq_number=number).encode()
    for name, octets in (
        ("BF31", tlv_edit.without(enable, 0x81)),
        ("BF30", tlv_edit.without(remove, 0x80)),
    ):
        with step(f"S_LPAd -> eUICC: {name} without its last element"):
            response = card.store(octets)
        with step("Expected: SW 6A80"):
            expect.refused(response, StatusWord.WRONG_DATA, about=name)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#39")
def test_channel_closed_within_a_request(card, step):
    """When its channel is closed, an unfinished request is dropped."""
    before = card.observe()
    first, last = store_data_blocks.blocks_of(card, FIRST, SECOND)
    number = card.number
    with step("S_LPAd -> eUICC: block 00; expected: SW 9000"):
        expect.success(card.transmit(first))
    with step("Terminal -> eUICC: MANAGE CHANNEL, close; the last block; expected: refused"):
        expect.success(logical_channels.close(card, number), "MANAGE CHANNEL, close")
        expect.refused(card.transmit(last))
    with step("S_LPAd -> eUICC: channel opened, ISD-R selected; the last block; expected: refused"):
        card.reopen()
        expect.refused(card.transmit(replace(last, cla=store_data_blocks.block(card, SECOND).cla)))
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#40")
def test_reset_within_a_request(card, step):
    """A reset drops an unfinished request."""
    before = card.observe()
    first, last = store_data_blocks.blocks_of(card, FIRST, SECOND)
    with step("S_LPAd -> eUICC: block 00; expected: SW 9000"):
        expect.success(card.transmit(first))
    with step("Terminal: reset; the last block on the same channel; expected: refused"):
        card.reset()
        expect.refused(card.transmit(last))
    with step("S_LPAd -> eUICC: ISD-R selected; the last block; expected: refused"):
        expect.refused(card.transmit(store_data_blocks.block(card, SECOND, 1)))
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#41")
def test_nothing_selected(card, note, step):
    """STORE DATA on an open channel with nothing selected is refused."""
    before = card.observe()
    own = card.number
    with step("Initial conditions: a further channel open, nothing selected"):
        number = logical_channels.opened(card)
    with step("S_LPAd -> eUICC: SetDefaultDpAddress on that channel"):
        card.number = number
        response = card.transmit(store_data_blocks.block(card, SET_ADDRESS))
        card.number = own
        note(f"SW {response.sw:04X}")
    with step("Expected: SW 6985, 6D00 or 6E00"):
        expect.refused(response, 0x6985, 0x6D00, 0x6E00)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#42")
def test_channel_not_open(card, step):
    """STORE DATA on a channel that was closed is answered 6881."""
    before = card.observe()
    own = card.number
    with step("Initial conditions: the ISD-R selected on a further channel, which is closed again"):
        number = logical_channels.opened(card)
        expect.success(logical_channels.select_isdr(card, number), "SELECT ISD-R")
        expect.success(logical_channels.close(card, number), "MANAGE CHANNEL, close")
    with step("S_LPAd -> eUICC: SetDefaultDpAddress on that channel"):
        card.number = number
        response = card.transmit(store_data_blocks.block(card, SET_ADDRESS))
        card.number = own
    with step("Expected: SW 6881"):
        expect.refused(response, StatusWord.LOGICAL_CHANNEL_NOT_SUPPORTED)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


@testcase("Transport.StoreData#46")
def test_function_in_a_wrapper(card, note, step):
    """A known function inside an unknown data object is refused."""
    before = card.observe()
    with step("S_LPAd -> eUICC: 30 with SetDefaultDpAddress inside"):
        response = card.store(encode(0x30, SET_ADDRESS))
        note(f"SW {response.sw:04X}")
    with step("Expected: SW 6A88 or 6A80"):
        expect.refused(response, 0x6A88, 0x6A80)
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


NOT_OF_THE_ISDR = (
    "BF2A00", "BF2300", "BF2400", "BF2500", "BF2600", "BF3700", "BF3900", "BF3A00", "BF3B00",
    "A0058703000000", "A100", "A3820100", "88080000000000000000", "86080000000000000000",
    "87080000000000000000",
)  # fmt: skip
"""Commands of ES6, ES8+ and servers; none follows a PrepareDownload."""


@testcase("Transport.StoreData#48")
def test_commands_of_other_interfaces_are_refused(card, note, step):
    """Commands of servers, of ES6 and of ES8+ by STORE DATA, outside a session, do nothing."""
    before = card.observe()
    answers = {}
    for octets in NOT_OF_THE_ISDR:
        with step(f"S_LPAd -> eUICC: {octets[:4]}, {len(octets) // 2} octets"):
            answers[octets] = card.store(bytes.fromhex(octets))
    with step("Expected: each refused by status word, without data"):
        for octets, response in answers.items():
            expect.refused(response, about=octets[:4])
    with step("Expected: Profiles, Notifications and addresses as before"):
        require_as_before(card, before)


TECHNICAL_PROBLEM = 0x6F00
READ = (
    "BF3E035C015A",
    "BF2000",
    "BF2200",
    "BF2E00",
    "BF3C00",
    "BF4300",
    "BF2804810204F0",
    "BF2D065C045A4F9F70",
)
"""Reading requests; what is changed stands after the tag, so that they stay reading ones."""


@testcase("Transport.StoreData#49", level="read-only")
def test_changed_requests_are_no_technical_problem(card, note, step):
    """A request with an octet changed after its tag is answered or refused, never by 6F00."""
    before = card.observe()
    sent, problems = 0, []
    with step("S_LPAd -> eUICC: each octet after the tag in six values, GetEID every tenth time"):
        for request in READ:
            for place in range(4, len(request), 2):
                for value in ("00", "01", "7F", "80", "82", "FF"):
                    changed = request[:place] + value + request[place + 2 :]
                    response = card.store(bytes.fromhex(changed))
                    problems += [changed] * (response.sw == TECHNICAL_PROBLEM)
                    sent += 1
                    if sent % 10 == 0:
                        with expect.settled():
                            expect.success(card.store(GET_EID), f"GetEID after {changed}")
        note(f"{len(problems)} of {sent} changed requests answered 6F00")
    with step("Expected: none answered 6F00; Profiles, Notifications and addresses as before"):
        expect.equal(problems, [], "requests answered 6F00")
        with expect.settled():
            require_as_before(card, before)
