"""ES10b.CancelSession of version 3: the reasons that it added are signed as they are given."""

from rspcore.messages.v3.server_authentication import CancelSessionReason
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.card_signatures import verify_cancellation

REASON = CancelSessionReason
NOT_IN_THE_LIST = 26


@testcase.each(
    "reason",
    {
        "ES10b.CancelSession#07": REASON.sessionAborted,
        "ES10b.CancelSession#08": REASON.enterpriseProfilesNotSupported,
        "ES10b.CancelSession#14": REASON.lprNotSupported,
        "ES10b.CancelSession#15": REASON.lprNetworkDataNotAllowed,
        "ES10b.CancelSession#16": REASON.emptyProfileOrSpName,
        "ES10b.CancelSession#17": REASON.rpmDisabled,
        "ES10b.CancelSession#18": REASON.invalidRpmPackage,
        "ES10b.CancelSession#19": REASON.loadRpmPackageError,
        "ES10b.CancelSession#20": REASON.operationAbandoned,
    },
    level="read-only",
)
def test_reason_is_signed(card, server, step, reason):
    """A reason of version 3 is signed with the transactionId and the server's OID."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step(f"S_LPAd -> eUICC: CancelSession, {expect.names([reason])}"):
        response = session.cancel(reason)
    with step("Expected: cancelSessionResponseOk with that reason; the signature verifies"):
        verify_cancellation(session, response, reason)


@testcase.each(
    "reason",
    {
        "ES10b.CancelSession#09": REASON.enterpriseRulesNotAllowed,
        "ES10b.CancelSession#10": REASON.enterpriseProfileNotAllowed,
        "ES10b.CancelSession#11": REASON.enterpriseOidMismatch,
        "ES10b.CancelSession#12": REASON.enterpriseRulesError,
        "ES10b.CancelSession#13": REASON.enterpriseProfilesOnly,
    },
    level="read-only",
)
def test_enterprise_reason_is_signed(card, server, step, note, options, reason):
    """A card with enterprise Profiles signs the reason; the answer of another is recorded."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step(f"S_LPAd -> eUICC: CancelSession, {expect.names([reason])}"):
        response = session.cancel(reason)
    with step("Expected: cancelSessionResponseOk with that reason, where enterprise is supported"):
        if response.cancel_session_response_ok is None and not options["O_E_ENTERPRISE"]:
            note(f"refused: {response.cancel_session_response_error}")
        else:
            verify_cancellation(session, response, reason)


@testcase("ES10b.CancelSession#35", level="read-only")
def test_reason_that_is_not_in_the_list(card, server, step, note):
    """A reason without a name is refused, or signed as it is given."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step(f"S_LPAd -> eUICC: CancelSession, reason {NOT_IN_THE_LIST}"):
        response = session.cancel(NOT_IN_THE_LIST)
    with step("Expected: undefinedError(127), or that reason signed; recorded"):
        error = response.cancel_session_response_error
        note("signed" if error is None else f"refused: {error}")
