"""Narrow faults of sessions, results and their Notifications, and of single UICC commands."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.messages.es10b import AuthenticateErrorCode, DownloadErrorCode
from rspcore.messages.notifications import (
    BppCommandId,
    ErrorReason,
    FinalResult,
    ProfileInstallationResult,
    ProfileInstallationResultData,
)
from rspcore.status import StatusWord
from rspsim.euicc import channels, notifications
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr.es10b import (
    authenticate_server,
    get_euicc_challenge,
    list_notification,
    prepare_download,
)
from rspsim.euicc.load.es8p import initialise_secure_channel
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import FileKind
from rspsim.euicc.session import SessionState
from rspsim.euicc.state import PendingNotification
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import (
    Change,
    begins_with,
    on,
    swap,
)
from rspsim.faults.card.handler_changes import instead
from rspsim.faults.card.narrow.narrow_fault import narrow_fault
from rspsim.faults.card.uicc.content_changes import current_file, only_when

__all__ = ["FAULTS"]

_MANY: Final = 4
"""Fewer Notifications wait in most cases."""


def _error_of(one: PendingNotification) -> Any:
    """Returns errorResult of a ProfileInstallationResult, None for anything else."""
    try:
        return ProfileInstallationResult.decode(one.octets).data.final_result.error_result
    except DecodeError:
        return None


def _reason_of(command: BppCommandId, reason: ErrorReason) -> Change:
    """Returns a change of incorrectInputValues in the result of one command."""

    def result(data: ProfileInstallationResultData, /) -> ProfileInstallationResultData:
        error = data.final_result.error_result
        wrong = error is not None and error.error_reason == ErrorReason.incorrectInputValues
        if error is None or not wrong or error.bpp_command_id != command:
            return data
        return replace(
            data, final_result=FinalResult(error_result=replace(error, error_reason=reason))
        )

    return swap(notifications.RESULT, result)


def _without_iccid(data: ProfileInstallationResultData, /) -> ProfileInstallationResultData:
    """Leaves the ICCID out of the result of a StoreMetadata that failed."""
    error = data.final_result.error_result
    if error is None or error.bpp_command_id != BppCommandId.storeMetadata:
        return data
    return replace(data, notification_metadata=replace(data.notification_metadata, iccid=None))


def _refusing_download(holds: Callable[[View], bool]) -> Change:
    check: Check[Any] = Check(
        "narrow", lambda attempt: not holds(attempt.view), DownloadErrorCode.undefinedError
    )
    return begins_with(prepare_download.CHECKS, check)


def _under_another_ci(view: View) -> bool:
    server = view.session.server
    return server is not None and any(
        one.ci_pkid not in (server.ci_pkid, b"") for one in view.state.profiles
    )


def _no_wrong_signature_before(attempt: Any) -> bool:
    """Returns whether the youngest Notification is not the result of a wrong smdpSign."""
    waiting = attempt.view.state.notifications
    error = _error_of(waiting[-1]) if waiting else None
    return error is None or error.error_reason != ErrorReason.invalidSignature


def _no_challenge_after_an_sm_ds(_request: Any, view: View, outcome: Outcome) -> Outcome:
    busy = view.session.state is SessionState.AUTHENTICATED_DS
    return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED) if busy else outcome


def _youngest_left_out(pending: Any, events: Any, passes: Callable[..., bool]) -> Any:
    found = list_notification.LISTED.standard(pending, events, passes)
    return found[:-1] if events is None and len(found) > _MANY else found


def _results_among_many_hidden(pending: Any, events: Any, passes: Callable[..., bool]) -> Any:
    found = list_notification.LISTED.standard(pending, events, passes)
    if events is None or len(pending) <= _MANY:
        return found
    return tuple(one for one in found if not one.is_result)


def _rest(data: bytes, count: int) -> bytes:
    return b"" if 0 < count < len(data) and len(data) < 256 else data[count:]


def _answering(sw: int) -> Callable[[Handler], Handler]:
    def wrap(_handler: Handler) -> Handler:
        def run(_command: CommandApdu, view: View) -> Outcome:
            return view.refuse(sw)

        return run

    return wrap


def _no_application(_command: CommandApdu, view: View) -> bool:
    return view.channel.files.adf is None


def _no_profile(_command: CommandApdu, view: View) -> bool:
    return view.state.enabled_profile is None


def _fourth_of_four(command: CommandApdu, view: View) -> bool:
    """Returns whether the fourth record of a linear file of four short records is read."""
    one = current_file(view)
    linear = one is not None and one.kind is FileKind.LINEAR_FIXED and len(one.body) == 16
    return linear and command.p1 == 4 and command.p2 == 4


FAULTS: Final = (
    narrow_fault(
        "initialise-secure-channel.unreadable-unknown",
        "InitialiseSecureChannel with wrong values ends in an unknown error(127).",
        _reason_of(
            BppCommandId.initialiseSecureChannel, ErrorReason.installFailedDueToUnknownError
        ),
        "ES8+.InitialiseSecureChannel#19",
    ),
    narrow_fault(
        "replace-session-keys.unreadable-unknown",
        "ReplaceSessionKeys with wrong values ends in an unknown error(127).",
        _reason_of(BppCommandId.replaceSessionKeys, ErrorReason.installFailedDueToUnknownError),
        "ES8+.ReplaceSessionKeys#07",
    ),
    narrow_fault(
        "store-metadata.result-without-iccid",
        "The result of a StoreMetadata that failed has no ICCID.",
        swap(notifications.RESULT, _without_iccid),
        "ES8+.StoreMetadata#76",
    ),
    narrow_fault(
        "prepare-download.one-ci",
        "No download is prepared beside a Profile that came under another CI.",
        _refusing_download(_under_another_ci),
        "procedure.Download#04",
    ),
    narrow_fault(
        "load.first-channel-alone",
        "InitialiseSecureChannel on a further logical channel ends the load.",
        begins_with(
            initialise_secure_channel.CHECKS,
            Check(
                "narrow",
                lambda attempt: attempt.step.view.channel_number <= 1,
                ErrorReason.incorrectInputValues,
            ),
        ),
        "ES8+.LoadProfileElements#12",
    ),
    narrow_fault(
        "authenticate-server.blocked-by-signature",
        "No server is authenticated while the result of a wrong smdpSign is the youngest.",
        begins_with(
            authenticate_server.CHECKS,
            Check("narrow", _no_wrong_signature_before, AuthenticateErrorCode.undefinedError),
        ),
        "procedure.Retry#08",
    ),
    narrow_fault(
        "challenge.none-after-an-sm-ds",
        "While an SM-DS is authenticated there is no new challenge.",
        on(get_euicc_challenge.GET_EUICC_CHALLENGE, _no_challenge_after_an_sm_ds),
        "procedure.Download#05",
    ),
    narrow_fault(
        "list-notification.youngest-of-many",
        "The youngest of more than four Notifications is not listed.",
        swap(list_notification.LISTED, _youngest_left_out),
        "ES10b.ListNotification#01",
    ),
    narrow_fault(
        "list-notification.results-of-many",
        "A filter finds no result among more than four Notifications.",
        swap(list_notification.LISTED, _results_among_many_hidden),
        "ES10b.ListNotification#03",
    ),
    narrow_fault(
        "get-response.rest-of-short",
        "What is left of a response of fewer than 256 octets cannot be had.",
        swap(channels.REST, _rest),
        "Transport.StoreData#09",
    ),
    narrow_fault(
        "authenticate.without-application",
        "AUTHENTICATE without an application is answered as a wrong MAC.",
        instead(
            Ins.AUTHENTICATE,
            only_when(_no_application, _answering(StatusWord.AUTHENTICATION_ERROR_MAC)),
        ),
        "UICC.Authenticate#07",
    ),
    narrow_fault(
        "status.without-profile",
        "STATUS is refused without an Enabled Profile.",
        instead(
            Ins.GET_STATUS, only_when(_no_profile, _answering(StatusWord.CONDITIONS_NOT_SATISFIED))
        ),
        "procedure.FileStructure#17",
    ),
    narrow_fault(
        "read-record.last-of-four",
        "The last record of a file of four short ones is not found.",
        instead(
            Ins.READ_RECORD, only_when(_fourth_of_four, _answering(StatusWord.RECORD_NOT_FOUND))
        ),
        "UICC.ReadRecord#01",
    ),
)
