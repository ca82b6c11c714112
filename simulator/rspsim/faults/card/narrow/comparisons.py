"""Narrow faults of comparisons that leave one end out, and of numbers that begin with zeros."""

from typing import Final

from rspcore.crypto.keys import PublicKey
from rspsim.euicc.isdr.es10b import authenticate_server, cancel_session, prepare_download
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10b.cancel_session import CancelAttempt
from rspsim.euicc.isdr.es10b.prepare_download import DownloadAttempt
from rspsim.faults.card.card_fault import CardFault, decides, swap

__all__ = ["FAULTS"]

_END: Final = 32
"""Where s begins in a signature of 64 octets."""


def _challenge_ends_alike(attempt: AuthenticationAttempt) -> bool:
    held = attempt.view.session.challenge
    given = attempt.request.server_signed1.euicc_challenge
    return held is not None and given[8:] == held[8:]


def _transaction_ends_alike(attempt: DownloadAttempt) -> bool:
    named = attempt.request.smdp_signed2.transaction_id
    server = attempt.server
    return server is not None and named.octets[1:] == server.transaction_id.octets[1:]


def _last_octet_left_out(attempt: CancelAttempt) -> bool:
    server = attempt.server
    given = attempt.request.transaction_id.octets
    if server is None or len(given) != len(server.transaction_id.octets):
        return False
    return given[:-1] == server.transaction_id.octets[:-1]


def _short_s_refused(key: PublicKey, signature: bytes, data: bytes) -> bool:
    return signature[_END : _END + 1] != b"\0" and key.verify(signature, data)


FAULTS: Final = (
    CardFault(
        "narrow.authenticate-server.challenge-ends-alike",
        "The challenge is compared in its last 8 octets.",
        ("ES10b.AuthenticateServer#115",),
        decides(authenticate_server.CHECKS, "euicc_challenge", _challenge_ends_alike),
    ),
    CardFault(
        "narrow.authenticate-server.short-s",
        "A serverSignature1 whose s begins with 00 is refused.",
        ("ES10b.AuthenticateServer#117",),
        swap(authenticate_server.VERIFIES, _short_s_refused),
    ),
    CardFault(
        "narrow.prepare-download.transaction-ends-alike",
        "The first octet of the TransactionID is not compared.",
        ("ES10b.PrepareDownload#44",),
        decides(prepare_download.CHECKS, "transaction_id", _transaction_ends_alike),
    ),
    CardFault(
        "narrow.cancel-session.last-octet-left-out",
        "The last octet of the TransactionID is not compared.",
        ("ES10b.CancelSession#37",),
        decides(cancel_session.CHECKS, "transaction_id", _last_octet_left_out),
    ),
)
