"""ES10b.AuthenticateServer: verifies a server, then signs with the card's own identity.

Source: SGP.22 v2, 5.7.13; the order of the last three checks is that of its text, each of the
earlier ones follows as soon as what it needs is known. A card of version 3 takes what version 3
added: sessionContext names the key to sign with, ctxParams1 has three further alternatives.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Final

from rspcore import tlv
from rspcore.crypto.keys import PublicKey
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.messages.es10b import (
    AuthenticateErrorCode,
    AuthenticateResponseError,
    AuthenticateResponseOk,
    AuthenticateServerRequest,
    AuthenticateServerResponse,
    CtxParamsForCommonAuthentication,
    EuiccSigned1,
)
from rspcore.messages.v3 import card_and_device
from rspcore.messages.v3 import server_authentication as v3
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.pki.chain_verification import CrlFlaw
from rspcore.pki.roles import Role
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr import information
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import change_session, ecasd
from rspsim.euicc.security.server_certificate import NO_OID, Presented, certificate_checks
from rspsim.euicc.security.stapled_crls import CRL_CHECKS, stapled_flaws
from rspsim.euicc.session import SessionEvent
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.euicc.state import CiCredential

__all__ = [
    "AUTHENTICATE_SERVER",
    "CHECKS",
    "CREDENTIAL",
    "OTHER_CERTIFICATES",
    "SIGNED",
    "VERIFIES",
    "AuthenticationAttempt",
]

_NEEDED_BY_CONTEXT: Final = {
    0xA1: EuiccRspCapability.deviceChangeSupport,
    0xA2: EuiccRspCapability.deviceChangeSupport,
    0xA3: EuiccRspCapability.pushServiceRegistrationSupport,
}
"""Alternatives of ctxParams1 that need a feature, by their tag."""
_ROLES: Final = {
    Role.DP_AUTH: SessionEvent.DP_AUTHENTICATED,
    Role.DS_AUTH: SessionEvent.DS_AUTHENTICATED,
}


@dataclass(frozen=True)
class AuthenticationAttempt:
    """A request and the view for its checks."""

    request: AuthenticateServerRequest
    view: View

    @cached_property
    def presented(self) -> Presented:
        """Returns the server's certificate."""
        return Presented(self.request.server_certificate, self.view.state, self.others)

    @property
    def others(self) -> tuple[bytes, ...]:
        """Returns otherCertsInChain of a server of version 3."""
        request = self.request
        if not isinstance(request, v3.AuthenticateServerRequest):
            return ()
        return request.other_certs_in_chain or ()

    @property
    def crls(self) -> tuple[bytes, ...]:
        """Returns the CRLs to look at: none unless the server says that it staples them."""
        context, request = self.context, self.request
        if context is None or not isinstance(request, v3.AuthenticateServerRequest):
            return ()
        return (request.crl_list or ()) if self.stapled else ()

    @property
    def context(self) -> v3.SessionContext | None:
        """Returns sessionContext of a server of version 3, or None."""
        signed = self.request.server_signed1
        return signed.session_context if isinstance(signed, v3.ServerSigned1) else None

    @property
    def stapled(self) -> bool:
        """Returns whether the server staples CRLs and the card looks at them."""
        supported = EuiccRspCapability.crlStaplingV3Support
        return (
            self.context is not None
            and self.context.crl_stapling_v3_used
            and supported in self.view.state.personality.rsp_capability
        )

    @cached_property
    def crl_flaws(self) -> frozenset[CrlFlaw]:
        """Returns every flaw of the CRLs; none where the server staples none."""
        return stapled_flaws(self.presented, self.crls) if self.stapled else frozenset()

    @property
    def session_open(self) -> bool:
        """Returns whether a challenge is outstanding."""
        return self.view.permits(SessionEvent.DP_AUTHENTICATED)

    @property
    def ci_known(self) -> bool:
        """Returns whether the card can verify under the CI the certificate names."""
        return self.presented.ci_known

    @property
    def ci_known_by_option(self) -> bool:
        """Returns the same, or True when the card's option gives an unknown CI another code."""
        return self.ci_known or self.view.options.unknown_ci_is_invalid_certificate

    @property
    def signature_fits(self) -> bool:
        """Returns whether serverSignature1 is the server's over serverSigned1 as received."""
        key, signed = self.presented.key, self.request.server_signed1.encode()
        verifies = self.view.decisions[VERIFIES]
        return key is not None and verifies(key, self.request.server_signature1, signed)

    @property
    def challenge_fits(self) -> bool:
        """Returns whether the server signed the challenge outstanding."""
        return self.request.server_signed1.euicc_challenge == self.view.session.challenge

    @property
    def context_supported(self) -> bool:
        """Returns whether the card has the feature that this alternative of ctxParams1 is for."""
        needed = _NEEDED_BY_CONTEXT.get(self.request.ctx_params1[0])
        return needed is None or needed in self.view.state.personality.rsp_capability

    @property
    def iccid_fits(self) -> bool:
        """Returns whether a Device Change is for a Profile that may be moved by this server's word.

        A recovery is for a Profile that is gone, so its ICCID is not looked at.
        """
        octets = self.request.ctx_params1
        if octets[0] != v3.CtxParamsForDeviceChange.TAG:
            return True
        asked = v3.CtxParamsForDeviceChange.decode(octets).iccid
        profile = self.view.state.profile_by_iccid(asked)
        if profile is None:
            return False
        configuration = change_session.configuration_of(profile)
        configured = configuration is not None and configuration.request_to_dp is not None
        return configured or self.view.options.change_unconfigured_accepted

    @property
    def pkid_wanted(self) -> bytes:
        """Returns the CI under which the card has to sign; empty where it is to choose.

        A key for version 3 goes before the other.
        """
        newer = self.newer_pkid
        return self.request.euicc_ci_pkid_to_be_used if newer is None else newer

    @property
    def newer_pkid(self) -> bytes | None:
        """Returns the CI for a chain of version 3 that the server names, or None."""
        return None if self.context is None else self.context.euicc_ci_pkid_to_be_used_v3

    @property
    def credential(self) -> CiCredential | None:
        """Returns what the card signs with, or None when it cannot sign under this CI."""
        return self.view.decisions[CREDENTIAL](self)


def _verifies(key: PublicKey, signature: bytes, data: bytes) -> bool:
    return key.verify(signature, data)


def _credential(attempt: AuthenticationAttempt) -> CiCredential | None:
    wanted, state = attempt.pkid_wanted, attempt.view.state
    if attempt.newer_pkid is not None:
        found = ecasd.signing_credential(state, wanted)
        return found.in_version_3 if found is not None and found.signs_in_version_3 else None
    if not wanted and state.personality.version_3:
        return next((one for one in state.credentials if one.signs), None)
    return ecasd.signing_credential(state, wanted)


def _other_certificates(credential: CiCredential, /) -> tuple[bytes, ...]:
    return credential.other_certificates


def _signed(attempt: AuthenticationAttempt) -> EuiccSigned1:
    """Returns euiccSigned1; ctxParams1 is included octet for octet as received."""
    asked = attempt.request.server_signed1
    info = information.euicc_info2(attempt.view.state, attempt.view.decisions)
    if isinstance(info, card_and_device.EuiccInfo2):
        return v3.EuiccSigned1(
            transaction_id=asked.transaction_id,
            server_address=asked.server_address,
            server_challenge=asked.server_challenge,
            euicc_info2=info,
            ctx_params1=attempt.request.ctx_params1,
        )
    return EuiccSigned1(
        transaction_id=asked.transaction_id,
        server_address=asked.server_address,
        server_challenge=asked.server_challenge,
        euicc_info2=info,
        ctx_params1=attempt.request.ctx_params1,
    )


_E = AuthenticateErrorCode

# pyright: reportAssignmentType=false, reportAttributeAccessIssue=false
# It does not infer a table with other rows unpacked into it; mypy does.
CHECKS: Final[Decision[Checks[AuthenticationAttempt]]] = Decision(
    "es10b.authenticate_server",
    (
        Check("session_open", lambda a: a.session_open, _E.noSessionContext),
        Check("curve_supported", lambda a: a.presented.curve_supported, _E.unsupportedCurve),
        Check("chain_complete", lambda a: a.presented.chain_complete, _E.invalidCertificate),
        Check("ci_known", lambda a: a.ci_known_by_option, _E.ciPKUnknown),
        Check("ci_known_or_invalid", lambda a: a.ci_known, _E.invalidCertificate),
        *certificate_checks(_E.invalidCertificate),
        Check("server_role", lambda a: a.presented.role in _ROLES, _E.invalidOid),
        Check("server_signature1", lambda a: a.signature_fits, _E.invalidSignature),
        Check("euicc_challenge", lambda a: a.challenge_fits, _E.euiccChallengeMismatch),
        Check("ci_to_be_used", lambda a: a.credential is not None, _E.ciPKUnknown),
        *CRL_CHECKS,
        Check("context_supported", lambda a: a.context_supported, _E.undefinedError),
        Check("iccid", lambda a: a.iccid_fits, v3.AuthenticateErrorCode.invalidIccid),
    ),
    "checks of AuthenticateServer",
)
VERIFIES: Final = Decision(
    "es10b.authenticate_server.verifies", _verifies, "whether serverSignature1 is good"
)
CREDENTIAL: Final = Decision(
    "es10b.authenticate_server.credential", _credential, "key and certificates the card signs with"
)
OTHER_CERTIFICATES: Final = Decision(
    "es10b.authenticate_server.other_certificates",
    _other_certificates,
    "otherCertsInChain of the card's answer",
)
SIGNED: Final[Decision[Callable[[AuthenticationAttempt], EuiccSigned1]]] = Decision(
    "es10b.authenticate_server.signed", _signed, "euiccSigned1"
)


def _handle(request: AuthenticateServerRequest, view: View) -> Outcome:
    try:
        if view.state.personality.version_3:
            v3.CtxParams1.from_tlv(tlv.parse(tlv.encode(Tag.Sequence, request.ctx_params1)))
        else:
            CtxParamsForCommonAuthentication.decode(request.ctx_params1)
    except DecodeError:
        return view.refuse(StatusWord.WRONG_DATA)
    attempt = AuthenticationAttempt(request, view)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    if refusal is not None:
        return _refused(attempt, refusal)
    return _accepted(attempt)


def _refused(attempt: AuthenticationAttempt, code: int) -> Outcome:
    view = attempt.view
    kept = view.options.authenticate_retry
    event = (
        SessionEvent.AUTHENTICATION_REFUSED
        if kept
        else SessionEvent.AUTHENTICATION_REFUSED_FOR_GOOD
    )
    session = view.session_after(event) if view.permits(event) else view.session
    error = AuthenticateResponseError(
        transaction_id=attempt.request.server_signed1.transaction_id, authenticate_error_code=code
    )
    return view.answer(
        AuthenticateServerResponse(authenticate_response_error=error), session=session
    )


def _accepted(attempt: AuthenticationAttempt) -> Outcome:
    view, request, presented = attempt.view, attempt.request, attempt.presented
    credential = attempt.credential or view.state.credentials[0]
    signed = view.decisions[SIGNED](attempt)
    signature = ecasd.sign(view.state, view.decisions, credential.ci_pkid, signed.encode())
    server = AuthenticatedServer(
        transaction_id=request.server_signed1.transaction_id,
        address=request.server_signed1.server_address,
        oid=presented.oid or NO_OID,
        ci_pkid=credential.ci_pkid,
        server_ci_pkid=presented.ci_pkid or b"",
        euicc_signature1=signature,
        server_key=presented.key,
        ctx_params1=request.ctx_params1,
        newer_chain=attempt.newer_pkid is not None,
        others=attempt.others,
        crls=attempt.crls,
    )
    role = presented.role or Role.DP_AUTH
    event = _ROLES.get(role, SessionEvent.DP_AUTHENTICATED)
    certificates = {
        "euicc_certificate": credential.euicc_certificate,
        "eum_certificate": credential.eum_certificate,
    }
    if isinstance(signed, v3.EuiccSigned1):
        ok: AuthenticateResponseOk = v3.AuthenticateResponseOk(
            euicc_signed1=signed,
            euicc_signature1=signature,
            other_certs_in_chain=view.decisions[OTHER_CERTIFICATES](credential) or None,
            **certificates,
        )
    else:
        ok = AuthenticateResponseOk(
            euicc_signed1=signed, euicc_signature1=signature, **certificates
        )
    return view.answer(
        AuthenticateServerResponse(authenticate_response_ok=ok),
        session=replace(view.session_after(event), server=server),
    )


AUTHENTICATE_SERVER: Final = Function(
    "ES10b.AuthenticateServer",
    AuthenticateServerRequest,
    _handle,
    Interface.ES10B,
    request_v3=v3.AuthenticateServerRequest,
)
