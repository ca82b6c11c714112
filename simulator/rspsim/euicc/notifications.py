"""Notifications and the ProfileInstallationResult: made, numbered, signed, kept until removed.

One counter numbers both kinds and never goes back. The list keeps the newest; when it is full the
oldest is dropped (SGP.22 v2, 3.5). A test Profile leaves results of its installation and nothing
else (2.4.5.3). Everything here is a function from one `CardState` to the next.

Source: SGP.22 v2, 2.5.6, 3.5 and 5.7.9 to 5.7.11.
"""

from typing import Final

from rspcore import tlv
from rspcore.errors import LocalError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Iccid, Oid, TransactionId
from rspcore.messages.metadata import NotificationEvent, ProfileClass
from rspcore.messages.notifications import (
    ErrorResult,
    FinalResult,
    NotificationMetadata,
    OtherSignedNotification,
    ProfileInstallationResult,
    ProfileInstallationResultData,
)
from rspsim.euicc.decisions import Decision, Decisions
from rspsim.euicc.security import ecasd
from rspsim.euicc.state import CardState, CiCredential, PendingNotification, Profile

__all__ = [
    "ADDRESSES",
    "CERTIFICATES",
    "CREDENTIAL",
    "KEPT",
    "METADATA",
    "NEXT_NUMBER",
    "OTHER_CERTIFICATES",
    "RESULT",
    "RESULT_OCTETS",
    "SILENT_CLASSES",
    "Ended",
    "appended",
    "failure",
    "with_events",
    "with_result",
]


_OTHER_CERTS: Final = 0xA1
"""Tag of otherCertsInChain in a notification of version 3."""


def _addresses(profile: Profile, event: int, /) -> tuple[str, ...]:
    """Returns the address of each configuration entry that names the event."""
    entries = profile.metadata.notification_configuration_info or ()
    return tuple(
        entry.notification_address
        for entry in entries
        if event in entry.profile_management_operation
    )


def _next_number(number: int) -> int:
    return number + 1


def _kept(
    pending: tuple[PendingNotification, ...], capacity: int
) -> tuple[PendingNotification, ...]:
    """Returns the newest that fit."""
    return pending[-capacity:]


NEXT_NUMBER: Final = Decision("notifications.next_number", _next_number, "number after a number")
ADDRESSES: Final = Decision(
    "notifications.addresses", _addresses, "addresses a Profile's configuration names for an event"
)
KEPT: Final = Decision("notifications.kept", _kept, "which notifications are kept when full")
SILENT_CLASSES: Final[Decision[frozenset[int]]] = Decision(
    "notifications.silent_classes",
    frozenset({ProfileClass.test}),
    "classes whose changes make no notification",
)


def _metadata(_state: CardState, metadata: NotificationMetadata, /) -> NotificationMetadata:
    return metadata


def _credential_for(state: CardState, profile: Profile, /) -> CiCredential:
    """Returns the credential of the CI a Profile came under; of the first CI for one that did not.

    Raises:
        LocalError: the card has no CI to sign under.
    """
    own = ecasd.signing_credential(state, profile.ci_pkid)
    if own is not None and profile.newer_chain and own.signs_in_version_3:
        own = own.in_version_3
    for credential in (own, *state.credentials):
        if credential is not None and credential.signs:
            return credential
    raise LocalError("no CI to sign a notification under; personalise the card with one")


def _certificates(credential: CiCredential, /) -> tuple[bytes, bytes]:
    return credential.euicc_certificate, credential.eum_certificate


def _other_certificates(credential: CiCredential, /) -> tuple[bytes, ...]:
    return credential.other_certificates


def _result(data: ProfileInstallationResultData, /) -> ProfileInstallationResultData:
    return data


def _result_octets(result: ProfileInstallationResult, /) -> bytes:
    return result.encode()


METADATA: Final = Decision(
    "notifications.metadata", _metadata, "metadata of a notification, from what it should have"
)
CREDENTIAL: Final = Decision(
    "notifications.credential", _credential_for, "credential that signs a Profile's notifications"
)
CERTIFICATES: Final = Decision(
    "notifications.certificates", _certificates, "the two certificates beside a notification"
)
OTHER_CERTIFICATES: Final = Decision(
    "notifications.other_certificates",
    _other_certificates,
    "certificates behind those two in a chain of version 3",
)
RESULT: Final = Decision(
    "notifications.result", _result, "data of a result, from the data it should have"
)
RESULT_OCTETS: Final = Decision(
    "notifications.result_octets", _result_octets, "octets of a signed result"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a ProfileInstallationResult says of the session that ends with it.

    Attributes:
        transaction_id: Of the session.
        address: serverAddress of the session; the result goes there.
        smdp_oid: registeredID of CERT.DPpb.
        ci_pkid: CI under which the card signs.
        iccid: From StoreMetadata, None before it.
    """

    transaction_id: TransactionId
    address: str
    smdp_oid: Oid
    ci_pkid: bytes
    iccid: Iccid | None


def failure(command: int, reason: int, sima_response: bytes | None = None) -> FinalResult:
    """Returns the final result of a load that failed at a command for a reason."""
    return FinalResult(
        error_result=ErrorResult(
            bpp_command_id=command, error_reason=reason, sima_response=sima_response
        )
    )


def with_events(state: CardState, decisions: Decisions, profile: Profile, event: int) -> CardState:
    """Returns a state with one notification per configured address of an event (3.5)."""
    if profile.profile_class in decisions[SILENT_CLASSES]:
        return state
    for address in decisions[ADDRESSES](profile, event):
        state = _with_event(state, decisions, profile, event, address)
    return state


def _with_event(
    state: CardState,
    decisions: Decisions,
    profile: Profile,
    event: int,
    address: str,
) -> CardState:
    metadata = decisions[METADATA](
        state,
        NotificationMetadata(
            seq_number=state.next_seq_number,
            profile_management_operation=frozenset({event}),
            notification_address=address,
            iccid=profile.iccid,
        ),
    )
    credential = decisions[CREDENTIAL](state, profile)
    euicc_certificate, eum_certificate = decisions[CERTIFICATES](credential)
    signed = OtherSignedNotification(
        tbs_other_notification=metadata,
        euicc_notification_signature=ecasd.sign(
            state, decisions, credential.ci_pkid, metadata.encode()
        ),
        euicc_certificate=euicc_certificate,
        eum_certificate=eum_certificate,
    )
    others = decisions[OTHER_CERTIFICATES](credential)
    octets = signed.encode()
    if others:
        octets = tlv.encode(signed.TAG, signed.content(), tlv.encode(_OTHER_CERTS, *others))
    return appended(state, decisions, event, metadata, octets)


def with_result(
    state: CardState, decisions: Decisions, ended: Ended, result: FinalResult
) -> tuple[CardState, bytes]:
    """Returns a state that keeps a ProfileInstallationResult, and the result itself (2.5.6).

    Args:
        state: State the session leaves, an installed Profile included.
        decisions: What the card decides.
        ended: The session that ends.
        result: Its success or error.

    Returns:
        The state, and ProfileInstallationResult as a whole data object.
    """
    metadata = decisions[METADATA](
        state,
        NotificationMetadata(
            seq_number=state.next_seq_number,
            profile_management_operation=frozenset({NotificationEvent.notificationInstall}),
            notification_address=ended.address,
            iccid=ended.iccid,
        ),
    )
    data = decisions[RESULT](
        ProfileInstallationResultData(
            transaction_id=ended.transaction_id,
            notification_metadata=metadata,
            smdp_oid=ended.smdp_oid,
            final_result=result,
        )
    )
    signature = ecasd.sign(state, decisions, ended.ci_pkid, data.encode())
    signed = ProfileInstallationResult(data=data, euicc_sign_pir=signature)
    octets = decisions[RESULT_OCTETS](signed)
    event = NotificationEvent.notificationInstall
    return appended(state, decisions, event, metadata, octets), octets


def appended(
    state: CardState,
    decisions: Decisions,
    event: int,
    metadata: NotificationMetadata,
    octets: bytes,
) -> CardState:
    """Returns a state with one more notification; when the list is full the oldest is dropped."""
    added = PendingNotification(
        seq_number=state.next_seq_number, event=event, metadata=metadata.encode(), octets=octets
    )
    kept = decisions[KEPT]((*state.notifications, added), state.options.notification_capacity)
    return replace(
        state,
        notifications=kept,
        next_seq_number=decisions[NEXT_NUMBER](state.next_seq_number),
    )
