"""A whole download: all steps, the checks of an LPA, and clean-up on any failure.

A download counts as done only when three agree: the ProfileInstallationResult says success, the
card lists the Profile under the ICCID and AID of that result, and the server has taken the result
(SGP.22 v2, 3.1.3.3 and 3.5). Whatever goes wrong before the card has given its result, an interrupt
by the user included, ends with CancelSession at the card and then at the server (3.0.2).
"""

from collections.abc import Callable
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from rspcore.errors import DecodeError, RemoteError, RspError
from rspcore.frozen import dataclass
from rspcore.ids import Aid, Iccid
from rspcore.messages.es10b import CancelSessionReason, GetRatRequest
from rspcore.messages.euicc_info import DeviceInfo
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.messages.notifications import ProfileInstallationResult, SuccessResult
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.checks import (
    DownloadStoppedError,
    check_announced_metadata,
    check_policy_rules,
    check_same_server,
    check_server_address,
    check_smdp_oid,
)
from rspharness.lpa.download_steps import (
    STANDARD_DEVICE,
    Authenticated,
    CardRefusedError,
    Initiated,
    LoadRefusedError,
    authenticate,
    cancel_session,
    get_bound_profile_package,
    initiate_authentication,
    load_package,
    prepare_download,
    protocol_of,
)
from rspharness.lpa.es9p_client import (
    Es9Client,
    HttpPort,
    ServerRefusedError,
    ServerUnreachableError,
)
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import (
    code_text,
    find_profile,
    installation_error,
    list_profiles,
)
from rspharness.lpa.newer.metadata_checks import check_newer_metadata
from rspharness.lpa.notification_delivery import remove_notification
from rspharness.record.verdicts import TargetLost

__all__ = [
    "AutomaticUser",
    "Download",
    "DownloadStep",
    "EndUser",
    "InstallationFailedError",
    "OpenSession",
    "Progress",
    "download",
]


class DownloadStep(StrEnum):
    """The steps of a download, as progress shows them."""

    INITIATE = "open a session at card and server"
    AUTHENTICATE = "authenticate server and card"
    CONFIRM = "check the metadata and ask the user"
    PREPARE = "make the one-time key"
    PACKAGE = "fetch the package"
    LOAD = "load the package"
    VERIFY = "read the Profile list"
    NOTIFY = "hand the result to the server"


Progress = Callable[[DownloadStep, int, int], None]
"""Called when a step begins with (step, 0, 0), and during the load with the octets done and all."""


class EndUser(Protocol):
    """The user of an LPA, who answers what it has to ask."""

    def agrees(self, metadata: StoreMetadataRequest, *, strong: bool) -> CancelSessionReason | None:
        """Shows what is offered and asks; returns None to go on, else the reason to stop.

        Args:
            metadata: Metadata of the Profile.
            strong: True when a rule of the RAT asks for consent to the Profile policy rules.
        """

    def confirmation_code(self, metadata: StoreMetadataRequest) -> str | None:
        """Asks for the Confirmation Code; returns None when there is none to give."""


@dataclass(frozen=True, slots=True)
class AutomaticUser:
    """A user whose answers are set beforehand.

    Attributes:
        code: The Confirmation Code, or None.
        refusal: Reason to stop at the question, None to agree.
    """

    code: str | None = None
    refusal: CancelSessionReason | None = None

    def agrees(
        self,
        metadata: StoreMetadataRequest,  # noqa: ARG002  the answer is the same for every Profile
        *,
        strong: bool,  # noqa: ARG002  as above
    ) -> CancelSessionReason | None:
        """Returns the answer given beforehand."""
        return self.refusal

    def confirmation_code(
        self,
        metadata: StoreMetadataRequest,  # noqa: ARG002  as above
    ) -> str | None:
        """Returns the code given beforehand."""
        return self.code


class InstallationFailedError(RemoteError):
    """Reports a ProfileInstallationResult of failure. No Profile was installed.

    Attributes:
        result: The result.
    """

    def __init__(self, result: ProfileInstallationResult) -> None:
        self.result = result
        error = result.data.final_result.error_result
        if error is None:
            super().__init__("the card's ProfileInstallationResult has no alternative known here")
            return
        reason = code_text(installation_error(error.error_reason))
        super().__init__(
            f"ES10b.LoadBoundProfilePackage: installation stopped at "
            f"{code_text(error.bpp_command_id)} with {reason}",
            code=reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """The result of a successful installation.

    Attributes:
        iccid: ICCID of the new Profile.
        aid: AID of its ISD-P.
        metadata: Its metadata as the server announced it.
        result: The card's result.
        unreported: Why the server has not taken the result, which then waits on the card; None when
            it has, and the download is complete.
    """

    iccid: Iccid
    aid: Aid
    metadata: StoreMetadataRequest
    result: ProfileInstallationResult
    unreported: str | None = None


class OpenSession:
    """A context manager that cancels a session when its block ends with an exception.

    The session is cancelled at the card and, when the card signs that, at the server. A
    server that has ended the session itself is not asked again. Failures of the cancellation are
    added to the exception as notes. The block has to end where the card has given its result,
    because that ends the session.
    """

    def __init__(self, card: IsdrChannel, es9: Es9Client, initiated: Initiated) -> None:
        self._card = card
        self._es9 = es9
        self._transaction_id = initiated.transaction_id

    def __enter__(self) -> Self:
        """Returns the context."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cancels the session if an exception leaves it open."""
        if error is None:
            return
        # A function that failed, or that received the card's error, ended the session there.
        ended = isinstance(error, (ServerRefusedError, CardRefusedError))
        server = None if ended else self._es9
        try:
            cancel_session(self._card, server, self._transaction_id, cancel_reason(error))
        except RspError as further:
            error.add_note(f"CancelSession: {further}")


def cancel_reason(error: BaseException) -> CancelSessionReason:
    """Chooses the reason of CancelSession for what went wrong.

    A lost connection, a card that is gone, a refusal by the server and an interrupt leave the order
    open for another try (postponed).
    """
    if isinstance(error, DownloadStoppedError):
        return error.reason
    if isinstance(error, LoadRefusedError):
        return CancelSessionReason.loadBppExecutionError
    postponed = (ServerUnreachableError, ServerRefusedError, TargetLost, KeyboardInterrupt)
    if isinstance(error, postponed):
        return CancelSessionReason.postponed
    return CancelSessionReason.undefinedReason


def download(
    card: IsdrChannel,
    port: HttpPort,
    code: ActivationCode,
    *,
    user: EndUser | None = None,
    device: DeviceInfo = STANDARD_DEVICE,
    progress: Progress = lambda _step, _done, _all: None,
) -> Download:
    """Downloads and installs the Profile an activation code stands for.

    Args:
        card: An open channel.
        port: The way to servers.
        code: The activation code.
        user: Answers the questions; by default it agrees and knows no Confirmation Code.
        device: What the device says of itself.
        progress: Called for each step.

    Raises:
        DownloadStoppedError: a check of the LPA or the user stopped it.
        InstallationFailedError: the card installed nothing and gave the reason; the server has it.
        RemoteError: the card or the server refused, or the card does not list the Profile.
        ServerUnreachableError: no answer came.
        DecodeError: the card's answers cannot be read.
        In every case the session is cancelled at the card and, where it can be, at the server.
    """
    es9 = Es9Client(port, code.address, protocol_of(device))
    progress(DownloadStep.INITIATE, 0, 0)
    initiated = initiate_authentication(card, es9, device)
    with OpenSession(card, es9, initiated):
        # Checked before the card and the MatchingID are shown to the server.
        check_server_address(code.address, initiated.server_signed1.server_address)
        check_smdp_oid(code.smdp_oid, initiated.answer.server_certificate)
        check_same_server(es9.tls_certificate, initiated.answer.server_certificate)
        progress(DownloadStep.AUTHENTICATE, 0, 0)
        authenticated = authenticate(
            card, es9, initiated, matching_id=code.matching_id, device=device
        )
        check_newer_metadata(card, device, initiated.info1, authenticated.answer.profile_metadata)
        progress(DownloadStep.CONFIRM, 0, 0)
        confirmation = confirm(card, authenticated, user or AutomaticUser())
        result = _install(card, es9, authenticated, confirmation, progress)
    return _conclude(card, es9, authenticated, result, progress)


def confirm(card: IsdrChannel, authenticated: Authenticated, user: EndUser) -> str | None:
    """Checks the policy rules, asks the user, and returns the Confirmation Code if one is due.

    Raises:
        DownloadStoppedError: a rule, the user or a missing code stops the download.
        RemoteError: the card refused to give its RAT or its Profiles.
    """
    metadata = authenticated.metadata
    strong = False
    if metadata.profile_policy_rules:
        rules = card.send(GetRatRequest()).rat
        strong = check_policy_rules(metadata, rules, list_profiles(card))
    refusal = user.agrees(metadata, strong=strong)
    if refusal is not None:
        raise DownloadStoppedError(f"the user stopped the download: {code_text(refusal)}", refusal)
    if not authenticated.smdp_signed2.cc_required_flag:
        return None
    code = user.confirmation_code(metadata)
    if not code:
        raise DownloadStoppedError(
            "the server requires a Confirmation Code and none was given",
            CancelSessionReason.postponed,
        )
    return code


def _install(
    card: IsdrChannel,
    es9: Es9Client,
    authenticated: Authenticated,
    confirmation: str | None,
    progress: Progress,
) -> ProfileInstallationResult:
    progress(DownloadStep.PREPARE, 0, 0)
    prepared = prepare_download(card, authenticated, confirmation)
    progress(DownloadStep.PACKAGE, 0, 0)
    bpp = get_bound_profile_package(es9, prepared)
    check_announced_metadata(authenticated.answer.profile_metadata, bpp)
    progress(DownloadStep.LOAD, 0, 0)
    return load_package(card, bpp, lambda done, total: progress(DownloadStep.LOAD, done, total))


def _conclude(
    card: IsdrChannel,
    es9: Es9Client,
    authenticated: Authenticated,
    result: ProfileInstallationResult,
    progress: Progress,
) -> Download:
    progress(DownloadStep.NOTIFY, 0, 0)
    unreported = _report(card, es9, result)
    success = result.data.final_result.success_result
    if success is None:
        failure = InstallationFailedError(result)
        if unreported is not None:
            failure.add_note(f"the result waits on the card: {unreported}")
        raise failure
    progress(DownloadStep.VERIFY, 0, 0)
    metadata = authenticated.metadata
    _require_listed(card, metadata.iccid, success)
    return Download(
        iccid=metadata.iccid,
        aid=success.aid,
        metadata=metadata,
        result=result,
        unreported=unreported,
    )


def _report(card: IsdrChannel, es9: Es9Client, result: ProfileInstallationResult) -> str | None:
    try:
        es9.handle_notification(result.encode())
        remove_notification(card, result.data.notification_metadata.seq_number)
    except (RemoteError, ServerUnreachableError, DecodeError) as error:
        return str(error)
    return None


def _require_listed(card: IsdrChannel, iccid: Iccid, success: SuccessResult) -> None:
    profile = find_profile(card, iccid)
    if profile is None or profile.isdp_aid != success.aid:
        listed = "lists no such Profile" if profile is None else f"lists AID {profile.isdp_aid}"
        raise RemoteError(
            f"Profile {iccid}: the result says installed as {success.aid}, but the card {listed}"
        )
