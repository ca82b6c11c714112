"""ES10b.AuthenticateServer for a Device Change or a Profile Recovery (SGP.22 v3.1, 5.7.13)."""

from rspcore import tlv
from rspcore.ids import Eid, Iccid
from rspcore.messages.v3.server_authentication import AuthenticateErrorCode
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import device_change as dc
from rspharness.servers import newer_server
from rspharness.servers.card_signatures import verify_authentication
from rspharness.servers.rsp_server import profile

ONE = profile("PROFILE_OPERATIONAL1")
UNKNOWN = Iccid.from_digits("8929909999999999999")
NEXT_EID = Eid.from_digits("89049032123451234512345678901235")
NEXT_TAC = bytes.fromhex("35290612")


def asked(session, context):
    """Sends AuthenticateServer as a server of version 3 with this ctxParams1."""
    signed = newer_server.server_signed1(session)
    return session.authenticate(server_signed1=signed, ctx_params1=context)


@testcase("ES10b.AuthenticateServer#75")
def test_session_for_a_device_change(card, given, server, step):
    """A session opens for a Profile that may be moved, and its ICCID and device are signed."""
    (one,) = given.profiles(dc.movable_at(server))
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with ctxParamsForDeviceChange"):
        response = asked(session, dc.change_context(one.iccid))
    with step("Expected: authenticateResponseOk, ctxParams1 as sent"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#107")
def test_next_device_is_echoed(card, given, server, step):
    """EID and TAC of the next device are signed as they were sent, after the ICCID."""
    (one,) = given.profiles(dc.movable_at(server))
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with EID and TAC of the next device"):
        response = asked(session, dc.change_context(one.iccid, NEXT_EID, NEXT_TAC))
    with step("Expected: authenticateResponseOk; two 5A, of 10 and 16 octets"):
        verify_authentication(session, response)
        signed = response.authenticate_response_ok.euicc_signed1.ctx_params1
        sizes = [len(each.value) for each in tlv.parse(signed).children() if each.tag == Tag.Iccid]
        expect.equal(sizes, [10, 16], "octets of the objects 5A")


@testcase("ES10b.AuthenticateServer#76")
def test_session_for_an_unknown_profile(card, given, server, step):
    """A session for an ICCID that is not on the card is refused."""
    given.profiles(dc.movable_at(server))
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with ctxParamsForDeviceChange, unknown ICCID"):
        response = asked(session, dc.change_context(UNKNOWN))
    with step("Expected: invalidIccid(14)"):
        expect.error(response, AuthenticateErrorCode.invalidIccid)


@testcase.each(
    "configuration, open_",
    {
        "ES10b.AuthenticateServer#77": (b"", False),
        "procedure.DeviceChange#04": (b"", False),
        "ES10b.AuthenticateServer#108": (dc.stored_code(dc.ACTIVATION_CODE), True),
    },
)
def test_session_for_another_profile(card, given, server, note, step, configuration, open_):
    """A session for a Profile that is not moved by asking an SM-DP+ is refused; recorded."""
    what = dc.movable(ONE, configuration) if configuration else ONE
    (one,) = given.profiles(what)
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with ctxParamsForDeviceChange"):
        response = asked(session, dc.change_context(one.iccid))
        code = expect.code_of(response)
        note("accepted" if code is None else f"refused: {code!r}")
    with step("Expected: invalidIccid(14); recorded"):
        if code is not None or not open_:
            expect.error(response, AuthenticateErrorCode.invalidIccid)


@testcase("ES10b.AuthenticateServer#78")
def test_session_for_a_recovery(card, given, server, step):
    """A session for a recovery opens although the Profile is gone."""
    given.profiles(dc.movable_at(server))
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with ctxParamsForProfileRecovery"):
        response = asked(session, dc.recovery_context(UNKNOWN))
    with step("Expected: authenticateResponseOk, ctxParams1 as sent"):
        verify_authentication(session, response)


@testcase("ES10b.AuthenticateServer#106")
def test_recovery_of_a_profile_that_is_there(card, given, server, note, step):
    """A session for a recovery of a Profile that is still there opens, or is refused."""
    (one,) = given.profiles(dc.movable_at(server))
    session = server.open(card)
    with step("S_LPAd -> eUICC: AuthenticateServer with ctxParamsForProfileRecovery"):
        response = asked(session, dc.recovery_context(one.iccid))
    with step("Expected: authenticateResponseOk or invalidIccid(14); recorded"):
        code = expect.code_of(response)
        note("accepted" if code is None else f"refused: {code!r}")
        if code is not None:
            expect.error(response, AuthenticateErrorCode.invalidIccid)
