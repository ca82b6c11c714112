"""Faults of the ProfileInstallationResult: content, address, and how long it is kept."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.ids import Oid, TransactionId
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import (
    FinalResult,
    NotificationMetadata,
    ProfileInstallationResult,
    ProfileInstallationResultData,
)
from rspcore.tags import Tag
from rspsim.euicc import notifications, startup
from rspsim.euicc.load import segments
from rspsim.euicc.state import CardState, PendingNotification
from rspsim.faults.card.card_fault import CardFault, Change, swap

__all__ = ["FAULTS", "is_result"]

_PIR: Final = tlv.encode_tag(Tag.ProfileInstallationResult)


def is_result(one: PendingNotification) -> bool:
    """Returns whether a pending notification is a ProfileInstallationResult."""
    return one.octets.startswith(_PIR)


def _no_results(
    pending: tuple[PendingNotification, ...], capacity: int
) -> tuple[PendingNotification, ...]:
    kept = tuple(one for one in pending if not is_result(one))
    return notifications.KEPT.standard(kept, capacity)


def _last_result(
    pending: tuple[PendingNotification, ...], capacity: int
) -> tuple[PendingNotification, ...]:
    """Keeps the newest of several results."""
    last = max((one.seq_number for one in pending if is_result(one)), default=0)
    kept = tuple(one for one in pending if not is_result(one) or one.seq_number == last)
    return notifications.KEPT.standard(kept, capacity)


def _results_lost(state: CardState) -> CardState:
    kept = tuple(one for one in state.notifications if not is_result(one))
    return replace(state, notifications=kept)


def _failures_unanswered(octets: bytes, result: FinalResult) -> bytes:
    return octets if result.error_result is None else b""


def _with_certificate(result: ProfileInstallationResult) -> bytes:
    """Adds a certificate, which only other notifications have."""
    whole = tlv.parse(notifications.RESULT_OCTETS.standard(result))
    return tlv.encode(whole.tag, whole.value, tlv.encode(Tag.Sequence, bytes(16)))


def _result(
    change: Callable[[ProfileInstallationResultData], ProfileInstallationResultData],
) -> Change:
    """Returns a change of the content of a result."""
    return swap(notifications.RESULT, change)


def _about(
    change: Callable[[NotificationMetadata], NotificationMetadata],
) -> Change:
    """Returns a change of the metadata in a result."""
    return _result(
        lambda data: replace(data, notification_metadata=change(data.notification_metadata))
    )


FAULTS: Final = (
    CardFault(
        "es10b.load.failure-unanswered",
        "When a load fails, the result is stored but not answered.",
        (
            "ES8+.InitialiseSecureChannel#05",
            "ES8+.InitialiseSecureChannel#06",
            "ES8+.InitialiseSecureChannel#21",
            "ES8+.ConfigureISDP#04",
            "ES8+.StoreMetadata#33",
            "ES8+.StoreMetadata#46",
            "ES8+.ReplaceSessionKeys#06",
            "ES10b.LoadBoundProfilePackage#09",
            "ES10b.LoadBoundProfilePackage#25",
        ),
        swap(segments.ANSWER, _failures_unanswered),
    ),
    CardFault(
        "es10b.load.result-not-kept",
        "The result of a load is answered but not stored.",
        (
            "ES8+.InitialiseSecureChannel#06",
            "ES8+.InitialiseSecureChannel#21",
            "ES8+.ConfigureISDP#06",
            "ES10b.LoadBoundProfilePackage#07",
            "ES10b.LoadBoundProfilePackage#08",
            "ES10b.LoadBoundProfilePackage#09",
            "ES10b.LoadBoundProfilePackage#29",
        ),
        swap(notifications.KEPT, _no_results),
    ),
    CardFault(
        "es10b.load.one-result",
        "Only the result of the last load is kept.",
        ("ES10b.LoadBoundProfilePackage#10",),
        swap(notifications.KEPT, _last_result),
    ),
    CardFault(
        "es10b.load.result-lost-at-reset",
        "Results are lost at a reset.",
        (
            "ES10b.LoadBoundProfilePackage#08",
            "ES10b.LoadBoundProfilePackage#29",
        ),
        swap(startup.KEPT, _results_lost),
    ),
    CardFault(
        "es10b.load.result-with-certificate",
        "A result has a certificate after its signature.",
        ("ES10b.LoadBoundProfilePackage#30",),
        swap(notifications.RESULT_OCTETS, _with_certificate),
    ),
    CardFault(
        "es10b.load.result-without-iccid",
        "A result has no ICCID.",
        (
            "ES8+.StoreMetadata#76",
            "ES10b.LoadBoundProfilePackage#05",
        ),
        _about(lambda about: replace(about, iccid=None)),
    ),
    CardFault(
        "es10b.load.result-of-every-event",
        "A result has the bits of all events.",
        (
            "ES8+.InitialiseSecureChannel#21",
            "ES10b.LoadBoundProfilePackage#05",
        ),
        _about(
            lambda about: replace(about, profile_management_operation=frozenset(NotificationEvent))
        ),
    ),
    CardFault(
        "es10b.load.result-to-nobody",
        "A result has an empty address.",
        ("ES10b.LoadBoundProfilePackage#05",),
        _about(lambda about: replace(about, notification_address="")),
    ),
    CardFault(
        "es10b.load.result-number-constant",
        "Every result has the number 1.",
        (
            "ES10b.LoadBoundProfilePackage#05",
            "ES10b.LoadBoundProfilePackage#09",
            "ES10b.LoadBoundProfilePackage#24",
        ),
        _about(lambda about: replace(about, seq_number=1)),
    ),
    CardFault(
        "es10b.load.result-of-another-server",
        "A result has the OID of one SM-DP+, whichever server sent the package.",
        (
            "ES8+.InitialiseSecureChannel#21",
            "ES10b.LoadBoundProfilePackage#06",
        ),
        _result(lambda data: replace(data, smdp_oid=Oid("2.999.1.2.3"))),
    ),
    CardFault(
        "es10b.load.result-without-transaction",
        "A result has a TransactionID of zeros.",
        (
            "ES8+.InitialiseSecureChannel#21",
            "ES10b.LoadBoundProfilePackage#06",
        ),
        _result(lambda data: replace(data, transaction_id=TransactionId(bytes(16)))),
    ),
)
