"""Mistakes in the toolkit, from a second list."""

from typing import Final

from rspcore import tlv
from rspcore.status import StatusWord
from rspsim.euicc import cat
from rspsim.euicc.state import Cat
from rspsim.euicc.uicc import toolkit
from rspsim.faults.card.card_fault import CardFault, swap

__all__ = ["FAULTS"]

_DETAILS, _ITEM = 0x81, 0x90
_HEADER_OF_D0 = 2


def _without_the_header(open_now: Cat) -> int:
    word = cat.ANNOUNCED.standard(open_now)
    return word if word == StatusWord.OK else word - _HEADER_OF_D0


def _number_fits(command: bytes, response: bytes) -> bool:
    details = tlv.parse(command).children()[0].value
    given = next(tlv.iterate(response))
    return given.tag & 0x7F == 0x01 and bytes(given.value[:1]) == bytes(details[:1])


def _comprehension_demanded(command: bytes, response: bytes) -> bool:
    return response[:1] == bytes((_DETAILS,)) and cat.FITS.standard(command, response)


def _item_under_90(envelope: bytes) -> int | None:
    if all(one.tag != _ITEM for one in tlv.parse(envelope).children()):
        return None
    return toolkit.CHOSEN.standard(envelope)


FAULTS: Final[tuple[CardFault, ...]] = (
    CardFault(
        "unseen.62-announced-without-header",
        "91XX says the length of a proactive command without its tag and length.",
        ("ES10c.EnableProfile#47",),
        swap(cat.ANNOUNCED, _without_the_header),
    ),
    CardFault(
        "unseen.63-number-of-details",
        "Of the command details of a TERMINAL RESPONSE the number alone is compared.",
        ("UICC.Toolkit#09",),
        swap(cat.FITS, _number_fits),
    ),
    CardFault(
        "unseen.64-comprehension-demanded",
        "A TERMINAL RESPONSE with command details under 01 is refused.",
        ("UICC.Toolkit#10",),
        swap(cat.FITS, _comprehension_demanded),
    ),
    CardFault(
        "unseen.65-item-under-90",
        "A menu selection with its item under 10 starts nothing.",
        ("UICC.Menu#04",),
        swap(toolkit.CHOSEN, _item_under_90),
    ),
)
