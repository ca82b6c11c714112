"""Faults of several eSIM Ports (MEP); none changes a card that works with one port."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.messages.es10b import GetRatResponse
from rspcore.messages.es10c import ProfileInfo
from rspcore.messages.metadata import PprId
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc import applications
from rspsim.euicc.esim_ports import manage_lsi, ports
from rspsim.euicc.isdr import selection
from rspsim.euicc.isdr.es10b.get_rat import GET_RAT
from rspsim.euicc.isdr.es10c import get_profiles_info
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Ports, Profile, Volatile
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import (
    CardFault,
    Change,
    answering_data,
    behind,
    decides,
    swap,
)
from rspsim.faults.card.handler_changes import instead

__all__ = ["FAULTS", "agreed_in"]

_A1, _A2, _B = MepMode.A1, MepMode.A2, MepMode.B
_IN_ORDER: Final = 3
"""How many Profiles are on the card where a fault shows with the third one alone."""


def agreed_in(view: View, *modes: MepMode) -> Ports | None:
    """Returns what card and terminal agreed on, None outside of a mode of several ports.

    Args:
        view: What the function sees.
        modes: The modes that count; none for every mode of several ports.
    """
    known = ports.agreed(view)
    return known if known is not None and (not modes or known.mode in modes) else None


def _without_template(mode: MepMode) -> Change:
    def select(view: View) -> Outcome:
        outcome = selection.selected(view)
        if agreed_in(view, mode) is None:
            return outcome
        whole = tlv.parse(outcome.response.data)
        kept = (bytes(one.raw) for one in whole.children() if one.tag != Tag.IsdrSelectData)
        return answering_data(outcome, tlv.encode(whole.tag, *kept))

    table = tuple(
        replace(one, select=select) if one.aid == selection.AID else one
        for one in applications.APPLICATIONS.standard
    )
    return swap(applications.APPLICATIONS, table)


def _first_everywhere(known: Ports) -> int:
    first = MepMode(known.mode).first_port
    return min(known.in_use, first)


def _forgets(volatile: Volatile, number: int) -> Volatile:
    after = ports.turned(volatile, number)
    if after.ports is None or volatile.ports is None or volatile.ports.in_use == 0:
        return after
    parked = list(after.ports.parked)
    parked[volatile.ports.in_use] = Volatile()
    return replace(after, ports=replace(after.ports, parked=tuple(parked)))


def _listed(
    change: Callable[[v3.ProfileInfo, Profile, frozenset[int], CardState], v3.ProfileInfo],
) -> Change:
    def described(profile: Profile, tags: frozenset[int], state: CardState) -> ProfileInfo:
        info = get_profiles_info.DESCRIBED.standard(profile, tags, state)
        several = state.personality.mep_modes and Tag.EnabledOnEsimPort in tags
        if not several or not isinstance(info, v3.ProfileInfo):
            return info
        return change(info, profile, tags, state)

    return swap(get_profiles_info.DESCRIBED, described)


def _more_than_asked(
    info: v3.ProfileInfo, profile: Profile, tags: frozenset[int], _state: CardState
) -> v3.ProfileInfo:
    return replace(info, iccid=profile.iccid) if len(tags) == 1 else info


def _port_0_for_none(
    info: v3.ProfileInfo, profile: Profile, _tags: frozenset[int], state: CardState
) -> v3.ProfileInfo:
    third = len(state.profiles) == _IN_ORDER and state.profiles[-1].aid == profile.aid
    return replace(info, enabled_on_esim_port=0) if third and profile.port is None else info


def _port_of_single(
    info: v3.ProfileInfo, profile: Profile, _tags: frozenset[int], _state: CardState
) -> v3.ProfileInfo:
    alone = profile.enabled and profile.port is None
    return replace(info, enabled_on_esim_port=1) if alone else info


def _refused_on_the_second(handler: Handler) -> Handler:
    def changed(command: CommandApdu, view: View) -> Outcome:
        known = agreed_in(view)
        second = known is not None and known.in_use > MepMode(known.mode).first_port
        return (
            view.refuse(StatusWord.AUTHENTICATION_ERROR_MAC) if second else handler(command, view)
        )

    return changed


def _rat_with_ppr1(outcome: Outcome, view: View) -> Outcome:
    if not view.state.personality.mep_modes:
        return outcome
    rules = tuple(replace(one, ppr_ids=one.ppr_ids | {PprId.ppr1}) for one in view.state.rat)
    return answering_data(outcome, GetRatResponse(rat=rules).encode())


def _authorised_anyway(attempt: MetadataAttempt) -> bool:
    return bool(attempt.step.view.state.personality.mep_modes) or attempt.rules_authorised


FAULTS: Final = (
    CardFault(
        "mep.select.no-template-in-a1",
        "Leaves E0 out of the FCI of the ISD-R in MEP-A1.",
        ("ISD-R.Select#04",),
        _without_template(_A1),
    ),
    CardFault(
        "mep.select.no-template-in-a2",
        "Leaves E0 out of the FCI of the ISD-R in MEP-A2.",
        ("ISD-R.Select#05",),
        _without_template(_A2),
    ),
    CardFault(
        "mep.select.no-template-in-b",
        "Leaves E0 out of the FCI of the ISD-R in MEP-B.",
        ("ISD-R.Select#06",),
        _without_template(_B),
    ),
    CardFault(
        "mep.lsi.files-of-the-first",
        "Shows the files of the first port on each other one.",
        ("ISD-R.MEP#10", "procedure.MEP#01", "ES10c.EnableProfile#28"),
        swap(ports.SEEN, _first_everywhere),
    ),
    CardFault(
        "mep.lsi.left-is-forgotten",
        "Forgets the current file of a port when another one is selected.",
        (
            "ES10c.EnableProfile#28",
            "ES10c.DisableProfile#14",
            "ES10c.DisableProfile#15",
            "ES10c.DisableProfile#16",
            "procedure.MEP#02",
        ),
        swap(manage_lsi.TURNED, _forgets),
    ),
    CardFault(
        "mep.usim.first-port-alone",
        "Refuses AUTHENTICATE on the second port.",
        ("procedure.MEP#01",),
        instead(Ins.AUTHENTICATE, _refused_on_the_second),
    ),
    CardFault(
        "mep.list.iccid-unasked",
        "Lists the ICCID though 9F24 alone was asked for.",
        ("ES10c.GetProfilesInfo#30",),
        _listed(_more_than_asked),
    ),
    CardFault(
        "mep.list.port-0-for-none",
        "Lists port 0 for the third Profile, which is on no port.",
        ("ES10c.GetProfilesInfo#30", "procedure.MEP#05"),
        _listed(_port_0_for_none),
    ),
    CardFault(
        "mep.list.port-with-one",
        "Lists port 1 for the Enabled Profile though no mode is configured.",
        ("procedure.MEP#08",),
        _listed(_port_of_single),
    ),
    CardFault(
        "mep.session.goes-along",
        "Keeps the RSP session when the LPA goes on on another port in MEP-B.",
        ("procedure.MEP#07",),
        swap(ports.SESSION_ENDS, value=False),
    ),
    CardFault(
        "mep.rat.ppr1",
        "Has a rule for PPR1 though several Profiles may be Enabled.",
        ("ES10b.GetRAT#06", "procedure.MEP#03"),
        behind(GET_RAT, _rat_with_ppr1),
    ),
    CardFault(
        "mep.store-metadata.ppr1",
        "Takes PPR1 though several Profiles may be Enabled.",
        ("ES8+.StoreMetadata#28", "procedure.MEP#03"),
        decides(store_metadata.CHECKS, "rules_authorised", _authorised_anyway),
    ),
)
"""Every fault of this module."""
