"""ES9+.GetBoundProfilePackage: both key modes, Confirmation Code, retries, and each refusal."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from rspcore import tlv
from rspcore.bpp import segments
from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.ids import TransactionId
from rspcore.messages.es10b import (
    PrepareDownloadResponse,
    PrepareDownloadResponseError,
    SmdpSigned2,
)
from rspcore.profile_maker import jpg_icon
from rspsim.smdpp import BindingChoice, OrderEvent, OrderState, OrderTerms, Policy
from rspsim.smdpp.variation import Varied


@pytest.fixture
def order(server, profile):
    return server.orders.order(profile.upp, profile.metadata)


@pytest.fixture
def secret_order(server, profile):
    return server.orders.order(profile.upp, profile.metadata, confirmation_code="12345678")


def offered(lpa, order, code_of):
    assert code_of(lpa.initiate()) == "Executed-Success"
    assert code_of(lpa.authenticate(order.matching_id)) == "Executed-Success"


@pytest.mark.parametrize("curve", list(Curve))
@pytest.mark.parametrize("replaced", [False, True], ids=["session keys", "PPK"])
@pytest.mark.parametrize("code", [None, "12345678"])
def test_package_opens_to_profile_and_metadata(
    make_server, make_lpa, profile, curve, replaced, code
):
    policy = Policy(binding=BindingChoice(replace_session_keys=replaced))
    server = make_server(policy=policy)
    order = server.orders.order(profile.upp, profile.metadata, confirmation_code=code)

    loaded = make_lpa(curve, server=server).download(order.matching_id, code)

    assert (loaded.upp, loaded.metadata) == (profile.upp, profile.metadata.encode())
    assert loaded.replaced is replaced
    assert max(loaded.profile_segments) <= 1020
    assert server.orders.get(order.number).state is OrderState.DOWNLOADED


def test_longest_segments_are_1020_octets(make_server, make_lpa, profile):
    server = make_server()
    order = server.orders.order(bytes(3000), profile.metadata)
    loaded = make_lpa(server=server).download(order.matching_id)
    assert loaded.profile_segments[:2] == (1020, 1020)
    assert loaded.upp == bytes(3000)


def test_long_metadata_are_sent_in_several_88(make_server, make_lpa, profile):
    icon = jpg_icon() + bytes(1024 - len(jpg_icon()))
    metadata = replace(profile.metadata, icon=icon, icon_type=0)
    server = make_server()
    order = server.orders.order(profile.upp, metadata)
    loaded = make_lpa(server=server).download(order.matching_id)
    assert loaded.metadata == metadata.encode()
    assert loaded.metadata_segments == 2


def test_short_metadata_are_cut_where_the_policy_says(make_server, make_lpa, profile):
    server = make_server(policy=Policy(binding=BindingChoice(metadata_octets=20)))
    order = server.orders.order(profile.upp, profile.metadata)
    loaded = make_lpa(server=server).download(order.matching_id)
    assert loaded.metadata == profile.metadata.encode()
    assert loaded.metadata_segments == -(-len(loaded.metadata) // 20)


@pytest.mark.parametrize("length", [1, 16])
def test_host_id_has_the_length_in_the_policy(make_server, make_lpa, profile, length):
    server = make_server(policy=Policy(binding=BindingChoice(host_id_octets=length)))
    order = server.orders.order(profile.upp, profile.metadata)
    assert len(make_lpa(server=server).download(order.matching_id).host_id) == length


def test_package_without_the_step_before_is_refused(lpa, order, code_of):
    lpa.initiate()
    lpa.authenticate(order.matching_id)
    bf21 = lpa.card.prepare_download(lpa.authenticated, lpa.signature1)
    lpa.initiate()
    assert code_of(lpa.get_package(bf21=bf21)) == "8.10.1/3.9"


def test_package_twice_is_refused(lpa, order, code_of):
    lpa.download(order.matching_id)
    assert code_of(lpa.get_package(bf21=lpa.bf21)) == "8.10.1/3.9"


def test_unknown_transaction_id_in_json_is_refused(lpa, order, code_of):
    offered(lpa, order, code_of)
    bf21 = lpa.card.prepare_download(lpa.authenticated, lpa.signature1)
    lpa.initiated["transactionId"] = "AB"
    assert code_of(lpa.get_package(bf21=bf21)) == "8.10.1/3.9"


def test_unknown_transaction_id_in_signed_data_is_refused(lpa, order, code_of):
    offered(lpa, order, code_of)
    answer = lpa.get_package(transaction_id=TransactionId(bytes(16)))
    assert code_of(answer) == "8.10.1/3.9"


def test_bad_signature_is_refused_and_leaves_the_session(lpa, order, code_of):
    offered(lpa, order, code_of)
    good = lpa.card.prepare_download(lpa.authenticated, lpa.signature1)
    bad = good[:-1] + bytes((good[-1] ^ 1,))
    assert code_of(lpa.get_package(bf21=bad)) == "8.1/6.1"
    assert code_of(lpa.get_package(bf21=good)) == "Executed-Success"


def test_signature_without_smdp_signature2_is_refused(lpa, order, code_of):
    offered(lpa, order, code_of)
    lpa.authenticated["smdpSignature2"] = base64.b64encode(
        b"\x5f\x37\x40"
        + lpa.server.identity.dp_pb(Curve.NIST_P256).private_key.sign(
            base64.b64decode(lpa.authenticated["smdpSigned2"]) + tlv.encode(0x5F37, lpa.signature1)
        )
    ).decode()
    assert code_of(lpa.get_package()) == "Executed-Success"  # deterministic: the same octets
    offered(lpa, order, code_of)
    signed = lpa.card.prepare_download(lpa.authenticated, lpa.signature1)
    signed2 = tlv.parse(signed).children()[0].children()[0]
    other = tlv.encode(
        0xBF21,
        tlv.encode(
            0xA0,
            bytes(signed2.raw),
            tlv.encode(0x5F37, lpa.card.sign(bytes(signed2.raw) + b"\x5f\x37\x40" + bytes(64))),
        ),
    )
    assert code_of(lpa.get_package(bf21=other)) == "8.1/6.1"


def test_error_of_the_card_ends_the_session_and_leaves_the_order(lpa, order, server, code_of):
    offered(lpa, order, code_of)
    error = PrepareDownloadResponse(
        download_response_error=PrepareDownloadResponseError(
            transaction_id=lpa.transaction_id, download_error_code=1
        )
    ).encode()
    answer = lpa.get_package(bf21=error)
    assert code_of(answer) == "8.1/6.1"
    assert "invalidCertificate" in str(answer)
    assert code_of(lpa.get_package(bf21=error)) == "8.10.1/3.9"
    assert server.orders.get(order.number).state is OrderState.RELEASED
    assert lpa.download(order.matching_id).upp


def test_missing_confirmation_code_is_refused_and_not_counted(lpa, secret_order, server, code_of):
    offered(lpa, secret_order, code_of)
    assert code_of(lpa.get_package()) == "8.2.7/2.2"
    assert server.orders.get(secret_order.number).wrong_codes == 0


def test_wrong_confirmation_code_is_refused_up_to_the_limit(lpa, secret_order, server, code_of):
    codes = []
    for _ in range(3):
        offered(lpa, secret_order, code_of)
        codes.append(code_of(lpa.get_package("00000000")))
    assert codes == ["8.2.7/3.8", "8.2.7/3.8", "8.2.7/6.4"]
    assert server.orders.get(secret_order.number).state is OrderState.ERROR
    lpa.initiate()
    assert code_of(lpa.authenticate(secret_order.matching_id)) == "8.2.6/3.8"


def test_session_ends_with_a_wrong_confirmation_code(lpa, secret_order, code_of):
    offered(lpa, secret_order, code_of)
    assert code_of(lpa.get_package("1")) == "8.2.7/3.8"
    assert code_of(lpa.get_package("12345678")) == "8.10.1/3.9"
    assert lpa.download(secret_order.matching_id, "12345678").upp


def test_wrong_confirmation_code_can_be_followed_by_the_right_one_where_the_policy_says(
    make_server, make_lpa, profile, code_of
):
    server = make_server(policy=Policy(keep_session_after_wrong_code=True))
    order = server.orders.order(profile.upp, profile.metadata, confirmation_code="1234")
    lpa = make_lpa(server=server)
    lpa.initiate()
    lpa.authenticate(order.matching_id)
    assert code_of(lpa.get_package("4321")) == "8.2.7/3.8"
    assert server.orders.get(order.number).wrong_codes == 1
    assert code_of(lpa.get_package("1234")) == "Executed-Success"


def test_hash_of_another_session_is_wrong(lpa, secret_order, code_of):
    offered(lpa, secret_order, code_of)
    bf21 = tlv.parse(lpa.card.prepare_download(lpa.authenticated, lpa.signature1, "12345678"))
    old = bytes(bf21.children()[0].children()[0].children()[2].value)
    offered(lpa, secret_order, code_of)
    assert code_of(lpa.get_package(hash_cc=old)) == "8.2.7/3.8"


def test_confirmation_code_not_asked_for_is_ignored(lpa, order):
    assert lpa.download(order.matching_id, "4711").upp


def test_confirmation_code_is_asked_for_again_on_a_retry(lpa, secret_order, code_of):
    lpa.download(secret_order.matching_id, "12345678")
    offered(lpa, secret_order, code_of)
    assert code_of(lpa.get_package()) == "8.2.7/2.2"
    assert lpa.download(secret_order.matching_id, "12345678").upp


def groups_of(answer):
    package = tlv.parse(base64.b64decode(answer["boundProfilePackage"]))
    return [bytes(one.raw) for one in package.children()]


def test_retry_with_the_same_one_time_key_gets_the_same_protected_segments(lpa, order, code_of):
    offered(lpa, order, code_of)
    first = groups_of(lpa.get_package())
    otsk = lpa.card.otsk
    offered(lpa, order, code_of)
    signed2 = SmdpSigned2.decode(base64.b64decode(lpa.authenticated["smdpSigned2"]))
    assert signed2.bpp_euicc_otpk == otsk.public.point
    answer = lpa.get_package()
    second = groups_of(answer)
    assert lpa.card.otsk is otsk
    assert second[1:] == first[1:]
    assert second[0] != first[0]
    loaded = lpa.card.load(base64.b64decode(answer["boundProfilePackage"]))
    assert loaded.transaction_id == lpa.transaction_id


def test_retry_gets_the_same_segments_under_drawn_keys_and_cuts_too(
    make_server, make_lpa, profile, code_of
):
    policy = Policy(binding=BindingChoice(replace_session_keys=True))
    server = make_server(policy=policy, variation=Varied(b"seed"))
    order = server.orders.order(profile.upp, profile.metadata)
    lpa = make_lpa(server=server)
    offered(lpa, order, code_of)
    first = groups_of(lpa.get_package())
    for _ in range(3):
        offered(lpa, order, code_of)
        assert groups_of(lpa.get_package())[1:] == first[1:]


def test_retry_with_another_one_time_key_is_bound_again(lpa, order, code_of):
    first = lpa.download(order.matching_id)
    lpa.card.otsk = None
    second = lpa.download(order.matching_id)
    assert second.upp == first.upp
    assert second.otpk_dp != first.otpk_dp


def test_retry_with_another_one_time_key_is_refused_where_the_policy_says(
    make_server, make_lpa, profile, code_of
):
    server = make_server(policy=Policy(rebind=False))
    order = server.orders.order(profile.upp, profile.metadata)
    lpa = make_lpa(server=server)
    lpa.download(order.matching_id)
    assert lpa.download(order.matching_id).upp
    lpa.card.otsk = None
    offered(lpa, order, code_of)
    assert code_of(lpa.get_package()) == "8.2/3.7"


def test_kept_key_is_not_offered_on_the_other_curve(lpa, order):
    first = lpa.download(order.matching_id)
    lpa.card.signing = lpa.card.verification = (lpa.card.ski(Curve.BRAINPOOL_P256R1),)
    lpa.card.euicc = lpa.card.pki.euicc(Curve.BRAINPOOL_P256R1)
    lpa.card.certificate = lpa.card.euicc.certificate.der
    lpa.card.eum = lpa.card.pki.eum(Curve.BRAINPOOL_P256R1).certificate.der
    second = lpa.download(order.matching_id)
    assert second.upp == first.upp
    assert second.otpk_dp != first.otpk_dp
    signed2 = SmdpSigned2.decode(base64.b64decode(lpa.authenticated["smdpSigned2"]))
    assert signed2.bpp_euicc_otpk is None


@pytest.mark.parametrize(
    "otpk",
    [
        b"",
        b"\x04" + bytes(64),
        PrivateKey.from_scalar(Curve.BRAINPOOL_P256R1, b"\x01" * 32).public.point,
        b"\x02" + bytes(32),
    ],
    ids=["empty", "not on the curve", "other curve", "compressed"],
)
def test_one_time_key_that_is_not_a_point_is_refused(lpa, order, code_of, otpk):
    offered(lpa, order, code_of)
    assert code_of(lpa.get_package(euicc_otpk=otpk)) == "8.1/6.1"


def test_order_that_ends_between_the_steps_is_refused(lpa, server, profile, code_of, clock):
    terms = OrderTerms(expires_at=clock.now() + timedelta(minutes=5))
    order = server.orders.order(profile.upp, profile.metadata, terms=terms)
    offered(lpa, order, code_of)
    clock.advance(timedelta(minutes=5))
    assert code_of(lpa.get_package()) == "8.8.5/4.10"


def test_order_that_is_withdrawn_between_the_steps_is_refused(lpa, server, order, code_of):
    offered(lpa, order, code_of)
    server.orders.change(order.number, OrderEvent.WITHDRAWN)
    assert code_of(lpa.get_package()) == "8.2/3.7"


def test_session_that_waited_too_long_is_unknown(lpa, order, code_of, clock):
    offered(lpa, order, code_of)
    clock.advance(timedelta(minutes=29))
    bf21 = lpa.card.prepare_download(lpa.authenticated, lpa.signature1)
    clock.advance(timedelta(minutes=2))
    assert code_of(lpa.get_package(bf21=bf21)) == "8.10.1/3.9"


@pytest.mark.parametrize("octets", ["", "BF2100", "BF3800", "BF2102A000", "BF21", "BF2103820100"])
def test_unreadable_response_is_refused(lpa, order, code_of, octets):
    offered(lpa, order, code_of)
    assert code_of(lpa.get_package(bf21=bytes.fromhex(octets))) == "1.6/2.1"


def test_package_can_be_cut_for_the_card(lpa, order, code_of):
    offered(lpa, order, code_of)
    package = base64.b64decode(lpa.get_package()["boundProfilePackage"])
    assert b"".join(segments(package)) == package
