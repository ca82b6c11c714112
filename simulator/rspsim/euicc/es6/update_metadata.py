"""ES6.UpdateMetadata: an operator changes the metadata of its own Profile (SGP.22, 5.4.1).

The command comes over the operator's secured channel; how it arrives does not concern this module,
which is a function from state to state. A request is carried out wholly or not at all. Policy rules
can only be cleared: the new ones are those both stored and received.
"""

from collections.abc import Callable
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Aid
from rspcore.messages.codec import components
from rspcore.messages.metadata import (
    IconType,
    NotificationConfigurationInformation,
    PprId,
    StoreMetadataRequest,
    UpdateMetadataRequest,
)
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check, Checks, Decision, Decisions
from rspsim.euicc.es6.objects_of_version_3 import OBJECTS, FurtherUpdate, further_update
from rspsim.euicc.state import CardState, Profile

__all__ = [
    "CHECKS",
    "CONFIGURED",
    "READ",
    "UPDATED",
    "UpdateAttempt",
    "carried_out",
    "update_metadata",
]

_NOT_UPDATABLE: Final = frozenset(
    {
        Tag.Iccid,
        Tag.ProfileNickname,
        Tag.ProfileClass,
        Tag.ProfileOwner,
    }
)
Configuration = tuple[NotificationConfigurationInformation, ...]
_CONFIGURATION: Final = next(
    one.codec
    for one in components(StoreMetadataRequest)
    if one.tag == Tag.NotificationConfigurationInfo
)
_SERVICE_DATA: Final = 0xBF22
_EMPTY_SERVICE_DATA: Final = bytes.fromhex("BF2200")


@dataclass(frozen=True, slots=True)
class UpdateAttempt:
    """A request and the Profile it is for, for the checks."""

    request: UpdateMetadataRequest
    tags: frozenset[int]
    profile: Profile
    further: FurtherUpdate

    @property
    def updatable(self) -> bool:
        """Returns whether only objects are named that an operator may change."""
        configuration = Tag.NotificationConfigurationInfo in self.tags
        if configuration and not self.further.notifications:
            return False
        return not self.tags & _NOT_UPDATABLE and self.further.updatable

    @property
    def icon_with_type(self) -> bool:
        """Returns whether icon and type come together; an empty icon needs no type."""
        icon, kind = self.request.icon, self.request.icon_type
        if icon is None or not icon:
            return icon is not None or kind is None
        return isinstance(kind, IconType)

    @property
    def update_control_clear(self) -> bool:
        """Returns whether the bit pprUpdateControl is 0."""
        return PprId.pprUpdateControl not in (self.request.profile_policy_rules or ())


_E = StatusWord.WRONG_DATA

CHECKS: Final[Decision[Checks[UpdateAttempt]]] = Decision(
    "es6.update_metadata",
    (
        Check("updatable", lambda a: a.updatable, _E),
        Check("icon_with_type", lambda a: a.icon_with_type, _E),
        Check("deletable", lambda a: a.further.deletable, _E),
        Check("enterprise", lambda a: a.further.enterprise_allowed, _E),
        Check("rpm_configuration", lambda a: a.further.rpm_configuration_valid, _E),
        Check("update_control", lambda a: a.update_control_clear, _E),
    ),
    "checks of UpdateMetadata; the codes are status words",
)


def _updated(stored: StoreMetadataRequest, request: UpdateMetadataRequest) -> StoreMetadataRequest:
    """Returns metadata in which what is present in the request has replaced what was stored."""
    if request.service_provider_name is not None:
        stored = replace(stored, service_provider_name=request.service_provider_name)
    if request.profile_name is not None:
        stored = replace(stored, profile_name=request.profile_name)
    if request.icon is not None:
        kind = request.icon_type if request.icon else None
        stored = replace(stored, icon=request.icon or None, icon_type=kind)
    if request.profile_policy_rules is not None:
        left = (stored.profile_policy_rules or frozenset()) & request.profile_policy_rules
        stored = replace(stored, profile_policy_rules=left or None)
    data = request.service_specific_data_stored_in_euicc
    if data is not None:
        kept = None if data == _EMPTY_SERVICE_DATA else data
        stored = replace(stored, service_specific_data_stored_in_euicc=kept)
    return stored


READ: Final[Decision[Callable[[bytes], UpdateMetadataRequest]]] = Decision(
    "es6.update_metadata.read", UpdateMetadataRequest.decode, "request as the card reads it"
)
UPDATED: Final = Decision("es6.update_metadata.updated", _updated, "metadata after an update")


def _configured(stored: StoreMetadataRequest, given: Configuration | None) -> StoreMetadataRequest:
    """Returns metadata with the notification configuration of a request, if there is one."""
    return stored if given is None else replace(stored, notification_configuration_info=given)


def _configuration(octets: bytes) -> Configuration | None:
    found = tlv.parse(octets).find(Tag.NotificationConfigurationInfo)
    return None if found is None else _CONFIGURATION.decode(found)


def _emptied(stored: StoreMetadataRequest, deleted: frozenset[int]) -> StoreMetadataRequest:
    """Returns metadata without the objects to delete."""
    if Tag.Icon in deleted:
        stored = replace(stored, icon=None, icon_type=None)
    if Tag.NotificationConfigurationInfo in deleted:
        stored = replace(stored, notification_configuration_info=None)
    if _SERVICE_DATA in deleted:
        stored = replace(stored, service_specific_data_stored_in_euicc=None)
    return stored


CONFIGURED: Final = Decision(
    "es6.update_metadata.configured", _configured, "metadata with a new notification configuration"
)


def update_metadata(
    state: CardState, decisions: Decisions, aid: Aid, octets: bytes
) -> CardState | int:
    """Carries out an update.

    Args:
        state: The card.
        decisions: What the card decides.
        aid: ISD-P of the Profile.
        octets: UpdateMetadataRequest, BF2A with its header.

    Returns:
        The state after it, or a status word and nothing changed.
    """
    profile = state.profile_by_aid(aid)
    if profile is None:
        return StatusWord.REFERENCED_DATA_NOT_FOUND
    after = carried_out(state, decisions, aid, octets)
    if not isinstance(after, str):
        return after
    codes = {check.name: check.code for check in decisions[CHECKS]}
    return codes.get(after, StatusWord.WRONG_DATA)


def carried_out(state: CardState, decisions: Decisions, aid: Aid, octets: bytes) -> CardState | str:
    """Carries out an update, as `update_metadata`.

    Returns:
        The state after it, or the name of the check that did not hold; empty where the request
        cannot be read, or there is no such Profile.
    """
    profile = state.profile_by_aid(aid)
    if profile is None:
        return ""
    try:
        request = decisions[READ](octets)
        tags = frozenset(one.tag for one in tlv.parse(octets).children())
        further = further_update(state, profile, octets)
        configuration = _configuration(octets) if further.notifications else None
    except DecodeError:
        return ""
    attempt = UpdateAttempt(request, tags, profile, further)
    for check in decisions[CHECKS]:
        if not check.holds(attempt):
            return check.name
    metadata = decisions[UPDATED](profile.metadata, request)
    metadata = _emptied(decisions[CONFIGURED](metadata, configuration), further.deleted)
    objects = decisions[OBJECTS](profile.further_objects, further)
    changed = replace(profile, metadata=metadata, further_objects=objects)
    return state if changed == profile else state.with_profile(changed)
