"""Variations of status words and codes of refusals, as texts and recorded cards have them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.crypto.bsp import BspError, BspSecurityError, BspStructureError
from rspcore.errors import DecodeError
from rspcore.ids import TransactionId
from rspcore.messages.es10b import (
    AuthenticateErrorCode,
    AuthenticateResponseError,
    AuthenticateServerResponse,
    DownloadErrorCode,
    PrepareDownloadResponse,
    PrepareDownloadResponseError,
)
from rspcore.messages.es10c import EuiccMemoryResetResponse, ResetResult
from rspcore.messages.notifications import ErrorReason
from rspcore.status import StatusWord
from rspcore.tlv import Tlv
from rspsim.euicc.channels import NOTHING_WAITING
from rspsim.euicc.decisions import Check, Decisions
from rspsim.euicc.isdr import dispatch, store_data
from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.isdr.es10b.authenticate_server import AUTHENTICATE_SERVER
from rspsim.euicc.isdr.es10b.prepare_download import PREPARE_DOWNLOAD
from rspsim.euicc.isdr.es10c.euicc_memory_reset import EUICC_MEMORY_RESET
from rspsim.euicc.load import step
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session import SessionState
from rspsim.variations.variation import Change, Variation, answering, behind, recoded, swap

__all__ = ["VARIATIONS"]

_EC: Final = "Eastcompeace family (5ber, Xesim, eSIM.me)"
_KI: Final = "Kigen family (9eSIM, 9eSIM v2, eIOTCLUB)"
_ONE_REASON: Final[Mapping[type[BspError], int]] = {
    BspStructureError: ErrorReason.scp03tSecurityError,
    BspSecurityError: ErrorReason.scp03tSecurityError,
}
_NO_ID: Final = TransactionId(b"\0")


def _tag_alone_read(octets: bytes) -> Tlv:
    """Returns a whole command; a tag without a length is read as one without content."""
    try:
        return tlv.parse(octets)
    except DecodeError:
        return tlv.parse(octets + b"\0")


def _unknown_tag(code: int) -> Change:
    """Returns a change of the status word for an unknown tag, where no session has begun.

    After a challenge, and during a load, recorded cards answer 6A88 as the usual one does.
    """

    def change(decisions: Decisions) -> Decisions:
        def idle(requested: dispatch.Requested) -> bool:
            return requested.exists or requested.view.session.state is not SessionState.IDLE

        checks = (Check("function_known_when_idle", idle, code), *decisions[dispatch.CHECKS])
        return decisions.having(dispatch.CHECKS, checks)

    return change


def _unread(function: AnyFunction, answer: Callable[[View], Outcome]) -> Change:
    """Returns a change of how a function answers a request whose parts cannot be read."""

    def change(decisions: Decisions) -> Decisions:
        table = decisions[dispatch.FUNCTIONS]
        changed = {**table, function.tag: replace(table[function.tag], malformed=answer)}
        return decisions.having(dispatch.FUNCTIONS, changed)

    return change


def _undefined_error(view: View) -> Outcome:
    error = AuthenticateResponseError(
        transaction_id=_NO_ID, authenticate_error_code=AuthenticateErrorCode.undefinedError
    )
    return view.answer(AuthenticateServerResponse(authenticate_response_error=error))


def _invalid_certificate(view: View) -> Outcome:
    error = PrepareDownloadResponseError(
        transaction_id=_NO_ID, download_error_code=DownloadErrorCode.invalidCertificate
    )
    return view.answer(PrepareDownloadResponse(download_response_error=error))


def _nothing_is_fine(outcome: Outcome, _view: View) -> Outcome:
    answer = EuiccMemoryResetResponse.decode(outcome.response.data)
    if answer.reset_result != ResetResult.nothingToDelete:
        return outcome
    return answering(outcome, EuiccMemoryResetResponse(reset_result=ResetResult.ok).encode())


VARIATIONS: Final = (
    Variation(
        name="status-words.unknown-tag-6D00",
        summary="A command of the ISD-R with an unknown tag is answered 6D00.",
        legal_by=_EC,
        octets="status word of STORE DATA",
        change=_unknown_tag(StatusWord.INS_NOT_SUPPORTED),
    ),
    Variation(
        name="status-words.unknown-tag-6982",
        summary="A command of the ISD-R with an unknown tag is answered 6982.",
        legal_by=_KI,
        octets="status word of STORE DATA",
        change=_unknown_tag(StatusWord.SECURITY_STATUS_NOT_SATISFIED),
    ),
    Variation(
        name="status-words.no-data-9000",
        summary="STORE DATA without data is answered 9000.",
        legal_by=_KI,
        octets="status word of STORE DATA",
        change=recoded(store_data.CHECKS, "not_empty", StatusWord.OK),
    ),
    Variation(
        name="status-words.no-data-6D00",
        summary="STORE DATA without data is answered 6D00.",
        legal_by=_EC,
        octets="status word of STORE DATA",
        change=recoded(store_data.CHECKS, "not_empty", StatusWord.INS_NOT_SUPPORTED),
    ),
    Variation(
        name="status-words.tag-alone-answered",
        summary="A tag without a length is taken as a request without content.",
        legal_by=_EC + "; no clause asks for a refusal",
        octets="answer to STORE DATA BF20",
        change=swap(dispatch.PARSE, _tag_alone_read),
    ),
    Variation(
        name="status-words.unread-authentication-127",
        summary="AuthenticateServer that cannot be read is answered undefinedError(127).",
        legal_by=_EC,
        octets="answer to a BF38 with a part missing",
        change=_unread(AUTHENTICATE_SERVER, _undefined_error),
    ),
    Variation(
        name="status-words.unread-preparation-1",
        summary="PrepareDownload that cannot be read is answered invalidCertificate(1).",
        legal_by=_EC,
        octets="answer to a BF21 with a part missing",
        change=_unread(PREPARE_DOWNLOAD, _invalid_certificate),
    ),
    Variation(
        name="status-words.unknown-ci-invalid-certificate",
        summary="A certificate under an unknown CI is answered invalidCertificate(1).",
        legal_by="SGP.22, 5.7.13: both codes describe it",
        octets="81 in the error of BF38",
        options=("unknown-ci-is-invalid-certificate=yes",),
    ),
    Variation(
        name="status-words.reset-of-nothing-ok",
        summary="eUICCMemoryReset that finds nothing to do is answered ok(0).",
        legal_by="eSIM.me (18 times), Xesim",
        octets="80 in BF34",
        change=behind(EUICC_MEMORY_RESET, _nothing_is_fine),
    ),
    Variation(
        name="status-words.misplaced-segment-6A88",
        summary="A segment in the wrong place is answered 6A88.",
        legal_by=_EC + "; SGP.22, 5.7.6",
        octets="status word of STORE DATA",
        options=("misplaced-segment=6A88",),
    ),
    Variation(
        name="status-words.cut-segment-reason-8",
        summary="A protected object that is cut ends the load with scp03tSecurityError(8).",
        legal_by=_EC + ": reason 7 in none of 2,819 records",
        octets="81 in the error result of BF37",
        change=swap(step.REASONS, _ONE_REASON),
    ),
    Variation(
        name="status-words.nothing-waiting-6985",
        summary="GET RESPONSE with nothing waiting is answered 6985.",
        legal_by="ISO/IEC 7816-4, 11.7.1: no status word is given",
        octets="status word of GET RESPONSE",
        change=swap(NOTHING_WAITING, int(StatusWord.CONDITIONS_NOT_SATISFIED)),
    ),
    Variation(
        name="status-words.list-refused-while-a-switch-waits",
        summary="GetProfilesInfo is answered 6985 while a switch waits for its REFRESH.",
        legal_by="SGP.22, 3.2: the state meanwhile is open",
        octets="answer to BF2D",
        options=("pending-listing=refused",),
    ),
)
