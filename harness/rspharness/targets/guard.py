"""The guard of real cards: what is not known to be harmless at the level of a run is not sent.

It stands in front of every card that is not simulated, at every level. What a level may send is in
`guard_tables`; the guard knows the state that decides besides the level: the application selected
on each logical channel of each LSI, the STORE DATA chain begun there, whether a proactive command
was fetched, whether the Profile that is enabled is one of the run's own, and which Profiles a
request names.

From level profiles on it sends what suites send to see it refused: STORE DATA of a wrong class, P1,
block number or tag, or with lengths that do not fit. The worst that a card can make of one of these
is a function that the level allows anyway.
"""

from collections.abc import Callable
from typing import Final

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Aid
from rspcore.messages.v3.lsi_configuration import LsiFunction
from rspcore.status import is_success, more_data
from rspcore.tags import ECASD_AID, ISDR_AID, Tag
from rspharness.record.testcase import Level
from rspharness.record.verdicts import TargetLost
from rspharness.targets.guard_tables import (
    UNASSIGNED_CLASS,
    Class,
    Needs,
    commands_of,
    may_begin,
    read_leniently,
    request_level,
    tag_of,
)
from rspharness.targets.guarded_channel import GuardedChannel
from rspharness.targets.guarded_lpae import es10_request, is_for_lpae, lpae_level
from rspharness.targets.isdr_aids import ISDR_AIDS
from rspharness.targets.own_profile import names_foreign
from rspharness.targets.transport import CardLink, LinkWrapper

__all__ = ["GuardedLink"]

_MORE, _LAST = 0x11, 0x91
_CLOSE: Final = 0x80
_ETSI_BASIC: Final = 0x8
_PROVIDER: Final = 7
"""Octets that the AIDs of an eUICC's own security domains have in common (SGP.02, annex H)."""


class GuardedLink(LinkWrapper):
    """Sends what is known to be harmless at a level, and refuses everything else.

    STORE DATA to the ISD-R follows the function that its chain begins with; the blocks after the
    first have to come in order on the same channel.

    Attributes:
        level: The highest level that is allowed.
    """

    def __init__(
        self,
        link: CardLink,
        level: Level,
        own_profile_enabled: Callable[[], bool],
        isdr: Aid = ISDR_AID,
        foreign: Callable[[bytes], str] = names_foreign,
    ) -> None:
        """Makes the guard of a card that is reset next.

        Args:
            link: The card.
            level: The highest level that is allowed.
            own_profile_enabled: Function that returns whether the Profile that is enabled is known
                to be one of this run's own.
            isdr: AID of the ISD-R of this card, beside those known from the field.
            foreign: Function that takes a request to the ISD-R, or its first octets, and returns
                why the Profile it names may not be changed, or nothing.
        """
        super().__init__(link)
        self.level = level
        self._own_profile_enabled = own_profile_enabled
        self._foreign = foreign
        self._isdrs = frozenset(one.octets for one in (isdr, *ISDR_AIDS))
        self._issuer = (*self._isdrs, ECASD_AID.octets)
        self._channels: dict[int, GuardedChannel] = {}
        self._of_ports: dict[int, dict[int, GuardedChannel]] = {0: self._channels}
        self._fetched = False

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on if this level may send it.

        Raises:
            LocalError: it is not known to be harmless at this level. It was not sent.
        """
        parsed = read_leniently(command)
        objection = self._objection(parsed)
        if not objection and not self._probes and not _is_sound(command):
            objection = f"its length fields do not fit; {self._remedy(Level.PROFILES)}"
        if objection:
            raise LocalError(f"{parsed!r}: {objection}. It was not sent.")
        try:
            response = self._link.transmit(command)
        except TargetLost:
            self._forget()
            raise
        self._follow(parsed, response)
        return response

    def reset(self) -> bytes:
        """Passes a reset on; channels, chains and what was fetched are gone."""
        self._forget()
        return super().reset()

    def power_cycle(self) -> bytes:
        """Passes a power cycle on; channels, chains and what was fetched are gone."""
        self._forget()
        return super().power_cycle()

    def restart(self, protocol: int) -> bytes:
        """Passes a restart on; channels, chains and what was fetched are gone."""
        self._forget()
        return super().restart(protocol)

    def _forget(self) -> None:
        self._channels = {}
        self._of_ports = {0: self._channels}
        self._fetched = False

    def _on(self, command: CommandApdu) -> GuardedChannel:
        """Returns the channel of a command; one of its own for a class that names none."""
        if command.channel is None:
            return GuardedChannel()
        return self._channels.setdefault(command.channel, GuardedChannel())

    def _allows(self, level: str) -> bool:
        """Returns whether this level sends what needs another one at least.

        Level irreversible sends what level profiles does too: its cases install Profiles.
        """
        wanted = Level(level)
        beside = self.level is Level.IRREVERSIBLE and Level.PROFILES.allows(wanted)
        return beside or self.level.allows(wanted)

    @property
    def _probes(self) -> bool:
        """Returns whether this level may send what a sound card refuses."""
        return self._allows(Level.PROFILES)

    def _remedy(self, level: str) -> str:
        return f"level {self.level} does not allow it, --level {level} with --eid does"

    def _objection(self, command: CommandApdu) -> str:
        """Returns why the level may not send a command in the state of the card, or nothing."""
        if command.ins == Ins.STORE_DATA:
            return self._objection_to_store_data(command)
        if is_for_lpae(command):
            return self._objection_to_lpae(command)
        known = commands_of(command)
        if not known:
            return "no table of commands has this class and instruction"
        if any(self._allows(level) and self._given(one.needs, command) for level, one in known):
            return ""
        level, one = known[-1]
        if self._allows(level):
            return f"{one.name} is sent only {one.needs.value}, which is not known to be so"
        return f"{one.name} could change the card; {self._remedy(level)}"

    def _objection_to_lpae(self, command: CommandApdu) -> str:
        """Returns why an ENVELOPE to an LPAe is not sent, or nothing."""
        level = lpae_level(command.data)
        if level is None or not Class.BASIC.holds(command):
            return "no table has this command to an LPAe"
        if not self._allows(level):
            return f"a command to the LPAe could change the card; {self._remedy(level)}"
        return self._foreign(es10_request(command.data))

    def _given(self, needs: Needs, command: CommandApdu) -> bool:
        """Returns whether what a command needs besides the level is known to be so."""
        selected = self._on(command).application
        match needs:
            case Needs.NOTHING:
                return True
            case Needs.FETCHED:
                return self._fetched
            case Needs.ISDR:
                return selected in self._isdrs
            case Needs.OWN_PROFILE:
                return self._own_profile_enabled()
            case Needs.OWN_DOMAIN:
                return self._is_operators(selected) and self._own_profile_enabled()

    def _is_operators(self, selected: bytes) -> bool:
        """Returns whether an application was selected by an AID that can be none of the issuer."""
        return bool(selected) and not any(
            one.startswith(selected) or selected.startswith(one[:_PROVIDER]) for one in self._issuer
        )

    def _objection_to_store_data(self, command: CommandApdu) -> str:
        """Returns why a STORE DATA is not sent, or nothing."""
        channel = self._on(command)
        if self._probes and Class.SECURED.holds(command) and self._given(Needs.OWN_DOMAIN, command):
            return ""
        if not self._is_plain(command):
            if not _is_known_probe(command):
                return "no table has a STORE DATA of this class and P1"
            if not self._probes:
                return (
                    "class, P1 or channel are not those of STORE DATA to the ISD-R; "
                    f"{self._remedy(Level.PROFILES)}"
                )
        # After block FF comes 00, which a card can also take for a new beginning.
        if channel.continues(command) and (command.p2 or self._probes):
            whole = channel.request + command.data
            return self._objection_to_request(whole) if channel.undecided else self._foreign(whole)
        if self._probes and not may_begin(command.data) and (command.p2 or channel.open):
            return ""  # the rest of a request, which no card takes for another one
        if command.p2 and not self._probes:
            return f"block {command.p2:02X} does not follow the block before it on this channel"
        return self._objection_to_request(command.data)

    def _is_plain(self, command: CommandApdu) -> bool:
        """Returns whether a STORE DATA goes to the ISD-R and has the class and P1 of SGP.22."""
        return (
            Class.ETSI.holds(command)
            and command.p1 in (_MORE, _LAST)
            and self._on(command).application in self._isdrs
        )

    def _objection_to_request(self, data: bytes) -> str:
        """Returns why a request to the ISD-R is not sent, or nothing.

        Args:
            data: Its first octets.
        """
        tag = tag_of(data)
        if tag is None:
            return "" if self._probes else "the block ends before the tag of its function"
        level = request_level(data)
        if not level:
            return f"no table of functions has this request of tag {tag:02X}"
        if self._allows(level):
            return self._foreign(data)
        name = Tag(tag).name if tag in tuple(Tag) else f"tag {tag:02X}"
        return f"{name} could change the card; {self._remedy(level)}"

    def _follow(self, command: CommandApdu, octets: bytes) -> None:
        """Keeps what an answered command made of the channel it went to."""
        try:
            sw = ResponseApdu.parse(octets).sw
        except DecodeError:
            self._forget()
            return
        taken = is_success(sw) or more_data(sw) is not None or sw >> 8 in (0x62, 0x63)
        channel = self._on(command)
        match command.ins:
            case Ins.STORE_DATA:
                if sw >> 8 != 0x6C:  # else the same block comes again
                    channel.stored(command, taken=taken)
            case Ins.SELECT:
                channel.selected(command, taken=taken, isdrs=self._isdrs)
            case Ins.MANAGE_CHANNEL:
                for number in {command.p2, *octets[:-2][:1]}:
                    self._changed(number, command, taken=taken)
            case Ins.MANAGE_LSI:
                self._port_changed(command, taken=taken)
            case Ins.FETCH:
                self._fetched = taken
            case Ins.TERMINAL_RESPONSE:
                self._fetched = False

    def _port_changed(self, command: CommandApdu, *, taken: bool) -> None:
        """Takes note of MANAGE LSI: each LSI has logical channels of its own."""
        self._fetched = False
        if not taken:
            return
        match command.p1:
            case LsiFunction.SELECT:
                self._channels = self._of_ports.setdefault(command.p2, {})
            case LsiFunction.RESET:
                self._of_ports.setdefault(command.p2, {}).clear()
            case LsiFunction.CONFIGURE:
                self._forget()

    def _changed(self, number: int, command: CommandApdu, *, taken: bool) -> None:
        """Takes note of a MANAGE CHANNEL for a channel; 00 names none when one is opened."""
        if not number and command.p1 != _CLOSE:
            return
        if taken:
            self._channels.pop(number, None)
        elif number in self._channels:
            self._channels[number].open = False


def _is_sound(octets: bytes) -> bool:
    """Returns whether the length fields of a command fit."""
    try:
        CommandApdu.parse(octets)
    except DecodeError:
        return False
    return True


def _is_known_probe(command: CommandApdu) -> bool:
    """Returns whether suites send a STORE DATA like this one to see it refused.

    Secure messaging that is announced but not there, the class of no command, and other structure
    bits of P1 are known; bits of P1 that announce encryption are not.
    """
    secured = command.cla >> 4 == _ETSI_BASIC
    known = Class.ETSI.holds(command) or secured or command.cla == UNASSIGNED_CLASS
    return known and command.p1 | _LAST == _LAST
