"""ES10b.AuthenticateServer: signatures, challenges, identifiers and requests that are wrong."""

from rspcore.messages.es10b import AuthenticateErrorCode, AuthenticateServerResponse
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers.card_signatures import verify_authentication

INVALID_SIGNATURE = AuthenticateErrorCode.invalidSignature
UNREAD = (AuthenticateErrorCode.invalidCertificate, AuthenticateErrorCode.undefinedError)
"""Codes of cards in the field for a request that cannot be read."""
NO_SESSION = AuthenticateErrorCode.noSessionContext
CHALLENGE_MISMATCH = AuthenticateErrorCode.euiccChallengeMismatch
CI_UNKNOWN = AuthenticateErrorCode.ciPKUnknown

UNKNOWN_CI = bytes.fromhex("00112233445566778899AABBCCDDEEFF00112233")


def ask(card, step, request, *codes):
    """Sends AuthenticateServer, requires a code and no change, and returns the response."""
    before = card.observe()
    with step("S_LPAd -> eUICC: AuthenticateServer"):
        response = card.ask(request)
    with step(f"Expected: authenticateResponseError, {expect.names(codes)}"):
        expect.error(response, *codes)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())
    return response


@testcase.both_curves
@testcase("ES10b.AuthenticateServer#32", level="read-only")
def test_altered_signature_is_refused(card, server, step):
    """One bit turned in serverSignature1 makes it wrong."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    request = tlv_edit.flipped(session.authenticate_request(), Tag.Signature)
    ask(card, step, request, INVALID_SIGNATURE)


@testcase.both_curves
@testcase("ES10b.AuthenticateServer#33", level="read-only")
def test_signature_of_another_key_is_refused(card, server, step):
    """The key of CERT.DPpb of the same SM-DP+ is not that of CERT.DPauth."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    request = session.authenticate_request(sign_with=server.pb.private_key)
    ask(card, step, request, INVALID_SIGNATURE)


@testcase.both_curves
@testcase("ES10b.AuthenticateServer#34", level="read-only")
def test_altered_signed_data_is_refused(card, server, step):
    """One bit turned in serverChallenge after signing makes the signature wrong."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    request = tlv_edit.flipped(session.authenticate_request(), Tag.Sequence, 0x84)
    ask(card, step, request, INVALID_SIGNATURE)


@testcase.both_curves
@testcase.each(
    "tag",
    {
        "ES10b.AuthenticateServer#112": 0x84,
        "ES10b.AuthenticateServer#113": 0x83,
    },
    level="read-only",
)
def test_signature_over_less_is_refused(card, server, step, tag):
    """A serverSignature1 made without serverChallenge, or without serverAddress, is wrong."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    signed = session.server_signed1()
    less = server.auth.private_key.sign(tlv_edit.without(signed, tag))
    ask(card, step, session.authenticate_request(signature=less), INVALID_SIGNATURE)


@testcase("ES10b.AuthenticateServer#35", level="read-only")
def test_earlier_challenge_is_refused(card, server, step):
    """Only the challenge issued last is accepted; an earlier one is refused though signed."""
    with step("Initial conditions: GetEUICCChallenge done twice"):
        earlier = server.open(card)
        server.open(card)
    ask(card, step, earlier.authenticate_request(), CHALLENGE_MISMATCH)


@testcase("ES10b.AuthenticateServer#36", level="read-only")
def test_without_challenge_there_is_no_session(card, server, step):
    """After a reset no challenge is outstanding, not even the one issued before."""
    with step("Initial conditions: GetEUICCChallenge done, then reset"):
        session = server.open(card)
        card.reset()
    ask(card, step, session.authenticate_request(), NO_SESSION)


@testcase("ES10b.AuthenticateServer#37", level="read-only")
def test_second_request_of_a_session(card, server, step, note):
    """Once authenticated, a session takes no second AuthenticateServer."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
        request = session.authenticate_request()
    with step("S_LPAd -> eUICC: AuthenticateServer, the same request again"):
        response = card.ask(request)
        note(f"the card answers {_in_words(response)}")
    with step("Expected: noSessionContext(4)"):
        expect.error(response, NO_SESSION)


@testcase.both_curves
@testcase("ES10b.AuthenticateServer#53", level="read-only")
def test_unknown_ci_identifier_is_refused(card, server, step):
    """The card has no key under a CI it does not know."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    ask(card, step, session.authenticate_request(ci_pkid=UNKNOWN_CI), CI_UNKNOWN)


@testcase.both_curves
@testcase("ES10b.AuthenticateServer#81", level="read-only")
def test_empty_ci_identifier(card, server, step, note):
    """Whether an identifier of zero length counts as unknown is recorded."""
    with step("Initial conditions: GetEUICCChallenge done"):
        request = server.open(card).authenticate_request(ci_pkid=b"")
    with step("S_LPAd -> eUICC: AuthenticateServer, euiccCiPKIdToBeUsed of zero length"):
        response = card.ask(request)
        note(f"the card answers {_in_words(response)}")
    with step("Expected: ciPKUnknown(7)"):
        expect.error(response, CI_UNKNOWN)


@testcase.both_curves
@testcase.each(
    "kind",
    {"ES10b.AuthenticateServer#56": "without transactionId", "ES10b.AuthenticateServer#57": "cut"},
    level="read-only",
)
def test_unreadable_request_is_refused(card, server, step, kind):
    """A request with a part missing, or a length past its parent, is refused; no session begins."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
        before = card.observe()
    request = {
        "without transactionId": session.authenticate_request(
            server_signed1=tlv_edit.without(session.server_signed1(), 0x80)
        ),
        "cut": tlv_edit.replaced(session.authenticate_request(), bytes.fromhex("307F800101"), 0x30),
    }[kind]
    with step(f"S_LPAd -> eUICC: AuthenticateServer, {kind}"):
        response = card.store(request)
    with step(f"Expected: SW 6A80, or {expect.names(UNREAD)}"):
        expect.refused_or_error(response, AuthenticateServerResponse, (0x6A80,), *UNREAD)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())


@testcase.both_curves
@testcase.each(
    "fields, codes",
    {
        "ES10b.AuthenticateServer#85": (
            {"euicc_challenge": bytes(16), "signature": bytes(range(64))},
            (INVALID_SIGNATURE, CHALLENGE_MISMATCH),
        ),
        "ES10b.AuthenticateServer#86": (
            {"euicc_challenge": bytes(16), "ci_pkid": UNKNOWN_CI},
            (CHALLENGE_MISMATCH,),
        ),
    },
    level="read-only",
)
def test_first_of_two_mistakes_is_reported(card, server, step, note, fields, codes):
    """With two parts wrong the card reports the one it checks first."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
        before = card.observe()
    with step(f"S_LPAd -> eUICC: AuthenticateServer, {' and '.join(fields)} wrong"):
        response = session.authenticate(**fields)
        note(f"the card answers {_in_words(response)}")
    with step(f"Expected: {expect.names(codes)}"):
        expect.error(response, *codes)
        expect.unchanged(before, card.observe())


@testcase.both_curves
@testcase("ES10b.AuthenticateServer#87", level="read-only")
def test_refusal_names_the_transaction(card, server, step):
    """The error answer has the transactionId of serverSigned1."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    request = tlv_edit.flipped(session.authenticate_request(), Tag.Signature)
    response = ask(card, step, request, INVALID_SIGNATURE)
    with step("Expected: transactionId of serverSigned1"):
        named = response.authenticate_response_error.transaction_id
        expect.equal(named, session.transaction_id, "transactionId")


@testcase("ES10b.AuthenticateServer#88", level="read-only")
def test_corrected_request_after_a_refusal(card, server, step, note):
    """Whether a refused server may try again with the same challenge is recorded."""
    with step("Initial conditions: a request with an altered serverSignature1 was refused"):
        session = server.open(card)
        altered = tlv_edit.flipped(session.authenticate_request(), Tag.Signature)
        expect.error(card.ask(altered), INVALID_SIGNATURE)
    with step("S_LPAd -> eUICC: AuthenticateServer, corrected"):
        response = session.authenticate()
        note(f"the card answers {_in_words(response)}")
    with step("Expected: authenticateResponseOk, or noSessionContext(4)"):
        if response.authenticate_response_ok is not None:
            verify_authentication(session, response)
        else:
            expect.error(response, NO_SESSION)


@testcase.both_curves
@testcase("ES10b.AuthenticateServer#90", level="read-only")
def test_transaction_id_of_17_octets(card, server, step, note):
    """How a transactionId that is too long is refused is recorded."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
        before = card.observe()
    with step("S_LPAd -> eUICC: AuthenticateServer, transactionId of 17 octets"):
        response = card.store(session.authenticate_request(transaction_id=bytes(17)))
        note(f"the card answers SW {response.sw:04X}, {len(response.data)} octets of data")
    with step("Expected: SW 6A80, or undefinedError(127)"):
        if response.data:
            code = bytes.fromhex("02017F")
            expect.equal(response.data[-len(code) :], code, "authenticateErrorCode")
        else:
            expect.sw(response, 0x6A80)
        expect.unchanged(before, card.observe())


def _in_words(response):
    """Returns the result of an answer, in words."""
    code = expect.code_of(response)
    return "authenticateResponseOk" if code is None else expect.names([code])


@testcase.each(
    "place",
    {"ES10b.AuthenticateServer#114": -1, "ES10b.AuthenticateServer#115": 0},
    level="read-only",
)
def test_every_octet_of_the_challenge_counts(card, server, step, place):
    """A challenge that differs from the card's in its last octet, or in its first, is another."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = server.open(card)
    altered = bytearray(session.euicc_challenge)
    altered[place] ^= 0x01
    request = session.authenticate_request(euicc_challenge=bytes(altered))
    ask(card, step, request, CHALLENGE_MISMATCH)
