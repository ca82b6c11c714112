"""Notifications: numbers, list, signatures, capacity (SGP.22 v2, 3.5 and 5.7.9 to 5.7.11)."""

import pytest

from rspcore.crypto.curves import Curve
from rspcore.messages import es10b
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspcore.messages.notifications import OtherSignedNotification
from rspsim.euicc.options import Options

ONE_ENTRY = (
    NotificationConfigurationInformation(
        profile_management_operation=frozenset(NotificationEvent),
        notification_address="n.example.com",
    ),
)


@pytest.fixture
def busy(lab, profile_of):
    """PIR and install, enable, disable, delete notifications, numbers 1 to 5."""
    profile = profile_of(notification_configuration=ONE_ENTRY)
    lab.install(profile)
    iccid = profile.metadata.iccid
    lab.enable(iccid)
    lab.disable(iccid)
    lab.delete(iccid)
    return lab


def events(lab, octets: str) -> list[int]:
    answer = lab.call(bytes.fromhex(octets), es10b.ListNotificationResponse)
    return [one.seq_number for one in answer.notification_metadata_list]


@pytest.mark.parametrize(
    ("request_", "numbers"),
    [
        ("BF2800", [1, 2, 3, 4, 5]),
        ("BF280481020780", [1, 2]),
        ("BF280481020640", [3]),
        ("BF280481020520", [4]),
        ("BF280481020410", [5]),
        ("BF280481020460", [3, 4]),
        ("BF2804810204F0", [1, 2, 3, 4, 5]),
        ("BF2803810100", []),
    ],
)
def test_filter_selects_the_events_of_its_bits(busy, request_, numbers):
    assert events(busy, request_) == numbers


def test_metadata_has_number_event_address_and_iccid(busy):
    answer = busy.call(bytes.fromhex("BF2800"), es10b.ListNotificationResponse)
    listed = [
        (one.seq_number, set(one.profile_management_operation), one.notification_address)
        for one in answer.notification_metadata_list
    ]
    assert listed == [
        (1, {0}, "testsmdpplus1.example.com"),
        (2, {0}, "n.example.com"),
        (3, {1}, "n.example.com"),
        (4, {2}, "n.example.com"),
        (5, {3}, "n.example.com"),
    ]


def retrieve(lab, octets: str) -> es10b.RetrieveNotificationsListResponse:
    return lab.call(bytes.fromhex(octets), es10b.RetrieveNotificationsListResponse)


def test_other_notifications_are_signed_with_their_certificates(busy):
    (one,) = retrieve(busy, "BF2B05A003800103").notification_list
    notification = OtherSignedNotification.decode(one)
    data = notification.tbs_other_notification.encode()
    assert busy.euicc_key().verify(notification.euicc_notification_signature, data)
    assert notification.euicc_certificate == busy.pki.euicc(Curve.NIST_P256).certificate.der
    assert notification.eum_certificate == busy.pki.eum(Curve.NIST_P256).certificate.der


@pytest.mark.parametrize(
    ("request_", "count"),
    [
        ("BF2B00", 5),
        ("BF2B05A003800101", 1),
        ("BF2B06A00481020780", 2),
        ("BF2B06A00481020460", 2),
    ],
)
def test_criteria_find_the_notifications_they_name(busy, request_, count):
    assert len(retrieve(busy, request_).notification_list) == count


@pytest.mark.parametrize("request_", ["BF2B00", "BF2B05A003800107", "BF2B06A00481020780"])
@pytest.mark.parametrize(("personality", "answer"), [("v2.5", "81 01 01"), ("v2.6", "A0 00")])
def test_answer_when_nothing_is_found_follows_the_version(lab_type, request_, personality, answer):
    lab = lab_type(personality=personality)
    data, sw = lab.send(bytes.fromhex(request_))
    body = bytes.fromhex(answer)
    assert (data, sw) == (bytes.fromhex("BF2B") + bytes((len(body),)) + body, 0x9000)


def remove(lab, number: int) -> int:
    request = es10b.NotificationSentRequest(seq_number=number)
    return lab.call(request, es10b.NotificationSentResponse).delete_notification_status


def test_removed_notification_does_not_come_back(busy):
    assert remove(busy, 3) == es10b.NotificationSentResult.ok
    assert remove(busy, 3) == es10b.NotificationSentResult.nothingToDelete
    busy.reboot()
    assert events(busy, "BF2800") == [1, 2, 4, 5]


def test_numbers_are_not_used_again(busy, profile_of):
    busy.forget()
    assert remove(busy, 5) == es10b.NotificationSentResult.nothingToDelete
    busy.install(profile_of(2))
    assert events(busy, "BF2800") == [6]


def test_oldest_is_dropped_when_the_list_is_full(lab_type, profile_of):
    lab = lab_type(options=Options(notification_capacity=3))
    profile = profile_of(notification_configuration=ONE_ENTRY)
    lab.install(profile)
    lab.enable(profile.metadata.iccid)
    lab.disable(profile.metadata.iccid)
    assert events(lab, "BF2800") == [2, 3, 4]


@pytest.mark.parametrize("first", [0, 1, 127, 128])
def test_number_is_coded_as_a_positive_integer(lab_type, profile_of, first):
    lab = lab_type(options=Options(first_seq_number=first))
    lab.install(profile_of())
    data, _ = lab.send(bytes.fromhex("BF2800"))
    coded = bytes.fromhex("80020080") if first == 128 else bytes((0x80, 1, first))
    assert coded in data
    assert remove(lab, first) == 0


def test_notification_is_signed_under_the_ci_of_its_profile(lab, profile_of):
    profile = profile_of(notification_configuration=ONE_ENTRY)
    lab.download(profile, lab.server(Curve.BRAINPOOL_P256R1))
    lab.enable(profile.metadata.iccid)
    notification = OtherSignedNotification.decode(lab.state.notifications[-1].octets)
    key = lab.euicc_key(Curve.BRAINPOOL_P256R1)
    data = notification.tbs_other_notification.encode()
    assert key.verify(notification.euicc_notification_signature, data)


def test_malformed_removal_changes_nothing(busy):
    before = busy.state
    assert busy.send(bytes.fromhex("BF3000")) == (b"", 0x6A80)
    assert busy.state is before
