"""ES10b.AuthenticateServer: what the card answers to a server it can trust."""

from dataclasses import replace

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import TransactionId, Version
from rspcore.messages.es10b import (
    CtxParamsForCommonAuthentication,
    GetEuiccInfo1Request,
    ListNotificationRequest,
)
from rspcore.messages.es10c import ProfileInfoListRequest
from rspcore.messages.euicc_info import DeviceCapabilities
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers.card_signatures import verify_authentication, verify_preparation
from rspharness.servers.certificate_changes import lengthened
from rspharness.servers.request_overrides import DEVICE_INFO

NIST, BRP, FRP = Curve.NIST_P256, Curve.BRAINPOOL_P256R1, "frp256v1"
OTHER = {NIST: BRP, BRP: NIST}

EVERY_CAPABILITY = DeviceCapabilities(
    gsm_supported_release=Version.from_text("13.0.0"),
    utran_supported_release=Version.from_text("13.1.0"),
    cdma2000onex_supported_release=Version.from_text("1.0.0"),
    cdma2000hrpd_supported_release=Version.from_text("1.0.1"),
    cdma2000ehrpd_supported_release=Version.from_text("1.0.2"),
    eutran_epc_supported_release=Version.from_text("15.2.0"),
    contactless_supported_release=Version.from_text("9.0.0"),
    rsp_crl_supported_version=Version.from_text("2.5.0"),
    nr_epc_supported_release=Version.from_text("15.3.0"),
    nr5gc_supported_release=Version.from_text("15.4.0"),
    eutran5gc_supported_release=Version.from_text("15.5.0"),
)
IMEI = bytes.fromhex("3502906019374625")
UNKNOWN = bytes.fromhex("9F7F03010203") + bytes.fromhex("BF7F0480020405")


def of_two_cis(card, one, other):
    """Requires the card to sign and to verify under the CIs of two servers."""
    info = card.send(GetEuiccInfo1Request())
    expect.that(
        holds={one.ci_pkid, other.ci_pkid}
        <= set(info.euicc_ci_pkid_list_for_signing) & set(info.euicc_ci_pkid_list_for_verification),
        expected="both CIs of the suites in both lists of EUICCInfo1",
        actual=f"{len(info.euicc_ci_pkid_list_for_signing)} for signing, "
        f"{len(info.euicc_ci_pkid_list_for_verification)} for verification",
    )


@testcase.each(
    "on, smds",
    {
        "ES10b.AuthenticateServer#01": (NIST, False),
        "ES10b.AuthenticateServer#02": (NIST, True),
        "ES10b.AuthenticateServer#03": (BRP, False),
        "ES10b.AuthenticateServer#04": (BRP, True),
        "ES10b.AuthenticateServer#05": (FRP, False),
        "ES10b.AuthenticateServer#06": (FRP, True),
    },
    level="read-only",
)
def test_server_is_authenticated(card, make_server, step, on, smds):
    """A sound chain of an SM-DP+ or SM-DS is answered with euiccSigned1 and a sound chain."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = make_server(smds=smds, curve=on).open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer"):
        response = session.authenticate()
    with step("Expected: authenticateResponseOk; echoed fields, signature and chain verify"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#07", level="read-only")
def test_card_signs_with_its_other_key_when_asked(card, make_server, step):
    """A server on NIST that asks for the BRP key gets a signature of the BRP key."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = make_server(curve=NIST).open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, euiccCiPKIdToBeUsed of the BRP CI"):
        response = session.authenticate(ci_pkid=make_server(curve=BRP).ci_pkid)
    with step("Expected: euiccSignature1 verifies under the BRP eUICC certificate"):
        verify_authentication(session, response)
        expect.equal(session.euicc_certificate.curve, BRP, "curve of CERT.EUICC")


@testcase("ES10b.AuthenticateServer#54", level="read-only")
def test_key_follows_the_identifier_and_not_the_server(card, make_server, curve, step):
    """A server under one CI may name another in euiccCiPKIdToBeUsed; the card signs under that."""
    server, other = make_server(), make_server(curve=OTHER[curve])
    with step("Initial conditions: two CIs on the eUICC, GetEUICCChallenge done"):
        of_two_cis(card, server, other)
        session = other.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, certificate under the other CI"):
        response = session.authenticate(ci_pkid=server.ci_pkid)
    with step("Expected: authenticateResponseOk, the chain under the CI of the identifier"):
        verify_authentication(session, response)


@testcase.each(
    "fields",
    {
        "ES10b.AuthenticateServer#09": {"matching_id": "04386-AGYFT-A74Y8-3F815"},
        "ES10b.AuthenticateServer#10": {"matching_id": ""},
        "ES10b.AuthenticateServer#11": {"matching_id": None},
        "ES10b.AuthenticateServer#12": {
            "device_info": replace(DEVICE_INFO, device_capabilities=EVERY_CAPABILITY, imei=IMEI)
        },
        "ES10b.AuthenticateServer#13": {"device_info": replace(DEVICE_INFO, imei=None)},
    },
    level="read-only",
)
def test_ctx_params1_is_echoed(card, server, step, fields):
    """Whatever ctxParams1 holds comes back octet for octet in euiccSigned1."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step(f"S_LPAd -> eUICC: AuthenticateServer, {' and '.join(fields)} of its own"):
        response = session.authenticate(**fields)
    with step("Expected: authenticateResponseOk, ctxParams1 unchanged"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#14", level="read-only")
def test_unknown_objects_of_device_info_are_echoed(card, server, step):
    """Data objects of deviceInfo that the card does not know come back with the rest."""
    ctx_params1 = CtxParamsForCommonAuthentication(device_info=DEVICE_INFO).encode()
    extended = tlv_edit.appended(ctx_params1, UNKNOWN, 0xA1)
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, deviceInfo with 9F7F and BF7F"):
        response = session.authenticate(ctx_params1=extended)
    with step("Expected: authenticateResponseOk, ctxParams1 unchanged"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#21", level="read-only")
def test_transaction_id_of_any_length_is_accepted(card, server, step):
    """A TransactionID may have 1 octet, and may have 16."""
    for octets in (b"\x01", bytes(range(0xF0, 0x100))):
        with step(f"S_LPAd -> eUICC: AuthenticateServer, transactionId of {len(octets)} octets"):
            session = server.open(card)
            session.transaction_id = TransactionId(octets)
            response = session.authenticate()
        with step("Expected: authenticateResponseOk, the same transactionId"):
            verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#22", level="read-only")
def test_large_certificate_is_accepted(card, server, step):
    """A certificate of more than 700 octets is sent in several blocks and accepted."""
    large = server.reissued(lengthened(600))
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step(f"S_LPAd -> eUICC: AuthenticateServer, CERT.DPauth of {len(large)} octets"):
        response = session.authenticate(certificate=large)
    with step("Expected: authenticateResponseOk"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#39", level="read-only")
def test_expired_certificate_is_accepted(card, server, step):
    """An eUICC has no clock: a certificate past its notAfter date is accepted."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, CERT.DPauth with notAfter in the past"):
        response = session.authenticate(certificate=server.flawed("expired"))
    with step("Expected: authenticateResponseOk"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#55", level="read-only")
def test_unusual_server_address_is_echoed(card, server, step):
    """The card compares no addresses: it signs the one it got, octet for octet."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, serverAddress in mixed case with a port"):
        session.server_address = "TestSMDPplus1.XN--bcher-kva.Example.COM:8443"
        response = session.authenticate()
    with step("Expected: authenticateResponseOk, serverAddress unchanged"):
        verify_authentication(session, response)
        signed = tlv_edit.at(response.encode(), 0xA0, 0x30, 0x83)
        expect.equal(signed, tlv.encode(0x83, session.server_address.encode()), "serverAddress")


@testcase("ES10b.AuthenticateServer#58", level="read-only")
def test_new_session_after_a_refusal(card, server, step):
    """After a refusal the server is authenticated with a new challenge."""
    with step("Initial conditions: an AuthenticateServer with a wrong signature was refused"):
        refused = server.open(card).authenticate(signature=bytes(64))
        expect.that(
            holds=refused.authenticate_response_ok is None,
            expected="authenticateResponseError",
            actual="authenticateResponseOk",
        )
    with step("S_LPAd -> eUICC: GetEUICCChallenge, AuthenticateServer"):
        session = server.open(card)
        response = session.authenticate()
    with step("Expected: authenticateResponseOk"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#74")
def test_session_survives_reading(card, server, step):
    """GetProfilesInfo and ListNotification answer within a session and do not end it."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: GetProfilesInfo, ListNotification"):
        expect.ok(card.send(ProfileInfoListRequest()))
        expect.ok(card.send(ListNotificationRequest()))
    with step("S_LPAd -> eUICC: PrepareDownload"):
        response = session.prepare()
    with step("Expected: downloadResponseOk"):
        verify_preparation(session, response)


@testcase("ES10b.AuthenticateServer#91")
def test_session_leaves_no_trace(card, given, server, step):
    """After a reset nothing shows that a server was authenticated."""
    given.profiles("PROFILE_OPERATIONAL1", notifications=True)
    given.default_address("dp.example.com")
    before = card.observe()
    with step("S_LPAd -> eUICC: GetEUICCChallenge, AuthenticateServer, then reset"):
        server.authenticated(card)
        card.reset()
    with step("Expected: ListNotification, GetProfilesInfo and BF3C as before"):
        expect.unchanged(before, card.observe())


@testcase.both_curves
@testcase.each(
    "place",
    {"ES10b.AuthenticateServer#116": 0, "ES10b.AuthenticateServer#117": 32},
    level="read-only",
)
def test_signature_number_that_begins_with_zeros(card, server, step, place):
    """A serverSignature1 whose r, or whose s, begins with 00 is a signature like others."""
    with step("Initial conditions: GetEUICCChallenge done, a fitting serverChallenge found"):
        session = server.open(card)
        signature = server.auth.private_key.sign(session.server_signed1())
        while signature[place]:
            number = int.from_bytes(session.server_challenge, "big") + 1
            session.server_challenge = (number % 2**128).to_bytes(16, "big")
            signature = server.auth.private_key.sign(session.server_signed1())
    with step(f"S_LPAd -> eUICC: AuthenticateServer, octet {place} of serverSignature1 is 00"):
        response = session.authenticate()
    with step("Expected: authenticateResponseOk, the signature verifies"):
        verify_authentication(session, response)
