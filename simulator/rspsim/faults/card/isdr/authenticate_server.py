"""Faults of ES10b.AuthenticateServer: which servers the card accepts, and what it signs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.errors import DecodeError
from rspcore.ids import TransactionId
from rspcore.messages.es10b import (
    AuthenticateErrorCode,
    AuthenticateServerResponse,
    CtxParamsForCommonAuthentication,
    EuiccSigned1,
)
from rspcore.messages.euicc_info import DeviceCapabilities
from rspcore.messages.notifications import ProfileInstallationResult
from rspcore.status import StatusWord
from rspsim.euicc import startup
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr import dispatch
from rspsim.euicc.isdr.es10b import authenticate_server, list_notification
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import ecasd
from rspsim.euicc.session import SessionEvent, SessionState
from rspsim.euicc.session_context import IDLE_SESSION
from rspsim.euicc.state import CiCredential, Volatile
from rspsim.faults.card.card_fault import (
    CardFault,
    adds,
    allows,
    answers,
    begins_with,
    behind,
    flattened,
    leads,
    moved_last,
    skip,
    swap,
    together,
)

__all__ = ["FAULTS"]

_E = AuthenticateErrorCode
_CHECKS = authenticate_server.CHECKS
_FUNCTION = authenticate_server.AUTHENTICATE_SERVER

Attempt = AuthenticationAttempt
Params = CtxParamsForCommonAuthentication


def _first_credential(attempt: Attempt) -> CiCredential | None:
    """Returns the CI of the server's certificate, whichever CI is asked for."""
    return ecasd.signing_credential(attempt.view.state, attempt.presented.ci_pkid or b"")


def _any_credential(attempt: Attempt) -> CiCredential | None:
    known = authenticate_server.CREDENTIAL.standard(attempt)
    return known or attempt.view.state.credentials[0]


def _rewritten(change: Callable[[Params], Params]) -> Callable[[Attempt], EuiccSigned1]:
    """Returns a function that makes euiccSigned1 with a change in ctxParams1."""

    def signed(attempt: Attempt) -> EuiccSigned1:
        made = authenticate_server.SIGNED.standard(attempt)
        params = Params.decode(made.ctx_params1)
        device = replace(
            params.device_info,
            device_capabilities=replace(params.device_info.device_capabilities),
        )
        return replace(made, ctx_params1=change(replace(params, device_info=device)).encode())

    return signed


def _without_matching_id(params: Params) -> Params:
    return replace(params, matching_id=None)


def _with_matching_id(params: Params) -> Params:
    return replace(params, matching_id=params.matching_id or "")


def _without_capabilities(params: Params) -> Params:
    device = replace(params.device_info, device_capabilities=DeviceCapabilities())
    return replace(params, device_info=device)


def _with_imei(params: Params) -> Params:
    imei = params.device_info.imei or bytes(8)
    return replace(params, device_info=replace(params.device_info, imei=imei))


def _address_in_lower_case(attempt: Attempt) -> EuiccSigned1:
    made = authenticate_server.SIGNED.standard(attempt)
    return replace(made, server_address=made.server_address.lower())


def _long_transaction_id(attempt: Attempt) -> EuiccSigned1:
    made = authenticate_server.SIGNED.standard(attempt)
    return replace(made, transaction_id=TransactionId(made.transaction_id.octets.rjust(16, b"\0")))


def _own_challenge(attempt: Attempt) -> EuiccSigned1:
    made = authenticate_server.SIGNED.standard(attempt)
    return replace(made, server_challenge=attempt.request.server_signed1.euicc_challenge)


def _no_result_of_error(attempt: Attempt) -> bool:
    """Returns whether no result of a load that reports an error is pending."""
    kept = (one.octets for one in attempt.view.state.notifications if one.is_result)
    results = map(ProfileInstallationResult.decode, kept)
    return all(one.data.final_result.error_result is None for one in results)


def _other_transaction(outcome: Outcome, view: View) -> Outcome:
    """Writes a TransactionID of zeros into a refusal."""
    try:
        answer = AuthenticateServerResponse.decode(outcome.response.data)
    except DecodeError:
        return outcome
    error = answer.authenticate_response_error
    if error is None:
        return outcome
    other = replace(error, transaction_id=TransactionId(bytes(16)))
    return view.answer(
        replace(answer, authenticate_response_error=other),
        state=outcome.state,
        volatile=outcome.volatile,
    )


def _exchanged(outcome: Outcome, view: View) -> Outcome:
    """Answers CERT.EUM where CERT.EUICC belongs, and the other way round."""
    try:
        answer = AuthenticateServerResponse.decode(outcome.response.data)
    except DecodeError:
        return outcome
    ok = answer.authenticate_response_ok
    if ok is None:
        return outcome
    turned = replace(ok, euicc_certificate=ok.eum_certificate, eum_certificate=ok.euicc_certificate)
    return view.answer(
        replace(answer, authenticate_response_ok=turned),
        state=outcome.state,
        volatile=outcome.volatile,
    )


def _address_kept(outcome: Outcome, _view: View) -> Outcome:
    """Stores the server's address as the default SM-DP+ address."""
    server = outcome.volatile.session.server
    if server is None:
        return outcome
    addresses = replace(outcome.state.addresses, default_dp=server.address)
    return replace(outcome, state=replace(outcome.state, addresses=addresses))


def _session_dropped(outcome: Outcome, _view: View) -> Outcome:
    return replace(outcome, volatile=replace(outcome.volatile, session=IDLE_SESSION))


def _session_survives(before: Volatile) -> Volatile:
    return replace(Volatile(), session=before.session)


_BOTH_ROLES: Final = (
    "ES10b.AuthenticateServer#01",
    "ES10b.AuthenticateServer#02",
    "ES10b.AuthenticateServer#03",
    "ES10b.AuthenticateServer#04",
)

_TWO_MISTAKES: Final[Check[AuthenticationAttempt]] = Check(
    "two_mistakes", lambda a: a.signature_fits or a.challenge_fits, _E.undefinedError
)

FAULTS: Final = (
    CardFault(
        "es10b.authenticate-server.any-signature",
        "serverSignature1 is not verified.",
        (
            "ES10b.AuthenticateServer#32",
            "ES10b.AuthenticateServer#33",
            "ES10b.AuthenticateServer#34",
            "Tamper.AuthenticateServer#01",
            "Tamper.AuthenticateServer#02",
        ),
        skip(_CHECKS, "server_signature1"),
    ),
    CardFault(
        "es10b.authenticate-server.two-mistakes-undefined",
        "With signature and challenge both wrong the code is undefinedError(127).",
        ("ES10b.AuthenticateServer#85",),
        begins_with(_CHECKS, _TWO_MISTAKES),
    ),
    CardFault(
        "es10b.authenticate-server.challenge-last",
        "The challenge is compared after all other checks.",
        ("ES10b.AuthenticateServer#86",),
        moved_last(_CHECKS, "euicc_challenge"),
    ),
    CardFault(
        "es10b.authenticate-server.any-challenge",
        "The challenge in serverSigned1 is not compared.",
        ("ES10b.AuthenticateServer#35", "ES10b.GetEUICCChallenge#04"),
        skip(_CHECKS, "euicc_challenge"),
    ),
    CardFault(
        "es10b.authenticate-server.undefined-errors",
        "Every refusal is undefinedError(127).",
        (
            "ES10b.AuthenticateServer#32",
            "ES10b.AuthenticateServer#35",
            "ES10b.AuthenticateServer#36",
            "ES10b.AuthenticateServer#53",
            "ES10b.AuthenticateServer#85",
            "ES10b.AuthenticateServer#86",
            "ES10b.AuthenticateServer#87",
        ),
        flattened(_CHECKS, _E.undefinedError),
    ),
    CardFault(
        "es10b.authenticate-server.without-challenge",
        "A server is authenticated although no challenge is outstanding.",
        (
            "ES10b.AuthenticateServer#36",
            "ES10b.AuthenticateServer#37",
            "ES10b.GetEUICCChallenge#06",
        ),
        together(
            allows(SessionEvent.DP_AUTHENTICATED, SessionState.AUTHENTICATED_DP),
            allows(SessionEvent.DS_AUTHENTICATED, SessionState.AUTHENTICATED_DS),
            skip(_CHECKS, "euicc_challenge"),
        ),
    ),
    CardFault(
        "es10b.authenticate-server.blocked-by-refusal",
        "After a server was refused, no server is authenticated until a reset.",
        ("ES10b.AuthenticateServer#58", "ES10b.AuthenticateServer#88"),
        together(
            leads(
                SessionEvent.AUTHENTICATION_REFUSED,
                {SessionState.CHALLENGED: SessionState.LOADING},
            ),
            leads(
                SessionEvent.CHALLENGE_ISSUED,
                {SessionState.LOADING: SessionState.LOADING},
            ),
            answers(_CHECKS, "session_open", _E.undefinedError),
        ),
    ),
    CardFault(
        "es10b.authenticate-server.blocked-by-result",
        "While a result that reports an error is pending, no server is authenticated.",
        ("procedure.Retry#08",),
        adds(_CHECKS, Check("no_error_pending", _no_result_of_error, _E.undefinedError)),
    ),
    CardFault(
        "es10b.authenticate-server.any-identifier",
        "An unknown euiccCiPKIdToBeUsed is accepted, and the card signs under its first CI.",
        ("ES10b.AuthenticateServer#53", "ES10b.AuthenticateServer#81"),
        swap(authenticate_server.CREDENTIAL, _any_credential),
    ),
    CardFault(
        "es10b.authenticate-server.identifier-ignored",
        "The card signs under the CI of the server's certificate, whichever CI is requested.",
        (
            "ES10b.AuthenticateServer#07",
            "ES10b.AuthenticateServer#54",
            "procedure.Certificates#01",
            "procedure.Certificates#03",
        ),
        swap(authenticate_server.CREDENTIAL, _first_credential),
    ),
    CardFault(
        "es10b.authenticate-server.certificates-exchanged",
        "CERT.EUM is answered where CERT.EUICC belongs, and the other way round.",
        (*_BOTH_ROLES, "procedure.Certificates#01", "procedure.Certificates#02"),
        behind(_FUNCTION, _exchanged),
    ),
    CardFault(
        "es10b.authenticate-server.no-signature",
        "euiccSignature1 and every other signature is 64 octets of zeros.",
        (
            *_BOTH_ROLES,
            "ES10b.PrepareDownload#01",
            "ES10b.PrepareDownload#03",
            "ES10b.CancelSession#23",
            "procedure.Certificates#03",
        ),
        swap(ecasd.SIGNATURE, lambda _key, _data: bytes(64)),
    ),
    CardFault(
        "es10b.authenticate-server.own-challenge",
        "euiccSigned1 has the card's own challenge in place of the server's.",
        (*_BOTH_ROLES, "procedure.Download#05"),
        swap(authenticate_server.SIGNED, _own_challenge),
    ),
    CardFault(
        "es10b.authenticate-server.matching-id-dropped",
        "The MatchingID is not returned in euiccSigned1.",
        ("ES10b.AuthenticateServer#09", "ES10b.AuthenticateServer#10"),
        swap(authenticate_server.SIGNED, _rewritten(_without_matching_id)),
    ),
    CardFault(
        "es10b.authenticate-server.matching-id-added",
        "An empty MatchingID is returned although none was sent.",
        ("ES10b.AuthenticateServer#11",),
        swap(authenticate_server.SIGNED, _rewritten(_with_matching_id)),
    ),
    CardFault(
        "es10b.authenticate-server.capabilities-dropped",
        "The capabilities of the device are not returned in euiccSigned1.",
        ("ES10b.AuthenticateServer#12",),
        swap(authenticate_server.SIGNED, _rewritten(_without_capabilities)),
    ),
    CardFault(
        "es10b.authenticate-server.imei-added",
        "An IMEI of zeros is returned although none was sent.",
        ("ES10b.AuthenticateServer#13",),
        swap(authenticate_server.SIGNED, _rewritten(_with_imei)),
    ),
    CardFault(
        "es10b.authenticate-server.unknown-dropped",
        "Unknown objects of deviceInfo are not returned in euiccSigned1.",
        ("ES10b.AuthenticateServer#14",),
        swap(authenticate_server.SIGNED, _rewritten(lambda params: params)),
    ),
    CardFault(
        "es10b.authenticate-server.address-in-lower-case",
        "serverAddress is returned in lower case.",
        ("ES10b.AuthenticateServer#55",),
        swap(authenticate_server.SIGNED, _address_in_lower_case),
    ),
    CardFault(
        "es10b.authenticate-server.transaction-id-padded",
        "A short transactionId is returned with 16 octets.",
        ("ES10b.AuthenticateServer#21",),
        swap(authenticate_server.SIGNED, _long_transaction_id),
    ),
    CardFault(
        "es10b.authenticate-server.refusal-of-another",
        "A refusal has a transactionId of zeros.",
        ("ES10b.AuthenticateServer#87",),
        behind(_FUNCTION, _other_transaction),
    ),
    CardFault(
        "es10b.authenticate-server.address-kept",
        "The address of an authenticated server becomes the default SM-DP+ address.",
        ("ES10b.AuthenticateServer#91",),
        behind(_FUNCTION, _address_kept),
    ),
    CardFault(
        "es10b.authenticate-server.unreadable-undefined",
        "A request that cannot be read is answered 6A88.",
        (
            "ES10b.AuthenticateServer#56",
            "ES10b.AuthenticateServer#57",
            "ES10b.AuthenticateServer#90",
            "ES10b.PrepareDownload#32",
        ),
        swap(dispatch.MALFORMED, StatusWord.REFERENCED_DATA_NOT_FOUND),
    ),
    CardFault(
        "es10b.session.ends-at-reading",
        "ListNotification ends the RSP session.",
        ("ES10b.AuthenticateServer#74",),
        behind(list_notification.LIST_NOTIFICATION, _session_dropped),
    ),
    CardFault(
        "es10b.session.survives-reset",
        "The RSP session continues after a reset.",
        (
            "ES10b.AuthenticateServer#36",
            "ES10b.PrepareDownload#16",
            "ES10b.CancelSession#26",
            "procedure.PowerLoss#01",
            "procedure.PowerLoss#02",
            "procedure.PowerLoss#03",
            "procedure.PowerLoss#04",
        ),
        swap(startup.FORGOTTEN, _session_survives),
    ),
)
