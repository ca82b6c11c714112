"""Tags of the ES8+ and ES10 data objects and the fixed AIDs, each number once.

Source: SGP.22 v2, 5.4 to 5.7 and annex H; GlobalPlatform Card Specification, 11.1.
"""

from enum import IntEnum
from typing import Final

from rspcore.ids import Aid

__all__ = [
    "ECASD_AID",
    "ISDP_OWN_AID",
    "ISDP_PREFIX",
    "ISDR_AID",
    "Tag",
]

ISDR_AID: Final = Aid.from_hex("A0000005591010FFFFFFFF8900000100")
ECASD_AID: Final = Aid.from_hex("A0000005591010FFFFFFFF8900000200")
ISDP_OWN_AID: Final = Aid.from_hex("A0000005591010FFFFFFFF8900000F00")
"""Reserved AID by which an operator's script names the ISD-P of its own Profile."""
ISDP_PREFIX: Final = bytes.fromhex("A0000005591010FFFFFFFF8900")
"""First 13 octets of every ISD-P AID; two octets of number (0010 to FFFF) and 00 follow."""


class Tag(IntEnum):
    """The tags, spelled as SGP.22 spells the objects."""

    GetEuiccInfo1 = 0xBF20
    PrepareDownload = 0xBF21
    GetEuiccInfo2 = 0xBF22
    InitialiseSecureChannel = 0xBF23
    ConfigureISDP = 0xBF24
    StoreMetadata = 0xBF25
    ReplaceSessionKeys = 0xBF26
    ProfileInstallationResultData = 0xBF27
    ListNotification = 0xBF28
    SetNickname = 0xBF29
    UpdateMetadata = 0xBF2A
    RetrieveNotificationsList = 0xBF2B
    GetProfilesInfo = 0xBF2D
    GetEuiccChallenge = 0xBF2E
    NotificationMetadata = 0xBF2F
    NotificationSent = 0xBF30
    EnableProfile = 0xBF31
    DisableProfile = 0xBF32
    DeleteProfile = 0xBF33
    EuiccMemoryReset = 0xBF34
    LoadCRL = 0xBF35
    BoundProfilePackage = 0xBF36
    ProfileInstallationResult = 0xBF37
    AuthenticateServer = 0xBF38
    GetEuiccConfiguredAddresses = 0xBF3C
    GetEuiccData = 0xBF3E
    SetDefaultDpAddress = 0xBF3F
    CancelSession = 0xBF41
    LpaeActivation = 0xBF42
    GetRat = 0xBF43
    VerifySmdsResponse = 0xBF45
    LoadRpmPackage = 0xBF44
    VerifyDeviceChange = 0xBF4B
    PrepareDeviceChange = 0xBF4D
    VerifySmdpResponse = 0xBF60
    VerifyProfileRecovery = 0xBF62
    DeleteNotificationForDc = 0xBF63

    Sequence = 0x30
    Integer = 0x02
    Boolean = 0x01
    OctetString = 0x04
    ObjectIdentifier = 0x06
    Utf8String = 0x0C
    Signature = 0x5F37
    OneTimePublicKey = 0x5F49
    Iccid = 0x5A
    Eid = 0x5A  # the same number: an identifier, of a Profile or of the card
    IsdpAid = 0x4F
    TagList = 0x5C
    ProfileState = 0x9F70
    ProfileNickname = 0x90
    ServiceProviderName = 0x91
    ProfileName = 0x92
    IconType = 0x93
    Icon = 0x94
    ProfileClass = 0x95
    ProfilePolicyRules = 0x99
    NotificationConfigurationInfo = 0xB6
    ProfileOwner = 0xB7
    DpProprietaryData = 0xB8
    ProfileInfo = 0xE3
    IsdrSelectData = 0xE0

    # Objects of version 3.
    RpmConfiguration = 0xBA
    HriServerAddress = 0x9B
    LprConfiguration = 0xBC
    EnterpriseConfiguration = 0xBD
    ServiceProviderMessage = 0xBE
    ServiceDescription = 0x9F1F
    DeviceChangeConfiguration = 0xBF20  # the number of EUICCInfo1, inside of metadata
    EstimatedProfileSize = 0x9F21
    UpdateMetadataResult = 0x9F2A
    EnabledOnEsimPort = 0x9F24
    ProfileSize = 0x9F25
    CarrierAccessRules = 0xBF76

    FirstSequenceOf87 = 0xA0
    SequenceOf88 = 0xA1
    SecondSequenceOf87 = 0xA2
    SequenceOf86 = 0xA3
    Protected86 = 0x86
    Protected87 = 0x87
    Protected88 = 0x88
