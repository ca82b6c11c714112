"""Faults of ES8+.StoreMetadata: what is accepted, what is refused, and with which reason."""

from collections.abc import Callable
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.messages.metadata import ProfileClass, StoreMetadataRequest
from rspcore.messages.notifications import ErrorReason
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.euicc.security import policy_rules
from rspsim.faults.card.card_fault import (
    CardFault,
    Change,
    adds,
    answers,
    decides,
    flattened,
    skip,
    swap,
    together,
)

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
    """Reads metadata, adds missing objects as empty and cuts off values that are too long."""
    _, header, length = tlv.read_header(octets)
    whole = tlv.encode(Tag.StoreMetadata, octets[header:].ljust(length, b"\x00"))
    values = _values(whole)
    for tag in _MANDATORY:
        values.setdefault(tag, b"")
    values[Tag.Iccid] = values[Tag.Iccid].ljust(10, b"\xff")
    order = (*_MANDATORY, *(tag for tag in values if tag not in _MANDATORY))
    parts = (tlv.encode(tag, values[tag][: _MOST.get(Tag(tag), None)]) for tag in order)
    return store_metadata.READ.standard(tlv.encode(Tag.StoreMetadata, *parts))


def _readable_only_if(fits: Callable[[dict[int, bytes]], bool]) -> Change:
    """Returns a change that makes metadata unreadable unless their objects fit a condition."""

    def read(octets: bytes) -> StoreMetadataRequest:
        if not fits(_values(octets)):
            raise DecodeError("metadata this card does not accept")
        return store_metadata.READ.standard(octets)

    return swap(store_metadata.READ, read)


def _iccid_unused_and_not_listed(attempt: MetadataAttempt) -> bool:
    """Returns whether neither a Profile nor any notification has the ICCID."""
    wanted = attempt.request.iccid.octets
    pending = attempt.step.view.state.notifications
    return attempt.iccid_unused and not any(wanted in one.metadata for one in pending)


def _icon_present(attempt: MetadataAttempt) -> bool:
    """Returns whether an icon type comes with an icon."""
    return attempt.request.icon_type is None or attempt.request.icon is not None


def _other_enabled(attempt: MetadataAttempt) -> bool:
    """Returns whether the ICCID is not that of the Enabled Profile."""
    enabled = attempt.step.view.state.enabled_profile
    return enabled is None or enabled.iccid != attempt.request.iccid


FAULTS: Final = (
    CardFault(
        "es8p.store-metadata.any-icon",
        "An icon without a type is accepted, and an icon type of any value.",
        (
            "ES8+.StoreMetadata#40",
            "ES8+.StoreMetadata#83",
        ),
        skip(_CHECKS, "icon"),
    ),
    CardFault(
        "es8p.store-metadata.icon-type-alone",
        "An icon type without an icon is refused with an unknown error(127).",
        ("ES8+.StoreMetadata#41",),
        adds(_CHECKS, Check("icon_present", _icon_present, _E.installFailedDueToUnknownError)),
    ),
    CardFault(
        "es8p.store-metadata.any-class",
        "Any value of profileClass is accepted.",
        ("ES8+.StoreMetadata#13",),
        skip(_CHECKS, "class_defined"),
    ),
    CardFault(
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
    CardFault(
        "es8p.store-metadata.wildcard-owner",
        "An owner with wildcard digits is accepted.",
        ("ES8+.StoreMetadata#78",),
        skip(_CHECKS, "owner_exact"),
    ),
    CardFault(
        "es8p.store-metadata.iccid-twice",
        "A second Profile with the ICCID of an installed one is accepted.",
        (
            "ES8+.StoreMetadata#29",
            "ES8+.StoreMetadata#30",
        ),
        skip(_CHECKS, "iccid_unused"),
    ),
    CardFault(
        "es8p.store-metadata.iccid-of-disabled",
        "Only the ICCID of the Enabled Profile is refused as in use.",
        ("ES8+.StoreMetadata#29",),
        decides(_CHECKS, "iccid_unused", _other_enabled),
    ),
    CardFault(
        "es8p.store-metadata.iccid-remembered",
        "The ICCID of a deleted Profile is refused while a notification has it.",
        ("ES8+.StoreMetadata#31",),
        decides(_CHECKS, "iccid_unused", _iccid_unused_and_not_listed),
    ),
    CardFault(
        "es8p.store-metadata.iccid-of-18-digits",
        "An ICCID of 18 digits cannot be read.",
        ("ES8+.StoreMetadata#32",),
        _readable_only_if(lambda values: not values.get(Tag.Iccid, b"").endswith(b"\xff")),
    ),
    CardFault(
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
    CardFault(
        "es8p.store-metadata.any-operator",
        "A rule of the table matches every operator.",
        ("ES8+.StoreMetadata#24",),
        swap(policy_rules.OPERATOR_MATCH, lambda _rule, _owner, _options: True),
    ),
    CardFault(
        "es8p.store-metadata.no-operator",
        "A rule of the table matches no operator.",
        (
            "ES8+.StoreMetadata#19",
            "ES8+.StoreMetadata#20",
            "ES8+.StoreMetadata#21",
            "ES8+.StoreMetadata#82",
        ),
        swap(policy_rules.OPERATOR_MATCH, lambda _rule, _owner, _options: False),
    ),
    CardFault(
        "es8p.store-metadata.rules-are-input",
        "Policy rules that are not allowed are answered incorrectInputValues(1).",
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
    CardFault(
        "es8p.store-metadata.no-memory-needed",
        "The memory for the metadata is not checked.",
        ("ES8+.StoreMetadata#79",),
        skip(_CHECKS, "memory"),
    ),
    CardFault(
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
    CardFault(
        "es8p.store-metadata.repaired",
        "Missing objects are taken as empty, and values that are too long are cut.",
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
    CardFault(
        "es8p.store-metadata.unknown-refused",
        "Metadata with an unknown object are refused.",
        ("ES8+.StoreMetadata#44",),
        _readable_only_if(lambda values: values.keys() <= _KNOWN),
    ),
    CardFault(
        "es8p.store-metadata.class-demanded",
        "Metadata without profileClass are refused.",
        (
            "ES8+.StoreMetadata#01",
            "ES8+.StoreMetadata#08",
        ),
        _readable_only_if(lambda values: Tag.ProfileClass in values),
    ),
    CardFault(
        "es8p.store-metadata.names-demanded",
        "An empty Profile name is refused.",
        ("ES8+.StoreMetadata#07",),
        _readable_only_if(lambda values: bool(values.get(Tag.ProfileName))),
    ),
)
