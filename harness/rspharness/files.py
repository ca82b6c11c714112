"""Look at what a terminal sees on the basic channel: files under the MF, and applications by AID.

Suites use it to tell the file system of an Enabled Profile from the default one (SGP.22 v2, 2.4).
"""

from typing import Final

from rspcore.apdu import CommandApdu, Ins, ResponseApdu, class_for
from rspcore.ids import Iccid
from rspcore.profiles.files import USIM_AID
from rspcore.status import StatusWord
from rspharness import expect
from rspharness.card import Card

__all__ = [
    "EF_DIR",
    "EF_ICCID",
    "EF_UMPC",
    "MF",
    "USIM_AID",
    "ef_iccid",
    "select_application",
    "select_file",
]

MF: Final = 0x3F00
EF_DIR: Final = 0x2F00
EF_ICCID: Final = 0x2FE2
EF_UMPC: Final = 0x2F08

_BY_IDENTIFIER: Final = 0x00
_BY_NAME: Final = 0x04
_RETURN_FCP: Final = 0x04


def select_file(card: Card, identifier: int, *, channel: int = 0) -> ResponseApdu:
    """Select the MF, then a file under it by its identifier; returns the answer to the last."""
    response = ResponseApdu(b"", StatusWord.OK)
    for one in dict.fromkeys((MF, identifier)):
        cla = class_for(channel, proprietary=False)
        data = one.to_bytes(2, "big")
        command = CommandApdu(cla, Ins.SELECT, _BY_IDENTIFIER, _RETURN_FCP, data, 256)
        response = card.transmit(command)
    return response


def select_application(card: Card, aid: bytes = USIM_AID, *, channel: int = 0) -> ResponseApdu:
    """Select an application by its AID, the USIM of the test profiles unless another is named."""
    cla = class_for(channel, proprietary=False)
    return card.transmit(CommandApdu(cla, Ins.SELECT, _BY_NAME, _RETURN_FCP, aid, 256))


def ef_iccid(card: Card) -> Iccid | None:
    """Read EF.ICCID; None when there is no such file, as without an Enabled Profile.

    Raises:
        ExpectationError: the file is there and cannot be read, or holds no 10 octets.
    """
    selected = select_file(card, EF_ICCID)
    if selected.sw == StatusWord.FILE_NOT_FOUND:
        return None
    expect.success(selected, "SELECT EF.ICCID")
    content = card.transmit(CommandApdu(0x00, Ins.READ_BINARY, 0, 0, le=10))
    expect.success(content, "READ BINARY EF.ICCID")
    expect.equal(len(content.data), 10, "octets of EF.ICCID")
    return Iccid(content.data)
