"""The first state of a card: identities, tables, unknown names."""

import sys
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.ids import Eid
from rspcore.messages.es10b import GetRatResponse
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import make_pki
from rspcore.pki.roles import Role
from rspsim.euicc.decisions import STANDARD
from rspsim.euicc.isdr.information import euicc_info1, euicc_info2
from rspsim.euicc.options import Options
from rspsim.euicc.personality import PERSONALITIES
from rspsim.personalise import RATS, personalise

sys.path.insert(0, str(Path(__file__).parents[1]))
from evidence import place


def test_card_signs_under_both_curves_in_their_order():
    state = personalise(make_pki())
    assert [c.curve for c in state.credentials] == list(Curve)
    assert all(c.signs and c.verifies for c in state.credentials)
    assert str(state.eid) == "89049032123451234512345678901235"
    info = euicc_info1(state, STANDARD)
    expected = tuple(make_pki().ci(curve).certificate.subject_key_identifier for curve in Curve)
    assert info.euicc_ci_pkid_list_for_verification == expected
    assert info.euicc_ci_pkid_list_for_signing == expected


def test_card_without_identity_on_a_curve_only_verifies_there():
    pki = make_pki()
    left = tuple(
        one
        for one in pki.credentials
        if not (
            one.certificate.role is Role.EUICC and one.certificate.curve is Curve.BRAINPOOL_P256R1
        )
    )
    state = personalise(Pki(left))
    assert [c.signs for c in state.credentials] == [True, False]
    info = euicc_info1(state, STANDARD)
    assert len(info.euicc_ci_pkid_list_for_verification) == 2
    assert len(info.euicc_ci_pkid_list_for_signing) == 1


def test_another_eid_gets_its_own_certificates():
    eid = Eid.from_first_digits("890490321234512345123456789099")
    state = personalise(make_pki(), eid=eid)
    assert state.eid == eid
    assert all(c.signs for c in state.credentials)


@pytest.mark.parametrize("personality", PERSONALITIES, ids=lambda kind: kind.name)
def test_every_personality_makes_a_complete_info(personality):
    state = personalise(make_pki(), personality=personality.name)
    info = euicc_info2(state, STANDARD)
    assert str(getattr(info, "highest_svn", None) or info.svn).startswith(
        personality.name.lstrip("v")
    )
    assert type(info).decode(info.encode()) == info


def test_defaults_are_those_of_the_test_specification():
    state = personalise(make_pki())
    assert state.addresses.root_ds == "testrootsmds.example.com"
    assert state.addresses.default_dp is None
    assert GetRatResponse(rat=state.rat).encode().hex().upper() == (
        "BF4319A017301580020560A10B30098003EEEEEE81008200" + "82020780"
    )
    assert GetRatResponse(rat=RATS["empty"]).encode().hex().upper() == "BF4302A000"


def test_options_given_replace_those_of_the_personality():
    options = Options(first_seq_number=0)
    state = personalise(make_pki(), personality="v2.5", options=options)
    assert (state.options, state.next_seq_number) == (options, 0)
    assert personalise(make_pki(), personality="v2.5").options.no_result_available
    assert not personalise(make_pki(), personality="v2.6").options.no_result_available


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"personality": "v9"}, "v2.6"), ({"rat": "nothing"}, "any-operator")],
)
def test_unknown_name_is_refused_with_the_known_ones(arguments, named):
    with pytest.raises(ConfigError, match=named):
        personalise(make_pki(), **arguments)


def test_bundle_without_an_euicc_is_refused_with_the_remedy():
    bare = Pki(tuple(one for one in make_pki().credentials if one.certificate.role is Role.CI))
    with pytest.raises(ConfigError, match="CERT_EUICC"):
        personalise(bare)


def test_published_test_certificates_make_a_card():
    folder = place("sgp26")
    files = [(str(one), one.read_bytes()) for one in sorted(folder.rglob("*")) if one.is_file()]
    state = personalise(Pki.from_files(files))
    assert {c.ci_pkid.hex().upper() for c in state.credentials if c.signs} >= {
        "F54172BDF98A95D65CBEB88A38A1C11D800A85C3",
        "C0BC70BA36929D43B467FF57570530E57AB8FCD8",
    }
