"""ES9+.InitiateAuthentication: nominal on both curves, choice of the CI, and each refusal."""

import base64

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import Version
from rspcore.messages.es10b import ServerSigned1
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspsim.smdpp import Policy

UNKNOWN = bytes(20)


def unb64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


@pytest.mark.parametrize("curve", list(Curve))
def test_nominal_answer_is_signed_under_the_ci_the_card_prefers(make_lpa, pki, curve):
    lpa = make_lpa(curve)

    answer = lpa.initiate()

    certificate = Certificate.from_der(unb64(answer["serverCertificate"]))
    signed1 = unb64(answer["serverSigned1"])
    parsed = ServerSigned1.decode(signed1)
    signature = unb64(answer["serverSignature1"])
    ski = pki.ci(curve).certificate.subject_key_identifier
    assert list(answer) == [
        "header",
        "transactionId",
        "serverSigned1",
        "serverSignature1",
        "euiccCiPKIdToBeUsed",
        "serverCertificate",
    ]
    assert (certificate.role, certificate.curve) == (Role.DP_AUTH, curve)
    assert certificate.public_key.verify(signature[3:], signed1)
    assert signature[:3] == b"\x5f\x37\x40"
    assert unb64(answer["euiccCiPKIdToBeUsed"]) == b"\x04\x14" + ski
    assert answer["transactionId"] == str(parsed.transaction_id)
    assert len(parsed.transaction_id.octets) == 16
    assert parsed.server_address == "testsmdpplus1.example.com"


def test_euicc_challenge_is_signed_as_received(lpa):
    challenge = bytes(range(16))
    answer = lpa.initiate(euiccChallenge=base64.b64encode(challenge).decode())
    assert ServerSigned1.decode(unb64(answer["serverSigned1"])).euicc_challenge == challenge


def test_same_request_twice_gives_other_transaction_id_and_challenge(lpa):
    same = {"euiccChallenge": base64.b64encode(bytes(16)).decode()}
    first, second = lpa.initiate(**same), lpa.initiate(**same)
    assert first["transactionId"] != second["transactionId"]
    challenges = {
        ServerSigned1.decode(unb64(one["serverSigned1"])).server_challenge
        for one in (first, second)
    }
    assert len(challenges) == 2


@pytest.mark.parametrize(
    "address",
    [
        "TESTSMDPPLUS1.EXAMPLE.COM",
        "TestSmDpPlus1.example.com:8443",
        "testsmdpplus1.example.com:443",
    ],
)
def test_address_in_another_case_or_with_a_port_is_accepted_and_repeated(lpa, code_of, address):
    answer = lpa.initiate(smdpAddress=address)
    assert code_of(answer) == "Executed-Success"
    assert ServerSigned1.decode(unb64(answer["serverSigned1"])).server_address == address


def test_ports_are_compared_when_both_sides_have_one(make_server, make_lpa, code_of):
    lpa = make_lpa(server=make_server(address="localhost:8443", aliases=("127.0.0.1:8443",)))
    assert code_of(lpa.initiate(smdpAddress="localhost:8443")) == "Executed-Success"
    assert code_of(lpa.initiate(smdpAddress="localhost")) == "Executed-Success"
    assert code_of(lpa.initiate(smdpAddress="127.0.0.1:8443")) == "Executed-Success"
    assert code_of(lpa.initiate(smdpAddress="localhost:9443")) == "8.8.1/3.8"


@pytest.mark.parametrize("address", ["", "other.example.com", "testsmdpplus1.example.co"])
def test_address_of_another_server_is_refused(lpa, code_of, address):
    assert code_of(lpa.initiate(smdpAddress=address)) == "8.8.1/3.8"


def test_address_in_the_sm_ds_member_is_read(lpa, code_of):
    answer = lpa.initiate(smdpAddress=None, smdsAddress="testsmdpplus1.example.com")
    assert code_of(answer) == "Executed-Success"


def test_no_known_ci_for_verification_is_refused(lpa, code_of):
    lpa.card.verification = (UNKNOWN,)
    assert code_of(lpa.initiate()) == "8.8.4/3.7"


def test_no_known_ci_for_signing_is_refused(lpa, code_of):
    lpa.card.signing = (UNKNOWN,)
    assert code_of(lpa.initiate()) == "8.8.2/3.1"


@pytest.mark.parametrize("keys", [(), (UNKNOWN,)])
def test_signing_list_is_checked_first(lpa, code_of, keys):
    lpa.card.verification, lpa.card.signing = keys, keys
    assert code_of(lpa.initiate()) == "8.8.2/3.1"


def test_verification_list_is_checked_first_where_the_policy_says(make_server, make_lpa, code_of):
    lpa = make_lpa(server=make_server(policy=Policy(signing_list_first=False)))
    lpa.card.signing = lpa.card.verification = (bytes(20),)
    assert code_of(lpa.initiate()) == "8.8.4/3.7"


def test_unknown_cis_before_a_known_one_are_ignored(lpa, code_of):
    lpa.card.verification = (UNKNOWN, *lpa.card.verification)
    lpa.card.signing = (UNKNOWN, *lpa.card.signing)
    answer = lpa.initiate()
    assert code_of(answer) == "Executed-Success"
    assert unb64(answer["euiccCiPKIdToBeUsed"])[2:] == lpa.card.signing[1]


def test_two_roots_may_differ(lpa, pki):
    nist, brainpool = (lpa.card.ski(curve) for curve in Curve)
    lpa.card.verification, lpa.card.signing = (brainpool,), (nist,)
    answer = lpa.initiate()
    certificate = Certificate.from_der(unb64(answer["serverCertificate"]))
    assert certificate.curve is Curve.BRAINPOOL_P256R1
    assert unb64(answer["euiccCiPKIdToBeUsed"])[2:] == nist


def test_server_with_one_curve_uses_it_although_the_card_prefers_the_other(make_server, make_lpa):
    lpa = make_lpa(server=make_server(curves=(Curve.BRAINPOOL_P256R1,)))
    answer = lpa.initiate()
    certificate = Certificate.from_der(unb64(answer["serverCertificate"]))
    assert certificate.curve is Curve.BRAINPOOL_P256R1


@pytest.mark.parametrize(
    ("svn", "expected"),
    [
        ("1.9.9", "8.8.3/3.1"),
        ("2.0.0", "Executed-Success"),
        ("2.2.2", "Executed-Success"),
        ("2.255.255", "Executed-Success"),
        ("3.0.0", "8.8.3/3.1"),
        ("0.0.0", "8.8.3/3.1"),
    ],
)
def test_svn_outside_major_version_two_is_refused(lpa, code_of, svn, expected):
    lpa.card.svn = Version.from_text(svn)
    assert code_of(lpa.initiate()) == expected


def test_svn_range_depends_on_the_policy(make_server, make_lpa, code_of):
    lpa = make_lpa(server=make_server(policy=Policy(next_major=4)))
    lpa.card.svn = Version.from_text("3.1.0")
    assert code_of(lpa.initiate()) == "Executed-Success"


def test_version_three_data_objects_in_euicc_info1_are_tolerated(lpa, code_of):
    info = tlv.parse(lpa.card.info1())
    extended = tlv.encode(
        0xBF20, info.value, tlv.encode(0xB1), b"\x88\x02\x00\xff", b"\x93\x01\x00"
    )
    answer = lpa.initiate(euiccInfo1=base64.b64encode(extended).decode())
    assert code_of(answer) == "Executed-Success"


@pytest.mark.parametrize("member", ["smdpAddress", "euiccChallenge", "euiccInfo1"])
def test_missing_member_is_named(lpa, code_of, member):
    answer = lpa.initiate(**{member: None})
    assert code_of(answer) == "1.6/2.2"
    codes = answer["header"]["functionExecutionStatus"]["statusCodeData"]
    assert codes["subjectIdentifier"] == member


@pytest.mark.parametrize(
    "changes",
    [
        {"euiccChallenge": base64.b64encode(bytes(15)).decode()},
        {"euiccChallenge": base64.b64encode(bytes(17)).decode()},
        {"euiccChallenge": "not base64!"},
        {"euiccChallenge": 16},
        {"euiccInfo1": "vyAA"},  # BF20 00
        {"euiccInfo1": "vyEA"},  # another tag
        {"euiccInfo1": "vyB/"},  # cut short
        {"euiccInfo1": ""},
        {"smdpAddress": ["testsmdpplus1.example.com"]},
    ],
)
def test_unreadable_member_is_refused(lpa, code_of, changes):
    assert code_of(lpa.initiate(**changes)) == "1.6/2.1"


def test_unknown_members_and_a_header_are_ignored(lpa, code_of):
    header = {"functionRequesterIdentifier": "2.999.1", "functionCallIdentifier": "x"}
    assert code_of(lpa.initiate(header=header, lpaRspCapability="AwIF4A==")) == "Executed-Success"
    assert code_of(lpa.initiate(header={})) == "Executed-Success"


def test_skipped_check_lets_the_request_pass(make_server, make_lpa, code_of):
    policy = Policy(skipped_checks=frozenset({"address_is_ours"}))
    lpa = make_lpa(server=make_server(policy=policy))
    assert code_of(lpa.initiate(smdpAddress="other.example.com")) == "Executed-Success"
