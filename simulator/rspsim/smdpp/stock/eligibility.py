"""Eligibility: compares what a profile needs with what the card states about itself.

`Needs` is computed once, when a profile is ordered; a package that cannot be read needs nothing,
because a mock server has to be able to deliver broken ones. Bits and data objects that the card
adds beyond the version of this server are no reason to refuse it.

Source: SGP.22 v2, 5.6.3 (eligibility check) and 4.3 (EUICCInfo2); ETSI TS 102 226, 8.2.1.7.2.
"""

from typing import Final

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.euicc_info import EuiccInfo2, RspCapability
from rspcore.messages.metadata import ProfileClass, StoreMetadataRequest
from rspcore.profile_reader import ProfileHeader, split
from rspcore.profile_reader.service_capabilities import SERVICE_CAPABILITIES
from rspsim.smdpp.status_codes import EUICC_MEMORY_INSUFFICIENT, NO_ELIGIBLE_PROFILE

__all__ = ["NOTHING_NEEDED", "Needs", "ineligibility", "memory_shortage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a profile needs from a card.

    Attributes:
        services: Names of eUICC-Mandatory-services.
        major_version: Major version of the package format, or None when not known.
        policy_rules: PPRs of the metadata.
        test_profile: True for profile class test.
        octets: Non-volatile memory needed, taken as the size of the package.
    """

    services: tuple[str, ...] = ()
    major_version: int | None = None
    policy_rules: frozenset[int] = frozenset()
    test_profile: bool = False
    octets: int = 0

    @classmethod
    def of(cls, upp: bytes, metadata: StoreMetadataRequest) -> "Needs":
        """Computes the needs of a package and its metadata."""
        header = _header(upp)
        return cls(
            services=header.mandatory_services if header else (),
            major_version=header.version[0] if header else None,
            policy_rules=metadata.profile_policy_rules or frozenset(),
            test_profile=metadata.profile_class == ProfileClass.test,
            octets=len(upp),
        )


NOTHING_NEEDED: Final = Needs()


def _header(upp: bytes) -> ProfileHeader | None:
    try:
        elements = split(upp)
        return ProfileHeader.parse(elements[0]) if elements else None
    except DecodeError:
        return None


def ineligibility(needs: Needs, info: EuiccInfo2) -> StatusCodeData | None:
    """Returns why the card is not eligible for the profile (8.2.5/4.3), or None when it is."""
    missing = [
        name
        for name in needs.services
        if name in SERVICE_CAPABILITIES and SERVICE_CAPABILITIES[name] not in info.uicc_capability
    ]
    forbidden = needs.policy_rules & (info.forbidden_profile_policy_rules or frozenset())
    versions = {
        info.profile_version,
        *(info.additional_euicc_profile_package_versions or ()),
    }
    if missing:
        return NO_ELIGIBLE_PROFILE(
            f"the profile needs {', '.join(missing)}; uiccCapability lacks it"
        )
    if forbidden:
        names = ", ".join(str(getattr(rule, "name", rule)) for rule in sorted(forbidden))
        return NO_ELIGIBLE_PROFILE(f"the profile carries {names}; the card forbids it")
    if needs.test_profile and RspCapability.testProfileSupport not in info.rsp_capability:
        return NO_ELIGIBLE_PROFILE("a test profile; rspCapability lacks testProfileSupport")
    if needs.major_version not in (None, *(version.octets[0] for version in versions)):
        shown = ", ".join(sorted(str(version) for version in versions))
        return NO_ELIGIBLE_PROFILE(
            f"package format version {needs.major_version}; the card reads {shown}"
        )
    return None


def memory_shortage(needs: Needs, info: EuiccInfo2) -> StatusCodeData | None:
    """Returns 8.1/4.8 when the card has less free non-volatile memory than needed, else None."""
    free = int.from_bytes(info.ext_card_resource.free_non_volatile_memory, "big")
    if free >= needs.octets:
        return None
    return EUICC_MEMORY_INSUFFICIENT(
        f"the profile needs {needs.octets:,} octets; extCardResource says {free:,} are free"
    )
