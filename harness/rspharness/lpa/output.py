"""What the commands show: values of the card as JSON objects, and as lines of text.

The JSON member names are those of ASN.1, in lower camel case; identifiers are written as the field
writes them. Nothing is read from a card here.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any

from rspcore.errors import RspError
from rspcore.messages.codec import components
from rspcore.messages.es10c import ProfileInfo, ProfileState
from rspcore.messages.euicc_info import EuiccCategory
from rspcore.messages.metadata import (
    NotificationEvent,
    PprFlag,
    ProfileClass,
    ProfilePolicyAuthorisationRule,
    StoreMetadataRequest,
)
from rspcore.messages.partial import Partial
from rspcore.messages.v3.profile_metadata import NotificationEvent as NewerEvent
from rspcore.printable_text import printable
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.card_reading import CardReading
from rspharness.lpa.download import Download
from rspharness.lpa.local_management import installation_error
from rspharness.lpa.newer.newer_reading import newer_members
from rspharness.lpa.notification_delivery import PendingNotification

__all__ = [
    "card_view",
    "download_view",
    "failure_view",
    "found_view",
    "listed_profile_view",
    "metadata_view",
    "notification_view",
    "profile_view",
    "table",
    "text_lines",
    "waiting_view",
]

View = dict[str, object]


def _name(code: int) -> str:
    return code.name if isinstance(code, IntEnum) else str(int(code))


def _names(bits: Iterable[int] | None) -> list[str]:
    return [_name(bit) for bit in sorted(bits or ())]


def _present(view: View) -> View:
    return {key: value for key, value in view.items() if value is not None}


def profile_view(profile: ProfileInfo) -> View:
    """Returns one Profile of the list as it is shown."""
    names = [one.name for one in components(ProfileInfo)]
    return _profile_view({name: getattr(profile, name) for name in names})


def listed_profile_view(profile: Partial) -> View:
    """Returns one Profile of the list as it is shown, with what is unknown or unread in octets."""
    return _profile_view(profile.values) | _odd_view(profile)


def _profile_view(values: Mapping[str, Any]) -> View:
    state, kind, owner = (
        values.get(name) for name in ("profile_state", "profile_class", "profile_owner")
    )
    return _present(
        {
            "iccid": _text(values.get("iccid")),
            "isdpAid": _text(values.get("isdp_aid")),
            "profileState": _name(ProfileState.disabled if state is None else state),
            "profileClass": _name(ProfileClass.operational if kind is None else kind),
            "profileNickname": values.get("profile_nickname"),
            "serviceProviderName": values.get("service_provider_name"),
            "profileName": values.get("profile_name"),
            "profileOwner": None if owner is None else str(owner.mcc_mnc),
            "profilePolicyRules": " ".join(_names(values.get("profile_policy_rules"))) or None,
            **newer_members(values),
        }
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _odd_view(part: Partial) -> View:
    """Returns what of a part has no name or cannot be read, as octets."""
    unread = [
        " ".join(filter(None, (one.name, one.octets.hex().upper() or "no octets", one.reason)))
        for one in part.unread
    ]
    return _present({"unknown": _hexadecimal(part.unknown) or None, "unread": unread or None})


def waiting_view(notification: Partial) -> View:
    """Returns one Notification of the list of those that wait as it is shown."""
    values = notification.values
    events = values.get("profile_management_operation")
    return _present(
        {
            "seqNumber": values.get("seq_number"),
            "event": None if events is None else _events(events),
            "notificationAddress": values.get("notification_address"),
            "iccid": _text(values.get("iccid")),
            **_odd_view(notification),
        }
    )


def _event(name: str) -> str:
    """Returns a name of NotificationEvent as a word: enable, rpmEnable, loadRpmPackageResult."""
    word = name.removeprefix("notification")
    return word[:1].lower() + word[1:]


_EVENTS: Mapping[int, str] = {
    bit.value: _event(bit.name) for bits in (NewerEvent, NotificationEvent) for bit in bits
}
"""Words of the events; bits 0 to 3 have the words of version 2 for both versions."""


def _events(bits: Iterable[int]) -> str:
    return ", ".join(_EVENTS.get(int(bit), str(int(bit))) for bit in sorted(bits))


def metadata_view(metadata: StoreMetadataRequest) -> View:
    """Returns what a server offers, as it is shown."""
    kind, owner = metadata.profile_class, metadata.profile_owner
    return _present(
        {
            "iccid": str(metadata.iccid),
            "serviceProviderName": metadata.service_provider_name,
            "profileName": metadata.profile_name,
            "profileClass": _name(ProfileClass.operational if kind is None else kind),
            "profileOwner": None if owner is None else str(owner.mcc_mnc),
            "profilePolicyRules": _names(metadata.profile_policy_rules) or None,
        }
    )


def card_view(card: CardReading) -> View:
    """Returns a card as it is shown: identity, addresses, EUICCInfo2 and RAT, as far as readable.

    EUICCInfo1 says nothing that EUICCInfo2 does not, and is shown where the two differ.
    """
    addresses, rules = card.addresses.found.values, card.rat.found.values.get("rat")
    info2 = _members(_INFO, card.info2.found.values)
    if info2:
        info2.setdefault("euiccCategory", _name(EuiccCategory.other))
    view: View = {
        "eid": _text(card.eid.found.values.get("eid_value")),
        "defaultDpAddress": addresses.get("default_dp_address"),
        "rootDsAddress": addresses.get("root_ds_address"),
        **_members(_ADDRESSES_V3, addresses),
        **info2,
        "rat": None if rules is None else [_rule_view(rule) for rule in rules],
    }
    info1 = _members(_INFO, card.info1.found.values)
    differing = {name: value for name, value in info1.items() if view.get(name) != value}
    view |= {f"{name} (EUICCInfo1)": value for name, value in differing.items()}
    for part in card.parts:
        view |= {f"{name} ({part.name})": value for name, value in _odd_view(part.found).items()}
    return _present(view)


def _members(
    shown: Mapping[str, tuple[str, Callable[[Any], object]]], values: Mapping[str, Any]
) -> View:
    return {
        name: show(values[component])
        for name, (component, show) in shown.items()
        if values.get(component) is not None
    }


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


def _hexadecimal(values: Iterable[bytes]) -> list[str]:
    return [value.hex().upper() for value in values]


_ADDRESSES_V3: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    "additionalRootDsAddresses": ("additional_root_ds_addresses", list),
    "allowedCiPKId": ("allowed_ci_pkid", lambda one: one.hex().upper()),
    "ciList": (
        "ci_list",
        lambda named: [f"{one.ci_pkid.hex().upper()} {one.ci_name}" for one in named],
    ),
}
"""Members of GetEuiccConfiguredData, likewise."""

_INFO: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    "svn": ("svn", str),
    "highestSvn": ("highest_svn", str),
    "lpaMode": ("lpa_mode", _name),
    "profileVersion": ("profile_version", str),
    "euiccFirmwareVer": ("euicc_firmware_ver", str),
    "ppVersion": ("pp_version", str),
    "euiccCategory": ("euicc_category", _name),
    "installedApplications": (
        "ext_card_resource",
        lambda one: _number(one.number_of_installed_applications),
    ),
    "freeNonVolatileMemory": (
        "ext_card_resource",
        lambda one: _number(one.free_non_volatile_memory),
    ),
    "freeVolatileMemory": ("ext_card_resource", lambda one: _number(one.free_volatile_memory)),
    "uiccCapability": ("uicc_capability", _names),
    "rspCapability": ("rsp_capability", _names),
    "additionalEuiccInfo": ("additional_euicc_info", lambda one: one.hex().upper()),
    "euiccCiPKIdListForVerification": ("euicc_ci_pkid_list_for_verification", _hexadecimal),
    "euiccCiPKIdListForSigning": ("euicc_ci_pkid_list_for_signing", _hexadecimal),
    "euiccCiPKIdListForSigningV3": ("euicc_ci_pkid_list_for_signing_v3", _hexadecimal),
    "forbiddenProfilePolicyRules": ("forbidden_profile_policy_rules", _names),
    "sasAcreditationNumber": ("sas_acreditation_number", str),
}
"""Members of EUICCInfo1 and EUICCInfo2 by the name shown: component, and how it is written."""


def _rule_view(rule: ProfilePolicyAuthorisationRule) -> View:
    return {
        "pprIds": _names(rule.ppr_ids),
        "allowedOperators": [
            _present(
                {
                    "mccMnc": str(operator.mcc_mnc),
                    "gid1": None if operator.gid1 is None else operator.gid1.hex().upper(),
                    "gid2": None if operator.gid2 is None else operator.gid2.hex().upper(),
                }
            )
            for operator in rule.allowed_operators
        ],
        "consentRequired": PprFlag.consentRequired in rule.ppr_flags,
    }


def notification_view(notification: PendingNotification) -> View:
    """Returns one Notification of the list as it is shown."""
    metadata = notification.metadata
    view: View = {
        "seqNumber": metadata.seq_number,
        "event": _events(metadata.profile_management_operation),
        "notificationAddress": metadata.notification_address,
        "iccid": None if metadata.iccid is None else str(metadata.iccid),
    }
    if notification.result is not None:
        error = notification.result.data.final_result.error_result
        reason = None if error is None else installation_error(error.error_reason)
        view["result"] = "success" if reason is None else _name(reason)
    return _present(view)


def download_view(download: Download) -> View:
    """Returns the result of a download as it is shown."""
    return _present(
        {
            **metadata_view(download.metadata),
            "isdpAid": str(download.aid),
            "complete": download.unreported is None,
            "unreported": download.unreported,
        }
    )


def found_view(
    code: ActivationCode, done: Download | None, problem: str, packages: Sequence[str] | None = None
) -> View:
    """Returns one thing that discovery has found as it is shown: where, and what became of it.

    Args:
        code: Where it waits.
        done: The Profile that was downloaded, None for none.
        problem: Why it was not done, or not reported; empty for neither.
        packages: For RPM, what was done, none where nothing was; None for a download.
    """
    return _present(
        {
            "address": code.address,
            "matchingId": code.matching_id,
            "rpm": None if packages is None else list(packages),
            "iccid": str(done.iccid) if done else None,
            "complete": not problem if done or packages else None,
            "error": printable(problem) if problem else None,
        }
    )


def failure_view(error: RspError) -> View:
    """Returns a failure as it is shown: function, subject, reason, code, message and notes.

    What is not known is an empty text; a function is written without its interface.
    """
    named = re.match(r"ES\d+\w?\+?\.(\w+)", str(error))
    function = getattr(error, "function", "") or (named[1] if named else "")
    reason = getattr(error, "reason", "")
    return {
        "function": function,
        "subject": getattr(error, "subject", ""),
        "reason": reason.name if isinstance(reason, IntEnum) else str(reason),
        "code": getattr(error, "code", ""),
        "message": str(error),
        "notes": list(getattr(error, "__notes__", ())),
    }


def text_lines(view: Mapping[str, object]) -> list[str]:
    """Returns an object as one line per member, names aligned, one line per list item."""
    width = max(map(len, view), default=0)
    lines = []
    for key, value in view.items():
        values = value if isinstance(value, list) else [value]
        shown = [_shown(one) for one in values] or ["-"]
        lines.append(f"{key:<{width}}  {shown[0]}")
        lines += [f"{'':<{width}}  {one}" for one in shown[1:]]
    return lines


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(one)}" for key, one in value.items())
    if isinstance(value, list):
        return " ".join(_shown(one) for one in value) or "-"
    return printable(str(value)) or "(empty)"


def _cell(value: object) -> str:
    # Numbers in a table are names of things, so they get no thousands separators.
    return _shown(value) if isinstance(value, bool | list | dict) else printable(str(value))


def table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> list[str]:
    """Returns rows as aligned columns under their names; empty columns are left out."""
    used = [column for column in columns if any(row.get(column, "") != "" for row in rows)]
    cells = [list(used)]
    cells += [[_cell(row.get(column, "")) for column in used] for row in rows]
    widths = [max(len(line[n]) for line in cells) for n in range(len(used))]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
