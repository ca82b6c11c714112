"""The selection of the ISD-R: its AID, its FCI, and what a device has to announce first."""

from functools import lru_cache
from typing import Final

from rspcore import tlv
from rspcore.ids import Version
from rspcore.messages.isdr import IsdrProprietaryApplicationTemplate
from rspcore.messages.v3 import card_and_device
from rspcore.messages.v3.card_and_device import EuiccConfiguration
from rspcore.status import StatusWord
from rspcore.tags import ISDR_AID
from rspsim.euicc.decisions import Decision
from rspsim.euicc.esim_ports import ports
from rspsim.euicc.isdr.es10_function import Interface
from rspsim.euicc.outcome import Outcome, View, outcome_of, response_of
from rspsim.euicc.state import CardState, Channel

__all__ = ["AID", "FCI", "announced", "selected", "template"]

AID: Final = ISDR_AID
_OK: Final = int(StatusWord.OK)
_SELECTED: Final = Channel(application=AID)
"""A channel on which the ISD-R has just been selected."""


def _fci(state: CardState) -> bytes:
    """Returns the FCI: AID, longest data field, and the ISD-R's own template E0 (5.7.1)."""
    personality = state.personality
    interfaces = _configuration(state) if personality.version_3 else personality.lpae_support
    return _fci_octets(
        personality.max_data_length, personality.svn.octets, interfaces, personality.version_3
    )


@lru_cache(maxsize=64)
def _fci_octets(
    longest: int,
    svn: bytes,
    interfaces: frozenset[int] | None,
    newer: bool,  # noqa: FBT001  by place, which is what a cache finds fastest
) -> bytes:
    """Returns the FCI of these values; every card of a kind has the same."""
    own = _template(Version(svn), interfaces, newer=newer)
    field = longest.to_bytes(1 if longest < 0x100 else 2, "big")
    return tlv.encode(
        0x6F,
        tlv.encode(0x84, AID.octets),
        tlv.encode(0xA5, tlv.encode(0x9F65, field)),
        own.encode(),
    )


def template(state: CardState) -> IsdrProprietaryApplicationTemplate:
    """Returns the template E0, that of version 3 on a card of version 3."""
    personality = state.personality
    if personality.version_3:
        return _template(personality.svn, _configuration(state), newer=True)
    return _template(personality.svn, personality.lpae_support, newer=False)


def _template(
    svn: Version, interfaces: frozenset[int] | None, *, newer: bool
) -> IsdrProprietaryApplicationTemplate:
    if newer:
        kind = card_and_device.IsdrProprietaryApplicationTemplate
        return kind(svn=svn, lpae_support=interfaces)
    return IsdrProprietaryApplicationTemplate(svn=svn, lpae_support=interfaces)


def _configuration(state: CardState) -> frozenset[int]:
    """Returns euiccConfiguration: the interfaces of an LPAe, and whether a Profile is enabled.

    On which eSIM Port it is enabled does not matter.
    """
    interfaces = state.personality.lpae_support or frozenset()
    enabled = any(one.enabled or one.port is not None for one in state.profiles)
    return interfaces | ({EuiccConfiguration.enabledProfile} if enabled else frozenset())


FCI: Final = Decision("isdr.fci", _fci, "FCI of the ISD-R")


def announced(view: View, interface: Interface) -> bool:
    """Returns whether TERMINAL CAPABILITY announced an interface, or need not."""
    if not view.state.options.terminal_capability_enforced:
        return True
    capability = view.volatile.cat.terminal_capability or 0
    return capability & interface == interface


def selected(view: View) -> Outcome:
    """Answers SELECT with the FCI; an unfinished command on the channel is dropped."""
    options = view.state.options
    if options.terminal_capability_enforced and options.terminal_capability_refuses_select:
        everything = Interface.ES10A | Interface.ES10B | Interface.ES10C
        if not (view.volatile.cat.terminal_capability or 0) & everything:
            return view.refuse(StatusWord.FILE_NOT_FOUND)
    if view.volatile.ports is not None:
        view = ports.selecting_isdr(view)
    volatile = view.volatile.with_channel(view.channel_number, _SELECTED)
    answer = response_of(view.decisions[FCI](view.state), _OK)
    return outcome_of(answer, view.state, volatile)
