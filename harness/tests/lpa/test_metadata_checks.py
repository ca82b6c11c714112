"""What an LPA of version 3 checks in the metadata of a Profile before the user is asked."""

from dataclasses import replace

import pytest

from rspcore.ids import Oid
from rspcore.messages.metadata import PprId
from rspcore.messages.v3.profile_management import ProfileInfo
from rspcore.messages.v3.profile_metadata import (
    EnterpriseConfiguration,
    EnterpriseRule,
    EnterpriseRules,
)
from rspharness.lpa.checks import DownloadStoppedError
from rspharness.lpa.newer.metadata_checks import check_enterprise

RULES = EnterpriseRules(
    enterprise_rule_bits=frozenset({EnterpriseRule.referenceEnterpriseRule}),
    number_of_non_enterprise_profiles=1,
)
PLAIN = EnterpriseConfiguration(enterprise_oid=Oid("2.999.5.1"), enterprise_name="One")
RULING = replace(PLAIN, enterprise_rules=RULES)
OTHER = replace(PLAIN, enterprise_oid=Oid("2.999.5.2"))


@pytest.mark.parametrize(
    ("offered", "installed", "capable", "reason"),
    [
        (PLAIN, (), False, None),
        (RULING, (), True, None),
        (RULING, (), False, 18),
        (RULING, (ProfileInfo(profile_policy_rules=frozenset({PprId.ppr1})),), False, 19),
        (PLAIN, (ProfileInfo(enterprise_configuration=OTHER),), True, 20),
        (PLAIN, (ProfileInfo(enterprise_configuration=PLAIN),), True, None),
        (RULING, (ProfileInfo(enterprise_configuration=PLAIN),), True, None),
        (RULING, (ProfileInfo(enterprise_configuration=RULING),), True, 21),
    ],
)
def test_a_profile_of_an_enterprise_is_held_against_what_is_there(
    offered, installed, capable, reason
):
    if reason is None:
        check_enterprise(offered, installed, capable=capable)
        return
    with pytest.raises(DownloadStoppedError) as stopped:
        check_enterprise(offered, installed, capable=capable)
    assert stopped.value.reason == reason
