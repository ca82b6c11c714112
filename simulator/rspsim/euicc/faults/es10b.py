"""Faults of ES10b: sessions, certificates, signatures, one-time keys, the notification list."""

from dataclasses import replace
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.messages.es10b import (
    AuthenticateErrorCode,
    CancelSessionReason,
    DownloadErrorCode,
    EuiccCancelSessionSigned,
)
from rspsim.env import Rng
from rspsim.euicc import ecasd, one_time_keys
from rspsim.euicc.es10b import (
    authenticate_server,
    cancel_session,
    get_euicc_challenge,
    list_notification,
    prepare_download,
    remove_notification_from_list,
    retrieve_notifications_list,
)
from rspsim.euicc.faults.fault import Fault, allows, flattened, skip, swap, together
from rspsim.euicc.session import AuthenticatedServer, SessionEvent, SessionState

__all__ = ["FAULTS"]


def _one_key_for_all(curve: Curve, _rng: Rng) -> PrivateKey:
    return PrivateKey.from_scalar(curve, bytes(31) + b"\x02")


def _reason_lost(
    attempt: cancel_session.CancelAttempt, server: AuthenticatedServer
) -> EuiccCancelSessionSigned:
    signed = cancel_session.SIGNED.standard(attempt, server)
    return replace(signed, reason=CancelSessionReason.undefinedReason)


FAULTS: Final = (
    Fault(
        "es10b.challenge.constant",
        "Every euiccChallenge is the same.",
        ("ES10b.GetEUICCChallenge#02", "ES10b.GetEUICCChallenge#03"),
        swap(get_euicc_challenge.CHALLENGE, lambda _rng: bytes(16)),
    ),
    Fault(
        "es10b.challenge.keeps-session",
        "A new challenge leaves the session before it usable.",
        ("ES10b.GetEUICCChallenge#05", "ES10b.PrepareDownload#19"),
        together(
            swap(get_euicc_challenge.DISCARDS, value=False),
            allows(SessionEvent.DOWNLOAD_PREPARED, SessionState.PREPARED, SessionState.CHALLENGED),
        ),
    ),
    Fault(
        "es10b.authenticate-server.any-signature",
        "serverSignature1 is not verified.",
        ("ES10b.AuthenticateServer#32", "ES10b.AuthenticateServer#34"),
        skip(authenticate_server.CHECKS, "server_signature1"),
    ),
    Fault(
        "es10b.authenticate-server.any-certificate-signature",
        "The signature of CERT.DPauth and CERT.DSauth is not verified.",
        ("ES10b.AuthenticateServer#38", "ES10b.AuthenticateServer#47"),
        skip(authenticate_server.CHECKS, "certificate_bad_signature"),
    ),
    Fault(
        "es10b.authenticate-server.any-key-usage",
        "keyUsage of the server's certificate is not looked at.",
        ("ES10b.AuthenticateServer#41", "ES10b.AuthenticateServer#48"),
        skip(authenticate_server.CHECKS, "certificate_key_usage"),
    ),
    Fault(
        "es10b.authenticate-server.any-role",
        "A certificate of another role authenticates a server.",
        ("ES10b.AuthenticateServer#44",),
        skip(authenticate_server.CHECKS, "server_role"),
    ),
    Fault(
        "es10b.authenticate-server.any-challenge",
        "The challenge in serverSigned1 is not compared.",
        ("ES10b.AuthenticateServer#35", "ES10b.GetEUICCChallenge#04"),
        skip(authenticate_server.CHECKS, "euicc_challenge"),
    ),
    Fault(
        "es10b.authenticate-server.undefined-errors",
        "Every refusal is undefinedError(127).",
        ("ES10b.AuthenticateServer#32", "ES10b.AuthenticateServer#36"),
        flattened(authenticate_server.CHECKS, AuthenticateErrorCode.undefinedError),
    ),
    Fault(
        "es10b.authenticate-server.without-challenge",
        "A server is authenticated though no challenge is outstanding.",
        ("ES10b.AuthenticateServer#36", "ES10b.GetEUICCChallenge#06"),
        together(
            allows(SessionEvent.DP_AUTHENTICATED, SessionState.AUTHENTICATED_DP),
            allows(SessionEvent.DS_AUTHENTICATED, SessionState.AUTHENTICATED_DS),
            skip(authenticate_server.CHECKS, "euicc_challenge"),
        ),
    ),
    Fault(
        "es10b.prepare-download.any-signature",
        "smdpSignature2 is not verified.",
        ("ES10b.PrepareDownload#13", "ES10b.PrepareDownload#14"),
        skip(prepare_download.CHECKS, "smdp_signature2"),
    ),
    Fault(
        "es10b.prepare-download.any-owner",
        "CERT.DPpb may be of another SM-DP+ than CERT.DPauth.",
        ("ES10b.PrepareDownload#27",),
        skip(prepare_download.CHECKS, "same_owner"),
    ),
    Fault(
        "es10b.prepare-download.any-transaction",
        "The TransactionID of smdpSigned2 is not compared.",
        ("ES10b.PrepareDownload#15",),
        skip(prepare_download.CHECKS, "transaction_id"),
    ),
    Fault(
        "es10b.prepare-download.undefined-errors",
        "Every refusal is undefinedError(127).",
        ("ES10b.PrepareDownload#13", "ES10b.PrepareDownload#16"),
        flattened(prepare_download.CHECKS, DownloadErrorCode.undefinedError),
    ),
    Fault(
        "es10b.one-time-key.constant",
        "Every download has the same one-time key.",
        ("ES10b.PrepareDownload#07",),
        swap(ecasd.ONE_TIME_KEY, _one_key_for_all),
    ),
    Fault(
        "es10b.one-time-key.any-server",
        "A kept one-time key is used again for another SM-DP+.",
        ("procedure.Retry#06",),
        swap(
            one_time_keys.REUSABLE,
            lambda kept, _oid, curve, wanted: kept.public_point == wanted and kept.curve is curve,
        ),
    ),
    Fault(
        "es10b.cancel-session.any-transaction",
        "CancelSession ends the session whatever TransactionID it names.",
        ("ES10b.CancelSession#25",),
        skip(cancel_session.CHECKS, "transaction_id"),
    ),
    Fault(
        "es10b.cancel-session.reason-lost",
        "CancelSession signs undefinedReason(127) for every reason.",
        ("ES10b.CancelSession#01", "ES10b.CancelSession#02"),
        swap(cancel_session.SIGNED, _reason_lost),
    ),
    Fault(
        "es10b.notifications.filter-ignored",
        "A filter for events lets everything pass.",
        ("ES10b.ListNotification#03", "ES10b.RetrieveNotificationsList#05"),
        swap(list_notification.EVENT_FILTER, lambda _notification, _events: True),
    ),
    Fault(
        "es10b.retrieve-notifications-list.criteria-ignored",
        "RetrieveNotificationsList gives everything whatever it is asked for.",
        ("ES10b.RetrieveNotificationsList#02", "ES10b.RetrieveNotificationsList#03"),
        swap(retrieve_notifications_list.FOUND, lambda pending, _criteria, _passes: pending),
    ),
    Fault(
        "es10b.remove-notification.not-removed",
        "A notification is confirmed as removed and stays.",
        ("ES10b.RemoveNotificationFromList#01", "ES10b.RemoveNotificationFromList#03"),
        swap(remove_notification_from_list.REMOVED, lambda state, _seq_number: state),
    ),
)
