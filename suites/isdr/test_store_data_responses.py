"""The answer to STORE DATA: long ones in parts, and GET RESPONSE with every Le."""

from dataclasses import replace

from rspcore.messages.es10b import GetEuiccInfo1Request, RetrieveNotificationsListRequest
from rspcore.messages.es10c import GetEuiccDataRequest, ProfileInfoListRequest
from rspcore.profile_maker import preset
from rspcore.status import StatusWord, more_data
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.asking import ALL_TAGS
from rspharness.suite import store_data_blocks
from rspharness.suite.preconditions import require_no_other_profiles

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
NAME_AND_ICON = bytes((Tag.ProfileName, Tag.Icon))
HEADERS = 3 + 3 + 2 + 3 + 4
"""Octets of headers in an answer of 256: of 94, E3, 92 and A0 beside their values, and of BF2D."""


def profile_answered_by(octets):
    """Returns a Profile whose name and icon make an answer to GetProfilesInfo of so many octets."""
    made = preset(ONE)
    name = "N" * 40
    padding = octets - HEADERS - len(name) - len(made.icon)
    return replace(made, profile_name=name, icon=made.icon + bytes(padding))


def announced(card, request):
    """Sends a request without Le and requires 61XX; returns how many octets wait."""
    response = card.transmit_raw(replace(store_data_blocks.block(card, request), le=None))
    waiting = more_data(response.sw)
    expect.that(
        holds=waiting is not None and not response.data,
        expected="SW 61XX without data",
        actual=f"SW {response.sw:04X}, {len(response.data)} octets",
    )
    return waiting


@testcase("Transport.StoreData#07")
def test_long_responses(card, given, step):
    """A response of more than 256 octets comes in parts that are one data object together."""
    given.profiles(ONE, TWO, THREE, notifications=True)
    for name, request in (
        ("GetProfilesInfo", ProfileInfoListRequest(tag_list=ALL_TAGS)),
        ("RetrieveNotificationsList", RetrieveNotificationsListRequest()),
    ):
        with step(f"S_LPAd -> eUICC: {name}, then GET RESPONSE while SW is 61XX"):
            *first, last = store_data_blocks.answers_in_parts(
                card, store_data_blocks.block(card, request.encode())
            )
        with step("Expected: 61XX with each part but the last, 9000 with that; one data object"):
            expect.equal({part.sw >> 8 for part in first}, {0x61}, "SW1 before the last part")
            expect.sw(last, StatusWord.OK)
            data = b"".join(part.data for part in (*first, last))
            expect.that(
                holds=len(data) > 256, expected="more than 256 octets", actual=str(len(data))
            )
            expect.data_object(data, request.TAG, name)


@testcase("Transport.StoreData#08")
def test_response_of_256_octets(card, given, step):
    """A response of exactly 256 octets is complete, and nothing empty follows."""
    require_no_other_profiles(card)
    given.profiles(profile_answered_by(256))
    request = ProfileInfoListRequest(tag_list=NAME_AND_ICON).encode()
    with step("S_LPAd -> eUICC: GetProfilesInfo, answered by 256 octets"):
        parts = store_data_blocks.answers_in_parts(card, store_data_blocks.block(card, request))
    with step("Expected: SW 9000, 256 octets, one data object"):
        expect.sw(parts[-1], StatusWord.OK)
        data = b"".join(part.data for part in parts)
        expect.equal(len(data), 256, "octets of the response")
        expect.data_object(data, Tag.GetProfilesInfo)
    with step("Expected: no empty part at the end"):
        expect.that(holds=bool(parts[-1].data), expected="data in the last part", actual="none")


@testcase("Transport.StoreData#09", level="read-only")
def test_less_than_what_waits(card, step):
    """GET RESPONSE for less than what waits gives that much, and 61XX for the rest."""
    with step("Initial conditions: the answer of GetEUICCInfo1 waits"):
        request = GetEuiccInfo1Request().encode()
        expected = card.answered(request)
        expect.equal(announced(card, request), len(expected.data), "octets announced")
    with step("S_LPAd -> eUICC: GET RESPONSE, Le=16"):
        first = card.transmit_raw(store_data_blocks.get_response(card, 16))
    with step("Expected: 16 octets, SW 61XX with the rest"):
        left = len(expected.data) - 16
        expect.equal(first.data, expected.data[:16], "first part")
        expect.sw(first, 0x6100 | left)
    with step("S_LPAd -> eUICC: GET RESPONSE for the rest; expected: the rest, SW 9000"):
        rest = card.transmit_raw(store_data_blocks.get_response(card, left))
        expect.equal(rest.data, expected.data[16:], "rest")
        expect.sw(rest, StatusWord.OK)


@testcase("Transport.StoreData#10", level="read-only")
def test_more_than_what_waits(card, note, step):
    """GET RESPONSE for more than what waits is answered 6CXX, or gives what there is."""
    with step("Initial conditions: the answer of GetEID waits"):
        request = GetEuiccDataRequest().encode()
        expected = card.answered(request)
        waiting = announced(card, request)
    with step("S_LPAd -> eUICC: GET RESPONSE, Le one more than what waits"):
        response = card.transmit_raw(store_data_blocks.get_response(card, waiting + 1))
        note(f"SW {response.sw:04X}")
    with step("Expected: SW 6CXX with what waits, or the data with SW 9000"):
        expect.one_of(
            (response.data, response.sw),
            ((b"", 0x6C00 | waiting), (expected.data, 0x9000)),
            "data and status word",
        )


@testcase("Transport.StoreData#11", level="read-only")
def test_no_response_is_waiting(card, step):
    """GET RESPONSE is refused when everything was read, and when a command came between."""
    with step("S_LPAd -> eUICC: GetEID, read to its end; GET RESPONSE"):
        expect.success(card.store(GetEuiccDataRequest().encode()), "GetEID")
        response = card.transmit_raw(store_data_blocks.get_response(card, 256))
    with step("Expected: SW 6F00, 6985 or 6D00"):
        expect.refused(response, 0x6F00, 0x6985, 0x6D00)
    with step("S_LPAd -> eUICC: GetEID, not read; a command of unknown INS; GET RESPONSE"):
        announced(card, GetEuiccDataRequest().encode())
        unknown = store_data_blocks.UNASSIGNED_INS
        card.transmit_raw(replace(store_data_blocks.block(card, b""), ins=unknown, le=None))
        response = card.transmit_raw(store_data_blocks.get_response(card, 256))
    with step("Expected: SW 6F00, 6985 or 6D00; GetEID is answered"):
        expect.refused(response, 0x6F00, 0x6985, 0x6D00)
        expect.success(card.store(GetEuiccDataRequest().encode()), "GetEID")
