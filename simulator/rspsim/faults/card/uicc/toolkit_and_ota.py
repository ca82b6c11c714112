"""Faults of the toolkit and of management over the air."""

from dataclasses import replace
from typing import Final

from rspcore.ota.packet import CounterMode, ResponseStatus
from rspcore.status import StatusWord
from rspsim.euicc import cat, startup
from rspsim.euicc.profile_content.model import ProfileContent
from rspsim.euicc.state import Cat, Volatile
from rspsim.euicc.uicc.ota import receivers, remote_files, secured
from rspsim.euicc.uicc.ota.receivers import Receiver
from rspsim.faults.card.card_fault import CardFault, swap

__all__ = ["FAULTS"]


def _every_counter(_mode: CounterMode, _held: int, _given: int) -> ResponseStatus:
    return ResponseStatus.POR_OK


def _counter_skips(mode: CounterMode, held: int, given: int) -> ResponseStatus:
    standard = secured.COUNTER.standard(mode, held, given)
    return ResponseStatus.CNTR_LOW if given == held + 1 else standard


def _every_level(_given: int, _minimum: int | None) -> bool:
    return True


def _no_level(_given: int, minimum: int | None) -> bool:
    return minimum is None


def _first_receiver(content: ProfileContent, tar: bytes) -> Receiver | None:
    found = receivers.RECEIVER.standard(content, tar)
    if found is None and content.security_domains:
        return Receiver(content.security_domains[0], None, None)
    return found


def _while_open(toolkit: Cat) -> int:
    return cat.ANNOUNCED.standard(replace(toolkit, fetched=False))


def _kept_command(before: Volatile, /) -> Volatile:
    kept = Cat(command=before.cat.command, fetched=before.cat.fetched, number=before.cat.number)
    return replace(startup.FORGOTTEN.standard(before), cat=kept)


FAULTS: Final = (
    CardFault(
        "cat.any-terminal-response",
        "A TERMINAL RESPONSE ends the open command whatever command it refers to.",
        ("UICC.Toolkit#02",),
        swap(cat.FITS, lambda _command, _response: True),
    ),
    CardFault(
        "cat.announced-while-open",
        "A proactive command that was fetched is announced until its response.",
        ("UICC.Toolkit#03",),
        swap(cat.ANNOUNCED, _while_open),
    ),
    CardFault(
        "cat.never-busy",
        "A short message or a choice is taken while a proactive command is carried out.",
        ("UICC.Toolkit#04", "UICC.Menu#07"),
        swap(cat.BUSY, value=False),
    ),
    CardFault(
        "cat.never-offered-again",
        "A proactive command is given up after a problem of the moment.",
        ("UICC.Toolkit#05",),
        swap(cat.OFFERED_AGAIN, lambda _result: False),
    ),
    CardFault(
        "cat.offered-for-ever",
        "A proactive command that the terminal cannot carry out is offered again.",
        ("UICC.Toolkit#06",),
        swap(cat.OFFERED_AGAIN, lambda result: result >= 0x20),
    ),
    CardFault(
        "cat.kept-over-reset",
        "A reset leaves the proactive command that was on offer.",
        ("UICC.Toolkit#07",),
        swap(startup.FORGOTTEN, _kept_command),
    ),
    CardFault(
        "cat.response-to-nothing",
        "A TERMINAL RESPONSE that answers nothing is answered 9000.",
        ("UICC.Toolkit#08",),
        swap(cat.NOT_FETCHED, int(StatusWord.OK)),
    ),
    CardFault(
        "cat.nothing-is-fetched",
        "FETCH with no command on offer is answered 9000.",
        ("UICC.Toolkit#01",),
        swap(cat.NOTHING_TO_FETCH, int(StatusWord.OK)),
    ),
    CardFault(
        "ota.any-counter",
        "The counter of a packet is not checked.",
        ("UICC.Ota#02",),
        swap(secured.COUNTER, _every_counter),
    ),
    CardFault(
        "ota.next-counter-refused",
        "The counter that follows the last one is refused.",
        ("UICC.Ota#01", "UICC.Ota#04"),
        swap(secured.COUNTER, _counter_skips),
    ),
    CardFault(
        "ota.any-level",
        "The minimum security level is not checked.",
        ("UICC.Ota#03", "Profile.RFM#03"),
        swap(receivers.LEVEL_REACHED, _every_level),
    ),
    CardFault(
        "ota.no-level-is-enough",
        "No packet satisfies a minimum security level.",
        ("UICC.Ota#01", "UICC.Ota#04"),
        swap(receivers.LEVEL_REACHED, _no_level),
    ),
    CardFault(
        "ota.any-reference",
        "The first security domain accepts packets with an unknown TAR.",
        ("UICC.Ota#05", "Profile.RFM#02"),
        swap(receivers.RECEIVER, _first_receiver),
    ),
    CardFault(
        "ota.script-goes-on",
        "A script continues after a command that failed.",
        ("UICC.Ota#06",),
        swap(secured.GOES_ON, lambda _response: True),
    ),
    CardFault(
        "ota.no-rights",
        "Remote file management has no access to any file.",
        ("UICC.Ota#01", "UICC.Ota#04", "Profile.RFM#01"),
        swap(remote_files.FULL_ACCESS, lambda _domain: False),
    ),
)
