"""Names of commands, functions and data objects, as the specifications spell them."""

from collections.abc import Mapping
from typing import Final

from rspcore.apdu import Ins
from rspcore.messages.v3.lsi_configuration import LsiFunction

__all__ = [
    "COMMANDS",
    "FUNCTIONS",
    "LSI_FUNCTIONS",
    "PROACTIVE",
    "function_name",
    "instruction_name",
]

COMMANDS: Final[Mapping[int, str]] = {
    **{int(ins): ins.name.replace("_", " ") for ins in Ins},
    Ins.GET_STATUS: "STATUS",
}
"""Instruction octets (TS 102 221, table 10.5; GlobalPlatform Card Specification, 11.1)."""

FUNCTIONS: Final[Mapping[int, tuple[str, str, str]]] = {
    0xBF20: ("ES10b.GetEUICCInfo", "GetEuiccInfo1Request", "EUICCInfo1"),
    0xBF21: ("ES10b.PrepareDownload", "PrepareDownloadRequest", "PrepareDownloadResponse"),
    0xBF22: ("ES10b.GetEUICCInfo", "GetEuiccInfo2Request", "EUICCInfo2"),
    0xBF23: ("ES8+.InitialiseSecureChannel", "InitialiseSecureChannelRequest", ""),
    0xBF28: ("ES10b.ListNotification", "ListNotificationRequest", "ListNotificationResponse"),
    0xBF29: ("ES10c.SetNickname", "SetNicknameRequest", "SetNicknameResponse"),
    0xBF2B: (
        "ES10b.RetrieveNotificationsList",
        "RetrieveNotificationsListRequest",
        "RetrieveNotificationsListResponse",
    ),
    0xBF2D: ("ES10c.GetProfilesInfo", "ProfileInfoListRequest", "ProfileInfoListResponse"),
    0xBF2E: ("ES10b.GetEUICCChallenge", "GetEuiccChallengeRequest", "GetEuiccChallengeResponse"),
    0xBF30: (
        "ES10b.RemoveNotificationFromList",
        "NotificationSentRequest",
        "NotificationSentResponse",
    ),
    0xBF31: ("ES10c.EnableProfile", "EnableProfileRequest", "EnableProfileResponse"),
    0xBF32: ("ES10c.DisableProfile", "DisableProfileRequest", "DisableProfileResponse"),
    0xBF33: ("ES10c.DeleteProfile", "DeleteProfileRequest", "DeleteProfileResponse"),
    0xBF34: ("ES10c.eUICCMemoryReset", "EuiccMemoryResetRequest", "EuiccMemoryResetResponse"),
    0xBF35: ("ES10b.LoadCRL", "LoadCRLRequest", "LoadCRLResponse"),
    0xBF36: ("ES10b.LoadBoundProfilePackage", "", ""),
    0xBF37: ("ES10b.LoadBoundProfilePackage", "", "ProfileInstallationResult"),
    0xBF38: ("ES10b.AuthenticateServer", "AuthenticateServerRequest", "AuthenticateServerResponse"),
    0xBF3C: (
        "ES10a.GetEuiccConfiguredAddresses",
        "EuiccConfiguredAddressesRequest",
        "EuiccConfiguredAddressesResponse",
    ),
    0xBF3E: ("ES10c.GetEID", "GetEuiccDataRequest", "GetEuiccDataResponse"),
    0xBF3F: (
        "ES10a.SetDefaultDpAddress",
        "SetDefaultDpAddressRequest",
        "SetDefaultDpAddressResponse",
    ),
    0xBF41: ("ES10b.CancelSession", "CancelSessionRequest", "CancelSessionResponse"),
    0xBF42: ("LpaeActivation", "LpaeActivationRequest", "LpaeActivationResponse"),
    0xBF43: ("ES10b.GetRAT", "GetRatRequest", "GetRatResponse"),
    0xBF44: ("ES10b.LoadRpmPackage", "LoadRpmPackageRequest", "LoadRpmPackageResult"),
    0xBF4B: (
        "ES10b.VerifyDeviceChange",
        "VerifyDeviceChangeRequest",
        "VerifyDeviceChangeResponse",
    ),
    0xBF4D: (
        "ES10b.PrepareDeviceChange",
        "PrepareDeviceChangeRequest",
        "PrepareDeviceChangeResponse",
    ),
    0xBF60: (
        "ES10b.VerifySmdpResponse",
        "VerifySmdpResponseRequest",
        "VerifySmdpResponseResponse",
    ),
    0xBF62: (
        "ES10b.VerifyProfileRecovery",
        "VerifyProfileRecoveryRequest",
        "VerifyProfileRecoveryResponse",
    ),
    0xBF45: (
        "ES10b.VerifySmdsResponse",
        "VerifySmdsResponseRequest",
        "VerifySmdsResponseResponse",
    ),
    0xA0: ("ES8+.ConfigureISDP", "", ""),
    0xA1: ("ES8+.StoreMetadata", "", ""),
    0xA2: ("ES8+.ReplaceSessionKeys", "", ""),
    0xA3: ("ES8+.LoadProfileElements", "", ""),
    0x86: ("ES8+.LoadProfileElements, one protected piece", "", ""),
    0x87: ("ES8+, one protected command", "", ""),
    0x88: ("ES8+.StoreMetadata, one protected piece", "", ""),
}
"""Functions of the ISD-R by the tag of their request: name, types of request and of response."""

PROACTIVE: Final[Mapping[int, str]] = {
    0x01: "REFRESH",
    0x02: "MORE TIME",
    0x03: "POLL INTERVAL",
    0x04: "POLLING OFF",
    0x05: "SET UP EVENT LIST",
    0x10: "SET UP CALL",
    0x11: "SEND SS",
    0x12: "SEND USSD",
    0x13: "SEND SHORT MESSAGE",
    0x14: "SEND DTMF",
    0x15: "LAUNCH BROWSER",
    0x20: "PLAY TONE",
    0x21: "DISPLAY TEXT",
    0x22: "GET INKEY",
    0x23: "GET INPUT",
    0x24: "SELECT ITEM",
    0x25: "SET UP MENU",
    0x26: "PROVIDE LOCAL INFORMATION",
    0x27: "TIMER MANAGEMENT",
    0x28: "SET UP IDLE MODE TEXT",
    0x40: "OPEN CHANNEL",
    0x41: "CLOSE CHANNEL",
    0x42: "RECEIVE DATA",
    0x43: "SEND DATA",
    0x44: "GET CHANNEL STATUS",
    0x79: "LSI COMMAND",
}
"""Types of proactive commands (ETSI TS 102 223, 9.4)."""


LSI_FUNCTIONS: Final[Mapping[int, str]] = {
    LsiFunction.SELECT: "select LSI {}",
    LsiFunction.RESET: "reset LSI {}",
    LsiFunction.ASSIGN_SWP: "assign LSI {} to the single wire interface",
    LsiFunction.RETRIEVE_SWP: "retrieve the LSI of the single wire interface",
    LsiFunction.CONFIGURE: "configure LSIs",
}
"""Functions of MANAGE LSI by P1, with the place of P2 (ETSI TS 102 221, 11.1.23)."""


def instruction_name(ins: int) -> str:
    """Returns the name of a command, or its instruction octet where none is known.

    >>> instruction_name(0xA4), instruction_name(0x99)
    ('SELECT', 'command 99')
    """
    return COMMANDS.get(ins, f"command {ins:02X}")


def function_name(tag: int) -> str:
    """Returns the name of the function a request has by its tag, or the tag.

    >>> function_name(0xBF3E), function_name(0xBF7F)
    ('ES10c.GetEID', 'BF7F')
    """
    return FUNCTIONS[tag][0] if tag in FUNCTIONS else f"{tag:X}"
