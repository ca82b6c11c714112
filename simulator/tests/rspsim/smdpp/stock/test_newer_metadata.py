"""Metadata of version 3 from the words of an order, each its member; and what excludes what."""

import pytest

from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Oid
from rspcore.messages.v3.profile_metadata import (
    EnterpriseRule,
    RpmType,
    ServiceDescription,
    StoreMetadataRequest,
)
from rspcore.profile_maker import make_profile, preset
from rspsim.smdpp.settings import Area, read_words, settings_of
from rspsim.smdpp.stock.wished_profile import package_of

EVERY = {
    "rpm_owner": "2.999.20.1",
    "rpm_servers": {"2.999.10": "enable+disable", "2.999.11": "all"},
    "rpm_polling_address": "rpm.example.com",
    "hri_address": "hri.example.com",
    "provider_message": "Willkommen",
    "message_language": "de",
    "lpr_address": "pcmp.example.com",
    "enterprise": "2.999.20",
    "enterprise_name": "Works",
    "enterprise_rules": ["referenceEnterpriseRule"],
    "other_profiles": 2,
    "service_description": ["voice"],
    "change_address": "dc.example.com",
    "change_needs": ["eid"],
    "estimated_size": 30_000,
}


def made(words, **more):
    values = read_words(words, settings_of(Area.PROFILE))
    return StoreMetadataRequest.decode(package_of(values, **more)[1].encode())


def test_each_word_is_in_the_metadata():
    found = made(EVERY)
    assert found.rpm_configuration.profile_owner_oid == Oid("2.999.20.1")
    first, second = found.rpm_configuration.managing_dp_list
    assert (first.managing_dp_oid, first.rpm_type) == (
        Oid("2.999.10"),
        frozenset({RpmType.enable, RpmType.disable}),
    )
    assert second.rpm_type is None, "all is said by no rpmType"
    assert found.rpm_configuration.polling_address == "rpm.example.com"
    assert found.hri_server_address == "hri.example.com"
    assert found.service_provider_message.language_tag == "de"
    assert found.service_provider_message.message == "Willkommen"
    assert found.lpr_configuration.pcmp_address == "pcmp.example.com"
    assert found.enterprise_configuration.enterprise_name == "Works"
    rules = found.enterprise_configuration.enterprise_rules
    assert rules.enterprise_rule_bits == {EnterpriseRule.referenceEnterpriseRule}
    assert rules.number_of_non_enterprise_profiles == 2
    assert found.service_description == {ServiceDescription.voice}
    asked = found.device_change_configuration.request_to_dp
    assert (asked.smdp_address_for_dc, asked.eid_required, asked.tac_required) == (
        "dc.example.com",
        True,
        None,
    )
    assert found.estimated_profile_size == 30_000


def test_activation_code_for_the_next_device_is_stored():
    found = made({"change_activation_code": "LPA:1$dc.example.com$NEXT"})
    stored = found.device_change_configuration.using_stored_ac
    assert stored.activation_code_for_dc == "LPA:1$dc.example.com$NEXT"


def test_without_a_word_the_metadata_are_those_of_version_2():
    plain = make_profile(preset("PROFILE_OPERATIONAL1")).metadata.encode()
    assert package_of({})[1].encode() == plain


def test_words_are_added_to_metadata_made_elsewhere():
    other = make_profile(preset("PROFILE_OPERATIONAL2"))
    words = {"hri_address": "hri.example.com"}
    found = made(words, upp=other.upp, metadata=other.metadata.encode())
    assert (found.iccid, found.hri_server_address) == (other.metadata.iccid, "hri.example.com")
    assert made(words, upp=other.upp).hri_server_address == "hri.example.com"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"rpm_servers": {"2.999.10": "all"}}, "rpm_servers: expected rpm_owner, too"),
        ({"enterprise_name": "Works"}, "enterprise_name: expected enterprise, too"),
        ({"enterprise": "2.999", "other_profiles": 1}, "expected enterprise_rules, too"),
        ({"message_language": "de"}, "expected provider_message, too"),
        ({"change_needs": ["tac"]}, "expected change_address, too"),
        (
            {"change_address": "a.example.com", "change_activation_code": "LPA:1$a$b"},
            "only one of them",
        ),
    ],
)
def test_words_that_do_not_fit_together_are_refused(words, message):
    with pytest.raises(LocalError, match=message):
        made(words)


@pytest.mark.parametrize(
    "words",
    [
        {"rpm_owner": "nobody"},
        {"rpm_owner": "2.999", "rpm_servers": {"2.999.10": "enable+erase"}},
        {"rpm_owner": "2.999", "rpm_servers": {"nobody": "all"}},
        {"enterprise_rules": ["none"]},
    ],
)
def test_value_of_another_form_is_refused(words):
    with pytest.raises(DecodeError, match="expected"):
        made(words)
