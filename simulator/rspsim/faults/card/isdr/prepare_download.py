"""Faults of ES10b.PrepareDownload, and of the one-time keys it makes and uses again."""

from dataclasses import replace
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.errors import DecodeError
from rspcore.messages.es10b import (
    CancelSessionReason,
    DownloadErrorCode,
    EuiccSigned2,
    PrepareDownloadResponse,
)
from rspsim.env import Rng
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr.es10b import prepare_download
from rspsim.euicc.isdr.es10b.prepare_download import DownloadAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import ecasd, one_time_keys
from rspsim.euicc.session import SessionEvent, SessionState
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

_E = DownloadErrorCode
_CHECKS = prepare_download.CHECKS
_FUNCTION = prepare_download.PREPARE_DOWNLOAD
_S = SessionState


def _one_key_for_all(curve: Curve, _rng: Rng) -> PrivateKey:
    return PrivateKey.from_scalar(curve, bytes(31) + b"\x02")


def _nist_key(_curve: Curve, rng: Rng) -> PrivateKey:
    return PrivateKey.from_random(Curve.NIST_P256, rng.octets(48))


def _without_hash(attempt: DownloadAttempt, key: PrivateKey) -> EuiccSigned2:
    return replace(prepare_download.SIGNED.standard(attempt, key), hash_cc=None)


def _key_known(attempt: DownloadAttempt) -> bool:
    wanted = attempt.request.smdp_signed2.bpp_euicc_otpk
    kept = {one.public_point for one in attempt.view.state.one_time_keys}
    return wanted is None or wanted in kept


def _kept_key_named(attempt: DownloadAttempt) -> bool:
    wanted = attempt.request.smdp_signed2.bpp_euicc_otpk
    return wanted is not None or not attempt.view.state.one_time_keys


def _signed_without_signature2(outcome: Outcome, view: View) -> Outcome:
    """Signs euiccSigned2 without smdpSignature2."""
    try:
        answer = PrepareDownloadResponse.decode(outcome.response.data)
    except DecodeError:
        return outcome
    ok, server = answer.download_response_ok, view.session.server
    if ok is None or server is None:
        return outcome
    alone = ecasd.sign(view.state, view.decisions, server.ci_pkid, ok.euicc_signed2.encode())
    return view.answer(
        replace(answer, download_response_ok=replace(ok, euicc_signature2=alone)),
        state=outcome.state,
        volatile=outcome.volatile,
    )


def _blocked(outcome: Outcome, _view: View) -> Outcome:
    """Puts a session that is not prepared into a state that permits no download."""
    session = outcome.volatile.session
    if session.state is not _S.AUTHENTICATED_DP:
        return outcome
    blocked = replace(session, state=_S.AUTHENTICATED_DS)
    return replace(outcome, volatile=replace(outcome.volatile, session=blocked))


_TWO_MISTAKES: Final[Check[DownloadAttempt]] = Check(
    "two_mistakes", lambda a: a.signature_fits or a.transaction_fits, _E.undefinedError
)

FAULTS: Final = (
    CardFault(
        "es10b.prepare-download.any-signature",
        "smdpSignature2 is not verified.",
        (
            "ES10b.PrepareDownload#13",
            "ES10b.PrepareDownload#14",
            "Tamper.PrepareDownload#01",
            "Tamper.PrepareDownload#02",
        ),
        skip(_CHECKS, "smdp_signature2"),
    ),
    CardFault(
        "es10b.prepare-download.certificate-last",
        "The signature of CERT.DPpb is verified after all other checks.",
        ("ES10b.PrepareDownload#37",),
        moved_last(_CHECKS, "certificate_bad_signature"),
    ),
    CardFault(
        "es10b.prepare-download.two-mistakes-undefined",
        "With signature and transactionId both wrong the code is undefinedError(127).",
        ("ES10b.PrepareDownload#38",),
        begins_with(_CHECKS, _TWO_MISTAKES),
    ),
    CardFault(
        "es10b.prepare-download.any-certificate-signature",
        "The signature of CERT.DPpb is not verified.",
        ("ES10b.PrepareDownload#21", "ES10b.PrepareDownload#37", "Tamper.PrepareDownload#03"),
        skip(_CHECKS, "certificate_bad_signature"),
    ),
    CardFault(
        "es10b.prepare-download.any-key-usage",
        "keyUsage of CERT.DPpb is not checked.",
        ("ES10b.PrepareDownload#25", "ES10b.PrepareDownload#26"),
        skip(_CHECKS, "certificate_key_usage"),
    ),
    CardFault(
        "es10b.prepare-download.any-owner",
        "A CERT.DPpb of another SM-DP+ than CERT.DPauth is accepted.",
        ("ES10b.PrepareDownload#27",),
        skip(_CHECKS, "same_owner"),
    ),
    CardFault(
        "es10b.prepare-download.no-owner",
        "A CERT.DPpb without registeredID is accepted.",
        ("ES10b.PrepareDownload#40",),
        skip(_CHECKS, "certificate_missing_registered_id", "same_owner"),
    ),
    CardFault(
        "es10b.prepare-download.any-role",
        "A certificate of another role is accepted as CERT.DPpb.",
        ("ES10b.PrepareDownload#23", "ES10b.PrepareDownload#24"),
        skip(_CHECKS, "server_role", "certificate_extended_key_usage"),
    ),
    CardFault(
        "es10b.prepare-download.any-ci",
        "A CERT.DPpb under a CI that the card does not have is accepted.",
        ("ES10b.PrepareDownload#22",),
        skip(_CHECKS, "ci_known", "same_ci"),
    ),
    CardFault(
        "es10b.prepare-download.other-ci-undefined",
        "CERT.DPpb under another CI than CERT.DPauth is answered undefinedError(127).",
        ("ES10b.PrepareDownload#28",),
        answers(_CHECKS, "same_ci", _E.undefinedError),
    ),
    CardFault(
        "es10b.prepare-download.curve-invalid",
        "A certificate on an unsupported curve is answered invalidCertificate.",
        ("ES10b.PrepareDownload#29",),
        answers(_CHECKS, "curve_supported", _E.invalidCertificate),
    ),
    CardFault(
        "es10b.prepare-download.any-transaction",
        "The TransactionID of smdpSigned2 is not compared.",
        ("ES10b.PrepareDownload#15", "ES10b.PrepareDownload#41"),
        skip(_CHECKS, "transaction_id"),
    ),
    CardFault(
        "es10b.prepare-download.undefined-errors",
        "Every refusal is undefinedError(127).",
        (
            "ES10b.PrepareDownload#13",
            "ES10b.PrepareDownload#15",
            "ES10b.PrepareDownload#16",
            "ES10b.PrepareDownload#27",
            "ES10b.PrepareDownload#33",
            "ES10b.CancelSession#29",
        ),
        flattened(_CHECKS, _E.undefinedError),
    ),
    CardFault(
        "es10b.prepare-download.without-session",
        "PrepareDownload is processed although no server is authenticated.",
        ("ES10b.PrepareDownload#16", "ES10b.PrepareDownload#17", "ES10b.PrepareDownload#18"),
        allows(SessionEvent.DOWNLOAD_PREPARED, _S.PREPARED, _S.IDLE, _S.CHALLENGED),
    ),
    CardFault(
        "es10b.prepare-download.with-sm-ds",
        "A download is prepared in a session with an SM-DS.",
        ("ES10b.PrepareDownload#20",),
        together(
            allows(SessionEvent.DOWNLOAD_PREPARED, _S.PREPARED, _S.AUTHENTICATED_DS),
            skip(_CHECKS, "same_owner"),
        ),
    ),
    CardFault(
        "es10b.prepare-download.after-cancel",
        "The RSP session can still be used after CancelSession.",
        ("ES10b.PrepareDownload#18", "ES10b.CancelSession#29"),
        leads(SessionEvent.CANCELLED, {_S.AUTHENTICATED_DP: _S.AUTHENTICATED_DP}),
    ),
    CardFault(
        "es10b.prepare-download.any-hash",
        "A required hashCc may be missing.",
        ("ES10b.PrepareDownload#30",),
        skip(_CHECKS, "hash_cc"),
    ),
    CardFault(
        "es10b.prepare-download.hash-looked-at",
        "A hashCc that begins with 00 is refused.",
        ("ES10b.PrepareDownload#39",),
        adds(
            _CHECKS,
            Check(
                "hash_first_octet",
                lambda a: not (a.request.hash_cc or b"\1").startswith(b"\0"),
                _E.undefinedError,
            ),
        ),
    ),
    CardFault(
        "es10b.prepare-download.hash-dropped",
        "euiccSigned2 never has hashCc.",
        (
            "procedure.Download#06",
            "ES10b.PrepareDownload#02",
            "ES10b.PrepareDownload#04",
            "ES10b.PrepareDownload#39",
            "procedure.Retry#01",
        ),
        swap(prepare_download.SIGNED, _without_hash),
    ),
    CardFault(
        "es10b.prepare-download.hash-unasked",
        "A hashCc is refused when ccRequiredFlag is not set.",
        ("ES10b.PrepareDownload#31",),
        adds(
            _CHECKS,
            Check(
                "hash_requested",
                lambda a: a.request.smdp_signed2.cc_required_flag or a.request.hash_cc is None,
                _E.undefinedError,
            ),
        ),
    ),
    CardFault(
        "es10b.prepare-download.signed-alone",
        "euiccSignature2 does not cover smdpSignature2.",
        ("ES10b.PrepareDownload#01", "ES10b.PrepareDownload#03"),
        behind(_FUNCTION, _signed_without_signature2),
    ),
    CardFault(
        "es10b.prepare-download.unknown-key-refused",
        "A bppEuiccOtpk that the card does not know is refused.",
        (
            "ES10b.PrepareDownload#10",
            "ES10b.PrepareDownload#09",
            "procedure.Retry#05",
            "procedure.Retry#07",
        ),
        adds(_CHECKS, Check("key_known", _key_known, _E.undefinedError)),
    ),
    CardFault(
        "es10b.prepare-download.kept-key-insisted-on",
        "While a one-time key is stored, a request without bppEuiccOtpk is refused.",
        (
            "ES10b.PrepareDownload#07",
            "procedure.Retry#01",
            "procedure.Retry#03",
            "procedure.Retry#08",
        ),
        adds(_CHECKS, Check("kept_key_named", _kept_key_named, _E.undefinedError)),
    ),
    CardFault(
        "es10b.prepare-download.refused-for-good",
        "After a refusal, every PrepareDownload is answered undefinedError(127).",
        ("ES10b.PrepareDownload#34",),
        together(
            behind(_FUNCTION, _blocked),
            answers(_CHECKS, "session_open", _E.undefinedError),
        ),
    ),
    CardFault(
        "es10b.one-time-key.constant",
        "Every download has the same one-time key.",
        ("ES10b.PrepareDownload#07", "ES10b.GetEUICCChallenge#10"),
        swap(ecasd.ONE_TIME_KEY, _one_key_for_all),
    ),
    CardFault(
        "es10b.one-time-key.nist",
        "Every one-time key is on NIST P-256, whatever the curve of CERT.DPpb.",
        (
            "ES8+.LoadProfileElements#03",
            "ES10b.LoadBoundProfilePackage#02",
            "ES10b.PrepareDownload#03",
            "ES10b.PrepareDownload#04",
        ),
        swap(ecasd.ONE_TIME_KEY, _nist_key),
    ),
    CardFault(
        "es10b.one-time-key.never-kept",
        "A stored one-time key is never used again.",
        ("ES10b.PrepareDownload#08", "procedure.Retry#02", "procedure.Retry#04"),
        swap(one_time_keys.REUSABLE, lambda _kept, _oid, _curve, _wanted: False),
    ),
    CardFault(
        "es10b.one-time-key.dropped-when-postponed",
        "Cancelling a session as postponed deletes its one-time key.",
        ("procedure.Retry#02",),
        swap(
            one_time_keys.KEPT_REASONS,
            one_time_keys.KEPT_REASONS.standard - {CancelSessionReason.postponed},
        ),
    ),
    CardFault(
        "es10b.one-time-key.never-dropped",
        "The one-time key of an installed Profile is used again.",
        ("procedure.Retry#05", "procedure.Retry#07"),
        swap(one_time_keys.DROPPED, lambda state, _key: state),
    ),
    CardFault(
        "es10b.one-time-key.any-server",
        "A stored one-time key is used again for another SM-DP+.",
        ("procedure.Retry#06",),
        swap(
            one_time_keys.REUSABLE,
            lambda kept, _oid, curve, wanted: kept.public_point == wanted and kept.curve is curve,
        ),
    ),
)
