"""The outcome of a load: it continued, was refused, ended with an error, or made a Profile.

The words are those of the catalogue, and each function here requires all that such a word means:
the answer, the signed ProfileInstallationResult, the list of Notifications and the Profiles.

Source: SGP.22 v2, 2.5.6, 5.5 and 5.7.6.
"""

from enum import IntEnum

from rspcore.errors import DecodeError
from rspcore.messages.es10b import GetEuiccChallengeRequest
from rspcore.messages.es10c import ProfileInfo, ProfileState
from rspcore.messages.euicc_response import EuiccResponse, PeStatus, PeStatusCode
from rspcore.messages.notifications import (
    BppCommandId,
    ErrorReason,
    ErrorResult,
    ProfileInstallationResult,
)
from rspcore.status import StatusWord, describe, is_success
from rspharness.card import expect
from rspharness.card.listed import ListedProfile, UnobservedError
from rspharness.card.signed_content import content
from rspharness.card.snapshot import Snapshot
from rspharness.record.verdicts import ExpectationError
from rspharness.servers.card_signatures import verify_pir
from rspharness.servers.rsp_session import Loaded, Session

__all__ = [
    "MISPLACED",
    "continued",
    "continued_or_ended",
    "described",
    "element_refused",
    "ended",
    "installed",
    "installed_info",
    "installed_or_ended",
    "kept",
    "refused",
    "refused_or_ended",
    "refused_passed_over_or_ended",
    "statuses",
]

MISPLACED = (StatusWord.CONDITIONS_NOT_SATISFIED, StatusWord.REFERENCED_DATA_NOT_FOUND)
"""6985 and 6A88: the answers to a segment in the wrong place (2.5.5)."""


def described(loaded: Loaded) -> str:
    """Returns what the card answered to the last segment, in words, for a note."""
    sw = f"SW {describe(loaded.last.sw)}"
    if loaded.pir is None:
        return f"{sw} without PIR"
    result = loaded.pir.data.final_result.error_result
    if result is None:
        return f"PIR successResult; {sw}"
    reason = expect.names((result.error_reason,))
    return f"PIR errorResult {expect.names((result.bpp_command_id,))}, {reason}; {sw}"


def continued(loaded: Loaded) -> None:
    """Requires every segment to be accepted: SW 9000 without PIR, or any other data.

    Raises:
        ExpectationError: one was not; the message names it.
    """
    for number, response in enumerate(loaded.responses):
        expect.success(response, f"segment {number}")
        if response.data:
            raise ExpectationError("no response data", described(loaded), about=f"segment {number}")


def refused(session: Session, loaded: Loaded, before: Snapshot, *words: int) -> None:
    """Requires the last segment to be refused by status word: no PIR, the card as before.

    A load may still be open and keep the card from answering anything else (5.7.6), so a new
    challenge ends the session before the card is read.

    Args:
        session: The session.
        loaded: What the card answered.
        before: The card before the session.
        words: Every acceptable status word; `MISPLACED` when none is given.

    Raises:
        ExpectationError: it was not, or something changed.
    """
    expect.refused(loaded.last, *(words or MISPLACED), about="the last segment")
    session.card.send(GetEuiccChallengeRequest())
    expect.unchanged(before, session.card.observe())


def ended(
    session: Session,
    loaded: Loaded,
    before: Snapshot,
    command: BppCommandId,
    *reasons: IntEnum,
) -> ErrorResult:
    """Requires the load to be ended by a PIR errorResult and returns the result.

    The result is signed, the same result is in the list of Notifications, nothing else is new
    there, and the Profiles and addresses are as before; the last fails a probe too, whatever the
    reason the result names.

    Args:
        session: The session.
        loaded: What the card answered.
        before: The card before the session.
        command: The bppCommandId the result has to name.
        reasons: Every acceptable errorReason.

    Raises:
        ExpectationError: it was not, or something changed.
    """
    try:
        expect.success(loaded.last, "the last segment")
        result = expect.pir_error(loaded.pir, command, *reasons)
    except ExpectationError:
        if loaded.pir is not None and loaded.pir.data.final_result.error_result is not None:
            _nothing_left(before, session.card.observe())
        raise
    verify_pir(session, loaded.pir)
    try:
        kept(session, loaded)
    except UnobservedError as error:
        session.card.note(f"whether the PIR is kept was not observed: {error}")
    after = session.card.observe()
    earlier, later = before.numbers(), after.numbers()
    if earlier is not None and later is not None:
        expect.equal(later - earlier, _number(loaded), "numbers of Notifications")
    _nothing_left(before, after)
    return result


def _nothing_left(before: Snapshot, after: Snapshot) -> None:
    """Requires that a load that failed left nothing, whatever the reason: 5.7.6 settles that.

    Raises:
        SettledError: Profiles or addresses are not as before.
    """
    with expect.settled():
        expect.unchanged(before, after, apart_from=("notifications",))


def kept(session: Session, loaded: Loaded) -> bytes:
    """Requires the PIR of a load in the list of Notifications; returns it as it is there.

    The card may have signed it again (2.6.7): what it says is the same, and its signature is sound.

    Raises:
        ExpectationError: it is not there, or its signature is wrong.
        UnobservedError: the list cannot be read.
    """
    wanted = content(loaded.last.data)
    for octets in session.card.pending_notifications():
        if content(octets) == wanted:
            if octets != loaded.last.data:
                verify_pir(session, _result(octets))
            return octets
    raise ExpectationError("the PIR in the list of Notifications", "it is not there")


def _result(octets: bytes) -> ProfileInstallationResult:
    try:
        return ProfileInstallationResult.decode(octets)
    except DecodeError as error:
        raise ExpectationError("a ProfileInstallationResult", str(error)) from error


def element_refused(
    session: Session, loaded: Loaded, before: Snapshot, *codes: PeStatusCode
) -> PeStatus:
    """Requires the load to be ended by a profile element and returns its status.

    That is `ended` with loadProfileElements and installFailedDueToPEProcessingError, and an
    EUICCResponse that says the installation was aborted.

    Args:
        session: The session.
        loaded: What the card answered.
        before: The card before the session.
        codes: Every acceptable status of the element; none given accepts all but ok.

    Raises:
        ExpectationError: it was not, or something changed.
    """
    reason = ErrorReason.installFailedDueToPEProcessingError
    result = ended(session, loaded, before, BppCommandId.loadProfileElements, reason)
    response = _response(result.sima_response or b"")
    last = response.pe_status[-1]
    if codes:
        expect.one_of(last.status, codes, "status of the profile element")
    elif last.status == PeStatusCode.ok:
        raise ExpectationError("a status that names the mistake", "ok")
    if not response.profile_installation_aborted:
        raise ExpectationError("profileInstallationAborted", "it is absent")
    return last


def statuses(loaded: Loaded) -> tuple[PeStatus, ...]:
    """Returns the statuses of the elements in the EUICCResponse of a PIR successResult.

    Raises:
        ExpectationError: there is no such result, or the response cannot be read.
    """
    return _response(expect.pir_success(loaded.pir).sima_response).pe_status


def _number(loaded: Loaded) -> frozenset[int]:
    if loaded.pir is None:
        return frozenset()
    return frozenset({loaded.pir.data.notification_metadata.seq_number})


def refused_or_ended(
    session: Session,
    loaded: Loaded,
    before: Snapshot,
    words: tuple[int, ...],
    command: BppCommandId,
    *reasons: IntEnum,
) -> None:
    """Requires `refused` with one of the words, or `ended` with one of the reasons.

    Raises:
        ExpectationError: neither.
    """
    if loaded.pir is None:
        refused(session, loaded, before, *words)
    else:
        ended(session, loaded, before, command, *reasons)


def continued_or_ended(
    session: Session,
    loaded: Loaded,
    before: Snapshot,
    command: BppCommandId,
    *reasons: IntEnum,
) -> None:
    """Requires `continued`, or `ended` with one of the reasons.

    Raises:
        ExpectationError: neither.
    """
    if loaded.pir is None:
        continued(loaded)
    else:
        ended(session, loaded, before, command, *reasons)


def refused_passed_over_or_ended(
    session: Session,
    loaded: Loaded,
    before: Snapshot,
    words: tuple[int, ...],
    command: BppCommandId,
    *reasons: IntEnum,
) -> None:
    """Requires `refused_or_ended`, or `continued` and the card as before once the session is over.

    Raises:
        ExpectationError: none of these.
    """
    if loaded.pir is None and is_success(loaded.last.sw):
        continued(loaded)
        session.card.send(GetEuiccChallengeRequest())
        expect.unchanged(before, session.card.observe(), apart_from=("notifications",))
    else:
        refused_or_ended(session, loaded, before, words, command, *reasons)


def installed_or_ended(
    session: Session,
    loaded: Loaded,
    before: Snapshot,
    command: BppCommandId,
    *reasons: IntEnum,
) -> None:
    """Requires `installed`, or `ended` with one of the reasons.

    Raises:
        ExpectationError: neither.
    """
    if loaded.pir is not None and loaded.pir.data.final_result.error_result is not None:
        ended(session, loaded, before, command, *reasons)
    else:
        installed(session, loaded)


def installed(session: Session, loaded: Loaded) -> ListedProfile:
    """Requires a PIR successResult and its Profile, Disabled; returns what is listed.

    Only ISD-P AID, ICCID and state are read; what else the list says is a matter of other rows.

    Raises:
        ExpectationError: a segment before the last was not accepted, the result is none of success
            or not sound, or the Profile is not listed so.
    """
    result = expect.pir_success(loaded.pir)
    for response in loaded.responses[:-1]:
        expect.success(response, "a segment before the last")
        expect.equal(response.data, b"", "data of a segment before the last")
    verify_pir(session, loaded.pir)
    status = _response(result.sima_response).pe_status[-1].status
    expect.equal(status, PeStatusCode.ok, "last status of the EUICCResponse")
    for listed in session.card.listed_profiles():
        if listed.isdp_aid == result.aid:
            iccid = loaded.pir and loaded.pir.data.notification_metadata.iccid
            expect.equal(listed.iccid, iccid, "ICCID of the Profile listed")
            expect.equal(listed.profile_state, ProfileState.disabled, "its state")
            return listed
    raise ExpectationError(f"a Profile with ISD-P AID {result.aid}", "none is listed")


def installed_info(session: Session, loaded: Loaded) -> ProfileInfo:
    """Requires `installed` and a list that can be read strictly; returns its entry.

    Raises:
        ExpectationError: as `installed`, or the list cannot be read.
    """
    aid = installed(session, loaded).isdp_aid
    for listed in session.card.profiles():
        if listed.isdp_aid == aid:
            return listed
    raise ExpectationError(f"the Profile with ISD-P AID {aid} in each list", "not in the second")


def _response(octets: bytes) -> EuiccResponse:
    try:
        response = EuiccResponse.decode(octets)
    except DecodeError as error:
        raise ExpectationError("an EUICCResponse", str(error)) from error
    if not response.pe_status:
        raise ExpectationError("an EUICCResponse with a status", "none")
    return response
