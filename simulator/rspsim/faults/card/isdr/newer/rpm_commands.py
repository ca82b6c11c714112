"""Faults of Remote Profile Management: LoadRpmPackage, its commands and its results."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.messages.es10b import EuiccSigned1
from rspcore.messages.metadata import ProfileClass
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.profile_metadata import RpmType
from rspcore.messages.v3.rpm_package import ListProfileInfo
from rspcore.messages.v3.server_authentication import (
    CtxParamsForCommonAuthentication as Context,
)
from rspcore.tags import Tag
from rspsim.euicc import notifications, startup
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr.es10b import (
    authenticate_server,
    list_notification,
    load_rpm_package,
    remove_notification_from_list,
)
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10c import get_profiles_info, switching
from rspsim.euicc.isdr.rpm import (
    authority,
    commanded_ports,
    commands,
    execution,
    signed_result,
)
from rspsim.euicc.isdr.rpm.execution import Next
from rspsim.euicc.isdr.rpm.progress import Progress
from rspsim.euicc.state import CardState, PendingNotification, PendingSwitch, Profile
from rspsim.faults.card.card_fault import (
    CardFault,
    Change,
    answers,
    begins_with,
    decides,
    skip,
    swap,
)

__all__ = ["FAULTS"]

_LOAD: Final = "ES10b.LoadRpmPackage"
_RESULT_EVENT: Final = 7
_DELETE_EVENT: Final = 6
_DISABLE_EVENT: Final = 5


def _not_waiting(kind: str) -> Change:
    """Returns a change that does not carry out what a package enables or disables."""

    def waits(state: CardState, change: PendingSwitch) -> CardState:
        wanted = change.enable is not None if kind == "enable" else change.enable is None
        if change.remote and wanted:
            return state
        return switching.WAITS.standard(state, change)

    return swap(switching.WAITS, waits)


def _local(state: CardState, change: PendingSwitch) -> CardState:
    return switching.WAITS.standard(state, replace(change, remote=False))


def _code(wanted: RpmType, code: int, other: int) -> Change:
    """Returns a change of one code of one command."""

    def coded(kind: RpmType, found: int) -> int:
        return other if (kind, found) == (wanted, code) else found

    return swap(commands.CODE, coded)


Listed = tuple[v3.ProfileInfo, ...]


def _listing(change: Callable[[Progress, ListProfileInfo, frozenset[int]], Listed]) -> Change:
    return swap(commands.LISTED, change)


def _all_of_the_server(progress: Progress, of: ListProfileInfo, tags: frozenset[int]) -> Listed:
    if of.search_criteria.iccid is None:
        return commands.LISTED.standard(progress, of, tags)
    found: Listed = ()
    for profile in progress.state.profiles:
        criteria = replace(of.search_criteria, iccid=profile.iccid)
        one = replace(of, search_criteria=criteria)
        found = (*found, *commands.LISTED.standard(progress, one, tags))
    return found


def _default_tags(progress: Progress, of: ListProfileInfo, _tags: frozenset[int]) -> Listed:
    default = get_profiles_info.DEFAULT_TAGS.standard - {Tag.ProfileState}
    return commands.LISTED.standard(progress, of, default)


def _any_owner(progress: Progress, of: ListProfileInfo, tags: frozenset[int]) -> Listed:
    if of.search_criteria.iccid is not None:
        return commands.LISTED.standard(progress, of, tags)
    found: Listed = ()
    for profile in progress.state.profiles:
        criteria = replace(of.search_criteria, iccid=profile.iccid, profile_owner_oid=None)
        found += commands.LISTED.standard(progress, replace(of, search_criteria=criteria), tags)
    return found


def _unmanaged_too(progress: Progress, of: ListProfileInfo, tags: frozenset[int]) -> Listed:
    owner = of.search_criteria.profile_owner_oid
    if owner is None:
        return commands.LISTED.standard(progress, of, tags)
    found = []
    for profile in progress.state.profiles:
        own = authority.configuration_of(profile)
        if own is not None and own.profile_owner_oid == owner:
            info = get_profiles_info.DESCRIBED.standard(profile, tags, progress.state)
            found += [info] if isinstance(info, v3.ProfileInfo) else []
    return tuple(found)


def _manages_tests(progress: Progress, profile: Profile, wanted: int | None) -> bool:
    return profile.profile_class == ProfileClass.test or commands.MANAGES.standard(
        progress, profile, wanted
    )


def _without_results(state: CardState) -> CardState:
    left = tuple(one for one in state.notifications if one.event != _RESULT_EVENT)
    if len(left) == len(state.notifications):
        return state
    return replace(state, notifications=left)


def _both_removed(state: CardState, seq_number: int) -> CardState:
    after = remove_notification_from_list.REMOVED.standard(state, seq_number)
    gone = next((one for one in state.notifications if one.seq_number == seq_number), None)
    if gone is None or gone.event != _RESULT_EVENT:
        return after
    left = tuple(one for one in after.notifications if one.event != _DELETE_EVENT)
    return replace(after, notifications=left)


def _local_events_alone(notification: PendingNotification, events: frozenset[int] | None) -> bool:
    wanted = None if events is None else frozenset(one for one in events if one < _RESULT_EVENT)
    return list_notification.EVENT_FILTER.standard(notification, wanted)


def _silent_for(event: int) -> Change:
    def addresses(profile: Profile, asked: int) -> tuple[str, ...]:
        return () if asked == event else notifications.ADDRESSES.standard(profile, asked)

    return swap(notifications.ADDRESSES, addresses)


def _signed_otherwise(octets: bytes) -> bytes:
    return octets[:-1] + bytes((octets[-1] ^ 1,))


def _not_pending(attempt: load_rpm_package.PackageAttempt) -> bool:
    return not attempt.request.smdp_signed3.rpm_pending


def _never_both(following: Next) -> bool:
    changed = following.progress.enabled or following.progress.disabled
    switches = following.details.enable is not None or following.details.disable is not None
    return not (changed and switches)


def _signing(change: Callable[[Context], Context]) -> Change:
    """Returns a change of ctxParams1 of a common authentication as the card signs it."""

    def signed(attempt: AuthenticationAttempt) -> EuiccSigned1:
        plain = authenticate_server.SIGNED.standard(attempt)
        if not attempt.view.state.personality.version_3 or plain.ctx_params1[0] != Context.TAG:
            return plain
        context = change(Context.decode(plain.ctx_params1))
        return replace(plain, ctx_params1=context.encode())

    return swap(authenticate_server.SIGNED, signed)


def _one_operation(context: Context) -> Context:
    given = context.operation_type or frozenset()
    return replace(context, operation_type=frozenset({min(given)})) if len(given) > 1 else context


def _without_iccid(context: Context) -> Context:
    return context if context.iccid is None else replace(context, iccid=None)


FAULTS: Final = (
    CardFault(
        "v3.authenticate-server.one-operation",
        "Signs the first of two operations in operationType.",
        ("ES10b.AuthenticateServer#16",),
        _signing(_one_operation),
    ),
    CardFault(
        "v3.authenticate-server.no-iccid",
        "Signs ctxParams1 without the ICCID that it had.",
        ("ES10b.AuthenticateServer#103",),
        _signing(_without_iccid),
    ),
    CardFault(
        "v3.rpm.enable-not-done",
        "Says that a package enabled a Profile, and enables none.",
        (f"{_LOAD}#01", f"{_LOAD}#35", "procedure.RPM#01"),
        _not_waiting("enable"),
    ),
    CardFault(
        "v3.rpm.disable-not-done",
        "Says that a package disabled a Profile, and disables none.",
        (f"{_LOAD}#02",),
        _not_waiting("disable"),
    ),
    CardFault(
        "v3.rpm.delete-not-done",
        "Says that a package deleted a Profile, and deletes none.",
        (f"{_LOAD}#03",),
        swap(commands.DELETED, lambda progress, _profile: progress),
    ),
    CardFault(
        "v3.rpm.list-of-all",
        "Lists every Profile of the SM-DP+ where one ICCID is asked for.",
        (f"{_LOAD}#04",),
        _listing(_all_of_the_server),
    ),
    CardFault(
        "v3.rpm.list-tags-ignored",
        "Lists the default objects whatever tags the command has.",
        (f"{_LOAD}#05",),
        _listing(_default_tags),
    ),
    CardFault(
        "v3.rpm.owner-ignored",
        "Lists the Profiles of every owner.",
        (f"{_LOAD}#06",),
        _listing(_any_owner),
    ),
    CardFault(
        "v3.rpm.unmanaged-listed",
        "Lists Profiles that the SM-DP+ does not manage.",
        ("procedure.RPM#03",),
        _listing(_unmanaged_too),
    ),
    CardFault(
        "v3.rpm.update-passed-over",
        "Says that an update was done, and does none.",
        (f"{_LOAD}#07", "procedure.RPM#02"),
        swap(
            commands.UPDATED,
            lambda progress, _state: progress,
        ),
    ),
    CardFault(
        "v3.rpm.other-platform",
        "Answers the address of another PCM Platform.",
        (f"{_LOAD}#08",),
        swap(commands.PLATFORM, lambda _address: "other.example.com"),
    ),
    CardFault(
        "v3.rpm.results-reversed",
        "Gives the results of a package in the reverse order.",
        (f"{_LOAD}#09",),
        swap(signed_result.RESULTS, lambda results: results[::-1]),
    ),
    CardFault(
        "v3.rpm.continue-ignored",
        "Ends a package after a failure, whatever continueOnFailure says.",
        (f"{_LOAD}#10",),
        swap(execution.GOES_ON, lambda progress, _command: not progress.failed),
    ),
    CardFault(
        "v3.rpm.failure-ignored",
        "Goes on after a failure without continueOnFailure.",
        (f"{_LOAD}#11",),
        swap(execution.GOES_ON, lambda _progress, _command: True),
    ),
    CardFault(
        "v3.rpm.after-contact",
        "Carries out commands after contactPcmp.",
        (f"{_LOAD}#13",),
        skip(execution.CHECKS, "before_contact"),
    ),
    CardFault(
        "v3.rpm.any-size",
        "Takes a package of any size.",
        (f"{_LOAD}#14", f"{_LOAD}#34"),
        swap(execution.LONGEST, 1 << 16),
    ),
    CardFault(
        "v3.rpm.size-one-more",
        "Takes a package of 1058 octets.",
        (f"{_LOAD}#34",),
        swap(execution.LONGEST, 1058),
    ),
    CardFault(
        "v3.rpm.size-one-less",
        "Takes no package of 1057 octets.",
        (f"{_LOAD}#33",),
        swap(execution.LONGEST, 1056),
    ),
    CardFault(
        "v3.rpm.signature3-unasked",
        "Does not verify smdpSignature3.",
        (f"{_LOAD}#18", f"{_LOAD}#50"),
        skip(load_rpm_package.CHECKS, "smdp_signature3"),
    ),
    CardFault(
        "v3.rpm.transaction-unasked",
        "Takes a package with another TransactionID.",
        (f"{_LOAD}#19",),
        skip(load_rpm_package.CHECKS, "transaction_id"),
    ),
    CardFault(
        "v3.rpm.no-session-code",
        "Answers undefinedError where there is no session.",
        (f"{_LOAD}#20",),
        answers(load_rpm_package.SESSION_CHECKS, "session_open", 127),
    ),
    *(
        CardFault(
            f"v3.rpm.{name}-code",
            f"Answers another code for {what}.",
            (row,),
            _code(kind, code, other),
        )
        for name, what, row, kind, code, other in (
            ("enabled", "the Enabled Profile to delete", f"{_LOAD}#24", RpmType.delete, 2, 127),
            ("disabled", "a Disabled Profile to contact", f"{_LOAD}#27", RpmType.contactPcmp, 2, 7),
            ("no-lpr", "a Profile without LPR", f"{_LOAD}#28", RpmType.contactPcmp, 13, 7),
            ("unknown", "an unknown Profile to enable", f"{_LOAD}#39", RpmType.enable, 1, 127),
            ("enterprise", "a rule of an enterprise", f"{_LOAD}#49", RpmType.enable, 6, 3),
        )
    ),
    CardFault(
        "v3.rpm.local-events",
        "Makes Notifications of the local events after a change by RPM.",
        (f"{_LOAD}#29", "procedure.RPM#01", "procedure.Notifications#10"),
        swap(switching.WAITS, _local),
    ),
    CardFault(
        "v3.rpm.disable-silent",
        "Makes no Notification after a disabling by RPM.",
        ("procedure.Notifications#10",),
        _silent_for(_DISABLE_EVENT),
    ),
    CardFault(
        "v3.rpm.result-forgotten",
        "Forgets results of packages at a reset.",
        (f"{_LOAD}#30",),
        swap(startup.KEPT, _without_results),
    ),
    CardFault(
        "v3.rpm.pending-refused",
        "Refuses a package with rpmPending.",
        (f"{_LOAD}#35",),
        begins_with(load_rpm_package.CHECKS, Check("pending", _not_pending, 127)),
    ),
    CardFault(
        "v3.rpm.disable-and-enable",
        "Refuses to enable a Profile in a package that disabled one.",
        (f"{_LOAD}#37",),
        decides(execution.CHECKS, "single_refresh", _never_both),
    ),
    CardFault(
        "v3.rpm.states-listed",
        "Lists states while a change waits for the REFRESH of the package.",
        (f"{_LOAD}#45",),
        swap(commands.LIST_ONGOING, value=False),
    ),
    CardFault(
        "v3.rpm.result-takes-others",
        "Removes Notifications of deletions with the result of a package.",
        (f"{_LOAD}#47",),
        swap(remove_notification_from_list.REMOVED, _both_removed),
    ),
    CardFault(
        "v3.rpm.results-not-found",
        "Finds no result of a package by its event.",
        ("ES10b.ListNotification#11",),
        swap(list_notification.EVENT_FILTER, _local_events_alone),
    ),
    CardFault(
        "v3.rpm.result-as-sequence",
        "Lists the result of a package under 30.",
        ("ES10b.RetrieveNotificationsList#14", "ES10b.RetrieveNotificationsList#19"),
        swap(
            signed_result.KEPT,
            lambda octets: b"\x30" + signed_result.KEPT.standard(octets)[1:],
        ),
    ),
    CardFault(
        "v3.rpm.result-damaged",
        "Lists the result of a package with another signature.",
        ("ES10b.RetrieveNotificationsList#14",),
        swap(
            signed_result.KEPT,
            lambda octets: _signed_otherwise(signed_result.KEPT.standard(octets)),
        ),
    ),
    CardFault(
        "v3.rpm.anybody-manages",
        "Lets any SM-DP+ manage a Profile.",
        ("procedure.RPM#03",),
        swap(
            authority.ENTRY,
            lambda configuration, _server: (configuration.managing_dp_list or (None,))[0],
        ),
    ),
    CardFault(
        "v3.rpm.lowest-port",
        "Enables a Profile on the lowest free eSIM Port, whatever targetEsimPort says.",
        ("ES10b.LoadRpmPackage#48",),
        swap(commanded_ports.ASKED, lambda _number: None),
    ),
    CardFault(
        "v3.rpm.tests-managed",
        "Lets an SM-DP+ manage a Test Profile.",
        ("procedure.RPM#06",),
        swap(commands.MANAGES, _manages_tests),
    ),
)
"""Faults of RPM."""
