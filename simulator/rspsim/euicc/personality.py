"""What a card says of itself, per version of SGP.22: data tables, one personality per version.

A personality holds the fixed fields of EUICCInfo1 and EUICCInfo2, the ATR, the memory sizes and the
options its version decides. What changes while a card lives (free memory, forbidden rules, CI keys)
is computed elsewhere. No handler asks for a version: whatever differs is a field here.

Source: SGP.22 v2 and v3.1, 5.7.8 and annex H; ETSI TS 102 221, 6.3 for the ATR.
"""

from typing import Final

from rspcore.errors import ConfigError
from rspcore.frozen import replace
from rspcore.ids import Version
from rspcore.messages.euicc_info import (
    CertificationDataObject,
    EuiccCategory,
    RspCapability,
    TreProperty,
    UiccCapability,
)
from rspcore.messages.v3.capability_bits import EuiccRspCapability, LpaMode
from rspcore.pki.variants import Variant
from rspsim.euicc.options import Options, PendingListing
from rspsim.euicc.personality_fields import Personality

__all__ = ["PERSONALITIES", "PLAIN_SIM", "Personality", "personality_named", "with_mep"]

_MEP_ATR: Final = bytes.fromhex("3B9F96803FC7838031E073FE211365554943437369" + "6D12")
"""The usual ATR with b1 of the first TB after T=15: LSIs, too (TS 102 221, 6.3.3)."""

_MOST_PORTS: Final = 31
"""Most eSIM Ports: LSIs have the numbers 00 to 1F, and in MEP-A the first has no Profile."""

_PLAIN_ATR: Final = bytes.fromhex("3B9F96801FC78031E073FE2113655549434373696DB1")
"""The same without the octet that announces eUICC functions."""

_UICC_V2_2: Final = frozenset(
    {
        UiccCapability.usimSupport,
        UiccCapability.isimSupport,
        UiccCapability.csimSupport,
        UiccCapability.akaMilenage,
        UiccCapability.akaTuak128,
        UiccCapability.akaTuak256,
        UiccCapability.usimTestAlgorithm,
        UiccCapability.javacard,
        UiccCapability.multipleUsimSupport,
        UiccCapability.multipleIsimSupport,
        UiccCapability.berTlvFileSupport,
        UiccCapability.dfLinkSupport,
    }
)
_UICC_V2_3: Final = _UICC_V2_2 | {
    UiccCapability.getIdentity,
    UiccCapability.profile_a_x25519,
    UiccCapability.profile_b_p256,
}
_RSP_V2_2: Final = frozenset(
    {
        RspCapability.additionalProfile,
        RspCapability.crlSupport,
        RspCapability.testProfileSupport,
        RspCapability.deviceInfoExtensibilitySupport,
    }
)
_RSP_V2_4: Final = _RSP_V2_2 | {RspCapability.serviceSpecificDataSupport}
_DLOA: Final = CertificationDataObject(
    platform_label="1.2.840.1234567/rsplab", discovery_base_url="https://dloa.example.com"
)
_CODE_WHEN_EMPTY: Final = Options(no_result_available=True)
"""noResultAvailable(1) exists up to v2.5; later texts require an empty list (5.7.10)."""


def _version(text: str) -> Version:
    return Version.from_text(text)


_TS_102_241: Final = _version("15.1.0")
"""Claimed because Java Card is; packages with applets install, their applets do not run."""

_V2_2_2: Final = Personality(
    name="v2.2.2",
    svn=_version("2.2.2"),
    profile_version=_version("2.1.0"),
    firmware_version=_version("1.0.0"),
    uicc_capability=_UICC_V2_2,
    ts102241_version=_TS_102_241,
    globalplatform_version=_version("2.3.0"),
    rsp_capability=_RSP_V2_2,
    pp_version=_version("1.0.0"),
    sas_accreditation_number="RSPLAB-TEST-2.2.2",
    options=_CODE_WHEN_EMPTY,
)
_V2_3: Final = replace(
    _V2_2_2,
    name="v2.3",
    svn=_version("2.3.0"),
    profile_version=_version("2.3.1"),
    firmware_version=_version("1.1.0"),
    uicc_capability=_UICC_V2_3,
    category=EuiccCategory.mediumEuicc,
    sas_accreditation_number="RSPLAB-TEST-2.3",
    certification_data_object=_DLOA,
    tre_properties=frozenset({TreProperty.isDiscrete}),
    tre_product_reference="rsplab",
)
_V2_4: Final = replace(
    _V2_3,
    name="v2.4",
    svn=_version("2.4.0"),
    firmware_version=_version("1.2.0"),
    rsp_capability=_RSP_V2_4,
    sas_accreditation_number="RSPLAB-TEST-2.4",
    additional_profile_versions=(_version("2.1.0"),),
)
_V2_5: Final = replace(
    _V2_4,
    name="v2.5",
    svn=_version("2.5.0"),
    firmware_version=_version("1.3.0"),
    sas_accreditation_number="RSPLAB-TEST-2.5",
)
_V2_6: Final = replace(
    _V2_5,
    name="v2.6",
    svn=_version("2.6.0"),
    profile_version=_version("3.3.1"),
    firmware_version=_version("1.4.0"),
    sas_accreditation_number="RSPLAB-TEST-2.6",
    additional_profile_versions=(_version("2.1.0"), _version("2.3.1")),
    options=Options(),
)

_RSP_V3_0: Final = frozenset(
    {
        EuiccRspCapability.additionalProfile,
        EuiccRspCapability.testProfileSupport,
        EuiccRspCapability.deviceInfoExtensibilitySupport,
        EuiccRspCapability.serviceSpecificDataSupport,
        EuiccRspCapability.crlStaplingV3Support,
        EuiccRspCapability.certChainV3VerificationSupport,
        EuiccRspCapability.signedSmdsResponseV3Support,
        EuiccRspCapability.euiccRspCapInInfo1,
    }
)
_RSP_V3_1: Final = _RSP_V3_0 | {
    EuiccRspCapability.rpmSupport,
    EuiccRspCapability.hriServerAddressSupport,
    EuiccRspCapability.serviceProviderMessageSupport,
    EuiccRspCapability.lpaProxySupport,
    EuiccRspCapability.enterpriseProfilesSupport,
    EuiccRspCapability.serviceDescriptionSupport,
    EuiccRspCapability.deviceChangeSupport,
    EuiccRspCapability.encryptedDeviceChangeDataSupport,
    EuiccRspCapability.estimatedProfileSizeIndicationSupport,
    EuiccRspCapability.profileSizeInProfilesInfoSupport,
    EuiccRspCapability.updateNotifConfigInfoSupport,
    EuiccRspCapability.updateMetadataV3Support,
    EuiccRspCapability.v3ObjectsInCtxParamsCASupport,
    EuiccRspCapability.pushServiceRegistrationSupport,
}
_V3_0: Final = replace(
    _V2_6,
    name="v3.0",
    svn=_version("2.2.0"),
    highest_svn=_version("3.0.0"),
    firmware_version=_version("2.0.0"),
    rsp_capability=_RSP_V3_0,
    category=None,
    sas_accreditation_number="RSPLAB-TEST-3.0",
    chain=Variant.OV3,
    lpa_mode=LpaMode.lpad,
    options=Options(pending_listing=PendingListing.REFUSED),
)
_V3_1: Final = replace(
    _V3_0,
    name="v3.1",
    highest_svn=_version("3.1.0"),
    firmware_version=_version("2.1.0"),
    rsp_capability=_RSP_V3_1,
    sas_accreditation_number="RSPLAB-TEST-3.1",
)

PERSONALITIES: Final = (_V2_2_2, _V2_3, _V2_4, _V2_5, _V2_6, _V3_0, _V3_1)
"""Every personality, oldest version first; each but the first is made from the one before it."""


PLAIN_SIM: Final = replace(
    _V2_5,
    name="plain-sim",
    atr=_PLAIN_ATR,
    isdr=False,
    options=replace(_V2_5.options, sim_class=True),
)
"""A SIM that is no eUICC: one Profile, no ISD-R, and the class A0 of TS 51.011."""


def with_mep(kind: Personality, modes: tuple[int, ...], ports: int) -> Personality:
    """Returns a personality with several eSIM Ports; its ATR says that it has LSIs.

    Raises:
        ConfigError: a card of version 2, or fewer than 2 or more than 31 ports.
    """
    if not kind.version_3:
        raise ConfigError(f"several eSIM Ports: expected a card of version 3, got {kind.name}")
    if not 2 <= ports <= _MOST_PORTS:
        raise ConfigError(f"eSIM Ports: expected 2 to {_MOST_PORTS}, got {ports}")
    return replace(kind, mep_modes=modes, esim_ports=ports, atr=_MEP_ATR)


def personality_named(name: str) -> Personality:
    """Returns the personality of this name.

    Raises:
        ConfigError: there is none; the message lists the names.
    """
    for personality in (*PERSONALITIES, PLAIN_SIM):
        if personality.name == name:
            return personality
    from rspsim.euicc.field_personalities import (  # noqa: PLC0415  few are one; a tenth of the time to import all others
        FIELD_PERSONALITIES,
    )

    known = (*PERSONALITIES, PLAIN_SIM, *FIELD_PERSONALITIES)
    for personality in FIELD_PERSONALITIES:
        if personality.name == name:
            return personality
    raise ConfigError(f"personality {name!r}: expected one of {', '.join(p.name for p in known)}")
