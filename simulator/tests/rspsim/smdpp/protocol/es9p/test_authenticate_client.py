"""ES9+.AuthenticateClient: nominal in every use case, each check on the card, each on the order."""

import base64
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import Eid, TransactionId, Version
from rspcore.messages.es10b import (
    AuthenticateResponseError,
    AuthenticateServerResponse,
    SmdpSigned2,
)
from rspcore.messages.euicc_info import ExtCardResource, RspCapability, UiccCapability
from rspcore.messages.metadata import PprId
from rspcore.pki.bundle import Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.generate import issue_euicc, make_pki
from rspcore.pki.issue import Contents, issue
from rspcore.pki.names_and_extensions import Extension
from rspcore.pki.roles import Role
from rspcore.profile_maker import make_profile, preset
from rspsim.smdpp import OrderEvent, OrderState, OrderTerms, Policy

sys.path.insert(0, str(Path(__file__).parents[4]))
from evidence import place

OTHER_EID = Eid.from_first_digits("890490321234512345123456789099")


@pytest.fixture
def order(server, profile):
    return server.orders.order(profile.upp, profile.metadata)


@pytest.mark.parametrize("curve", list(Curve))
@pytest.mark.parametrize("code", [None, "12345678"])
def test_nominal_answer_offers_the_profile(make_lpa, server, profile, code_of, curve, code):
    order = server.orders.order(profile.upp, profile.metadata, confirmation_code=code)
    lpa = make_lpa(curve)
    lpa.initiate()

    answer = lpa.authenticate(order.matching_id)

    assert code_of(answer) == "Executed-Success"
    assert answer["transactionId"] == lpa.initiated["transactionId"]
    assert base64.b64decode(answer["profileMetadata"]) == profile.metadata.encode()
    signed2 = base64.b64decode(answer["smdpSigned2"])
    parsed = SmdpSigned2.decode(signed2)
    assert parsed.transaction_id == lpa.transaction_id
    assert parsed.cc_required_flag is (code is not None)
    assert parsed.bpp_euicc_otpk is None
    certificate = Certificate.from_der(base64.b64decode(answer["smdpCertificate"]))
    assert (certificate.role, certificate.curve) == (Role.DP_PB, curve)
    signature = base64.b64decode(answer["smdpSignature2"])
    data = signed2 + tlv.encode(0x5F37, lpa.signature1)
    assert certificate.public_key.verify(signature[3:], data)
    assert server.orders.get(order.number).downloads == 1


@pytest.mark.parametrize("matching_id", ["", None])
def test_default_use_case_finds_the_order_by_eid(lpa, server, profile, code_of, matching_id):
    order = server.orders.order(profile.upp, profile.metadata, matching_id="", eid=lpa.card.eid)
    assert order.activation_code == "LPA:1$testsmdpplus1.example.com$"
    lpa.initiate()
    assert code_of(lpa.authenticate(matching_id)) == "Executed-Success"


def test_matching_id_of_an_order_for_this_eid_is_found(lpa, server, profile, code_of):
    server.orders.order(profile.upp, profile.metadata, matching_id="EVENT-1", eid=lpa.card.eid)
    lpa.initiate()
    assert code_of(lpa.authenticate("EVENT-1")) == "Executed-Success"


@pytest.mark.parametrize("matching_id", ["UNKNOWN", "unknown", "E", "A" * 255])
def test_unknown_matching_id_is_refused(lpa, order, code_of, matching_id):
    lpa.initiate()
    assert code_of(lpa.authenticate(matching_id)) == "8.2.6/3.8"


def test_matching_id_is_compared_exactly(lpa, order, code_of):
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id.lower())) == "8.2.6/3.8"


@pytest.mark.parametrize("matching_id", ["", None])
def test_nothing_pending_for_the_eid_is_refused(lpa, order, code_of, matching_id):
    lpa.initiate()
    assert code_of(lpa.authenticate(matching_id)) == "8.1.1/3.8"


@pytest.mark.parametrize("matching_id", ["", "TOKEN"])
def test_order_of_another_eid_is_refused(lpa, server, profile, code_of, matching_id):
    server.orders.order(profile.upp, profile.metadata, matching_id=matching_id, eid=OTHER_EID)
    lpa.initiate()
    assert code_of(lpa.authenticate(matching_id)) == "8.1.1/3.8"


def test_session_ends_with_a_refusal_about_the_order(lpa, order, code_of):
    lpa.initiate()
    assert code_of(lpa.authenticate("UNKNOWN")) == "8.2.6/3.8"
    assert code_of(lpa.authenticate(order.matching_id)) == "8.10.1/3.9"


def test_extended_capabilities_are_tolerated(lpa, order, code_of):
    lpa.card.info2_changes = {"uicc_capability": frozenset({*UiccCapability, 40, 63, 90})}
    lpa.card.device_info_extra = bytes.fromhex("8301008402BEEFBF8101020500")
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "Executed-Success"


def test_unknown_data_objects_in_euicc_info2_are_tolerated(lpa, order, code_of):
    lpa.initiate()
    bf38 = tlv.parse(lpa.card.authenticate(lpa.initiated, order.matching_id))
    signed, _, *certificates = bf38.children()[0].children()
    parts = []
    for one in signed.children():
        extra = bytes.fromhex("9001009F2101AABF50020500")
        parts.append(tlv.encode(one.tag, one.value, extra if one.tag == 0xBF22 else b""))
    resigned = tlv.encode(0x30, *parts)
    changed = tlv.encode(
        0xBF38,
        tlv.encode(
            0xA0,
            resigned,
            tlv.encode(0x5F37, lpa.card.sign(resigned)),
            *(bytes(one.raw) for one in certificates),
        ),
    )
    assert code_of(lpa.authenticate(bf38=changed)) == "Executed-Success"


def reissued(pki: Pki, role: Role, *, key_of: Role | None = None, **changes: object) -> Certificate:
    """Returns the NIST certificate of a role with one thing changed, signed by its issuer."""
    curve = Curve.NIST_P256
    credential = pki.all(role, curve)[0]
    issuer = pki.all(key_of or (Role.CI if role is Role.EUM else Role.EUM), curve)[0]
    return issue(replace(Contents.of(credential.certificate), **changes), issuer.private_key)


PAST = datetime(2001, 1, 1, tzinfo=UTC)
FUTURE = datetime(2101, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "row",
    [
        ("eum", Role.EUM, {"key_of": Role.EUM}, "8.1.2/6.1"),
        ("eum", Role.EUM, {"not_after": PAST + timedelta(1), "not_before": PAST}, "8.1.2/6.3"),
        ("eum", Role.EUM, {"not_before": FUTURE}, "8.1.2/6.3"),
        ("certificate", Role.EUICC, {"key_of": Role.CI}, "8.1.3/6.1"),
        ("certificate", Role.EUICC, {"not_after": PAST}, "8.1.3/6.3"),
        ("certificate", Role.EUICC, {"not_before": FUTURE}, "8.1.3/6.3"),
        ("certificate", Role.EUICC, {"extensions": ()}, "8.1.3/6.1"),
    ],
)
def test_certificate_that_does_not_verify_is_refused(lpa, pki, order, code_of, row):
    attribute, role, changes, expected = row
    setattr(lpa.card, attribute, reissued(pki, role, **changes).der)
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == expected
    assert lpa.server.orders.get(order.number) == order


@pytest.mark.parametrize(
    ("attribute", "octets", "expected"),
    [
        ("eum", b"\x30\x00", "8.1.2/6.1"),
        ("certificate", b"\x30\x03\x02\x01\x00", "8.1.3/6.1"),
    ],
)
def test_octets_that_are_not_a_certificate_are_refused(
    lpa, order, code_of, attribute, octets, expected
):
    setattr(lpa.card, attribute, octets)
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == expected


def test_euicc_certificate_outside_the_range_of_the_eum_is_refused(lpa, pki, order, code_of):
    other = make_pki(b"rsplab", eid=Eid.from_first_digits("890490331234512345123456789012"))
    eum = pki.eum(Curve.NIST_P256)
    foreign = Contents.of(other.euicc(Curve.NIST_P256).certificate)
    lpa.card.certificate = issue(
        foreign.with_extension(
            Extension.authority_key_identifier(eum.certificate.subject_key_identifier)
        ),
        eum.private_key,
    ).der
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "8.1.3/6.1"


def test_chain_under_an_unknown_ci_is_refused(make_lpa, server, order, code_of):
    lpa = make_lpa()
    stranger = make_pki(b"another laboratory")
    lpa.card.euicc = stranger.euicc(Curve.NIST_P256)
    lpa.card.certificate = lpa.card.euicc.certificate.der
    lpa.card.eum = stranger.eum(Curve.NIST_P256).certificate.der
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "8.11.1/3.9"


def test_chain_under_another_ci_than_chosen_is_refused(lpa, pki, order, code_of):
    lpa.card.euicc = pki.euicc(Curve.BRAINPOOL_P256R1)
    lpa.card.certificate = lpa.card.euicc.certificate.der
    lpa.card.eum = pki.eum(Curve.BRAINPOOL_P256R1).certificate.der
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "8.11.1/3.9"


def test_bad_signature_is_refused_and_leaves_the_session(lpa, order, code_of):
    lpa.initiate()
    good = lpa.card.authenticate(lpa.initiated, order.matching_id)
    at = good.index(bytes.fromhex("5F3740")) + 20
    bad = good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :]
    assert code_of(lpa.authenticate(bf38=bad)) == "8.1/6.1"
    assert code_of(lpa.authenticate(bf38=good)) == "Executed-Success"


def test_signature_by_another_key_is_refused(lpa, pki, order, code_of):
    lpa.initiate()
    lpa.card.euicc = pki.eum(Curve.NIST_P256)
    assert code_of(lpa.authenticate(order.matching_id)) == "8.1/6.1"


def test_wrong_server_challenge_is_refused(lpa, order, code_of):
    lpa.initiate()
    answer = lpa.authenticate(order.matching_id, server_challenge=bytes(16))
    assert code_of(answer) == "8.1/6.1"


def test_unknown_transaction_id_in_json_is_refused(lpa, order, code_of):
    lpa.initiate()
    lpa.initiated["transactionId"] = "00" * 16
    assert code_of(lpa.authenticate(order.matching_id)) == "8.10.1/3.9"


def test_transaction_id_in_another_case_is_accepted(lpa, order, code_of):
    lpa.initiate()
    lpa.initiated["transactionId"] = lpa.initiated["transactionId"].lower()
    assert code_of(lpa.authenticate(order.matching_id)) == "Executed-Success"


def test_unknown_transaction_id_in_signed_data_is_refused(lpa, order, code_of):
    lpa.initiate()
    answer = lpa.authenticate(order.matching_id, transaction_id=TransactionId(bytes(16)))
    assert code_of(answer) == "8.10.1/3.9"


def test_transaction_that_waited_too_long_is_unknown(lpa, order, code_of, clock):
    lpa.initiate()
    clock.advance(timedelta(minutes=31))
    assert code_of(lpa.authenticate(order.matching_id)) == "8.10.1/3.9"


def test_same_step_twice_is_refused(lpa, order, code_of):
    lpa.initiate()
    lpa.authenticate(order.matching_id)
    assert code_of(lpa.authenticate(bf38=lpa.bf38)) == "8.10.1/3.9"


def test_error_of_the_card_ends_the_session(lpa, order, code_of):
    lpa.initiate()
    error = AuthenticateServerResponse(
        authenticate_response_error=AuthenticateResponseError(
            transaction_id=lpa.transaction_id, authenticate_error_code=2
        )
    ).encode()
    answer = lpa.authenticate(bf38=error)
    assert code_of(answer) == "8.1/6.1"
    message = answer["header"]["functionExecutionStatus"]["statusCodeData"]["message"]
    assert "invalidSignature" in message
    assert code_of(lpa.authenticate(order.matching_id)) == "8.10.1/3.9"
    assert code_of(lpa.authenticate(bf38=error)) == "8.10.1/3.9"


def test_profile_not_released_is_refused(lpa, server, profile, code_of):
    order = server.orders.order(profile.upp, profile.metadata, terms=OrderTerms(released=False))
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "8.2/1.2"
    server.orders.change(order.number, OrderEvent.RELEASED)
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "Executed-Success"


def test_expired_order_is_refused(lpa, server, profile, code_of, clock):
    terms = OrderTerms(expires_at=clock.now() + timedelta(days=1))
    order = server.orders.order(profile.upp, profile.metadata, terms=terms)
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "Executed-Success"
    clock.advance(timedelta(days=1))
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "8.8.5/4.10"


def test_attempts_are_counted_up_to_the_limit(lpa, server, profile, code_of):
    order = server.orders.order(profile.upp, profile.metadata, terms=OrderTerms(downloads=2))
    codes = []
    for _ in range(4):
        lpa.initiate()
        codes.append(code_of(lpa.authenticate(order.matching_id)))
    assert codes == ["Executed-Success", "Executed-Success", "8.8.5/6.4", "8.2.6/3.8"]
    assert server.orders.get(order.number).state is OrderState.ERROR


def test_second_card_is_refused_while_the_first_downloads(make_lpa, server, order, pki, code_of):
    first = make_lpa()
    second = make_lpa(pki=issue_euicc(pki, OTHER_EID), eid=OTHER_EID)
    for lpa in (first, second):
        lpa.initiate()
    assert code_of(first.authenticate(order.matching_id)) == "Executed-Success"
    assert code_of(second.authenticate(order.matching_id)) == "8.2.6/3.8"
    first.cancel(1)
    second.initiate()
    assert code_of(second.authenticate(order.matching_id)) == "Executed-Success"


def test_profile_bound_to_one_card_is_never_given_to_another(make_lpa, order, pki, code_of):
    first = make_lpa()
    first.download(order.matching_id)
    first.cancel(5)
    second = make_lpa(pki=issue_euicc(pki, OTHER_EID), eid=OTHER_EID)
    second.initiate()
    assert code_of(second.authenticate(order.matching_id)) == "8.2.6/3.8"
    assert first.download(order.matching_id).upp


def test_half_finished_download_does_not_block_the_same_card(lpa, order, code_of):
    lpa.initiate()
    lpa.authenticate(order.matching_id)
    abandoned = (dict(lpa.initiated), lpa.card.prepare_download(lpa.authenticated, lpa.signature1))
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "Executed-Success"
    assert code_of(lpa.get_package()) == "Executed-Success"
    lpa.initiated = abandoned[0]
    assert code_of(lpa.get_package(bf21=abandoned[1])) == "8.10.1/3.9"


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        (
            "PROFILE_OPERATIONAL4",
            {"forbidden_profile_policy_rules": frozenset({PprId.ppr1})},
            "8.2.5/4.3",
        ),
        (
            "PROFILE_OPERATIONAL4",
            {"forbidden_profile_policy_rules": frozenset({PprId.ppr2})},
            "Executed-Success",
        ),
        (
            "PROFILE_OPERATIONAL1",
            {"uicc_capability": frozenset(UiccCapability) - {UiccCapability.akaMilenage}},
            "8.2.5/4.3",
        ),
        (
            "PROFILE_OPERATIONAL1",
            {"uicc_capability": frozenset(UiccCapability) - {UiccCapability.multos}},
            "Executed-Success",
        ),
        ("PROFILE_TEST1", {"rsp_capability": frozenset()}, "8.2.5/4.3"),
        ("PROFILE_OPERATIONAL1", {"rsp_capability": frozenset()}, "Executed-Success"),
        ("PROFILE_OPERATIONAL1", {"profile_version": Version.from_text("3.1.0")}, "8.2.5/4.3"),
        (
            "PROFILE_OPERATIONAL1",
            {
                "profile_version": Version.from_text("3.1.0"),
                "additional_euicc_profile_package_versions": (Version.from_text("2.3.1"),),
            },
            "Executed-Success",
        ),
        (
            "PROFILE_OPERATIONAL1",
            {
                "ext_card_resource": ExtCardResource(
                    number_of_installed_applications=b"\x00",
                    free_non_volatile_memory=b"\x10",
                    free_volatile_memory=b"\x10",
                )
            },
            "8.1/4.8",
        ),
        (
            "PROFILE_TEST1",
            {"rsp_capability": frozenset({RspCapability.testProfileSupport})},
            "Executed-Success",
        ),
    ],
)
def test_card_that_is_not_eligible_is_refused(lpa, server, code_of, name, changes, expected):
    made = make_profile(preset(name))
    order = server.orders.order(made.upp, made.metadata)
    lpa.card.info2_changes = changes
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == expected


def test_unreadable_package_needs_nothing(lpa, server, profile, code_of):
    order = server.orders.order(b"\xff" * 100, profile.metadata)
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "Executed-Success"


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\xbf\x38\x00",
        b"\xbf\x21\x00",
        b"\xbf\x38\x04\xa0\x02\x30\x00",
        b"\x30",
        b"\xbf\x38\xff",
    ],
)
def test_unreadable_response_is_refused(lpa, order, code_of, octets):
    lpa.initiate()
    assert code_of(lpa.authenticate(bf38=octets)) == "1.6/2.1"


def test_skipped_checks_simulate_a_careless_server(make_server, make_lpa, profile, pki, code_of):
    policy = Policy(skipped_checks=frozenset({"chain_verifies", "euicc_signature1"}))
    server = make_server(policy=policy)
    order = server.orders.order(profile.upp, profile.metadata)
    lpa = make_lpa(server=server)
    lpa.card.certificate = reissued(pki, Role.EUICC, not_after=PAST).der
    lpa.initiate()
    assert code_of(lpa.authenticate(order.matching_id)) == "Executed-Success"


REAL = [
    ("CERT_EUM_ECDSA_NIST_INVALID.der", "eum", "8.1.2/6.1"),
    ("CERT_EUM_ECDSA_NIST_EXPIRED.der", "eum", "8.1.2/6.3"),
    ("CERT_EUM_ECDSA_NIST_UNKNOWN_CI.der", "eum", "8.11.1/3.9"),
    ("CERT_EUICC_ECDSA_NIST_INVALID.der", "certificate", "8.1.3/6.1"),
    ("CERT_EUICC_ECDSA_NIST_EXPIRED.der", "certificate", "8.1.3/6.3"),
    ("CERT_EUICC_ECDSA_NIST_INVALID_EID.der", "certificate", "8.1.3/6.1"),
    ("CERT_EUICC_ECDSA_NIST_UNMATCHED_EID.der", "certificate", "8.1.1/3.8"),
]


@pytest.mark.parametrize("row", REAL, ids=[row[0] for row in REAL])
def test_wrong_certificate_made_elsewhere_is_refused(
    make_server, make_lpa, profile, code_of, clock, row
):
    name, attribute, expected = row
    file = place(f"sgp26-invalid/{name}")
    files = [(one.name, one.read_bytes()) for one in place("sgp26").rglob("*.*")]
    real = Pki.from_files(files)
    clock.advance(timedelta(days=365))
    server = make_server(pki=real)
    lpa = make_lpa(server=server, pki=real)
    server.orders.order(profile.upp, profile.metadata, matching_id="", eid=lpa.card.eid)
    assert code_of(lpa.initiate()) == "Executed-Success"
    assert code_of(lpa.authenticate("")) == "Executed-Success"
    setattr(lpa.card, attribute, file.read_bytes())
    lpa.initiate()
    assert code_of(lpa.authenticate("")) == expected
