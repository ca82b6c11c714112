"""ES10b.LoadCRL: lists of revoked certificates, whole and in parts, and what they are for."""

from rspcore.messages.es10b import (
    AuthenticateErrorCode,
    LoadCrlErrorCode,
)
from rspcore.pki.generate import make_pki
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers.revocation_lists import load_crl_request, revocation_list

LEFT = 8192
ENTRY = 16  # octets of the least entry of a CRL, and a little less


def load(card, crl):
    """Sends LoadCRL and returns the response."""
    return card.ask(load_crl_request(crl))


def loaded(card, crl):
    """Loads a CRL, as an initial condition."""
    expect.ok(load(card, crl))


def serial_number(server):
    """Returns the serial number of the server's authentication certificate."""
    return server.auth.certificate.serial_number


def refused(card, server, step, crl, code):
    """Loads a CRL that is refused; requires the code, no change, and the server not revoked."""
    before = card.observe()
    with step("S_LPAd -> eUICC: LoadCRL"):
        response = load(card, crl)
    with step(f"Expected: loadCRLResponseError, {expect.names([code])}"):
        expect.error(response, code)
    with step("Expected: Profiles, Notifications and addresses as before, no server revoked"):
        expect.unchanged(before, card.observe())
        expect.ok(server.open(card).authenticate())


@testcase("ES10b.LoadCRL#01", level="destructive")
def test_list_is_loaded(card, pki, curve, step):
    """A CRL of the CI is taken."""
    with step("S_LPAd -> eUICC: LoadCRL"):
        response = load(card, revocation_list(pki.ci(curve), 1))
    with step("Expected: loadCRLResponseOk, no part missing"):
        expect.ok(response)
        expect.equal(response.load_crl_response_ok.missing_parts, None, "missingParts")


@testcase("ES10b.LoadCRL#02", level="destructive")
def test_listed_certificate_is_refused(card, server, pki, curve, step):
    """A server whose certificate is listed is not authenticated any more."""
    with step("Initial conditions: CRL loaded that lists CERT.DPauth"):
        loaded(card, revocation_list(pki.ci(curve), 1, [serial_number(server)]))
    with step("S_LPAd -> eUICC: GetEUICCChallenge, AuthenticateServer"):
        response = server.open(card).authenticate()
    with step("Expected: authenticateResponseError, invalidCertificate(1)"):
        expect.error(response, AuthenticateErrorCode.invalidCertificate)


@testcase("ES10b.LoadCRL#03", level="destructive")
def test_list_in_parts_is_loaded(card, pki, curve, step, note):
    """Whether a CRL in two parts is taken is recorded."""
    with step("S_LPAd -> eUICC: LoadCRL, part 1 of 2, then part 2 of 2"):
        answers = [load(card, revocation_list(pki.ci(curve), 1, part=(n, 2))) for n in (1, 2)]
        note(f"the card answers {' and '.join(_in_words(one) for one in answers)}")
    with step("Expected: loadCRLResponseOk"):
        for response in answers:
            expect.ok(response)


@testcase("ES10b.LoadCRL#12", level="destructive")
def test_missing_parts_are_reported(card, pki, curve, step, note):
    """Whether the card reports which parts are still missing is recorded."""
    with step("S_LPAd -> eUICC: LoadCRL, part 1 of 3"):
        response = load(card, revocation_list(pki.ci(curve), 1, part=(1, 3)))
        note(f"the card answers {_in_words(response)}")
    with step("Expected: loadCRLResponseOk, missingParts 2 and 3"):
        expect.ok(response)
        expect.equal(response.load_crl_response_ok.missing_parts, (2, 3), "missingParts")


@testcase("ES10b.LoadCRL#04", level="destructive")
def test_delta_after_its_base_is_loaded(card, server, pki, curve, step):
    """A delta CRL is taken when its base is there, and what it lists is revoked."""
    with step("Initial conditions: base CRL loaded"):
        loaded(card, revocation_list(pki.ci(curve), 1))
    with step("S_LPAd -> eUICC: LoadCRL, delta to that base"):
        delta = revocation_list(pki.ci(curve), 2, [serial_number(server)], base=1)
        response = load(card, delta)
    with step("Expected: loadCRLResponseOk"):
        expect.ok(response)


@testcase("ES10b.LoadCRL#05", level="destructive")
def test_altered_signature_is_refused(card, server, pki, curve, step):
    """One bit turned in a serial number that is listed makes the signature wrong."""
    listed = revocation_list(pki.ci(curve), 1, [serial_number(server) ^ 1])
    crl = tlv_edit.flipped(listed, (0x30, 0), (0x30, 2), 0x30, 0x02)
    refused(card, server, step, crl, LoadCrlErrorCode.invalidSignature)


@testcase("ES10b.LoadCRL#06", level="destructive")
def test_malformed_list_is_refused(card, server, pki, curve, step):
    """A CertificateList without its signature is malformed."""
    listed = revocation_list(pki.ci(curve), 1, [serial_number(server)])
    crl = tlv_edit.without(listed, 0x03)
    refused(card, server, step, crl, LoadCrlErrorCode.invalidCRLFormat)


@testcase("ES10b.LoadCRL#07", level="destructive")
def test_list_without_room_is_refused(card, given, server, pki, curve, step):
    """A CRL that does not fit into what memory is left is not taken."""
    given.none()
    given.memory_filled(LEFT)
    serial_numbers = [serial_number(server), *range(1, LEFT // ENTRY)]
    crl = revocation_list(pki.ci(curve), 1, serial_numbers)
    refused(card, server, step, crl, LoadCrlErrorCode.notEnoughMemorySpace)


@testcase("ES10b.LoadCRL#08", level="destructive")
def test_list_of_an_unknown_ci_is_refused(card, server, curve, step):
    """A CRL of a CI that the card does not have cannot be verified."""
    crl = revocation_list(make_pki(b"another CI").ci(curve), 1, [serial_number(server)])
    refused(card, server, step, crl, LoadCrlErrorCode.verificationKeyNotFound)


@testcase("ES10b.LoadCRL#09", level="destructive")
def test_older_list_is_refused(card, server, pki, curve, step):
    """A CRL with a lower number than the one stored is not taken."""
    with step("Initial conditions: CRL number 2 loaded"):
        loaded(card, revocation_list(pki.ci(curve), 2))
    older = revocation_list(pki.ci(curve), 1, [serial_number(server)])
    refused(card, server, step, older, LoadCrlErrorCode.fresherCrlAlreadyLoaded)


@testcase("ES10b.LoadCRL#10", level="destructive")
def test_delta_without_base_is_refused(card, server, pki, curve, step):
    """A delta CRL whose base was never loaded is not taken."""
    delta = revocation_list(pki.ci(curve), 2, [serial_number(server)], base=1)
    refused(card, server, step, delta, LoadCrlErrorCode.baseCrlMissing)


@testcase("ES10b.LoadCRL#11", level="destructive")
def test_card_without_the_function(card, pki, curve, step, note):
    """What a card without LoadCRL answers is recorded."""
    request = load_crl_request(revocation_list(pki.ci(curve), 1))
    with step("S_LPAd -> eUICC: LoadCRL"):
        response = card.store(request)
        note(f"the card answers {response.data.hex(' ').upper()} SW {response.sw:04X}")
    with step("Expected: SW 6A88, or undefinedError(127)"):
        if response.data:
            expect.equal(response.data, bytes.fromhex("BF350381017F"), "LoadCRLResponse")
        else:
            expect.sw(response, 0x6A88)


def _in_words(response):
    code = expect.code_of(response)
    return "loadCRLResponseOk" if code is None else expect.names([code])
