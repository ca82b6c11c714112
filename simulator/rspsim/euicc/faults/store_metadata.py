"""Faults of ES8+.StoreMetadata: what is let pass, what is refused, what becomes of the rest."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.messages.metadata import PprId, ProfileClass, StoreMetadataRequest
from rspcore.messages.notifications import ErrorReason
from rspcore.tags import Tag
from rspsim.euicc import notifications, rules
from rspsim.euicc.decisions import Check
from rspsim.euicc.es8p import segments, store_metadata
from rspsim.euicc.es8p.step import Step
from rspsim.euicc.es8p.store_metadata import MetadataAttempt
from rspsim.euicc.faults.fault import (
    Change,
    Fault,
    adds,
    answers,
    decides,
    flattened,
    skip,
    swap,
    together,
)
from rspsim.euicc.session import Load
from rspsim.euicc.state import Profile

__all__ = ["FAULTS"]

_CHECKS = store_metadata.CHECKS
_E = ErrorReason
_MANDATORY: Final = (Tag.Iccid, Tag.ServiceProviderName, Tag.ProfileName)
_MOST: Final = {Tag.ServiceProviderName: 32, Tag.ProfileName: 64, Tag.Icon: 1024}
_KNOWN: Final = frozenset(
    {
        *_MANDATORY,
        Tag.IconType,
        Tag.Icon,
        Tag.ProfileClass,
        Tag.NotificationConfigurationInfo,
        Tag.ProfileOwner,
        Tag.ProfilePolicyRules,
        0xBF22,
        0xBF23,
    }
)


def _values(octets: bytes) -> dict[int, bytes]:
    return {one.tag: bytes(one.value) for one in tlv.parse(octets).children()}


def _repaired(octets: bytes) -> StoreMetadataRequest:
    """Read metadata, what is missing taken as empty and what is too long cut off."""
    _, header, length = tlv.read_header(octets)
    whole = tlv.encode(Tag.StoreMetadata, octets[header:].ljust(length, b"\x00"))
    values = _values(whole)
    for tag in _MANDATORY:
        values.setdefault(tag, b"")
    values[Tag.Iccid] = values[Tag.Iccid].ljust(10, b"\xff")
    order = (*_MANDATORY, *(tag for tag in values if tag not in _MANDATORY))
    parts = (tlv.encode(tag, values[tag][: _MOST.get(Tag(tag), None)]) for tag in order)
    return store_metadata.READ.standard(tlv.encode(Tag.StoreMetadata, *parts))


def _demanding(fits: Callable[[dict[int, bytes]], bool]) -> Change:
    """Return a change: metadata can be read only if their objects pass one look more."""

    def read(octets: bytes) -> StoreMetadataRequest:
        if not fits(_values(octets)):
            raise DecodeError("metadata this card does not like")
        return store_metadata.READ.standard(octets)

    return swap(store_metadata.READ, read)


def _keeping(change: Callable[[StoreMetadataRequest], StoreMetadataRequest]) -> Change:
    """Return a change: of the metadata something else is kept."""
    return swap(store_metadata.KEPT, lambda request: change(store_metadata.KEPT.standard(request)))


def _names_cut(request: StoreMetadataRequest) -> StoreMetadataRequest:
    """Keep 32 octets of each name, in place of 32 and 64 characters."""
    return replace(
        request,
        service_provider_name=_cut(request.service_provider_name),
        profile_name=_cut(request.profile_name),
    )


def _cut(name: str) -> str:
    return name.encode()[:32].decode(errors="ignore")


def _icon_cut(request: StoreMetadataRequest) -> StoreMetadataRequest:
    return replace(request, icon=None if request.icon is None else request.icon[:512])


def _everything(request: StoreMetadataRequest) -> StoreMetadataRequest:
    """Keep data that are not for the card, as if they were."""
    for_device = request.service_specific_data_not_stored_in_euicc
    if for_device is None:
        return store_metadata.KEPT.standard(request)
    kept = tlv.encode(0xBF22, tlv.parse(for_device).value)
    return replace(request, service_specific_data_stored_in_euicc=kept)


def _update_control_is_ppr1(request: StoreMetadataRequest) -> StoreMetadataRequest:
    given = request.profile_policy_rules or frozenset()
    kept = store_metadata.KEPT.standard(request)
    if PprId.pprUpdateControl not in given:
        return kept
    return replace(kept, profile_policy_rules=frozenset(given) | {PprId.ppr1})


def _nickname_taken(standing: Load, step: Step) -> Profile:
    made = segments.INSTALLED.standard(standing, step)
    nickname = tlv.parse(standing.metadata_octets).find(Tag.ProfileNickname)
    return made if nickname is None else replace(made, nickname=bytes(nickname.value).decode())


def _never_told_of(attempt: MetadataAttempt) -> bool:
    """Tell whether no notification names the ICCID, that of a deletion included."""
    wanted = attempt.request.iccid.octets
    pending = attempt.step.view.state.notifications
    return attempt.iccid_unused and not any(wanted in one.metadata for one in pending)


def _icon_there(attempt: MetadataAttempt) -> bool:
    """Tell whether a type comes with an icon."""
    return attempt.request.icon_type is None or attempt.request.icon is not None


def _other_enabled(attempt: MetadataAttempt) -> bool:
    """Tell whether the ICCID is not that of the Enabled Profile; of others it may be."""
    enabled = attempt.step.view.state.enabled_profile
    return enabled is None or enabled.iccid != attempt.request.iccid


FAULTS: Final = (
    Fault(
        "es8p.store-metadata.any-icon",
        "An icon needs no type, and a type may be any.",
        (
            "ES8+.StoreMetadata#40",
            "ES8+.StoreMetadata#83",
        ),
        skip(_CHECKS, "icon"),
    ),
    Fault(
        "es8p.store-metadata.icon-type-alone",
        "A type without icon is an unknown error(127).",
        ("ES8+.StoreMetadata#41",),
        adds(_CHECKS, Check("icon_there", _icon_there, _E.installFailedDueToUnknownError)),
    ),
    Fault(
        "es8p.store-metadata.any-class",
        "profileClass may have any value.",
        ("ES8+.StoreMetadata#13",),
        skip(_CHECKS, "class_defined"),
    ),
    Fault(
        "es8p.store-metadata.test-class",
        "A Profile of the class test is refused.",
        ("ES8+.StoreMetadata#11",),
        adds(
            _CHECKS,
            Check(
                "no_test",
                lambda a: a.request.profile_class != ProfileClass.test,
                _E.unsupportedProfileClass,
            ),
        ),
    ),
    Fault(
        "es8p.store-metadata.wildcard-owner",
        "The owner of a Profile may have digits that stand for any.",
        ("ES8+.StoreMetadata#78",),
        skip(_CHECKS, "owner_exact"),
    ),
    Fault(
        "es8p.store-metadata.iccid-twice",
        "A second Profile with the ICCID of an installed one is accepted.",
        (
            "ES8+.StoreMetadata#29",
            "ES8+.StoreMetadata#30",
        ),
        skip(_CHECKS, "iccid_unused"),
    ),
    Fault(
        "es8p.store-metadata.iccid-of-disabled",
        "Only the ICCID of the Enabled Profile is taken.",
        ("ES8+.StoreMetadata#29",),
        decides(_CHECKS, "iccid_unused", _other_enabled),
    ),
    Fault(
        "es8p.store-metadata.iccid-remembered",
        "The ICCID of a deleted Profile stays taken while a notification names it.",
        ("ES8+.StoreMetadata#31",),
        decides(_CHECKS, "iccid_unused", _never_told_of),
    ),
    Fault(
        "es8p.store-metadata.iccid-of-18-digits",
        "An ICCID of 18 digits cannot be read.",
        ("ES8+.StoreMetadata#32",),
        _demanding(lambda values: not values.get(Tag.Iccid, b"").endswith(b"\xff")),
    ),
    Fault(
        "es8p.store-metadata.rat-ignored",
        "Policy rules are accepted whatever the rules authorisation table says.",
        (
            "ES8+.StoreMetadata#22",
            "ES8+.StoreMetadata#23",
            "ES8+.StoreMetadata#25",
            "ES8+.StoreMetadata#26",
            "ES8+.StoreMetadata#76",
        ),
        skip(_CHECKS, "rules_authorised", "rules_owned"),
    ),
    Fault(
        "es8p.store-metadata.any-operator",
        "A rule of the table fits every operator.",
        ("ES8+.StoreMetadata#24",),
        swap(rules.OPERATOR_MATCH, lambda _rule, _owner, _options: True),
    ),
    Fault(
        "es8p.store-metadata.no-operator",
        "A rule of the table fits no operator.",
        (
            "ES8+.StoreMetadata#19",
            "ES8+.StoreMetadata#20",
            "ES8+.StoreMetadata#21",
            "ES8+.StoreMetadata#82",
        ),
        swap(rules.OPERATOR_MATCH, lambda _rule, _owner, _options: False),
    ),
    Fault(
        "es8p.store-metadata.rules-are-input",
        "Policy rules that are not allowed are called incorrect input.",
        (
            "ES8+.StoreMetadata#25",
            "ES8+.StoreMetadata#27",
            "ES8+.StoreMetadata#76",
        ),
        together(
            answers(_CHECKS, "rules_owned", _E.incorrectInputValues),
            answers(_CHECKS, "rules_authorised", _E.incorrectInputValues),
            answers(_CHECKS, "ppr1_alone", _E.incorrectInputValues),
        ),
    ),
    Fault(
        "es8p.store-metadata.rules-lost",
        "Policy rules are accepted and not kept.",
        (
            "ES8+.StoreMetadata#19",
            "ES8+.StoreMetadata#20",
            "ES8+.StoreMetadata#21",
            "ES8+.StoreMetadata#82",
        ),
        _keeping(lambda request: replace(request, profile_policy_rules=None)),
    ),
    Fault(
        "es8p.store-metadata.update-control-is-ppr1",
        "pprUpdateControl is kept as PPR1.",
        ("ES8+.StoreMetadata#82",),
        swap(store_metadata.KEPT, _update_control_is_ppr1),
    ),
    Fault(
        "es8p.store-metadata.no-memory-needed",
        "The memory for the metadata is not looked at.",
        ("ES8+.StoreMetadata#79",),
        skip(_CHECKS, "memory"),
    ),
    Fault(
        "es8p.store-metadata.one-reason",
        "Every refusal is an unknown error(127).",
        (
            "ES8+.StoreMetadata#13",
            "ES8+.StoreMetadata#25",
            "ES8+.StoreMetadata#27",
            "ES8+.StoreMetadata#29",
            "ES8+.StoreMetadata#30",
            "ES8+.StoreMetadata#40",
            "ES8+.StoreMetadata#76",
            "ES8+.StoreMetadata#78",
            "ES8+.StoreMetadata#79",
            "ES8+.StoreMetadata#83",
        ),
        flattened(_CHECKS, _E.installFailedDueToUnknownError),
    ),
    Fault(
        "es8p.store-metadata.repaired",
        "What is missing is taken as empty, what is too long is cut off.",
        (
            "ES8+.StoreMetadata#05",
            "ES8+.StoreMetadata#33",
            "ES8+.StoreMetadata#34",
            "ES8+.StoreMetadata#35",
            "ES8+.StoreMetadata#36",
            "ES8+.StoreMetadata#37",
            "ES8+.StoreMetadata#38",
            "ES8+.StoreMetadata#39",
            "ES8+.StoreMetadata#45",
            "ES8+.StoreMetadata#50",
            "ES8+.StoreMetadata#51",
            "ES8+.StoreMetadata#77",
        ),
        swap(store_metadata.READ, _repaired),
    ),
    Fault(
        "es8p.store-metadata.unknown-refused",
        "Metadata with an object the card does not know are refused.",
        ("ES8+.StoreMetadata#44",),
        _demanding(lambda values: values.keys() <= _KNOWN),
    ),
    Fault(
        "es8p.store-metadata.class-demanded",
        "Metadata without profileClass are refused.",
        (
            "ES8+.StoreMetadata#01",
            "ES8+.StoreMetadata#08",
        ),
        _demanding(lambda values: Tag.ProfileClass in values),
    ),
    Fault(
        "es8p.store-metadata.names-demanded",
        "Empty names are refused.",
        ("ES8+.StoreMetadata#07",),
        _demanding(lambda values: bool(values.get(Tag.ProfileName))),
    ),
    Fault(
        "es8p.store-metadata.names-cut",
        "Of each name 32 octets are kept.",
        (
            "ES8+.StoreMetadata#05",
            "ES8+.StoreMetadata#06",
        ),
        _keeping(_names_cut),
    ),
    Fault(
        "es8p.store-metadata.icon-cut",
        "Of an icon 512 octets are kept.",
        (
            "ES8+.StoreMetadata#04",
            "ES8+.StoreMetadata#84",
        ),
        _keeping(_icon_cut),
    ),
    Fault(
        "es8p.store-metadata.icon-is-png",
        "Every icon is kept as a PNG.",
        ("ES8+.StoreMetadata#03",),
        _keeping(lambda request: replace(request, icon_type=1)),
    ),
    Fault(
        "es8p.store-metadata.all-operational",
        "Every Profile is kept as operational.",
        (
            "ES8+.StoreMetadata#10",
            "ES8+.StoreMetadata#11",
        ),
        _keeping(lambda request: replace(request, profile_class=ProfileClass.operational)),
    ),
    Fault(
        "es8p.store-metadata.all-provisioning",
        "Every Profile is kept as provisioning.",
        (
            "ES8+.StoreMetadata#02",
            "ES8+.StoreMetadata#08",
            "ES8+.StoreMetadata#09",
            "ES8+.StoreMetadata#11",
            "ES8+.StoreMetadata#84",
        ),
        _keeping(lambda request: replace(request, profile_class=ProfileClass.provisioning)),
    ),
    Fault(
        "es8p.store-metadata.configuration-lost",
        "The notification configuration is not kept.",
        (
            "ES8+.StoreMetadata#02",
            "ES8+.StoreMetadata#14",
            "ES8+.StoreMetadata#15",
            "ES8+.StoreMetadata#16",
            "ES8+.StoreMetadata#84",
        ),
        _keeping(lambda request: replace(request, notification_configuration_info=None)),
    ),
    Fault(
        "es8p.store-metadata.owner-lost",
        "The owner is not kept.",
        (
            "ES8+.StoreMetadata#02",
            "ES8+.StoreMetadata#17",
            "ES8+.StoreMetadata#18",
            "ES8+.StoreMetadata#84",
        ),
        _keeping(lambda request: replace(request, profile_owner=None)),
    ),
    Fault(
        "es8p.store-metadata.service-data-lost",
        "Service-specific data are not kept.",
        (
            "ES8+.StoreMetadata#52",
            "ES8+.StoreMetadata#54",
        ),
        _keeping(lambda request: replace(request, service_specific_data_stored_in_euicc=None)),
    ),
    Fault(
        "es8p.store-metadata.service-data-exchanged",
        "Service-specific data that are not for the card are kept in place of those that are.",
        (
            "ES8+.StoreMetadata#53",
            "ES8+.StoreMetadata#54",
        ),
        swap(store_metadata.KEPT, _everything),
    ),
    Fault(
        "es8p.store-metadata.nickname-taken",
        "A nickname in the metadata is kept.",
        ("ES8+.StoreMetadata#42",),
        swap(segments.INSTALLED, _nickname_taken),
    ),
    Fault(
        "es8p.store-metadata.every-event-is-install",
        "An address hears of the installation whatever event it asked for.",
        ("ES8+.StoreMetadata#16",),
        swap(
            notifications.ADDRESSES,
            lambda profile, _event: tuple(
                entry.notification_address
                for entry in profile.metadata.notification_configuration_info or ()
            ),
        ),
    ),
)
