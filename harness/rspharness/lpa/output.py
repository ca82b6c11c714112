"""What the commands show: values of the card as JSON objects, and as lines of text.

The JSON member names are those of ASN.1, in lower camel case; identifiers are written as the field
writes them. Nothing is read from a card here.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum

from rspcore.messages.es10c import ProfileInfo, ProfileState
from rspcore.messages.euicc_info import EuiccCategory, EuiccInfo2
from rspcore.messages.metadata import (
    PprFlag,
    ProfileClass,
    ProfilePolicyAuthorisationRule,
    StoreMetadataRequest,
)
from rspharness.lpa.download import Download
from rspharness.lpa.local_management import CardSummary
from rspharness.lpa.notification_delivery import PendingNotification

__all__ = [
    "download_view",
    "metadata_view",
    "notification_view",
    "profile_view",
    "summary_view",
    "table",
    "text_lines",
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
    state, kind = profile.profile_state, profile.profile_class
    return _present(
        {
            "iccid": None if profile.iccid is None else str(profile.iccid),
            "isdpAid": None if profile.isdp_aid is None else str(profile.isdp_aid),
            "profileState": _name(ProfileState.disabled if state is None else state),
            "profileClass": _name(ProfileClass.operational if kind is None else kind),
            "profileNickname": profile.profile_nickname,
            "serviceProviderName": profile.service_provider_name,
            "profileName": profile.profile_name,
        }
    )


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


def summary_view(summary: CardSummary) -> View:
    """Returns a card as it is shown: identity, addresses, EUICCInfo2 and RAT."""
    view: View = {
        "eid": str(summary.eid),
        "defaultDpAddress": summary.addresses.default_dp_address,
        "rootDsAddress": summary.addresses.root_ds_address,
    }
    view |= _info_view(summary.info)
    view["rat"] = [_rule_view(rule) for rule in summary.rat]
    return _present(view)


def _info_view(info: EuiccInfo2) -> View:
    resource = info.ext_card_resource
    category = EuiccCategory.other if info.euicc_category is None else info.euicc_category
    return {
        "svn": str(info.svn),
        "profileVersion": str(info.profile_version),
        "euiccFirmwareVer": str(info.euicc_firmware_ver),
        "ppVersion": str(info.pp_version),
        "euiccCategory": _name(category),
        "installedApplications": _number(resource.number_of_installed_applications),
        "freeNonVolatileMemory": _number(resource.free_non_volatile_memory),
        "freeVolatileMemory": _number(resource.free_volatile_memory),
        "uiccCapability": _names(info.uicc_capability),
        "rspCapability": _names(info.rsp_capability),
        "euiccCiPKIdListForVerification": _hexadecimal(info.euicc_ci_pkid_list_for_verification),
        "euiccCiPKIdListForSigning": _hexadecimal(info.euicc_ci_pkid_list_for_signing),
        "forbiddenProfilePolicyRules": _names(info.forbidden_profile_policy_rules),
        "sasAcreditationNumber": info.sas_acreditation_number,
    }


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


def _hexadecimal(values: Iterable[bytes]) -> list[str]:
    return [value.hex().upper() for value in values]


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
        "event": ", ".join(
            _name(bit).removeprefix("notification").lower()
            for bit in sorted(metadata.profile_management_operation)
        ),
        "notificationAddress": metadata.notification_address,
        "iccid": None if metadata.iccid is None else str(metadata.iccid),
    }
    if notification.result is not None:
        error = notification.result.data.final_result.error_result
        view["result"] = "success" if error is None else _name(error.error_reason)
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
    return str(value) or "(empty)"


def _cell(value: object) -> str:
    # Numbers in a table are names of things, so they get no thousands separators.
    return _shown(value) if isinstance(value, bool) else str(value)


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
