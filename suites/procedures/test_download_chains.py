"""Download with chains of version 3, and what a card with such a chain sends afterwards."""

import pytest

from rspcore.messages.es10c import DeleteProfileRequest
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.variants import SERVER_VARIANTS, Variant
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.card_signatures import (
    verify_authentication,
    verify_pir,
    verify_preparation,
)
from rspharness.servers.chain_server import ChainServer, verify_newer
from rspharness.servers.load_result import installed
from rspharness.servers.rsp_server import profile

CHAINS = {"O_VAR_OV3": Variant.OV3, "VAR_A": Variant.A, "VAR_B": Variant.B, "VAR_C": Variant.C}
ABOVE = {
    Variant.A: [Role.EUM_SUBCA, Role.EUM],
    Variant.B: [Role.EUM, Role.CI_SUBCA],
    Variant.C: [Role.EUM_SUBCA, Role.EUM, Role.CI_SUBCA],
}
ONE = preset("PROFILE_OPERATIONAL1")


@pytest.fixture
def own(options):
    """Returns the variant of the card's chain of version 3."""
    return next(variant for name, variant in CHAINS.items() if options[name])


def loaded_from(session):
    """Prepares and installs PROFILE_OPERATIONAL1; requires a sound result of success."""
    verify_preparation(session, session.prepare())
    loaded = session.install(profile(ONE))
    verify_pir(session, loaded.pir)
    installed(session, loaded)


@testcase("procedure.Download#09")
def test_every_variant_of_the_server(card, given, server, step):
    """A Profile comes from a server of each variant of version 3."""
    given.none()
    for variant in SERVER_VARIANTS:
        with step(f"S_LPAd -> eUICC: a session, chain of Variant {variant}; PIR successResult"):
            session = ChainServer(server, variant).open(card)
            verify_newer(session, session.authenticate())
            loaded_from(session)
        with step("S_LPAd -> eUICC: DeleteProfile"):
            expect.ok(card.send(DeleteProfileRequest(iccid=ONE.iccid)))


@testcase("procedure.Download#10")
def test_server_of_version_2(card, given, server, step):
    """A Profile comes from a server of version 2, with the messages of version 2."""
    given.none()
    with step("S_LPAd -> eUICC: a session as a server of version 2 has it; PIR successResult"):
        session = server.open(card)
        verify_authentication(session, session.authenticate())
        loaded_from(session)


def notified(card, given, server, own, step):
    """Downloads with the card's chain of version 3, enables, and returns the Notification."""
    given.none()
    with step(f"Initial conditions: Profile downloaded with the chain of Variant {own}, enabled"):
        session = ChainServer(server, own).open(card)
        session.authenticated()
        loaded_from(session)
        given.enable(ONE.iccid)
    with step("S_LPAd -> eUICC: RetrieveNotificationsList"):
        return expect.data_object(card.pending_notifications()[-1], 0x30)


@testcase("ES10b.RetrieveNotificationsList#13")
def test_chain_of_a_notification(card, given, server, own, step):
    """A Notification of a card whose chain has a SubCA carries the whole chain."""
    whole = notified(card, given, server, own, step)
    with step("Expected: nextCertInChain and otherCertsInChain, towards the CI"):
        further = whole.find(0xA1)
        expect.that(holds=further is not None, expected="otherCertsInChain (A1)", actual="none")
        certificates = [bytes(one.raw) for one in whole.children()[2:4]]
        certificates += [bytes(one.raw) for one in further.children()]
        roles = [Certificate.from_der(one).role for one in certificates]
        expect.equal(roles, [Role.EUICC, *ABOVE[own]], "roles of the chain")
    with step("Expected: the signature verifies with CERT.EUICC"):
        key = Certificate.from_der(certificates[0]).public_key
        signed, signature = (whole.children()[number] for number in (0, 1))
        octets = bytes(signature.value)
        expect.signature(key, octets, bytes(signed.raw), "euiccNotificationSignature")


@testcase("ES10b.RetrieveNotificationsList#20")
def test_order_of_a_notification(card, given, server, own, step):
    """The elements come in the order of the module: metadata, signature, chain."""
    whole = notified(card, given, server, own, step)
    with step("Expected: BF2F, 5F37, 30, 30, A1"):
        tags = [f"{one.tag:02X}" for one in whole.children()]
        expect.equal(tags, ["BF2F", "5F37", "30", "30", "A1"], "elements of the Notification")
