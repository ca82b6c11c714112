"""Personalities of cards that were recorded: what six kinds of real cards say of themselves.

Values only. What such a card does otherwise are legal variations, and a preset has both
(`rspsim.card_presets`). What was not recorded of a kind is that of its neighbour of the same
version. The recorded octets are in fixtures/vectors; the AID of the ISD-R is the standard one here.
"""

from typing import Final

from rspcore.frozen import replace
from rspcore.ids import Version
from rspcore.messages.euicc_info import CertificationDataObject, EuiccCategory
from rspsim.euicc.options import Options
from rspsim.euicc.personality_fields import Personality

__all__ = ["FIELD_PERSONALITIES"]

_PLACEHOLDER: Final = CertificationDataObject(
    platform_label="1.2.840.1234567/myPlatformLabel",
    discovery_base_url="https://mycompany.com/myDLOARegistrar",
)
_GLOBALPLATFORM: Final = Version.from_text("2.3.0")
_EMPTY_LIST: Final = Options(no_result_available=False)


def _bits(text: str) -> frozenset[int]:
    """Returns the bits set in a BIT STRING: the number of unused bits, then the octets."""
    octets = bytes.fromhex(text)[1:]
    return frozenset(n for n in range(8 * len(octets)) if octets[n // 8] & 0x80 >> n % 8)


def _card(
    name: str,
    versions: tuple[str, str, str, str, str],
    memory: tuple[int, int],
    bits: tuple[str, str],
    accreditation: str,
) -> Personality:
    """Returns a card.

    Args:
        name: Its name.
        versions: Those of profile packages, SGP.22, firmware, Java Card and protection profile.
        memory: Free non-volatile and volatile memory.
        bits: UICCCapability and RspCapability, as recorded.
        accreditation: sasAcreditationNumber.
    """
    package, svn, firmware, java_card, protection = map(Version.from_text, versions)
    return Personality(
        name=name,
        profile_version=package,
        svn=svn,
        firmware_version=firmware,
        ts102241_version=java_card,
        globalplatform_version=_GLOBALPLATFORM,
        pp_version=protection,
        nvm_size=memory[0],
        ram_size=memory[1],
        uicc_capability=_bits(bits[0]),
        rsp_capability=_bits(bits[1]),
        sas_accreditation_number=accreditation,
        options=_EMPTY_LIST,
    )


_EC_222: Final = replace(
    _card(
        "ec-222",
        ("2.3.1", "2.2.2", "4.2.0", "9.2.0", "1.0.0"),
        (0x00075944, 0x0237),
        ("077F3E1F80", "0490"),
        "ED-ZI-UP-0824",
    ),
    category=EuiccCategory.other,
    atr=bytes.fromhex("3B9F96803FC7828031E073FE211B57AA8660F0020001FD"),
)
_EC_220: Final = replace(
    _card(
        "ec-220",
        ("2.1.0", "2.2.0", "4.2.0", "9.2.0", "1.0.0"),
        (0x00074168, 0x3996),
        ("017F3A", "0490"),
        "ED-ZI-UP-0822",
    ),
    category=EuiccCategory.other,
    atr=bytes.fromhex("3B9F96803FC7828031E073FE211B57AA8660F0010011EE"),
)
_KIGEN_230: Final = replace(
    _card(
        "kigen-230",
        ("2.3.1", "2.3.0", "36.17.4", "15.1.0", "1.0.0"),
        (0x00175200, 0x7FE3),
        ("067F36F7C0", "0398"),
        "KN-DN-UP-0924",
    ),
    atr=bytes.fromhex("3B9F96803F87828031E073FE211F574543753130276F3C"),
)
_SYSMO_C2T: Final = replace(
    _card(
        "sysmo-c2t",
        ("2.3.1", "2.3.0", "35.6.35", "15.1.0", "1.0.0"),
        (0x00045BF8, 0x2419),
        ("067F36F3C0", "0398"),
        "SYSMOCOM-TEST-1",
    ),
)
_GD_220: Final = replace(
    _card(
        "gd-220",
        ("2.1.0", "2.2.0", "4.6.0", "9.2.0", "0.0.1"),
        (0x00069788, 0x1922),
        ("067F36C0", "0490"),
        "GI-BA-UP-0419",
    ),
    certification_data_object=_PLACEHOLDER,
)
_IOT_GD: Final = replace(
    _GD_220, name="iot-gd", svn=Version.from_text("2.5.0"), certification_data_object=None
)

FIELD_PERSONALITIES: Final = (_EC_222, _EC_220, _KIGEN_230, _SYSMO_C2T, _GD_220, _IOT_GD)
"""Cards of Eastcompeace (two), Kigen (two) and G+D (two) families."""
