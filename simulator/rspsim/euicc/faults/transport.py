"""Faults of selection and transport: class octets, channels, STORE DATA, the ATR."""

from typing import Final

from rspcore import tlv
from rspsim.euicc import channels, isdr, startup, store_data
from rspsim.euicc.faults.fault import Fault, answers, skip, swap
from rspsim.euicc.state import CardState

__all__ = ["FAULTS"]


def _bare_fci(state: CardState) -> bytes:
    whole = tlv.parse(isdr.FCI.standard(state))
    return tlv.encode(0x6F, *(bytes(one.raw) for one in whole.children() if one.tag != 0xE0))


def _plain_atr(_state: CardState) -> bytes:
    return bytes.fromhex("3B9F96801FC78031E073FE2113655549434373696D" + "13B1")


FAULTS: Final = (
    Fault(
        "transport.atr.plain-uicc",
        "The ATR does not announce eUICC functions.",
        ("ISD-R.Select#01",),
        swap(startup.ATR, _plain_atr),
    ),
    Fault(
        "transport.select.no-template",
        "The FCI of the ISD-R lacks the template E0 with the version.",
        ("ISD-R.Select#01", "ISD-R.Select#10"),
        swap(isdr.FCI, _bare_fci),
    ),
    Fault(
        "transport.class.any",
        "Class octets that name no logical channel are taken for channel 0.",
        ("Transport.StoreData#15",),
        skip(channels.CHECKS, "class_known", "class_fits"),
    ),
    Fault(
        "transport.channel.closed-accepted",
        "A command on a channel that is not open is carried out.",
        ("Transport.StoreData#42",),
        skip(channels.CHECKS, "channel_open"),
    ),
    Fault(
        "transport.store-data.any-p1",
        "STORE DATA takes any P1 with its highest bit as the sign of the last block.",
        ("Transport.StoreData#20", "Transport.StoreData#21"),
        swap(store_data.P1_VALUES, frozenset(range(256))),
    ),
    Fault(
        "transport.store-data.any-block-number",
        "STORE DATA appends a block whatever its number.",
        ("Transport.StoreData#23", "Transport.StoreData#24", "Transport.StoreData#37"),
        swap(store_data.CONTINUES, lambda _p2, _blocks: True),
    ),
    Fault(
        "transport.unknown-function.wrong-data",
        "An unknown function tag is answered 6A80.",
        ("Transport.StoreData#25", "Transport.StoreData#26"),
        answers(isdr.CHECKS, "function_known", 0x6A80),
    ),
    Fault(
        "transport.malformed.success",
        "A request that cannot be read is answered 9000 without data.",
        ("Transport.StoreData#29", "Transport.StoreData#35"),
        swap(isdr.MALFORMED, 0x9000),
    ),
)
