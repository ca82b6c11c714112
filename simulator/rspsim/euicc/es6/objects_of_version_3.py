"""ES6.UpdateMetadata of version 3: more objects to replace, and tags of those to delete.

A card without updateMetadataV3Support passes all of it over, as one of version 2 does. What may be
deleted, and that no object is both replaced and deleted, is not public: this card refuses the rest.

Source: SGP.22 v3.1, 5.4.1.
"""

from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.messages.codec import components
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.messages.v3.profile_metadata import RpmConfiguration, UpdateMetadataRequest
from rspcore.tags import Tag
from rspsim.euicc.decisions import Decision
from rspsim.euicc.security import enterprise
from rspsim.euicc.state import CardState, Profile

__all__ = ["OBJECTS", "FurtherUpdate", "further_update"]

_SERVICE_DATA: Final = 0xBF22
_FEATURES: Final = {
    Tag.RpmConfiguration: EuiccRspCapability.rpmSupport,
    Tag.HriServerAddress: EuiccRspCapability.hriServerAddressSupport,
    Tag.LprConfiguration: EuiccRspCapability.lpaProxySupport,
    Tag.EnterpriseConfiguration: EuiccRspCapability.enterpriseProfilesSupport,
    Tag.DeviceChangeConfiguration: EuiccRspCapability.deviceChangeSupport,
}
"""Objects that version 3 made updatable, each with the feature that it needs."""
_NEVER: Final = frozenset({Tag.ServiceDescription, Tag.EstimatedProfileSize})
_DELETABLE: Final = frozenset({Tag.Icon, _SERVICE_DATA, *_FEATURES})
_CODECS: Final = {
    one.tag: one.codec
    for one in components(UpdateMetadataRequest)
    if one.tag in {*_FEATURES, Tag.NotificationConfigurationInfo}
}


@dataclass(frozen=True, slots=True)
class FurtherUpdate:
    """What an update asks for beyond version 2, for the checks.

    Attributes:
        capability: Bits of euiccRspCapability; empty where the card passes all of it over.
        replaced: Tags of all objects in the request.
        deleted: Tags to delete.
        objects: New objects of version 3, whole data objects.
        profile: The Profile.
    """

    capability: frozenset[int]
    replaced: frozenset[int]
    deleted: frozenset[int]
    objects: tuple[bytes, ...]
    profile: Profile

    @property
    def updatable(self) -> bool:
        """Returns whether the card has the feature of each object, which may be changed."""
        if not self.capability:
            return True
        lacking = {tag for tag, bit in _FEATURES.items() if bit not in self.capability}
        return not self.replaced & (lacking | _NEVER)

    @property
    def deletable(self) -> bool:
        """Returns whether only optional objects are deleted, and none that is replaced, too."""
        allowed = set(_DELETABLE)
        if EuiccRspCapability.updateNotifConfigInfoSupport in self.capability:
            allowed.add(Tag.NotificationConfigurationInfo)
        return self.deleted <= allowed and not self.deleted & self.replaced

    @property
    def enterprise_allowed(self) -> bool:
        """Returns whether the enterprise stays the same, and rules come only where some are."""
        given = enterprise.configuration_in(self.objects)
        stored = enterprise.configuration_in(self.profile.further_objects)
        if given is None:
            return True
        if stored is None or stored.enterprise_oid != given.enterprise_oid:
            return False
        return given.enterprise_rules is None or stored.enterprise_rules is not None

    @property
    def rpm_configuration_valid(self) -> bool:
        """Returns whether a new rpmConfiguration is whole and of the owner that the stored is of.

        Whole is one that names an owner and who manages the Profile.
        """
        octets = _object(self.objects, Tag.RpmConfiguration)
        if octets is None:
            return True
        try:
            given = RpmConfiguration.decode(octets)
        except DecodeError:
            return False
        stored = _object(self.profile.further_objects, Tag.RpmConfiguration)
        owner = None if stored is None else RpmConfiguration.decode(stored).profile_owner_oid
        return given.managing_dp_list is not None and owner in (None, given.profile_owner_oid)

    @property
    def notifications(self) -> bool:
        """Returns whether the card takes a new notificationConfigurationInfo."""
        return EuiccRspCapability.updateNotifConfigInfoSupport in self.capability


def _object(objects: tuple[bytes, ...], tag: int) -> bytes | None:
    return next((one for one in objects if tlv.parse(one).tag == tag), None)


def further_update(state: CardState, profile: Profile, octets: bytes) -> FurtherUpdate:
    """Reads what version 3 added to a request.

    Raises:
        DecodeError: an object other than rpmConfiguration cannot be read, or the tags to delete end
            inside a tag.
    """
    children = tlv.parse(octets).children()
    tags = frozenset(one.tag for one in children)
    capability = state.personality.rsp_capability
    whole = EuiccRspCapability.updateMetadataV3Support in capability
    if not state.personality.version_3 or not whole:
        return FurtherUpdate(frozenset(), tags, frozenset(), (), profile)
    objects = []
    deleted: frozenset[int] = frozenset()
    for one in children:
        if one.tag in _CODECS and one.tag != Tag.RpmConfiguration:  # that one has a code of its own
            _CODECS[one.tag].decode(one)
        if one.tag in _FEATURES:
            objects.append(bytes(one.raw))
        if one.tag == Tag.TagList:
            deleted = tlv.tags_of(bytes(one.value))
    return FurtherUpdate(capability, tags, deleted, tuple(objects), profile)


def _objects(stored: tuple[bytes, ...], update: FurtherUpdate) -> tuple[bytes, ...]:
    gone = {tlv.parse(one).tag for one in update.objects} | update.deleted
    return (*(one for one in stored if tlv.parse(one).tag not in gone), *update.objects)


OBJECTS: Final = Decision(
    "es6.update_metadata.objects", _objects, "objects of version 3 after an update"
)
