import pytest

from rspcore.errors import LocalError
from rspcore.messages.metadata import NotificationEvent, PprId, ProfileClass
from rspcore.profile_maker import PRESETS, make_profile, preset
from rspcore.profile_reader import ProfileFacts, data_mismatches
from rspcore.profile_reader.network_access import AlgorithmId

ICCIDS = {
    "PROFILE_OPERATIONAL1": "8929901012345678905",
    "PROFILE_OPERATIONAL1.1": "8929901012345678905",
    "PROFILE_OPERATIONAL2": "8929901023456789019",
    "PROFILE_OPERATIONAL3": "8929901034567890125",
    "PROFILE_OPERATIONAL4": "8929901045678901239",
    "PROFILE_OPERATIONAL5": "8929901056789012345",
    "PROFILE_OPERATIONAL5.1": "8929901056789012345",
    "PROFILE_TEST1": "89299010023456780024",
}
RULES = {
    "PROFILE_OPERATIONAL1.1": {PprId.ppr2},
    "PROFILE_OPERATIONAL4": {PprId.ppr1},
    "PROFILE_OPERATIONAL5": {PprId.ppr1, PprId.ppr2},
    "PROFILE_OPERATIONAL5.1": {PprId.ppr1, PprId.ppr2},
}


@pytest.mark.parametrize("name", PRESETS)
def test_profile_of_the_catalogue_is_complete(name):
    made = make_profile(preset(name))
    facts = ProfileFacts.of_package(made.upp)

    assert data_mismatches(facts, made.metadata) == ()
    assert made.metadata.profile_policy_rules == RULES.get(name)
    assert facts.imsi.startswith("00101")
    assert len(made.metadata.encode()) < 1007


@pytest.mark.parametrize("name", ICCIDS)
def test_iccid_is_the_public_one(name):
    assert str(preset(name).iccid) == ICCIDS[name]


def luhn_fits(digits):
    doubled = [int(d) * (1 + n % 2) for n, d in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def test_iccid_of_this_project_has_a_valid_check_digit():
    assert luhn_fits("8929901012345678905")
    assert luhn_fits(str(preset("PROFILE_PROVISIONING1").iccid))


def test_profile_1_has_the_public_names():
    metadata = make_profile(preset("PROFILE_OPERATIONAL1")).metadata

    assert metadata.service_provider_name == "SP Name 1"
    assert metadata.profile_name == "Operational Profile Name 1"
    assert metadata.profile_class is ProfileClass.operational
    (entry,) = metadata.notification_configuration_info
    assert entry.profile_management_operation == set(NotificationEvent)


def test_profile_classes_match_the_names():
    assert preset("PROFILE_TEST1").profile_class is ProfileClass.test
    assert preset("PROFILE_PROVISIONING1").profile_class is ProfileClass.provisioning


def test_test_profile_uses_the_algorithm_that_every_recorded_card_claims():
    assert preset("PROFILE_TEST1").algorithm is AlgorithmId.milenage


def test_profiles_have_different_iccids_and_imsis():
    single = [p for name, p in PRESETS.items() if "." not in name]

    assert len({p.iccid for p in single}) == len(single)
    operational = [p for p in single if p.profile_class is ProfileClass.operational]
    assert len({p.imsi for p in operational}) == len(operational)


def test_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(LocalError, match="no profile 'X'; known are PROFILE_OPERATIONAL1, "):
        preset("X")
