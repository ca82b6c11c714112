"""A substitute for the raw interface of pyscard."""

from types import SimpleNamespace

import pytest

from rspharness.targets import reader


class _Scard(SimpleNamespace):
    """A substitute for smartcard.scard; `faults` makes a function answer an error."""

    SCARD_SCOPE_USER = 0
    SCARD_SHARE_EXCLUSIVE = 1
    SCARD_PROTOCOL_T0 = 1
    SCARD_PROTOCOL_T1 = 2
    SCARD_RESET_CARD = 1
    SCARD_UNPOWER_CARD = 2
    SCARD_PCI_T0 = "T0"
    SCARD_PCI_T1 = "T1"
    SCARD_E_NO_SMARTCARD = 5
    SCARD_E_SHARING_VIOLATION = 6
    SCARD_ATTR_VENDOR_NAME, SCARD_ATTR_VENDOR_IFD_VERSION = 1, 2

    def __init__(self, readers, faults=()):
        super().__init__()
        self.log = []
        t0, t1 = self.SCARD_PROTOCOL_T0, self.SCARD_PROTOCOL_T1

        def answer(name, keep, *values):
            def call(*arguments):
                self.log.append((name, *(arguments[n] for n in keep)))
                code = 5 if name in faults else 0
                return (code, *values) if values else code

            return call

        self.SCardEstablishContext = answer("establish", (), "context")
        self.SCardReleaseContext = answer("release", ())
        self.SCardListReaders = answer("list", (), readers)
        self.SCardConnect = answer("connect", (1,), "card", t0)
        self.SCardReconnect = answer("reconnect", (2, 3), t1)
        self.SCardTransmit = answer("transmit", (1,), [0x90, 0x00])
        self.SCardStatus = answer("status", (), "name", 0, 0, [0x3B, 0x00])
        self.SCardGetAttrib = lambda *_: (1, [])
        self.SCardDisconnect = answer("disconnect", (1,))
        self.SCardGetErrorMessage = "error {}".format


@pytest.fixture
def library(monkeypatch):
    def install(*readers, faults=()):
        made = _Scard(list(readers), faults)
        monkeypatch.setattr(reader, "_library", lambda: made)
        return made

    return install
