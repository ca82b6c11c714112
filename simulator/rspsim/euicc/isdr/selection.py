"""The selection of the ISD-R: its AID, its FCI, and what a device has to announce first."""

from typing import Final

from rspcore import tlv
from rspcore.messages.isdr import IsdrProprietaryApplicationTemplate
from rspcore.messages.v3 import card_and_device
from rspcore.messages.v3.card_and_device import EuiccConfiguration
from rspcore.status import StatusWord
from rspcore.tags import ISDR_AID
from rspsim.euicc.decisions import Decision
from rspsim.euicc.esim_ports import ports
from rspsim.euicc.isdr.es10_function import Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Channel

__all__ = ["AID", "FCI", "announced", "selected", "template"]

AID: Final = ISDR_AID


def _fci(state: CardState) -> bytes:
    """Returns the FCI: AID, longest data field, and the ISD-R's own template E0 (5.7.1)."""
    personality = state.personality
    longest = personality.max_data_length.to_bytes(
        1 if personality.max_data_length < 0x100 else 2, "big"
    )
    return tlv.encode(
        0x6F,
        tlv.encode(0x84, AID.octets),
        tlv.encode(0xA5, tlv.encode(0x9F65, longest)),
        template(state).encode(),
    )


def template(state: CardState) -> IsdrProprietaryApplicationTemplate:
    """Returns the template E0, that of version 3 on a card of version 3."""
    personality = state.personality
    if personality.version_3:
        return card_and_device.IsdrProprietaryApplicationTemplate(
            svn=personality.svn, lpae_support=_configuration(state)
        )
    return IsdrProprietaryApplicationTemplate(
        svn=personality.svn, lpae_support=personality.lpae_support
    )


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
    if not view.options.terminal_capability_enforced:
        return True
    capability = view.volatile.cat.terminal_capability or 0
    return capability & interface == interface


def selected(view: View) -> Outcome:
    """Answers SELECT with the FCI; an unfinished command on the channel is dropped."""
    options = view.options
    if options.terminal_capability_enforced and options.terminal_capability_refuses_select:
        everything = Interface.ES10A | Interface.ES10B | Interface.ES10C
        if not (view.volatile.cat.terminal_capability or 0) & everything:
            return view.refuse(StatusWord.FILE_NOT_FOUND)
    view = ports.selecting_isdr(view)
    return view.with_channel(Channel(application=AID)).outcome(view.decisions[FCI](view.state))
