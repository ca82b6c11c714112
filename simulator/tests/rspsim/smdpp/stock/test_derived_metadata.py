"""Metadata for packages that have none: the generic test profiles and the project's own."""

import sys
from pathlib import Path

import pytest

from rspcore.errors import DecodeError
from rspcore.messages.metadata import NotificationEvent, ProfileClass
from rspcore.profile_reader import ProfileFacts, data_mismatches
from rspsim.smdpp.stock.derived_metadata import derive_metadata

sys.path.insert(0, str(Path(__file__).parents[3]))
from evidence import listed, place


def test_own_profile_is_operational_and_has_its_own_name(profile):
    made = derive_metadata(profile.upp, notification_address="smdp.example.com")
    assert made.iccid == profile.metadata.iccid
    assert made.profile_class is ProfileClass.operational
    assert made.service_provider_name == "SP Name 1"
    assert made.profile_name == "rsplab test profile"
    (entry,) = made.notification_configuration_info
    assert entry.profile_management_operation == frozenset(NotificationEvent)
    assert entry.notification_address == "smdp.example.com"


@pytest.mark.parametrize("name", [name for name in listed() if name.startswith("ts48/")])
def test_generic_test_profile_gets_the_names_of_ts48(name):
    upp = place(name).read_bytes()
    made = derive_metadata(upp, notification_address="smdp.example.com")
    assert made.profile_class is ProfileClass.test
    assert (made.service_provider_name, made.profile_name) == ("GSMA_TEST", "GSMA_TEST_PROFILE")
    assert data_mismatches(ProfileFacts.of_package(upp), made) == ()


def test_given_names_and_class_are_used_and_cut_to_their_limits(profile):
    made = derive_metadata(
        profile.upp,
        notification_address="a",
        profile_class=ProfileClass.provisioning,
        service_provider_name="x" * 40,
        profile_name="y" * 70,
    )
    assert made.profile_class is ProfileClass.provisioning
    assert (made.service_provider_name, made.profile_name) == ("x" * 32, "y" * 64)


def test_octets_that_are_not_a_package_are_refused():
    with pytest.raises(DecodeError):
        derive_metadata(b"\x30\x00", notification_address="a")
