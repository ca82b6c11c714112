"""Metadata for a package that has none: taken from the package, with default texts.

Source: SGP.22 v2, 5.5.3; TS.48 for the names of the generic test profiles.
"""

from typing import Final

from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    ProfileClass,
    StoreMetadataRequest,
)
from rspcore.profile_reader import ProfileFacts

__all__ = ["derive_metadata"]

_TS48: Final = "GSMA Generic eUICC Test Profile"
_TS48_PROVIDER: Final = "GSMA_TEST"
_TS48_NAME: Final = "GSMA_TEST_PROFILE"
_PROVIDER_CHARACTERS: Final = 32
_NAME_CHARACTERS: Final = 64


def derive_metadata(
    upp: bytes,
    *,
    notification_address: str,
    profile_class: ProfileClass | None = None,
    service_provider_name: str | None = None,
    profile_name: str | None = None,
) -> StoreMetadataRequest:
    """Makes metadata that match a package.

    Args:
        upp: Unprotected profile package.
        notification_address: Server that gets a notification of every event.
        profile_class: Class; test for the generic test profiles and operational for all others when
            None.
        service_provider_name: Name; that of EF.SPN when None.
        profile_name: Name; profileType of the header when None.

    Raises:
        DecodeError: the package cannot be read, so that there is no ICCID.
    """
    facts = ProfileFacts.of_package(upp)
    kind = facts.header.profile_type or ""
    generic = kind.startswith(_TS48)
    if profile_class is None:
        profile_class = ProfileClass.test if generic else ProfileClass.operational
    provider = _TS48_PROVIDER if generic else (facts.spn or "rsplab")
    name = _TS48_NAME if generic else (kind or f"Profile {facts.iccid}")
    everything = NotificationConfigurationInformation(
        profile_management_operation=frozenset(NotificationEvent),
        notification_address=notification_address,
    )
    return StoreMetadataRequest(
        iccid=facts.iccid,
        service_provider_name=(service_provider_name or provider)[:_PROVIDER_CHARACTERS],
        profile_name=(profile_name or name)[:_NAME_CHARACTERS],
        profile_class=profile_class,
        notification_configuration_info=(everything,),
    )
