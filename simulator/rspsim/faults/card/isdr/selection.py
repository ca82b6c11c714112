"""Faults of selection: the ATR, the FCI of the ISD-R, logical channels, TERMINAL CAPABILITY."""

from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.ids import Aid
from rspcore.status import StatusWord
from rspsim.euicc import applications, cat, channels, manage_channel, startup
from rspsim.euicc.applications import Application
from rspsim.euicc.isdr import dispatch, lpae_activation, selection
from rspsim.euicc.isdr.dispatch import Requested
from rspsim.euicc.isdr.es10_function import Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Volatile
from rspsim.faults.card.card_fault import CardFault, Change, decides, swap

__all__ = ["FAULTS"]

_PLAIN_ATR: Final = bytes.fromhex("3B9F96801FC78031E073FE2113655549434373696D13B1")
_TEMPLATE: Final = 0xE0
_AID: Final = 0x84
_OTHER_AID: Final = bytes.fromhex("A0000005591010FFFFFFFF8900000177")


def _plain_when_enabled(state: CardState, /) -> bytes:
    return startup.ATR.standard(state) if state.enabled_profile is None else _PLAIN_ATR


def _fci_without(*tags: int) -> Change:
    def bare(state: CardState) -> bytes:
        whole = tlv.parse(selection.FCI.standard(state))
        return tlv.encode(0x6F, *(bytes(o.raw) for o in whole.children() if o.tag not in tags))

    return swap(selection.FCI, bare)


def _naming_another(state: CardState) -> bytes:
    whole = tlv.parse(selection.FCI.standard(state))
    objects = (
        tlv.encode(_AID, _OTHER_AID) if o.tag == _AID else bytes(o.raw) for o in whole.children()
    )
    return tlv.encode(0x6F, *objects)


def _fci_with_template(template: str) -> Change:
    def changed(state: CardState) -> bytes:
        whole = tlv.parse(selection.FCI.standard(state))
        kept = (bytes(o.raw) for o in whole.children() if o.tag != _TEMPLATE)
        return tlv.encode(0x6F, *kept, tlv.encode(_TEMPLATE, bytes.fromhex(template)))

    return swap(selection.FCI, changed)


def _without_fci(view: View) -> Outcome:
    outcome = selection.selected(view)
    return replace(outcome, response=replace(outcome.response, data=b""))


def _only_on_channel_1(view: View) -> Outcome:
    if view.channel_number > 1:
        return view.refuse(StatusWord.LOGICAL_CHANNEL_NOT_SUPPORTED)
    return selection.selected(view)


def _refused_without_capability(view: View) -> Outcome:
    if not view.volatile.cat.terminal_capability:
        return view.refuse(StatusWord.NO_PRECISE_DIAGNOSIS)
    return selection.selected(view)


def _selects(application: Application) -> Change:
    return swap(applications.APPLICATIONS, (application, *applications.APPLICATIONS.standard[1:]))


def _first_octets_compared(octets: int) -> Change:
    return swap(
        applications.MATCHES,
        lambda aid, name: (
            (len(aid) == len(name) == 16 and aid[:octets] == name[:octets]) or aid.startswith(name)
        ),
    )


def _any_selected_application(_command: CommandApdu, view: View) -> Aid | None:
    selected = (one.application for one in view.volatile.channels if one is not None)
    return next((aid for aid in selected if aid is not None), None)


def _isdr_for_store_data(command: CommandApdu, view: View) -> Aid | None:
    return selection.AID if command.ins == Ins.STORE_DATA else view.channel.application


def _usim_of_any_profile(view: View) -> tuple[Application, ...]:
    return tuple(
        Application(Aid(one.aid), selection.selected, dispatch.process)
        for profile in view.state.profiles
        for one in profile.content.files.files
        if one.aid
    )


def _channels_closed(volatile: Volatile, capability: int) -> Volatile:
    after = cat.CAPABILITY_KNOWN.standard(volatile, capability)
    return replace(after, channels=Volatile().channels)


def _needs_an_rfu_bit(requested: Requested) -> bool:
    interface = Interface.ISDR if requested.function is None else requested.function.interface
    wanted = 0x08 if interface is Interface.ES10A else 0x00
    return (requested.view.volatile.cat.terminal_capability or 0) & wanted == wanted


FAULTS: Final = (
    CardFault(
        "select.atr.plain-uicc",
        "The ATR does not announce eUICC functions.",
        ("ISD-R.Select#01", "ISD-R.Select#31"),
        swap(startup.ATR, lambda _state: _PLAIN_ATR),
    ),
    CardFault(
        "select.atr.plain-when-enabled",
        "With a Profile Enabled the ATR does not announce eUICC functions.",
        ("ISD-R.Select#31",),
        swap(startup.ATR, _plain_when_enabled),
    ),
    CardFault(
        "select.fci.none",
        "SELECT ISD-R is answered without FCI.",
        (
            "ISD-R.Select#01",
            "ISD-R.Select#10",
            "ISD-R.Select#15",
            "ISD-R.Select#19",
            "ISD-R.Select#20",
        ),
        _selects(Application(selection.AID, _without_fci, dispatch.process)),
    ),
    CardFault(
        "select.fci.no-template",
        "The FCI of the ISD-R lacks the template E0 with the version.",
        ("ISD-R.Select#01", "ISD-R.Select#10", "ISD-R.Select#11", "ISD-R.Select#14"),
        _fci_without(_TEMPLATE),
    ),
    CardFault(
        "select.fci.other-aid",
        "The FCI of the ISD-R names another AID than the one selected.",
        ("ISD-R.Select#01", "ISD-R.Select#10"),
        swap(selection.FCI, _naming_another),
    ),
    CardFault(
        "select.fci.no-length",
        "The FCI of the ISD-R lacks the maximum length of the data field.",
        ("ISD-R.Select#10",),
        _fci_without(0xA5),
    ),
    CardFault(
        "select.fci.other-version",
        "The FCI of the ISD-R has another version than EUICCInfo1.",
        ("ISD-R.Select#11",),
        _fci_with_template("8203020000"),
    ),
    CardFault(
        "select.fci.short-version",
        "The FCI of the ISD-R has a version of 2 octets.",
        ("ISD-R.Select#01",),
        _fci_with_template("82020205"),
    ),
    CardFault(
        "select.fci.lpae-claimed",
        "The FCI of the ISD-R announces LPAe user interfaces the card does not have.",
        ("ISD-R.Select#14", "ISD-R.Select#03"),
        _fci_with_template("8203020500030206C0"),
    ),
    CardFault(
        "select.isdr.channel-1-only",
        "The ISD-R can be selected on channels 0 and 1 only.",
        (
            "ISD-R.Select#16",
            "ISD-R.Select#17",
            "Transport.StoreData#12",
        ),
        _selects(Application(selection.AID, _only_on_channel_1, dispatch.process)),
    ),
    CardFault(
        "select.isdr.unannounced",
        "SELECT ISD-R is answered 6F00 when the terminal announced no LPA function.",
        ("ISD-R.Select#25", "ISD-R.Select#26"),
        _selects(Application(selection.AID, _refused_without_capability, dispatch.process)),
    ),
    CardFault(
        "select.aid.last-octet-ignored",
        "The last octet of an AID is not compared.",
        ("ISD-R.Select#21",),
        _first_octets_compared(15),
    ),
    CardFault(
        "select.aid.isdp-is-isdr",
        "Any AID of the eUICC's own range selects the ISD-R.",
        ("ISD-R.Select#21", "ISD-R.Select#22"),
        _first_octets_compared(13),
    ),
    CardFault(
        "select.application.disabled-too",
        "Applications of Disabled Profiles can be selected.",
        ("ISD-R.Select#23",),
        swap(applications.OF_PROFILE, _usim_of_any_profile),
    ),
    CardFault(
        "select.application.none-found-undefined",
        "SELECT of an unknown AID is answered 6F00.",
        ("ISD-R.Select#21", "ISD-R.Select#22", "ISD-R.Select#23"),
        swap(applications.NOT_FOUND, int(StatusWord.NO_PRECISE_DIAGNOSIS)),
    ),
    CardFault(
        "select.application.one-for-all",
        "An application selected on one channel receives the commands of all channels.",
        ("ISD-R.Select#29",),
        swap(applications.RECEIVER, _any_selected_application),
    ),
    CardFault(
        "select.application.store-data-is-isdr",
        "STORE DATA reaches the ISD-R whatever is selected.",
        ("ISD-R.Select#24", "Transport.StoreData#41"),
        swap(applications.RECEIVER, _isdr_for_store_data),
    ),
    CardFault(
        "select.channel.extended-unknown",
        "Class octets of channels 4 to 19 are answered 6E00.",
        ("ISD-R.Select#18",),
        decides(
            channels.CHECKS,
            "class_known",
            lambda r: r.command.channel is not None and r.command.channel < 4,
        ),
    ),
    CardFault(
        "select.channel.not-closed",
        "MANAGE CHANNEL confirms a close and leaves the channel open.",
        ("ISD-R.Select#19", "Transport.StoreData#39", "Transport.StoreData#42"),
        swap(manage_channel.CLOSED, lambda volatile, _number: volatile),
    ),
    CardFault(
        "select.channel.none-left-undefined",
        "When all channels are open, opening one more is answered 6F00.",
        ("ISD-R.Select#30",),
        swap(manage_channel.NO_CHANNEL_LEFT, int(StatusWord.NO_PRECISE_DIAGNOSIS)),
    ),
    CardFault(
        "select.channel.open-after-reset",
        "A reset keeps channels open and applications selected.",
        ("procedure.EnableProcess#11", "ISD-R.Select#20", "Transport.StoreData#40"),
        swap(startup.FORGOTTEN, lambda before: replace(Volatile(), channels=before.channels)),
    ),
    CardFault(
        "select.terminal-capability.drops-channels",
        "TERMINAL CAPABILITY closes every logical channel.",
        (
            "ISD-R.Select#29",
            "ISD-R.Select#28",
        ),
        swap(cat.CAPABILITY_KNOWN, _channels_closed),
    ),
    CardFault(
        "select.terminal-capability.rfu-needed",
        "ES10a requires a bit of TERMINAL CAPABILITY that no LPAd has to set.",
        ("ISD-R.Select#27",),
        decides(dispatch.CHECKS, "interface_announced", _needs_an_rfu_bit),
    ),
    CardFault(
        "select.lpae-activation.any",
        "LpaeActivation confirms user interfaces the card does not have.",
        ("ISD-R.LpaeActivation#03", "ISD-R.LpaeActivation#04"),
        swap(lpae_activation.SUPPORTED, lambda _state, _wanted: True),
    ),
    CardFault(
        "select.lpae-activation.none",
        "LpaeActivation answers notSupported for user interfaces the card has.",
        ("ISD-R.LpaeActivation#01", "ISD-R.LpaeActivation#02"),
        swap(lpae_activation.SUPPORTED, lambda _state, _wanted: False),
    ),
)
