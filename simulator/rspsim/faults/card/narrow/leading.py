"""Narrow faults of rows that many cases lead through: each shows in one use of what they share."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore import tlv
from rspcore.crypto.keys import PrivateKey
from rspcore.errors import DecodeError
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import NotificationEvent, OperatorId, PprId, ProfileClass
from rspcore.messages.notifications import (
    ErrorReason,
    NotificationMetadata,
    ProfileInstallationResult,
)
from rspcore.profile_reader import PackageReader
from rspsim.euicc import applications, notifications, startup
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr import selection
from rspsim.euicc.isdr.es10b import (
    authenticate_server,
    list_notification,
    prepare_download,
    remove_notification_from_list,
    retrieve_notifications_list,
)
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10c import delete_profile, enable_profile, get_profiles_info
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
    CiCredential,
    OpenInstallation,
    PendingNotification,
    PendingSwitch,
)
from rspsim.euicc.uicc import command_context
from rspsim.faults.card.card_fault import (
    CardFault,
    Change,
    adds,
    answering_data,
    on,
    swap,
    together,
)

__all__ = ["FAULTS"]

_EVENT: Final = NotificationEvent
_MANY: Final = 5
_SMALL: Final = 64
_BUFFER: Final = 4352
_TEST_ALGORITHM: Final = 3
_RESULT: Final = b"\xbf\x37"
_ALL_EVENTS: Final = frozenset(NotificationEvent)
_UNKNOWN: Final = 127
_FCI, _NAME = 0x6F, 0x84


def _is_result(one: PendingNotification) -> bool:
    return one.octets.startswith(_RESULT)


def _results(state: CardState) -> list[PendingNotification]:
    return [one for one in state.notifications if _is_result(one)]


def _turned(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Lets a list of five or more begin with the second entry from then on."""
    waiting = view.state.notifications
    if request.profile_management_operation is not None or len(waiting) < _MANY:
        return outcome
    return replace(outcome, state=replace(view.state, notifications=(*waiting[1:], waiting[0])))


def _lone_result_nameless(
    pending: Any, events: frozenset[int] | None, passes: Callable[..., bool]
) -> Any:
    """Lists a result that waits alone without its address."""
    found = list_notification.LISTED.standard(pending, events, passes)
    if len(pending) != 1 or len(found) != 1 or not _is_result(found[0]):
        return found
    metadata = NotificationMetadata.decode(found[0].metadata)
    return (replace(found[0], metadata=replace(metadata, notification_address="").encode()),)


def _lone_result_damaged(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Gives the only result with a signature whose last bit is another one."""
    results = _results(view.state)
    if len(results) != 1 or len(view.state.profiles) != 1:
        return outcome
    octets = results[0].octets
    wrong = octets[:-1] + bytes((octets[-1] ^ 1,))
    return answering_data(outcome, outcome.response.data.replace(octets, wrong))


def _short_buffer(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Loses what of an answer is beyond a buffer that three Profiles leave."""
    data = outcome.response.data
    short = len(view.state.profiles) > 2 and len(data) > _BUFFER
    return answering_data(outcome, data[:_BUFFER]) if short else outcome


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


def _eum_of_the_first(attempt: AuthenticationAttempt) -> CiCredential | None:
    """Shows CERT.EUM of the CI that the Profile aboard came under."""
    found = authenticate_server.CREDENTIAL.standard(attempt)
    state = attempt.view.state
    if found is None or not state.profiles or state.profiles[0].ci_pkid == found.ci_pkid:
        return found
    other = next(
        (one for one in state.credentials if one.ci_pkid == state.profiles[0].ci_pkid), None
    )
    return found if other is None else replace(found, eum_certificate=other.eum_certificate)


def _undone_at_reset(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Goes back, at a reset, to the Profile that was Enabled before a change without REFRESH."""
    former = view.state.enabled_profile
    now = outcome.state.enabled_profile
    if request.refresh_flag or former is None or now is None or former.aid == now.aid:
        return outcome
    if [one.aid for one in view.state.profiles] != [former.aid, now.aid]:
        return outcome
    if ProfileClass.test in (now.profile_class, former.profile_class):
        return outcome
    if view.state.notifications:
        return outcome
    back = PendingSwitch(disable=now.aid, enable=former.aid)
    return replace(outcome, state=replace(outcome.state, pending_switch=back))


def _enabling_numbered_first(
    state: CardState, metadata: NotificationMetadata, /
) -> NotificationMetadata:
    """Exchanges the numbers of the two Notifications of a change from one Profile to another."""
    enabled, number = state.enabled_profile, metadata.seq_number
    if metadata.profile_management_operation == {_EVENT.notificationDisable}:
        another = enabled is not None and enabled.iccid != metadata.iccid
        return replace(metadata, seq_number=number + 1) if another else metadata
    waiting = state.notifications
    if waiting and NotificationMetadata.decode(waiting[-1].metadata).seq_number == number:
        return replace(metadata, seq_number=number - 1)
    return metadata


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
    noted = OpenInstallation(
        transaction_id=step.server.transaction_id,
        server_address=step.server.address,
        smdp_oid=step.download.smdp_oid,
        ci_pkid=step.server.ci_pkid,
        command_id=5,
        iccid=standing.metadata.iccid,
    )
    return replace(state, open_installation=noted)


def _not_interrupted_before(attempt: MetadataAttempt) -> bool:
    """Returns whether the ICCID is unused, and no load of it was cut."""
    for one in _results(attempt.step.view.state):
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
    *_, youngest = (None, *_results(state))
    if youngest is None:
        return state
    data = ProfileInstallationResult.decode(youngest.octets).data
    if data.final_result.success_result is None:
        return state
    return replace(state, notifications=tuple(one for one in waiting if one is not youngest))


def _rule_of_the_first_hidden(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Lists the only Profile, which has PPR1 alone and was never Enabled, as one with PPR2."""
    profiles = view.state.profiles
    del request
    if len(profiles) != 1 or profiles[0].metadata.profile_policy_rules != frozenset({PprId.ppr1}):
        return outcome
    if profiles[0].state == ProfileState.enabled:
        return outcome
    data = outcome.response.data.replace(b"\x99\x02\x06\x40", b"\x99\x02\x05\x20")
    return answering_data(outcome, data)


def _of_event_forgotten(event: NotificationEvent) -> Change:
    """Returns a change by which a deletion takes the only Notification, of an event, along."""

    def change(_request: Any, view: View, outcome: Outcome) -> Outcome:
        gone = {one.iccid for one in view.state.profiles} - {
            one.iccid for one in outcome.state.profiles
        }
        if len(view.state.notifications) != 1:
            return outcome
        kept = tuple(
            one
            for one in outcome.state.notifications
            if one.event != event or NotificationMetadata.decode(one.metadata).iccid not in gone
        )
        return replace(outcome, state=replace(outcome.state, notifications=kept))

    return on(delete_profile.DELETE_PROFILE, change)


def _only_result_forgotten(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Forgets, with the only Profile, the result of its installation, if it was never Enabled."""
    installed = all(one.event == _EVENT.notificationInstall for one in view.state.notifications)
    if len(view.state.profiles) != 1 or outcome.state.profiles or not installed:
        return outcome
    kept = tuple(one for one in outcome.state.notifications if not _is_result(one))
    return replace(outcome, state=replace(outcome.state, notifications=kept))


def _beside_a_test_profile(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Leaves an operational Profile without rules Enabled when a test Profile is enabled."""
    del request
    state, former = outcome.state, view.state.enabled_profile
    now = next((p for p in state.profiles if p.state == ProfileState.enabled), None)
    if former is None or now is None or now.profile_class != ProfileClass.test:
        return outcome
    if former.profile_class != ProfileClass.operational or former.metadata.profile_policy_rules:
        return outcome
    both = state.with_profile(replace(former, state=ProfileState.enabled))
    return replace(outcome, state=both)


def _selected_without_name(view: View) -> Outcome:
    """Leaves the AID out of the FCI of the ISD-R on channel 1."""
    outcome = selection.selected(view)
    data = outcome.response.data
    if view.channel_number != 1 or not data:
        return outcome
    parts = tlv.parse(data).children()
    kept = b"".join(bytes(one.raw) for one in parts if one.tag != _NAME)
    return answering_data(outcome, tlv.encode(_FCI, kept))


_ISDR, *_OTHERS = applications.APPLICATIONS.standard


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


def _four_events_listed_as_three(_request: Any, _view: View, outcome: Outcome) -> Outcome:
    """Lists a configuration entry of all four events without deletion."""
    data = outcome.response.data.replace(b"\x80\x02\x04\xf0", b"\x80\x02\x04\xe0")
    return answering_data(outcome, data)


def _first_of_two_stays(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Says ok and deletes nothing, where the first of two Disabled Profiles is named by ICCID."""
    profiles = view.state.profiles
    disabled = all(one.state == ProfileState.disabled for one in profiles)
    if len(profiles) != 2 or not disabled:
        return outcome
    first = request.iccid is not None and request.iccid == profiles[0].iccid
    return replace(outcome, state=view.state) if first else outcome


def _silent_result_stays(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Says ok and keeps the result of a Profile that names no address."""
    silent = {
        one.iccid for one in view.state.profiles if not one.metadata.notification_configuration_info
    }
    for one in view.state.notifications:
        iccid = NotificationMetadata.decode(one.metadata).iccid
        if one.seq_number == request.seq_number and _is_result(one) and iccid in silent:
            return replace(outcome, state=view.state)
    return outcome


def _four_objects(octets: bytes, state: CardState, /) -> tuple[bytes, ...]:
    return store_metadata.FURTHER.standard(octets, state)[:4]


def _fault(name: str, summary: str, change: Change, *rows: str) -> CardFault:
    return CardFault(f"narrow.{name}", summary, rows, change)


_LIST: Final = "ES10b.ListNotification"
_LBPP: Final = "ES10b.LoadBoundProfilePackage"
_LOAD: Final = "ES8+.LoadProfileElements"

FAULTS: Final = (
    _fault(
        "list-notification.turned-by-reading",
        "Reading a list of five or more lets it begin with its second entry.",
        on(list_notification.LIST_NOTIFICATION, _turned),
        f"{_LIST}#16",
    ),
    _fault(
        "list-notification.lone-result-nameless",
        "A result that waits alone is listed without its address.",
        swap(list_notification.LISTED, _lone_result_nameless),
        f"{_LIST}#15",
    ),
    _fault(
        "retrieve-notifications-list.lone-result-damaged",
        "The only result is given with a wrong signature.",
        on(retrieve_notifications_list.RETRIEVE_NOTIFICATIONS_LIST, _lone_result_damaged),
        "ES10b.RetrieveNotificationsList#11",
    ),
    _fault(
        "remove-notification-from-list.silent-result-stays",
        "The result of a Profile that names no address stays, and is said to be removed.",
        on(remove_notification_from_list.REMOVE_NOTIFICATION_FROM_LIST, _silent_result_stays),
        "procedure.Download#01",
    ),
    _fault(
        "retrieve-notifications-list.short-buffer",
        "Beside three Profiles 4352 octets of a list of Notifications are answered at most.",
        on(retrieve_notifications_list.RETRIEVE_NOTIFICATIONS_LIST, _short_buffer),
        "Transport.StoreData#07",
    ),
    _fault(
        "prepare-download.kept-key-made-anew",
        "The kept one-time key that a server names is answered, and another one used.",
        on(prepare_download.PREPARE_DOWNLOAD, _key_made_anew),
        "ES8+.InitialiseSecureChannel#22",
    ),
    _fault(
        "package.no-test-algorithm",
        "The USIM test algorithm is refused.",
        adds(aka_parameters.AKA_CHECKS, Check("no_test_algorithm", _no_test_algorithm, _UNKNOWN)),
        f"{_LOAD}#40",
    ),
    _fault(
        "authenticate-server.eum-of-the-first",
        "CERT.EUM is that of the CI which the first Profile aboard came under.",
        swap(authenticate_server.CREDENTIAL, _eum_of_the_first),
        "procedure.Download#04",
    ),
    _fault(
        "enable-profile.undone-at-reset",
        "A change from the first to the second operational Profile is undone at the next reset.",
        on(enable_profile.ENABLE_PROFILE, _undone_at_reset),
        "procedure.EnableProcess#02",
    ),
    _fault(
        "switch.enabling-numbered-first",
        "Of a change from one Profile to another the enabling has the smaller number.",
        swap(notifications.METADATA, _enabling_numbered_first),
        "procedure.EnableProcess#10",
    ),
    _fault(
        "rules.no-nine",
        "A wildcard digit of the RAT does not fit 9.",
        swap(policy_rules.OPERATOR_MATCH, _no_nine),
        "procedure.PolicyRules#14",
    ),
    _fault(
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
    _fault(
        "load.second-result-lost-at-reset",
        "A reset drops the result of the second Profile, where nothing happened since.",
        swap(startup.KEPT, _second_result_lost),
        f"{_LBPP}#08",
        "procedure.PowerLoss#05",
    ),
    _fault(
        "get-profiles-info.ppr1-as-ppr2",
        "The only Profile, Disabled, with PPR1 alone, is listed with PPR2.",
        on(get_profiles_info.GET_PROFILES_INFO, _rule_of_the_first_hidden),
        "ES8+.StoreMetadata#19",
    ),
    _fault(
        "delete-profile.lone-enabling-forgotten",
        "A deletion takes the Notification of enabling of its Profile along, where it waits alone.",
        _of_event_forgotten(NotificationEvent.notificationEnable),
        "ES10c.DeleteProfile#14",
    ),
    _fault(
        "delete-profile.only-result-forgotten",
        "The deletion of the only Profile, never Enabled, takes its result along.",
        on(delete_profile.DELETE_PROFILE, _only_result_forgotten),
        "procedure.DeleteProcess#02",
    ),
    _fault(
        "enable-profile.beside-a-test-profile",
        "An operational Profile without rules stays Enabled beside a test Profile.",
        on(enable_profile.ENABLE_PROFILE, _beside_a_test_profile),
        "ES10c.EnableProfile#12",
    ),
    _fault(
        "select.no-name-on-channel-1",
        "The FCI of the ISD-R has no AID on channel 1.",
        swap(
            applications.APPLICATIONS,
            (replace(_ISDR, select=_selected_without_name), *_OTHERS),
        ),
        "ISD-R.Select#15",
    ),
    _fault(
        "files.of-the-new-profile",
        "After an installation the files of the new Profile are there, where none is Enabled.",
        swap(command_context.CONTENT, _content_of_the_new),
        f"{_LOAD}#10",
    ),
    _fault(
        "load.small-pieces-refused",
        "A piece of less than 64 octets that completes no element is refused.",
        swap(installer.FEED, _small_pieces_refused),
        f"{_LOAD}#07",
    ),
    _fault(
        "load.cut-between-elements-refused",
        "Several elements in a segment that ends with one of them are refused.",
        swap(installer.FEED, _cut_between_refused),
        f"{_LOAD}#08",
    ),
    _fault(
        "get-profiles-info.four-events-as-three",
        "A configuration entry of all four events is listed without deletion.",
        on(get_profiles_info.GET_PROFILES_INFO, _four_events_listed_as_three),
        "ES8+.StoreMetadata#14",
    ),
    _fault(
        "delete-profile.first-of-two-stays",
        "The first of two Disabled Profiles, named by ICCID, is said to be deleted and stays.",
        on(delete_profile.DELETE_PROFILE, _first_of_two_stays),
        "ES10c.DeleteProfile#01",
    ),
    _fault(
        "store-metadata.four-objects-of-version-3",
        "Of the objects that version 3 added, four are kept.",
        swap(store_metadata.FURTHER, _four_objects),
        "ES8+.StoreMetadata#85",
    ),
)
