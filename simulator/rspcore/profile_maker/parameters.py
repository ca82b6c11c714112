"""ProfileParameters: everything that makes one test profile differ from another."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from rspcore.errors import LocalError
from rspcore.frozen import dataclass
from rspcore.ids import Iccid, MccMnc
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    OperatorId,
    ProfileClass,
)
from rspcore.profile_reader.network_access import AlgorithmId

__all__ = [
    "BUILT_IN_CODES",
    "BUILT_IN_SECRETS",
    "DEFAULT_KI",
    "DEFAULT_OPC",
    "ProfileParameters",
]

DEFAULT_KI: Final = bytes.fromhex("4C1A6E70D3B85F2994A7C20E8B5D613F")
"""K of the test profiles unless another is given: this project's own, used nowhere else."""
DEFAULT_OPC: Final = bytes.fromhex("E19D3A5C70B264F8132EC5897DA04B6E")
"""OPc of the test profiles unless another is given; see `DEFAULT_KI`."""
_OTA_KEYS: Final = (
    bytes.fromhex("7D0B93E65A1FC8427E36D1098CF4A5BB"),
    bytes.fromhex("2AC67F1894D35EB0611DF9A8470E8C32"),
    bytes.fromhex("B4583E0D97CA26F1085FE2613BD97C4A"),
)
"""KIc, KID and DEK unless others are given: irregular, so that a leak can be recognised."""
BUILT_IN_SECRETS: Final[Mapping[str, bytes | None]] = {
    "ki": DEFAULT_KI,
    "opc": None,
    "kic": _OTA_KEYS[0],
    "kid": _OTA_KEYS[1],
    "dek": _OTA_KEYS[2],
}
"""What the fields with a secret are unless another is given; None for OPc means the default one."""
BUILT_IN_CODES: Final[Mapping[str, bytes]] = {
    "pin1": b"0000",
    "pin2": b"9999",
    "puk1": b"11111111",
    "puk2": b"22222222",
    "adm1": b"55555555",
    "adm2": b"66666666",
}
"""What the codes are unless others are given: those of public test profiles."""

_KEY_OCTETS: Final = {
    AlgorithmId.milenage: (16,),
    AlgorithmId.tuak: (16, 32),
    AlgorithmId.usim_test: (16,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileParameters:
    """The parameters of one test profile.

    Attributes:
        iccid: ICCID of header, EF.ICCID and metadata.
        imsi: 6 to 15 digits; None for a Profile without a USIM and so without EF.IMSI.
        usim_aid: AID of the USIM, 7 to 16 octets; None for the one most test profiles share.
        mnc_digits: How many digits of the IMSI are the MNC, 2 or 3.
        ki: K, 16 octets (16 or 32 for TUAK).
        opc: OPc of 16 octets, TOPc of 32 octets for TUAK; None for a fixed value of that length.
        algorithm: Authentication algorithm of the USIM.
        algorithm_options: algorithmOptions, one octet as a number; None for the usual value.
        spn: Service provider name of metadata (0 to 32 characters) and EF.SPN (its first 16).
        profile_name: Profile name of the metadata, 0 to 64 characters.
        profile_class: Class in the metadata; None leaves it out, which means operational.
        ppr: Bits of profilePolicyRules; None leaves the field out.
        gid1: Content of EF.GID1, or None for no such file.
        gid2: Content of EF.GID2, or None for no such file.
        msisdn: Own number in EF.MSISDN: at most 20 digits, perhaps + before them; None for no file.
        contacts: Name and number of each entry of the phone book of the USIM.
        menu_title: Title of the menu.
        menu: Text and action of each item of a toolkit menu, as
            `rspcore.profile_maker.subscriber_files.menu_parameters` has it; empty for none.
        services: Numbers of further services in EF.UST, besides those whose files are there.
        owner: profileOwner of the metadata; None to make it from IMSI, gid1 and gid2.
        with_owner: False leaves profileOwner out.
        notification_configuration: Entries of notificationConfigurationInfo; empty leaves it out.
        icon: Icon of the metadata, PNG or JPG by its first octets, at most 1,024; None for none.
        kic: Ciphering key of the SCP80 key set of the MNO-SD, 16 octets (AES, KVN 01, KID 01).
        kid: Integrity key of that set, 16 octets (KID 02).
        dek: Data encryption key of that set, 16 octets (KID 03).
        pin1: Digits of PIN1, 4 to 8 in ASCII; it comes disabled.
        pin2: Digits of PIN2.
        puk1: Eight digits that unblock PIN1.
        puk2: Eight digits that unblock PIN2.
        adm1: Eight octets of ADM1, which guards most files.
        adm2: Eight octets of ADM2, which guards none.
        size: Size of the package in octets, reached with content in extra EFs; None for the
            smallest size.
        version: major-version and minor-version of the header; the content is that of 2.3.
        profile_type: Free text of the header, 1 to 100 characters.
    """

    iccid: Iccid
    imsi: str | None = "001010123456789"
    usim_aid: bytes | None = None
    mnc_digits: int = 2
    ki: bytes = field(default=DEFAULT_KI, repr=False)
    opc: bytes | None = field(default=None, repr=False)
    algorithm: AlgorithmId = AlgorithmId.milenage
    algorithm_options: int | None = None
    spn: str = "SP Name 1"
    profile_name: str = "Operational Profile Name 1"
    profile_class: ProfileClass | None = ProfileClass.operational
    ppr: frozenset[int] | None = None
    gid1: bytes | None = None
    gid2: bytes | None = None
    msisdn: str | None = None
    contacts: tuple[tuple[str, str], ...] = ()
    menu_title: str = "Menu"
    menu: tuple[tuple[str, str], ...] = ()
    services: frozenset[int] = frozenset()
    owner: OperatorId | None = None
    with_owner: bool = True
    notification_configuration: tuple[NotificationConfigurationInformation, ...] = ()
    icon: bytes | None = None
    kic: bytes = field(default=_OTA_KEYS[0], repr=False)
    kid: bytes = field(default=_OTA_KEYS[1], repr=False)
    dek: bytes = field(default=_OTA_KEYS[2], repr=False)
    pin1: bytes = field(default=BUILT_IN_CODES["pin1"], repr=False)
    pin2: bytes = field(default=BUILT_IN_CODES["pin2"], repr=False)
    puk1: bytes = field(default=BUILT_IN_CODES["puk1"], repr=False)
    puk2: bytes = field(default=BUILT_IN_CODES["puk2"], repr=False)
    adm1: bytes = field(default=BUILT_IN_CODES["adm1"], repr=False)
    adm2: bytes = field(default=BUILT_IN_CODES["adm2"], repr=False)
    size: int | None = None
    version: tuple[int, int] = (2, 3)
    profile_type: str = "rsplab test profile"

    def __post_init__(self) -> None:
        """Refuses parameters that no package can carry.

        Raises:
            LocalError: IMSI, key lengths or mnc_digits are outside what the attributes say.
        """
        imsi = self.imsi
        if imsi is not None and not (imsi.isascii() and imsi.isdecimal() and 6 <= len(imsi) <= 15):
            raise LocalError(f"IMSI {imsi!r}: expected 6 to 15 decimal digits")
        if self.mnc_digits not in (2, 3):
            raise LocalError(f"mnc_digits {self.mnc_digits}: expected 2 or 3")
        wanted = _KEY_OCTETS[self.algorithm]
        if len(self.ki) not in wanted:
            raise LocalError(
                f"ki of {len(self.ki)} octets: {self.algorithm.name} takes "
                f"{' or '.join(map(str, wanted))}"
            )
        if len(self.operator_constant) != (32 if self.algorithm is AlgorithmId.tuak else 16):
            raise LocalError(f"opc of {len(self.operator_constant)} octets does not fit the length")
        for name in BUILT_IN_CODES:
            code: bytes = getattr(self, name)
            least = 4 if name.startswith("pin") else 8
            if not least <= len(code) <= 8 or b"\xff" in code:
                raise LocalError(f"{name} of {len(code)} octets: expected {least} to 8, none FF")

    @property
    def operator_constant(self) -> bytes:
        """Returns OPc or TOPc in the length the algorithm takes."""
        if self.opc is not None:
            return self.opc
        return DEFAULT_OPC * 2 if self.algorithm is AlgorithmId.tuak else DEFAULT_OPC

    @property
    def profile_owner(self) -> OperatorId | None:
        """Returns the profileOwner of the metadata, made from IMSI and GIDs unless given."""
        if not self.with_owner or (self.owner is None and self.imsi is None):
            return None
        if self.owner is not None or self.imsi is None:
            return self.owner
        code = MccMnc.from_digits(self.imsi[:3], self.imsi[3 : 3 + self.mnc_digits])
        return OperatorId(mcc_mnc=code, gid1=self.gid1, gid2=self.gid2)
