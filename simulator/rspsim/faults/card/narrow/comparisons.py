"""Narrow faults of comparisons that leave one end out, and of numbers that begin with zeros."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore.crypto.keys import PublicKey
from rspcore.ids import Iccid
from rspcore.messages.codec import Structure
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.isdr import dispatch
from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.isdr.es10b import authenticate_server, cancel_session, prepare_download
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10b.cancel_session import CancelAttempt
from rspsim.euicc.isdr.es10b.prepare_download import DownloadAttempt
from rspsim.euicc.isdr.es10c.delete_profile import DELETE_PROFILE
from rspsim.euicc.isdr.es10c.disable_profile import DISABLE_PROFILE
from rspsim.euicc.isdr.es10c.get_profiles_info import GET_PROFILES_INFO
from rspsim.euicc.isdr.es10c.set_nickname import SET_NICKNAME
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState
from rspsim.faults.card.card_fault import CardFault, Change, decides, swap

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


def _last_digit_ignored(function: AnyFunction, change: Callable[[Any, CardState], Any]) -> Change:
    """Returns a function that takes an ICCID for that of a Profile which differs in its last octet.

    Args:
        function: The function.
        change: Puts the ICCID of the Profile into its request.
    """

    def apply(decisions: Decisions) -> Decisions:
        table = decisions[dispatch.FUNCTIONS]
        plain = table[function.tag]

        def handle(request: Structure, view: View) -> Outcome:
            return plain.handle(change(request, view.state), view)

        changed = {**table, function.tag: replace(plain, handle=handle)}
        return decisions.having(dispatch.FUNCTIONS, changed)

    return apply


def _nearest(iccid: Iccid | None, state: CardState) -> Iccid | None:
    """Returns the ICCID of the Profile that begins alike, or the one given."""
    if iccid is None:
        return None
    alike = (p.iccid for p in state.profiles if p.iccid.octets[:-1] == iccid.octets[:-1])
    return next(alike, iccid)


def _named(request: Any, state: CardState) -> Any:
    return replace(request, iccid=_nearest(request.iccid, state))


def _identified(request: Any, state: CardState) -> Any:
    named = request.profile_identifier
    return replace(request, profile_identifier=_named(named, state))


def _searched(request: Any, state: CardState) -> Any:
    criteria = request.search_criteria
    return (
        request if criteria is None else replace(request, search_criteria=_named(criteria, state))
    )


FAULTS: Final = (
    *(
        CardFault(
            f"narrow.{name}.last-digit-ignored",
            "The last octet of an ICCID is not compared.",
            (row,),
            _last_digit_ignored(function, change),
        )
        for name, row, function, change in (
            ("disable-profile", "ES10c.DisableProfile#32", DISABLE_PROFILE, _identified),
            ("delete-profile", "ES10c.DeleteProfile#24", DELETE_PROFILE, _named),
            ("set-nickname", "ES10c.SetNickname#14", SET_NICKNAME, _named),
            ("get-profiles-info", "ES10c.GetProfilesInfo#56", GET_PROFILES_INFO, _searched),
        )
    ),
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
