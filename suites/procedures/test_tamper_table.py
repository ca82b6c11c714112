"""Tampering: one octet changed in each part of a download that is signed or protected.

The rows are `Tamper.*` of the catalogue, which are this project's own (SGP.22 v2, 2.6.4, 5.5,
5.7.5, 5.7.13). Each octet is chosen so that nothing but the signature, the certificate or the MAC
is wrong, and so one code alone is right.
"""

from rspcore import tlv
from rspcore.crypto.kdf import BspKeys
from rspcore.messages.es10b import AuthenticateErrorCode, DownloadErrorCode
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers.load_result import ended
from rspharness.servers.rsp_server import profile

ONE = "PROFILE_OPERATIONAL1"
AUTHENTICATE, PREPARE = AuthenticateErrorCode, DownloadErrorCode
COMMAND = BppCommandId
SECURITY_ERROR = ErrorReason.scp03tSecurityError

CERTIFICATE = (Tag.Sequence, 1)
SERIAL_NUMBER = (CERTIFICATE, Tag.Sequence, Tag.Integer)
PROFILE_KEYS = BspKeys(
    mac_chaining_value=bytes(16),
    s_enc=bytes.fromhex("E40FD99462F63029A94E14B4641A989C"),
    s_mac=bytes.fromhex("246642D4C5234DF337275FF79FD37883"),
)
LAST_OF_MAC, LAST_OF_CONTENT = 0, 64  # numbers of bits from the end; a MAC has 8 octets


@testcase.both_curves
@testcase.each(
    "path, code",
    {
        "Tamper.AuthenticateServer#01": ((Tag.Sequence, 0x83), AUTHENTICATE.invalidSignature),
        "Tamper.AuthenticateServer#02": ((Tag.Signature,), AUTHENTICATE.invalidSignature),
        "Tamper.AuthenticateServer#03": (SERIAL_NUMBER, AUTHENTICATE.invalidCertificate),
    },
    level="read-only",
)
def test_altered_authentication_is_refused(card, server, step, path, code):
    """One octet changed in serverSigned1, serverSignature1 or serverCertificate is found."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
        before = card.observe()
    with step("S_LPAd -> eUICC: AuthenticateServer, one octet changed"):
        response = card.ask(tlv_edit.flipped(session.authenticate_request(), *path))
    with step(f"Expected: authenticateResponseError, {expect.names([code])}"):
        expect.error(response, code)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase.both_curves
@testcase.each(
    "path, code",
    {
        "Tamper.PrepareDownload#01": (
            (Tag.Sequence, Tag.OneTimePublicKey),
            PREPARE.invalidSignature,
        ),
        "Tamper.PrepareDownload#02": ((Tag.Signature,), PREPARE.invalidSignature),
        "Tamper.PrepareDownload#03": (SERIAL_NUMBER, PREPARE.invalidCertificate),
    },
)
def test_altered_preparation_is_refused(card, server, step, path, code):
    """One octet changed in smdpSigned2, smdpSignature2 or smdpCertificate is found."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
        before = card.observe()
    request = session.prepare_request(bpp_euicc_otpk=server.one_time_key().public.point)
    with step("S_LPAd -> eUICC: PrepareDownload, one octet changed"):
        response = card.ask(tlv_edit.flipped(request, *path))
    with step(f"Expected: downloadResponseError, {expect.names([code])}"):
        expect.error(response, code)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase.both_curves
@testcase("Tamper.LoadBoundProfilePackage#01")
def test_altered_key_agreement_ends_the_load(card, given, server, step):
    """One octet changed in hostId of BF23 makes smdpSign wrong."""
    given.none()
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        package = session.package(profile(ONE))
    with step("S_LPAd -> eUICC: BF36 with BF23, one octet of hostId changed"):
        first = package.segments[0].octets
        _, header, _ = tlv.read_header(first)
        altered = first[:header] + tlv_edit.flipped(first[header:], 0xA6, 0x84)
        loaded = session.load(package.replaced(0, altered))
    with step("Expected: PIR errorResult, invalidSignature(2); no Profile, nothing else changed"):
        ended(
            session, loaded, before, COMMAND.initialiseSecureChannel, ErrorReason.invalidSignature
        )


@testcase.each(
    "command",
    {
        "Tamper.LoadBoundProfilePackage#02": COMMAND.configureISDP,
        "Tamper.LoadBoundProfilePackage#03": COMMAND.storeMetadata,
        "Tamper.LoadBoundProfilePackage#04": COMMAND.replaceSessionKeys,
        "Tamper.LoadBoundProfilePackage#05": COMMAND.loadProfileElements,
    },
)
def test_altered_data_object_ends_the_load(card, given, server, step, command):
    """One octet changed in the content of an 87, 88 or 86, or in its MAC, is found."""
    given.none()
    for part, bit in (("content", LAST_OF_CONTENT), ("MAC", LAST_OF_MAC)):
        with step(f"Initial conditions: PrepareDownload done; one octet of the {part} to change"):
            before = card.observe()
            session = server.prepared(card)
            package = session.package(profile(ONE), replace_keys=PROFILE_KEYS)
            place = package.of(command)[-1]
        with step(f"S_LPAd -> eUICC: the package, one octet of the {part} changed"):
            loaded = session.load(package.flipped(place, bit=bit))
        with step("Expected: PIR errorResult, scp03tSecurityError(8); no Profile, nothing else"):
            ended(session, loaded, before, command, SECURITY_ERROR)
