"""Which requirement fails where an answer of a card cannot be read, or a component of it."""

from collections.abc import Iterator, Mapping
from typing import Final

from rspcore.errors import DecodeError, OrderError
from rspcore.messages import es10a, es10b, es10c
from rspcore.messages.codec import Structure, components
from rspcore.messages.euicc_info import EuiccInfo1, EuiccInfo2

__all__ = ["owning_row", "unread_components"]

_ROWS: Final[Mapping[type[Structure], str]] = {
    es10a.EuiccConfiguredAddressesResponse: "ES10a.GetEuiccConfiguredAddresses#01",
    es10b.GetRatResponse: "ES10b.GetRAT#01",
    es10b.ListNotificationResponse: "ES10b.ListNotification#01",
    es10c.GetEuiccDataResponse: "ES10c.GetEID#01",
    es10c.ProfileInfoListResponse: "ES10c.GetProfilesInfo#01",
    EuiccInfo1: "ES10b.GetEUICCInfo1#01",
    EuiccInfo2: "ES10b.GetEUICCInfo2#01",
}
"""Row of each answer as a whole."""

_ROWS_OF_INFO2: Final[Mapping[str, str]] = {
    "profile_version": "ES10b.GetEUICCInfo2#05",
    "svn": "ES10b.GetEUICCInfo2#06",
    "euicc_firmware_ver": "ES10b.GetEUICCInfo2#07",
    "ext_card_resource": "ES10b.GetEUICCInfo2#08",
    "uicc_capability": "ES10b.GetEUICCInfo2#09",
    "ts102241_version": "ES10b.GetEUICCInfo2#10",
    "globalplatform_version": "ES10b.GetEUICCInfo2#11",
    "rsp_capability": "ES10b.GetEUICCInfo2#12",
    "euicc_ci_pkid_list_for_verification": "ES10b.GetEUICCInfo2#13",
    "euicc_ci_pkid_list_for_signing": "ES10b.GetEUICCInfo2#14",
    "euicc_category": "ES10b.GetEUICCInfo2#15",
    "forbidden_profile_policy_rules": "ES10b.GetEUICCInfo2#16",
    "pp_version": "ES10b.GetEUICCInfo2#17",
    "sas_acreditation_number": "ES10b.GetEUICCInfo2#18",
    "certification_data_object": "ES10b.GetEUICCInfo2#19",
    "additional_euicc_profile_package_versions": "ES10b.GetEUICCInfo2#20",
}
"""Row of each component of EUICCInfo2 that has one of its own."""


def owning_row(request: Structure, kind: type[Structure], error: DecodeError) -> str:
    """Returns the row that fails where an answer cannot be read as a whole.

    Args:
        request: What was asked.
        kind: The answer to it.
        error: Why the answer cannot be read.
    """
    if isinstance(request, es10c.ProfileInfoListRequest) and isinstance(error, OrderError):
        return "ES10c.GetProfilesInfo#49"
    if isinstance(request, es10c.ProfileInfoListRequest) and request.tag_list is not None:
        return "ES10c.GetProfilesInfo#32"
    return _ROWS[kind]


def unread_components(answer: Structure) -> Iterator[tuple[DecodeError, str]]:
    """Yields why each component of an answer cannot be read, and the row that fails for it."""
    for one in components(type(answer)):
        try:
            getattr(answer, one.name)
        except DecodeError as error:
            whole = _ROWS[type(answer)]
            yield error, _ROWS_OF_INFO2.get(one.name, whole)
