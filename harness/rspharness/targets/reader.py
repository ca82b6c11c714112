"""Cards in PC/SC readers: the one typed module around pyscard.

The raw interface is used, because a conformance run wants each APDU once and as it is: no response
chaining, no retry, no cached ATR. T=0 is offered, as LPAs do, and T=1 for a card with no other.
Every call about a card has a time limit, because the library waits for a silent card for ever.
"""

import sys
import time  # noqa: TID251  a daemon takes real time to see a card
from typing import Final, Protocol, cast

from rspcore.errors import ConfigError
from rspharness.record.verdicts import TargetLost
from rspharness.targets.time_limit import COMMAND_LIMIT_S, TimeLimit

__all__ = ["InUseError", "KeptLink", "ReaderLink", "find_reader", "has_card", "reader_names"]

_POLL_S: Final = 0.02
_STATUS_WORD: Final = 2
_VERSION_OCTETS: Final = 4
_HINT: Final = "is pcscd running? `rsplab doctor` looks"


class _Scard(Protocol):
    """The part of smartcard.scard that is used."""

    SCARD_SCOPE_USER: int
    SCARD_SHARE_EXCLUSIVE: int
    SCARD_PROTOCOL_T0: int
    SCARD_PROTOCOL_T1: int
    SCARD_RESET_CARD: int
    SCARD_UNPOWER_CARD: int
    SCARD_PCI_T0: object
    SCARD_PCI_T1: object
    SCARD_E_NO_SMARTCARD: int
    SCARD_E_SHARING_VIOLATION: int
    SCARD_ATTR_VENDOR_NAME: int
    SCARD_ATTR_VENDOR_IFD_VERSION: int

    def SCardEstablishContext(self, scope: int) -> tuple[int, object]: ...  # noqa: N802  its name
    def SCardReleaseContext(self, context: object) -> int: ...  # noqa: N802  its name
    def SCardListReaders(self, context: object, groups: list[str]) -> tuple[int, list[str]]: ...  # noqa: N802  its name
    def SCardConnect(  # noqa: N802  its name
        self, context: object, reader: str, mode: int, protocols: int
    ) -> tuple[int, object, int]: ...
    def SCardReconnect(  # noqa: N802  its name
        self, card: object, mode: int, protocols: int, how: int
    ) -> tuple[int, int]: ...
    def SCardTransmit(  # noqa: N802  its name
        self, card: object, protocol: object, command: list[int]
    ) -> tuple[int, list[int]]: ...
    def SCardGetAttrib(self, card: object, attribute: int) -> tuple[int, list[int]]: ...  # noqa: N802  its name
    def SCardStatus(self, card: object) -> tuple[int, str, int, int, list[int]]: ...  # noqa: N802  its name
    def SCardDisconnect(self, card: object, how: int) -> int: ...  # noqa: N802  its name
    def SCardGetErrorMessage(self, code: int) -> str: ...  # noqa: N802  its name


def _library() -> _Scard:
    try:
        from smartcard import scard  # noqa: PLC0415  an extra
    except ImportError as error:
        raise ConfigError("pyscard is not installed: pip install 'rsplab[pcsc]'") from error
    return cast("_Scard", scard)


def _context(library: _Scard) -> object:
    code, context = library.SCardEstablishContext(library.SCARD_SCOPE_USER)
    if code:
        raise ConfigError(f"PC/SC: {library.SCardGetErrorMessage(code)}; {_HINT}")
    return context


def reader_names() -> tuple[str, ...]:
    """Returns the names of all readers, empty when there are none.

    Raises:
        ConfigError: pyscard is not installed, or the daemon refuses.
        TargetLost: the daemon does not answer.
    """
    library = _library()
    limit = TimeLimit("PC/SC", COMMAND_LIMIT_S)
    try:
        return limit.call("listing the readers", lambda: _listed(library))
    finally:
        limit.end()


def _listed(library: _Scard) -> tuple[str, ...]:
    context = _context(library)
    try:
        code, names = library.SCardListReaders(context, [])
    finally:
        library.SCardReleaseContext(context)
    return () if code else tuple(names)


def find_reader(beginning: str) -> str:
    """Returns the one reader with this beginning of a name, or the only one of them with a card.

    Every command chooses its reader by this function. Looking for cards connects to each reader for
    a moment; nothing is sent to the cards. A card that another program has counts where no other is
    there: it is waited for.

    Args:
        beginning: Name of the reader or its beginning; empty for any.

    Raises:
        ConfigError: no reader has this name, or not exactly one of several has a card; the message
            lists the readers in one line.
    """
    names = reader_names()
    matching = [name for name in names if name == beginning] or [
        name for name in names if name.startswith(beginning)
    ]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        if not names:
            raise ConfigError(f"there is no reader; connect one; {_HINT}")
        raise ConfigError(
            f'no reader is called "{beginning}..."; name one of these by --reader: {_quoted(names)}'
        )
    free: list[str] = []
    used: list[str] = []
    for name in matching:
        try:
            ReaderLink(name).close()
        except InUseError:
            used.append(name)
        except TargetLost:
            continue
        else:
            free.append(name)
    occupied = free or used  # one that is used is waited for, or refused with who uses it
    if len(occupied) != 1:
        found = (
            "more than one has a card; name one by --reader"
            if occupied
            else "none of them has a card that answers; insert one"
        )
        raise ConfigError(f"readers {_quoted(tuple(occupied or matching))}: {found}")
    return occupied[0]


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names) or "none"


def has_card(reader: str) -> bool:
    """Returns whether a card answers in a reader; its power is on for a moment.

    A card that another program holds does not count.
    """
    try:
        link = ReaderLink(reader)
    except TargetLost:
        return False
    link.close()
    return True


class InUseError(TargetLost):
    """Reports that another program has the card in a reader."""


class ReaderLink:
    """The link to the card in one reader, exclusively."""

    def __init__(
        self, reader: str, patience_s: float = 0.0, limit_s: float = COMMAND_LIMIT_S
    ) -> None:
        """Connects to the card.

        Args:
            reader: Name of the reader.
            patience_s: How long to wait for a card that is being inserted, in seconds.
            limit_s: How long the card may take for one command, in seconds.

        Raises:
            TargetLost: there is no card, or it does not answer; `InUseError`: another program has
                it.
            ConfigError: the daemon does not answer.
        """
        self.reader = reader
        self._scard = _library()
        self._limit = TimeLimit(f'reader "{reader}"', limit_s)
        self._context = self._limit.call("connecting", lambda: _context(self._scard))
        self._protocols = self._scard.SCARD_PROTOCOL_T0 | self._scard.SCARD_PROTOCOL_T1
        code, self._card, self._protocol = self._connect()
        end = time.monotonic() + patience_s
        while code == self._scard.SCARD_E_NO_SMARTCARD and time.monotonic() < end:
            time.sleep(_POLL_S)
            code, self._card, self._protocol = self._connect()
        if code:
            self._limit.call("connecting", lambda: self._scard.SCardReleaseContext(self._context))
            self._limit.end()
            lost = self._lost("connecting", code)
            in_use = code == self._scard.SCARD_E_SHARING_VIOLATION
            raise InUseError(str(lost)) if in_use else lost
        self._open = True

    def _connect(self) -> tuple[int, object, int]:
        return self._limit.call(
            "connecting",
            lambda: self._scard.SCardConnect(
                self._context, self.reader, self._scard.SCARD_SHARE_EXCLUSIVE, self._protocols
            ),
        )

    def _lost(self, doing: str, code: int) -> TargetLost:
        return TargetLost(
            f'reader "{self.reader}", {doing}: {self._scard.SCardGetErrorMessage(code)}'
        )

    @property
    def overdue(self) -> bool:
        """Returns whether the card did not answer a command in time; it is not asked again."""
        return self._limit.overdue

    @property
    def protocol(self) -> str:
        """Returns the protocol in use."""
        return "T=0" if self._protocol == self._scard.SCARD_PROTOCOL_T0 else "T=1"

    def said(self) -> tuple[str, str]:
        """Returns what the reader says of its maker and version; empty texts where it says nothing.

        Raises:
            TargetLost: it does not answer.
        """
        maker = self._attribute(self._scard.SCARD_ATTR_VENDOR_NAME)
        version = self._attribute(self._scard.SCARD_ATTR_VENDOR_IFD_VERSION)
        name = maker.rstrip(b"\0").decode("ascii", "replace").strip()
        number = int.from_bytes(version, sys.byteorder)  # major, minor and a build number
        if len(version) != _VERSION_OCTETS or not number:
            return name, ""
        return name, f"{number >> 24}.{number >> 16 & 0xFF:02}"

    def _attribute(self, attribute: int) -> bytes:
        code, value = self._limit.call(
            "asking the reader", lambda: self._scard.SCardGetAttrib(self._card, attribute)
        )
        return b"" if code else bytes(octet & 0xFF for octet in value)

    def transmit(self, command: bytes) -> bytes:
        """Sends one APDU.

        Raises:
            TargetLost: no answer came, or one without a status word.
        """
        t0 = self._protocol == self._scard.SCARD_PROTOCOL_T0
        pci = self._scard.SCARD_PCI_T0 if t0 else self._scard.SCARD_PCI_T1
        code, response = self._limit.call(
            "transmit", lambda: self._scard.SCardTransmit(self._card, pci, list(command))
        )
        if code:
            raise self._lost("transmit", code)
        if len(response) < _STATUS_WORD:  # what some readers report of a card that is being pulled
            raise TargetLost(
                f'reader "{self.reader}", transmit: expected a status word, got '
                f"{len(response)} octets: the card is gone, or the reader lost its answer"
            )
        return bytes(b & 0xFF for b in response)

    def reset(self) -> bytes:
        """Resets the card and returns its ATR.

        Raises:
            TargetLost: the card did not come back.
        """
        return self._reconnect(self._scard.SCARD_RESET_CARD, self._protocols)

    def power_cycle(self) -> bytes:
        """Switches the power off and on and returns the ATR.

        Raises:
            TargetLost: the card did not come back.
        """
        return self._reconnect(self._scard.SCARD_UNPOWER_CARD, self._protocols)

    def restart(self, protocol: int) -> bytes:
        """Switches the power off and on and uses T=0 or T=1; returns the ATR.

        Raises:
            TargetLost: the card did not come back in this protocol.
        """
        one = self._scard.SCARD_PROTOCOL_T1 if protocol else self._scard.SCARD_PROTOCOL_T0
        return self._reconnect(self._scard.SCARD_UNPOWER_CARD, one)

    def _reconnect(self, how: int, protocols: int) -> bytes:
        exclusive = self._scard.SCARD_SHARE_EXCLUSIVE
        code, protocol = self._limit.call(
            "reset", lambda: self._scard.SCardReconnect(self._card, exclusive, protocols, how)
        )
        if code:
            raise self._lost("reset", code)
        self._protocol = protocol
        code, _, _, _, atr = self._limit.call(
            "reading the ATR", lambda: self._scard.SCardStatus(self._card)
        )
        if code:
            raise self._lost("reading the ATR", code)
        return bytes(atr)

    def close(self) -> None:
        """Releases the card and switches its power off; a second call does nothing.

        A card that did not answer in time is left as it is: the library would wait for it.
        """
        if self._open:
            self._open = False
            if not self.overdue:
                self._release()

    def _release(self) -> None:
        try:
            self._limit.call(
                "releasing",
                lambda: self._scard.SCardDisconnect(self._card, self._scard.SCARD_UNPOWER_CARD),
            )
            self._limit.call("releasing", lambda: self._scard.SCardReleaseContext(self._context))
        except TargetLost:
            return  # the process ends without it
        self._limit.end()


class KeptLink:
    """The reader's link for one case; closing it keeps the reader for the next case."""

    def __init__(self, link: ReaderLink) -> None:
        self.transmit = link.transmit
        self.reset = link.reset
        self.power_cycle = link.power_cycle
        self.restart = link.restart

    def close(self) -> None:
        """Does nothing: the target keeps the reader."""
