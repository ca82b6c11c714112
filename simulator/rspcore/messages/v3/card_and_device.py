"""EUICCInfo1, EUICCInfo2, DeviceInfo and the select data of the ISD-R in version 3.

`svn` is lowestSvn there, `rsp_capability` euiccRspCapability and `profile_version`
baseProfilePackageVersion: tag and meaning are those of version 2.
"""

from enum import IntEnum
from typing import Annotated

from rspcore.frozen import dataclass
from rspcore.ids import Version
from rspcore.messages import euicc_info, isdr
from rspcore.messages.codec import (
    NULL,
    OCTETS,
    UTF8,
    VERSION,
    At,
    Structure,
    bits,
    enumerated,
    octets,
    sequence_of,
    structure,
)
from rspcore.messages.v3.capability_bits import EuiccRspCapability, LpaMode, LpaRspCapability
from rspcore.tags import Tag

__all__ = [
    "CatClass",
    "DeviceAdditionalFeatureSupport",
    "DeviceCapabilities",
    "DeviceInfo",
    "EuiccConfiguration",
    "EuiccFormFactorType",
    "EuiccInfo1",
    "EuiccInfo2",
    "IotSpecificInfo",
    "IsdrProprietaryApplicationTemplate",
]


class CatClass(IntEnum):
    """The bits of catSupportedClasses."""

    a = 0
    b = 1
    c = 2
    d = 3
    e = 4
    f = 5
    g = 6
    h = 7
    i = 8
    j = 9
    k = 10
    l = 11  # noqa: E741  the letter of the class
    m = 12
    n = 13
    o = 14
    p = 15
    q = 16
    r = 17
    s = 18
    t = 19
    u = 20
    v = 21
    w = 22
    x = 23
    y = 24
    z = 25
    aa = 26
    ab = 27
    ac = 28
    ad = 29
    ae = 30
    af = 31
    ag = 32
    ah = 33
    ai = 34
    aj = 35
    ak = 36
    al = 37
    am = 38


class EuiccFormFactorType(IntEnum):
    """The values of euiccFormFactorType."""

    removableEuicc = 0
    nonRemovableEuicc = 1


class EuiccConfiguration(IntEnum):
    """The bits of euiccConfiguration, which lpaeSupport became."""

    lpaeUsingCatSupported = 0
    lpaeUsingScwsSupported = 1
    enabledProfile = 2
    lpaeUsingE4Esupported = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccInfo1(euicc_info.EuiccInfo1):
    """EUICCInfo1; the list of version 2 is that of Variant O, and may be empty."""

    euicc_ci_pkid_list_for_signing_v3: Annotated[
        tuple[bytes, ...] | None, At(0xB1, sequence_of(Tag.OctetString, OCTETS))
    ] = None
    euicc_rsp_capability: Annotated[frozenset[int] | None, At(0x88, bits(EuiccRspCapability))] = (
        None
    )
    highest_svn: Annotated[Version | None, At(0x93, VERSION)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IotSpecificInfo(Structure):
    """IoTSpecificInfo, of cards by SGP.32 alone; its content is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccInfo2(euicc_info.EuiccInfo2):
    """EUICCInfo2, lazy as that of version 2; additional_euicc_info has up to 32 octets."""

    rsp_capability: Annotated[frozenset[int], At(0x88, bits(EuiccRspCapability))]
    lpa_mode: Annotated[int | None, At(0x90, enumerated(LpaMode))] = None
    euicc_ci_pkid_list_for_signing_v3: Annotated[
        tuple[bytes, ...] | None, At(0xB1, sequence_of(Tag.OctetString, OCTETS))
    ] = None
    additional_euicc_info: Annotated[bytes | None, At(0x92, octets(0, 32))] = None
    highest_svn: Annotated[Version | None, At(0x93, VERSION)] = None
    iot_specific_info: Annotated[IotSpecificInfo | None, At(0xB4, structure(IotSpecificInfo))] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAdditionalFeatureSupport(Structure):
    """DeviceAdditionalFeatureSupport (v3.1)."""

    nai_support: Annotated[Version | None, At(0x80, VERSION)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCapabilities(euicc_info.DeviceCapabilities):
    """DeviceCapabilities; what is new goes only to a card with deviceInfoExtensibilitySupport."""

    lpa_svn: Annotated[Version | None, At(0x8B, VERSION)] = None
    cat_supported_classes: Annotated[frozenset[int] | None, At(0x8C, bits(CatClass))] = None
    euicc_form_factor_type: Annotated[int | None, At(0x8D, enumerated(EuiccFormFactorType))] = None
    device_additional_feature_support: Annotated[
        DeviceAdditionalFeatureSupport | None,
        At(0xAE, structure(DeviceAdditionalFeatureSupport)),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo(euicc_info.DeviceInfo):
    """DeviceInfo; what is new goes only to a card with deviceInfoExtensibilitySupport.

    The languages are tags of RFC 5646, such as "en" or "de-AT".
    """

    device_capabilities: Annotated[DeviceCapabilities, At(0xA1, structure(DeviceCapabilities))]
    preferred_languages: Annotated[
        tuple[str, ...] | None, At(0xA3, sequence_of(Tag.Utf8String, UTF8))
    ] = None
    device_test_mode: Annotated[bool | None, At(0x84, NULL)] = None
    lpa_rsp_capability: Annotated[frozenset[int] | None, At(0x85, bits(LpaRspCapability))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IsdrProprietaryApplicationTemplate(isdr.IsdrProprietaryApplicationTemplate):
    """ISDRProprietaryApplicationTemplate; `lpae_support` is euiccConfiguration."""

    lpae_support: Annotated[frozenset[int] | None, At(0x03, bits(EuiccConfiguration))] = None
