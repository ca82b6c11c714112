"""Mistakes in challenges, signatures and what is compared of a session, from the same list."""

from dataclasses import replace
from typing import Final

from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.ids import TransactionId
from rspcore.messages.es10b import CancelSessionReason
from rspcore.messages.es10b.authentication import EuiccSigned1
from rspcore.messages.es10b.download import EuiccCancelSessionSigned, EuiccSigned2
from rspsim.env import Rng
from rspsim.euicc.isdr.es10b import (
    authenticate_server,
    cancel_session,
    get_euicc_challenge,
    prepare_download,
)
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10b.cancel_session import CancelAttempt
from rspsim.euicc.isdr.es10b.prepare_download import DownloadAttempt
from rspsim.euicc.security import ecasd, one_time_keys
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.euicc.state import CiCredential
from rspsim.faults.card.card_fault import CardFault, decides, swap

__all__ = ["FAULTS"]


def _padded_id(attempt: AuthenticationAttempt) -> EuiccSigned1:
    signed = authenticate_server.SIGNED.standard(attempt)
    octets = signed.transaction_id.octets.rjust(16, b"\0")
    return replace(signed, transaction_id=TransactionId(octets))


def _lower_address(attempt: AuthenticationAttempt) -> EuiccSigned1:
    signed = authenticate_server.SIGNED.standard(attempt)
    return replace(signed, server_address=signed.server_address.lower())


def _few_bits(rng: Rng) -> bytes:
    return get_euicc_challenge.CHALLENGE.standard(rng)[:4].ljust(16, b"\0")


def _challenge_begins(attempt: AuthenticationAttempt) -> bool:
    held = attempt.view.session.challenge
    given = attempt.request.server_signed1.euicc_challenge
    return held is not None and given[:8] == held[:8]


def _short_r_refused(key: PublicKey, signature: bytes, data: bytes) -> bool:
    return signature[:1] != b"\0" and key.verify(signature, data)


def _of_the_server(attempt: AuthenticationAttempt) -> CiCredential | None:
    pkid = attempt.presented.ci_pkid or b""
    asked = authenticate_server.CREDENTIAL.standard(attempt)
    return asked and ecasd.signing_credential(attempt.view.state, pkid)


def _begins_alike(attempt: DownloadAttempt) -> bool:
    named = attempt.request.smdp_signed2.transaction_id
    server = attempt.server
    return server is not None and named.octets[:8] == server.transaction_id.octets[:8]


def _without_hash_of_kept(attempt: DownloadAttempt, key: PrivateKey) -> EuiccSigned2:
    signed = prepare_download.SIGNED.standard(attempt, key)
    kept = attempt.request.smdp_signed2.bpp_euicc_otpk is not None
    return replace(signed, hash_cc=None) if kept else signed


def _zeros_are_none(attempt: DownloadAttempt, key: PrivateKey) -> EuiccSigned2:
    signed = prepare_download.SIGNED.standard(attempt, key)
    return signed if any(signed.hash_cc or b"") else replace(signed, hash_cc=None)


def _postponed_instead(
    attempt: CancelAttempt, server: AuthenticatedServer
) -> EuiccCancelSessionSigned:
    signed = cancel_session.SIGNED.standard(attempt, server)
    if signed.reason == CancelSessionReason.timeout:
        return replace(signed, reason=CancelSessionReason.postponed)
    return signed


def _prefix_is_enough(attempt: CancelAttempt) -> bool:
    server = attempt.server
    given = attempt.request.transaction_id.octets
    return server is not None and server.transaction_id.octets.startswith(given)


FAULTS: Final = (
    CardFault(
        "blind.08-challenge-of-32-bits",
        "Of a challenge 32 bits are random.",
        ("ES10b.GetEUICCChallenge#11",),
        swap(get_euicc_challenge.CHALLENGE, _few_bits),
    ),
    CardFault(
        "blind.09-challenge-begins-alike",
        "The challenge is compared in its first 8 octets.",
        ("ES10b.AuthenticateServer#114",),
        decides(authenticate_server.CHECKS, "euicc_challenge", _challenge_begins),
    ),
    CardFault(
        "blind.10-address-signed-in-lower-case",
        "euiccSigned1 has serverAddress in lower case.",
        ("ES10b.AuthenticateServer#55",),
        swap(authenticate_server.SIGNED, _lower_address),
    ),
    CardFault(
        "blind.11-transaction-id-padded",
        "euiccSigned1 has the TransactionID on 16 octets, with zeros before it.",
        ("ES10b.AuthenticateServer#21",),
        swap(authenticate_server.SIGNED, _padded_id),
    ),
    CardFault(
        "blind.12-short-r-refused",
        "A serverSignature1 whose r begins with 00 is refused.",
        ("ES10b.AuthenticateServer#116",),
        swap(authenticate_server.VERIFIES, _short_r_refused),
    ),
    CardFault(
        "blind.13-key-of-the-servers-ci",
        "The card signs under the CI of the server's certificate, whatever is asked for.",
        ("ES10b.AuthenticateServer#07", "ES10b.AuthenticateServer#54", "procedure.Certificates#01"),
        swap(authenticate_server.CREDENTIAL, _of_the_server),
    ),
    CardFault(
        "blind.14-transaction-id-begins-alike",
        "PrepareDownload compares the TransactionID in its first 8 octets.",
        ("ES10b.PrepareDownload#43",),
        decides(prepare_download.CHECKS, "transaction_id", _begins_alike),
    ),
    CardFault(
        "blind.15-kept-key-without-hash",
        "euiccSigned2 lacks hashCc when a kept key pair is asked for.",
        ("procedure.Retry#02",),
        swap(prepare_download.SIGNED, _without_hash_of_kept),
    ),
    CardFault(
        "blind.16-hash-of-zeros-is-none",
        "euiccSigned2 lacks a hashCc of zeros.",
        ("ES10b.PrepareDownload#45",),
        swap(prepare_download.SIGNED, _zeros_are_none),
    ),
    CardFault(
        "blind.17-key-pair-for-any-server",
        "A kept key pair is used for any SM-DP+ that names it.",
        ("procedure.Retry#06",),
        swap(
            one_time_keys.REUSABLE,
            lambda kept, _oid, curve, wanted: kept.curve is curve and kept.public_point == wanted,
        ),
    ),
    CardFault(
        "blind.18-timeout-is-postponed",
        "CancelSession signs timeout as postponed.",
        ("ES10b.CancelSession#03",),
        swap(cancel_session.SIGNED, _postponed_instead),
    ),
    CardFault(
        "blind.19-prefix-of-transaction-id",
        "CancelSession takes a prefix of the TransactionID.",
        ("ES10b.CancelSession#36",),
        decides(cancel_session.CHECKS, "transaction_id", _prefix_is_enough),
    ),
)
