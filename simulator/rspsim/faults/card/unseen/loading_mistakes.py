"""Mistakes in what is loaded and in what ends a load: of a third list."""

from dataclasses import replace
from typing import Final

from rspcore.crypto.bsp import Bsp, BspSecurityError
from rspcore.messages.es8p import ReplaceSessionKeysRequest
from rspcore.messages.es10b import CancelSessionReason, EuiccCancelSessionSigned
from rspcore.messages.notifications import ErrorReason
from rspcore.tlv import Tlv
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr.es10b import (
    cancel_session,
)
from rspsim.euicc.isdr.es10b.cancel_session import CancelAttempt
from rspsim.euicc.load import step as protection
from rspsim.euicc.load.es8p import configure_isdp, replace_session_keys, store_metadata
from rspsim.euicc.load.es8p.configure_isdp import IsdpAttempt
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.faults.card.card_fault import (
    CardFault,
    adds,
    behind,
    decides,
    swap,
)
from rspsim.faults.card.unseen.third_fault import third_fault

__all__ = ["FAULTS"]

_LONGEST_DATA: Final = 128
_HEADER: Final = 2
_NAME_UNITS: Final = 64
_BLOCK: Final = 16
_LARGEST_ICON: Final = 1024


def _value_fits(attempt: IsdpAttempt) -> bool:
    data = attempt.request.dp_proprietary_data
    return data is None or len(data) - _HEADER <= _LONGEST_DATA


def _short_in_units(attempt: MetadataAttempt) -> bool:
    return len(attempt.request.profile_name.encode("utf-16-be")) <= 2 * _NAME_UNITS


def _no_block_of_padding(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    plain, after = protection.UNPROTECT.standard(bsp, one)
    if len(plain) % _BLOCK == 0:
        raise BspSecurityError("a block of padding")
    return plain, after


def _load_failed(attempt: CancelAttempt, server: AuthenticatedServer) -> EuiccCancelSessionSigned:
    signed = cancel_session.SIGNED.standard(attempt, server)
    if attempt.view.session.load is None:
        return signed
    return replace(signed, reason=CancelSessionReason.loadBppExecutionError)


def _load_may_begin_again(outcome: Outcome, view: View) -> Outcome:
    """Leaves, after a cancellation in a load, the session as before the load."""
    if view.session.load is None or outcome.volatile.session.server is not None:
        return outcome
    session = replace(view.session, load=None)
    return replace(outcome, volatile=replace(outcome.volatile, session=session))


def _icon_is_short(attempt: MetadataAttempt) -> bool:
    return len(attempt.request.icon or b"") < _LARGEST_ICON


def _counter_goes_on(bsp: Bsp, request: ReplaceSessionKeysRequest) -> Bsp:
    return replace(replace_session_keys.REPLACED.standard(bsp, request), counter=bsp.counter)


FAULTS: Final[tuple[CardFault, ...]] = (
    third_fault(
        15,
        "value-of-128-octets",
        "The limit of dpProprietaryData is counted without tag and length.",
        decides(configure_isdp.CHECKS, "dp_proprietary_data", _value_fits),
        "ES8+.ConfigureISDP#04",
    ),
    third_fault(
        16,
        "icon-of-1023-octets",
        "An icon of 1024 octets is refused.",
        adds(
            store_metadata.CHECKS,
            Check("icon_short", _icon_is_short, ErrorReason.incorrectInputValues),
        ),
        "ES8+.StoreMetadata#04",
    ),
    third_fault(
        17,
        "names-in-units",
        "The characters of a Profile name are counted in units of 16 bits.",
        adds(
            store_metadata.CHECKS,
            Check("short_in_units", _short_in_units, ErrorReason.incorrectInputValues),
        ),
        "ES8+.StoreMetadata#06",
    ),
    third_fault(
        18,
        "no-block-of-padding",
        "A segment whose padding fills a block is taken as one with a wrong MAC.",
        swap(protection.UNPROTECT, _no_block_of_padding),
        "ES8+.LoadProfileElements#07",
    ),
    third_fault(
        24,
        "cancelled-load-failed",
        "A cancellation in a load is signed with loadBppExecutionError, whatever the reason.",
        swap(cancel_session.SIGNED, _load_failed),
        "ES10b.CancelSession#30",
    ),
    third_fault(
        25,
        "load-begins-again",
        "A cancellation in a load leaves the session, and the load may begin again.",
        behind(cancel_session.CANCEL_SESSION, _load_may_begin_again),
        "ES10b.CancelSession#30",
    ),
    third_fault(
        29,
        "counter-goes-on",
        "After ReplaceSessionKeys the counter of segments goes on.",
        swap(replace_session_keys.REPLACED, _counter_goes_on),
        "ES8+.ReplaceSessionKeys#01",
    ),
)
