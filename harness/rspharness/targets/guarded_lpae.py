"""What a level may send to an LPAe by ENVELOPE (E4E): a command acts on Profiles as ES10c does.

Each command stands under the lowest level that may send it; the Profile that one names is looked
at as that of the function of ES10c. Source: SGP.22 v3.1, 5.7.
"""

from collections.abc import Mapping
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.tags import Tag
from rspharness.record.testcase import Level

__all__ = ["COMMANDS", "es10_request", "is_for_lpae", "lpae_level"]

_LPAE: Final = 0xE4
_IDENTIFIER: Final = 0xA0

COMMANDS: Final[Mapping[int, Level]] = {
    0xA0: Level.PROFILES,  # startDownload
    0xA1: Level.PROFILES,  # confirmDownload
    0x82: Level.PROFILES,  # listProfiles
    0xA3: Level.PROFILES,  # enableProfile
    0xA4: Level.PROFILES,  # disableProfile
    0xA5: Level.PROFILES,  # deleteProfile
    0xA6: Level.DESTRUCTIVE,  # euiccMemReset
    0x87: Level.IRREVERSIBLE,  # changeConfirmationPin: a run that is killed leaves the new one
    0x88: Level.PROFILES,  # setRpmAllow
    0xA9: Level.PROFILES,  # pollRpmPackage
    0xAA: Level.DESTRUCTIVE,  # confirmRpmPackage: a package may change any Profile
    0x8B: Level.PROFILES,  # cancelSession
}
"""The commands by their tags, each with the lowest level that may send it."""

_FUNCTIONS: Final = {
    0xA3: Tag.EnableProfile,
    0xA4: Tag.DisableProfile,
    0xA5: Tag.DeleteProfile,
}


def is_for_lpae(command: CommandApdu) -> bool:
    """Returns whether a command is an ENVELOPE to an LPAe."""
    return command.ins == Ins.ENVELOPE and command.data[:1] == bytes((_LPAE,))


def _inner(data: bytes) -> tlv.Tlv | None:
    """Returns the command inside E4; None where it cannot be read."""
    try:
        children = tlv.parse(data).children()
    except DecodeError:
        return None
    return children[0] if len(children) == 1 else None


def lpae_level(data: bytes) -> Level | None:
    """Returns the lowest level that may send a command to an LPAe; None if none is known."""
    one = _inner(data)
    return None if one is None else COMMANDS.get(one.tag)


def es10_request(data: bytes) -> bytes:
    """Returns the request of ES10c that does the same to a Profile; empty where none is named."""
    one = _inner(data)
    function = None if one is None else _FUNCTIONS.get(one.tag)
    if one is None or function is None:
        return b""
    iccid = one.find(Tag.Iccid)
    named = b"" if iccid is None else bytes(iccid.raw)
    if function != Tag.DeleteProfile:
        named = tlv.encode(_IDENTIFIER, named)
    return tlv.encode(function, named)
