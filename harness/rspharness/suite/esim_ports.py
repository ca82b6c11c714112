"""The eSIM Ports of the card under test: configured, selected and reset (SGP.22 v3.1, 2.12).

An eSIM Port is a logical secure interface (LSI), chosen by MANAGE LSI. What a terminal keeps of the
card, its channel to the ISD-R and what was announced, belongs to the port, and changes with it.
A reset of the card ends it all: the next session begins with one port.

In MEP-A the ISD-R is on port 0, where no Profile is; in MEP-B on the port of the Profile.
`EsimPorts` sends each function where its mode has it sent, so that a case need not ask which one
the card has.
"""

from collections.abc import Mapping
from typing import Final, Self

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Iccid
from rspcore.messages import es10c
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.lsi_configuration import LsiConfiguration, LsiFunction, MepMode
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.lpa.proactive import (
    ProactiveCommand,
    Refresh,
    answer,
    fetch,
    terminal_response,
)
from rspharness.lpa.terminal import Proactive, Terminal, comprehension_objects
from rspharness.record.verdicts import ExpectationError, NotApplicable
from rspharness.servers.rsp_server import ProfileLike
from rspharness.suite import file_access
from rspharness.suite.initial_conditions import Conditions, Installed
from rspharness.suite.preconditions import require_no_other_profiles
from rspharness.suite.refresh import PERFORMED, STATE_CHANGE_PROFILE

__all__ = [
    "LSI_COMMAND",
    "NO_LSI_PROFILE",
    "PLATFORM_RESET",
    "SESSION_REQUEST",
    "EsimPorts",
    "configuration",
    "configure",
    "manage",
    "mode_of",
    "numbers_of",
]

LSI_COMMAND: Final = 0x79
SESSION_REQUEST, PLATFORM_RESET = 0x00, 0x01
"""Qualifiers of LSI COMMAND (TS 102 223, 8.6)."""

NO_LSI_PROFILE: Final = STATE_CHANGE_PROFILE[:34] + b"\xcf" + STATE_CHANGE_PROFILE[35:]
"""TERMINAL PROFILE of a terminal without LSI COMMAND: b5 and b6 of its 35th octet are 0."""

_STATE_AND_PORT: Final = bytes.fromhex("5A9F709F24")
_NUMBERS: Final = 0x12
"""LSI numbers, without the comprehension bit."""
_MOST_COMMANDS: Final = 16
_ISDR_PORT: Final = 0
"""The port of the ISD-R in MEP-A."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What the terminal keeps of a port that is not in use."""

    number: int | None = None
    fci: bytes = b""
    pending: int | None = None
    expected: bool = False
    terminal: Terminal


def manage(card: Card, function: int, number: int = 0, data: bytes | None = None) -> ResponseApdu:
    """Sends MANAGE LSI and returns its whole answer.

    Args:
        card: The card.
        function: P1, a value of LsiFunction.
        number: P2, the LSI.
        data: Command data; None for none.
    """
    le = None if function == LsiFunction.SELECT else 256
    return card.transmit(CommandApdu(0x80, Ins.MANAGE_LSI, function, number, data or b"", le))


def configure(card: Card, proposed: LsiConfiguration) -> LsiConfiguration:
    """Resets the card and configures its LSIs; returns its answer.

    Raises:
        ExpectationError: it refuses, or its answer cannot be read.
    """
    card.reset()
    response = manage(card, LsiFunction.CONFIGURE, 0, proposed.encode())
    expect.success(response, "MANAGE LSI (configure)")
    return configuration(response.data)


def configuration(data: bytes) -> LsiConfiguration:
    """Returns the answer to MANAGE LSI (configure).

    Raises:
        ExpectationError: it cannot be read.
    """
    try:
        return LsiConfiguration.decode(data)
    except DecodeError as error:
        shown = data.hex(" ").upper() or "no data"
        raise ExpectationError("80 81 90 91", shown, about="MANAGE LSI") from error


def mode_of(options: Mapping[str, bool]) -> MepMode:
    """Returns a mode that the card has; the LPA chooses the port in the first of them.

    Raises:
        NotApplicable: none is declared.
    """
    for mode in (MepMode.A1, MepMode.A2, MepMode.B):
        if options.get(f"MEP_{mode.name}"):
            return mode
    raise NotApplicable("no mode of several enabled Profiles is declared (MEP_A1, MEP_A2, MEP_B)")


class EsimPorts:
    """The ports of a card in one card session, two of which may have a Profile.

    Attributes:
        card: The card.
        mode: Mode agreed on.
        in_use: LSI selected.
        first, second: The two lowest ports for Profiles.
    """

    def __init__(self, card: Card, mode: MepMode) -> None:
        """Takes over a card whose LSIs are configured."""
        self.card = card
        self.mode = mode
        self.in_use = 0
        self.first = mode.first_port
        self.second = mode.first_port + 1
        self._kept: dict[int, _Kept] = {}

    @classmethod
    def agreed(cls, card: Card, mode: MepMode) -> Self:
        """Resets the card and agrees on a mode with two ports.

        Raises:
            NotApplicable: there are Profiles of somebody else, which would lose their port.
            ExpectationError: the card agrees on something else.
        """
        require_no_other_profiles(card, "ports of Profiles change")
        proposed = LsiConfiguration(highest=mode.first_port + 1, options=0, modes=(mode,), ports=2)
        found = configure(card, proposed)
        expect.equal(found.agreed, mode, "mode agreed on")
        expect.that(
            holds=found.ports == 2 and found.highest >= mode.first_port + 1,
            expected="two eSIM Ports",
            actual=f"{found.ports}, highest LSI {found.highest}",
        )
        card.lsi = 0
        return cls(card, mode)

    def select(self, number: int, *, keep: bool = False) -> None:
        """Selects an LSI; the channel to the ISD-R is from now on that of this port.

        In MEP-B the channel of the port left is closed: the ISD-R is selected on one port.

        Args:
            number: The LSI.
            keep: Leaves the channel open in MEP-B, too.

        Raises:
            ExpectationError: the card refuses.
        """
        if number == self.in_use:
            return
        card = self.card
        if self.mode is MepMode.B and not keep:
            card.close()
        self._kept[self.in_use] = _Kept(
            number=card.number,
            fci=card.fci,
            pending=card.pending_proactive,
            expected=card.refresh_expected,
            terminal=card.terminal,
        )
        card.pending_proactive = None
        response = manage(card, LsiFunction.SELECT, number)
        expect.success(response, f"MANAGE LSI (select {number})")
        announced = card.pending_proactive
        kept = self._kept.get(number) or _Kept(terminal=Terminal())
        card.number, card.fci, card.terminal = kept.number, kept.fci, kept.terminal
        card.pending_proactive = kept.pending if announced is None else announced
        card.refresh_expected = kept.expected
        self.in_use = card.lsi = number

    def to_isdr(self) -> None:
        """Selects the port of the ISD-R: port 0 in MEP-A, that in use in MEP-B.

        Raises:
            ExpectationError: the card refuses.
        """
        if self.mode is not MepMode.B:
            self.select(_ISDR_PORT)

    def reset(self, number: int) -> bytes:
        """Resets one LSI; returns the data of the answer.

        Raises:
            ExpectationError: the card refuses.
        """
        card = self.card
        waiting = card.pending_proactive
        response = manage(card, LsiFunction.RESET, number)
        expect.success(response, f"MANAGE LSI (reset {number})")
        if number == self.in_use:
            self._forget_channel()
        else:
            self._kept.pop(number, None)
            card.pending_proactive = waiting
        return response.data

    @classmethod
    def occupied(
        cls,
        card: Card,
        given: Conditions,
        mode: MepMode,
        first: ProfileLike,
        second: ProfileLike,
        *more: ProfileLike,
    ) -> tuple[Self, tuple[Installed, ...]]:
        """Brings two Profiles to be enabled on two ports, `first` and `second`; more are Disabled.

        Returns:
            The ports, and the Profiles in the order given.

        Raises:
            NotApplicable, Inconclusive: as `Conditions.profiles`.
            ExpectationError: the card refuses to agree on the mode, or to enable.
        """
        installed = given.profiles(first, second, *more)
        ports = cls.agreed(card, mode)
        ports.first = ports.enable(installed[0], ports.first)
        ports.second = ports.enable(installed[1], ports.second)
        return ports, installed

    def enabling(
        self, one: Installed, port: int, *, refresh: bool = False, target: int | None = None
    ) -> v3.EnableProfileResponse:
        """Sends EnableProfile as the mode has it sent; returns the answer.

        Args:
            one: The Profile.
            port: Where it is to be enabled; in MEP-A2 the card chooses.
            refresh: The refreshFlag.
            target: targetEsimPort to send in place of the right one.
        """
        self.select(port if self.mode is MepMode.B else _ISDR_PORT)
        wanted = port if self.mode is MepMode.A1 and target is None else target
        return self.sent(self.request(one, wanted, refresh=refresh))

    @staticmethod
    def request(
        one: Installed, target: int | None, *, refresh: bool = False
    ) -> v3.EnableProfileRequest:
        """Returns EnableProfile by ICCID, with or without targetEsimPort."""
        return v3.EnableProfileRequest(
            profile_identifier=one.by_iccid, refresh_flag=refresh, target_esim_port=target
        )

    def sent(self, request: v3.EnableProfileRequest) -> v3.EnableProfileResponse:
        """Sends EnableProfile on the port in use; returns the answer."""
        response = self.card.store(request.encode())
        expect.success(response, "EnableProfile")
        return expect.message(v3.EnableProfileResponse, response.data)

    def enable(self, one: Installed, port: int) -> int:
        """Enables a Profile without REFRESH; returns its port, which the card says in MEP-A2.

        Raises:
            ExpectationError: the card refuses.
        """
        answer = self.enabling(one, port)
        expect.ok(answer)
        self.settle()
        if self.mode is not MepMode.A2:
            return port
        given = answer.target_esim_port
        expect.that(holds=given is not None, expected="targetEsimPort (81)", actual="none")
        return port if given is None else given

    def disable(self, one: Installed, port: int) -> None:
        """Disables a Profile that is enabled on a port, without REFRESH.

        Raises:
            ExpectationError: the card refuses.
        """
        expect.ok(self.disabling(one, port))
        self.settle()

    def disabling(self, one: Installed, port: int) -> v3.DisableProfileResponse:
        """Sends DisableProfile without REFRESH as the mode has it sent; returns the answer."""
        self.select(port if self.mode is MepMode.B else _ISDR_PORT)
        request = es10c.DisableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False)
        response = self.card.store(request.encode())
        expect.success(response, "DisableProfile")
        return expect.message(v3.DisableProfileResponse, response.data)

    def settle(self) -> None:
        """Carries out what the card announces on the port in use; a REFRESH resets that port."""
        for _ in range(_MOST_COMMANDS):
            if self.card.pending_proactive is None:
                return
            command = fetch(self.card)
            if command.kind == Proactive.REFRESH:
                self.carry_out(command)
                return
            answer(self.card, command)

    def carry_out(self, command: ProactiveCommand) -> None:
        """Carries out a REFRESH that was fetched on the port in use: 09 there, 04 by its reset."""
        if command.qualifier == Refresh.PROFILE_STATE_CHANGE:
            terminal_response(self.card, command, PERFORMED)
            self._forget_channel()
        else:
            self.reset(self.in_use)

    def _forget_channel(self) -> None:
        """Treats the channel of the port in use as closed; the LSI stays."""
        self.card.forget_channel()
        self.card.lsi = self.in_use

    def complete(self, number: int) -> None:
        """Carries out a change that waits on a port, as the card announces it, or by a reset.

        Raises:
            ExpectationError: the card refuses a command of the terminal.
        """
        self.settle()
        command = self.announced(number)
        if command is not None and command.kind == Proactive.REFRESH:
            self.carry_out(command)
        else:
            self.reset(number)

    def announced(self, number: int) -> ProactiveCommand | None:
        """Selects a port and fetches what it announces there, also in answer to STATUS."""
        self.select(number)
        if self.card.pending_proactive is None:
            self.card.transmit(CommandApdu(0x80, Ins.GET_STATUS, 0x00, 0x0C))
        if self.card.pending_proactive is None:
            return None
        command = fetch(self.card)
        if command.kind != Proactive.REFRESH:
            self.card.refresh_expected = False
        return command

    def lists(self) -> tuple[v3.ProfileInfo, ...]:
        """Asks for ICCID, 9F70 and 9F24 of each Profile, on the port in use of the ISD-R.

        Raises:
            ExpectationError: the card refuses.
        """
        self.to_isdr()
        request = es10c.ProfileInfoListRequest(tag_list=_STATE_AND_PORT)
        response = self.card.store(request.encode())
        expect.success(response, "GetProfilesInfo")
        listed = expect.message(v3.ProfileInfoListResponse, response.data).profile_info_list_ok
        expect.that(holds=listed is not None, expected="profileInfoListOk", actual="an error")
        own = self.card.aboard.profiles
        return tuple(one for one in listed or () if one.iccid not in own)

    def of_profiles(self) -> dict[Iccid, int | None]:
        """Returns the port (9F24) of each Profile, None where it has none, or a negative one."""
        found = {}
        for one in self.lists():
            port = one.enabled_on_esim_port
            if one.iccid is not None:
                found[one.iccid] = None if port is None or port < 0 else port
        return found

    def require(self, *expected: tuple[Installed, int | None]) -> None:
        """Requires each Profile to be enabled on its port, None for on none (9F24).

        Raises:
            ExpectationError: one is not.
        """
        ports = self.of_profiles()
        for one, port in expected:
            expect.equal(ports.get(one.iccid), port, f"enabledOnEsimPort of {one.iccid}")

    def at_file(self, number: int, one: Installed) -> None:
        """Selects EF.ICCID on a port, to see later that the port was left alone."""
        self.select(number)
        expect.equal(file_access.ef_iccid(self.card), one.iccid, f"EF.ICCID on port {number}")

    def require_undisturbed(self, number: int, one: Installed) -> None:
        """Requires EF.ICCID to be still selected on a port, and nothing to be announced there.

        Raises:
            ExpectationError: another file is current, or REFRESH waits.
        """
        self.select(number)
        response = self.card.transmit(CommandApdu(0x00, Ins.READ_BINARY, 0, 0, le=10))
        expect.success(response, f"READ BINARY of the current file on port {number}")
        expect.equal(response.data, one.iccid.octets, f"current file on port {number}")
        expect.equal(self.card.pending_proactive, None, f"announced on port {number}")


def numbers_of(command: ProactiveCommand) -> bytes:
    """Returns the LSI numbers (92) of LSI COMMAND; empty without them."""
    found = (value for tag, value in comprehension_objects(command.raw) if tag == _NUMBERS)
    return next(found, b"")
