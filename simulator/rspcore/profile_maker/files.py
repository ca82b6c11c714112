"""File system elements of a test profile, written as TLVs after the templates of SAIP 2.3.

Files keep the template's values where these fit; only what the template leaves to the profile
is given, with the content that makes a USIM work. EF.ARR holds the fourteen default access rules of
the templates, so that no file needs a rule of its own, and EF.ARR of the ADF is a link to it.

Source: TCA eUICC Profile Package, templates MF (2.1), USIM (2.4), OPT-USIM (2.5); TS 31.102.
"""

from typing import Final

from rspcore.frozen import dataclass
from rspcore.ids import Oid
from rspcore.profile_maker.parameters import ProfileParameters
from rspcore.profile_maker.subscriber_files import (
    contact_records,
    dialling_number,
    phonebook_reference,
)
from rspcore.tlv import encode

__all__ = [
    "ACCESS_RULES",
    "ADF_FID",
    "TEMPLATE_ROOT",
    "USIM_AID",
    "FcpParameters",
    "imsi_content",
    "mf_files",
    "opt_usim_files",
    "phonebook_files",
    "template_oid",
    "usim_files",
    "ust_content",
]

TEMPLATE_ROOT: Final = "2.23.143.1."
USIM_AID: Final = bytes.fromhex("A0000000871002FF49FF0589")
ADF_FID: Final = bytes.fromhex("7FD0")
"""Temporary file identifier of ADF.USIM, for paths inside the package."""

_READ_ALWAYS: Final = "8001019000"
_ADM = "A40683010A950108"
_PIN1 = "A406830101950108"
_PIN2 = "A406830181950108"
ACCESS_RULES: Final[tuple[str, ...]] = (
    f"{_READ_ALWAYS} 800102{_PIN1} 800158{_ADM}",
    f"800101{_PIN1} 80015A{_ADM}",
    f"80015B{_ADM}",
    f"{_READ_ALWAYS} 80011A9700 800140{_ADM}",
    f"800103{_PIN1} 800158{_ADM}",
    f"800111{_PIN1} 80014A{_ADM}",
    f"800103{_PIN1} 800158{_ADM} 840132{_PIN1}",
    f"800101{_PIN1} 800102{_PIN2} 800158{_ADM}",
    f"{_READ_ALWAYS} 80011A{_PIN1} 800140{_ADM}",
    f"{_READ_ALWAYS} 80015A{_ADM}",
    f"{_READ_ALWAYS} 800118{_ADM} 8001429700",
    f"800101{_PIN1} 80015A9700",
    f"800113{_PIN1} 800148{_ADM}",
    f"80015E{_ADM}",
)
"""Records of EF.ARR: the default access rules 1 to 14 that the templates number."""

_DF_RULE: Final = bytes.fromhex("2F060E")

_MSISDN_NAME_OCTETS: Final = 10
_UST_OCTETS: Final = 14
"""Size of EF.UST in the template, in octets."""

_SERVICES_ALWAYS: Final = (10, 12, 19, 33, 85)
"""EF.UST services whose files every package has: SMS, SMSP, SPN, 33 (always set), EPS mobility."""


def template_oid(number: str) -> bytes:
    """Returns the content octets of a template OID, for example of "2.4" for USIM."""
    return Oid(TEMPLATE_ROOT + number).content


def _minimal(number: int) -> bytes:
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class FcpParameters:
    """The components of an Fcp a test profile uses; None leaves one out.

    Attributes:
        descriptor: fileDescriptor in hexadecimal digits.
        file_id: File identifier, 2 octets.
        df_name: AID of an ADF.
        rule: securityAttributesReferenced, 1 or 3 octets.
        size: efFileSize in octets.
        pin_status: Key references of pinStatusTemplateDO in hexadecimal digits.
        sfi: shortEFID; empty for none.
        link: linkPath.
    """

    descriptor: str | None = None
    file_id: bytes | None = None
    df_name: bytes | None = None
    rule: bytes | None = None
    size: int | None = None
    pin_status: str | None = None
    sfi: bytes | None = None
    link: bytes | None = None

    def encode(self) -> bytes:
        """Returns the components in the order of the ASN.1 module, without their wrapper."""
        parts = (
            (0x82, None if self.descriptor is None else bytes.fromhex(self.descriptor)),
            (0x83, self.file_id),
            (0x84, self.df_name),
            (0x8B, self.rule),
            (0x80, None if self.size is None else _minimal(self.size)),
            (0xC6, None if self.pin_status is None else bytes.fromhex(self.pin_status)),
            (0x88, self.sfi),
            (0xC7, self.link),
        )
        return b"".join(encode(tag, value) for tag, value in parts if value is not None)


def _file(tag: int, content: bytes | None = None, fcp: FcpParameters | None = None) -> bytes:
    described = b"" if fcp is None else encode(0xA1, fcp.encode())
    filled = b"" if content is None else encode(0x83, content)
    return encode(tag, described, filled)


def mf_files(parameters: ProfileParameters) -> bytes:
    """Returns the files of PE-MF: MF, EF.PL, EF.ICCID, EF.DIR, EF.ARR and EF.UMPC."""
    rules = [bytes.fromhex(rule) for rule in ACCESS_RULES]
    width = max(map(len, rules))
    arr = b"".join(rule.ljust(width, b"\xff") for rule in rules)
    directory = b""
    if parameters.imsi is not None:
        directory = encode(
            0x61, encode(0x4F, parameters.usim_aid or USIM_AID), encode(0x50, b"USIM")
        )
    record = max(len(directory), 33)
    return b"".join(
        (
            _file(0xA2, None, FcpParameters(rule=_DF_RULE, pin_status="010A0B")),
            _file(0xA3, b"en"),
            _file(0xA4, parameters.iccid.octets),
            _file(
                0xA5,
                directory or b"\xff",
                FcpParameters(descriptor=f"4221{record:04X}", file_id=b"\x2f\x00", size=2 * record),
            ),
            _file(
                0xA6,
                arr,
                FcpParameters(descriptor=f"4221{width:04X}", file_id=b"\x2f\x06", size=len(arr)),
            ),
            _file(0xA7, bytes.fromhex("3C3C000000")),
        )
    )


def imsi_content(imsi: str) -> bytes:
    """Returns the content of EF.IMSI: a length octet and the digits, nibbles swapped."""
    parity = "9" if len(imsi) % 2 else "1"
    nibbles = (parity + imsi).ljust(16, "F")
    swapped = "".join(nibbles[i + 1] + nibbles[i] for i in range(0, 16, 2))
    return bytes(((len(imsi) + 2) // 2,)) + bytes.fromhex(swapped)


def ust_content(parameters: ProfileParameters) -> bytes:
    """Returns the content of EF.UST: 14 octets, or as many as the services take."""
    services = {*_SERVICES_ALWAYS, *parameters.services}
    services |= {1} if parameters.contacts else set()
    services |= {21} if parameters.msisdn is not None else set()
    services |= {17} if parameters.gid1 is not None else set()
    services |= {18} if parameters.gid2 is not None else set()
    table = bytearray(max(_UST_OCTETS, (max(services) + 7) // 8))
    for number in services:
        table[(number - 1) // 8] |= 1 << (number - 1) % 8
    return bytes(table)


def _spn_content(name: str) -> bytes:
    text = name.encode("ascii", "replace")[:16]
    return b"\x01" + text.ljust(16, b"\xff")


def usim_files(parameters: ProfileParameters, imsi: str) -> bytes:
    """Returns the files of PE-USIM: the ADF and the seven EFs a profile has to fill."""
    access_class = 1 << int(imsi[-1])
    ust = ust_content(parameters)
    aid = parameters.usim_aid or USIM_AID
    adf = FcpParameters(file_id=ADF_FID, df_name=aid, rule=_DF_RULE, pin_status="81010A0B")
    return b"".join(
        (
            _file(0xA2, None, adf),
            _file(0xA3, imsi_content(imsi)),
            _file(0xA4, None, FcpParameters(link=b"\x2f\x06")),
            _file(0xA8, ust, None if len(ust) == _UST_OCTETS else FcpParameters(size=len(ust))),
            _file(0xAD, _spn_content(parameters.spn)),
            _file(0xAE, b"\x00"),
            _file(0xB2, access_class.to_bytes(2, "big")),
            _file(0xB5, bytes((0, 0, 0, parameters.mnc_digits))),
            _file(0xB6, bytes.fromhex("11F2FF00")),
        )
    )


def opt_usim_files(parameters: ProfileParameters) -> bytes:
    """Returns the files of PE-OPT-USIM: GIDs and own number when requested; else empty."""
    files = b""
    for tag, content in ((0xA5, parameters.gid1), (0xA6, parameters.gid2)):
        if content is not None:
            files += _file(tag, content, FcpParameters(size=len(content)))
    if parameters.msisdn is not None:
        record = dialling_number("", parameters.msisdn, name_octets=_MSISDN_NAME_OCTETS)
        files += _file(0xA7, record)
    return files


def phonebook_files(parameters: ProfileParameters) -> bytes:
    """Returns the files of PE-PHONEBOOK: the directory, EF.PBR and EF.ADN with the contacts."""
    entries = contact_records(parameters.contacts)
    reference = phonebook_reference()
    return b"".join(
        (
            _file(0xA2, None, FcpParameters(rule=_DF_RULE, pin_status="81010A0B")),
            _file(0xA3, reference, _records(len(reference), 1)),
            _file(0xAB, b"".join(entries), _records(len(entries[0]), len(entries))),
        )
    )


def _records(length: int, number: int) -> FcpParameters:
    return FcpParameters(descriptor=f"4221{length:04X}", size=length * number)
