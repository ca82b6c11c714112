"""Local management over a card of TLVs: results, refusals, and the list after a switch."""

import pytest

from rspcore import tlv
from rspcore.errors import DecodeError, RemoteError
from rspcore.ids import Aid, Iccid
from rspcore.messages.es10c import ProfileState, ResetOption
from rspharness.lpa import local_management

ICCID = Iccid.from_digits("89000123456789012341")
AID = Aid.from_hex("A0000005591010FFFFFFFF8900001000")
REFRESH = bytes.fromhex("D00981030101048202 8182")

MORE_TIME = "D009810301020082028182"


def profile_list(*states):
    infos = [
        tlv.encode(
            0xE3,
            tlv.encode(0x5A, ICCID.octets),
            tlv.encode(0x4F, AID.octets),
            tlv.encode(0x9F70, bytes((state,))),
        )
        for state in states
    ]
    return tlv.encode(0xBF2D, tlv.encode(0xA0, *infos))


def result(tag, code):
    return tlv.encode(tag, tlv.encode(0x80, bytes((code,))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("89000123456789012341", ICCID),
        ("8900012345678901234F", Iccid.from_digits("8900012345678901234")),
        ("A0000005591010FFFFFFFF8900001000", AID),
        ("a0000005591010ffffffff8900001000", AID),
        ("A0 00 00 05 59 10 10 FF FF FF FF 89 00 00 10 00", AID),
        ("8900 0123 4567 8901 2341", ICCID),
        ("890001234567890123a1", Iccid.from_unswapped(bytes.fromhex("890001234567890123A1"))),
    ],
)
def test_profile_is_named_by_iccid_or_aid(text, expected):
    assert local_management.profile_name(text) == expected


@pytest.mark.parametrize("text", ["", "123", "X" * 32, "89" * 12])
def test_other_text_names_no_profile(text):
    with pytest.raises(DecodeError, match=r"ICCID of 18 to 20 digits|32 hexadecimal"):
        local_management.profile_name(text)


def test_list_is_read_in_the_card_s_order(tlv_card):
    card, channel = tlv_card({0xBF2D: profile_list(1, 0)})
    states = [one.profile_state for one in local_management.list_profiles(channel)]
    assert states == [ProfileState.enabled, ProfileState.disabled]
    assert card.seen == [bytes.fromhex("BF2D00")]


def test_tag_list_is_sent(tlv_card):
    card, channel = tlv_card({0xBF2D: profile_list()})
    assert local_management.list_profiles(channel, bytes.fromhex("5A9F70")) == ()
    assert card.seen == [bytes.fromhex("BF2D055C035A9F70")]


def test_list_error_is_raised_with_its_name(tlv_card):
    _, channel = tlv_card({0xBF2D: bytes.fromhex("BF2D03810101")})
    with pytest.raises(RemoteError) as caught:
        local_management.list_profiles(channel)
    assert caught.value.code == "incorrectInputValues(1)"


@pytest.mark.parametrize(
    ("operation", "tag", "state"),
    [
        (local_management.enable_profile, 0xBF31, 1),
        (local_management.disable_profile, 0xBF32, 0),
    ],
)
def test_switch_fetches_refresh_resets_and_reads_again(tlv_card, operation, tag, state):
    card, channel = tlv_card({0x12: REFRESH, 0xBF2D: profile_list(state)})

    def switch(octets):
        assert octets.endswith(bytes.fromhex("8101FF"))
        card.sw = 0x910B
        return result(tag, 0)

    card.answers[tag] = switch
    profile = operation(channel, ICCID)
    assert profile.profile_state == state
    assert card.resets == 1
    assert card.tags() == [f"{tag:04X}", "BF2D"]


def test_switch_without_announcement_resets_the_card(tlv_card):
    card, channel = tlv_card({0xBF31: result(0xBF31, 0), 0xBF2D: profile_list(1)})
    local_management.enable_profile(channel, AID)
    assert card.resets == 1
    assert card.seen[0].hex().upper().startswith("BF3117A0124F10")


def test_switch_without_refresh_flag_resets_nothing(tlv_card):
    card, channel = tlv_card({0xBF31: result(0xBF31, 0), 0xBF2D: profile_list(1)})
    local_management.enable_profile(channel, ICCID, refresh=False)
    assert card.resets == 0
    assert card.seen[0].endswith(bytes.fromhex("810100"))


def test_switch_that_the_list_does_not_show_is_an_error(tlv_card):
    _, channel = tlv_card({0xBF31: result(0xBF31, 0), 0xBF2D: profile_list(0)})
    with pytest.raises(RemoteError, match="answered ok, but afterwards it is listed in another"):
        local_management.enable_profile(channel, ICCID)


def test_switched_profile_that_is_not_listed_is_an_error(tlv_card):
    _, channel = tlv_card({0xBF32: result(0xBF32, 0), 0xBF2D: profile_list()})
    with pytest.raises(RemoteError, match="not listed"):
        local_management.disable_profile(channel, ICCID)


@pytest.mark.parametrize(
    ("call", "tag", "code", "name"),
    [
        (
            lambda c: local_management.enable_profile(c, ICCID),
            0xBF31,
            2,
            "profileNotInDisabledState(2)",
        ),
        (
            lambda c: local_management.disable_profile(c, ICCID),
            0xBF32,
            3,
            "disallowedByPolicy(3)",
        ),
        (lambda c: local_management.delete_profile(c, ICCID), 0xBF33, 3, "disallowedByPolicy(3)"),
        (lambda c: local_management.set_nickname(c, ICCID, "x"), 0xBF29, 1, "iccidNotFound(1)"),
        (
            lambda c: local_management.set_default_address(c, "h"),
            0xBF3F,
            127,
            "undefinedError(127)",
        ),
        (
            lambda c: local_management.memory_reset(c, frozenset()),
            0xBF34,
            127,
            "undefinedError(127)",
        ),
        (lambda c: local_management.delete_profile(c, AID), 0xBF33, 77, "unknown code(77)"),
    ],
)
def test_refusal_is_raised_with_name_and_number_and_nothing_follows(
    tlv_card, call, tag, code, name
):
    card, channel = tlv_card({tag: result(tag, code)})
    with pytest.raises(RemoteError) as caught:
        call(channel)
    assert caught.value.code == name
    assert card.tags() == [f"{tag:04X}"]
    assert card.resets == 0


SWITCHES = [
    (lambda c: local_management.enable_profile(c, ICCID), 0xBF31),
    (lambda c: local_management.disable_profile(c, ICCID), 0xBF32),
    (lambda c: local_management.memory_reset(c, frozenset()), 0xBF34),
]


@pytest.mark.parametrize(("call", "tag"), SWITCHES)
def test_card_that_stays_busy_is_asked_and_reset_and_then_reported(tlv_card, call, tag):
    card, channel = tlv_card({tag: result(tag, 5)})
    with pytest.raises(RemoteError) as caught:
        call(channel)
    assert caught.value.code == "catBusy(5)"
    assert "put it in again" in str(caught.value)
    assert card.tags() == [f"{tag:04X}"] * 3
    assert card.resets == 1
    assert [octets.hex().upper() for octets in card.other][:1] == ["80F2000C"]


@pytest.mark.parametrize(("call", "tag"), SWITCHES[2:])
def test_reset_ends_a_session_of_which_the_card_says_nothing(tlv_card, call, tag):
    card, channel = tlv_card({tag: lambda _: result(tag, 0 if card.resets else 5)})
    call(channel)
    assert card.resets == 1


def test_busy_card_is_asked_what_it_waits_for_and_then_switches(tlv_card):
    busy = [True]

    def deleted(_octets):
        return result(0xBF34, 5 if busy[0] else 0)

    card, channel = tlv_card({0xBF34: deleted, 0x12: bytes.fromhex(MORE_TIME)})
    plain = card.transmit

    def transmit(command):
        answer = plain(command)
        if command[1] == 0x14:
            busy[0] = False
        return b"\x91\x0b" if command[1] == 0xF2 else answer

    card.transmit = transmit
    assert local_management.memory_reset(channel, frozenset()) is True
    assert card.tags() == ["BF34", "BF34"]
    assert [octets[1] for octets in card.other] == [0xF2, 0x12, 0x14]
    assert card.other[2].hex().upper() == "801400000C810301020082028281830100"


@pytest.mark.parametrize(("call", "tag"), SWITCHES)
def test_what_waits_is_answered_before_a_switch(tlv_card, call, tag):
    card, channel = tlv_card({tag: result(tag, 127), 0x12: bytes.fromhex(MORE_TIME)})
    channel.pending_proactive = 11
    with pytest.raises(RemoteError, match="undefinedError"):
        call(channel)
    assert [octets[1] for octets in card.other] == [0x12, 0x14]
    assert card.tags() == [f"{tag:04X}"]


def test_deleted_profile_that_is_still_listed_is_an_error(tlv_card):
    _, channel = tlv_card({0xBF33: result(0xBF33, 0), 0xBF2D: profile_list(0)})
    with pytest.raises(RemoteError, match="still lists"):
        local_management.delete_profile(channel, ICCID)


@pytest.mark.parametrize(("code", "deleted"), [(0, True), (1, False)])
def test_memory_reset_returns_whether_something_was_deleted(tlv_card, code, deleted):
    card, channel = tlv_card({0xBF34: result(0xBF34, code)})
    options = frozenset(
        {ResetOption.deleteOperationalProfiles, ResetOption.deleteFieldLoadedTestProfiles}
    )
    assert local_management.memory_reset(channel, options) is deleted
    assert card.seen == [bytes.fromhex("BF3404820206C0")]
