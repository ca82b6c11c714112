from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import BspKeys
from rspcore.ids import TransactionId
from rspcore.messages.es10b import (
    AuthenticateErrorCode,
    AuthenticateServerRequest,
    CancelSessionReason,
    DownloadErrorCode,
    PrepareDownloadRequest,
)
from rspcore.messages.notifications import BppCommandId, ErrorReason, ProfileInstallationResult
from rspcore.pki.bundle import Pki
from rspcore.pki.roles import Role
from rspcore.profile_maker import preset
from rspcore.tags import Tag
from rspharness.card import expect, tlv_edit
from rspharness.record.verdicts import ExpectationError, Inconclusive
from rspharness.servers.bound_package import protect_correctly
from rspharness.servers.card_signatures import (
    verify_authentication,
    verify_cancellation,
    verify_chain,
    verify_notification,
    verify_pir,
    verify_preparation,
)
from rspharness.servers.rsp_server import RspServer, profile

PROFILE = profile("PROFILE_OPERATIONAL1")


@pytest.mark.parametrize("curve", list(Curve))
def test_whole_session_verifies_on_each_curve(card, make_server, curve):
    session = make_server(curve=curve).open(card)
    verify_authentication(session, session.authenticate())
    verify_preparation(session, session.prepare(confirmation_code="1234"))
    assert session.hash_cc is not None
    loaded = session.install(PROFILE)
    expect.pir_success(loaded.pir)
    verify_pir(session, loaded.pir)
    assert [str(one.iccid) for one in card.profiles()] == ["8929901012345678905"]


def test_requests_decode_as_their_messages(card, server):
    session = server.open(card)
    request = AuthenticateServerRequest.decode(
        session.authenticate_request(server_challenge=bytes(16))
    )
    assert request.server_signed1.server_challenge == bytes(16)
    assert request.server_signed1.euicc_challenge == session.euicc_challenge
    session.authenticated()
    prepared = PrepareDownloadRequest.decode(session.prepare_request())
    assert prepared.smdp_signed2.transaction_id == session.transaction_id
    assert prepared.hash_cc is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"euicc_challenge": bytes(16)}, AuthenticateErrorCode.euiccChallengeMismatch),
        ({"signature": bytes(64)}, AuthenticateErrorCode.invalidSignature),
        ({"ci_pkid": bytes(20)}, AuthenticateErrorCode.ciPKUnknown),
    ],
)
def test_override_is_signed_and_refused_with_its_own_code(card, server, fields, code):
    expect.error(server.open(card).authenticate(**fields), code)


def test_key_of_another_server_makes_the_signature_wrong(card, server):
    session = server.open(card)
    response = session.authenticate(sign_with=server.pb.private_key)
    expect.error(response, AuthenticateErrorCode.invalidSignature)
    response = session.authenticate(certificate=server.pb, sign_with=server.pb.private_key)
    expect.error(response, AuthenticateErrorCode.invalidOid)


def test_flawed_certificate_keeps_the_key(card, server):
    session = server.open(card)
    response = session.authenticate(certificate=server.flawed("key_agreement"))
    expect.error(response, AuthenticateErrorCode.invalidCertificate)


def test_other_transaction_id_in_prepare_download_is_refused(card, server):
    session = server.authenticated(card)
    response = session.prepare(transaction_id=TransactionId(b"\x01"))
    expect.error(response, DownloadErrorCode.invalidTransactionId)


def test_refusal_before_a_state_is_reached_is_inconclusive(card, server):
    with pytest.raises(Inconclusive, match="AuthenticateServer, as an initial condition"):
        server.open(card).authenticated(signature=bytes(64))


def test_cancellation_verifies(card, server):
    session = server.authenticated(card)
    response = session.cancel(CancelSessionReason.timeout)
    verify_cancellation(session, response, CancelSessionReason.timeout)
    with pytest.raises(ExpectationError, match="reason"):
        verify_cancellation(session, response, CancelSessionReason.postponed)


def test_sm_ds_has_its_own_certificate(card, make_server):
    session = make_server(smds=True).authenticated(card)
    verify_authentication(session, session.authentication)
    expect.error(session.prepare(), DownloadErrorCode.noSessionContext)


def test_second_server_is_of_another_owner(card, make_server):
    session = make_server().authenticated(card)
    other = make_server(number=2)
    assert other.oid != session.server.oid
    response = session.prepare(certificate=other.pb, sign_with=other.pb.private_key)
    expect.error(response, DownloadErrorCode.invalidCertificate)


def test_damaged_response_does_not_verify(card, server):
    session = server.open(card)
    response = session.authenticate()
    damaged = type(response).decode(tlv_edit.flipped(response.encode(), 0xA0, Tag.Signature))
    with pytest.raises(ExpectationError, match="euiccSignature1"):
        verify_authentication(session, damaged)


def test_other_transaction_id_in_the_answer_does_not_verify(card, server):
    session = server.open(card)
    response = session.authenticate()
    damaged = type(response).decode(tlv_edit.flipped(response.encode(), 0xA0, Tag.Sequence, 0x80))
    with pytest.raises(ExpectationError, match="transactionId"):
        verify_authentication(session, damaged)


def test_transaction_id_of_the_request_is_that_of_the_session(card, server):
    session = server.open(card)
    expect.ok(session.authenticate(transaction_id=b"\x07"))
    assert session.transaction_id == TransactionId(b"\x07")


def test_chain_under_another_ci_than_asked_for_does_not_verify(card, make_server):
    session = make_server().open(card)
    response = session.authenticate()
    session.ci_pkid = make_server(curve=Curve.BRAINPOOL_P256R1).ci_pkid
    with pytest.raises(ExpectationError, match="CI key of the card's chain"):
        verify_authentication(session, response)


def test_package_is_segmented_as_the_lpa_sends_it(card, server):
    package = server.prepared(card).package(PROFILE, metadata_size=80)
    first = [segment.octets[:2].hex() for segment in package.segments]
    assert first[:2] == ["bf36", "a01a"]
    assert package.header_of(BppCommandId.storeMetadata) == 2
    assert package.of(BppCommandId.storeMetadata) == (3, 4, 5)
    assert package.of(BppCommandId.configureISDP) == (1,)
    # Together they are one well-formed data object.
    whole = tlv.parse(b"".join(segment.octets for segment in package.segments))
    assert [one.tag for one in whole.children()] == [0xBF23, 0xA0, 0xA1, 0xA3]


@pytest.mark.parametrize(
    ("command", "place"),
    [
        (BppCommandId.configureISDP, 0),
        (BppCommandId.storeMetadata, 0),
        (BppCommandId.loadProfileElements, -1),
    ],
)
def test_flipped_mac_is_reported_for_its_command(card, server, command, place):
    session = server.prepared(card)
    package = session.package(PROFILE)
    loaded = session.load(package.flipped(package.of(command)[place]))
    expect.pir_error(loaded.pir, command, ErrorReason.scp03tSecurityError)
    verify_pir(session, loaded.pir)
    assert len(loaded.responses) == package.of(command)[place] + 1


def test_replaced_keys_protect_the_profile(card, server):
    keys = BspKeys(bytes(16), b"\x01" * 16, b"\x02" * 16)
    session = server.prepared(card)
    package = session.package(PROFILE, replace_keys=keys)
    assert len(package.of(BppCommandId.replaceSessionKeys)) == 1
    expect.pir_success(session.load(package).pir)


def test_protection_of_one_tlv_can_be_replaced(card, server):
    def skip_a_counter(command, number, bsp, plaintext):
        if command is BppCommandId.loadProfileElements and number == 1:
            bsp = replace(bsp, counter=bsp.counter + 1)
        return protect_correctly(command, number, bsp, plaintext)

    session = server.prepared(card)
    loaded = session.install(PROFILE, protect=skip_a_counter)
    expect.pir_error(
        loaded.pir,
        BppCommandId.loadProfileElements,
        ErrorReason.scp03tSecurityError,
        ErrorReason.installFailedDueToPEProcessingError,
    )


def test_signed_mistake_of_the_secure_channel_is_refused(card, server):
    session = server.prepared(card)
    loaded = session.install(PROFILE, key_type=0x80)
    expect.pir_error(
        loaded.pir, BppCommandId.initialiseSecureChannel, ErrorReason.unsupportedCrtValues
    )
    again = server.prepared(card)
    loaded = again.install(PROFILE, transaction_id=b"\x99")
    expect.pir_error(
        loaded.pir, BppCommandId.initialiseSecureChannel, ErrorReason.invalidTransactionId
    )


def test_group_length_can_be_wrong(card, server):
    package = server.prepared(card).package(PROFILE, lengths=((0xA3, 5000),))
    header = package.segments[package.header_of(BppCommandId.loadProfileElements)]
    assert header.octets == bytes.fromhex("A3821388")


def test_notifications_of_a_switch_verify(card, server, run):
    server.install(card, PROFILE)
    others = [one for one in card.pending_notifications() if one[0] == 0x30]
    assert len(others) == 1
    verify_notification(card, server, others[0])
    with pytest.raises(ExpectationError, match="euiccNotificationSignature"):
        verify_notification(card, server, tlv_edit.flipped(others[0], Tag.Signature))


def test_signature_of_a_result_fails_the_rows_that_own_it_alone(card, server):
    session = server.prepared(card)
    pir = session.install(PROFILE).pir
    flipped = tlv_edit.flipped(pir.raw, Tag.Signature)
    damaged = ProfileInstallationResult.decode(flipped)
    card.rows = frozenset({"ES10b.LoadBoundProfilePackage#01"})
    with pytest.raises(ExpectationError, match="euiccSignPIR"):
        verify_pir(session, damaged)
    card.rows = frozenset({"ES10b.LoadBoundProfilePackage#08"})
    verify_pir(session, damaged)
    (note,) = card.notes
    assert note.startswith("also: euiccSignPIR: ")
    assert "ES10b.RetrieveNotificationsList#11" in note


def test_flaws_of_a_chain_fail_their_own_rows(card, server):
    session = server.authenticated(card)
    eum, euicc = session.eum_certificate, session.euicc_certificate
    server.now = datetime(2400, 1, 1, tzinfo=UTC)
    card.rows = frozenset({"ES10b.AuthenticateServer#09"})
    verify_chain(card, server, eum, euicc)
    assert any("procedure.Certificates#01" in one for one in card.notes)
    card.rows = frozenset({"procedure.Certificates#01"})
    with pytest.raises(ExpectationError, match=r"CERT\.EUM: expected a sound certificate"):
        verify_chain(card, server, eum, euicc)


def test_parameters_make_a_separate_profile(card, server):
    own = replace(preset("PROFILE_OPERATIONAL2"), spn="Another", gid1=b"\x01")
    server.install(card, own)
    (listed,) = card.profiles()
    assert listed.service_provider_name == "Another"
    assert listed.profile_owner.gid1 == b"\x01"


def test_same_seed_gives_the_same_session(run, make_server):
    challenges = [make_server().octets(16) for _ in range(2)]
    assert challenges[0] == challenges[1]
    assert make_server(number=2).octets(16) != challenges[0]


def test_bundle_without_a_server_is_inconclusive(run):
    without = Pki(tuple(c for c in run.pki.credentials if c.certificate.role is not Role.DS_AUTH))
    with pytest.raises(Inconclusive, match=r"CERT\.DSauth"):
        RspServer(without, Curve.NIST_P256, smds=True, now=run.options.started)
