"""ES10b.AuthenticateServer of version 3: CRLs that a server staples to its chain.

Which certificates need a CRL, and which of several codes comes, is not public: what rests on that
is a probe. Any card refuses a listed certificate, and a list that its issuer has not signed.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rspcore.messages.v3.server_authentication import AuthenticateErrorCode as Code
from rspcore.pki.issue_crl import issue_crl
from rspcore.pki.variants import Variant
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import newer_server
from rspharness.servers.card_signatures import verify_authentication
from rspharness.servers.chain_server import ChainServer, verify_newer

CHAINS = {"O_VAR_OV3": Variant.OV3, "VAR_A": Variant.A, "VAR_B": Variant.B, "VAR_C": Variant.C}
REFUSALS = (
    Code.missingCrl,
    Code.invalidCrlSignature,
    Code.revokedCert,
    Code.invalidCertOrCrlTime,
    Code.invalidCertOrCrlConfiguration,
)
LATE = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def newer(server, options):
    """Returns the server with a chain of the card's variant of version 3."""
    named = [variant for name, variant in CHAINS.items() if options[name]]
    return ChainServer(server, named[0] if named else Variant.OV3)


def stapled(card, step, newer, crls, what):
    """Authenticates a server that says it staples CRLs; returns session and answer."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = newer.open(card)
        session.crls = crls
    with step(f"S_LPAd -> eUICC: AuthenticateServer, crlStaplingV3Used TRUE, {what}"):
        return session, session.authenticate()


def recorded(note, response, *codes):
    """Notes what a probe met, and requires one of the codes where it was refused."""
    error = response.authenticate_response_error
    note("accepted" if error is None else f"refused: {error.authenticate_error_code}")
    if error is not None:
        expect.error(response, *codes)


@testcase("ES10b.AuthenticateServer#67", level="read-only")
@testcase.both_curves
def test_crl_of_another_key_is_refused(card, newer, note, step):
    """A CRL that another key has signed in the name of the issuer is refused."""
    crls = newer.crls(sign_with=newer.one_time_key())
    _, response = stapled(card, step, newer, crls, "the first CRL signed by another key")
    with step("Expected: invalidCrlSignature(10); another of 9 to 13 passes, recorded"):
        expect.error(response, *REFUSALS)
        note(f"refused: {response.authenticate_response_error.authenticate_error_code}")


@testcase("ES10b.AuthenticateServer#68", level="read-only")
@testcase.both_curves
def test_revoked_certificate_is_refused(card, newer, note, step):
    """A CERT.DPauth that a CRL of its issuer lists is refused."""
    crls = newer.crls(revoked=[newer.auth.certificate.serial_number])
    _, response = stapled(card, step, newer, crls, "CERT.DPauth listed")
    with step("Expected: revokedCert(11); another of 9 to 13 passes, recorded"):
        expect.error(response, *REFUSALS)
        note(f"refused: {response.authenticate_response_error.authenticate_error_code}")


@testcase("ES10b.AuthenticateServer#66", level="read-only")
def test_no_crl_though_stapled(card, newer, note, step):
    """The server says that it staples CRLs, and sends none."""
    _, response = stapled(card, step, newer, [], "no crlList")
    with step("Expected: missingCrl(9), or authenticateResponseOk; recorded"):
        recorded(note, response, Code.missingCrl)


@testcase("ES10b.AuthenticateServer#69", level="read-only")
def test_crl_of_another_time(card, newer, note, step):
    """A CRL was issued after the certificate that it is about has ended."""
    signer = newer.chain.signers[0]
    late = issue_crl(signer, newer.auth.certificate.distribution_points[:1], this_update=LATE)
    crls = [late, *newer.crls()[1:]]
    _, response = stapled(card, step, newer, crls, "a CRL after the end of CERT.DPauth")
    with step("Expected: 12, 13 or authenticateResponseOk; recorded"):
        recorded(note, response, Code.invalidCertOrCrlTime, Code.invalidCertOrCrlConfiguration)


@testcase("ES10b.AuthenticateServer#70", level="read-only")
def test_crl_of_another_point(card, newer, note, step):
    """A CRL names an issuing point that the certificate does not."""
    other = issue_crl(newer.chain.signers[0], ["http://other.example/CRL.crl"])
    _, response = stapled(card, step, newer, [other, *newer.crls()[1:]], "another issuing point")
    with step("Expected: 13, 10 or authenticateResponseOk; recorded"):
        recorded(note, response, Code.invalidCertOrCrlConfiguration, Code.invalidCrlSignature)


@testcase.each(
    "serials",
    {"ES10b.AuthenticateServer#71": [1], "ES10b.AuthenticateServer#72": []},
    level="read-only",
)
def test_good_crls(card, newer, note, step, serials):
    """With a CRL of every CA that lists no certificate of the chain the server is accepted."""
    crls = newer.crls(revoked=serials)
    session, response = stapled(card, step, newer, crls, f"{len(crls)} CRLs")
    with step("Expected: authenticateResponseOk, or missingCrl(9); recorded"):
        recorded(note, response, Code.missingCrl)
        if response.authenticate_response_ok is not None:
            verify_newer(session, response)


@testcase("ES10b.AuthenticateServer#97", level="read-only")
def test_listed_in_a_crl_of_another_key(card, newer, note, step):
    """CERT.DPauth is listed, and another key has signed the list."""
    serial = newer.auth.certificate.serial_number
    crls = newer.crls(revoked=[serial], sign_with=newer.one_time_key())
    _, response = stapled(card, step, newer, crls, "listed, and signed by another key")
    with step("Expected: invalidCrlSignature(10) or revokedCert(11); recorded"):
        error = response.authenticate_response_error
        note("accepted" if error is None else f"refused: {error.authenticate_error_code}")
        expect.error(response, Code.invalidCrlSignature, Code.revokedCert)


@testcase("ES10b.AuthenticateServer#98", level="read-only")
def test_crl_of_the_ci_alone(card, newer, note, step):
    """The CRL of the SubCA is missing, that of the CI is there."""
    crls = newer.crls()[1:]
    _, response = stapled(card, step, newer, crls, "the CRL of the CI alone")
    with step("Expected: missingCrl(9), or authenticateResponseOk; recorded"):
        recorded(note, response, Code.missingCrl)


@testcase("ES10b.AuthenticateServer#99", level="read-only")
def test_nothing_stapled(card, server, step):
    """Without stapling there is no revocation check."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, crlStaplingV3Used FALSE, no crlList"):
        context = replace(newer_server.CONTEXT, crl_stapling_v3_used=False)
        signed = newer_server.server_signed1(session, context)
        response = session.authenticate(server_signed1=signed)
    with step("Expected: authenticateResponseOk"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#100", level="read-only")
def test_crls_that_are_not_used(card, newer, note, step):
    """The server says that no CRLs are used, and sends some."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = newer.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, crlStaplingV3Used FALSE, crlList"):
        serial = newer.auth.certificate.serial_number
        listed = newer.crls(revoked=[serial])
        response = session.authenticate(
            certificates_and_crls=session.others + newer_server.crl_list(listed)
        )
    with step("Expected: authenticateResponseOk, undefinedError(127) or 13; recorded"):
        recorded(note, response, Code.undefinedError, Code.invalidCertOrCrlConfiguration)
