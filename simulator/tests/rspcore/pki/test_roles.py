import pytest

from rspcore.pki.roles import Role, role_of


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_role_is_found_by_either_of_its_policies(role):
    assert role_of([role.oid.dotted]) is role
    assert role_of(["2.5.29.32.0", role.oid_v3.dotted]) is role


def test_no_two_roles_share_a_policy():
    oids = [oid for role in Role for oid in {role.oid, role.oid_v3}]
    assert len(oids) == len(set(oids))


@pytest.mark.parametrize(
    ("role", "oid"),
    [
        (Role.CI, "2.23.146.1.2.1.0"),
        (Role.EUICC, "2.23.146.1.2.1.1"),
        (Role.EUM, "2.23.146.1.2.1.2"),
        (Role.DP_TLS, "2.23.146.1.2.1.3"),
        (Role.DP_AUTH, "2.23.146.1.2.1.4"),
        (Role.DP_PB, "2.23.146.1.2.1.5"),
        (Role.DS_TLS, "2.23.146.1.2.1.6"),
        (Role.DS_AUTH, "2.23.146.1.2.1.7"),
    ],
    ids=str,
)
def test_policy_of_version_2_is_that_of_the_specification(role, oid):
    assert role.oid.dotted == oid


def test_unknown_policies_name_no_role():
    assert role_of([]) is None
    assert role_of(["2.23.146.1.2.1.8", "2.999.1"]) is None


def test_roles_have_their_properties():
    assert {role for role in Role if role.is_tls} == {Role.DP_TLS, Role.DS_TLS}
    assert Role.EUM.is_ca
    assert not Role.EUICC.is_ca
    assert not Role.EUICC.has_registered_id
