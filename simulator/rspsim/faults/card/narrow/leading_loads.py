"""Narrow faults of loads that many cases lead through: each shows in one use of what they share."""

from dataclasses import replace
from typing import Any, Final

from rspcore.crypto.keys import PrivateKey
from rspcore.errors import DecodeError
from rspcore.messages.metadata import NotificationEvent, OperatorId
from rspcore.messages.notifications import (
    ErrorReason,
    ProfileInstallationResult,
)
from rspcore.profile_reader import PackageReader
from rspsim.euicc import startup
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr.es10b import (
    prepare_download,
)
from rspsim.euicc.load import segments
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.euicc.load.step import Step
from rspsim.euicc.load_progress import Load
from rspsim.euicc.options import Options
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content import installer
from rspsim.euicc.profile_content.interpreter import aka_parameters
from rspsim.euicc.profile_content.interpreter.aka_parameters import AkaAttempt
from rspsim.euicc.profile_content.model import ProfileContent
from rspsim.euicc.security import policy_rules
from rspsim.euicc.state import (
    CardState,
)
from rspsim.euicc.uicc import command_context
from rspsim.faults.card.card_fault import (
    adds,
    on,
    swap,
    together,
)
from rspsim.faults.card.narrow.narrow_fault import narrow_fault

__all__ = ["FAULTS"]

_EVENT: Final = NotificationEvent
_SMALL: Final = 64
_TEST_ALGORITHM: Final = 3
_UNKNOWN: Final = 127


def _key_made_anew(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Answers the kept one-time key that the server names, and goes on with a new one."""
    del view
    session = outcome.volatile.session
    download = session.download
    if request.smdp_signed2.bpp_euicc_otpk is None or download is None:
        return outcome
    other = PrivateKey.from_random(download.one_time_key.curve, bytes(range(40)))
    changed = replace(session, download=replace(download, one_time_key=other))
    return replace(outcome, volatile=replace(outcome.volatile, session=changed))


def _no_test_algorithm(attempt: AkaAttempt) -> bool:
    return attempt.made.algorithm != _TEST_ALGORITHM


def _no_nine(rule: OperatorId, owner: OperatorId, options: Options) -> bool:
    """Fits a wildcard digit to any digit but 9."""
    pairs = zip(rule.mcc_mnc.octets.hex(), owner.mcc_mnc.octets.hex(), strict=True)
    nine = any(wanted == "e" and digit == "9" for wanted, digit in pairs)
    return not nine and policy_rules.OPERATOR_MATCH.standard(rule, owner, options)


def _always_noted(standing: Load, step: Step, /) -> CardState:
    """Keeps, while a load goes on, what a result needs after a loss of power."""
    state = step.view.state
    if standing.metadata is None:
        return state
    return replace(state, open_installation=segments.open_installation(standing, step))


def _not_interrupted_before(attempt: MetadataAttempt) -> bool:
    """Returns whether the ICCID is unused, and no load of it was cut."""
    for one in attempt.step.view.state.notifications:
        if not one.is_result:
            continue
        data = ProfileInstallationResult.decode(one.octets).data
        error = data.final_result.error_result
        cut = error is not None and error.error_reason == ErrorReason.installFailedDueToInterruption
        if cut and data.notification_metadata.iccid == attempt.request.iccid:
            return False
    return attempt.iccid_unused


def _second_result_lost(state: CardState, /) -> CardState:
    """Drops, at a reset, the result of the second of two Profiles, where nothing happened since."""
    waiting = state.notifications
    if len(state.profiles) != 2 or not waiting:
        return state
    if waiting[-1].event != _EVENT.notificationInstall:
        return state
    *_, youngest = (None, *(one for one in state.notifications if one.is_result))
    if youngest is None:
        return state
    data = ProfileInstallationResult.decode(youngest.octets).data
    if data.final_result.success_result is None:
        return state
    return replace(state, notifications=tuple(one for one in waiting if one is not youngest))


def _content_of_the_new(state: CardState) -> ProfileContent:
    """Shows the files of a Profile whose installation is the last that happened."""
    waiting = state.notifications
    if state.enabled_profile is not None or not waiting:
        return command_context.CONTENT.standard(state)
    if waiting[-1].event != _EVENT.notificationInstall or not state.profiles:
        return command_context.CONTENT.standard(state)
    return state.profiles[-1].content


def _small_pieces_refused(reader: PackageReader, octets: bytes, /) -> Any:
    """Refuses a piece of less than 64 octets that completes no element."""
    elements, left = installer.FEED.standard(reader, octets)
    if not elements and len(octets) < _SMALL:
        raise DecodeError("a piece of an element is too small")
    return elements, left


def _cut_between_refused(reader: PackageReader, octets: bytes, /) -> Any:
    """Refuses several elements in a piece that ends with one of them, before PE-End."""
    elements, left = installer.FEED.standard(reader, octets)
    if len(elements) > 1 and left.between_elements and not elements[-1].is_end:
        raise DecodeError("the piece ends between two elements")
    return elements, left


def _four_objects(octets: bytes, state: CardState, /) -> tuple[bytes, ...]:
    return store_metadata.FURTHER.standard(octets, state)[:4]


_LBPP: Final = "ES10b.LoadBoundProfilePackage"
_LOAD: Final = "ES8+.LoadProfileElements"


FAULTS: Final = (
    narrow_fault(
        "prepare-download.kept-key-made-anew",
        "The kept one-time key that a server names is answered, and another one used.",
        on(prepare_download.PREPARE_DOWNLOAD, _key_made_anew),
        "ES8+.InitialiseSecureChannel#22",
    ),
    narrow_fault(
        "package.no-test-algorithm",
        "The USIM test algorithm is refused.",
        adds(aka_parameters.AKA_CHECKS, Check("no_test_algorithm", _no_test_algorithm, _UNKNOWN)),
        f"{_LOAD}#40",
    ),
    narrow_fault(
        "rules.no-nine",
        "A wildcard digit of the RAT does not fit 9.",
        swap(policy_rules.OPERATOR_MATCH, _no_nine),
        "procedure.PolicyRules#14",
    ),
    narrow_fault(
        "load.cut-keeps-the-iccid",
        "The ICCID of a load that was cut stays in use.",
        together(
            swap(segments.NOTED, _always_noted),
            adds(
                store_metadata.CHECKS,
                Check(
                    "not_cut_before",
                    _not_interrupted_before,
                    ErrorReason.installFailedDueToIccidAlreadyExistsOnEuicc,
                ),
            ),
        ),
        f"{_LBPP}#23",
        "procedure.Retry#03",
    ),
    narrow_fault(
        "load.second-result-lost-at-reset",
        "A reset drops the result of the second Profile, where nothing happened since.",
        swap(startup.KEPT, _second_result_lost),
        f"{_LBPP}#08",
        "procedure.PowerLoss#05",
    ),
    narrow_fault(
        "files.of-the-new-profile",
        "After an installation the files of the new Profile are there, where none is Enabled.",
        swap(command_context.CONTENT, _content_of_the_new),
        f"{_LOAD}#10",
    ),
    narrow_fault(
        "load.small-pieces-refused",
        "A piece of less than 64 octets that completes no element is refused.",
        swap(installer.FEED, _small_pieces_refused),
        f"{_LOAD}#07",
    ),
    narrow_fault(
        "load.cut-between-elements-refused",
        "Several elements in a segment that ends with one of them are refused.",
        swap(installer.FEED, _cut_between_refused),
        f"{_LOAD}#08",
    ),
    narrow_fault(
        "store-metadata.four-objects-of-version-3",
        "Of the objects that version 3 added, four are kept.",
        swap(store_metadata.FURTHER, _four_objects),
        "ES8+.StoreMetadata#85",
    ),
)
