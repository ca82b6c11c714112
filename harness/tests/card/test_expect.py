import pytest

from rspcore.apdu import ResponseApdu
from rspcore.ids import Iccid, TransactionId
from rspcore.messages.es10b import (
    AuthenticateErrorCode,
    AuthenticateResponseError,
    AuthenticateServerResponse,
    NotificationSentResponse,
    NotificationSentResult,
)
from rspcore.messages.es10c import EnableProfileResponse, EnableResult, ProfileInfoListResponse
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import BppCommandId, ErrorReason, NotificationMetadata
from rspharness.card import expect
from rspharness.card.snapshot import Part, Snapshot
from rspharness.record.verdicts import ExpectationError

REFUSED = AuthenticateServerResponse(
    authenticate_response_error=AuthenticateResponseError(
        transaction_id=TransactionId(b"\x01"),
        authenticate_error_code=AuthenticateErrorCode.invalidOid,
    )
)
EMPTY = Snapshot(
    profiles=Part(bytes.fromhex("BF2D02A000")),
    notifications=Part(bytes.fromhex("BF2802A000")),
    addresses=Part(bytes.fromhex("BF3C00")),
)


def test_error_accepts_any_of_the_codes():
    expect.error(REFUSED, AuthenticateErrorCode.invalidSignature, AuthenticateErrorCode.invalidOid)
    expect.error(EnableProfileResponse(enable_result=EnableResult.catBusy), EnableResult.catBusy)
    expect.error(NotificationSentResponse(delete_notification_status=1), 1)


def test_error_names_expected_and_actual():
    with pytest.raises(ExpectationError) as raised:
        expect.error(REFUSED, AuthenticateErrorCode.invalidSignature)
    assert raised.value.expected == "invalidSignature(2)"
    assert raised.value.actual == "invalidOid(5)"


def test_error_does_not_take_success_for_a_code():
    with pytest.raises(ExpectationError, match=r"got ok\(0\)"):
        expect.error(
            NotificationSentResponse(delete_notification_status=NotificationSentResult.ok), 1
        )
    with pytest.raises(ExpectationError, match="got profile_info_list_ok"):
        expect.error(ProfileInfoListResponse(profile_info_list_ok=()), 1)


def test_ok_takes_both_forms_of_success():
    expect.ok(ProfileInfoListResponse(profile_info_list_ok=()))
    expect.ok(EnableProfileResponse(enable_result=0))
    with pytest.raises(ExpectationError, match="expected authenticate_response_ok"):
        expect.ok(REFUSED)
    with pytest.raises(ExpectationError, match="code 99"):
        expect.ok(EnableProfileResponse(enable_result=99))


@pytest.mark.parametrize("word", [0x9000, 0x910B])
def test_success_and_sw_count_91xx_as_9000(word):
    expect.success(ResponseApdu(b"", word))
    expect.sw(ResponseApdu(b"", word), 0x9000)
    with pytest.raises(ExpectationError, match="6A80"):
        expect.sw(ResponseApdu(b"", word), 0x6A80)


@pytest.mark.parametrize(
    ("data", "word"), [(b"", 0x9000), (b"", 0x9105), (b"", 0x6105), (b"\x00", 0x6A80)]
)
def test_refused_rejects_success_and_data(data, word):
    with pytest.raises(ExpectationError, match="octets of data"):
        expect.refused(ResponseApdu(data, word))


def test_refused_checks_the_word_when_one_is_named():
    expect.refused(ResponseApdu(b"", 0x6985))
    expect.refused(ResponseApdu(b"", 0x6985), 0x6A80, 0x6985)
    with pytest.raises(ExpectationError, match="6A80"):
        expect.refused(ResponseApdu(b"", 0x6985), 0x6A80)


def test_equal_shows_octets_with_their_count():
    with pytest.raises(ExpectationError) as raised:
        expect.equal(b"\x01\x02", bytes(40), "challenge")
    assert str(raised.value).startswith("challenge: expected 40 octets 00 00")
    assert raised.value.actual == "2 octets 01 02"


def test_unchanged_names_the_part_that_changed():
    moved = Snapshot(EMPTY.profiles, Part(bytes.fromhex("BF2803A00100")), EMPTY.addresses)
    expect.unchanged(EMPTY, EMPTY)
    expect.unchanged(EMPTY, moved, apart_from=("notifications",))
    other = Snapshot(EMPTY.profiles, EMPTY.notifications, Part(bytes.fromhex("BF3C03800161")))
    with pytest.raises(ExpectationError, match="addresses as before"):
        expect.unchanged(EMPTY, other)


def test_missing_pir_is_a_failure():
    with pytest.raises(ExpectationError, match="no ProfileInstallationResult"):
        expect.pir_success(None)
    with pytest.raises(ExpectationError, match="storeMetadata"):
        expect.pir_error(None, BppCommandId.storeMetadata, ErrorReason.pprNotAllowed)


def test_notifications_are_compared_in_any_order():
    one = Iccid.from_digits("8929901012345678905")
    enable, disable = NotificationEvent.notificationEnable, NotificationEvent.notificationDisable
    listed = [
        NotificationMetadata(
            seq_number=number,
            profile_management_operation=frozenset({event}),
            notification_address="dp.example.com",
            iccid=one,
        )
        for number, event in enumerate((enable, disable))
    ]
    expect.notifications(listed, (disable, one, "dp.example.com"), (enable, one, "dp.example.com"))
    expect.notifications([])
    with pytest.raises(ExpectationError, match="no Notification, got notificationEnable of 8929"):
        expect.notifications(listed[:1])
    with pytest.raises(ExpectationError, match="to 'other"):
        expect.notifications(listed[:1], (enable, one, "other.example.com"))


def test_data_object_must_be_whole_and_of_its_tag():
    assert bytes(expect.data_object(b"\xbf\x3e\x00", 0xBF3E).value) == b""
    for octets in (b"\xbf\x3e\x01", b"\xbf\x3e\x00\x00", b"\xbf\x20\x00", b""):
        with pytest.raises(ExpectationError, match="one data object BF3E"):
            expect.data_object(octets, 0xBF3E)


def test_message_is_read_or_the_expectation_fails():
    octets = EnableProfileResponse(enable_result=EnableResult.ok).encode()
    assert expect.message(EnableProfileResponse, octets).enable_result == EnableResult.ok
    with pytest.raises(ExpectationError, match="a EnableProfileResponse"):
        expect.message(EnableProfileResponse, octets[:-1])
