"""What can be read of an odd structure is read, and no octet is lost."""

from rspcore.messages.es10c import ProfileInfo
from rspcore.messages.partial import decode_partly


def test_components_are_read_in_any_order_and_the_first_counts():
    found = decode_partly(ProfileInfo, bytes.fromhex("920141 9F700101 920142"))
    assert found.values == {"profile_name": "A", "profile_state": 1}
    assert (found.unknown, found.unread) == ((), ())


def test_component_that_cannot_be_read_takes_no_other_with_it():
    found = decode_partly(ProfileInfo, bytes.fromhex("5A0198 9F700101"))
    assert found.values == {"profile_state": 1}
    (unread,) = found.unread
    assert (unread.name, unread.octets.hex()) == ("iccid", "5a0198")
    assert "10" in unread.reason


def test_unknown_member_is_kept_whole():
    found = decode_partly(ProfileInfo, bytes.fromhex("9F7F0142 9F700100"))
    assert found.unknown == (bytes.fromhex("9F7F0142"),)
    assert found.values == {"profile_state": 0}


def test_octets_that_are_no_data_object_are_kept():
    found = decode_partly(ProfileInfo, bytes.fromhex("9F700101 9205AA"))
    assert found.values == {"profile_state": 1}
    (unread,) = found.unread
    assert (unread.name, unread.octets.hex()) == ("", "9205aa")
