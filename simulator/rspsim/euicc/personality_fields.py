"""The class `Personality`: the fixed facts that one kind of card says of itself.

Source: SGP.22 v2 and v3.1, 5.7.8 and annex H; ETSI TS 102 221, 6.3 for the ATR.
"""

from dataclasses import field
from typing import Final

from rspcore.frozen import dataclass
from rspcore.ids import Version
from rspcore.messages.euicc_info import CertificationDataObject
from rspcore.pki.variants import Variant
from rspsim.euicc.options import Options

__all__ = ["Personality"]

_ATR: Final = bytes.fromhex("3B9F96803FC7828031E073FE211365554943437369" + "6D13")
"""T=0 only; the first TB after T=15 is 82: eUICC functions (TS 102 221, 6.3.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Personality:
    """The fixed facts of one kind of card.

    Attributes:
        name: Name it is asked for by, for example "v2.5".
        svn: SGP.22 version the card claims; of a card of version 3 the lowest one it works with.
        highest_svn: Highest SGP.22 version of a card of version 3; None for a card of version 2.
        profile_version: Version of the profile package specification.
        firmware_version: Vendor's version of the card's software.
        uicc_capability: Bits of UICCCapability.
        ts102241_version: Java Card API version, or None without Java Card.
        globalplatform_version: GlobalPlatform Card Specification version, or None.
        rsp_capability: Bits of RspCapability, of a card of version 3 those of EuiccRspCapability.
        category: euiccCategory, or None to leave the field out.
        pp_version: Version of the protection profile.
        sas_accreditation_number: Production site's accreditation, up to 64 characters.
        certification_data_object: Where the DLOA is published, or None.
        tre_properties: Bits of TreProperty, or None (the field exists from v2.3).
        tre_product_reference: Text, or None.
        additional_profile_versions: Further versions of profile packages understood, or None.
        lpae_support: LPAe bits for the select data, or None to leave the field out.
        chain: Variant of the chain of version 3 that it has beside that of Variant O, or None.
        lpa_mode: lpaMode, or None to leave the field out (the field exists from v3.0).
        atr: Answer to reset.
        max_data_length: Longest data field of a command, as the FCI of the ISD-R gives it, octets.
        nvm_size: Non-volatile memory for Profiles, in octets.
        ram_size: Free volatile memory, in octets.
        isdr: False for a SIM that is no eUICC: it has neither ISD-R nor ECASD.
        mep_modes: Modes of several enabled Profiles (MepMode), in the order the card says them.
        esim_ports: How many eSIM Ports can have a Profile enabled.
        options: What this version decides of the open points.
    """

    name: str
    svn: Version
    highest_svn: Version | None = None
    profile_version: Version
    firmware_version: Version
    uicc_capability: frozenset[int]
    ts102241_version: Version | None
    globalplatform_version: Version | None
    rsp_capability: frozenset[int]
    category: int | None = None
    pp_version: Version
    sas_accreditation_number: str
    certification_data_object: CertificationDataObject | None = None
    tre_properties: frozenset[int] | None = None
    tre_product_reference: str | None = None
    additional_profile_versions: tuple[Version, ...] | None = None
    lpae_support: frozenset[int] | None = None
    chain: Variant | None = None
    lpa_mode: int | None = None
    atr: bytes = _ATR
    max_data_length: int = 255
    nvm_size: int = 512 * 1024
    ram_size: int = 16 * 1024
    isdr: bool = True
    mep_modes: tuple[int, ...] = ()
    esim_ports: int = 1
    options: Options = field(default_factory=Options)

    @property
    def version_3(self) -> bool:
        """Returns whether the card has the messages and functions of version 3."""
        return self.highest_svn is not None
