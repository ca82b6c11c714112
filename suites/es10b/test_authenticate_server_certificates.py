"""ES10b.AuthenticateServer: certificates of a server that the card must not trust."""

from rspcore.messages.es10b import AuthenticateErrorCode
from rspcore.pki.generate import make_pki
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.card_signatures import verify_authentication
from rspharness.servers.certificate_changes import issued_by, on_curve
from rspharness.servers.own_signature import SelfSigned

INVALID_CERTIFICATE = AuthenticateErrorCode.invalidCertificate
UNSUPPORTED_CURVE = AuthenticateErrorCode.unsupportedCurve
INVALID_OID = AuthenticateErrorCode.invalidOid


def refused(card, step, server, codes, **fields):
    """Sends AuthenticateServer with another certificate; requires a code and no change."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
        before = card.observe()
    with step("S_LPAd -> eUICC: AuthenticateServer"):
        response = session.authenticate(**fields)
    with step(f"Expected: authenticateResponseError, {expect.names(codes)}"):
        expect.error(response, *codes)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase.both_curves
@testcase.each(
    "flaw",
    {
        "ES10b.AuthenticateServer#38": "bad_signature",
        "ES10b.AuthenticateServer#40": "no_key_usage",
        "ES10b.AuthenticateServer#41": "key_agreement",
        "ES10b.AuthenticateServer#83": "no_registered_id",
        "ES10b.AuthenticateServer#84": "critical_extension",
    },
    level="read-only",
)
def test_flawed_dpauth_is_refused(card, server, step, flaw):
    """A CERT.DPauth with one flaw is an invalid certificate."""
    refused(card, step, server, (INVALID_CERTIFICATE,), certificate=server.flawed(flaw))


@testcase.both_curves
@testcase.each(
    "flaw",
    {
        "ES10b.AuthenticateServer#47": "bad_signature",
        "ES10b.AuthenticateServer#48": "key_agreement",
    },
    level="read-only",
)
def test_flawed_dsauth_is_refused(card, smds, step, flaw):
    """A CERT.DSauth with one flaw is an invalid certificate."""
    refused(card, step, smds, (INVALID_CERTIFICATE,), certificate=smds.flawed(flaw))


@testcase.both_curves
@testcase("ES10b.AuthenticateServer#42", level="read-only")
def test_dpauth_of_another_ci_is_refused(card, server, curve, step):
    """A sound chain under a CI that the card does not have has an unknown key, or is invalid."""
    other = make_pki(b"another CI").dp_auth(curve)
    codes = (AuthenticateErrorCode.ciPKUnknown, INVALID_CERTIFICATE)
    refused(card, step, server, codes, certificate=other, sign_with=other.private_key)


@testcase.both_curves
@testcase("ES10b.AuthenticateServer#43", level="read-only")
def test_dpauth_with_another_name_of_the_issuer(card, server, step, note):
    """The issuer is found by key identifier: whether its name counts is recorded."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
        before = card.observe()
    with step("S_LPAd -> eUICC: AuthenticateServer, another issuer name in CERT.DPauth"):
        response = session.authenticate(certificate=server.reissued(issued_by("Another CI")))
    with step("Expected: authenticateResponseOk, or invalidCertificate(1)"):
        if response.authenticate_response_ok is not None:
            note("the card accepts another issuer name")
            verify_authentication(session, response)
        else:
            note(f"the card answers {expect.names([expect.code_of(response)])}")
            expect.error(response, INVALID_CERTIFICATE)
            expect.unchanged(before, card.observe())


@testcase.both_curves
@testcase("ES10b.AuthenticateServer#44", level="read-only")
def test_dppb_is_refused(card, server, step):
    """CERT.DPpb is sound, but of a role that authenticates no server."""
    other = server.pb
    refused(card, step, server, (INVALID_OID,), certificate=other, sign_with=other.private_key)


@testcase.both_curves
@testcase.each(
    "of_smds",
    {"ES10b.AuthenticateServer#45": False, "ES10b.AuthenticateServer#49": True},
    level="read-only",
)
def test_tls_certificate_is_refused(card, make_server, step, of_smds):
    """A TLS certificate authenticates no server to the card."""
    server = make_server(smds=of_smds)
    codes = (INVALID_OID, INVALID_CERTIFICATE)
    tls = server.tls
    refused(card, step, server, codes, certificate=tls, sign_with=tls.private_key)


@testcase.both_curves
@testcase("ES10b.AuthenticateServer#46", level="read-only")
def test_eum_certificate_is_refused(card, server, pki, curve, step):
    """CERT.EUM is under the CI, but no server's."""
    eum = pki.eum(curve)
    codes = (INVALID_OID, INVALID_CERTIFICATE)
    refused(card, step, server, codes, certificate=eum, sign_with=eum.private_key)


@testcase.both_curves
@testcase.each(
    "name",
    {
        "ES10b.AuthenticateServer#50": "P-192",
        "ES10b.AuthenticateServer#51": "brainpoolP192r1",
        "ES10b.AuthenticateServer#52": "P-384",
    },
    level="read-only",
)
def test_unsupported_curve_is_refused(card, server, step, name):
    """A key on a curve that the card does not know has a code of its own."""
    certificate = server.reissued(on_curve(name))
    refused(card, step, server, (UNSUPPORTED_CURVE,), certificate=certificate)


@testcase.both_curves
@testcase.each(
    "name, codes",
    {
        "ES10b.AuthenticateServer#92": ("secp256k1", (UNSUPPORTED_CURVE, INVALID_CERTIFICATE)),
        "ES10b.AuthenticateServer#93": ("P-256", (INVALID_CERTIFICATE,)),
        "ES10b.AuthenticateServer#94": ("brainpoolP256r1", (INVALID_CERTIFICATE,)),
    },
    level="read-only",
)
def test_dpauth_signed_by_its_own_key_is_refused(card, server, step, name, codes):
    """A CERT.DPauth that its own key has signed is refused, though serverSignature1 fits it."""
    own = SelfSigned(server.auth.certificate, name)
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
        before = card.observe()
    with step(f"S_LPAd -> eUICC: AuthenticateServer, certificate and signature by a {name} key"):
        signed = session.server_signed1()
        response = session.authenticate(
            server_signed1=signed, certificate=own.der, signature=own.sign(signed)
        )
    with step(f"Expected: authenticateResponseError, {expect.names(codes)}"):
        expect.error(response, *codes)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())
