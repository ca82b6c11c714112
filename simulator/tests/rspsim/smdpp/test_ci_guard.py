"""The check for test CIs: known ones pass, anything else is refused with a remedy."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.ids import Oid
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.issue import Contents, issue
from rspcore.pki.names_and_extensions import Extension
from rspcore.pki.roles import Role
from rspsim.smdpp.ci_guard import is_test_ci, require_test_ci

sys.path.insert(0, str(Path(__file__).parents[2]))
from evidence import place


def with_owner(pki, owner):
    ci = pki.ci(Curve.NIST_P256)
    extension = Extension.subject_alternative_name(registered_id=owner)
    changed = Contents.of(ci.certificate).with_extension(extension)
    return issue(changed, ci.private_key)


def test_own_pki_is_for_tests(pki):
    require_test_ci(pki)


def test_ci_of_a_real_owner_is_refused(pki):
    ci = with_owner(pki, Oid("1.3.6.1.4.1.46304.1"))
    assert not is_test_ci(ci)
    others = tuple(one for one in pki.credentials if one.certificate.role is not Role.CI)
    with pytest.raises(ConfigError, match="--any-ci"):
        require_test_ci(replace(pki, credentials=(Credential(ci), *others)))


def test_ci_of_the_example_arc_is_for_tests(pki):
    assert is_test_ci(with_owner(pki, Oid("2.999.77")))


def test_arc_with_the_same_beginning_is_not_for_tests(pki):
    assert not is_test_ci(with_owner(pki, Oid("2.9990.1")))


def test_sgp26_ci_is_known_by_its_key():
    pki = Pki.from_files((one.name, one.read_bytes()) for one in place("sgp26").rglob("*.*"))
    require_test_ci(pki)
