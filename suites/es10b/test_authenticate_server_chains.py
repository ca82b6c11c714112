"""ES10b.AuthenticateServer of version 3: chains of every variant, of the server and of the card."""

from dataclasses import replace

import pytest

from rspcore.ids import Oid
from rspcore.messages.es10b import AuthenticateErrorCode
from rspcore.messages.v3 import server_authentication as v3
from rspcore.pki.certificate import Certificate, KeyUsage
from rspcore.pki.names_and_extensions import Extension
from rspcore.pki.roles import Role
from rspcore.pki.variants import Variant
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers import newer_server
from rspharness.servers.card_signatures import verify_authentication, verify_preparation
from rspharness.servers.chain_server import ChainServer, verify_newer

CHAINS = {"O_VAR_OV3": Variant.OV3, "VAR_A": Variant.A, "VAR_B": Variant.B, "VAR_C": Variant.C}
CODES = (
    v3.AuthenticateErrorCode.invalidCertificate,
    v3.AuthenticateErrorCode.invalidCertOrCrlConfiguration,
)


@pytest.fixture
def own(options):
    """Returns the variant of the card's chain of version 3."""
    return next(variant for name, variant in CHAINS.items() if options[name])


def accepted(card, step, newer):
    """Authenticates a server of version 3; requires a sound answer under the CI it named."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = newer.open(card)
    with step(f"S_LPAd -> eUICC: AuthenticateServer, chain of Variant {newer.chain.variant}"):
        response = session.authenticate()
    with step("Expected: authenticateResponseOk; signature and chain of version 3 verify"):
        verify_newer(session, response)
    return session, response


def refused(card, step, newer, codes):
    """Presents a chain; requires one of the codes and no change."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = newer.open(card)
        before = card.observe()
    with step("S_LPAd -> eUICC: AuthenticateServer"):
        response = session.authenticate()
    with step(f"Expected: authenticateResponseError, {expect.names(codes)}"):
        expect.error(response, *codes)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


def with_subca(server, own):
    """Returns the server with a chain that has a SubCA: the card's variant, or A."""
    return ChainServer(server, own if own is not Variant.OV3 else Variant.A)


@testcase.both_curves
@testcase.each(
    "variant",
    {
        "ES10b.AuthenticateServer#23": Variant.A,
        "ES10b.AuthenticateServer#25": Variant.B,
        "ES10b.AuthenticateServer#27": Variant.C,
        "ES10b.AuthenticateServer#29": Variant.OV3,
    },
    level="read-only",
)
def test_chain_of_an_sm_dp(card, server, step, variant):
    """A card with bit 16 verifies the chain of an SM-DP+ of each variant."""
    accepted(card, step, ChainServer(server, variant))


@testcase.both_curves
@testcase.each(
    "variant",
    {
        "ES10b.AuthenticateServer#24": Variant.A,
        "ES10b.AuthenticateServer#26": Variant.B,
        "ES10b.AuthenticateServer#28": Variant.C,
    },
    level="read-only",
)
def test_chain_of_an_sm_ds(card, smds, step, variant):
    """A card with bit 16 verifies the chain of an SM-DS of each variant."""
    accepted(card, step, ChainServer(smds, variant))


@testcase("ES10b.AuthenticateServer#30", level="read-only")
@testcase.both_curves
def test_flat_chain_of_version_2(card, server, step):
    """A card of version 3 goes on to accept servers with certificates of version 2."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, flat chain of version 2, sessionContext"):
        response = session.authenticate(server_signed1=newer_server.server_signed1(session))
    with step("Expected: authenticateResponseOk, chain of Variant O"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#08", level="read-only")
@testcase.both_curves
def test_key_named_by_session_context(card, server, own, step):
    """The CI that euiccCiPKIdToBeUsedV3 names is the one the card signs under."""
    newer = ChainServer(server, own)
    with step("Initial conditions: GetEUICCChallenge done"):
        session = newer.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, euiccCiPKIdToBeUsed of zero length"):
        response = session.authenticate(ci_pkid=b"")
    with step("Expected: authenticateResponseOk, chain of version 3 under the CI named"):
        verify_newer(session, response)


@testcase("ES10b.AuthenticateServer#31", level="read-only")
def test_chain_of_the_card(card, server, own, step):
    """The chain of a card with a SubCA has more than two certificates, and leads to the CI."""
    _, response = accepted(card, step, ChainServer(server, own))
    with step("Expected: otherCertsInChain present, no certificate of a CI in it"):
        ok = v3.AuthenticateServerResponse.decode(response.raw).authenticate_response_ok
        roles = [Certificate.from_der(one).role for one in ok.other_certs_in_chain or ()]
        expected = {
            Variant.A: [Role.EUM],
            Variant.B: [Role.CI_SUBCA],
            Variant.C: [Role.EUM, Role.CI_SUBCA],
        }
        expect.equal(roles, expected[own], "roles in otherCertsInChain")


@testcase("ES10b.AuthenticateServer#59", level="read-only")
@testcase.both_curves
def test_missing_intermediate_is_refused(card, server, own, step):
    """A chain that does not reach the CI is no chain."""
    newer = with_subca(server, own)
    refused(card, step, newer.with_chain(newer.auth, newer.chain.issuers[:-1]), CODES)


@testcase("ES10b.AuthenticateServer#60", level="read-only")
def test_wrong_order_of_intermediates(card, server, note, step):
    """A chain whose certificates are exchanged is refused, or sorted by the card."""
    newer = ChainServer(server, Variant.C)
    turned = newer.with_chain(newer.auth, tuple(reversed(newer.chain.issuers)))
    with step("Initial conditions: GetEUICCChallenge done"):
        session = turned.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, CI SubCA before the SubCA of the role"):
        response = session.authenticate()
    with step("Expected: invalidCertificate(1), or authenticateResponseOk; recorded"):
        error = response.authenticate_response_error
        note("accepted" if error is None else f"refused: {error.authenticate_error_code}")
        if error is not None:
            expect.error(response, AuthenticateErrorCode.invalidCertificate)


@testcase("ES10b.AuthenticateServer#61", level="read-only")
@testcase.both_curves
def test_path_length_is_held(card, server, step):
    """A SubCA of the CI that allows no CA below it has a SubCA below it."""
    short = Extension.basic_constraints(path_length=0)
    newer = ChainServer(server, Variant.C)
    refused(card, step, newer.reissued(1, lambda made: made.with_extension(short)), CODES)


@testcase.both_curves
@testcase.each(
    "extension",
    {
        "ES10b.AuthenticateServer#62": Extension.basic_constraints(ca=False),
        "ES10b.AuthenticateServer#63": Extension.key_usage(KeyUsage.CRL_SIGN),
    },
    level="read-only",
)
def test_subca_that_may_not_issue_is_refused(card, server, own, step, extension):
    """A SubCA has to be a CA, and its key one that signs certificates."""
    newer = with_subca(server, own)
    refused(card, step, newer.reissued(0, lambda made: made.with_extension(extension)), CODES)


@testcase("ES10b.AuthenticateServer#64", level="read-only")
def test_subca_of_another_role(card, server, note, own, step):
    """A SubCA of SM-DSs above CERT.DPauth is refused; the code is recorded."""
    other = Extension.policy(Role.DS_SUBCA.oid_v3, critical=False)
    newer = ChainServer(server, own if own in (Variant.A, Variant.C) else Variant.A)
    wrong = newer.reissued(0, lambda made: made.with_extension(other))
    with step("Initial conditions: GetEUICCChallenge done"):
        session = wrong.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, the policy of an SM-DS SubCA above DPauth"):
        response = session.authenticate()
    with step("Expected: invalidOid(5), invalidCertificate(1) or 13; recorded"):
        error = response.authenticate_response_error
        note("accepted" if error is None else f"refused: {error.authenticate_error_code}")
        expect.error(response, AuthenticateErrorCode.invalidOid, *CODES)


@testcase("ES10b.AuthenticateServer#65", level="read-only")
@testcase.both_curves
def test_subca_that_the_ci_has_not_signed_is_refused(card, server, own, step):
    """A SubCA that another key has signed in the name of the CI is none."""
    newer = with_subca(server, own)
    refused(card, step, newer.signed_by_another_key(len(newer.chain.issuers) - 1), CODES)


@testcase("ES10b.AuthenticateServer#110", level="read-only")
@testcase.both_curves
def test_chain_follows_the_key_that_is_named(card, server, own, step):
    """A card with both chains sends the one that belongs to the key the server named."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer without euiccCiPKIdToBeUsedV3"):
        response = session.authenticate(server_signed1=newer_server.server_signed1(session))
    with step("Expected: certificates of Variant O, the signature verifies"):
        verify_authentication(session, response)
        policies = session.euicc_certificate.policies
        expect.equal(policies, (Role.EUICC.oid.dotted,), "policy of CERT.EUICC")
    accepted(card, step, ChainServer(server, own))


@testcase("ES10b.AuthenticateServer#111", level="read-only")
@testcase.both_curves
def test_key_outside_the_list_of_version_3(card, server, step):
    """A CI that the card has no chain of version 3 under is not known to it."""
    newer = ChainServer(server, Variant.OV3)
    with step("Initial conditions: GetEUICCChallenge done"):
        session = newer.open(card)
        session.newer_pkid = bytes(reversed(newer.ci_pkid))
    with step("S_LPAd -> eUICC: AuthenticateServer, euiccCiPKIdToBeUsedV3 of no CI"):
        response = session.authenticate()
    with step("Expected: ciPKUnknown(7)"):
        expect.error(response, AuthenticateErrorCode.ciPKUnknown)


@testcase("ES10b.AuthenticateServer#95", level="read-only")
@testcase.both_curves
def test_key_of_variant_o(card, server, step):
    """With euiccCiPKIdToBeUsed and no other the card answers with Variant O."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, euiccCiPKIdToBeUsed alone"):
        response = session.authenticate(server_signed1=newer_server.server_signed1(session))
    with step("Expected: authenticateResponseOk with the certificates of Variant O"):
        verify_authentication(session, response)
        policies = session.euicc_certificate.policies
        expect.equal(policies, (Role.EUICC.oid.dotted,), "policy of CERT.EUICC")


@testcase("ES10b.AuthenticateServer#96", level="read-only")
def test_push_services_leave_no_trace(card, server, step):
    """The services that a server offers are for the LPA; the card signs nothing of them."""
    service = Oid("2.999.77.1")
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, supportedPushServices in sessionContext"):
        context = replace(newer_server.CONTEXT, supported_push_services=(service,))
        signed = newer_server.server_signed1(session, context)
        response = session.authenticate(server_signed1=signed)
    with step("Expected: authenticateResponseOk; the service is not in euiccSigned1"):
        verify_authentication(session, response)
        signed1 = tlv_edit.at(response.raw, 0xA0, 0x30)
        expect.that(
            holds=service.content not in signed1,
            expected="euiccSigned1 without the service",
            actual=signed1.hex().upper(),
        )


@testcase.both_curves
@testcase.each(
    "ids",
    {"ES10b.PrepareDownload#35": "SubCA", "ES10b.PrepareDownload#36": "flat"},
    level="profiles",
)
def test_dppb_in_the_same_chain(card, server, own, step, ids):
    """A CERT.DPpb that stands in the chain of the session's server is good."""
    with step(f"Initial conditions: AuthenticateServer done, chain of Variant {own} ({ids})"):
        session = ChainServer(server, own).open(card)
        session.authenticated()
    with step("S_LPAd -> eUICC: PrepareDownload, CERT.DPpb of the same chain"):
        response = session.prepare()
    with step("Expected: downloadResponseOk; signature verifies"):
        verify_preparation(session, response)
