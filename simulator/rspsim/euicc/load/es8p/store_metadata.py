"""ES8+.StoreMetadata: what the card keeps about the Profile (SGP.22 v2, 5.5.3).

A card of version 3 refuses objects that it does not know, and those of features it does not have;
one of version 2 skips what it does not know. Rules of enterprise Profiles are judged here, too.
"""

from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.messages.codec import components
from rspcore.messages.euicc_info import RspCapability
from rspcore.messages.metadata import IconType, PprId, ProfileClass, StoreMetadataRequest
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.messages.v3 import profile_metadata as v3
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.messages.v3.installation_results import ErrorReason as V3Reason
from rspcore.messages.v3.profile_metadata import EnterpriseConfiguration, EnterpriseRule
from rspcore.tags import Tag
from rspsim.euicc import memory
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.load.step import UNREADABLE, Failure, Step, single, unprotected
from rspsim.euicc.load_progress import Load, LoadPosition
from rspsim.euicc.security import enterprise, policy_rules
from rspsim.euicc.state import CardState

__all__ = [
    "CHECKS",
    "FURTHER",
    "KEPT",
    "READ",
    "MetadataAttempt",
    "begin_metadata",
    "take_metadata",
]

_COMMAND = BppCommandId.storeMetadata


@dataclass(frozen=True, slots=True)
class MetadataAttempt:
    """Metadata and the load for their checks."""

    request: StoreMetadataRequest
    step: Step

    @property
    def icon_fits(self) -> bool:
        """Returns whether an icon comes with a defined type; a type alone is accepted."""
        kind = self.request.icon_type
        if self.request.icon is not None and kind is None:
            return False
        return kind is None or isinstance(kind, IconType)

    @property
    def class_defined(self) -> bool:
        """Returns whether the class, if any, is one of the list."""
        given = self.request.profile_class
        return given is None or isinstance(given, ProfileClass)

    @property
    def owner_exact(self) -> bool:
        """Returns whether the owner's mccMnc has no wildcard digit; only rules may have."""
        owner = self.request.profile_owner
        return owner is None or not owner.mcc_mnc.has_wildcard

    @property
    def iccid_unused(self) -> bool:
        """Returns whether no installed Profile has this ICCID."""
        return self.step.view.state.profile_by_iccid(self.request.iccid) is None

    @property
    def class_supported(self) -> bool:
        """Returns whether the card takes Profiles of this class."""
        capability = self.step.view.state.personality.rsp_capability
        is_test = self.request.profile_class == ProfileClass.test
        return not is_test or RspCapability.testProfileSupport in capability

    @property
    def tags_of_version_3(self) -> frozenset[int]:
        """Returns the tags of the metadata on a card of version 3; none on one of version 2."""
        if not self.step.view.state.personality.version_3:
            return frozenset()
        whole = tlv.parse(self.step.load.metadata_octets)
        return frozenset(one.tag for one in whole.children())

    def _lacks(self, bit: EuiccRspCapability) -> bool:
        return bit not in self.step.view.state.personality.rsp_capability

    @property
    def tags_known(self) -> bool:
        """Returns whether a card of version 3 knows every object, and has the feature it is for."""
        lacking = {tag for tag, bit in _FEATURES.items() if self._lacks(bit)}
        return self.tags_of_version_3 <= _KNOWN - lacking

    @property
    def lpr_supported(self) -> bool:
        """Returns whether lprConfiguration comes only to a card with the LPA proxy."""
        named = Tag.LprConfiguration in self.tags_of_version_3
        return not named or not self._lacks(EuiccRspCapability.lpaProxySupport)

    @property
    def enterprise_supported(self) -> bool:
        """Returns whether enterpriseConfiguration comes only to a card with such Profiles."""
        named = Tag.EnterpriseConfiguration in self.tags_of_version_3
        return not named or not self._lacks(EuiccRspCapability.enterpriseProfilesSupport)

    @property
    def _enterprise(self) -> EnterpriseConfiguration | None:
        return enterprise.configuration_in(self.step.load.further_objects)

    @property
    def _capable(self) -> bool:
        view = self.step.view
        return view.decisions[enterprise.CAPABLE](view)

    @property
    def enterprise_rules_allowed(self) -> bool:
        """Returns whether enterprise rules come only where the Device keeps to them."""
        given = self._enterprise
        return given is None or given.enterprise_rules is None or self._capable

    @property
    def enterprise_allowed(self) -> bool:
        """Returns whether no enterprise Profile comes beside one with PPR1."""
        return self._enterprise is None or not enterprise.ppr1_installed(self.step.view.state)

    @property
    def enterprise_same(self) -> bool:
        """Returns whether it is of the enterprise that the installed ones are of."""
        given = self._enterprise
        others = enterprise.others_of(self.step.view.state)
        return given is None or all(one.enterprise_oid == given.enterprise_oid for one in others)

    @property
    def reference_single(self) -> bool:
        """Returns whether it is the only one with the reference rule, if it has that."""
        wanted = enterprise.has_rule(self._enterprise, EnterpriseRule.referenceEnterpriseRule)
        return not wanted or enterprise.reference_of(self.step.view.state) is None

    @property
    def others_installable(self) -> bool:
        """Returns whether a Profile of no enterprise may be installed, if it is one."""
        if self._enterprise is not None or not self._capable:
            return True
        return not enterprise.only_enterprise(self.step.view.state)

    @property
    def rules_wanted(self) -> tuple[PprId, ...]:
        """Returns the PPRs it brings."""
        given = self.request.profile_policy_rules or frozenset()
        return tuple(ppr for ppr in policy_rules.ENFORCED if ppr in given)

    @property
    def rules_owned(self) -> bool:
        """Returns whether rules come with an owner."""
        return not self.rules_wanted or self.request.profile_owner is not None

    @property
    def rules_authorised(self) -> bool:
        """Returns whether the RAT allows every rule for the owner."""
        owner = self.request.profile_owner
        if owner is None:
            return True
        view = self.step.view
        match = view.decisions[policy_rules.OPERATOR_MATCH]
        return all(
            policy_rules.rat_allows(view.state.rat, ppr, owner, view.options, match)
            for ppr in self.rules_wanted
        )

    @property
    def ppr1_alone(self) -> bool:
        """Returns whether PPR1 meets no operational Profile, or the LPA has to check this."""
        view = self.step.view
        if PprId.ppr1 not in self.rules_wanted or view.options.ppr1_beside_operational_accepted:
            return True
        operational = ProfileClass.operational
        return all(profile.profile_class != operational for profile in view.state.profiles)

    @property
    def room(self) -> bool:
        """Returns whether there is memory for the ISD-P and the metadata."""
        needed = memory.profile_size(0, len(self.step.load.metadata_octets))
        return needed <= self.step.view.decisions[memory.FREE](self.step.view.state)


_KNOWN: Final = frozenset(one.tag for one in components(v3.StoreMetadataRequest)) | {
    Tag.CarrierAccessRules
}
_ADDED: Final = {
    one.tag: one
    for one in components(v3.StoreMetadataRequest)
    if one.tag not in {old.tag for old in components(StoreMetadataRequest)}
}
"""Component of each object that version 3 added, by its tag."""
_STORED: Final = frozenset(_ADDED) - {Tag.ServiceProviderMessage, Tag.EstimatedProfileSize} | {
    Tag.CarrierAccessRules
}
_FEATURES: Final = {
    Tag.RpmConfiguration: EuiccRspCapability.rpmSupport,
    Tag.HriServerAddress: EuiccRspCapability.hriServerAddressSupport,
    Tag.ServiceProviderMessage: EuiccRspCapability.serviceProviderMessageSupport,
    Tag.ServiceDescription: EuiccRspCapability.serviceDescriptionSupport,
    Tag.DeviceChangeConfiguration: EuiccRspCapability.deviceChangeSupport,
    Tag.EstimatedProfileSize: EuiccRspCapability.estimatedProfileSizeIndicationSupport,
}
"""Objects that a card without the feature does not know."""

_E = ErrorReason

CHECKS: Final[Decision[Checks[MetadataAttempt]]] = Decision(
    "es8p.store_metadata",
    (
        Check("icon", lambda a: a.icon_fits, _E.incorrectInputValues),
        Check("class_defined", lambda a: a.class_defined, _E.incorrectInputValues),
        Check("owner_exact", lambda a: a.owner_exact, _E.incorrectInputValues),
        Check("tags_known", lambda a: a.tags_known, V3Reason.unknownTlvInMetadata),
        Check(
            "iccid_unused",
            lambda a: a.iccid_unused,
            _E.installFailedDueToIccidAlreadyExistsOnEuicc,
        ),
        Check("class_supported", lambda a: a.class_supported, _E.unsupportedProfileClass),
        Check("lpr_supported", lambda a: a.lpr_supported, V3Reason.lprNotSupported),
        Check(
            "enterprise_supported",
            lambda a: a.enterprise_supported,
            V3Reason.enterpriseProfilesNotSupported,
        ),
        Check(
            "enterprise_rules_allowed",
            lambda a: a.enterprise_rules_allowed,
            V3Reason.enterpriseRulesNotAllowed,
        ),
        Check(
            "enterprise_allowed",
            lambda a: a.enterprise_allowed,
            V3Reason.enterpriseProfileNotAllowed,
        ),
        Check("enterprise_same", lambda a: a.enterprise_same, V3Reason.enterpriseOidMismatch),
        Check("reference_single", lambda a: a.reference_single, V3Reason.enterpriseRulesError),
        Check(
            "others_installable", lambda a: a.others_installable, V3Reason.enterpriseProfilesOnly
        ),
        Check("rules_owned", lambda a: a.rules_owned, _E.pprNotAllowed),
        Check("rules_authorised", lambda a: a.rules_authorised, _E.pprNotAllowed),
        Check("ppr1_alone", lambda a: a.ppr1_alone, _E.pprNotAllowed),
        Check("memory", lambda a: a.room, _E.installFailedDueToInsufficientMemoryForProfile),
    ),
    "checks of StoreMetadata",
)


def _kept(request: StoreMetadataRequest) -> StoreMetadataRequest:
    """Returns what is kept: the bit without meaning and data not for the card are left out."""
    given = request.profile_policy_rules
    enforced = None if given is None else frozenset(given) & frozenset(policy_rules.ENFORCED)
    return replace(
        request,
        profile_policy_rules=enforced or None,
        service_specific_data_not_stored_in_euicc=None,
    )


def _read(octets: bytes, /) -> StoreMetadataRequest:
    return StoreMetadataRequest.decode(octets)


def _further(octets: bytes, state: CardState, /) -> tuple[bytes, ...]:
    """Returns what version 3 added and the card keeps, whole data objects; none in version 2.

    Raises:
        DecodeError: one of them, kept or not, cannot be read.
    """
    if not state.personality.version_3:
        return ()
    kept = []
    for one in tlv.parse(octets).children():
        component = _ADDED.get(one.tag)
        if component is not None:
            component.codec.decode(one)
        if one.tag in _STORED:
            kept.append(bytes(one.raw))
    return tuple(kept)


FURTHER: Final = Decision(
    "es8p.store_metadata.further", _further, "what of version 3 is kept, or DecodeError"
)
READ: Final = Decision(
    "es8p.store_metadata.read", _read, "metadata from its octets, or DecodeError"
)
KEPT: Final = Decision("es8p.store_metadata.kept", _kept, "what of the metadata is kept")


def begin_metadata(octets: bytes, step: Step) -> Load | Failure | None:
    """Takes the segment A1: a header alone; the 88s follow one by one.

    Returns:
        The load, why it fails, or None when the segment is not a header alone.
    """
    _, header, length = tlv.read_header(octets)
    if len(octets) != header:
        return None
    if length == 0:
        return Failure(_COMMAND, _E.incorrectInputValues)
    return replace(step.load, position=LoadPosition.IN_METADATA, remaining=length)


def take_metadata(octets: bytes, step: Step) -> Load | Failure:
    """Takes one 88; with the last one judges the whole metadata."""
    one = single(octets, Tag.Protected88)
    if one is not None and len(one.raw) > step.load.remaining:
        one = None
    opened = unprotected(step, one, _COMMAND, mac_only=True)
    if isinstance(opened, Failure):
        return opened
    content, load = opened
    load = replace(
        load,
        metadata_octets=load.metadata_octets + content,
        remaining=load.remaining - len(octets),
    )
    if load.remaining:
        return load
    return _judged(replace(step, load=load))


def _judged(step: Step) -> Load | Failure:
    decisions = step.view.decisions
    try:
        request = decisions[READ](step.load.metadata_octets)
        further = decisions[FURTHER](step.load.metadata_octets, step.view.state)
    except DecodeError:
        return Failure(_COMMAND, decisions[UNREADABLE], load=step.load)
    load = replace(step.load, metadata=decisions[KEPT](request), further_objects=further)
    attempt = MetadataAttempt(request, replace(step, load=load))
    reason = first_refusal(decisions[CHECKS], attempt)
    if reason is not None:
        return Failure(_COMMAND, reason, load=load)
    return replace(load, position=LoadPosition.METADATA_STORED)
