"""ES10b.VerifySmdsResponse: the card verifies what an SM-DS of version 3 has signed."""

from rspcore.ids import Oid
from rspcore.messages.v3.event_lists import VerifySmdsResponseError as Code
from rspcore.messages.v3.server_authentication import CtxParamsForPushServiceRegistration
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import newer_server, sm_ds_answers
from rspharness.servers.card_signatures import verify_authentication

PUSH = CtxParamsForPushServiceRegistration(
    selected_push_service=Oid("2.999.77.1"), push_token=str(Oid("2.999.77.2"))
)
EC_ID = bytes(range(0x20))


def opened(card, server, **fields):
    """Returns a session with a server of version 3, authenticated."""
    session = server.open(card)
    session.authenticated(server_signed1=newer_server.server_signed1(session), **fields)
    return session


@testcase.both_curves
@testcase.each(
    "data",
    {
        "ES10b.VerifySmdsResponse#01": sm_ds_answers.event_list(sm_ds_answers.PLAIN_EVENT),
        "ES10b.VerifySmdsResponse#03": sm_ds_answers.event_list(
            sm_ds_answers.WHOLE_EVENT, ec_id=EC_ID
        ),
        "ES10b.VerifySmdsResponse#08": sm_ds_answers.event_list(
            sm_ds_answers.WHOLE_EVENT, sm_ds_answers.PLAIN_EVENT
        ),
    },
    level="read-only",
)
def test_signed_list_is_verified(card, smds, note, step, data):
    """A list of events that the SM-DS of the session has signed is good."""
    with step("Initial conditions: AuthenticateServer done with an SM-DS"):
        session = opened(card, smds)
    with step("S_LPAd -> eUICC: VerifySmdsResponse, list of events"):
        response, form = sm_ds_answers.verified(card, session, data)
    with step("Expected: verifySmdsResponseOk"):
        expect.ok(response)
        note(f"smdsSignature2 covers {form}")


@testcase("ES10b.VerifySmdsResponse#02", level="read-only")
@testcase.both_curves
def test_result_of_a_push_registration(card, smds, note, step):
    """The result of a registration for push is verified as a list is."""
    with step("Initial conditions: AuthenticateServer done with an SM-DS, registration for push"):
        session = opened(card, smds, ctx_params1=PUSH.encode())
    with step("S_LPAd -> eUICC: VerifySmdsResponse, pushServiceRegistrationResult"):
        response, form = sm_ds_answers.verified(card, session, sm_ds_answers.push_result())
    with step("Expected: verifySmdsResponseOk"):
        expect.ok(response)
        note(f"smdsSignature2 covers {form}")


@testcase("ES10b.VerifySmdsResponse#04", level="read-only")
@testcase.both_curves
def test_altered_signature_is_refused(card, smds, step):
    """A list whose signature has one bit changed is refused, whatever the signature covers."""
    data = sm_ds_answers.event_list(sm_ds_answers.PLAIN_EVENT)
    for form, with_signature1 in sm_ds_answers.FORMS.items():
        with step("Initial conditions: AuthenticateServer done with an SM-DS"):
            session = opened(card, smds)
        with step(f"S_LPAd -> eUICC: VerifySmdsResponse, {form} signed, one bit changed"):
            response = card.ask(
                sm_ds_answers.request(session, data, with_signature1=with_signature1, alter=True)
            )
        with step("Expected: verifySmdsResponseError invalidSignature(2)"):
            expect.error(response, Code.invalidSignature)


@testcase("ES10b.VerifySmdsResponse#05", level="read-only")
def test_no_session(card, smds, step):
    """After a reset there is no session that a list could be of."""
    with step("Initial conditions: AuthenticateServer done with an SM-DS, then a reset"):
        session = opened(card, smds)
        data = sm_ds_answers.event_list(sm_ds_answers.PLAIN_EVENT)
        octets = sm_ds_answers.request(session, data)
        card.reset()
    with step("S_LPAd -> eUICC: VerifySmdsResponse"):
        response = card.ask(octets)
    with step("Expected: verifySmdsResponseError noSession(4)"):
        expect.error(response, Code.noSession)


@testcase("ES10b.VerifySmdsResponse#06", level="read-only")
@testcase.both_curves
def test_other_transaction_is_refused(card, smds, step):
    """A list of another session is refused, though the SM-DS has signed it."""
    with step("Initial conditions: AuthenticateServer done with an SM-DS"):
        session = opened(card, smds)
    with step("S_LPAd -> eUICC: VerifySmdsResponse, another transactionId"):
        own = session.transaction_id.octets
        response, _ = sm_ds_answers.verified(
            card,
            session,
            sm_ds_answers.event_list(sm_ds_answers.PLAIN_EVENT),
            transaction_id=own[:-1] + bytes((own[-1] ^ 1,)),
        )
    with step("Expected: verifySmdsResponseError invalidTransactionId(5)"):
        expect.error(response, Code.invalidTransactionId)


@testcase("ES10b.VerifySmdsResponse#07", level="read-only")
def test_session_with_an_sm_dp(card, server, note, step):
    """An SM-DP+ has no lists of events."""
    with step("Initial conditions: AuthenticateServer done with an SM-DP+"):
        session = opened(card, server)
    with step("S_LPAd -> eUICC: VerifySmdsResponse, signed with the key of CERT.DPauth"):
        response, _ = sm_ds_answers.verified(
            card, session, sm_ds_answers.event_list(sm_ds_answers.PLAIN_EVENT)
        )
    with step("Expected: verifySmdsResponseError noSession(4); recorded"):
        error = response.verify_smds_response_error
        note("accepted" if error is None else f"refused: {error}")
        expect.error(response, Code.noSession)


@testcase("ES10b.VerifySmdsResponse#09", level="read-only")
def test_second_call(card, smds, note, step):
    """The same list comes twice in one session."""
    data = sm_ds_answers.event_list(sm_ds_answers.PLAIN_EVENT)
    with step("Initial conditions: a first call ok"):
        session = opened(card, smds)
        response, _ = sm_ds_answers.verified(card, session, data)
        expect.ok(response)
    with step("S_LPAd -> eUICC: VerifySmdsResponse again"):
        again, _ = sm_ds_answers.verified(card, session, data)
    with step("Expected: verifySmdsResponseOk or noSession(4); recorded"):
        error = again.verify_smds_response_error
        note("accepted again" if error is None else f"refused: {error}")
        if error is not None:
            expect.error(again, Code.noSession)


@testcase("ES10b.AuthenticateServer#79", level="read-only")
@testcase.both_curves
def test_push_registration_is_echoed(card, smds, step):
    """The service and the token of a registration for push are signed as they were sent."""
    with step("Initial conditions: GetEUICCChallenge done"):
        session = smds.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer, ctxParamsForPushServiceRegistration"):
        response = session.authenticate(
            server_signed1=newer_server.server_signed1(session), ctx_params1=PUSH.encode()
        )
    with step("Expected: authenticateResponseOk, ctxParams1 echoed"):
        verify_authentication(session, response)
        sent = response.authenticate_response_ok.euicc_signed1.ctx_params1
        expect.equal(sent, PUSH.encode(), "ctxParams1 in euiccSigned1")
