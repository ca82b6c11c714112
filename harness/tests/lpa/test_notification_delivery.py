"""Notifications: reading, order of delivery, and what stays on the card."""

import pytest

from rspcore import tlv
from rspcore.errors import DecodeError, RemoteError
from rspharness.lpa import notification_delivery
from rspharness.lpa.es9p_client import HttpReply, ServerUnreachableError

TAKEN = HttpReply(204, {}, b"")
RESULT = bytes.fromhex(
    "BF3781A6BF27608010000102030405060708090A0B0C0D0E0FBF2F25800101810207800C10736D64702E657861"
    "6D706C652E636F6D5A0A98001032547698103214060388370AA21FA01D4F10A0000005591010FFFFFFFF890000"
    "100004093007A00530038001005F37408F76E73A82B7084CD2066836DAF0E21D819536013FD0226CEC99746A6E"
    "98B381A9743BFE8EA90FAAC1F7DC971DF8BF5090144BE0244EC06AA907A86703871815"
)


def other(number, address):
    metadata = tlv.encode(
        0xBF2F,
        tlv.encode(0x80, bytes((number,))),
        bytes.fromhex("81020640"),
        tlv.encode(0x0C, address.encode()),
        bytes.fromhex("5A0A98001032547698103214"),
    )
    return tlv.encode(
        0x30, metadata, tlv.encode(0x5F37, bytes(64)), tlv.encode(0x30, b""), tlv.encode(0x30, b"")
    )


def notification_list(*entries):
    return tlv.encode(0xBF2B, tlv.encode(0xA0, *entries))


def removed(_octets):
    return bytes.fromhex("BF3003800100")


def test_both_kinds_are_read_in_ascending_order(tlv_card):
    entries = notification_list(other(3, "b.example"), RESULT, other(2, "a.example"))
    _, channel = tlv_card({0xBF2B: entries})
    found = notification_delivery.retrieve_notifications(channel)
    assert [one.metadata.seq_number for one in found] == [1, 2, 3]
    assert found[0].result is not None
    assert found[0].raw == RESULT
    assert found[1].result is None


def test_one_notification_is_requested_by_number(tlv_card):
    card, channel = tlv_card({0xBF2B: notification_list(RESULT)})
    notification_delivery.retrieve_notifications(channel, 1)
    assert card.seen == [bytes.fromhex("BF2B05A003800101")]


@pytest.mark.parametrize("answer", ["BF2B02A000", "BF2B03810101"])
def test_empty_list_and_no_result_available_are_the_same(tlv_card, answer):
    _, channel = tlv_card({0xBF2B: bytes.fromhex(answer)})
    assert notification_delivery.retrieve_notifications(channel) == ()


def test_other_error_is_raised(tlv_card):
    _, channel = tlv_card({0xBF2B: bytes.fromhex("BF2B0381017F")})
    with pytest.raises(RemoteError) as caught:
        notification_delivery.retrieve_notifications(channel)
    assert caught.value.code == "undefinedError(127)"


def test_entry_that_is_no_notification_is_refused(tlv_card):
    _, channel = tlv_card({0xBF2B: notification_list(b"\x04\x00")})
    with pytest.raises(DecodeError):
        notification_delivery.retrieve_notifications(channel)


def test_delivered_notification_is_removed(tlv_card, port):
    card, channel = tlv_card({0xBF30: removed})
    fake = port(TAKEN)
    notification_delivery.deliver(
        channel, fake, notification_delivery.PendingNotification.decode(RESULT)
    )
    assert fake.asked[0][0] == "smdp.example.com"
    assert card.seen == [bytes.fromhex("BF3003800101")]


@pytest.mark.parametrize("answer", [HttpReply(500, {}, b""), ServerUnreachableError("gone")])
def test_notification_that_was_not_accepted_stays(tlv_card, port, answer):
    card, channel = tlv_card({0xBF30: removed})
    with pytest.raises((RemoteError, ServerUnreachableError)):
        notification_delivery.deliver(
            channel, port(answer), notification_delivery.PendingNotification.decode(RESULT)
        )
    assert card.seen == []


def test_server_that_fails_is_left_out_and_others_are_served(tlv_card, port):
    card, channel = tlv_card({0xBF30: removed})
    fake = port(ServerUnreachableError("a is gone"), TAKEN)
    entries = [
        notification_delivery.PendingNotification.decode(other(number, address))
        for number, address in ((4, "A.example"), (2, "a.example"), (3, "b.example"))
    ]
    deliveries = notification_delivery.deliver_all(channel, fake, entries)
    assert [(one.notification.metadata.seq_number, one.error) for one in deliveries] == [
        (2, "a is gone"),
        (3, None),
        (4, "not tried: a is gone"),
    ]
    assert [asked[0] for asked in fake.asked] == ["a.example", "b.example"]
    assert card.seen == [bytes.fromhex("BF3003800103")]


def test_refused_removal_is_raised_with_its_name(tlv_card):
    _, channel = tlv_card({0xBF30: bytes.fromhex("BF3003800101")})
    with pytest.raises(RemoteError, match="Notification 9") as caught:
        notification_delivery.remove_notification(channel, 9)
    assert caught.value.code == "nothingToDelete(1)"
