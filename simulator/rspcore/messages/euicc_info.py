"""EUICCInfo1, EUICCInfo2 and DeviceInfo: what card and device report about themselves.

Source: SGP.22 v2, 5.7.8 and annex H; sizes and bit numbers as listed there.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import Version
from rspcore.messages.codec import (
    OCTETS,
    VERSION,
    At,
    Structure,
    bits,
    enumerated,
    octets,
    sequence_of,
    structure,
    utf8,
)
from rspcore.messages.metadata import PprId
from rspcore.tags import Tag

__all__ = [
    "CertificationDataObject",
    "DeviceCapabilities",
    "DeviceInfo",
    "EuiccCategory",
    "EuiccInfo1",
    "EuiccInfo2",
    "ExtCardResource",
    "RspCapability",
    "TreProperty",
    "UiccCapability",
]


class UiccCapability(IntEnum):
    """The bits of UICCCapability."""

    contactlessSupport = 0
    usimSupport = 1
    isimSupport = 2
    csimSupport = 3
    akaMilenage = 4
    akaCave = 5
    akaTuak128 = 6
    akaTuak256 = 7
    usimTestAlgorithm = 8
    rfu2 = 9
    gbaAuthenUsim = 10
    gbaAuthenISim = 11
    mbmsAuthenUsim = 12
    eapClient = 13
    javacard = 14
    multos = 15
    multipleUsimSupport = 16
    multipleIsimSupport = 17
    multipleCsimSupport = 18
    berTlvFileSupport = 19
    dfLinkSupport = 20
    catTp = 21
    getIdentity = 22
    profile_a_x25519 = 23
    profile_b_p256 = 24
    suciCalculatorApi = 25
    dns_resolution = 26
    scp11ac = 27
    scp11c_authorization_mechanism = 28
    s16mode = 29
    eaka = 30
    iotminimal = 31


class RspCapability(IntEnum):
    """The bits of RspCapability."""

    additionalProfile = 0
    crlSupport = 1
    rpmSupport = 2
    testProfileSupport = 3
    deviceInfoExtensibilitySupport = 4
    serviceSpecificDataSupport = 5


class EuiccCategory(IntEnum):
    """The values of euiccCategory."""

    other = 0
    basicEuicc = 1
    mediumEuicc = 2
    contactlessEuicc = 3


class TreProperty(IntEnum):
    """The bits of treProperties."""

    isDiscrete = 0
    isIntegrated = 1
    usesRemoteMemory = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccInfo1(Structure):
    """EUICCInfo1: the specification version and the CI keys the card verifies and signs under."""

    TAG: ClassVar[int] = Tag.GetEuiccInfo1

    svn: Annotated[Version, At(0x82, VERSION)]
    euicc_ci_pkid_list_for_verification: Annotated[
        tuple[bytes, ...], At(0xA9, sequence_of(Tag.OctetString, OCTETS))
    ]
    euicc_ci_pkid_list_for_signing: Annotated[
        tuple[bytes, ...], At(0xAA, sequence_of(Tag.OctetString, OCTETS))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtCardResource(Structure):
    """Extended card resources information (ETSI TS 102 226, 8.2.1.7.2), sizes in octets."""

    TAG: ClassVar[int] = 0x84

    number_of_installed_applications: Annotated[bytes, At(0x81, OCTETS)]
    free_non_volatile_memory: Annotated[bytes, At(0x82, OCTETS)]
    free_volatile_memory: Annotated[bytes, At(0x83, OCTETS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificationDataObject(Structure):
    """CertificationDataObject: where the DLOA of the platform is published."""

    TAG: ClassVar[int] = 0xAC

    platform_label: Annotated[str, At(0x80, utf8(0, 65535))]
    discovery_base_url: Annotated[str, At(0x81, utf8(0, 65535))]


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccInfo2(Structure):
    """EUICCInfo2: versions, resources, capabilities, CI keys, forbidden rules, certification.

    It is lazy: a card that reports one matter wrong still reports the others.
    """

    TAG: ClassVar[int] = Tag.GetEuiccInfo2
    LAZY: ClassVar[bool] = True

    profile_version: Annotated[Version, At(0x81, VERSION)]
    svn: Annotated[Version, At(0x82, VERSION)]
    euicc_firmware_ver: Annotated[Version, At(0x83, VERSION)]
    ext_card_resource: Annotated[ExtCardResource, At(0x84, structure(ExtCardResource))]
    uicc_capability: Annotated[frozenset[int], At(0x85, bits(UiccCapability))]
    ts102241_version: Annotated[Version | None, At(0x86, VERSION)] = None
    globalplatform_version: Annotated[Version | None, At(0x87, VERSION)] = None
    rsp_capability: Annotated[frozenset[int], At(0x88, bits(RspCapability))]
    euicc_ci_pkid_list_for_verification: Annotated[
        tuple[bytes, ...], At(0xA9, sequence_of(Tag.OctetString, OCTETS))
    ]
    euicc_ci_pkid_list_for_signing: Annotated[
        tuple[bytes, ...], At(0xAA, sequence_of(Tag.OctetString, OCTETS))
    ]
    euicc_category: Annotated[int | None, At(0x8B, enumerated(EuiccCategory))] = None
    forbidden_profile_policy_rules: Annotated[frozenset[int] | None, At(0x99, bits(PprId))] = None
    pp_version: Annotated[Version, At(Tag.OctetString, VERSION)]
    sas_acreditation_number: Annotated[str, At(Tag.Utf8String, utf8(0, 64))]
    certification_data_object: Annotated[
        CertificationDataObject | None, At(0xAC, structure(CertificationDataObject))
    ] = None
    tre_properties: Annotated[frozenset[int] | None, At(0x8D, bits(TreProperty))] = None
    tre_product_reference: Annotated[str | None, At(0x8E, utf8(0, 65535))] = None
    additional_euicc_profile_package_versions: Annotated[
        tuple[Version, ...] | None, At(0xAF, sequence_of(Tag.OctetString, VERSION))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCapabilities(Structure):
    """DeviceCapabilities: the highest release the device supports, per access technology."""

    TAG: ClassVar[int] = 0xA1

    gsm_supported_release: Annotated[Version | None, At(0x80, VERSION)] = None
    utran_supported_release: Annotated[Version | None, At(0x81, VERSION)] = None
    cdma2000onex_supported_release: Annotated[Version | None, At(0x82, VERSION)] = None
    cdma2000hrpd_supported_release: Annotated[Version | None, At(0x83, VERSION)] = None
    cdma2000ehrpd_supported_release: Annotated[Version | None, At(0x84, VERSION)] = None
    eutran_epc_supported_release: Annotated[Version | None, At(0x85, VERSION)] = None
    contactless_supported_release: Annotated[Version | None, At(0x86, VERSION)] = None
    rsp_crl_supported_version: Annotated[Version | None, At(0x87, VERSION)] = None
    nr_epc_supported_release: Annotated[Version | None, At(0x88, VERSION)] = None
    nr5gc_supported_release: Annotated[Version | None, At(0x89, VERSION)] = None
    eutran5gc_supported_release: Annotated[Version | None, At(0x8A, VERSION)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo(Structure):
    """DeviceInfo: TAC (4 octets), capabilities, IMEI (8 octets)."""

    TAG: ClassVar[int] = 0xA1

    tac: Annotated[bytes, At(0x80, octets(4))]
    device_capabilities: Annotated[DeviceCapabilities, At(0xA1, structure(DeviceCapabilities))]
    imei: Annotated[bytes | None, At(0x82, octets(8))] = None
