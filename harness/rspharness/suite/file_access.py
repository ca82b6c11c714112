"""What a terminal sees on the basic channel: files, applications by AID, and PIN1.

Suites use it to distinguish the file system of an Enabled Profile from the default one (SGP.22 v2,
2.4), and to check that a Profile is unchanged. Commands: ETSI TS 102 221, clause 11.1.
"""

from collections.abc import Mapping
from typing import Any, Final

from rspcore.apdu import CommandApdu, Ins, ResponseApdu, class_for
from rspcore.ids import Iccid
from rspcore.profile_maker.files import USIM_AID
from rspcore.status import StatusWord
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import NotApplicable
from rspharness.suite.codes import octets_of

__all__ = [
    "EF_ARR",
    "EF_DIR",
    "EF_ICCID",
    "EF_IMSI",
    "EF_PL",
    "EF_UMPC",
    "EF_UST",
    "MF",
    "USIM_AID",
    "WRONG_PIN",
    "default_files_only",
    "ef_env_classes",
    "ef_iccid",
    "enable_pin",
    "pin1",
    "read",
    "records",
    "select_application",
    "select_file",
    "select_usim_file",
    "tries_left",
    "verify_pin",
    "write",
]

MF: Final = 0x3F00
EF_DIR: Final = 0x2F00
EF_ICCID: Final = 0x2FE2
EF_PL: Final = 0x2F05
EF_ARR: Final = 0x2F06
EF_UMPC: Final = 0x2F08
EF_IMSI: Final = 0x6F07
"""Below the USIM."""
EF_UST: Final = 0x6F38
"""Below the USIM."""

WRONG_PIN: Final = b"1357" + b"\xff" * 4

_PIN1_REFERENCE: Final = 0x01
_BY_IDENTIFIER: Final = 0x00
_BY_NAME: Final = 0x04
_RETURN_FCP: Final = 0x04


def select_file(card: Card, identifier: int, *, channel: int = 0) -> ResponseApdu:
    """Selects the MF, then a file under it by its identifier; returns the answer to the last."""
    response = ResponseApdu(b"", StatusWord.OK)
    for one in dict.fromkeys((MF, identifier)):
        cla = class_for(channel, proprietary=False)
        data = one.to_bytes(2, "big")
        command = CommandApdu(cla, Ins.SELECT, _BY_IDENTIFIER, _RETURN_FCP, data, 256)
        response = card.transmit(command)
    return response


def select_application(card: Card, aid: bytes = USIM_AID, *, channel: int = 0) -> ResponseApdu:
    """Selects an application by its AID, the USIM of the test profiles unless another is named."""
    cla = class_for(channel, proprietary=False)
    return card.transmit(CommandApdu(cla, Ins.SELECT, _BY_NAME, _RETURN_FCP, aid, 256))


def ef_iccid(card: Card) -> Iccid | None:
    """Reads EF.ICCID; None when there is no such file, as without an Enabled Profile.

    Raises:
        ExpectationError: the file exists and cannot be read, or does not contain 10 octets.
    """
    selected = select_file(card, EF_ICCID)
    if selected.sw == StatusWord.FILE_NOT_FOUND:
        return None
    expect.success(selected, "SELECT EF.ICCID")
    content = card.transmit(CommandApdu(0x00, Ins.READ_BINARY, 0, 0, le=10))
    expect.success(content, "READ BINARY EF.ICCID")
    expect.equal(len(content.data), 10, "octets of EF.ICCID")
    return Iccid(content.data)


def select_usim_file(card: Card, identifier: int, aid: bytes = USIM_AID) -> ResponseApdu:
    """Selects the USIM, then a file in it; returns the answer to the second SELECT.

    Raises:
        ExpectationError: there is no USIM.
    """
    expect.success(select_application(card, aid), "SELECT USIM")
    data = identifier.to_bytes(2, "big")
    return card.transmit(
        CommandApdu(0x00, Ins.SELECT, _BY_IDENTIFIER, _RETURN_FCP, data, 256),
    )


def read(card: Card) -> ResponseApdu:
    """Reads the transparent file that is selected, its first 256 octets at most."""
    return card.transmit(CommandApdu(0x00, Ins.READ_BINARY, 0, 0, le=256))


def write(card: Card, content: bytes) -> ResponseApdu:
    """Writes the beginning of the transparent file that is selected."""
    return card.transmit(CommandApdu(0x00, Ins.UPDATE_BINARY, 0, 0, content))


def records(card: Card) -> tuple[bytes, ...]:
    """Reads all records of the file that is selected, up to the first the card does not have.

    Raises:
        ExpectationError: a record exists and cannot be read.
    """
    found: list[bytes] = []
    while True:
        absolute = 0x04
        command = CommandApdu(0x00, Ins.READ_RECORD, len(found) + 1, absolute, le=256)
        response = card.transmit(command)
        if response.sw == StatusWord.RECORD_NOT_FOUND:
            return tuple(found)
        expect.success(response, f"READ RECORD {len(found) + 1}")
        found.append(response.data)


def pin1() -> bytes:
    """Returns PIN1 of the suites' Profiles on eight octets; it is disabled at first."""
    return octets_of("pin1")


def verify_pin(card: Card, value: bytes = b"") -> ResponseApdu:
    """Verifies PIN1 on the basic channel; without a value asks for its state, using no try."""
    return card.transmit(CommandApdu(0x00, Ins.VERIFY_PIN, 0, _PIN1_REFERENCE, value))


def tries_left(card: Card) -> int:
    """Returns how many tries PIN1 has left while it is not verified.

    Raises:
        ExpectationError: VERIFY PIN without a value is not answered with 63CX.
    """
    response = verify_pin(card)
    expect.sw(response, *range(0x63C0, 0x63D0), about="VERIFY PIN, empty body")
    return response.sw & 0x0F


def enable_pin(card: Card) -> None:
    """Enables PIN1 as the Device does and resets the card: from now on PIN1 has to be verified.

    Raises:
        ExpectationError: the card refuses.
    """
    response = card.transmit(CommandApdu(0x00, Ins.ENABLE_PIN, 0, _PIN1_REFERENCE, pin1()))
    expect.success(response, "ENABLE PIN")
    card.reset()


def ef_env_classes(declared: Mapping[str, Any]) -> int:
    """Returns the file identifier of EF ENV-CLASSES, which no document fixes.

    Raises:
        NotApplicable: the target file does not declare it, so there is nothing to select.
    """
    identifier = declared.get("ef_env_classes")
    if identifier is None:
        raise NotApplicable("the target file declares no ef_env_classes, a file identifier in hex")
    return int(identifier, 16)


def default_files_only(card: Card) -> None:
    """Requires the default file system: MF and EF.UMPC, but nothing of a Profile (2.4).

    Raises:
        ExpectationError: a default file is missing, or something of a Profile exists.
    """
    expect.success(select_file(card, MF), "SELECT MF")
    expect.success(select_file(card, EF_UMPC), "SELECT EF.UMPC")
    for name, identifier in (("EF.ICCID", EF_ICCID), ("EF.DIR", EF_DIR), ("EF.PL", EF_PL)):
        absent = select_file(card, identifier)
        expect.refused(absent, StatusWord.FILE_NOT_FOUND, about=f"SELECT {name}")
    absent = select_application(card)
    expect.refused(absent, StatusWord.FILE_NOT_FOUND, about="SELECT USIM")
