"""ES10b.PrepareDownload: verifies the server's second signature, provides the one-time key.

Source: SGP.22 v2, 5.7.5; for the one-time key 2.6.4 and 3.1.3.
"""

from functools import cached_property
from typing import Final

from rspcore import tlv
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.frozen import dataclass, replace
from rspcore.messages.es10b import (
    DownloadErrorCode,
    EuiccSigned2,
    PrepareDownloadRequest,
    PrepareDownloadResponse,
    PrepareDownloadResponseError,
    PrepareDownloadResponseOk,
)
from rspcore.pki.roles import Role
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import ecasd, one_time_keys
from rspsim.euicc.security.server_certificate import NO_OID, Presented, certificate_checks
from rspsim.euicc.security.stapled_crls import listed
from rspsim.euicc.session import SessionEvent
from rspsim.euicc.session_context import AuthenticatedServer, PreparedDownload

__all__ = ["CHECKS", "PREPARE_DOWNLOAD", "SIGNED", "VERIFIES", "DownloadAttempt"]


@dataclass(frozen=True)
class DownloadAttempt:
    """A request and the view for its checks."""

    request: PrepareDownloadRequest
    view: View

    @cached_property
    def presented(self) -> Presented:
        """Returns CERT.DPpb."""
        others = () if self.server is None else self.server.others
        return Presented(self.request.smdp_certificate, self.view.state, others)

    @property
    def server(self) -> AuthenticatedServer | None:
        """Returns the server of the session."""
        return self.view.session.server

    @property
    def session_open(self) -> bool:
        """Returns whether an SM-DP+ is authenticated and no download prepared yet."""
        return self.view.permits(SessionEvent.DOWNLOAD_PREPARED)

    @property
    def same_owner(self) -> bool:
        """Returns whether CERT.DPpb and CERT.DPauth have the same registeredID."""
        return self.server is not None and self.presented.oid == self.server.oid

    @property
    def same_ci(self) -> bool:
        """Returns whether CERT.DPpb and CERT.DPauth are under the same CI."""
        return self.server is not None and self.presented.ci_pkid == self.server.server_ci_pkid

    @property
    def not_listed(self) -> bool:
        """Returns whether no CRL that the server stapled lists CERT.DPpb."""
        return self.server is None or not listed(self.presented, self.server.crls)

    @property
    def signature_fits(self) -> bool:
        """Returns whether smdpSignature2 is the server's over smdpSigned2 and euiccSignature1."""
        key = self.presented.key
        if key is None or self.server is None:
            return False
        signed = self.request.smdp_signed2.encode() + tlv.encode(
            Tag.Signature, self.server.euicc_signature1
        )
        return self.view.decisions[VERIFIES](key, self.request.smdp_signature2, signed)

    @property
    def transaction_fits(self) -> bool:
        """Returns whether the server names the session's TransactionID."""
        named = self.request.smdp_signed2.transaction_id
        return self.server is not None and named == self.server.transaction_id

    @property
    def hash_given(self) -> bool:
        """Returns whether hashCc is present when the server requires it, or may be absent."""
        wanted = self.request.smdp_signed2.cc_required_flag
        accepted = self.view.options.missing_hash_cc_accepted
        return accepted or not wanted or self.request.hash_cc is not None


def _verifies(key: PublicKey, signature: bytes, data: bytes) -> bool:
    return key.verify(signature, data)


def _signed(attempt: DownloadAttempt, key: PrivateKey) -> EuiccSigned2:
    """Returns euiccSigned2; the hash is included unchecked, also when not asked for."""
    return EuiccSigned2(
        transaction_id=attempt.request.smdp_signed2.transaction_id,
        euicc_otpk=key.public.point,
        hash_cc=attempt.request.hash_cc,
    )


_E = DownloadErrorCode

# pyright: reportAssignmentType=false, reportAttributeAccessIssue=false
# It does not infer a table with other rows unpacked into it; mypy does.
CHECKS: Final[Decision[Checks[DownloadAttempt]]] = Decision(
    "es10b.prepare_download",
    (
        Check("session_open", lambda a: a.session_open, _E.noSessionContext),
        Check("curve_supported", lambda a: a.presented.curve_supported, _E.unsupportedCurve),
        Check("ci_known", lambda a: a.presented.ci_known, _E.invalidCertificate),
        *certificate_checks(_E.invalidCertificate),
        Check("server_role", lambda a: a.presented.role is Role.DP_PB, _E.invalidCertificate),
        Check("same_owner", lambda a: a.same_owner, _E.invalidCertificate),
        Check("same_ci", lambda a: a.same_ci, _E.invalidCertificate),
        Check("not_listed", lambda a: a.not_listed, _E.invalidCertificate),
        Check("smdp_signature2", lambda a: a.signature_fits, _E.invalidSignature),
        Check("transaction_id", lambda a: a.transaction_fits, _E.invalidTransactionId),
        Check("hash_cc", lambda a: a.hash_given, _E.undefinedError),
    ),
    "checks of PrepareDownload",
)
VERIFIES: Final = Decision(
    "es10b.prepare_download.verifies", _verifies, "whether smdpSignature2 is good"
)
SIGNED: Final = Decision("es10b.prepare_download.signed", _signed, "euiccSigned2")


def _handle(request: PrepareDownloadRequest, view: View) -> Outcome:
    attempt = DownloadAttempt(request, view)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    server, server_key = view.session.server, attempt.presented.key
    if refusal is None and server is not None and server_key is not None:
        return _accepted(attempt, server, server_key)
    error = PrepareDownloadResponseError(
        transaction_id=request.smdp_signed2.transaction_id,
        download_error_code=_E.undefinedError if refusal is None else refusal,
    )
    return view.answer(PrepareDownloadResponse(download_response_error=error))


def _accepted(
    attempt: DownloadAttempt, server: AuthenticatedServer, server_key: PublicKey
) -> Outcome:
    view, request = attempt.view, attempt.request
    oid = attempt.presented.oid or NO_OID
    key, state = one_time_keys.chosen(
        view, oid, server_key.curve, request.smdp_signed2.bpp_euicc_otpk
    )
    signed = view.decisions[SIGNED](attempt, key)
    data = signed.encode() + tlv.encode(Tag.Signature, request.smdp_signature2)
    ok = PrepareDownloadResponseOk(
        euicc_signed2=signed,
        euicc_signature2=ecasd.sign(state, view.decisions, server.ci_pkid, data),
    )
    prepared = PreparedDownload(server_key=server_key, smdp_oid=oid, one_time_key=key)
    session = replace(view.session_after(SessionEvent.DOWNLOAD_PREPARED), download=prepared)
    return view.answer(
        PrepareDownloadResponse(download_response_ok=ok), state=state, session=session
    )


PREPARE_DOWNLOAD: Final = Function(
    "ES10b.PrepareDownload", PrepareDownloadRequest, _handle, Interface.ES10B
)
