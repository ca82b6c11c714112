"""ES10b.LoadCRL: lists of revoked certificates, whole and in parts, and what they are for."""

from rspcore.messages.es10b import (
    AuthenticateErrorCode,
    DownloadErrorCode,
    LoadCrlErrorCode,
)
from rspcore.pki.generate import make_pki
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers.revocation_lists import load_crl_request, revocation_list
from rspharness.suite import logical_channels

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


@testcase("ES10b.LoadCRL#01", level="irreversible")
def test_list_is_loaded(card, rising, pki, curve, step):
    """A CRL of the CI is taken."""
    with step("S_LPAd -> eUICC: LoadCRL"):
        response = load(card, revocation_list(pki.ci(curve), next(rising)))
    with step("Expected: loadCRLResponseOk, no part missing"):
        expect.ok(response)
        expect.equal(response.load_crl_response_ok.missing_parts, None, "missingParts")


@testcase.both_curves
@testcase("ES10b.LoadCRL#02", level="irreversible")
def test_listed_certificate_is_refused(card, throw_away, rising, pki, curve, step):
    """A server whose certificate is listed is not authenticated any more."""
    with step("Initial conditions: CRL loaded that lists CERT.DPauth"):
        loaded(card, revocation_list(pki.ci(curve), next(rising), [serial_number(throw_away)]))
    with step("S_LPAd -> eUICC: GetEUICCChallenge, AuthenticateServer"):
        response = throw_away.open(card).authenticate()
    with step("Expected: authenticateResponseError, invalidCertificate(1)"):
        expect.error(response, AuthenticateErrorCode.invalidCertificate)


@testcase.both_curves
@testcase("ES10b.LoadCRL#13", level="irreversible")
def test_list_is_kept_over_a_reset(card, throw_away, rising, pki, curve, step):
    """A CRL loaded on a further channel holds on every channel, and over a reset."""
    with step("Initial conditions: CRL loaded on a further channel, that lists CERT.DPauth"):
        card.eid()
        first = card.number
        logical_channels.use_isdr_on_open_channel(card, logical_channels.opened(card))
        loaded(card, revocation_list(pki.ci(curve), next(rising), [serial_number(throw_away)]))
        card.number = first
    for when, act in (("on the first channel", card.eid), ("after a reset", card.reset)):
        with step(f"S_LPAd -> eUICC: AuthenticateServer {when}; expected: invalidCertificate(1)"):
            act()
            response = throw_away.open(card).authenticate()
            expect.error(response, AuthenticateErrorCode.invalidCertificate)


@testcase("ES10b.LoadCRL#03", level="irreversible")
def test_list_in_parts_is_loaded(card, rising, pki, curve, step, note):
    """Whether a CRL in two parts is taken is recorded."""
    number = next(rising)
    parts = [revocation_list(pki.ci(curve), number, part=(part, 2)) for part in (1, 2)]
    with step("S_LPAd -> eUICC: LoadCRL, part 1 of 2, then part 2 of 2"):
        answers = [load(card, part) for part in parts]
        note(f"the card answers {' and '.join(_in_words(one) for one in answers)}")
    with step("Expected: loadCRLResponseOk"):
        for response in answers:
            expect.ok(response)


@testcase("ES10b.LoadCRL#12", level="irreversible")
def test_missing_parts_are_reported(card, rising, pki, curve, step, note):
    """Whether the card reports which parts are still missing is recorded."""
    with step("S_LPAd -> eUICC: LoadCRL, part 1 of 3"):
        response = load(card, revocation_list(pki.ci(curve), next(rising), part=(1, 3)))
        note(f"the card answers {_in_words(response)}")
    with step("Expected: loadCRLResponseOk, missingParts 2 and 3"):
        expect.ok(response)
        expect.equal(response.load_crl_response_ok.missing_parts, (2, 3), "missingParts")


@testcase("ES10b.LoadCRL#04", level="irreversible")
def test_delta_after_its_base_is_loaded(card, throw_away, rising, pki, curve, step):
    """A delta CRL is taken when its base is there, and what it lists is revoked."""
    base = next(rising)
    with step("Initial conditions: base CRL loaded"):
        loaded(card, revocation_list(pki.ci(curve), base))
    with step("S_LPAd -> eUICC: LoadCRL, delta to that base"):
        listed = [serial_number(throw_away)]
        delta = revocation_list(pki.ci(curve), next(rising), listed, base=base)
        response = load(card, delta)
    with step("Expected: loadCRLResponseOk"):
        expect.ok(response)


@testcase.both_curves
@testcase("ES10b.LoadCRL#05", level="irreversible")
def test_altered_signature_is_refused(card, throw_away, rising, pki, curve, step):
    """One bit turned in a serial number that is listed makes the signature wrong."""
    listed = revocation_list(pki.ci(curve), next(rising), [serial_number(throw_away) ^ 1])
    crl = tlv_edit.flipped(listed, (0x30, 0), (0x30, 2), 0x30, 0x02)
    refused(card, throw_away, step, crl, LoadCrlErrorCode.invalidSignature)


@testcase("ES10b.LoadCRL#06", level="irreversible")
def test_malformed_list_is_refused(card, throw_away, rising, pki, curve, step):
    """A CertificateList without its signature is malformed."""
    listed = revocation_list(pki.ci(curve), next(rising), [serial_number(throw_away)])
    crl = tlv_edit.without(listed, 0x03)
    refused(card, throw_away, step, crl, LoadCrlErrorCode.invalidCRLFormat)


@testcase("ES10b.LoadCRL#07", level="irreversible")
def test_list_without_room_is_refused(card, given, throw_away, rising, pki, curve, step):
    """A CRL that does not fit into what memory is left is not taken."""
    given.none()
    given.memory_filled(LEFT)
    serial_numbers = [serial_number(throw_away), *range(1, LEFT // ENTRY)]
    crl = revocation_list(pki.ci(curve), next(rising), serial_numbers)
    refused(card, throw_away, step, crl, LoadCrlErrorCode.notEnoughMemorySpace)


@testcase.both_curves
@testcase("ES10b.LoadCRL#08", level="irreversible")
def test_list_of_an_unknown_ci_is_refused(card, throw_away, rising, curve, step):
    """A CRL of a CI that the card does not have cannot be verified."""
    unknown = make_pki(b"another CI").ci(curve)
    crl = revocation_list(unknown, next(rising), [serial_number(throw_away)])
    refused(card, throw_away, step, crl, LoadCrlErrorCode.verificationKeyNotFound)


@testcase("ES10b.LoadCRL#09", level="irreversible")
def test_older_list_is_refused(card, throw_away, rising, pki, curve, step):
    """A CRL with a lower number than the one stored is not taken."""
    lower, higher = next(rising), next(rising)
    with step("Initial conditions: CRL with the higher number loaded"):
        loaded(card, revocation_list(pki.ci(curve), higher))
    older = revocation_list(pki.ci(curve), lower, [serial_number(throw_away)])
    refused(card, throw_away, step, older, LoadCrlErrorCode.fresherCrlAlreadyLoaded)


@testcase("ES10b.LoadCRL#10", level="irreversible")
def test_delta_without_base_is_refused(card, throw_away, rising, pki, curve, step):
    """A delta CRL whose base was never loaded is not taken."""
    base, number = next(rising), next(rising)
    delta = revocation_list(pki.ci(curve), number, [serial_number(throw_away)], base=base)
    refused(card, throw_away, step, delta, LoadCrlErrorCode.baseCrlMissing)


@testcase("ES10b.LoadCRL#11", level="irreversible")
def test_card_without_the_function(card, rising, pki, curve, step, note):
    """What a card without LoadCRL answers is recorded."""
    request = load_crl_request(revocation_list(pki.ci(curve), next(rising)))
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


@testcase.both_curves
@testcase("ES10b.LoadCRL#17", level="irreversible")
def test_listed_dppb_is_refused(card, throw_away, rising, pki, curve, step):
    """An SM-DP+ whose CERT.DPpb alone is listed is authenticated, and prepares no download."""
    serial = throw_away.pb.certificate.serial_number
    with step("Initial conditions: CRL loaded that lists CERT.DPpb"):
        loaded(card, revocation_list(pki.ci(curve), next(rising), [serial]))
    with step("S_LPAd -> eUICC: AuthenticateServer; expected: authenticateResponseOk"):
        session = throw_away.open(card)
        expect.ok(session.authenticate())
    with step("S_LPAd -> eUICC: PrepareDownload; expected: invalidCertificate(1)"):
        expect.error(session.prepare(), DownloadErrorCode.invalidCertificate)
