"""Server faults: switched off they change nothing, switched on each changes only its own part."""

import base64
import json
from contextlib import suppress

import pytest

from rspcore import tlv
from rspcore.bpp import CONFIGURE_ISDP
from rspcore.crypto.bsp import BspSecurityError, BspStructureError
from rspcore.crypto.curves import Curve
from rspcore.errors import LocalError
from rspcore.ids import TransactionId
from rspcore.messages.es8p import InitialiseSecureChannelRequest
from rspcore.messages.es10b import ServerSigned1, SmdpSigned2
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspsim.faults.server import FAULTS
from rspsim.smdpp import BindingChoice, Policy
from rspsim.smdpp.fault_points import OF_CONNECTIONS, POINTS

OTHER = TransactionId(b"\xff" * 16)
FLIPPED_FIRST = ["server_signed1", "server_signature1", "server_certificate"]
FLIPPED_SECOND = ["profile_metadata", "smdp_signed2", "smdp_signature2", "smdp_certificate"]


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def unb64(text):
    return base64.b64decode(text, validate=True)


@pytest.fixture
def order(server, profile):
    return server.orders.order(profile.upp, profile.metadata)


@pytest.fixture
def faultless(make_server, make_lpa, profile):
    """Runs the same session on a server of the same seed without faults."""
    server = make_server()
    order = server.orders.order(profile.upp, profile.metadata)
    lpa = make_lpa(server=server)
    lpa.initiate()
    lpa.authenticate(order.matching_id)
    lpa.package = lpa.get_package()
    return lpa


def test_faults_have_unique_names_summaries_and_expectations():
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
    for fault in FAULTS:
        assert fault.summary.endswith(".")
        assert fault.expected
        assert fault.point in POINTS
        groups = {"es8", "es9", "http", "json", "order", "tcp", "time", "tls"}
        assert fault.name.split(".")[0] in groups


def test_every_point_has_a_fault():
    assert {fault.point.name for fault in FAULTS} == {point.name for point in POINTS}


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_each_fault_leaves_the_server_usable_when_it_is_off_again(
    make_server, make_lpa, profile, fault
):
    server = make_server(policy=Policy(binding=BindingChoice(replace_session_keys=True)))
    order = server.orders.order(profile.upp, profile.metadata)
    lpa = make_lpa(server=server)
    with server.fault(fault.name) as active:
        assert server.faults.active == (active,)
        with suppress(Exception):  # a wrong answer may stop the client anywhere
            lpa.download(order.matching_id)
    assert server.faults.active == ()
    assert lpa.download(order.matching_id).upp == profile.upp


IN_REQUESTS = [fault for fault in FAULTS if fault.point not in OF_CONNECTIONS]


@pytest.mark.parametrize("fault", IN_REQUESTS, ids=[fault.name for fault in IN_REQUESTS])
def test_each_fault_changes_some_answer(make_server, make_lpa, profile, fault):
    runs = []
    for on in (False, True):
        server = make_server(policy=Policy(binding=BindingChoice(replace_session_keys=True)))
        order = server.orders.order(profile.upp, profile.metadata, matching_id="A")
        lpa = make_lpa(server=server)
        if on:
            server.faults.on(fault.name)
        with suppress(Exception):  # as above
            lpa.download(order.matching_id)
        lpa.post("authenticateClient", {})
        runs.append([(one.response, one.function) for one in server.history])
    assert runs[0] != runs[1]


@pytest.mark.parametrize("member", FLIPPED_FIRST)
@pytest.mark.parametrize("bit", [0, 7, 100, -1])
def test_one_bit_of_the_first_answer_is_flipped(lpa, order, faultless, member, bit):
    with lpa.server.fault(f"es9.{member}.flip_bit", bit=bit):
        answer = lpa.initiate()
    for name in FLIPPED_FIRST:
        one, other = (unb64(run[camel(name)]) for run in (answer, faultless.initiated))
        difference = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
        assert difference == (1 << bit % (8 * len(one)) if name == member else 0)


@pytest.mark.parametrize("member", FLIPPED_SECOND)
def test_one_bit_of_the_second_answer_is_flipped(lpa, order, faultless, member):
    lpa.initiate()
    with lpa.server.fault(f"es9.{member}.flip_bit", bit=3):
        answer = lpa.authenticate(order.matching_id)
    for name in FLIPPED_SECOND:
        one, other = (unb64(run[camel(name)]) for run in (answer, faultless.authenticated))
        difference = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
        assert difference == (8 if name == member else 0)


def test_wrong_values_set_before_signing_have_a_good_signature(lpa, order):
    server = lpa.server
    with server.fault("es9.server_signed1.transaction_id"):
        answer = lpa.initiate()
        assert lpa.card.authenticate(answer, None)  # checks the signature
        assert ServerSigned1.decode(unb64(answer["serverSigned1"])).transaction_id == OTHER
        assert answer["transactionId"] != str(OTHER)
    with server.fault("es9.server_signed1.server_address", value="other.example.com"):
        signed = ServerSigned1.decode(unb64(lpa.initiate()["serverSigned1"]))
        assert signed.server_address == "other.example.com"
    with server.fault("es9.server_signed1.euicc_challenge", value="AB" * 16):
        signed = ServerSigned1.decode(unb64(lpa.initiate()["serverSigned1"]))
        assert signed.euicc_challenge == b"\xab" * 16
    lpa.initiate()
    with server.fault("es9.smdp_signed2.transaction_id"):
        answer = lpa.authenticate(order.matching_id)
        signed2 = SmdpSigned2.decode(unb64(answer["smdpSigned2"]))
        assert signed2.transaction_id == OTHER
        assert lpa.card.prepare_download(answer, lpa.signature1)


def test_confirmation_code_flag_can_differ_from_the_order(lpa, order):
    lpa.initiate()
    with lpa.server.fault("es9.smdp_signed2.cc_required_flag", value=True):
        answer = lpa.authenticate(order.matching_id)
    assert SmdpSigned2.decode(unb64(answer["smdpSigned2"])).cc_required_flag is True


def test_ci_to_be_used_can_be_one_that_was_not_offered(lpa):
    with lpa.server.fault("es9.euicc_ci_pkid.other", value="AA" * 20):
        assert unb64(lpa.initiate()["euiccCiPKIdToBeUsed"]) == b"\x04\x14" + b"\xaa" * 20


@pytest.mark.parametrize("role", [Role.DP_PB, Role.CI, Role.EUM, Role.DS_AUTH])
def test_first_signature_can_be_made_by_another_role(lpa, role):
    with lpa.server.fault("es9.server_certificate.role", role=role.name):
        answer = lpa.initiate()
    certificate = Certificate.from_der(unb64(answer["serverCertificate"]))
    assert certificate.role is role
    signature = unb64(answer["serverSignature1"])[3:]
    assert certificate.public_key.verify(signature, unb64(answer["serverSigned1"]))


def test_second_signature_can_be_made_by_another_server_or_curve(lpa, order):
    for name, expected in (
        ("es9.smdp_certificate.other_server", (Role.DP_PB, "2.999.12", Curve.NIST_P256)),
        ("es9.smdp_certificate.other_curve", (Role.DP_PB, "2.999.10", Curve.BRAINPOOL_P256R1)),
        ("es9.smdp_certificate.role", (Role.DP_AUTH, "2.999.10", Curve.NIST_P256)),
    ):
        lpa.initiate()
        with lpa.server.fault(name):
            answer = lpa.authenticate(order.matching_id)
        one = Certificate.from_der(unb64(answer["smdpCertificate"]))
        assert (one.role, one.registered_id.dotted, one.curve) == expected
        data = unb64(answer["smdpSigned2"]) + tlv.encode(0x5F37, lpa.signature1)
        assert one.public_key.verify(unb64(answer["smdpSignature2"])[3:], data)


def package_under(lpa, order, name, **parameters):
    lpa.initiate()
    lpa.authenticate(order.matching_id)
    with lpa.server.fault(name, **parameters):
        answer = lpa.get_package()
    return unb64(answer["boundProfilePackage"])


@pytest.mark.parametrize(
    "group", ["configure_isdp", "store_metadata", "replace_session_keys", "profile_elements"]
)
def test_mac_of_each_kind_of_segment_can_be_wrong(make_server, make_lpa, profile, group):
    server = make_server(policy=Policy(binding=BindingChoice(replace_session_keys=True)))
    order = server.orders.order(profile.upp, profile.metadata)
    lpa = make_lpa(server=server)
    package = package_under(lpa, order, f"es8.{group}.flip_bit")
    with pytest.raises(BspSecurityError):
        lpa.card.load(package)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("drop", {}), ("repeat", {}), ("swap", {"first": 0, "second": -1})],
)
def test_sequence_of_segments_can_be_wrong(lpa, order, name, parameters):
    package = package_under(lpa, order, f"es8.profile_elements.{name}", **parameters)
    with pytest.raises(BspSecurityError):
        lpa.card.load(package)


def test_segment_number_past_the_last_starts_again(lpa, order):
    whole = tlv.parse(package_under(lpa, order, "http.slow"))
    count = len(whole.children()[-1].children())
    one, other = (
        tlv.parse(package_under(lpa, order, "es8.profile_elements.drop", index=index))
        for index in (1, count + 1)
    )
    assert one.children()[-1].raw == other.children()[-1].raw != whole.children()[-1].raw


def test_segment_with_another_tag_breaks_the_structure(lpa, order):
    with pytest.raises(BspStructureError):
        lpa.card.load(package_under(lpa, order, "es8.profile_elements.tag"))


def test_segments_can_have_1036_octets(lpa, server, profile):
    order = server.orders.order(bytes(3000), profile.metadata)
    package = tlv.parse(package_under(lpa, order, "es8.profile_elements.oversize"))
    lengths = [len(one.raw) for one in package.children()[-1].children()]
    assert lengths[:2] == [1036, 1036]


@pytest.mark.parametrize(
    ("name", "parameters", "attribute", "expected"),
    [
        ("initialise_secure_channel.transaction_id", {}, "transaction_id", OTHER),
        ("initialise_secure_channel.remote_op_id", {"value": 3}, "remote_op_id", 3),
        ("control_ref_template.key_type", {}, "key_type", b"\x80"),
        ("control_ref_template.key_len", {}, "key_len", b"\x20"),
        ("control_ref_template.host_id", {}, "host_id", bytes(17)),
    ],
)
def test_key_agreement_request_with_a_wrong_value_has_a_good_signature(
    lpa, order, name, parameters, attribute, expected
):
    package = package_under(lpa, order, f"es8.{name}", **parameters)
    first = tlv.parse(package).children()[0]
    request = InitialiseSecureChannelRequest.decode(bytes(first.raw))
    holder = request if hasattr(request, attribute) else request.control_ref_template
    assert getattr(holder, attribute) == expected
    tbs = b"".join(bytes(one.raw) for one in first.children()[:-1])
    tbs += tlv.encode(0x5F49, lpa.card.otsk.public.point)
    assert lpa.card.pb.public_key.verify(request.smdp_sign, tbs)


def test_key_agreement_request_can_have_a_bad_signature(lpa, order):
    package = package_under(lpa, order, "es8.initialise_secure_channel.flip_bit")
    with pytest.raises(AssertionError):
        lpa.card.load(package)


def test_metadata_of_the_package_can_differ_from_those_sent_before(lpa, order, profile):
    loaded = lpa.card.load(package_under(lpa, order, "es8.store_metadata.profile_name"))
    assert StoreMetadataRequest.decode(loaded.metadata).profile_name == "Another profile"
    shown = StoreMetadataRequest.decode(unb64(lpa.authenticated["profileMetadata"]))
    assert shown.profile_name == profile.metadata.profile_name
    lpa.initiate()
    with lpa.server.fault("es9.profile_metadata.profile_name", profile_name="X"):
        answer = lpa.authenticate(order.matching_id)
    assert StoreMetadataRequest.decode(unb64(answer["profileMetadata"])).profile_name == "X"


def test_damaged_profile_is_correctly_protected(lpa, order, profile):
    loaded = lpa.card.load(package_under(lpa, order, "es8.profile.truncate", octets=10))
    assert loaded.upp == profile.upp[:-10]
    loaded = lpa.card.load(package_under(lpa, order, "es8.profile.flip_bit", bit=8))
    assert loaded.upp[-2] == profile.upp[-2] ^ 1
    loaded = lpa.card.load(package_under(lpa, order, "es8.configure_isdp.proprietary"))
    assert len(loaded.configure_isdp) > 200 > len(CONFIGURE_ISDP)


def test_retry_after_a_fault_gets_the_right_package_under_the_same_key(lpa, order, profile):
    package_under(lpa, order, "es8.profile.truncate")
    otsk = lpa.card.otsk
    assert lpa.download(order.matching_id).upp == profile.upp
    assert lpa.card.otsk is otsk


def test_each_json_fault_changes_the_json_object(lpa, order, code_of):
    server = lpa.server
    with server.fault("es9.answer.fail", subject="8.1", reason="4.8"):
        assert code_of(lpa.initiate()) == "8.1/4.8"
    with server.fault("es9.header.missing"):
        assert "header" not in lpa.initiate()
    with server.fault("es9.answer.transaction_id"):
        assert lpa.initiate()["transactionId"] == str(OTHER)
    with server.fault("es9.answer.drop_member", member="serverSigned1"):
        assert "serverSigned1" not in lpa.initiate()
    with server.fault("es9.answer.rename_member"):
        assert "euiccCiPKIdTobeUsed" in lpa.initiate()
    with server.fault("es9.answer.null_member"):
        assert lpa.initiate()["transactionId"] is None
    with server.fault("es9.answer.extra_members"):
        assert next(iter(lpa.initiate())) == "otherCertsInChain"
    with server.fault("es9.answer.generic_codes"):
        assert code_of(lpa.initiate(smdpAddress="x")) == "1.6/2.1"
        assert code_of(lpa.initiate()) == "Executed-Success"
    with server.fault("es9.status_code_data.omit"):
        answer = lpa.initiate(smdpAddress="x")
        codes = answer["header"]["functionExecutionStatus"]["statusCodeData"]
        assert codes == {"subjectCode": "8.8.1", "reasonCode": "3.8"}


@pytest.mark.parametrize("form", ["unpadded", "wrapped", "url"])
def test_base64_can_have_another_form(lpa, faultless, form):
    with lpa.server.fault("es9.answer.base64", form=form):
        answer = lpa.initiate()
    text = answer["serverCertificate"]
    cleaned = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    assert cleaned == faultless.initiated["serverCertificate"].rstrip("=")


def test_each_http_fault_changes_the_http_response(lpa, server):
    def post():
        return lpa.post("cancelSession", {})

    with server.fault("http.status", status=404):
        assert post().status == 404
    with server.fault("http.error_page"):
        assert (post().status, post().header("Content-Type")) == (502, "text/html")
    with server.fault("http.truncate_body", octets=5):
        assert len(post().body) == 5
    with server.fault("http.cut", octets=7):
        assert post().cut_after == 7
    with server.fault("http.slow", milliseconds=20):
        assert post().delay_ms == 20
    with server.fault("http.redirect"):
        assert (post().status, post().header("location")) == (302, "https://other.example.com/")
    with server.fault("http.header"):
        assert post().header("X-Admin-Protocol") is None
    with server.fault("http.header", field="Content-Type", value="text/plain"):
        assert post().header("content-type") == "text/plain"
    with server.fault("http.body", octets="00"):
        assert post().body == b"\x00"
    with server.fault("http.status", status=200, function="handleNotification"):
        assert lpa.post("handleNotification", {}).status == 200
        assert post().status == 200
        assert json.loads(post().body)


def test_refused_request_is_not_carried_out(lpa, order, code_of):
    lpa.initiate()
    with lpa.server.fault("http.refuse", status=503), pytest.raises(AssertionError):
        lpa.authenticate(order.matching_id)
    assert code_of(lpa.authenticate(bf38=lpa.bf38)) == "Executed-Success"


def test_request_is_carried_out_whatever_the_status(lpa, order, code_of):
    lpa.initiate()
    with lpa.server.fault("http.status", status=500), pytest.raises(AssertionError):
        lpa.authenticate(order.matching_id)
    assert code_of(lpa.authenticate(bf38=lpa.bf38)) == "8.10.1/3.9"


def test_fault_for_one_function_does_not_change_the_others(lpa, order, code_of):
    with lpa.server.fault("es9.answer.fail", function="authenticateClient"):
        assert code_of(lpa.initiate()) == "Executed-Success"
        assert code_of(lpa.authenticate(order.matching_id)) == "8.2.6/3.8"


def test_fault_is_switched_off_after_the_given_times(lpa):
    lpa.server.faults.on("http.status", status=500, times=2)
    assert [lpa.post("cancelSession", {}).status for _ in range(3)] == [500, 500, 200]
    assert lpa.server.faults.active == ()


def test_two_faults_add_up_and_go_off_one_by_one(lpa):
    server = lpa.server
    with server.fault("http.slow", milliseconds=1):
        with server.fault("http.slow", milliseconds=2):
            assert lpa.post("cancelSession", {}).delay_ms == 3
        assert lpa.post("cancelSession", {}).delay_ms == 1
    server.faults.on("http.slow")
    server.faults.on("es9.header.missing")
    server.faults.off("http.slow")
    assert [one.fault.name for one in server.faults.active] == ["es9.header.missing"]
    server.faults.off()
    assert server.faults.active == ()


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("es9.nothing", {}, "not known"),
        ("http.status", {"code": 500}, "no parameter 'code'"),
        ("http.status", {"status": "500"}, "expected int"),
        ("http.status", {"status": True}, "expected int"),
    ],
)
def test_fault_with_wrong_parameters_is_refused(server, name, parameters, expected):
    with pytest.raises(LocalError, match=expected):
        server.faults.on(name, **parameters)
    assert server.faults.active == ()
