"""ES10b.AuthenticateServer of version 3: what a server, an LPA and a device say more."""

from rspcore import tlv
from rspcore.ids import Iccid, Oid, Version
from rspcore.messages.es10b import AuthenticateErrorCode
from rspcore.messages.v3.capability_bits import LpaRspCapability
from rspcore.messages.v3.card_and_device import (
    DeviceCapabilities,
    DeviceInfo,
    EuiccFormFactorType,
)
from rspcore.messages.v3.server_authentication import (
    AuthenticateErrorCode as V3Code,
)
from rspcore.messages.v3.server_authentication import (
    CtxParamsForCommonAuthentication,
    CtxParamsForDeviceChange,
    CtxParamsForPushServiceRegistration,
    MatchingIdSource,
    OperationType,
)
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import newer_server
from rspharness.servers.card_signatures import verify_authentication
from rspharness.servers.request_overrides import DEVICE_INFO

UNKNOWN = bytes.fromhex("9F7F03010203") + bytes.fromhex("BF7F0480020405")
LPA = frozenset({LpaRspCapability.crlStaplingV3Support, LpaRspCapability.certChainV3Support})
NEW_DEVICE = DeviceInfo(
    tac=DEVICE_INFO.tac,
    device_capabilities=DeviceCapabilities(lpa_svn=Version.from_text("3.1.0")),
    preferred_languages=("de-AT", "en"),
    device_test_mode=True,
    lpa_rsp_capability=LPA,
)
FORM_FACTOR = DeviceInfo(
    tac=DEVICE_INFO.tac,
    device_capabilities=DeviceCapabilities(
        euicc_form_factor_type=EuiccFormFactorType.nonRemovableEuicc
    ),
    lpa_rsp_capability=LPA,
)
OID = Oid("2.999.15")
ICCID = Iccid.from_digits("8929909999999999999")


def vendor_extension():
    """Returns a vendor extension (A4) of one entry."""
    entry = tlv.encode(0x30, tlv.encode(0x80, Oid("2.999.1").content), tlv.encode(0x81, b"\1\2"))
    return tlv.encode(0xA4, entry)


def context(**fields):
    """Returns ctxParams1 of a download with the fields of version 3."""
    device = DeviceInfo(tac=DEVICE_INFO.tac, device_capabilities=DeviceCapabilities())
    return CtxParamsForCommonAuthentication(
        **{"matching_id": "MATCHING-ID", "device_info": device, **fields}
    ).encode()


def require_echoed(session, response):
    """Requires euiccSigned1 with ctxParams1 as sent, octet for octet; all else verifies."""
    verify_authentication(session, response)
    sent = response.authenticate_response_ok.euicc_signed1.ctx_params1
    expect.equal(sent, session.ctx_params1, "ctxParams1 in euiccSigned1")


def asked(session, **fields):
    """Sends AuthenticateServer as a server of version 3."""
    return session.authenticate(server_signed1=newer_server.server_signed1(session), **fields)


@testcase.each(
    "fields",
    {
        "ES10b.AuthenticateServer#15": {"device_info": NEW_DEVICE},
        "ES10b.AuthenticateServer#101": {"device_info": FORM_FACTOR},
        "ES10b.AuthenticateServer#16": {
            "operation_type": frozenset({OperationType.profileDownload, OperationType.rpm})
        },
        "ES10b.AuthenticateServer#18": {"vendor_specific_extension": vendor_extension()},
        "ES10b.AuthenticateServer#103": {
            "operation_type": frozenset({OperationType.rpm}),
            "iccid": ICCID,
            "matching_id_source": MatchingIdSource(smds_oid=OID),
            "vendor_specific_extension": vendor_extension(),
        },
    },
    level="read-only",
)
def test_context_is_echoed(card, server, step, fields):
    """What version 3 added to ctxParams1 and deviceInfo is signed as it was sent."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step(f"S_LPAd -> eUICC: AuthenticateServer with {', '.join(fields)}"):
        response = asked(session, ctx_params1=context(**fields))
    with step("Expected: authenticateResponseOk, ctxParams1 echoed unchanged"):
        require_echoed(session, response)


@testcase("ES10b.AuthenticateServer#17", level="read-only")
def test_every_source_of_the_matching_id_is_echoed(card, server, step):
    """The matchingIdSource may be an activation code, an SM-DS, or none."""
    for source in (
        MatchingIdSource(activation_code=True),
        MatchingIdSource(none=True),
        MatchingIdSource(smds_oid=OID),
    ):
        with step("Initial conditions: GetEUICCChallenge done"):
            session = server.open(card)
        shown = source.content().hex()
        with step(f"S_LPAd -> eUICC: AuthenticateServer, matchingIdSource {shown}"):
            response = asked(session, ctx_params1=context(matching_id_source=source))
        with step("Expected: echoed unchanged"):
            require_echoed(session, response)


@testcase("ES10b.AuthenticateServer#19", level="read-only")
def test_session_context(card, server, step):
    """A server of version 3 says its version and capabilities in serverSigned1."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with sessionContext and serverRspCapability"):
        response = asked(session)
    with step("Expected: authenticateResponseOk"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#20", level="read-only")
def test_unknown_elements_are_covered_by_the_signature(card, server, step):
    """Unknown elements of serverSigned1 are skipped; the signature is over all that came."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, unknown elements behind the known ones"):
        signed = newer_server.server_signed1(session, more=UNKNOWN)
        response = session.authenticate(server_signed1=signed)
    with step("Expected: authenticateResponseOk"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#109", level="read-only")
def test_server_of_version_2(card, server, step):
    """Without sessionContext the card answers as one of version 2, with its flat chain."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer as a server of version 2 sends it"):
        response = session.authenticate()
    with step("Expected: authenticateResponseOk, ctxParams1 as sent, two certificates"):
        require_echoed(session, response)
        whole = expect.data_object(response.raw, response.TAG).find(0xA0)
        tags = [f"{one.tag:02X}" for one in whole.children()]
        expect.equal(tags, ["30", "5F37", "30", "30"], "elements of authenticateResponseOk")


@testcase("ES10b.AuthenticateServer#80", level="read-only")
def test_alternative_of_a_feature_that_is_absent(card, server, note, options, step):
    """An alternative of ctxParams1 for a feature the card lacks is refused, or not looked at."""
    alternatives = {
        "PUSH": CtxParamsForPushServiceRegistration(selected_push_service=OID, push_token=str(OID)),
        "O_E_DEVICE_CHANGE": CtxParamsForDeviceChange(
            iccid=ICCID,
            device_info=DeviceInfo(tac=DEVICE_INFO.tac, device_capabilities=DeviceCapabilities()),
        ),
    }
    lacking = [name for name in alternatives if not options.get(name, False)]
    if not lacking:
        note("the card has every feature that an alternative is for")
        return
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step(f"S_LPAd -> eUICC: AuthenticateServer, ctxParams1 for {lacking[0]}"):
        signed = newer_server.server_signed1(session)
        request = session.authenticate_request(
            server_signed1=signed, ctx_params1=alternatives[lacking[0]].encode()
        )
        answer = card.store(request)
    with step("Expected: undefinedError(127); recorded"):
        note(f"SW {answer.sw:04X}, {answer.data[:40].hex().upper()}")
        expect.equal(error_code(answer), V3Code.undefinedError, "authenticateErrorCode")


def error_code(answer):
    """Returns the error code of an answer to AuthenticateServer, None where it has none."""
    if not answer.data:
        return None
    inner = expect.data_object(answer.data, 0xBF38).find(0xA1)
    code = None if inner is None else inner.find(0x02)
    return None if code is None else int.from_bytes(code.value, "big")


@testcase("ES10b.AuthenticateServer#82", level="read-only")
def test_no_key_named(card, server, note, step):
    """Without euiccCiPKIdToBeUsed the card takes the first of its list, or refuses."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer without euiccCiPKIdToBeUsed"):
        response = asked(session, ci_pkid=None)
    with step("Expected: ciPKUnknown(7); recorded"):
        refused = response.authenticate_response_error
        note("accepted" if refused is None else f"refused: {refused.authenticate_error_code}")
        expect.error(response, AuthenticateErrorCode.ciPKUnknown)


@testcase("ES10b.AuthenticateServer#73", level="read-only")
def test_crl_list_without_stapling(card, server, note, step):
    """A card without stapling ignores crlList, or refuses."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, crlList of one data object"):
        response = asked(session, certificates_and_crls=tlv.encode(0xA2, tlv.encode(0x30)))
    with step("Expected: authenticateResponseOk or undefinedError(127); recorded"):
        refused = response.authenticate_response_error
        note("accepted" if refused is None else f"refused: {refused.authenticate_error_code}")
        if refused is not None:
            expect.error(response, AuthenticateErrorCode.undefinedError)


@testcase("ES10b.AuthenticateServer#102", level="read-only")
def test_device_info_that_was_not_announced(card, server, note, step):
    """A deviceInfo of version 3 goes to a card without the bit for it."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, deviceInfo with 85 and 8D"):
        response = card.store(
            session.authenticate_request(
                server_signed1=newer_server.server_signed1(session),
                ctx_params1=context(device_info=FORM_FACTOR),
            )
        )
    with step("Expected: echoed, or refused; recorded"):
        note(f"SW {response.sw:04X}, {response.data[:40].hex().upper()}")


@testcase("ES10b.AuthenticateServer#104", level="read-only")
def test_context_that_was_not_announced(card, server, note, step):
    """Elements of ctxParams1 of version 3.1 go to a card without the bit for them."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, operationType, ICCID, source, extension"):
        fields = {
            "operation_type": frozenset({OperationType.profileDownload}),
            "iccid": ICCID,
            "matching_id_source": MatchingIdSource(activation_code=True),
            "vendor_specific_extension": vendor_extension(),
        }
        response = asked(session, ctx_params1=context(**fields))
    with step("Expected: authenticateResponseOk or undefinedError(127); recorded"):
        refused = response.authenticate_response_error
        note("accepted" if refused is None else f"refused: {refused.authenticate_error_code}")


@testcase("ES10b.AuthenticateServer#105", level="read-only")
def test_transaction_of_a_session_that_was_left(card, server, note, step):
    """The TransactionID of a session that was left without CancelSession comes again."""
    with step("Initial conditions: AuthenticateServer done, then GetEUICCChallenge"):
        left = server.authenticated(card)
        session = server.open(card)
        session.transaction_id = left.transaction_id
    with step("S_LPAd -> eUICC: AuthenticateServer, the same transactionId"):
        response = asked(session)
    with step("Expected: ok, or transactionIdError(8), invalidCertificate(1), undefinedError(127)"):
        refused = response.authenticate_response_error
        note("accepted" if refused is None else f"refused: {refused.authenticate_error_code}")


@testcase("ES10b.AuthenticateServer#89", level="read-only")
def test_certificate_past_its_end(card, server, note, step):
    """A card without a clock may take a certificate whose time is over."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, CERT.DPauth past notAfter"):
        response = asked(session, certificate=server.flawed("expired"))
    with step("Expected: ok, or invalidCertificate(1) or invalidCertOrCrlTime(12); recorded"):
        refused = response.authenticate_response_error
        note("accepted" if refused is None else f"refused: {refused.authenticate_error_code}")


@testcase("ES10b.PrepareDownload#11", level="read-only")
def test_additional_information_of_a_download(card, server, note, step):
    """The euiccSigned2 may hold vendor data; what is there is well-formed."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: PrepareDownload"):
        response = session.prepare()
    with step("Expected: additionalInformation absent, or a list of OID and data"):
        expect.ok(response)
        signed = response.download_response_ok.euicc_signed2
        found = expect.data_object(signed.raw, 0x30).find(0x30)
        note("additionalInformation: " + ("absent" if found is None else "present"))
        for entry in () if found is None else found.children():
            expect.equal([one.tag for one in entry.children()][:1], [0x80], "first of an entry")
