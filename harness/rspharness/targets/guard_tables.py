"""What each level may send to a real card: commands of the UICC and functions of its ISD-R.

The tables are allow lists: a command stands under the lowest level that may send it, and one that
stands nowhere is not sent. A level may send what stands under it and under those below it.

Sources: ETSI TS 102 221, table 10.5 and clause 11 (commands of the UICC), TS 102 222 (files made
and removed), GlobalPlatform Card Specification, clause 11 and annex E (security domains, SCP03),
GSMA SGP.22 v2, 5.7 (functions of the ISD-R).
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError, LocalError
from rspcore.frozen import dataclass
from rspcore.messages.v3.lsi_configuration import LsiFunction
from rspcore.tags import Tag
from rspharness.record.testcase import Level

__all__ = [
    "COMMANDS",
    "FUNCTIONS",
    "UNASSIGNED_CLASS",
    "UNASSIGNED_INS",
    "Class",
    "Command",
    "Needs",
    "commands_of",
    "may_begin",
    "read_leniently",
    "request_level",
    "tag_of",
]

UNASSIGNED_INS: Final = 0xC8
"""Instruction that is assigned nowhere: the suites probe with it.

It is in none of the sources above, nor in those of ISO/IEC 7816-4, GSM 11.11 and EMV, and neither
6X nor 9X, which T=0 cannot send (ISO/IEC 7816-3). F0 is SET STATUS of GlobalPlatform.
"""


UNASSIGNED_CLASS: Final = 0xA1
"""Class octet of no command of the sources; the suites probe with it."""

_HEADER: Final = 4
_WRAPPER_HEADER: Final = 2
_SECURED_BASIC: Final = 0x84 >> 2
_SECURED_FURTHER: Final = 0xE


class Class(Enum):
    """The class octets a command has, without secure messaging where nothing else is said."""

    INTERINDUSTRY = auto()
    """00 to 03, 40 to 4F."""
    ETSI = auto()
    """80 to 83, C0 to CF."""
    EITHER = auto()
    """Both of these."""
    BASIC = auto()
    """80 alone: the toolkit talks on the basic channel."""
    SECURED = auto()
    """Those of ETSI, and 84 to 87 and E0 to EF: inside SCP03."""

    def holds(self, command: CommandApdu) -> bool:
        """Returns whether a command has such a class octet."""
        proprietary = bool(command.cla & 0x80)
        if command.channel is None:
            return False
        if command.secure_messaging:
            secured = command.cla >> 2 == _SECURED_BASIC or command.cla >> 4 == _SECURED_FURTHER
            return secured and self is Class.SECURED
        match self:
            case Class.BASIC:
                return command.cla == 0x80
            case Class.EITHER:
                return True
            case _:
                return proprietary is (self is not Class.INTERINDUSTRY)


class Needs(Enum):
    """What has to be true of the card besides the level, in words for the message."""

    NOTHING = ""
    FETCHED = "after a proactive command was fetched"
    ISDR = "while the ISD-R is selected on this channel"
    OWN_PROFILE = "while a Profile of this run is enabled"
    OWN_DOMAIN = "to a security domain, selected by its AID, of an enabled Profile of this run"


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the table.

    Attributes:
        ins: Instruction octet.
        name: Name in the specification.
        classes: Class octets it is defined for.
        needs: What has to be true besides the level.
        empty: True for the form without data alone, which asks and changes nothing.
        functions: Values of P1; empty for any.
    """

    ins: int
    name: str
    classes: Class
    needs: Needs = Needs.NOTHING
    empty: bool = False
    functions: tuple[int, ...] = ()

    def fits(self, command: CommandApdu) -> bool:
        """Returns whether a command is this one."""
        if command.ins != self.ins or not self.classes.holds(command):
            return False
        if self.functions and command.p1 not in self.functions:
            return False
        return not self.empty or (not command.data and command.le in (None, 256))


_READING: Final = (
    Command(Ins.SELECT, "SELECT", Class.INTERINDUSTRY),
    Command(Ins.READ_BINARY, "READ BINARY", Class.INTERINDUSTRY),
    Command(Ins.READ_RECORD, "READ RECORD", Class.INTERINDUSTRY),
    Command(Ins.SEARCH_RECORD, "SEARCH RECORD", Class.INTERINDUSTRY),
    Command(Ins.VERIFY_PIN, "VERIFY PIN without data", Class.INTERINDUSTRY, empty=True),
    Command(Ins.MANAGE_CHANNEL, "MANAGE CHANNEL", Class.INTERINDUSTRY),
    Command(Ins.GET_CHALLENGE, "GET CHALLENGE", Class.INTERINDUSTRY),
    # Some terminals ask with the class of the command before (`proprietary_get_response`).
    Command(Ins.GET_RESPONSE, "GET RESPONSE", Class.EITHER),
    Command(Ins.GET_DATA, "GET DATA", Class.EITHER),
    Command(Ins.RETRIEVE_DATA, "RETRIEVE DATA", Class.EITHER),
    Command(Ins.GET_STATUS, "STATUS", Class.ETSI),
    Command(Ins.TERMINAL_CAPABILITY, "TERMINAL CAPABILITY", Class.ETSI),
    Command(Ins.TERMINAL_PROFILE, "TERMINAL PROFILE", Class.BASIC),
    Command(Ins.FETCH, "FETCH", Class.BASIC),
    # All it makes ends with the next reset; what assigns the single wire interface is not sent.
    Command(
        Ins.MANAGE_LSI,
        "MANAGE LSI",
        Class.BASIC,
        functions=(
            LsiFunction.SELECT,
            LsiFunction.RESET,
            LsiFunction.RETRIEVE_SWP,
            LsiFunction.CONFIGURE,
        ),
    ),
    Command(Ins.TERMINAL_RESPONSE, "TERMINAL RESPONSE", Class.BASIC, Needs.FETCHED),
    Command(UNASSIGNED_INS, "an instruction assigned nowhere", Class.ETSI, Needs.ISDR),
)

_OWN_PROFILE: Final = (
    *(
        Command(ins, name, Class.INTERINDUSTRY, Needs.OWN_PROFILE)
        for ins, name in (
            (Ins.VERIFY_PIN, "VERIFY PIN"),
            (Ins.CHANGE_PIN, "CHANGE PIN"),
            (Ins.DISABLE_PIN, "DISABLE PIN"),
            (Ins.ENABLE_PIN, "ENABLE PIN"),
            (Ins.UNBLOCK_PIN, "UNBLOCK PIN"),
            (Ins.DEACTIVATE_FILE, "DEACTIVATE FILE"),
            (Ins.ACTIVATE_FILE, "ACTIVATE FILE"),
            (Ins.UPDATE_BINARY, "UPDATE BINARY"),
            (Ins.UPDATE_RECORD, "UPDATE RECORD"),
            (Ins.AUTHENTICATE, "AUTHENTICATE"),
            (0x89, "AUTHENTICATE"),
        )
    ),
    # TS 102 222: the files go with the Profile.
    Command(0xE0, "CREATE FILE", Class.INTERINDUSTRY, Needs.OWN_PROFILE),
    Command(0xE4, "DELETE FILE", Class.INTERINDUSTRY, Needs.OWN_PROFILE),
    Command(0xD4, "RESIZE FILE", Class.ETSI, Needs.OWN_PROFILE),
    Command(Ins.INCREASE, "INCREASE", Class.ETSI, Needs.OWN_PROFILE),
    Command(Ins.SET_DATA, "SET DATA", Class.ETSI, Needs.OWN_PROFILE),
    # TS 31.102 leaves to the card what it counts when it conceals the subscriber's identity with
    # the operator's key, and GlobalPlatform gives the same octets to END R-MAC SESSION: it is not
    # known to change nothing.
    Command(Ins.GET_IDENTITY, "GET IDENTITY", Class.ETSI, Needs.OWN_PROFILE),
    Command(Ins.SUSPEND_UICC, "SUSPEND UICC", Class.BASIC, Needs.OWN_PROFILE),
    Command(Ins.ENVELOPE, "ENVELOPE", Class.BASIC, Needs.OWN_PROFILE),
    Command(Ins.TERMINAL_RESPONSE, "TERMINAL RESPONSE", Class.BASIC, Needs.OWN_PROFILE),
    Command(Ins.INITIALIZE_UPDATE, "INITIALIZE UPDATE", Class.ETSI, Needs.OWN_DOMAIN),
    Command(Ins.EXTERNAL_AUTHENTICATE, "EXTERNAL AUTHENTICATE", Class.SECURED, Needs.OWN_DOMAIN),
    # GlobalPlatform Card Specification, 11.3 and 11.4: both read, inside SCP03.
    Command(Ins.GET_DATA, "GET DATA", Class.SECURED, Needs.OWN_DOMAIN),
    Command(Ins.GET_STATUS, "GET STATUS", Class.SECURED, Needs.OWN_DOMAIN),
    Command(Ins.PUT_KEY, "PUT KEY", Class.SECURED, Needs.OWN_DOMAIN),
    Command(Ins.INSTALL, "INSTALL", Class.SECURED, Needs.OWN_DOMAIN),
)

# DELETE can name an application outside of the Profile, and what is ciphered cannot be looked at.
_REMOVING: Final = (
    Command(0xE4, "DELETE", Class.SECURED, Needs.OWN_DOMAIN),
    Command(0xE8, "LOAD", Class.SECURED, Needs.OWN_DOMAIN),
    Command(0xF0, "SET STATUS", Class.SECURED, Needs.OWN_DOMAIN),
)

COMMANDS: Final[Mapping[str, tuple[Command, ...]]] = {
    Level.READ_ONLY: _READING,
    Level.PROFILES: _OWN_PROFILE,
    Level.DESTRUCTIVE: _REMOVING,
}
"""The commands by the lowest level that may send them; STORE DATA has rules of its own.

No level sends TERMINATE DF, TERMINATE EF or TERMINATE CARD USAGE.
"""

_EMPTY_ONLY: Final = (
    *(0xBF39, 0xBF3A, 0xBF3B),  # functions of the SM-DP+
    *(0xBF23, 0xBF24, 0xBF25, 0xBF26, 0xBF2A, 0xBF37),  # of ES8+ and ES6, and a result
    0xBF7F,  # assigned nowhere
)
"""Tags of no function of the ISD-R in version 2, with which the suites probe: without a value."""

_WRAPPER: Final = 0x30
_UNKNOWN_SEGMENT: Final = 0x85

FUNCTIONS: Final[Mapping[str, tuple[int, ...]]] = {
    Level.READ_ONLY: (
        Tag.GetEuiccInfo1,
        Tag.GetEuiccInfo2,
        Tag.ListNotification,
        Tag.RetrieveNotificationsList,
        Tag.GetProfilesInfo,
        Tag.GetEuiccChallenge,
        Tag.AuthenticateServer,
        Tag.GetEuiccConfiguredAddresses,
        Tag.GetEuiccData,
        Tag.CancelSession,
        Tag.GetRat,
        Tag.VerifySmdsResponse,
    ),
    Level.PROFILES: (
        Tag.PrepareDownload,
        Tag.SetNickname,
        Tag.NotificationSent,
        Tag.EnableProfile,
        Tag.DisableProfile,
        Tag.DeleteProfile,
        Tag.SetDefaultDpAddress,
        Tag.LpaeActivation,
        Tag.LoadRpmPackage,
        Tag.PrepareDeviceChange,
        Tag.VerifyDeviceChange,
        Tag.VerifySmdpResponse,
        Tag.VerifyProfileRecovery,
        Tag.BoundProfilePackage,
        Tag.FirstSequenceOf87,
        Tag.SequenceOf88,
        Tag.SecondSequenceOf87,
        Tag.SequenceOf86,
        Tag.Protected86,
        Tag.Protected87,
        Tag.Protected88,
        _UNKNOWN_SEGMENT,
    ),
    Level.DESTRUCTIVE: (Tag.EuiccMemoryReset,),
    Level.IRREVERSIBLE: (Tag.LoadCRL,),
}
"""The functions of the ISD-R, by their tags, under the lowest level that may send them."""

_BY_INS: Final = tuple(
    tuple((level, one) for level, lines in COMMANDS.items() for one in lines if one.ins == ins)
    for ins in range(256)
)
_LEVEL_OF: Final[Mapping[int | None, str]] = {
    tag: level for level, tags in FUNCTIONS.items() for tag in tags
}


def commands_of(command: CommandApdu) -> tuple[tuple[str, Command], ...]:
    """Returns the lines of the tables that a command is, each with its level, the lowest first."""
    return tuple((level, one) for level, one in _BY_INS[command.ins] if one.fits(command))


def request_level(data: bytes) -> str:
    """Returns the lowest level that may send a request to the ISD-R; empty if none is known.

    Args:
        data: The request from its tag on; only what the tag does not decide has to be there.
    """
    tag = tag_of(data)
    if tag in _EMPTY_ONLY:
        return Level.PROFILES if data[2:] == b"\x00" else ""
    if tag == _WRAPPER and len(data) > _WRAPPER_HEADER:
        inner = request_level(data[_WRAPPER_HEADER:])
        return Level.PROFILES if inner == Level.READ_ONLY else inner
    return _LEVEL_OF.get(tag, "")


def may_begin(data: bytes) -> bool:
    """Returns whether octets may be the beginning of a function: of a tag BFXX, or cut short."""
    return data[:1] in (b"", b"\xbf")


def tag_of(data: bytes) -> int | None:
    """Returns the tag that octets begin with, of one or two octets; None when it is cut short."""
    size = 2 if data and data[0] & 0x1F == 0x1F else 1
    return int.from_bytes(data[:size], "big") if len(data) >= size else None


def read_leniently(octets: bytes) -> CommandApdu:
    """Reads a command; one whose length fields do not fit is read as if they did.

    Raises:
        LocalError: fewer octets than a header.
    """
    try:
        return CommandApdu.parse(octets)
    except DecodeError as error:
        if len(octets) < _HEADER:
            shown = octets.hex(" ").upper() or "no octet"
            raise LocalError(f"{shown}: {error}. It was not sent.") from error
        cla, ins, p1, p2 = octets[:_HEADER]
        return CommandApdu(cla, ins, p1, p2, octets[_HEADER + 1 :])
