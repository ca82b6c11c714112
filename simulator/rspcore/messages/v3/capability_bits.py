"""The bits by which card, LPA and server of version 3 say what they are capable of.

A bit that is not sent counts as 0. Bits from 23 of the card and 4 of the server are of v3.1.
"""

from enum import IntEnum

__all__ = ["EuiccRspCapability", "LpaMode", "LpaRspCapability", "ServerRspCapability"]


class EuiccRspCapability(IntEnum):
    """The bits of euiccRspCapability; 0 to 5 are those of rspCapability in version 2."""

    additionalProfile = 0
    loadCrlSupport = 1
    rpmSupport = 2
    testProfileSupport = 3
    deviceInfoExtensibilitySupport = 4
    serviceSpecificDataSupport = 5
    hriServerAddressSupport = 6
    serviceProviderMessageSupport = 7
    lpaProxySupport = 8
    enterpriseProfilesSupport = 9
    serviceDescriptionSupport = 10
    deviceChangeSupport = 11
    encryptedDeviceChangeDataSupport = 12
    estimatedProfileSizeIndicationSupport = 13
    profileSizeInProfilesInfoSupport = 14
    crlStaplingV3Support = 15
    certChainV3VerificationSupport = 16
    signedSmdsResponseV3Support = 17
    euiccRspCapInInfo1 = 18
    osUpdateSupport = 19
    cancelForEmptySpnPnSupport = 20
    updateNotifConfigInfoSupport = 21
    updateMetadataV3Support = 22
    v3ObjectsInCtxParamsCASupport = 23
    pushServiceRegistrationSupport = 24


class LpaRspCapability(IntEnum):
    """The bits of lpaRspCapability."""

    crlStaplingV3Support = 0
    certChainV3Support = 1
    apduApiSupport = 2
    enterpriseCapableDevice = 3
    lpaProxySupport = 4
    signedSmdsResponseV3Support = 5
    euiccCiUpdateSupport = 6
    eventCheckingSupport = 7
    pushServiceSupport = 8
    pendingOperationAlertingSupport = 9


class ServerRspCapability(IntEnum):
    """The bits of serverRspCapability."""

    crlStaplingV3Support = 0
    eventListSigningV3Support = 1
    pushServiceV3Support = 2
    cancelForEmptySpnPnSupport = 3
    cancelForSessionAbortedSupport = 4


class LpaMode(IntEnum):
    """The values of lpaMode."""

    lpad = 0
    lpae = 1
