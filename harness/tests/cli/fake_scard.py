"""A substitute for smartcard.scard with readers described by the environment.

RSPLAB_TEST_READERS is JSON: `{"NAME": EID or "", ...}`, a simulated card for each EID; without it
there is no daemon. RSPLAB_TEST_LEAVES is after how many commands a card leaves its reader.
"""

import json
import os
from typing import Final

from rspcore.ids import Eid
from rspcore.pki.generate import make_pki
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.personalise import personalise
from rspsim.stores.memory import MemoryStore

SCARD_SCOPE_USER = 0
SCARD_SHARE_EXCLUSIVE = 1
SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1 = 1, 2
SCARD_RESET_CARD, SCARD_UNPOWER_CARD = 1, 2
SCARD_PCI_T0, SCARD_PCI_T1 = "T0", "T1"
SCARD_E_NO_SMARTCARD: Final = 0x8010000C
SCARD_E_SHARING_VIOLATION: Final = 0x8010000B
SCARD_ATTR_VENDOR_NAME, SCARD_ATTR_VENDOR_IFD_VERSION = 1, 2
_NO_SERVICE: Final = 0x8010001D
_MESSAGES: Final = {
    SCARD_E_NO_SMARTCARD: "No smart card inserted.",
    _NO_SERVICE: "Service not available.",
}
_CARDS: dict[str, "_Card"] = {}


class _Card:
    """The card in one reader."""

    def __init__(self, digits):
        state = personalise(make_pki(), eid=Eid.from_digits(digits))
        self.euicc = Euicc(state, MemoryStore(state), SeededRng(b"1"))
        self.left = int(os.environ.get("RSPLAB_TEST_LEAVES", "1000000"))
        self.euicc.reset()


def _readers():
    return json.loads(os.environ["RSPLAB_TEST_READERS"])


def forget():
    """Takes all cards out, for the next situation in the same process."""
    _CARDS.clear()


def SCardEstablishContext(_scope):  # noqa: N802  its name
    return (0 if "RSPLAB_TEST_READERS" in os.environ else _NO_SERVICE), "context"


def SCardGetAttrib(_card, _attribute):  # noqa: N802  its name
    return 1, []


def SCardReleaseContext(_context):  # noqa: N802  its name
    return 0


def SCardListReaders(_context, _groups):  # noqa: N802  its name
    return 0, list(_readers())


def SCardConnect(_context, reader, _mode, _protocols):  # noqa: N802  its name
    digits = _readers()[reader]
    if digits and reader not in _CARDS:
        _CARDS[reader] = _Card(digits)
    if not digits or not _CARDS[reader].left:
        return SCARD_E_NO_SMARTCARD, None, 0
    return 0, _CARDS[reader], SCARD_PROTOCOL_T0


def SCardReconnect(card, _mode, _protocols, _how):  # noqa: N802  its name
    card.euicc.reset()
    return (0 if card.left else SCARD_E_NO_SMARTCARD), SCARD_PROTOCOL_T0


def SCardTransmit(card, _protocol, command):  # noqa: N802  its name
    if not card.left:
        return SCARD_E_NO_SMARTCARD, []
    card.left -= 1
    return 0, list(card.euicc.transmit(bytes(command)))


def SCardStatus(card):  # noqa: N802  its name
    return 0, "", 0, 0, list(card.euicc.reset())


def SCardDisconnect(_card, _how):  # noqa: N802  its name
    return 0


def SCardGetErrorMessage(code):  # noqa: N802  its name
    return _MESSAGES[code]
