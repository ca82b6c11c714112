"""Certificates: the chain of the card under each CI, and the servers it trusts."""

from rspcore.crypto.curves import Curve
from rspcore.messages.es10b import AuthenticateErrorCode, GetEuiccInfo1Request
from rspcore.pki.generate import make_pki
from rspcore.pki.roles import Role
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.record.verdicts import NotApplicable
from rspharness.servers.card_signatures import verify_chain


def authenticated(card, server, ci_pkid):
    """Authenticates a server in a session that the card signs under a CI; returns the session."""
    return server.open(card).authenticated(ci_pkid=ci_pkid)


@testcase("procedure.Certificates#01", level="read-only")
def test_chain_ends_at_each_ci(card, server, pki, step, note):
    """Under each CI that the card declares it has certificates that end there, with its EID."""
    with step("Initial conditions: CIs of EUICCInfo1 of which the suites have the certificate"):
        declared = card.send(GetEuiccInfo1Request()).euicc_ci_pkid_list_for_signing
        known = {pki.ci(curve).certificate.subject_key_identifier for curve in pki.curves}
        chosen = [one for one in declared if one in known]
        note(f"{len(declared)} CIs for signing, {len(chosen)} of them known here")
        expect.that(holds=bool(chosen), expected="one CI or more", actual="none")
    for ci_pkid in chosen:
        with step(f"S_LPAd -> eUICC: AuthenticateServer, euiccCiPKIdToBeUsed {ci_pkid.hex()}"):
            session = authenticated(card, server, ci_pkid)
        with step("Expected: CERT.EUICC, CERT.EUM and CI match; EID and roles as required"):
            euicc, eum = session.euicc_certificate, session.eum_certificate
            expect.equal(eum.authority_key_identifier, ci_pkid, "CI of CERT.EUM")
            verify_chain(card, server, eum, euicc)
            expect.that(holds=euicc.eid is not None, expected="an EID in CERT.EUICC", actual="none")
            with card.owned_by("ES10c.GetEID#03"):
                expect.equal(euicc.eid, card.eid(), "EID in CERT.EUICC")
            expect.equal((eum.role, euicc.role), (Role.EUM, Role.EUICC), "roles by policy")


@testcase("procedure.Certificates#02", level="read-only")
def test_range_of_the_eum_covers_the_eid(card, server, declared, step):
    """The name constraints of CERT.EUM permit the EID of the card."""
    with step("S_LPAd -> eUICC: AuthenticateServer"):
        session = authenticated(card, server, server.ci_pkid)
    with step("Expected: organisation and EID of CERT.EUICC permitted by CERT.EUM"):
        verify_chain(card, server, session.eum_certificate, session.euicc_certificate)
    with step("Expected: a permitted subtree whose serialNumber the EID begins with"):
        subtrees = session.eum_certificate.permitted_subtrees or ()
        ranges = [name.serial_number for name in subtrees if name.serial_number]
        covers = [one for one in ranges if str(card.eid()).startswith(one)]
        expect.that(
            holds=bool(covers),
            expected=f"a range that begins EID {card.eid()}",
            actual=", ".join(ranges) or "no range",
        )
        expect.one_of(declared.get("ein", covers[0]), covers, "EIN")


@testcase("procedure.Certificates#03", level="read-only")
def test_each_key_signs_for_its_ci_alone(card, make_server, server, step):
    """A signature asked for under one CI verifies with that key, and with no other."""
    with step("S_LPAd -> eUICC: AuthenticateServer, once under each CI"):
        sessions = [
            authenticated(card, server, make_server(curve=curve).ci_pkid) for curve in Curve
        ]
    with step("Expected: each euiccSignature1 verifies under the certificate of its CI alone"):
        for session, other in zip(sessions, reversed(sessions), strict=True):
            issuer = session.eum_certificate.authority_key_identifier
            expect.equal(issuer, session.ci_pkid, "CI of the chain")
            signed = tlv_edit.at(session.authentication.encode(), 0xA0, Tag.Sequence)
            signature = session.euicc_signature1
            expect.signature(session.euicc_key, signature, signed, "euiccSignature1")
            expect.that(
                holds=not other.euicc_key.verify(signature, signed),
                expected="a signature of one key",
                actual="one that the key of the other CI verifies, too",
            )


@testcase.both_curves
@testcase("procedure.Certificates#04", level="read-only")
def test_server_of_an_unknown_ci_is_refused(card, make_server, curve, step):
    """A server whose chain ends at a CI that the card does not have is not authenticated."""
    stranger = make_pki(b"a CI that no card has").dp_auth(curve, 2)
    with step("Initial conditions: GetEUICCChallenge done"):
        session = make_server(number=2).open(card)
        before = card.observe()
    with step("S_LPAd -> eUICC: AuthenticateServer, chain under an unknown CI"):
        response = session.authenticate(certificate=stranger, sign_with=stranger.private_key)
    with step("Expected: authenticateResponseError, ciPKUnknown(7) or invalidCertificate(1)"):
        expect.error(
            response, AuthenticateErrorCode.ciPKUnknown, AuthenticateErrorCode.invalidCertificate
        )
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase("procedure.Certificates#05")
def test_update_of_the_software(step):
    """After an update of its software the eUICC has its Profiles and certificates still."""
    with step("Initial conditions: an update waits for the eUICC"):
        raise NotApplicable("how the software of an eUICC is updated is not public")
