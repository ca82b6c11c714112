"""Which bit of UICCCapability promises a service that a profile header can ask for.

Source: TCA eUICC Profile Package, ServicesList; SGP.22 v2, 5.7.8, UICCCapability. The two number
the same services differently.
"""

from collections.abc import Mapping
from typing import Final

from rspcore.messages.euicc_info import UiccCapability

__all__ = ["SERVICE_CAPABILITIES"]

SERVICE_CAPABILITIES: Final[Mapping[str, UiccCapability]] = {
    "contactless": UiccCapability.contactlessSupport,
    "usim": UiccCapability.usimSupport,
    "isim": UiccCapability.isimSupport,
    "csim": UiccCapability.csimSupport,
    "milenage": UiccCapability.akaMilenage,
    "tuak128": UiccCapability.akaTuak128,
    "cave": UiccCapability.akaCave,
    "gba-usim": UiccCapability.gbaAuthenUsim,
    "gba-isim": UiccCapability.gbaAuthenISim,
    "mbms": UiccCapability.mbmsAuthenUsim,
    "eap": UiccCapability.eapClient,
    "javacard": UiccCapability.javacard,
    "multos": UiccCapability.multos,
    "multiple-usim": UiccCapability.multipleUsimSupport,
    "multiple-isim": UiccCapability.multipleIsimSupport,
    "multiple-csim": UiccCapability.multipleCsimSupport,
    "tuak256": UiccCapability.akaTuak256,
    "usim-test-algorithm": UiccCapability.usimTestAlgorithm,
    "ber-tlv": UiccCapability.berTlvFileSupport,
    "dfLink": UiccCapability.dfLinkSupport,
    "cat-tp": UiccCapability.catTp,
    "get-identity": UiccCapability.getIdentity,
    "profile-a-x25519": UiccCapability.profile_a_x25519,
    "profile-b-p256": UiccCapability.profile_b_p256,
    "suciCalculatorApi": UiccCapability.suciCalculatorApi,
    "dns-resolution": UiccCapability.dns_resolution,
    "scp11ac": UiccCapability.scp11ac,
    "scp11c-authorization-mechanism": UiccCapability.scp11c_authorization_mechanism,
    "s16mode": UiccCapability.s16mode,
    "eaka": UiccCapability.eaka,
}
"""Service of a header to the bit that promises it; later services than these have none here."""
