"""The line that a Profile gives its user: its number in the network, and the keys behind it.

A network is played by the keys that the operator put into the Profile. Its algorithm is computed
here, apart from the card (3GPP TS 35.206), as in `suites/uicc`.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.crypto.aka.algorithm import xor
from rspcore.crypto.aka.milenage import Milenage
from rspcore.ids import Iccid
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspcore.profile_maker import ProfileParameters, TestProfile, preset
from rspcore.profile_maker.icons import png_icon
from rspcore.status import StatusWord
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.servers.rsp_server import profile
from rspharness.suite import file_access

__all__ = ["Line", "sold"]

_RAND: Final = sha256(b"a challenge of the operator").digest()[:16]
_AMF: Final = b"\x80\x00"
_STEP: Final = 0x20
"""What is added to a sequence number from challenge to challenge: its index stays (TS 33.102)."""
_FIRST: Final = 0x21
_USIM_CONTEXT: Final = 0x81
_SUCCESSFUL: Final = 0xDB
_WRONG_MAC: Final = StatusWord.AUTHENTICATION_ERROR_MAC
_EF_MSISDN: Final = 0x6F40
_AFTER_NAME: Final = 14
"""Octets of a record of EF_MSISDN behind its name (TS 31.102, 4.2.26)."""
_INTERNATIONAL: Final = 0x91


def sold(number: int, *addresses: str, **changed: Any) -> TestProfile:
    """Returns the Profile that an operator sells under a number; each has keys of its own.

    Args:
        number: Tells the Profiles of a story apart, 1 to 99.
        addresses: Addresses of the servers that hear of each event.
        changed: Other values of `ProfileParameters`.
    """
    keys = sha256(f"line {number}".encode()).digest()
    made = replace(
        preset("PROFILE_OPERATIONAL1"),
        iccid=Iccid.from_digits(f"892990555000000{number:04d}"),
        imsi=f"00101555{number:07d}",
        ki=keys[:16],
        opc=keys[16:],
        spn=f"Operator {number}",
        profile_name=f"Line {number}",
        icon=png_icon(),
        notification_configuration=tuple(
            NotificationConfigurationInformation(
                profile_management_operation=frozenset(NotificationEvent),
                notification_address=address,
            )
            for address in addresses
        ),
    )
    return profile(replace(made, **changed))


@dataclass(slots=True)
class Line:
    """A Profile and the network behind it.

    Attributes:
        profile: The Profile as its operator made it.
        challenged: How many challenges the network has sent.
    """

    profile: TestProfile
    challenged: int = 0

    @property
    def iccid(self) -> Iccid:
        """Returns the ICCID."""
        return self.profile.metadata.iccid

    @property
    def parameters(self) -> ProfileParameters:
        """Returns what the operator put into the Profile."""
        return self.profile.parameters

    def is_on_in(self, card: Card, *, pin: bytes = b"") -> None:
        """Requires a card to be this line: EF_ICCID, EF_IMSI, and RES to a challenge of it.

        Args:
            card: The card.
            pin: PIN1, where it is on; verified for each application.

        Raises:
            ExpectationError: it is not.
        """
        if pin:
            expect.success(file_access.select_application(card), "SELECT USIM")
            expect.success(file_access.verify_pin(card, pin), "VERIFY PIN")
        expect.equal(file_access.ef_iccid(card), self.iccid, "EF_ICCID")
        expect.success(file_access.select_usim_file(card, file_access.EF_IMSI), "SELECT EF_IMSI")
        content = file_access.read(card)
        expect.success(content, "READ BINARY EF_IMSI")
        expect.equal(_digits(content.data), self.parameters.imsi, "EF_IMSI")
        expect.success(file_access.select_application(card), "SELECT USIM")
        self.challenged += 1
        answer = card.transmit(self._challenge())
        expect.success(answer, "AUTHENTICATE, a challenge of its operator")
        res = self._algorithm.vector(_RAND).res
        wanted = bytes((_SUCCESSFUL, len(res))) + res
        expect.equal(answer.data[: len(wanted)], wanted, "RES")

    def has_number(self, card: Card, number: str) -> None:
        """Requires EF_MSISDN of the Enabled Profile to hold a number, as "+4915550001".

        Raises:
            ExpectationError: it does not.
        """
        selected = file_access.select_usim_file(card, _EF_MSISDN)
        expect.success(selected, "SELECT EF_MSISDN")
        numbers = [_dialled(record) for record in file_access.records(card)[:1]]
        expect.equal(numbers, [number], "EF_MSISDN")

    def is_unknown_to(self, card: Card) -> None:
        """Requires the USIM of a card to refuse a challenge of this network: 9862.

        Raises:
            ExpectationError: it does not.
        """
        expect.success(file_access.select_application(card), "SELECT USIM")
        self.challenged += 1
        answer = card.transmit(self._challenge())
        expect.refused(answer, _WRONG_MAC, about="AUTHENTICATE, a challenge of another operator")

    @property
    def _algorithm(self) -> Milenage:
        return Milenage(self.parameters.ki, self.parameters.operator_constant)

    def _challenge(self) -> CommandApdu:
        algorithm = self._algorithm
        sqn = (_FIRST + _STEP * (self.challenged - 1)).to_bytes(6, "big")
        autn = xor(sqn, algorithm.vector(_RAND).ak) + _AMF + algorithm.mac_a(_RAND, sqn, _AMF)
        data = bytes((len(_RAND),)) + _RAND + bytes((len(autn),)) + autn
        return CommandApdu(0x00, Ins.AUTHENTICATE, 0x00, _USIM_CONTEXT, data, 256)


def _digits(imsi: bytes) -> str:
    """Returns the digits of EF_IMSI (TS 31.102, 4.2.2): length, then nibbles, parity first."""
    swapped = "".join(f"{octet & 0x0F:X}{octet >> 4:X}" for octet in imsi[1 : 1 + imsi[0]])
    return swapped[1:].rstrip("F")


def _dialled(record: bytes) -> str:
    """Returns the number in a record of EF_MSISDN: length, type, digits swapped."""
    fields = record[len(record) - _AFTER_NAME :]
    octets = fields[2 : 1 + fields[0]]
    digits = "".join(f"{octet & 0x0F:X}{octet >> 4:X}" for octet in octets).rstrip("F")
    return ("+" if fields[1] == _INTERNATIONAL else "") + digits
