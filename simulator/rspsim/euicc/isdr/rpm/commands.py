"""The six commands of an RPM package, each a function from a progress to the next.

The checks of the local functions hold here too, after those of who may manage the Profile. Codes
for a Profile that the SM-DP+ may not manage: disallowedForRpm where the function has one, else
commandError(7); a list leaves such a Profile out. Of these, 7 is a choice of this card.

Source: SGP.22 v3.1, 5.7 (LoadRpmPackage), 5.7.15 to 5.7.18, 5.4.1.
"""

from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import replace
from rspcore.ids import Version
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.messages.v3.profile_metadata import (
    LprConfiguration,
    NotificationEvent,
    RpmType,
    UpdateMetadataResult,
)
from rspcore.messages.v3.rpm_package import (
    ContactPcmp,
    ContactPcmpError,
    ContactPcmpResponse,
    ContactPcmpResponseOk,
    ListProfileInfo,
    OfProfile,
    RpmCommandDetails,
    RpmCommandResultData,
    UpdateMetadataOf,
)
from rspcore.tags import Tag
from rspsim.euicc import isdp
from rspsim.euicc.decisions import Decision, first_refusal
from rspsim.euicc.es6 import update_metadata
from rspsim.euicc.isdr.es10c import (
    delete_profile,
    disable_profile,
    enable_profile,
    get_profiles_info,
)
from rspsim.euicc.isdr.es10c.profile_attempt import ProfileAttempt
from rspsim.euicc.isdr.rpm import commanded_ports
from rspsim.euicc.isdr.rpm.authority import TYPE_ALLOWED, configuration_of, manages, managing_entry
from rspsim.euicc.isdr.rpm.progress import Progress
from rspsim.euicc.outcome import View
from rspsim.euicc.state import CardState, PendingSwitch, Profile

__all__ = [
    "CODE",
    "DELETED",
    "DISALLOWED",
    "LISTED",
    "LIST_ONGOING",
    "MANAGES",
    "PLATFORM",
    "UPDATED",
    "UPDATE_CODES",
    "carried_out",
]

_V3_1: Final = Version.from_text("3.1.0")
_DISALLOWED_TO_DISABLE_IN_V3_0: Final = 10


def _manages(progress: Progress, profile: Profile, wanted: int | None, /) -> bool:
    view = progress.view
    return manages(profile, progress.server, wanted, view.decisions, view.options)


MANAGES: Final = Decision(
    "rpm.manages", _manages, "whether the SM-DP+ of the session may send a command for a Profile"
)


def _disallowed(view: View, wanted: RpmType, /) -> int:
    """Returns the code for a Profile that the SM-DP+ may not manage in this way."""
    if wanted is RpmType.enable:
        return v3.EnableResult.disallowedForRpm
    if wanted is RpmType.disable:
        highest = view.state.personality.highest_svn
        older = highest is not None and highest < _V3_1
        return _DISALLOWED_TO_DISABLE_IN_V3_0 if older else v3.DisableResult.disallowedForRpm
    return v3.DeleteResult.commandError


def _code(_wanted: RpmType, code: int, /) -> int:
    return code


CODE: Final = Decision("rpm.code", _code, "code of the result of a command, 0 for ok")
DISALLOWED: Final = Decision("rpm.disallowed", _disallowed, "code where an SM-DP+ may not manage")


def _enabled(progress: Progress, of: OfProfile) -> Progress:
    view = progress.view
    target = progress.profile(of.iccid)
    code: int | None = None
    if target is not None and not view.decisions[MANAGES](progress, target, RpmType.enable):
        code = view.decisions[DISALLOWED](view, RpmType.enable)
    port = commanded_ports.to_enable(progress, of.iccid)
    if code is None:
        code = port.refusal
    attempt = ProfileAttempt(None, of.iccid, progress.after_changes(port.number))
    if code is None:
        code = first_refusal(view.decisions[enable_profile.CHECKS], attempt)
    code = view.decisions[CODE](RpmType.enable, code or 0)
    named = None if code else port.named
    result = v3.EnableProfileResponse(enable_result=code, target_esim_port=named)
    data = RpmCommandResultData(enable_result=result)
    progress = progress.having(data, of.iccid, failed=bool(code))
    if code or target is None:
        return progress
    waiting, current = progress.change_on(port.number), attempt.current
    leaving = waiting.disable if waiting else current.aid if current else None
    change = PendingSwitch(disable=leaving, enable=target.aid, remote=True)
    return replace(progress.having_change(port.number, change), enabled=True)


def _disabled(progress: Progress, of: OfProfile) -> Progress:
    view = progress.view
    target = progress.profile(of.iccid)
    code: int | None = None
    if target is not None and not view.decisions[MANAGES](progress, target, RpmType.disable):
        code = view.decisions[DISALLOWED](view, RpmType.disable)
    port = commanded_ports.to_disable(progress, target)
    if code is None:
        code = port.refusal
    if code is None:
        attempt = ProfileAttempt(None, of.iccid, progress.seen_on(port.number))
        code = first_refusal(view.decisions[disable_profile.CHECKS], attempt)
    code = view.decisions[CODE](RpmType.disable, code or 0)
    result = v3.DisableProfileResponse(disable_result=code)
    data = RpmCommandResultData(disable_result=result)
    progress = progress.having(data, of.iccid, failed=bool(code))
    if code or target is None:
        return progress
    change = PendingSwitch(disable=target.aid, remote=True)
    return replace(progress.having_change(port.number, change), disabled=True)


def _removed(progress: Progress, profile: Profile, /) -> Progress:
    view, event = progress.view, NotificationEvent.notificationRpmDelete
    return progress.with_state(isdp.removed_by(view.state, view.decisions, profile, event))


DELETED: Final = Decision("rpm.deleted", _removed, "progress after a Profile was deleted")


def _deleted(progress: Progress, of: OfProfile) -> Progress:
    view = progress.view
    attempt = ProfileAttempt(None, of.iccid, view)
    target = attempt.profile
    code: int | None = None
    if target is not None and not view.decisions[MANAGES](progress, target, RpmType.delete):
        code = view.decisions[DISALLOWED](view, RpmType.delete)
    if code is None:
        code = first_refusal(view.decisions[delete_profile.CHECKS], attempt)
    code = view.decisions[CODE](RpmType.delete, code or 0)
    result = v3.DeleteProfileResponse(delete_result=code)
    data = RpmCommandResultData(delete_result=result)
    progress = progress.having(data, of.iccid, failed=bool(code))
    if code or target is None:
        return progress
    return view.decisions[DELETED](progress, target)


def _fits(profile: Profile, of: ListProfileInfo) -> bool:
    """Returns whether a list asks for a Profile."""
    criteria = of.search_criteria
    if criteria.iccid is not None:
        return profile.iccid == criteria.iccid
    configuration = configuration_of(profile)
    owner = None if configuration is None else configuration.profile_owner_oid
    return owner == criteria.profile_owner_oid


def _listed(
    progress: Progress, of: ListProfileInfo, tags: frozenset[int], /
) -> tuple[v3.ProfileInfo, ...]:
    """Returns the Profiles of a list that the SM-DP+ may list, with the objects it may have."""
    view, listed = progress.view, []
    for profile in view.decisions[get_profiles_info.PRESENT](view):
        entry = managing_entry(profile, progress.server, view.decisions)
        wanted = RpmType.listProfileInfo
        if entry is None or not _fits(profile, of):
            continue
        if not view.decisions[TYPE_ALLOWED](entry, wanted, view.options):
            continue
        allowed = tags if entry.tag_list is None else tags & tlv.tags_of(entry.tag_list)
        info = view.decisions[get_profiles_info.DESCRIBED](profile, allowed, view.state)
        if isinstance(info, v3.ProfileInfo):
            listed.append(info)
    return tuple(listed)


LISTED: Final = Decision("rpm.listed", _listed, "Profiles and objects of a list")
LIST_ONGOING: Final = Decision(
    "rpm.list_ongoing",
    standard=True,
    summary="no list of states while a change waits for the REFRESH of the package",
)


def _list(progress: Progress, of: ListProfileInfo) -> Progress:
    view = progress.view
    default = view.decisions[get_profiles_info.DEFAULT_TAGS]
    code: int | None = None
    try:
        tags = view.decisions[get_profiles_info.WANTED](of.tag_list, default)
    except DecodeError:
        tags, code = frozenset(), v3.ProfileInfoListError.incorrectInputValues
    waits = bool(progress.changes) and view.decisions[LIST_ONGOING]
    if code is None and waits and Tag.ProfileState in tags:
        code = v3.ProfileInfoListError.profileChangeOngoing
    if code is not None:
        answer = v3.ProfileInfoListResponse(profile_info_list_error=code)
    else:
        listed = view.decisions[LISTED](progress, of, tags)
        answer = v3.ProfileInfoListResponse(profile_info_list_ok=listed)
    data = RpmCommandResultData(list_profile_info_result=answer)
    return progress.having(data, failed=code is not None)


def _with_update(progress: Progress, state: CardState, /) -> Progress:
    return progress.with_state(state)


def _platform(address: str, /) -> str:
    return address


UPDATED: Final = Decision("rpm.updated", _with_update, "progress after metadata were updated")
PLATFORM: Final = Decision("rpm.platform", _platform, "address of a PCM Platform, as answered")
UPDATE_CODES: Final = Decision(
    "rpm.update_codes",
    {
        "deletable": UpdateMetadataResult.deleteNotAllowed,
        "enterprise": UpdateMetadataResult.enterpriseConfigurationNotAllowed,
        "rpm_configuration": UpdateMetadataResult.invalidRpmConfiguration,
        "update_control": UpdateMetadataResult.pprUpdateInvalidSetting,
    },
    "result of an update by the check that did not hold; commandError(7) for any other",
)


def _updated(progress: Progress, of: UpdateMetadataOf) -> Progress:
    view, profile = progress.view, progress.profile(of.iccid)
    code: int = UpdateMetadataResult.commandError
    after = None
    if profile is not None and view.decisions[MANAGES](progress, profile, None):
        octets = of.update_metadata_request.encode()
        after = update_metadata.carried_out(view.state, view.decisions, profile.aid, octets)
        if isinstance(after, str):
            code = view.decisions[UPDATE_CODES].get(after, UpdateMetadataResult.commandError)
        else:
            code = UpdateMetadataResult.ok
    data = RpmCommandResultData(update_metadata_result=code)
    progress = progress.having(data, of.iccid, failed=code != UpdateMetadataResult.ok)
    if after is None or isinstance(after, str):
        return progress
    return view.decisions[UPDATED](progress, after)


def _pcmp_address(profile: Profile) -> str | None:
    for octets in profile.further_objects:
        if tlv.parse(octets).tag == Tag.LprConfiguration:
            return LprConfiguration.decode(octets).pcmp_address
    return None


def _contacted(progress: Progress, of: ContactPcmp) -> Progress:
    view, profile = progress.view, progress.profile(of.iccid)
    able = EuiccRspCapability.lpaProxySupport in view.state.personality.rsp_capability
    address = None if profile is None else _pcmp_address(profile)
    error: int | None = None
    managed = profile is not None and view.decisions[MANAGES](
        progress, profile, RpmType.contactPcmp
    )
    if profile is None or not able or not managed:
        error = ContactPcmpError.commandError
    elif not ProfileAttempt(None, of.iccid, view).enabled:
        error = ContactPcmpError.profileNotEnabled
    elif address is None:
        error = ContactPcmpError.noLprConfiguration
    error = view.decisions[CODE](RpmType.contactPcmp, error or 0) or None
    answer = ContactPcmpResponse(contact_pcmp_response_error=error)
    if error is None and address is not None:
        ok = ContactPcmpResponseOk(pcmp_address=view.decisions[PLATFORM](address))
        answer = ContactPcmpResponse(contact_pcmp_response_ok=ok)
    data = RpmCommandResultData(contact_pcmp_result=answer)
    progress = progress.having(data, of.iccid, failed=error is not None)
    return replace(progress, contacted=True)


def carried_out(progress: Progress, details: RpmCommandDetails) -> Progress:
    """Carries out one command and returns the progress with its result."""
    if details.enable is not None:
        return _enabled(progress, details.enable)
    if details.disable is not None:
        return _disabled(progress, details.disable)
    if details.delete is not None:
        return _deleted(progress, details.delete)
    if details.list_profile_info is not None:
        return _list(progress, details.list_profile_info)
    if details.update_metadata is not None:
        return _updated(progress, details.update_metadata)
    assert details.contact_pcmp is not None  # noqa: S101  the last of a CHOICE
    return _contacted(progress, details.contact_pcmp)
