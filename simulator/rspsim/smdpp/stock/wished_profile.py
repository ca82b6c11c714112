"""The package and metadata that somebody wishes for, from the words of `rspsim.smdpp.settings`.

A Profile of the catalogue with some values changed, or a package made elsewhere, whose metadata are
given, or derived and changed.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from rspcore.errors import DecodeError, LocalError
from rspcore.ids import MccMnc
from rspcore.messages.metadata import (
    IconType,
    NotificationConfigurationInformation,
    NotificationEvent,
    OperatorId,
    StoreMetadataRequest,
)
from rspcore.profile_maker import ProfileParameters, make_profile, preset
from rspsim.smdpp.stock.derived_metadata import derive_metadata
from rspsim.smdpp.stock.newer_words import NAMES

__all__ = ["DEFAULT_PROFILE", "every_event", "package_of", "parameters_of"]

DEFAULT_PROFILE: Final = "PROFILE_OPERATIONAL1"

_OF_METADATA: Final = frozenset(
    (
        *("spn", "profile_name", "profile_class", "ppr", "owner", "icon"),
        "notification_addresses",
    )
)
"""Words that are about the metadata alone, so that a package made elsewhere can have them."""
_NOT_PARAMETERS: Final = frozenset(("profile", "owner", "notification_addresses"))


def every_event(addresses: tuple[str, ...]) -> tuple[NotificationConfigurationInformation, ...]:
    """Returns entries that send a Notification of every event to each of these servers."""
    return tuple(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset(NotificationEvent), notification_address=one
        )
        for one in addresses
    )


def parameters_of(values: Mapping[str, Any]) -> ProfileParameters:
    """Returns the parameters of a Profile of the catalogue with values changed.

    Args:
        values: Values by their names in the settings; those of other areas are passed over.

    Raises:
        LocalError: there is no such Profile, or the values do not fit together.
    """
    content = preset(values.get("profile", DEFAULT_PROFILE))
    known = ProfileParameters.__dataclass_fields__.keys() - _NOT_PARAMETERS
    changes = {name: value for name, value in values.items() if name in known}
    if "owner" in values:
        gids = {name: values.get(name, getattr(content, name)) for name in ("gid1", "gid2")}
        changes["owner"] = OperatorId(mcc_mnc=_operator(values["owner"]), **gids)
    if "notification_addresses" in values:
        changes["notification_configuration"] = every_event(values["notification_addresses"])
    return replace(content, **changes)


def package_of(
    values: Mapping[str, Any],
    *,
    upp: bytes | None = None,
    metadata: bytes | None = None,
) -> tuple[bytes, StoreMetadataRequest]:
    """Returns package and metadata.

    Args:
        values: Values by their names in the settings; those of other areas are passed over.
        upp: Unprotected profile package made elsewhere, or None to make one.
        metadata: Metadata of that package (BF25), or None to derive them.

    Raises:
        LocalError: the values do not fit together, or to a package made elsewhere.
        DecodeError: the package or the metadata cannot be read.
    """
    if upp is None:
        if metadata is not None:
            raise LocalError("metadata: only together with upp; a Profile made here has its own")
        made = make_profile(parameters_of(values))
        return made.upp, _with_newer(made.metadata, values)
    known = ProfileParameters.__dataclass_fields__.keys() | _NOT_PARAMETERS
    wrong = [name for name in values if name in known and name not in _OF_METADATA]
    if wrong:
        raise LocalError(f"{', '.join(wrong)}: not together with upp, which has its own")
    if metadata is not None:
        return upp, _with_newer(StoreMetadataRequest.decode(metadata), values)
    derived = derive_metadata(upp, notification_address="")
    return upp, _with_newer(_changed(derived, values), values)


def _changed(derived: StoreMetadataRequest, values: Mapping[str, Any]) -> StoreMetadataRequest:
    names = {
        "spn": "service_provider_name",
        "profile_name": "profile_name",
        "profile_class": "profile_class",
        "ppr": "profile_policy_rules",
        "icon": "icon",
    }
    changes = {field: values[name] for name, field in names.items() if name in values}
    if changes.get("icon") is not None:
        png = changes["icon"][:1] == b"\x89"
        changes["icon_type"] = IconType.png if png else IconType.jpg
    if "owner" in values:
        changes["profile_owner"] = OperatorId(mcc_mnc=_operator(values["owner"]))
    addresses = values.get("notification_addresses", ())
    changes["notification_configuration_info"] = every_event(addresses) or None
    return replace(derived, **changes)


def _operator(digits: str) -> MccMnc:
    try:
        return MccMnc.from_digits(digits[:3], digits[3:])
    except (DecodeError, LocalError, ValueError) as error:
        raise LocalError(f"owner {digits!r}: expected 5 or 6 digits, MCC and MNC") from error


def _with_newer(metadata: StoreMetadataRequest, values: Mapping[str, Any]) -> StoreMetadataRequest:
    if NAMES.isdisjoint(values):
        return metadata
    from rspsim.smdpp.stock.newer_metadata import with_newer  # noqa: PLC0415  few ask for it

    return with_newer(metadata, values)
